"""dilepton.py TRUTH.h5 GENERATED.h5 --json FILE [--cut TRAIN.h5 SHARE] [--plot FILE.dat] -- figures of generated dilepton events.

chi2/ndf of every column in 25 bins with equal counts of the truth, and in 25 bins of equal width from the least value to the 99.9 %
quantile of the truth with what lies beyond in a bin of its own; both samples' statistical errors count, sum of (t - g)^2/(t + g) for
samples of equal size. Largest difference of a correlation coefficient, of the features and of their logarithms: the features' own
depend on a few events at hundreds of GeV. --pairs adds the median and the 84 % quantile of that difference between 40 pairs of samples
of the same size drawn from all events at hand, without events in common; --whole the difference between all events of both files. --cut drops the events of the truth in which a column lies in
its upper tail of SHARE of the training events, as data.tail_cut does. --plot writes the bins of equal width up to the 99.5 % quantile."""
import argparse
import json

import h5py
import numpy as np

BINS = 25


def load(path):
    with h5py.File(path) as f:
        names = [c.decode() if isinstance(c, bytes) else str(c) for c in f["events"].attrs["columns"]]
        return names, f["events"][:].astype(np.float64)


def chi2_ndf(t, g, edges):
    a, b = np.histogram(t, edges)[0], np.histogram(g, edges)[0]
    filled = a + b > 0
    return float(np.sum((a - b)[filled] ** 2 / (a + b)[filled]) / (np.count_nonzero(filled) - 1))


def equal_counts(t):
    edges = np.quantile(t, np.linspace(0, 1, BINS + 1))
    edges[0], edges[-1] = -np.inf, np.inf
    return edges


def equal_widths(t):
    return np.append(np.append(-np.inf, np.linspace(t.min(), np.quantile(t, 0.999), BINS + 1)[1:]), np.inf)


def correlations(t, g):
    d = np.abs(np.corrcoef(t.T) - np.corrcoef(g.T))
    i, j = np.unravel_index(np.argmax(d), d.shape)
    return float(d[i, j]), int(i), int(j)


def pairs(x, n):
    rng, found = np.random.default_rng(1), []
    for _ in range(40):
        order = rng.permutation(len(x))
        found.append([correlations(f(x[order[:n]]), f(x[order[n:2 * n]]))[0] for f in (lambda y: y, np.log)])
    return {"median": np.median(found, axis=0).tolist(), "84 %": np.quantile(found, 0.84, axis=0).tolist()}


def write_bins(path, names, t, g):
    with open(path, "w") as out:
        for k, name in enumerate(names):
            edges = np.linspace(t[:, k].min(), np.quantile(t[:, k], 0.995), BINS + 1)
            a, b = np.histogram(t[:, k], edges)[0].astype(float), np.histogram(g[:, k], edges)[0].astype(float)
            out.write(f"# {name}\n")
            for lo, hi, x, y in zip(edges[:-1], edges[1:], a, b):
                ratio = y / x if x else 1
                error = ratio * np.sqrt(1 / max(x, 1) + 1 / max(y, 1))
                out.write(f"{lo:.6g} {hi:.6g} {x / len(t) / (hi - lo):.6g} {y / len(g) / (hi - lo):.6g} {ratio:.5g} {error:.5g}\n")
            out.write("\n\n")


parser = argparse.ArgumentParser()
parser.add_argument("truth")
parser.add_argument("generated")
parser.add_argument("--json", required=True)
parser.add_argument("--cut", nargs=2)
parser.add_argument("--plot")
parser.add_argument("--whole", action="store_true")
parser.add_argument("--pairs", action="store_true")
a = parser.parse_args()
names, t = load(a.truth)
other, g = load(a.generated)
if names != other:
    raise SystemExit(f"dilepton: columns {other}, expected {names}")
if not np.isfinite(g).all():
    raise SystemExit("dilepton: generated events are not finite")
if a.cut:
    t = t[(t <= np.quantile(load(a.cut[0])[1], 1 - float(a.cut[1]), axis=0)).all(axis=1)]
n = min(len(t), len(g))
whole = correlations(t, g)[0], correlations(np.log(t), np.log(np.maximum(g, 1e-6)))[0]
t, g = t[:n], g[:n]
worst, i, j = correlations(t, g)
result = {"n": n, "chi2": {c: chi2_ndf(t[:, k], g[:, k], equal_counts(t[:, k])) for k, c in enumerate(names)},
          "chi2_widths": {c: chi2_ndf(t[:, k], g[:, k], equal_widths(t[:, k])) for k, c in enumerate(names)},
          "correlation_difference": worst, "correlation_of": [names[i], names[j]],
          "correlation_difference_logs": correlations(np.log(t), np.log(np.maximum(g, 1e-6)))[0]}
if a.whole:
    result["correlation_whole"] = whole
if a.pairs:
    result["correlation_pairs"] = pairs(np.concatenate([load(a.truth)[1], load(a.generated)[1]]), n)
with open(a.json, "w") as f:
    json.dump(result, f, indent=1)
if a.plot:
    write_bins(a.plot, names, t, g)
