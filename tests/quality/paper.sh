#!/usr/bin/env bash
# paper.sh BUILD two_body|zll_ee|zll_ee_width SEED PREFIX -- the published finding: with one set of weights the information
# buffer gives the right angles and the normal prior does not. Writes PREFIX.json.
set -euo pipefail
build=$1; toy=$2; seed=$3; prefix=$4
genhep=$build/genhep
case $toy in
two_body) process="two_body"; card=two_body_bvae_paper ;;
zll_ee) process="zll beams=ee width=off"; card=zll_ee_bvae_paper ;;
zll_ee_width) process="zll beams=ee width=on"; card=zll_ee_bvae_paper ;;
esac
$genhep simulate $process -n 222222 --seed "$((100 + seed))" -o "$prefix.train.h5" > /dev/null
$genhep simulate $process -n 100000 --seed "$((200 + seed))" -o "$prefix.truth.h5" > /dev/null
$genhep train "examples/cards/$card.card" data.train="$prefix.train.h5" seed="$seed" train.threads="${THREADS:-2}" -o "$prefix.h5" > "$prefix.log" 2>&1
for source in buffer prior; do
    $genhep sample "$prefix.h5" -n 10000 --seed "$seed" latent.source=$source -o "$prefix.$source.h5" > /dev/null
done
"${PYTHON:-/usr/bin/python3}" tests/quality/angles.py "$prefix" "$toy"
