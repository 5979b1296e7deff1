#!/usr/bin/env bash
# dilepton.sh BUILD DATA -- train and judge the dilepton cards on DATA/ww_lep6.h5; rewrites the section "Dilepton events" of docs/quality.md.
# The last 50 000 events of the sample, shuffled with seed 7, are judged; neither training nor the choice of weights has seen them. The
# best card, a dense network (MLP), is trained as it is and, as `mlp`, for 5000 steps; ww_lep6_gan_cnn and _rnn have the steps that take as much
# processor time as the latter, one thread each; the card as published runs at both tail cuts for PAPER_STEPS. Times are processor times of the training, which
# other work on the machine does not stretch.
#   SEEDS="1 2 3" CARDS="best mlp cnn rnn" PAPER_CUTS="0.05 0.005" tests/quality/dilepton.sh build <folder of samples>
# The figures stay in BUILD/quality/dilepton; what has some is not run again unless FRESH is set.
set -euo pipefail
build=${1:?build folder}; data=${2:-}; here=$(dirname "$0"); genhep=$build/genhep; python=${PYTHON:-/usr/bin/python3}
work=$build/quality/dilepton; mkdir -p "$work"
[ -f "$data/ww_lep6.h5" ] || { echo "dilepton: no $data/ww_lep6.h5"; exit 0; }
[ -f "$work/all.judge.h5" ] || "$python" "$here/split.py" "$data/ww_lep6.h5" "$work/all" 50000
truth=$work/all.judge.h5 train=$work/all.dev.h5

run() { # name, card, seed, settings of the training...; options of dilepton.py in JUDGING
    local base=$work/$1.$3 card=$here/../../examples/cards/$2.card seed=$3
    [ -f "$base.json" ] && [ -z "${FRESH:-}" ] && return
    shift 3
    local TIMEFORMAT='%U %S'
    { time $genhep train "$card" data.train="$train" seed="$seed" train.threads="${THREADS:-1}" "$@" -o "$base.h5" > "$base.log" 2>&1; } 2> "$base.time"
    $genhep sample "$base.h5" -n 50000 --seed "$seed" -o "$base.gen.h5" > /dev/null
    $genhep evaluate "$truth" "$base.gen.h5" --json "$base.evaluate.json" > /dev/null
    # shellcheck disable=SC2086  # a list of options
    "$python" "$here/dilepton.py" "$truth" "$base.gen.h5" ${JUDGING:-} --plot "$base.dat" --json "$base.json"
}

for seed in ${SEEDS:-1 2 3}; do
    for kind in ${CARDS-best mlp cnn rnn}; do
        case $kind in
        best)
            run best ww_lep6_gan "$seed"
            [ -f "$work/best.$seed.whole.json" ] && continue
            $genhep sample "$work/best.$seed.h5" -n 1000000 --seed "$seed" -o "$work/whole.h5" > /dev/null
            "$python" "$here/dilepton.py" "$data/ww_lep6.h5" "$work/whole.h5" --whole --json "$work/best.$seed.whole.json"
            rm -f "$work/whole.h5" ;;
        mlp) run mlp ww_lep6_gan "$seed" train.steps=5000 ;;
        *) run "$kind" "ww_lep6_gan_$kind" "$seed" ;;
        esac
    done
done
for cut in ${PAPER_CUTS-0.05 0.005}; do
    JUDGING="--cut $train $cut" run "paper_$cut" ww_lep6_gan_paper 1 data.tail_cut="$cut" train.steps="${PAPER_STEPS:-4000}"
done
run independent ww_lep6_gan 1 model.family=independent
if [ ! -f "$work/floor.1.json" ]; then
    $genhep evaluate "$truth" "$train" evaluate.max=50000 --json "$work/floor.1.evaluate.json" > /dev/null
    "$python" "$here/dilepton.py" "$truth" "$train" --pairs --json "$work/floor.1.json"
fi
"$python" "$here/dilepton_table.py" "$work" docs/quality.md
if [ -f "$work/best.1.dat" ] && command -v gnuplot > /dev/null; then
    gnuplot -e "bins='$work/best.1.dat'; picture='docs/dilepton_features.png'" "$here/dilepton.gp"
fi
