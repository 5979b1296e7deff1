"""paper_gan_table.py FOLDER OUTPUT.md -- the section "The event GAN as published" of the committed table, from what paper_gan.sh left in
FOLDER. An existing section is replaced, other sections stay as they are. table.py takes lines() for the whole file."""
import glob
import json
import re
import sys

import sections

TITLE = "## The event GAN as published"
LABELS = {"card": "the card", "card_long": "**the card, longer:** `train.steps=220000 train.batch=1024 loss.mmd.weight=0.4 train.average=0.9998`", "card_no_mmd": "the card, `loss.mmd.weight=0`", "card_weak": "the card, `loss.mmd.weight=0.15`",
          "card_ramp": "the card, `loss.mmd.ramp=0.5`, tops weigh 0.3", "short": "the card, fewer steps", "short_no_mmd": "`loss.mmd.weight=0`",
          "short_gaussian": "`loss.mmd.kernel=gaussian`", "short_scale_0.25": "`loss.mmd.scale=0.25`", "short_scale_0.5": "`loss.mmd.scale=0.5`",
          "short_scale_2": "`loss.mmd.scale=2`", "short_scale_4": "`loss.mmd.scale=4`", "short_not_turned": "`generator.turn=off`",
          "short_arctan": "`ttbar_6q_gan_arctan.card`"}


def steps(base):
    """What the log's last line says: steps of the schedule and the step of the weights."""
    with open(f"{base}.log") as f:
        found = re.findall(r"best step (\d+) of (\d+)", f.read())
    return found[-1] if found else ("-", "-")


def minutes(base):
    with open(f"{base}.time") as f:
        found = f.read().split()
    return sum(float(x) for x in found[-2:]) / 60


def row(label, base, figures):
    peaks, chi2 = figures["peaks"], figures["chi2_ndf"]
    shown = " | ".join(f"{peaks[k]['generated'][0]:.2f}, {peaks[k]['generated'][1]:.3f}" for k in ("W+", "W-", "t", "tbar"))
    phi = max(v for k, v in chi2.items() if k.startswith("phi("))
    best, of = steps(base)
    return (f"| {label}, {base.rsplit('.', 1)[1]} | {of} ({best}) | {minutes(base):.1f} | {shown} | {phi:.2f} | {figures['balance']['generated']:.4f} | "
            f"{figures['auc']:.4f} | {figures['chi2_ndf_median']:.1f} |")


def lines(folder):
    rows, truth = [], None
    for label, text in LABELS.items():
        for path in sorted(glob.glob(f"{folder}/{label}.[0-9]*.json")):
            with open(path) as f:
                figures = json.load(f)
            truth = figures["peaks"]
            rows.append(row(text, path[: -len(".json")], figures))
    if not rows:
        return []
    return [TITLE, "",
            "`ttbar_6q_gan_paper.card`: 18 momenta, fixed masses, MMD on the four resonances; written by `tests/quality/paper_gan.sh`. 200 000 events",
            "to train on, 100 000 generated against 100 000 held-back ones. Steps of the schedule and, in brackets, of the chosen weights; processor",
            "time; median and half of the central 68 % of each mass in GeV (truth: "
            + "; ".join(f"{k} {truth[k]['truth'][0]:.2f}, {truth[k]['truth'][1]:.3f}" for k in ("W+", "W-", "t", "tbar")) + "); largest chi2/ndf of the six",
            "azimuths; 68 % quantile of the imbalance in pT; AUC; median of chi2/ndf. All ablations have the same number of steps.", "",
            "| run, seed | steps | core-minutes | W+ | W- | t | tbar | phi | balance | AUC | chi2/ndf |", "|---|---|---|---|---|---|---|---|---|---|---|"] + rows + [""]


if __name__ == "__main__":
    sections.merge(sys.argv[2], "\n".join(lines(sys.argv[1])))
