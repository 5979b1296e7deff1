#!/usr/bin/env bash
# jets.sh BUILD [DATA] -- t tbar with jets and leptons: trains the cards and the baselines on 100 000 events of the built-in truth and judges
# them on independent ones; the 82 columns; the last tenth of DATA/ttbar_jets.h5. Leaves <run>.score.json (SCORED events on either side,
# classifier off), <run>.auc.json (100 000 events) and, with JUDGE=judge.py, <run>.judge.json in FOLDER; jets_table.py makes the section.
# The best card and the 82 columns are trained with every seed of SEEDS, the rest with the first. FULL=1 adds the best card's score on
# 1.2 million events where SCORED is smaller.
# Processor minutes: paper 20, wgan 0.4, 82 columns 1.2 and the best card 0.3 a seed; kde and gmm before they sample, the latter 1000 components, more.
#   SCORED=400000 RUNS="smear bvae" COMPONENTS=50 STAGES="adam 24, sgd 12" tests/quality/jets.sh build
set -euo pipefail
build=${1:?build folder}; data=${2:-}; work=${3:-$build/quality/jets}
genhep=$build/genhep; python=${PYTHON:-/usr/bin/python3}; seeds=${SEEDS:-1 2 3}; seed=${seeds%% *}; scored=${SCORED:-1200000}
mkdir -p "$work"
simulated() { [ -f "$work/$1.h5" ] || $genhep simulate ttbar_jets -n "$2" --seed "$3" -o "$work/$1.h5" "${@:4}" > /dev/null; }
# train CARD NAME TRAIN [settings]: seconds of processor time in NAME.seconds
train() {
    [ -f "$work/$2.h5" ] && return
    ( TIMEFORMAT='%U %S'; time $genhep train "examples/cards/$1.card" data.train="$3" seed="$seed" train.threads="${THREADS:-2}" "${@:4}" -o "$work/$2.h5" > "$work/$2.log" 2>&1 ) \
        2> "$work/$2.seconds"
}
# judged NAME EVENTS TRUTH TRAIN PROCESS [QUERIES]: neighbours are looked for of so many events, and of few for the scores, which do not need them
judged() {
    local events=$2 truth=$3 train=$4 process=$5
    [ -f "$work/$1.auc.json" ] || $genhep evaluate "$truth" "$events" --train "$train" --process "$process" --json "$work/$1.auc.json" evaluate.max=100000 \
        evaluate.queries="${6:-5000}"
    [ "$process" != ttbar_jets ] || [ -f "$work/$1.score.json" ] ||
        $genhep evaluate "$truth" "$events" --train "$train" --process "$process" --json "$work/$1.score.json" evaluate.max="$scored" evaluate.auc=off \
            evaluate.queries=10
    [ -z "${JUDGE:-}" ] || [ -f "$work/$1.judge.json" ] || "$python" "$JUDGE" "$truth" "$events" --train "$train" > "$work/$1.judge.json"
}
wanted() { case " ${RUNS:-floor smear kde gmm wgan independent bvae paper columns82 data} " in *" $1 "*) true ;; *) false ;; esac; }

simulated train 100000 1
simulated truth "$scored" 2
! wanted floor || simulated floor "$scored" 3
small=("$work/truth.h5" "$work/train.h5" ttbar_jets)
! wanted floor || judged floor "$work/floor.h5" "${small[@]}"
! wanted floor || judged training "$work/train.h5" "${small[@]}"
for kind in smear kde gmm; do
    wanted $kind || continue
    [ $kind != gmm ] || echo "${COMPONENTS:-1000}" > "$work/gmm.components"
    [ -f "$work/$kind.gen.h5" ] || "$python" tests/quality/jets_baselines.py $kind "$work/train.h5" "$work/$kind.gen.h5" "$scored" "${COMPONENTS:-1000}" > "$work/$kind.log"
    judged $kind "$work/$kind.gen.h5" "${small[@]}"
done
if wanted independent; then
    train ttbar_jets_bvae independent "$work/train.h5" model.family=independent
    $genhep sample "$work/independent.h5" -n "$scored" --seed "$seed" -o "$work/independent.gen.h5" > /dev/null
    judged independent "$work/independent.gen.h5" "${small[@]}"
fi
if wanted wgan; then
    train ttbar_jets_wgan wgan "$work/train.h5"
    $genhep sample "$work/wgan.h5" -n "$scored" --seed "$seed" -o "$work/wgan.gen.h5" > /dev/null
    judged wgan "$work/wgan.gen.h5" "${small[@]}"
fi
for seed in $seeds; do
    wanted bvae || continue
    train ttbar_jets_bvae "bvae.$seed" "$work/train.h5"
    $genhep sample "$work/bvae.$seed.h5" -n "$scored" --seed "$seed" -o "$work/bvae.$seed.gen.h5" > /dev/null
    judged "bvae.$seed" "$work/bvae.$seed.gen.h5" "${small[@]}"
done
seed=${seeds%% *}
if wanted bvae && [ -n "${FULL:-}" ] && [ ! -f "$work/bvae_full.score.json" ]; then # the number of events of the paper, for this card alone
    simulated full.truth 1200000 2
    $genhep sample "$work/bvae.$seed.h5" -n 1200000 --seed "$seed" -o "$work/full.gen.h5" > /dev/null
    $genhep evaluate "$work/full.truth.h5" "$work/full.gen.h5" --train "$work/train.h5" --process ttbar_jets --json "$work/bvae_full.score.json" \
        evaluate.max=1200000 evaluate.auc=off evaluate.queries=10
fi
if wanted paper; then
    stages=${STAGES:-adam 240, adam 240, adam 240, adam 240, sgd 120, sgd 120, sgd 120}
    train ttbar_jets_bvae_paper paper "$work/train.h5" "train.stages=$stages"
    [ -f "$work/paper.stages" ] || echo "$stages" > "$work/paper.stages"
    for gamma in 0 0.01 0.05 0.1; do
        $genhep sample "$work/paper.h5" -n "$scored" --seed "$seed" latent.gamma=$gamma -o "$work/paper.$gamma.gen.h5" > /dev/null
        judged paper.$gamma "$work/paper.$gamma.gen.h5" "${small[@]}"
    done
fi
if wanted columns82; then
    simulated train82 100000 1 columns=82
    simulated truth82 50000 2 columns=82
    train ttbar_jets_82_bvae independent82 "$work/train82.h5" model.family=independent
    runs=(independent82)
    for seed in $seeds; do
        train ttbar_jets_82_bvae "bvae82.$seed" "$work/train82.h5"
        runs+=("bvae82.$seed")
    done
    seed=${seeds%% *}
    for run in "${runs[@]}"; do
        $genhep sample "$work/$run.h5" -n 50000 --seed "$seed" -o "$work/$run.gen.h5" > /dev/null
        judged $run "$work/$run.gen.h5" "$work/truth82.h5" "$work/train82.h5" ttbar_jets 1000
    done
fi
if wanted data && [ -f "$data/ttbar_jets.h5" ]; then
    "$python" tests/quality/split.py "$data/ttbar_jets.h5" "$work/data"
    train ttbar_jets_data_bvae data_bvae "$work/data.dev.h5"
    train ttbar_jets_data_bvae data_independent "$work/data.dev.h5" model.family=independent
    for run in data_bvae data_independent; do
        $genhep sample "$work/$run.h5" -n 100000 --seed "$seed" -o "$work/$run.gen.h5" > /dev/null
        judged $run "$work/$run.gen.h5" "$work/data.judge.h5" "$work/data.dev.h5" ttbar_jets
    done
fi
