#!/usr/bin/env bash
# subtract.sh BUILD [DATA] -- the subtraction cards: training samples of 100 000 events, a million generated ones, judged by
# subtract.py. The toys run at five seeds, of the samples too; the dipoles at three; DATA/dy_full.h5 minus DATA/dy_photon.h5 at three,
# shuffled with seed 7: the first half to train, the last 100 000 events as reference, of which the last 20 000 are also used alone.
# Figures go to BUILD/quality/<card>.<seed>.<part>.json, with what the model says of its classes. paper: toy 1 as published, and with a ramp.
# REFIT=1: models whose training has left a checkpoint are not trained again, only what follows training (the calibration) is.
#   CARDS="toy1 toy2 zg dy paper" SEEDS="1 2 3 4 5" SETTINGS="train.steps=500" tests/quality/subtract.sh build <folder of samples>
set -euo pipefail
build=${1:?build folder}; data=${2:-}
work=$build/quality; mkdir -p "$work"
genhep=$build/genhep
python=${PYTHON:-/usr/bin/python3}
events=${EVENTS:-100000}

judge() # model, part, classes, samples for subtract.py ...
{
    local model=$1 part=$2 classes=$3
    shift 3
    if ! $genhep sample "$model.h5" -n 1000000 --seed 77 subtract.class="$classes" -o "$model.gen.h5" > /dev/null; then
        echo "$model: no events of $classes" # the published settings can lose a class
        return
    fi
    "$python" tests/quality/subtract.py "$model.gen.h5" "$@" --bins 20 --json "$model.$part.json"
    rm -f "$model.gen.h5"
}

train() # model, card, seed, samples ...
{
    local model=$1 card=$2 seed=$3
    shift 3
    local TIMEFORMAT='%U %S' # processor seconds
    if [ -n "${REFIT:-}" ] && [ -f "$model.h5.ckpt" ]; then
        $genhep train "examples/cards/$card.card" "$@" seed="$seed" train.threads="${THREADS:-1}" --resume "$model.h5.ckpt" -o "$model.h5" > "$model.refit.log" 2>&1
        $genhep info "$model.h5" > "$model.info.json"
        return
    fi
    { time $genhep train "examples/cards/$card.card" "$@" seed="$seed" train.threads="${THREADS:-1}" ${SETTINGS:-} -o "$model.h5" > "$model.log" 2>&1; } 2> "$model.time"
    $genhep info "$model.h5" > "$model.info.json"
}

done_already() # model, last part
{
    [ -f "$1.$2.json" ] && [ -z "${FRESH:-}" ]
}

toy() # toy, seed, add, card (the toy's), name of its figures (the card's)
{
    local card=${4:-$1_subgan} add=()
    local model=$work/${5:-$card}.$2
    done_already "$model" s && return
    $genhep simulate toy_1x -n "$events" --seed $((10 * $2 + 1)) sample=base -o "$model.b.h5" > /dev/null
    $genhep simulate toy_1x -n "$events" --seed $((10 * $2 + 2)) sample=subtract -o "$model.s.h5" > /dev/null
    [ "$3" = 1 ] && $genhep simulate toy_1x -n "$events" --seed $((10 * $2 + 3)) sample=add -o "$model.a.h5" > /dev/null
    [ "$3" = 1 ] && add=(data.add="$model.a.h5")
    train "$model" "$card" "$2" data.base="$model.b.h5" data.subtract="$model.s.h5" "${add[@]}"
    [ "$3" = 1 ] && add=(--add "$model.a.h5")
    judge "$model" difference difference --base "$model.b.h5" --subtract "$model.s.h5" "${add[@]}"
    judge "$model" b "B-S, S" --base "$model.b.h5"
    judge "$model" s "S" --base "$model.s.h5"
}

# The published card on the first toy: as it stands, and with the ramp and the normalisation that keep both classes alive.
paper() # seed
{
    local with=$work/toy1_subgan_paper_ramp.$1 settings=${SETTINGS:-}
    toy toy1 "$1" 0 toy1_subgan_paper
    done_already "$with" s && return
    SETTINGS="subtract.ramp=0.4 loss.normalisation=20 $settings" toy toy1 "$1" 0 toy1_subgan_paper toy1_subgan_paper_ramp
}

zg() # seed
{
    local model=$work/zg_subgan.$1
    done_already "$model" difference && return
    $genhep simulate zg_real -n "$events" --seed $((10 * $1 + 1)) -o "$model.b.h5" > /dev/null
    $genhep simulate zg_dipole -n "$events" --seed $((10 * $1 + 2)) -o "$model.s.h5" > /dev/null
    $genhep simulate zg_real -n 1000000 --seed $((10 * $1 + 4)) -o "$model.r.h5" > /dev/null
    train "$model" zg_subgan "$1" data.base="$model.b.h5" data.subtract="$model.s.h5"
    judge "$model" difference difference --base "$model.b.h5" --subtract "$model.s.h5" --reference-base "$model.r.h5"
    rm -f "$model.r.h5"
}

dy() # seed
{
    local model=$work/dy_subgan.$1
    done_already "$model" s && return
    for sample in full photon; do
        "$python" tests/quality/split.py "$data/dy_$sample.h5" "$work/dy_$sample" 100000
    done
    local full=$work/dy_full photon=$work/dy_photon
    train "$model" dy_subgan "$1" data.base="$full.dev.h5" data.subtract="$photon.dev.h5" data.limit="$events"
    judge "$model" difference difference --base "$full.dev.h5" --subtract "$photon.dev.h5" --reference-base "$full.judge.h5" \
        --reference-subtract "$photon.judge.h5" --last 20000
    judge "$model" b "B-S, S" --base "$full.dev.h5" --reference-base "$full.judge.h5" --last 20000
    judge "$model" s "S, S only" --base "$photon.dev.h5" --reference-base "$photon.judge.h5" --last 20000
}

for card in ${CARDS:-toy1 toy2 zg dy paper}; do
    case $card in
    toy1) for seed in ${SEEDS:-1 2 3 4 5}; do toy toy1 "$seed" 0; done ;;
    toy2) for seed in ${SEEDS:-1 2 3 4 5}; do toy toy2 "$seed" 1; done ;;
    paper) for seed in ${SEEDS:-1}; do paper "$seed"; done ;;
    zg) for seed in ${SEEDS:-1 2 3}; do zg "$seed"; done ;;
    dy) if [ -f "$data/dy_full.h5" ]; then for seed in ${SEEDS:-1 2 3}; do dy "$seed"; done; else echo "skipped dy_subgan: no $data/dy_full.h5"; fi ;;
    *) echo "subtract.sh: unknown card '$card', expected toy1, toy2, zg, dy or paper" >&2; exit 1 ;;
    esac
done
