#!/usr/bin/env bash
# shower.sh BUILD [FOLDER] -- train the shower cards on photons of the built-in truth (GAN and VAE-GAN from the weights of shower_cvae, where
# that was trained before) and judge them on an independent sample, beside the baselines of shower_shapes.py. Leaves
# <card>.<seed>.shower.json in FOLDER (build/quality), which table.py turns into a section.
#   SEEDS="1" CARDS="shower_cvae shower_calogan" SETTINGS="train.steps=2000" tests/quality/shower.sh build
set -euo pipefail
build=${1:?build folder}; work=${2:-$build/quality}
genhep=$build/genhep; python=${PYTHON:-/usr/bin/python3}
mkdir -p "$work"
[ -f "$work/shower.train.h5" ] || $genhep simulate shower particle=gamma -n "${EVENTS:-100000}" --seed 1 -o "$work/shower.train.h5"
# processor seconds of a command
seconds() { ( TIMEFORMAT='%U %S'; time "$@" > /dev/null ) 2>&1 | tail -n 1 | awk '{print $1 + $2}'; }
[ -f "$work/shower.truth.seconds" ] || seconds "$genhep" simulate shower particle=gamma -n 20000 --seed 2 -o "$work/shower.truth.h5" > "$work/shower.truth.seconds"
baselines=(--train "$work/shower.train.h5") # once: they are the same for every card
for card in ${CARDS:-shower_cvae shower_calogan shower_vaegan shower_calogan_paper}; do
    for seed in ${SEEDS:-1}; do
        base=$work/$card.$seed
        [ -f "$base.shower.json" ] && [ -z "${FRESH:-}" ] && continue
        start=()
        case $card in shower_calogan | shower_vaegan) [ ! -f "$work/shower_cvae.$seed.h5" ] || start=("train.start=$work/shower_cvae.$seed.h5") ;; esac
        # shellcheck disable=SC2086  # SETTINGS is a list of settings
        ( TIMEFORMAT='%U %S'; time $genhep train "examples/cards/$card.card" data.train="$work/shower.train.h5" seed="$seed" \
            train.threads="${THREADS:-2}" "${start[@]}" ${SETTINGS:-} -o "$base.h5" > "$base.log" 2>&1 ) 2> "$base.seconds"
        taken=$(seconds "$genhep" sample "$base.h5" --condition "$work/shower.truth.h5" --seed "$seed" -o "$base.gen.h5")
        "$python" tests/quality/shower_shapes.py "$work/shower.truth.h5" "$base.gen.h5" "${baselines[@]}" \
            --seconds "$(cat "$work/shower.truth.seconds")" "$taken" \
            --trained "$(awk '{print $1 + $2}' "$base.seconds")" --json "$base.shower.json"
        baselines=()
    done
done
