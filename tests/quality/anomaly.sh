#!/usr/bin/env bash
# anomaly.sh BUILD -- injected Z' resonances in Drell-Yan pairs above 100 GeV, searched for without labels: scores per event beside
# baselines, and excesses over a reference sample; rewrites the section "Anomalies" of docs/quality.md.
#   EVENTS=50000 SEED=1 NULLS=40 MASSES="200 400 800" WIDTHS="0.02 0.1" FRACTIONS="0.01 0.001" tests/quality/anomaly.sh build
# The model of the scores is trained on the very data that are scored, signal included (train.threads = THREADS); the one of the
# excess is trained on a background sample, of which another one is the reference. NULLS data sets without signal test the p-value.
set -euo pipefail
build=${1:?build folder}; genhep=$build/genhep; here=$(dirname "$0"); python=${PYTHON:-/usr/bin/python3}
work=$build/quality/anomaly; mkdir -p "$work"
n=${EVENTS:-50000} seed=${SEED:-1} card=$here/../../examples/cards/zprime_bvae.card
background() { $genhep simulate dy_zprime -n "$1" m_min=100 coupling=0 --seed "$2" -o "$3" > /dev/null; }
train() { $genhep train "$card" data.train="$1" seed="$seed" train.threads="${THREADS:-2}" -o "$2" > "$2.log" 2>&1; }
bump() { # events, name: in the latent space of the background, and in the observables
    $genhep bump "$1" "$work/reference.h5" --process dy --seed "$seed" --json "$2.observables.json"
    $genhep bump "$work/background.h5" "$1" "$work/reference.h5" --seed "$seed" --json "$2.json"
}

[ -f "$work/reference.h5" ] || background "$n" 901 "$work/reference.h5"
[ -f "$work/other.h5" ] || background "$n" 902 "$work/other.h5"
[ -f "$work/background.h5" ] || train "$work/other.h5" "$work/background.h5"
for k in $(seq 1 "${NULLS:-40}"); do
    [ -f "$work/null.$k.json" ] && continue
    background "$n" "$((1000 + k))" "$work/null.h5"
    bump "$work/null.h5" "$work/null.$k"
done
for mass in ${MASSES:-200 400 800}; do
    for width in ${WIDTHS:-0.02 0.1}; do
        for fraction in ${FRACTIONS:-0.01 0.001}; do
            base=$work/m$mass.w$width.f$fraction.$seed
            [ -f "$base.json" ] && continue
            signal=$(awk "BEGIN { print int($n * $fraction + 0.5) }") wide=$(awk "BEGIN { print $mass * $width }")
            background "$((n - signal))" "$((10 + seed))" "$base.b.h5"
            $genhep simulate dy_zprime -n "$signal" m_min=100 part=signal mass="$mass" width="$wide" --seed "$seed" -o "$base.s.h5" > /dev/null
            "$python" "$here/anomaly.py" mix "$base.b.h5" "$base.s.h5" "$seed" "$base.h5"
            train "$base.h5" "$base.model.h5"
            $genhep score "$base.model.h5" "$base.h5" density.samples=20 -o "$base.scores.h5" > /dev/null
            bump "$base.h5" "$base.bump"
            "$python" "$here/anomaly.py" judge "$base.h5" "$base.scores.h5" "$base.bump" "$mass" "$width" "$fraction" > "$base.part"
            mv "$base.part" "$base.json"
            rm -f "$base".[bs].h5 "$base.model.h5.history.csv"
        done
    done
done
"$python" "$here/anomaly.py" table "$work" docs/quality.md
