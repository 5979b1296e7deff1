"""dilepton_table.py FOLDER QUALITY.md -- the section of docs/quality.md on dilepton events from the files that dilepton.sh left in FOLDER."""
import glob
import json
import os
import re
import statistics
import sys

import sections

TITLE = "## Dilepton events (tests/quality/dilepton.sh)"
CARDS = {"best": "ww_lep6_gan.card", "mlp": "MLP", "cnn": "CNN", "rnn": "RNN"}


def load(path):
    with open(path) as f:
        return json.load(f)


def minutes(base):
    """Processor time of the training."""
    try:
        return sum(float(x) for x in open(f"{base}.time").read().split()[-2:]) / 60
    except (OSError, ValueError):
        return None


def values(base):
    j = load(f"{base}.json")
    auc = load(f"{base}.evaluate.json")["auc"]
    return list(j["chi2"].values()) + [max(j["chi2"].values()), max(j["chi2_widths"].values()), j["correlation_difference"],
                                         j["correlation_difference_logs"], auc, minutes(base)]


def row(label, v, strong=False):
    digits = [2] * 8 + [3, 4, 4, 2]
    cells = ["-" if x is None else f"{x:.{d}f}" for x, d in zip(v, digits)]
    return f"| {label} | " + " | ".join(f"**{c}**" if strong and c != "-" else c for c in cells) + " |"


def steps(base):
    found = re.findall(r"best step (\d+) of (\d+)", open(f"{base}.log").read())
    return found[-1] if found else ("?", "?")


def section_of(base, label):
    return row(f"{label}, best step {' of '.join(steps(base))}", values(base))


def lines(folder):
    first = f"{folder}/floor.1.json"
    if not os.path.exists(first):
        return []
    names = list(load(first)["chi2"])
    head = ["| networks, seed | " + " | ".join(names) + " | largest | largest, equal widths | correlation | of logarithms | AUC | core-minutes |", "|" + "---|" * 13]
    out = [TITLE, "",
           f"Six features of W+W- events; {load(first)['n']} generated against as many true events that neither training nor the choice of weights has",
           "seen, no tail cut. chi2/ndf of every feature in 25 bins of equal counts with both statistical errors; the largest in 25 bins of",
           "equal width up to the 99.9 % quantile and one beyond; the largest difference of a correlation coefficient, of the features and of",
           "their logarithms; AUC of `genhep evaluate`; processor time of the training on one thread. MLP is",
           "ww_lep6_gan.card after 5000 of its 12000 steps, CNN and RNN are ww_lep6_gan_cnn.card and ww_lep6_gan_rnn.card: the same coordinates, losses and,",
           "of these three, processor time.",
           "`independent` has no network; `floor` are training events in place of generated ones.", ""]
    p = load(first)["correlation_pairs"]
    out += [f"Two true samples of this size differ in a correlation of features by {p['median'][0]:.3f} (median; 84 % quantile {p['84 %'][0]:.3f}), of",
            f"logarithms by {p['median'][1]:.4f} ({p['84 %'][1]:.4f}): a few events at hundreds of GeV decide the former.", ""]
    out += head
    medians = []
    for card, label in CARDS.items():
        rows = []
        for path in sorted(glob.glob(f"{folder}/{card}.[0-9].json")):
            base = path[: -len(".json")]
            rows.append(values(base))
            out.append(row(f"{label}, {base.rsplit('.', 1)[1]}", rows[-1]))
        if len(rows) > 1:
            medians.append(row(f"**{label}, median**", [statistics.median(c) if None not in c else None for c in zip(*rows)], True))
    out += medians
    whole = [load(p)["correlation_whole"] for p in sorted(glob.glob(f"{folder}/best.[0-9].whole.json"))]
    for name in ("independent", "floor"):
        if os.path.exists(f"{folder}/{name}.1.json"):
            out.append(row(name, values(f"{folder}/{name}.1")))
    if whole:
        out += ["", "1 000 000 events of ww_lep6_gan.card against all 200 000 true ones, where two true samples differ by about 0.005: largest difference of a",
                f"correlation coefficient {', '.join(f'{w[0]:.3f}' for w in whole)} for the seeds in order, of logarithms {', '.join(f'{w[1]:.3f}' for w in whole)}."]
    paper = sorted((p for p in glob.glob(f"{folder}/paper_*.1.json") if "evaluate" not in p), reverse=True)
    if paper:
        out += ["", "As published (ww_lep6_gan_paper.card: 64 uniform numbers, features on [-1,1], transposed convolutions, (1-D)^2 and cross entropy, SGD",
                "with momentum, best step by chi2), seed 1. chi2/ndf and correlations are taken after the same cut on the truth; the AUC against the",
                "uncut truth. The card's 500 000 steps take about 80 core-minutes; these rows stop at the step given (PAPER_STEPS) and are far from done.",
                ""] + head
        for path in paper:
            base = path[: -len(".json")]
            cut = float(re.search(r"paper_([0-9.]+)\.1\.json", path).group(1))
            out.append(section_of(base, f"tail cut {100 * cut:g} %"))
    return out + ["", "![six features](dilepton_features.png)", "", "ww_lep6_gan.card, seed 1.", ""]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    section = lines(sys.argv[1])
    if not section:
        sys.exit(f"dilepton_table: no figures in {sys.argv[1]}")
    sections.merge(sys.argv[2], "\n".join(section))
