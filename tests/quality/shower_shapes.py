"""shower_shapes.py TRUTH GENERATED [--train FILE] [--max 20000] [--seconds T G] [--trained S] [--json FILE] -- shower shapes of two files with the columns of `shower`.

Shapes, per shower (CaloGAN, 1712.10321): energy of each layer (layer0_E ..) and its share of the total (layer0_fraction ..), total (cells)
and total over requested energy, depth = sum of k E_k/E and its width over layers, lateral width of each layer (standard deviation
of x over cells, -240 to 240 mm, energy weighted), eratio of each layer = (E1 - E2)/(E1 + E2) of its two hottest cells, sparsity
of each layer = share of cells above zero, overflow.
  separation   (1/2) sum (h1 - h2)^2/(h1 + h2) of unit-sum histograms, 100 bins between the extreme 0.1 % quantiles of the truth, the
               outer bins take what lies beyond; `floor` is its mean for two samples of the same truth, from halves
  response     mean of |total - requested|/requested of both files, the correlation of total with requested energy, and in how many
               of 19 steps from one of 20 bins of requested energy to the next the mean total does not rise
  showers_per_second   from --seconds, the processor times in which all rows of TRUTH and of GENERATED were made
  auc          of gradient-boosted trees on the shapes and on the cells (logarithms; requested energy included), 60/40 split
Baselines from --train, given the requested energies of TRUTH (10 bins of energy): `independent` draws every cell by itself from the
showers of its bin, scaled to the energy; `mean` is the mean shower of the bin scaled with the energy. A model has to beat both."""
import argparse
import json
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # idle OpenMP threads spin, and a busy machine then takes minutes

import h5py
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

GRID = ((3, 96), (12, 12), (12, 6))
FIRST = (0, 288, 432, 504)
HALF = 240.0


def stop(message):
    sys.exit("shower_shapes: " + message)


class Showers:
    def __init__(self, cells, energy, overflow):
        self.cells, self.energy, self.overflow = cells, energy, overflow


def read(path, most):
    with h5py.File(path) as f:
        names = [n.decode() if isinstance(n, bytes) else n for n in f["events"].attrs["columns"]]
        x = f["events"][:most].astype(np.float64)
    want = [f"layer{k}_{i}" for k, (r, c) in enumerate(GRID) for i in range(r * c)]
    at = {n: i for i, n in enumerate(names)}
    missing = [n for n in want + ["energy"] if n not in at]
    if missing:
        stop(f"{path}: column {missing[0]} is missing, expected layer0_0 .. layer2_71 and energy")
    if not np.isfinite(x).all():
        stop(f"{path}: {int((~np.isfinite(x)).sum())} numbers are not finite")
    overflow = x[:, at["overflow"]] if "overflow" in at else np.zeros(len(x))
    return Showers(x[:, [at[n] for n in want]], x[:, at["energy"]], overflow)


def rows_of(path):
    with h5py.File(path) as f:
        return len(f["events"])


def shapes(s):
    out, energies = {}, []
    for k, (rows, columns) in enumerate(GRID):
        cells = s.cells[:, FIRST[k] : FIRST[k + 1]]
        e = cells.sum(1)
        energies.append(e)
        x = np.tile((np.arange(columns) + 0.5) / columns * 2 * HALF - HALF, rows)
        safe = np.where(e > 0, e, 1)
        mean = (cells * x).sum(1) / safe
        variance = (cells * x**2).sum(1) / safe - mean**2
        hot = np.partition(cells, -2, axis=1)[:, -2:]
        both = hot.sum(1)
        out[f"layer{k}_E"] = e
        out[f"layer{k}_width"] = np.sqrt(np.maximum(variance, 0))
        out[f"layer{k}_eratio"] = np.where(both > 0, (hot[:, 1] - hot[:, 0]) / np.where(both > 0, both, 1), 0)
        out[f"layer{k}_sparsity"] = (cells > 0).mean(1)
    e = np.stack(energies)
    total = e.sum(0)
    safe = np.where(total > 0, total, 1)
    k = np.arange(3)[:, None]
    depth = (k * e).sum(0) / safe
    for i in range(3):
        out[f"layer{i}_fraction"] = e[i] / safe
    out["total"] = total
    out["response"] = total / s.energy
    out["depth"] = depth
    out["depth_width"] = np.sqrt(np.maximum((k**2 * e).sum(0) / safe - depth**2, 0))
    out["overflow"] = s.overflow
    return out


def separation(a, b, reference):
    lo, hi = np.quantile(reference, [0.001, 0.999])
    if not hi > lo:
        lo, hi = lo - 0.5, lo + 0.5
    edges = np.linspace(lo, hi, 101)
    h = [np.histogram(np.clip(v, lo, hi), edges)[0] / len(v) for v in (a, b)]
    total = h[0] + h[1]
    ok = total > 0
    return float(0.5 * ((h[0] - h[1])[ok] ** 2 / total[ok]).sum())


