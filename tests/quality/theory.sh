#!/usr/bin/env bash
# theory.sh BUILD -- a theory space: Z' of any mass, width and coupling learned from few events at each of many points, judged against truth at points
# in between, and a map of the points; rewrites the section "Theory space" of docs/quality.md and docs/theory_map.png.
#   POINTS=1000 EVENTS=1500 JUDGED=50000 SEEDS="1 2 3" THREADS=2 CARDS="independent zprime_theory_cvae zprime_theory" tests/quality/theory.sh build
# What is there already is kept, so that cards and seeds may be added. The points judged were chosen before any of them was looked at; the cards
# were developed at 330,0.03,1.1 390,0.055,0.95 480,0.04,0.87 520,0.045,1.1 575,0.03,0.92 560,0.05,0.83 (earlier at 410,0.03,0.95 too).
set -euo pipefail
build=${1:?build folder}; genhep=$build/genhep; here=$(dirname "$0"); python=${PYTHON:-/usr/bin/python3}
work=$build/quality/theory; mkdir -p "$work"
points=${POINTS:-1000} events=${EVENTS:-1500} judged=${JUDGED:-50000} seeds=${SEEDS:-1 2 3}
at=(345,0.05,0.9 450,0.025,1.05 555,0.035,0.85)
theory() { "$python" "$here/theory.py" "$@"; }
judge() { [ -f "$3" ] || $genhep evaluate "$1" "$2" --process dy --json "$3" > /dev/null; }

[ -f "$work/points.json" ] || theory points "$points" "$work/points.json"
[ -f "$work/train.h5" ] || theory train "$genhep" "$work/points.json" "$events" "$work/train.h5"
near=()
for k in 1 2 3; do
    point=${at[k - 1]}
    near+=("$(theory nearest "$work/points.json" "$point")")
    [ -f "$work/at$k.h5" ] || theory simulate "$genhep" "$point" "$judged" $((100 + k)) "$work/at$k.h5"
    [ -f "$work/conditions.$k.h5" ] || theory conditions "$point" "$judged" "$work/conditions.$k.h5"
    [ -f "$work/truth.$k.h5" ] || theory simulate "$genhep" "$point" "$judged" $((200 + k)) "$work/truth.$k.h5"
    [ -f "$work/near.$k.h5" ] || theory simulate "$genhep" "${near[k - 1]}" "$judged" $((300 + k)) "$work/near.$k.h5"
    for tag in truth near; do judge "$work/at$k.h5" "$work/$tag.$k.h5" "$work/$tag.$k.json"; done
done
for tag in ${CARDS:-independent zprime_theory_cvae zprime_theory}; do
    for seed in $seeds; do
        card=$tag family= run=$work/$tag.seed$seed
        if [ "$tag" = independent ]; then
            card=zprime_theory family=model.family=independent
            [ "$seed" = "${seeds%% *}" ] || continue # nothing is drawn in its training
        fi
        TIMEFORMAT="%U %S"
        [ -f "$run.h5" ] || { time $genhep train "$here/../../examples/cards/$card.card" data.train="$work/train.h5" seed="$seed" \
            train.threads="${THREADS:-2}" $family ${OPTIONS:-} -o "$run.h5" > "$run.log" 2>&1; } 2> "$run.cpu"
        for k in 1 2 3; do
            [ -f "$run.$k.json" ] && continue
            $genhep sample "$run.h5" --condition "$work/conditions.$k.h5" --seed "$seed" -o "$work/drawn.h5" > /dev/null
            theory events "$work/drawn.h5" "$work/generated.h5"
            judge "$work/at$k.h5" "$work/generated.h5" "$run.$k.json"
        done
    done
done
if [ ! -f "$work/map.json" ]; then
    theory summary "$work/train.h5" "$work/summary.h5"
    $genhep train "$here/theory_map.card" data.train="$work/summary.h5" seed=1 -o "$work/map.h5" > "$work/map.log" 2>&1
    $genhep encode "$work/map.h5" "$work/summary.h5" -o "$work/latents.h5" > /dev/null
    theory map "$work/summary.h5" "$work/latents.h5" "$work/map"
fi
printf '{"points": %d, "events": %d, "judged": %d, "seeds": "%s", "at": ["%s", "%s", "%s"], "near": ["%s", "%s", "%s"]}\n' "$points" "$events" "$judged" "$seeds" "${at[@]}" "${near[@]}" > "$work/setting.json"
theory table "$work" docs/quality.md
command -v gnuplot > /dev/null || exit 0
gnuplot -e "data='$work/map.dat'" "$here/theory.gp" > docs/theory_map.png
