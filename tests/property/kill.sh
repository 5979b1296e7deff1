#!/usr/bin/env bash
# kill.sh -- kill -9 at random moments of a training run: a checkpoint that is there always loads (`make check-kill`).
#   kill.sh BUILD [TIMES]
# Each time a small model is trained with a checkpoint after every step and killed after a random delay. Then: no file
# that is not whole carries the checkpoint's or the model's name, and training goes on from the checkpoint (a few times
# to its very end).
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
times=${2:-50}
genhep=$build/genhep
folder=$(mktemp -d /tmp/genhep-kill-XXXXXX)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0
with_checkpoint=0
finished=0
halves=0 # temporary files that the kill left: the kill hit while a checkpoint was written

cat >"$folder/small.card" <<CARD
data.train = $folder/train.csv
prep = quantile
prep.knots = 101
latent.dim = 3
encoder.layers = 2
encoder.units = 32
decoder.layers = 2
decoder.units = 32
train.steps = 4000
train.batch = 64
train.figure = loss
train.figure_steps = 500
train.checkpoint_seconds = 0
CARD
"$genhep" simulate zll -n 2000 --seed 5 -o "$folder/train.csv" >"$folder/simulate.log" 2>&1 ||
    { cat "$folder/simulate.log"; echo "kill: no training data"; exit 1; }

say() { # number, what went wrong, log
    echo "kill $1: $2"
    [ -s "$3" ] && tail -n 3 "$3" | sed 's/^/    /'
    failed=$((failed + 1))
}

for i in $(seq "$times"); do
    run=$folder/run$i
    mkdir "$run"
    RANDOM=$((1000 + i))
    delay=$(awk -v r=$RANDOM -v i="$i" 'BEGIN { printf "%.3f", i % 5 == 0 ? 0.3 * r / 32768 : 0.1 + 2.4 * r / 32768 }')
    "$genhep" train "$folder/small.card" -o "$run/m.h5" >"$run/out" 2>&1 &
    process=$!
    sleep "$delay"
    kill -9 "$process" 2>/dev/null || finished=$((finished + 1))
    wait "$process" 2>/dev/null || true
    checkpoint=$run/m.h5.ckpt
    if compgen -G "$run/*.tmp.*" >/dev/null; then halves=$((halves + 1)); fi
    if [ -f "$run/m.h5" ] && ! "$genhep" verify "$run/m.h5" >"$run/verify" 2>&1; then
        say "$i" "after $delay s a model of the final name that is not whole" "$run/verify"
        continue
    fi
    if [ ! -f "$checkpoint" ]; then # killed before the first one was complete: nothing to go on from
        passed=$((passed + 1))
        continue
    fi
    with_checkpoint=$((with_checkpoint + 1))
    # 0.001 minutes of training are over: loading is all that this does, except every tenth time
    minutes=0.001
    [ $((i % 10)) = 0 ] && minutes=0
    sed 's/^train.checkpoint_seconds.*/train.checkpoint_seconds = 60/' "$folder/small.card" >"$run/resume.card"
    if "$genhep" train "$run/resume.card" -o "$run/m.h5" --resume "$checkpoint" train.minutes=$minutes >"$run/resumed" 2>&1 &&
        "$genhep" verify "$run/m.h5" >>"$run/resumed" 2>&1; then
        passed=$((passed + 1))
    else
        say "$i" "after $delay s: the checkpoint does not load" "$run/resumed"
    fi
    rm -rf "$run"
done
echo "killed $times times, $finished after the end of the run; $with_checkpoint checkpoints were there," \
    "$halves were being written"
if [ "$with_checkpoint" -lt $((times / 2)) ]; then
    echo "kill: too few checkpoints to say anything"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
