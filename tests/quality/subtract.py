"""subtract.py GENERATED --base FILE [--subtract FILE] [--add FILE] [--sigma PB] [--reference-base FILE [--reference-subtract FILE]
[--reference-add FILE]] [--last N] [--bins 40] [--json FILE] -- a generated sample of base - subtract (+ add) against binned subtraction.

The samples carry cross sections in the attribute sigma_pb, and each of their events counts sigma_pb/n (or its share of weights).
GENERATED has the normalisation of its classes as weights that add up to its cross section in pb (dataset `weights`, either
sign), or all its events count the same, and --sigma or its attribute sigma_pb is the total.

Binned subtraction of the training samples, X_bin = B - S (+ A), has the error e = sqrt(sum of squared weights) in each bin, and
about two thirds of its bins lie within e of the truth. A generated sample that has learnt the difference lies closer. The exact
answer comes from closed forms (toy_1x: 0.1 and (5/pi) 10/(10^2 + (x-90)^2)), from the ratio of matrix elements as weights (zg_real and
zg_dipole: 1 - kappa D/R on the events of --reference-base), or from bins of large reference samples; without any, the
deviation from the binned subtraction is given alone. Bins are even between the 0.5 and 99.5 % quantiles of the base (for
toy_1x over its range). Per observable:
  inside, share_inside      bins with |generated - exact| < e
  mean_ratio                mean of |generated - exact|/e; 0.8 is what binned subtraction itself has on average
  mean_deviation, mean_error   mean of |generated - exact| and of e, pb
  chi2_ndf                  mean of (generated - exact)^2/(their variances, of signed weights)
  chi2_ndf_last             the same against the last N rows of the reference samples alone (--last)
  chi2_ndf_shape            the same with generated scaled to the exact total
  chi2_ndf_binned           mean of (generated - X)^2/(variance + e^2): needs no exact answer
  binned                    share_inside and mean_ratio of binned subtraction itself against the exact answer
Without --subtract and --add the sample is compared with --base alone: the events of one sample's classes. z_peak is the weighted median of m
in 81 to 101 GeV, generated and of the exact answer.
  per_bin                   edges; generated, binned and exact content of each bin with their errors, pb. The generated error is that of the
                            number of generated events alone: what training adds is the spread over seeds
Totals: generated, expected from the cross sections, and their ratio. With --add on toy_1x: area, position and half width of the peak
from a least-squares fit of flat + peak to the generated histogram."""
import argparse
import json
import sys

import h5py
import numpy as np
from scipy.optimize import curve_fit

M_Z = 91.1876


def stop(message):
    sys.exit("subtract: " + message)


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Sample:
    """Rows, column names, root attributes and weights in pb of a file."""

    def __init__(self, path, sigma=None, absolute=False):
        """absolute: weights of the file are in pb already and only `sigma` rescales them."""
        with h5py.File(path) as f:
            self.x = f["events"][:].astype(float)
            self.names = [text(n) for n in f["events"].attrs["columns"]]
            self.attributes = {k: v for k, v in f.attrs.items()}
            w = f["weights"][:].astype(float).ravel() if "weights" in f else None
        weighted = w is not None
        self.path = path
        stated = sigma if sigma is not None else self.attributes.get("sigma_pb")
        if w is None:
            if stated is None:
                stop(f"{path}: found no weights and no attribute sigma_pb, expected one of them or --sigma")
            w = np.ones(len(self.x))
        if absolute and weighted and sigma is None:
            stated = None
        if stated is not None:
            if not w.sum() > 0:
                stop(f"{path}: weights add up to {w.sum():g}, expected more than 0 to scale to a cross section")
            w = w * (float(text(stated)) / w.sum())
        self.w = w
        if not (np.isfinite(self.x).all() and np.isfinite(w).all()):
            stop(f"{path}: found numbers that are not finite")

    def values(self, names):
        missing = [n for n in names if n not in self.names]
        if missing:
            stop(f"{self.path}: column {missing[0]} is missing, expected the columns of the base")
        return self.x[:, [self.names.index(n) for n in names]]

    @property
    def process(self):
        return text(self.attributes.get("process", ""))

    def settings(self):
        words = text(self.attributes.get("settings", "")).split()
        return dict(word.split("=", 1) for word in words if "=" in word)


def pair(x):
    """Observables of two four-vectors."""
    p, q = x[:, :4], x[:, 4:8]
    total = p + q
    m = np.sqrt(np.maximum(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(1), 0))
    y = 0.5 * np.log(np.maximum(total[:, 0] + total[:, 3], 1e-9) / np.maximum(total[:, 0] - total[:, 3], 1e-9))
    pt = [np.hypot(v[:, 1], v[:, 2]) for v in (p, q)]
    along = [np.cosh(y) * v[:, 3] - np.sinh(y) * v[:, 0] for v in (p, q)]
    return m, y, pt, along


