#!/usr/bin/env bash
# integrate.sh BUILD -- integrals of e+e- -> q qbar g by the box itself, VEGAS and the B-VAE; rewrites the section "Integrals" of
# docs/quality.md. Values at five cuts; two peaks on a diagonal; pulls of trained and untrained proposals over SEEDS seeds, networks and points anew for each;
# efficiencies at y = 0.02 with a million points in four sets of variables. Times are processor times, learning included.
#   SEEDS=100 TABLE_SEEDS="1 2 3" ROTATED_SEEDS="1" tests/quality/integrate.sh build
# The figures stay in BUILD/quality/integrate; what has some is not run again unless FRESH is set.
set -euo pipefail
build=${1:?build folder}; here=$(dirname "$0"); genhep=$build/genhep; python=${PYTHON:-python3}
work=$build/quality/integrate; mkdir -p "$work"
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

run() { # name, settings ...
    local base=$work/$1 process=eeqqg
    [[ $1 == camel* ]] && process=camel
    [ -f "$base.json" ] && [ -z "${FRESH:-}" ] && return
    shift
    local TIMEFORMAT='%U'
    { time "$genhep" integrate $process "$@" --json "$base.part" > "$base.log" 2>&1; } 2> "$base.time"
    mv "$base.part" "$base.json"
}

cuts=${CUTS-0.001 0.01 0.02 0.05 0.1}
for y in $cuts; do
    run "value.vegas.$y" --method vegas y="$y" -n 200000
    run "value.bvae.$y" --method bvae y="$y" -n 200000
done
# short trainings: a pull does not care how good the proposal is
for seed in $(seq 1 "${SEEDS:-100}"); do
    for y in ${PULL_CUTS-0.02}; do
        run "pull.trained.$y.$seed" y="$y" --seed "$seed" -n 20000 train.steps=500 integrate.points=20000
    done
    for y in $cuts; do
        run "pull.untrained.$y.$seed" y="$y" --seed "$seed" -n 10000 integrate.rounds=0 integrate.points=5000
    done
done
for seed in ${TABLE_SEEDS-1 2 3}; do
    for variables in aligned turned rotated square; do
        run "table.$variables.none.$seed" --method none variables=$variables --seed "$seed" -n 1e6
        run "table.$variables.vegas.$seed" --method vegas variables=$variables --seed "$seed" -n 1e6
    done
    for variables in aligned turned; do
        run "table.$variables.bvae20.$seed" --method bvae variables=$variables --seed "$seed" -n 1e6
    done
    run "table.aligned.bvae50.$seed" --method bvae integrate.samples=50 --seed "$seed" -n 1e6
done
for seed in ${ROTATED_SEEDS-1}; do
    # a cut inside the box, and a range of 2400 along it: wider networks, noise of every point, points of the proposal itself
    run "table.rotated.bvae20.$seed" --method bvae variables=rotated --seed "$seed" -n 1e6 loss.noise=event loss.noise_start=0.2 \
        encoder.units=128 decoder.units=128 train.steps=6000 integrate.rounds=2 integrate.points=300000
done
# two peaks on a diagonal: a grid along the axes sees four in two dimensions, 64 in six
for dim in 2 6; do
    run "camel.$dim.vegas" --method vegas dim=$dim -n 200000
    run "camel.$dim.bvae" --method bvae dim=$dim -n 200000 integrate.rounds=3 train.steps=1500
done
"$python" "$here/integrate_table.py" "$work" docs/quality.md
