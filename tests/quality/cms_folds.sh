#!/usr/bin/env bash
# cms_folds.sh BUILD DATA -- cms_dimuon_bvae.card over the whole of DATA/cms/dimuon_Run2010B.h5: ten trainings, each without one tenth of the
# rows shuffled with seed 7, so that all 70 000 are judged by a model that has not seen them. One tenth alone has 640 J/psi and 34 Z, too
# few to tell a few per cent of a resonance. The choice of settings has seen all but the last tenth. Figures stay in
# BUILD/quality/folds; a fold that is there is not trained again. cms_folds.py rewrites their section of docs/quality.md.
set -euo pipefail
build=${1:?build folder}; data=${2:?folder of samples}; here=$(dirname "$0"); genhep=$build/genhep; python=${PYTHON:-/usr/bin/python3}
work=$build/quality/folds; sample=$data/cms/dimuon_Run2010B.h5; mkdir -p "$work"
for fold in $(seq "${FOLDS:-10}"); do
    base=$work/$fold
    [ -f "$base.gen.h5" ] && continue
    "$python" "$here/split.py" "$sample" "$base" "$fold/${FOLDS:-10}"
    $genhep train "$here/../../examples/cards/cms_dimuon_bvae.card" data.train="$base.dev.h5" seed="${SEED:-1}" train.threads="${THREADS:-1}" -o "$base.model.h5" \
        > "$base.log" 2>&1
    $genhep sample "$base.model.h5" -n 70000 --seed "${SEED:-1}" -o "$base.part.h5" > /dev/null
    mv "$base.part.h5" "$base.gen.h5"
done
"$python" "$here/cms_folds.py" "$work" "$genhep" docs/quality.md