def observables(x, names):
    if len(names) == 8 and all(names[i].endswith(("_E", "_px", "_py", "_pz")[i % 4]) for i in range(8)):
        m, y, pt, along = pair(x)
        a, b = names[0][:-2], names[4][:-2]
        eta = [np.arcsinh(x[:, i + 3] / np.maximum(np.hypot(x[:, i + 1], x[:, i + 2]), 1e-9)) for i in (0, 4)]
        return {f"{a}_E": x[:, 0], f"{b}_E": x[:, 4], f"{a}_pT": pt[0], f"{b}_pT": pt[1], f"{a}_pz": x[:, 3], f"{b}_pz": x[:, 7],
                f"{a}_eta": eta[0], f"{b}_eta": eta[1], "m": m, "y": y, f"{a}_cos": along[0] / np.maximum(np.hypot(along[0], pt[0]), 1e-9)}
    return {n: x[:, i] for i, n in enumerate(names)}


def zg_weights(sample, names, kappa):
    """1 - kappa D/R of events of zg_real: R t u = t^2 + u^2 + 2 s M^2, D t u = s^2 + M^4."""
    m, _, pt, along = pair(sample.values(names))
    s = m**2
    c = along[1] / np.hypot(along[1], pt[1])
    square = 0.5 * (s - M_Z**2) ** 2 * (1 + c**2)  # t^2 + u^2
    return 1 - kappa * (s**2 + M_Z**4) / (square + 2 * s * M_Z**2)


def histogram(v, w, edges):
    return np.histogram(v, edges, weights=w)[0], np.histogram(v, edges, weights=w**2)[0]


def last_rows(v, w, n):
    """The last n rows of a sample, their weights scaled to the whole sample's sum."""
    return v[-n:], w[-n:] * (w.sum() / w[-n:].sum())


def toy_exact(edges, signed):
    parts = {"subtract": np.diff(np.log(edges)), "add": 5 / np.pi * np.diff(np.arctan((edges - 90) / 10))}
    parts["base"] = parts["subtract"] + 0.1 * np.diff(edges)
    exact = sum(sign * parts[sample.settings()["sample"]] for sample, sign in signed)
    return exact, np.zeros(len(exact))


def weighted_median(v, w, low, high):
    inside = (v > low) & (v < high)
    order = np.argsort(v[inside])
    sums = np.cumsum(w[inside][order])
    return float(np.interp(0.5 * sums[-1], np.maximum.accumulate(sums), v[inside][order])) if len(sums) and sums[-1] > 0 else None


def compare(generated, exact, error, variance, scale):
    """Figures of one histogram with squared error `variance` against exact (value, variance)."""
    value, exact_variance = exact
    used = error > 0
    ratio = np.abs(generated - value)[used] / error[used]
    out = {"inside": int((ratio < 1).sum()), "share_inside": float((ratio < 1).mean()), "mean_ratio": float(ratio.mean()),
           "mean_deviation": float(np.abs(generated - value)[used].mean()), "mean_error": float(error[used].mean())}
    if scale is not None:
        total = variance + exact_variance
        ok = total > 0
        out["chi2_ndf"] = float(((generated - value)[ok] ** 2 / total[ok]).mean())
        total = variance * scale**2 + exact_variance
        out["chi2_ndf_shape"] = float(((generated * scale - value)[ok] ** 2 / total[ok]).mean())
    return out


