#!/usr/bin/env bash
# run.sh BUILD DATA -- train and judge every card at three named seeds; rewrites docs/quality.md.
# Development sees the first 90 % of a sample shuffled with seed 7, the figures are taken on its last 10 %, which neither training
# nor the choice of weights has seen. Cards without a sample in DATA use the built-in truth and an independent sample of it.
#   SEEDS="1 2 3" tests/quality/run.sh build <folder of samples>
#   JUDGED=100000 ROWS="ttbar_6q_bvae ttbar_6q.h5 ttbar_6q" tests/quality/run.sh build <folder>   judges on the last 100 000 events, trains on the others
set -euo pipefail
build=${1:?build folder}; data=${2:-}
seeds=${SEEDS:-1 2 3}; threads=${THREADS:-2}
work=$build/quality; mkdir -p "$work"
TIMEFORMAT='%U %S' # seconds of processor time
genhep=$build/genhep

# card, sample below DATA, process of the judge (- for a plain table)
judged=${JUDGED:-}; tag=${judged:+_$((judged / 1000))k}
rows=${ROWS:-"zmumu_pp_bvae zmumu_pp.h5 zmumu
ttbar_6q_bvae ttbar_6q.h5 ttbar_6q
ttbar_6q_gan ttbar_6q.h5 ttbar_6q
cms_dimuon_bvae cms/dimuon_Run2010B.h5 cms
cms_zmumu_bvae cms/Zmumu_Run2011A_masses.csv -
cms_zee_bvae cms/Zee_Run2011A.csv -"}

if [ -z "$data" ] || [ ! -d "$data" ]; then
    echo "quality: no folder of samples (DATA=...): the cards on samples are skipped, the toys run"
    rows=
fi
while read -r card sample process; do
    [ -n "$card" ] || continue
    process_option=(); [ "$process" = - ] || process_option=(--process "$process")
    [ -f "$data/$sample" ] || { echo "skipped $card: no $sample"; continue; }
    python=${PYTHON:-/usr/bin/python3}
    table=$data/$sample
    case $sample in *.csv) # the columns of the card
        table=$work/$card.table.h5
        $genhep convert "$data/$sample" "$table" "data.columns=$(sed -n 's/^data.columns = //p' "examples/cards/$card.card")" > /dev/null ;;
    esac
    "$python" tests/quality/split.py "$table" "$work/$card$tag" $judged
    for seed in $seeds; do
        base=$work/$card$tag.$seed
        [ -f "$base.json" ] && [ -z "${FRESH:-}" ] && continue
        { time $genhep train "examples/cards/$card.card" data.train="$work/$card$tag.dev.h5" seed="$seed" train.threads="$threads" -o "$base.h5" \
            > "$base.log" 2>&1; } 2> "$base.time"
        $genhep train "examples/cards/$card.card" model.family=independent data.train="$work/$card$tag.dev.h5" seed="$seed" -o "$base.ind.h5" > /dev/null
        $genhep sample "$base.h5" -n 100000 --seed "$seed" -o "$base.gen.h5" > /dev/null
        $genhep sample "$base.ind.h5" -n 100000 --seed "$seed" -o "$base.ind.gen.h5" > /dev/null
        $genhep evaluate "$work/$card$tag.judge.h5" "$base.gen.h5" "${process_option[@]}" --train "$work/$card$tag.dev.h5" --json "$base.json"
        $genhep evaluate "$work/$card$tag.judge.h5" "$base.ind.gen.h5" "${process_option[@]}" --json "$base.ind.json"
        if [ -n "${JUDGE:-}" ]; then
            "$python" "$JUDGE" "$work/$card$tag.judge.h5" "$base.gen.h5" "${process_option[@]}" --train "$work/$card$tag.dev.h5" > "$base.judge.json"
        fi
    done
    [ -f "$work/$card$tag.floor.json" ] || $genhep evaluate "$work/$card$tag.judge.h5" "$work/$card$tag.dev.h5" "${process_option[@]}" --json "$work/$card$tag.floor.json"
done <<< "$rows"

for toy in ${TOYS-two_body zll_ee zll_ee_width}; do
    for seed in $seeds; do
        [ -f "$work/$toy.$seed.json" ] && [ -z "${FRESH:-}" ] || tests/quality/paper.sh "$build" "$toy" "$seed" "$work/$toy.$seed"
    done
done
if [ -n "${SUBTRACT-yes}" ]; then
    THREADS=$threads tests/quality/subtract.sh "$build" "$data"
    "${PYTHON:-/usr/bin/python3}" tests/quality/subtract_plots.py "$work" docs/subtraction.png
fi
"${PYTHON:-/usr/bin/python3}" tests/quality/table.py "$work" docs/quality.md
