"""jets_table.py FOLDER -- the section of docs/quality.md on t tbar with jets, from what jets.sh left in FOLDER; as a module: lines(FOLDER)."""
import glob
import json
import math
import os
import statistics
import sys

CELLS = 400 * 400
HEAD = ["| run | n | 1-d score | holes | 2-d score | physicality | AUC | judge | neighbour_ratio | chi2/ndf | core-minutes |",
        "|---|---|---|---|---|---|---|---|---|---|---|"]


def load(path):
    return json.load(open(path)) if os.path.exists(path) and os.path.getsize(path) > 2 else {}


def number(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"


def read(path):
    return open(path).read().strip() if os.path.exists(path) else None


def score_error(score):
    """Scatter of the 1-d score from counting. chi2 of k bins is a mean floor f (k-1), f = (1/n + 1/m)/2, and what differs, B: its variance is
    2 f^2 (k-1) + 4 f B; em and js go as its root, so a histogram's score as -2 ln chi2. Histograms count as independent."""
    n, m, total = score["n_truth"], score["n_generated"], 0
    floor = (1 / n + 1 / m) / 2
    for name, (chi2, *_) in score["jets"]["histograms"].items():
        freedom = 24 if any(word in name for word in ("MET", "_E", "_pT", "m(")) and "phi" not in name else 25
        total += 4 * (2 * freedom * floor**2 + 4 * floor * max(chi2 - freedom * floor, 0)) / chi2**2
    return math.sqrt(total)


def share(value, n):
    if value is None:
        return "-"
    error = math.sqrt(value * (1 - value) / n)
    return f"{value:.4f} ± {error:.{4 if error >= 1e-4 else 5}f}"


def figures(folder, run):
    """Every figure of a run that was measured, by name."""
    score, auc, judge = (load(f"{folder}/{run}.{kind}.json") for kind in ("score", "auc", "judge"))
    jets = score.get("jets", {})
    seconds = next((text for name in (run, run.split(".")[0]) if (text := read(f"{folder}/{name}.seconds"))), None)
    found = {"n": score.get("n_generated"), "score": jets.get("score_1d"), "holes": jets.get("holes", {}).get("generated"),
             "holes_truth": jets.get("holes", {}).get("truth"), "score_2d": jets.get("score_2d"),
             "physicality": jets.get("physicality", {}).get("generated"), "physicality_truth": jets.get("physicality", {}).get("truth"),
             "auc": auc.get("auc"), "judge": judge.get("auc"), "neighbour_ratio": auc.get("neighbour_ratio"), "median": auc.get("chi2_ndf_median"),
             "max": auc.get("chi2_ndf_max"), "minutes": sum(map(float, seconds.split()[-2:])) / 60 if seconds else None,
             "score_error": score_error(score) if jets.get("score_1d") is not None else None}
    return {key: value for key, value in found.items() if value is not None}


def row(label, *runs):
    """A line of the table: medians over runs, each figure over those that have it."""
    f = {key: statistics.median(r[key] for r in runs if key in r) for key in {key for r in runs for key in r}}
    get = f.get
    score = number(get("score"), 1) + (f" ± {f['score_error']:.1f}" if "score_error" in f else "")
    return (f"| {label} | {int(f['n']) if 'n' in f else '-'} | {score} | {share(get('holes'), CELLS)} ({number(get('holes_truth'), 4)}) | "
            f"{number(get('score_2d'), 5)} | {share(get('physicality'), get('n', 1))} ({number(get('physicality_truth'), 4)}) | {number(get('auc'), 4)} | "
            f"{number(get('judge'), 4)} | {number(get('neighbour_ratio'), 3)} | {number(get('median'), 2)} / {number(get('max'), 1)} | "
            f"{number(get('minutes'), 1)} |")


def seeds_of(folder, run):
    return sorted(path.split(".")[-3] for path in glob.glob(f"{folder}/{run}.[0-9]*.auc.json"))


def each(folder, run, seeds):
    """One by one what the medians are of."""
    columns = (("1-d score", "score", 1), ("holes", "holes", 4), ("AUC", "auc", 4), ("neighbour_ratio", "neighbour_ratio", 3))
    found = [figures(folder, f"{run}.{seed}") for seed in seeds]
    return f"Seeds {', '.join(seeds)} one by one: " + "; ".join(f"{label} {', '.join(number(f.get(key), digits) for f in found)}" for label, key, digits in columns) + "."


def multiplicities(folder, run, seeds):
    found = [load(f"{folder}/{run}.{seed}.auc.json" if seed else f"{folder}/{run}.auc.json").get("chi2_ndf", {}) for seed in seeds]
    return ", ".join(f"{name} {statistics.median(f[name] for f in found):.2f}" + (f" ({', '.join(f'{f[name]:.2f}' for f in found)})" if len(found) > 1 else "")
                     for name in found[0] if name.startswith("n("))


def sparse(folder, run, card, what, note=""):
    """The lines on a further sample with one card and its baseline."""
    seeds = seeds_of(folder, run) or [None]
    if seeds == [None] and not os.path.exists(f"{folder}/{run}.auc.json"):
        return []
    base = run.replace("bvae", "independent")
    out = [f"{what}; chi2/ndf of the numbers of objects: {multiplicities(folder, run, seeds)}; `independent` {multiplicities(folder, base, [None])}.{note}", "", *HEAD,
           row(f"**{card}**" + (f", median of {len(seeds)} seeds" if seeds[0] else ""), *(figures(folder, f"{run}.{seed}" if seed else run) for seed in seeds)),
           row("`independent`", figures(folder, base)), ""]
    return out + ([each(folder, run, seeds), ""] if seeds[0] else [])


def lines(folder):
    if not glob.glob(f"{folder}/*.auc.json"):
        return []
    seeds = seeds_of(folder, "bvae")
    ceiling = load(f"{folder}/floor.score.json").get("jets", {})
    components = read(f"{folder}/gmm.components")
    width = (read(f"{folder}/kde.log") or "").removeprefix("kde width ")
    out = ["## t tbar with jets and leptons (tests/quality/jets.sh)", "",
           "Built-in truth `ttbar_jets`, 100 000 training events. Scores, holes and physicality as in [FIGURES.md](FIGURES.md#t-tbar-with-jets), of n generated",
           f"against as many true events, in brackets the truth's own; a perfect sample has the 1-d score {number(ceiling.get('score_1d_ceiling'), 1)}, one that repeats the training",
           f"sample {number(ceiling.get('score_1d_training'), 1)}. Errors are those of counting: binomial for holes and physicality, for the score from the variance of chi2 in every",
           "histogram. AUC, neighbour_ratio and chi2/ndf (median / largest over columns) on 100 000 events of each; AUC",
           "by `genhep evaluate` and by the independent judge (scikit-learn), error 0.002. Processor minutes of training.", "", *HEAD]
    names = [("floor", "an independent true sample"), ("training", "the training sample"), ("smear", "training events smeared by 5 %"),
             ("kde", "kernel density" + (f", width {width}" if width else "")), ("gmm", "Gaussian mixture" + (f", {components} components" if components else "")),
             ("wgan", "ttbar_jets_wgan.card"), ("independent", "`independent` in the best card's coordinates")]
    names += [(f"paper.{gamma}", f"ttbar_jets_bvae_paper.card, gamma {gamma}") for gamma in ("0", "0.01", "0.05", "0.1")]
    out += [row(label, figures(folder, run)) for run, label in names if figures(folder, run)]
    if seeds:
        out.append(row(f"**ttbar_jets_bvae.card**, median of {len(seeds)} seeds", *(figures(folder, f"bvae.{seed}") for seed in seeds)))
    full = load(f"{folder}/bvae_full.score.json").get("jets")
    if full:
        out += [row("the same card, one seed", figures(folder, "bvae_full")), "",
                f"With as many events as in the last row a perfect sample scores {full['score_1d_ceiling']:.1f}, the training sample {full['score_1d_training']:.1f}."]
    out += ["", *([each(folder, "bvae", seeds), ""] if seeds else [])]
    stages = read(f"{folder}/paper.stages")
    if stages:
        out += [f"Stages of the published card here: {stages} (published: adam 240 four times, sgd 120 three times).", ""]
    return out + sparse(folder, "bvae82", "ttbar_jets_82_bvae.card", "82 columns, 50 000 against 50 000 events",
                        " Counts drawn from the shares of\nthe 100 000 training events themselves have 1.25 on average, n(jet) with a deviation of 0.7: (1/50 + 1/50 + 1/100)/(1/50 + 1/50), 8 bins.") + sparse(
        folder, "data_bvae", "ttbar_jets_data_bvae.card",
        "`ttbar_jets.h5`, 42 columns, last tenth of the file (6000 events: holes and 2-d score of different numbers of events do not compare)")


if __name__ == "__main__":
    print("\n".join(lines(sys.argv[1])))
