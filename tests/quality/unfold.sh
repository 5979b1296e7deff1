#!/usr/bin/env bash
# unfold.sh BUILD DATA -- train and judge every card of unfolding on DATA/zw_unfold.h5; rewrites the section "Unfolding" of docs/quality.md.
# Development sees the first 90 % of the sample, the figures are taken on the last 10 %, each event unfolded REPEAT times.
# zw_detector_fcgan.card runs the other way and is judged by the AUC of the detector's columns. With TOY=<events> the cards
# run on the built-in zw_unfold process instead: TOY events to train on, another TOY to be unfolded.
# OPTIONS="key=value ..." goes to every training.
#   CARDS="zw_unfold_fcgan zw_unfold_cvae" JUDGE=judge.py tests/quality/unfold.sh build <folder of samples>
# The figures stay in BUILD/quality/unfold; a card that has some is not run again unless FRESH is set.
set -euo pipefail
build=${1:?build folder}; data=${2:-}; repeat=${REPEAT:-10}; seed=${SEED:-1}; toy=${TOY:-}
cards=${CARDS:-zw_unfold_fcgan zw_unfold_fcgan_mass zw_unfold_gan zw_unfold_fcgan_paper zw_unfold_cvae zw_detector_fcgan}
python=${PYTHON:-/usr/bin/python3}; genhep=$build/genhep; here=$(dirname "$0")
work=$build/quality/unfold${toy:+_toy}; mkdir -p "$work"

if [ -n "$toy" ]; then
    [ -f "$work/train.h5" ] || $genhep simulate zw_unfold -n "$toy" --seed 21 -o "$work/train.h5" > /dev/null
    [ -f "$work/truth.h5" ] || $genhep simulate zw_unfold -n "$toy" --seed 22 -o "$work/truth.h5" > /dev/null
    sample=$work/train.h5; limit=0
else
    sample=$data/zw_unfold.h5
    [ -f "$sample" ] || { echo "unfold: no $sample; TOY=<events> uses the built-in process"; exit 0; }
    limit=$("$python" "$here/tail.py" "$sample" 0.1 "$work/truth.h5")
fi

judge() { # generated, columns, output
    [ -z "${JUDGE:-}" ] || "$python" "$JUDGE" "$work/truth.h5" "$1" --process zw --columns "$2" > "$3"
}

for card in $cards; do
    base=$work/$card.$seed
    [ -f "$base.done" ] && [ -z "${FRESH:-}" ] && continue
    $genhep train "$here/../../examples/cards/$card.card" data.train="$sample" data.limit="$limit" seed="$seed" train.threads="${THREADS:-2}" \
        ${OPTIONS:-} -o "$base.h5" > "$base.log" 2>&1
    $genhep sample "$base.h5" --condition "$work/truth.h5" --repeat "$repeat" --seed "$seed" -o "$base.gen.h5" > /dev/null
    if [ "$card" = zw_detector_fcgan ]; then
        judge "$base.gen.h5" det_ "$base.judge.json"
    else
        "$python" "$here/unfold.py" "$work/truth.h5" "$base.gen.h5" --json "$base.unfold.json"
        judge "$base.gen.h5" part_ "$base.judge.json"
    fi
    touch "$base.done"
done
[ -n "$toy" ] || "$python" "$here/unfold_table.py" "$work" docs/quality.md
