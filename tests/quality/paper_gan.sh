#!/usr/bin/env bash
# paper_gan.sh BUILD DATA -- the event GAN as published (ttbar_6q_gan_paper.card) on DATA/ttbar_6q.h5, with and without its MMD, and its
# ablations; rewrites the section "The event GAN as published" of docs/quality.md. The last 100 000 events are judged, the others train.
#   SEEDS="1 2 3" JUDGE=judge.py tests/quality/paper_gan.sh build <folder of samples>
# `card` and `card, no MMD` have the card's own steps at every seed; ablations have STEPS steps each, at the first seed. PARTS chooses some of
# "card weights ablations long": `weights` trades masses against spectra, `long` is the model in examples/models, 90 core-minutes. Figures stay in BUILD/quality/paper_gan; a run that has some is not done again unless FRESH is set.
set -euo pipefail
build=${1:?build folder}; data=${2:-}; steps=${STEPS:-6000}; seeds=${SEEDS:-1}; parts=${PARTS:-card weights ablations}
python=${PYTHON:-/usr/bin/python3}; genhep=$build/genhep; here=$(dirname "$0"); cards=$here/../../examples/cards
work=$build/quality/paper_gan; mkdir -p "$work"
[ -f "$data/ttbar_6q.h5" ] || { echo "paper_gan: no $data/ttbar_6q.h5"; exit 0; }
[ -f "$work/split.judge.h5" ] || "$python" "$here/split.py" "$data/ttbar_6q.h5" "$work/split" 100000

one() { # label, card, seed, settings ...
    local label=$1 card=$2 seed=$3; shift 3
    local base=$work/$label.$seed
    [ -f "$base.json" ] && [ -z "${FRESH:-}" ] && return
    ( TIMEFORMAT='%U %S'; time $genhep train "$cards/$card.card" data.train="$work/split.dev.h5" seed="$seed" train.threads="${THREADS:-2}" \
        "$@" -o "$base.h5" > "$base.log" 2>&1 ) 2> "$base.time"
    $genhep sample "$base.h5" -n 100000 --seed "$seed" -o "$base.gen.h5" > /dev/null
    if [ -n "${JUDGE:-}" ]; then
        "$python" "$JUDGE" "$work/split.judge.h5" "$base.gen.h5" --process ttbar_6q > "$base.json.part"
    else
        $genhep evaluate "$work/split.judge.h5" "$base.gen.h5" --process ttbar_6q --json "$base.json.part"
    fi
    mv "$base.json.part" "$base.json"
}

paper=ttbar_6q_gan_paper
case $parts in *card*)
    for seed in $seeds; do
        one card $paper "$seed"
        one card_no_mmd $paper "$seed" loss.mmd.weight=0
    done ;;
esac
case $parts in *weights*)
    w='mass(q1,q1barp): 2.05 8 32 128 * 3 ; mass(q2,q2barp): 2.05 8 32 128 * 3'
    t='mass(b,q1,q1barp): 1.49 6 24 96 * 0.3 ; mass(bbar,q2,q2barp): 1.49 6 24 96 * 0.3'
    one card_weak $paper "${seeds%% *}" loss.mmd.weight=0.15
    one card_ramp $paper "${seeds%% *}" "loss.mmd=$w ; $t" loss.mmd.ramp=0.5 ;;
esac
case $parts in *long*)
    one card_long $paper "${seeds%% *}" train.steps=220000 train.batch=1024 loss.mmd.weight=0.4 train.average=0.9998 train.figure_steps=5000 \
        train.figure_events=50000 train.minutes=0 ;;
esac
case $parts in *ablations*)
    seed=${seeds%% *}
    one "short" $paper "$seed" train.steps="$steps"
    one short_no_mmd $paper "$seed" train.steps="$steps" loss.mmd.weight=0
    one short_gaussian $paper "$seed" train.steps="$steps" loss.mmd.kernel=gaussian
    one short_not_turned $paper "$seed" train.steps="$steps" generator.turn=off
    for scale in 0.25 4 0.5 2; do one short_scale_$scale $paper "$seed" train.steps="$steps" loss.mmd.scale=$scale; done
    one short_arctan ttbar_6q_gan_arctan "$seed" train.steps="$steps" ;;
esac
"$python" "$here/paper_gan_table.py" "$work" docs/quality.md
