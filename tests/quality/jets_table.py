"""jets_table.py FOLDER -- the section of docs/quality.md on t tbar with jets, from what jets.sh left in FOLDER; as a module: lines(FOLDER)."""
import glob
import json
import os
import sys


def load(path):
    return json.load(open(path)) if os.path.exists(path) and os.path.getsize(path) > 2 else {}


def number(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"


def row(folder, run, label):
    score, auc, judge = (load(f"{folder}/{run}.{kind}.json") for kind in ("score", "auc", "judge"))
    j = score.get("jets", {})
    seconds = f"{folder}/{run.split('.')[0]}.seconds"
    minutes = sum(map(float, open(seconds).read().split()[-2:])) / 60 if os.path.exists(seconds) else None
    holes, physical = j.get("holes", {}), j.get("physicality", {})
    return (f"| {label} | {score.get('n_generated', '-')} | {number(j.get('score_1d'), 1)} | {number(holes.get('generated'), 4)} ({number(holes.get('truth'), 4)}) | "
            f"{number(j.get('score_2d'), 5)} | {number(physical.get('generated'), 4)} ({number(physical.get('truth'), 4)}) | {number(auc.get('auc'), 4)} | "
            f"{number(judge.get('auc'), 4)} | {number(auc.get('neighbour_ratio'), 3)} | {number(auc.get('chi2_ndf_median'), 2)} / {number(auc.get('chi2_ndf_max'), 1)} | "
            f"{number(minutes, 1)} |")


def multiplicities(folder, run):
    texts = []
    for path in (f"{folder}/{run}.auc.json", f"{folder}/{run}.second.json"):
        chi2 = load(path).get("chi2_ndf", {})
        texts.append(", ".join(f"{name} {value:.2f}" for name, value in chi2.items() if name.startswith("n(")))
    return " (a second sample of the same model: ".join(t for t in texts if t) + (")" if texts[1] else "")


def lines(folder):
    if not glob.glob(f"{folder}/*.auc.json"):
        return []
    floor = load(f"{folder}/floor.score.json")
    ceiling = floor.get("jets", {})
    out = ["## t tbar with jets and leptons (tests/quality/jets.sh)", "",
           "Built-in truth `ttbar_jets`, 100 000 training events. Scores, holes and physicality as in [FIGURES.md](FIGURES.md#t-tbar-with-jets), of n generated",
           f"against as many true events, in brackets the truth's own; a perfect sample has the 1-d score {number(ceiling.get('score_1d_ceiling'), 1)}, one that repeats the training",
           f"sample {number(ceiling.get('score_1d_training'), 1)}; scatter of the score about 3. AUC, neighbour_ratio and chi2/ndf (median / largest over columns) on 100 000 events of each; AUC",
           "by `genhep evaluate` and by the independent judge (scikit-learn), error 0.002. Processor minutes of training.", "",
           "| run | n | 1-d score | holes | 2-d score | physicality | AUC | judge | neighbour_ratio | chi2/ndf | core-minutes |",
           "|---|---|---|---|---|---|---|---|---|---|---|"]
    names = [("floor", "an independent true sample"), ("training", "the training sample"), ("smear", "training events smeared by 5 %"), ("kde", "kernel density"),
             ("gmm", f"Gaussian mixture{open(folder + '/gmm.components').read().strip().join([', ', ' components']) if os.path.exists(folder + '/gmm.components') else ''}"),
             ("independent", "`independent` in the best card's coordinates")]
    names += [(f"paper.{gamma}", f"ttbar_jets_bvae_paper.card, gamma {gamma}") for gamma in ("0", "0.01", "0.05", "0.1")] + [("bvae", "**ttbar_jets_bvae.card**"), ("bvae_full", "the same model")]
    out += [row(folder, run, label) for run, label in names if load(f"{folder}/{run}.auc.json") or load(f"{folder}/{run}.score.json")]
    full = load(f"{folder}/bvae_full.score.json").get("jets")
    if full:
        out += ["", f"With as many events as in the last row a perfect sample scores {full['score_1d_ceiling']:.1f}, the training sample {full['score_1d_training']:.1f}."]
    out.append("")
    if os.path.exists(f"{folder}/paper.stages"):
        out += [f"Stages of the published card here: {open(f'{folder}/paper.stages').read().strip()} (published: adam 240 four times, sgd 120 three times).", ""]
    for run, card, what in (("bvae82", "ttbar_jets_82_bvae.card", "82 columns, 50 000 against 50 000 events"), ("data_bvae", "ttbar_jets_data_bvae.card", "`ttbar_jets.h5`, 42 columns, last tenth of the file (6000 events: holes and 2-d score of different numbers of events do not compare)")):
        if not os.path.exists(f"{folder}/{run}.auc.json"):
            continue
        base = run.replace("bvae", "independent")
        out += [f"{what[0].upper()}{what[1:]}; chi2/ndf of the numbers of objects: {multiplicities(folder, run)}.", "",
                "| run | n | 1-d score | holes | 2-d score | physicality | AUC | judge | neighbour_ratio | chi2/ndf | core-minutes |", "|---|---|---|---|---|---|---|---|---|---|---|",
                row(folder, run, f"**{card}**"), row(folder, base, "`independent`"), ""]
    return out


if __name__ == "__main__":
    print("\n".join(lines(sys.argv[1])))
