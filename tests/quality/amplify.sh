#!/usr/bin/env bash
# amplify.sh BUILD -- data amplification (GANplification, 2008.06545) by amplify_bvae.card: 100 points of camel, ring and shell train a
# model, whose samples are compared with the exact distribution; rewrites the section "Data amplification" of docs/quality.md.
#   SEEDS="1 2 3" TOYS="camel ring shell" EVENTS=1000000 SETTINGS="train.steps=500" tests/quality/amplify.sh build
set -euo pipefail
build=${1:?build folder}; genhep=$build/genhep; here=$(dirname "$0"); python=${PYTHON:-/usr/bin/python3}
work=$build/quality/amplify; mkdir -p "$work"
: > "$work/rows.part"
for toy in ${TOYS:-camel ring shell}; do
    pairs=()
    for seed in ${SEEDS:-1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20}; do
        base=$work/$toy.$seed
        $genhep simulate "$toy" -n 100 --seed "$seed" -o "$base.points.h5" > /dev/null
        # shellcheck disable=SC2086  # SETTINGS is a list of settings
        $genhep train "$here/../../examples/cards/amplify_bvae.card" data.train="$base.points.h5" seed="$seed" ${SETTINGS:-} -o "$base.h5" > "$base.log" 2>&1
        $genhep sample "$base.h5" -n "${EVENTS:-1000000}" --seed "$seed" -o "$base.gen.h5" > /dev/null
        pairs+=("$base.points.h5" "$base.gen.h5")
    done
    "$python" "$here/amplify.py" "$toy" "${pairs[@]}" >> "$work/rows.part"
    rm -f "$work/$toy".*.gen.h5
done
mv "$work/rows.part" "$work/rows"
"$python" "$here/amplify_table.py" "$work/rows" docs/quality.md