def falls(total, energy, bins=20):
    edges = np.quantile(energy, np.linspace(0, 1, bins + 1))
    label = np.clip(np.searchsorted(edges, energy, side="right") - 1, 0, bins - 1)
    means = np.array([total[label == b].mean() for b in range(bins)])
    return int((np.diff(means) <= 0).sum())


def auc(a, b, seed=1):
    """Trees on rows of two samples of equal size; the figure is taken on the 40 % not trained on."""
    n = min(len(a), len(b))
    x = np.concatenate([a[:n], b[:n]]).astype(np.float32)
    y = np.repeat([0, 1], n)
    order = np.random.default_rng(seed).permutation(2 * n)
    cut = int(1.2 * n)
    fit, test = order[:cut], order[cut:]
    trees = HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=16, learning_rate=0.15, max_bins=63, early_stopping=False,
                                           random_state=seed)
    trees.fit(x[fit], y[fit])
    value = roc_auc_score(y[test], trees.predict_proba(x[test])[:, 1])
    return float(max(value, 1 - value))


def features(s):
    f = shapes(s)
    return np.column_stack([f[n] for n in sorted(f)] + [s.energy])


def cell_features(s):
    return np.column_stack([np.log10(np.maximum(s.cells, 1e-6)), s.energy])


def figures(truth, generated):
    t, g = shapes(truth), shapes(generated)
    half = len(truth.energy) // 2
    out = {"observables": {}}
    for name in t:
        out["observables"][name] = {
            "separation": separation(t[name], g[name], t[name]), "floor": separation(t[name][:half], t[name][half:], t[name]) / 2,
            "mean_truth": float(t[name].mean()), "mean_generated": float(g[name].mean()),
            "std_truth": float(t[name].std()), "std_generated": float(g[name].std()),
        }
    rows = out["observables"]
    for kind in ("fraction", "sparsity", "width", "eratio"):
        out[f"max_separation_{kind}"] = max(rows[n]["separation"] for n in rows if n.endswith(kind) and n.startswith("layer"))
    out["mean_separation"] = float(np.mean([r["separation"] for r in rows.values()]))
    out["response"] = {label: {"mae_over_e": float(np.abs(f["response"] - 1).mean()), "mean": float(f["response"].mean()),
                               "correlation": float(np.corrcoef(f["total"], s.energy)[0, 1]) if f["total"].std() > 0 else 0.0,
                               "falls": falls(f["total"], s.energy)}
                       for label, f, s in (("truth", t, truth), ("generated", g, generated))}
    out["negative_cells"] = float((generated.cells < 0).mean())
    out["auc_shapes"] = auc(features(truth), features(generated))
    out["auc_cells"] = auc(cell_features(truth), cell_features(generated))
    return out


def baselines(train, energy, rng):
    edges = np.quantile(train.energy, np.linspace(0, 1, 11))
    label = np.clip(np.searchsorted(edges, train.energy, side="right") - 1, 0, 9)
    wanted = np.clip(np.searchsorted(edges, energy, side="right") - 1, 0, 9)
    every = np.column_stack([train.cells, train.overflow]) / train.energy[:, None]
    independent, mean = np.zeros((len(energy), every.shape[1])), np.zeros((len(energy), every.shape[1]))
    for b in range(10):
        rows, pool = np.flatnonzero(wanted == b), every[label == b]
        if len(rows) == 0:
            continue
        pick = rng.integers(len(pool), size=(len(rows), every.shape[1]))
        independent[rows] = np.take_along_axis(pool, pick, axis=0) * energy[rows, None]
        mean[rows] = pool.mean(0) * energy[rows, None]
    return {n: Showers(v[:, :-1], energy, v[:, -1]) for n, v in (("independent", independent), ("mean", mean))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth")
    parser.add_argument("generated")
    parser.add_argument("--train")
    parser.add_argument("--max", type=int, default=20000)
    parser.add_argument("--seconds", type=float, nargs=2, metavar=("T", "G"))
    parser.add_argument("--trained", type=float, help="processor seconds of the training, passed on")
    parser.add_argument("--json")
    args = parser.parse_args()
    truth, generated = read(args.truth, args.max), read(args.generated, args.max)
    result = {"truth": args.truth, "generated": args.generated, "events": [len(truth.energy), len(generated.energy)]}
    if min(result["events"]) < 100:
        stop(f"found {result['events'][0]} and {result['events'][1]} showers, expected 100 or more of each")
    result.update(figures(truth, generated))
    if args.trained:
        result["seconds_training"] = args.trained
    if args.seconds:
        result["showers_per_second"] = {"truth": rows_of(args.truth) / args.seconds[0], "generated": rows_of(args.generated) / args.seconds[1]}
    if args.train:
        made = baselines(read(args.train, None), truth.energy, np.random.default_rng(1))
        result["baselines"] = {name: figures(truth, showers) for name, showers in made.items()}
    line = json.dumps(result, indent=1)
    if args.json:
        with open(args.json, "w") as f:
            f.write(line + "\n")
    else:
        print(line)


if __name__ == "__main__":
    main()