def peak(edges, generated, variance):
    width, centre = np.diff(edges), 0.5 * (edges[1:] + edges[:-1])

    def model(_, flat, area, position, half):
        return flat * width + area / np.pi * np.diff(np.arctan((edges - position) / half))

    sigma = np.sqrt(np.maximum(variance, variance[variance > 0].min() if (variance > 0).any() else 1))
    try:
        fit, _ = curve_fit(model, centre, generated, p0=[0.1, 5, 90, 10], sigma=sigma)
    except RuntimeError:
        return None
    flat, area, position, half = (float(v) for v in fit)
    inside = area / np.pi * (np.arctan((edges[-1] - position) / half) - np.arctan((edges[0] - position) / half))
    return {"flat": flat, "area_in_range": float(inside), "position": position, "half_width": abs(half)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("generated")
    parser.add_argument("--base", required=True)
    for name in ("--subtract", "--add", "--reference-base", "--reference-subtract", "--reference-add", "--json"):
        parser.add_argument(name)
    parser.add_argument("--sigma", type=float)
    parser.add_argument("--bins", type=int, default=40)
    parser.add_argument("--last", type=int, default=0)
    args = parser.parse_args()
    base, minus = Sample(args.base), Sample(args.subtract) if args.subtract else None
    plus = Sample(args.add) if args.add else None
    generated = Sample(args.generated, args.sigma, absolute=True)
    names = base.names
    signed = [(base, 1)] + ([(minus, -1)] if minus else []) + ([(plus, 1)] if plus else [])
    seen = [(observables(s.values(names), names), s.w, sign) for s, sign in signed]
    made = observables(generated.values(names), names)
    toy = base.process == "toy_1x"
    reference, source = None, "none"
    if toy:
        source = "closed form"
    elif args.reference_base:
        first = Sample(args.reference_base)
        if args.reference_subtract or not (minus or plus):
            source = "bins of the reference samples"
            files = [(first, 1)] + ([(Sample(args.reference_subtract), -1)] if args.reference_subtract else [])
            files += [(Sample(args.reference_add), 1)] if args.reference_add else []
            reference = [(observables(s.values(names), names), sign * s.w) for s, sign in files]
        elif first.process == "zg_real" and minus and minus.process == "zg_dipole" and not plus:
            source = "matrix elements on the events of the reference"
            weight = first.w * zg_weights(first, names, float(minus.settings()["kappa"]))
            reference = [(observables(first.values(names), names), weight)]
        else:
            stop("--reference-base alone is for zg_real less zg_dipole, expected --reference-subtract as well")
    expected = sum(sign * w.sum() for _, w, sign in seen)
    result = {"generated": args.generated, "events": len(generated.x), "exact": source, "observables": {},
              "total": {"generated": float(generated.w.sum()), "expected": float(expected), "ratio": float(generated.w.sum() / expected)},
              "negative_weight_share": float(-generated.w[generated.w < 0].sum() / np.abs(generated.w).sum())}
    for name in made:
        if toy:
            lo, hi = (float(v) for v in base.settings()["range"].split(","))
        else:
            lo, hi = np.quantile(seen[0][0][name], [0.005, 0.995])
        edges = np.linspace(lo, hi, args.bins + 1)
        binned, square = np.zeros(args.bins), np.zeros(args.bins)
        for values, w, sign in seen:
            h, h2 = histogram(values[name], w, edges)
            binned, square = binned + sign * h, square + h2
        h, variance = histogram(made[name], generated.w, edges)
        both = variance + square
        figures = {"bins": args.bins, "chi2_ndf_binned": float(((h - binned)[both > 0] ** 2 / both[both > 0]).mean())}
        exact = toy_exact(edges, signed) if toy else None
        if reference:
            parts = [histogram(values[name], w, edges) for values, w in reference]
            exact = sum(p[0] for p in parts), sum(p[1] for p in parts)
        figures["per_bin"] = {"edges": edges.tolist(), "generated": h.tolist(), "generated_error": np.sqrt(variance).tolist(),
                              "binned": binned.tolist(), "binned_error": np.sqrt(square).tolist()}
        if exact:
            figures["per_bin"].update(exact=exact[0].tolist(), exact_error=np.sqrt(exact[1]).tolist())
            error = np.sqrt(square)
            scale = exact[0].sum() / h.sum() if h.sum() != 0 else 1.0
            figures.update(compare(h, exact, error, variance, scale))
            if reference and args.last:
                parts = [histogram(*last_rows(values[name], w, args.last), edges) for values, w in reference]
                held = sum(p[0] for p in parts), sum(p[1] for p in parts)
                figures["chi2_ndf_last"] = compare(h, held, error, variance, 1.0)["chi2_ndf"]
            own = compare(binned, exact, error, square, None)
            figures["binned"] = {k: own[k] for k in ("share_inside", "mean_ratio")}
        if name == "m" and reference:
            figures["z_peak"] = [weighted_median(made[name], generated.w, 81, 101),
                                 weighted_median(*(np.concatenate(c) for c in zip(*((v[name], w) for v, w in reference))), 81, 101)]
        if toy and plus and minus:
            figures["peak"] = peak(edges, h, variance)
        result["observables"][name] = figures
    rows = [f for f in result["observables"].values() if "mean_ratio" in f]
    if rows:
        result["share_inside"] = float(np.mean([f["share_inside"] for f in rows]))
        result["mean_ratio"] = float(np.mean([f["mean_ratio"] for f in rows]))
    line = json.dumps(result, indent=1)
    if args.json:
        with open(args.json, "w") as f:
            f.write(line + "\n")
    else:
        print(line)


if __name__ == "__main__":
    main()
