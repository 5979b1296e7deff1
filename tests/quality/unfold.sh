#!/usr/bin/env bash
# unfold.sh BUILD DATA -- train and judge every card of unfolding on DATA/zw_unfold.h5; rewrites the section "Unfolding" of docs/quality.md.
# The sample is shuffled with seed 7; development sees all but the last JUDGED events (20 000: slice 8 then has bins of 2500), the figures
# are taken on these, each unfolded REPEAT times. `independent` is the preparation of zw_unfold_fcgan_mass.card without a network. The cards
# zw_detector_* run the other way, detector events for given partons; `detector_independent` is their preparation without a network. With
# TOY=<events> the cards run on the built-in zw_unfold process instead: TOY events to
# train on, another TOY to be unfolded. OPTIONS="key=value ..." goes to every training.
# A generated event and the true one of the same conditions are near twins, and a classifier that learns the one by heart takes the other for
# its like: the AUC of good models comes out too low by that, below 0.5 even, and is then reported as one minus itself. So
# there is a second AUC, "apart", in which conditions of one half of the judged events meet the truth of the other half.
#   CARDS="zw_unfold_fcgan zw_unfold_cvae" SEEDS="1 2 3" JUDGE=judge.py tests/quality/unfold.sh build <folder of samples>
# Pictures go to docs/unfold_*.png where gnuplot is there and the three cards that they show have figures of seed 1. The figures stay in BUILD/quality/unfold; a card that has some is not run
# again unless FRESH is set. Minutes are those of processors.
set -euo pipefail
build=${1:?build folder}; data=${2:-}; repeat=${REPEAT:-10}; seeds=${SEEDS:-1}; toy=${TOY:-}
cards=${CARDS:-independent zw_unfold_fcgan_mass zw_unfold_gan zw_unfold_fcgan zw_unfold_fcgan_paper zw_unfold_cvae detector_independent zw_detector_fcgan zw_detector_cvae}
python=${PYTHON:-/usr/bin/python3}; genhep=$build/genhep; here=$(dirname "$0")
work=$build/quality/unfold${toy:+_toy}; mkdir -p "$work"

if [ -n "$toy" ]; then
    [ -f "$work/zw.dev.h5" ] || $genhep simulate zw_unfold -n "$toy" --seed 21 -o "$work/zw.dev.h5" > /dev/null
    [ -f "$work/zw.judge.h5" ] || $genhep simulate zw_unfold -n "$toy" --seed 22 -o "$work/zw.judge.h5" > /dev/null
else
    [ -f "$data/zw_unfold.h5" ] || { echo "unfold: no $data/zw_unfold.h5; TOY=<events> uses the built-in process"; exit 0; }
    [ -f "$work/zw.judge.h5" ] || "$python" "$here/split.py" "$data/zw_unfold.h5" "$work/zw" "${JUDGED:-20000}"
fi
truth=$work/zw.judge.h5
half=$(($("$genhep" info "$truth" | sed -n '1s/ events.*//p') / 2))
[ -f "$work/half.1.h5" ] || $genhep convert "$truth" "$work/half.1.h5" data.limit=$half > /dev/null
[ -f "$work/half.2.h5" ] || $genhep convert "$truth" "$work/half.2.h5" data.offset=$half > /dev/null

judge() { # generated, columns, output
    [ -z "${JUDGE:-}" ] || "$python" "$JUDGE" "$truth" "$1" --process zw --columns "$2" > "$3"
}

apart() { # base, seed, columns
    [ -z "${JUDGE:-}" ] || for k in 1 2; do
        $genhep sample "$1.h5" --condition "$work/half.$((3 - k)).h5" --seed "$2" --stream "$k" -o "$1.half.h5" > /dev/null
        "$python" "$JUDGE" "$work/half.$k.h5" "$1.half.h5" --process zw --columns "$3" > "$1.apart.$k.json"
        $genhep evaluate "$work/half.$k.h5" "$1.half.h5" --process zw data.columns="$3*" --json "$1.own.$k.json" > /dev/null
        rm -f "$1.half.h5"
    done
}

run() { # card, seed
    local base=$work/$1.$2 card=$1 family=
    [ -f "$base.done" ] && [ -z "${FRESH:-}" ] && return
    [ "$1" != independent ] || { card=zw_unfold_fcgan_mass; family=model.family=independent; }
    [ "$1" != detector_independent ] || { card=zw_detector_fcgan; family=model.family=independent; }
    local TIMEFORMAT="%U %S"
    { time $genhep train "$here/../../examples/cards/$card.card" data.train="$work/zw.dev.h5" seed="$2" train.threads="${THREADS:-2}" $family \
        ${OPTIONS:-} -o "$base.h5" > "$base.log" 2>&1; } 2> "$base.cpu"
    $genhep sample "$base.h5" --condition "$truth" --repeat "$repeat" --seed "$2" -o "$base.gen.h5" > /dev/null
    case $card in
    zw_detector_*)
        "$python" "$here/unfold.py" "$truth" "$base.gen.h5" --target det --json "$base.detector.json"
        judge "$base.gen.h5" det_ "$base.judge.json"
        apart "$base" "$2" det_ ;;
    *)
        "$python" "$here/unfold.py" "$truth" "$base.gen.h5" --json "$base.unfold.json"
        judge "$base.gen.h5" part_ "$base.judge.json"
        apart "$base" "$2" part_ ;;
    esac
    rm -f "$base.gen.h5"
    touch "$base.done"
}

for seed in $seeds; do
    for card in $cards; do run "$card" "$seed"; done
done
[ -z "$toy" ] || exit 0
"$python" "$here/unfold_table.py" "$work" docs/quality.md
command -v gnuplot > /dev/null || exit 0
drawn=() # many unfoldings of one event, calibration curves, the first card's migration matrix
for entry in "FCGAN with masses=zw_unfold_fcgan_mass" "FCGAN=zw_unfold_fcgan" "conditional VAE=zw_unfold_cvae"; do
    base=$work/${entry#*=}.1
    [ -f "$base.done" ] || continue
    [ -f "$base.one.h5" ] || $genhep sample "$base.h5" --condition "$truth" data.limit=1 --repeat 50000 --seed 1 -o "$base.one.h5" > /dev/null
    drawn+=("${entry%%=*}=$base.unfold.json,$base.one.h5")
done
[ ${#drawn[@]} != 3 ] || "$python" "$here/unfold_plots.py" "$truth" docs "${drawn[@]}"
