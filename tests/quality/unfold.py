"""unfold.py TRUTH GENERATED [--target part] [--repeat R] [--least 2500] [--json FILE] [--plots PREFIX] -- figures of merit of an unfolding.

TRUTH: held-back events with the columns of zw_unfold (part_* and det_* four-vectors of lm, lp, j1, j2) or of gauss_unfold.
GENERATED: R rows for each of its events, in order, conditions included; its det_* columns must be those of TRUTH repeated, which
is checked. With --target det it is the other way round: detector events for given partons (part_* is checked). Truth and unfolded are then the
detector's events, masses of the jets join the observables, there are no slices (they are cuts on what is generated), and `response` is
added for all events: median and half of the central 68 % of pT and E of the detector's object over the parton's, of m(ll) and m(jj) over the
partons' and of the difference in eta, truth and generated. R defaults to the ratio of the numbers of rows. Slices of 1912.00477, cut at detector level with the jets reordered by
detector pT, in GeV: 7 has 30 < pT_j1 < 100, 8 has 30 < pT_j1 < 60 and 30 < pT_j2 < 50, 12 has 30 < pT_j1 < 50, 30 < pT_j2 < 40
and 20 < pT_l- < 50, 13 has pT_j1 > 60. The cuts of slices 9 to 11 are not known, so those are left out.

For each selection and observable (pT and eta of the four partons, m(ll), m(jj)). Event e adds d_e = [truth in bin] - (share of its R
unfoldings in bin) to a bin; the error of sum d_e is sqrt(sum d_e^2), so what truth and unfolding share through the same detector
event does not count twice. With the right posterior all d_e have mean zero.
  max_deviation        largest |unfolded/truth - 1|, neighbouring bins merged until each holds --least truth events
  max_deviation_error  statistical error of the same bin; null for both when there are fewer than two such bins
  chi2_ndf             mean of (sum d_e)^2 / sum d_e^2 over bins (40 even ones and two outer ones) with 20 or more truth events
For each observable over all events:
  relative      (unfolded - truth)/truth: median, half of the central 68 % (absolute difference for eta and x)
  pull          (truth - median of the R)/(half of their central 68 %): median, half of its central 68 %; null below R = 10 and where
                unfoldings of an event are all the same. A right
                posterior gives more than 1 at small R, since few draws show too little of their spread: `pull_width_expected` is the
                width for a Gaussian posterior at this R
  calibration   place of the truth among the R, (smaller + U (equal + 1))/(R + 1), uniform for the right posterior: KS distance and
                p value, and the share of events below 0.1 .. 0.9
  migration     rows truth, columns unfolded, in bins of parton pT, rows add up to 1. asymmetry_chi2_ndf: with the right posterior truth
                and unfolded value are exchangeable, so the matrix of counts is symmetric up to statistics
`detector` holds the same figures for the detector level taken as the unfolded event, R = 1: what unfolding has to beat.
Written to FILE or standard output as JSON. --plots writes PREFIX.<selection>.<observable>.dat and a gnuplot file PREFIX.gp."""
import argparse
import json
import sys

import h5py
import numpy as np
from scipy.stats import kstest

OBJECTS = ("lm", "lp", "j1", "j2")
EDGES = {"pT_lm": (0, 200), "pT_lp": (0, 200), "pT_j1": (0, 240), "pT_j2": (0, 120), "m_ll": (81, 101), "m_jj": (70, 91)}
DETECTOR_EDGES = {**EDGES, "m_jj": (50, 110), "m_j1": (0, 30), "m_j2": (0, 20)}
PT_BINS = np.array([0, 20, 30, 40, 50, 60, 80, 100, 140, 200, np.inf])


def stop(message):
    sys.exit("unfold: " + message)


def read(path):
    with h5py.File(path) as f:
        names = [n.decode() if isinstance(n, bytes) else n for n in f["events"].attrs["columns"]]
        return f["events"][:], names


def vectors(x, names, level):
    """Four-vectors of the level as a dictionary of (n,4) arrays."""
    wanted = {o: [f"{level}_{o}_{c}" for c in ("E", "px", "py", "pz")] for o in OBJECTS}
    missing = [n for group in wanted.values() for n in group if n not in names]
    if missing:
        stop(f"column {missing[0]} is missing, expected the columns of zw_unfold or part_x, det_x")
    return {o: x[:, [names.index(n) for n in group]].astype(float) for o, group in wanted.items()}


def pt(v):
    return np.hypot(v[:, 1], v[:, 2])


def mass(v):
    m2 = v[:, 0] ** 2 - (v[:, 1:] ** 2).sum(1)
    return np.sqrt(np.maximum(m2, 0))


def observables(x, names, level):
    if f"{level}_x" in names:
        return {"x": x[:, names.index(f"{level}_x")].astype(float)}
    v = vectors(x, names, level)
    out = {f"pT_{o}": pt(v[o]) for o in OBJECTS}
    out.update({f"eta_{o}": np.arcsinh(v[o][:, 3] / np.maximum(pt(v[o]), 1e-9)) for o in OBJECTS})
    out["m_ll"] = mass(v["lm"] + v["lp"])
    out["m_jj"] = mass(v["j1"] + v["j2"])
    if level == "det":
        out.update({f"m_{o}": mass(v[o]) for o in ("j1", "j2")})
    return out


def response(x, g, names, generated_names, repeat):
    """The detector's answer over what it was given, truth and generated: median and half of the central 68 %."""
    given, seen = observables(x, names, "part"), vectors(x, names, "part")
    given.update({f"E_{o}": seen[o][:, 0] for o in OBJECTS})
    out = {}
    for which, rows, columns, copies in (("truth", x, names, 1), ("generated", g, generated_names, repeat)):
        answer, v = observables(rows, columns, "det"), vectors(rows, columns, "det")
        answer.update({f"E_{o}": v[o][:, 0] for o in OBJECTS})
        for name, before in given.items():
            before = np.repeat(before, copies)
            ratio = answer[name] - before if name.startswith("eta") else answer[name] / before
            out.setdefault(name, {})[which] = {"median": float(np.median(ratio)), "width": float(half68(ratio))}
    return out


def selections(x, names):
    """Masks over the events of TRUTH, from the detector level."""
    everything = np.ones(len(x), bool)
    if "det_x" in names:
        return {"all": everything}
    v = vectors(x, names, "det")
    jets = np.sort(np.stack([pt(v["j1"]), pt(v["j2"])]), axis=0)
    j2, j1, lepton = jets[0], jets[1], pt(v["lm"])
    return {
        "all": everything,
        "slice_7": (j1 > 30) & (j1 < 100),
        "slice_8": (j1 > 30) & (j1 < 60) & (j2 > 30) & (j2 < 50),
        "slice_12": (j1 > 30) & (j1 < 50) & (j2 > 30) & (j2 < 40) & (lepton > 20) & (lepton < 50),
        "slice_13": j1 > 60,
    }


def edges_of(name, truth, target="part"):
    table = DETECTOR_EDGES if target == "det" else EDGES
    if name.startswith("eta"):
        lo, hi = -4.0, 4.0
    elif name in table:
        lo, hi = table[name]
    else:
        lo, hi = np.quantile(truth, [0.001, 0.999])
    return np.concatenate([[-np.inf], np.linspace(lo, hi, 41), [np.inf]])


def shares(g, edges):
    """(n,R) values -> (n,B) shares of the R in each bin."""
    n, repeat = g.shape
    bins = len(edges) - 1
    index = np.clip(np.searchsorted(edges, g, side="right") - 1, 0, bins - 1)
    flat = (np.arange(n)[:, None] * bins + index).ravel()
    return np.bincount(flat, minlength=n * bins).reshape(n, bins) / repeat


def merge(counts, least):
    """First bin of each group of neighbours that hold `least` together; what is left at the end joins the last group."""
    starts, total = [0], 0
    for b, c in enumerate(counts):
        total += c
        if total >= least:
            starts.append(b + 1)
            total = 0
    if len(starts) > 1:
        starts.pop()
    return np.array(starts)


def distribution(t, g, edges, least):
    truth, unfolded = shares(t[:, None], edges), shares(g, edges)
    difference = truth - unfolded
    counts = truth.sum(0)
    variance = (difference**2).sum(0)
    used = (counts >= 20) & (variance > 0)
    out = {"events": int(len(t)), "chi2_ndf": None, "bins": int(used.sum()), "max_deviation": None, "max_deviation_error": None,
           "merged_bins": 0}
    if used.any():
        out["chi2_ndf"] = float((difference.sum(0)[used] ** 2 / variance[used]).mean())
    starts = merge(counts, least)
    groups = np.add.reduceat(counts, starts)
    out["merged_bins"] = int((groups >= least).sum())
    if len(starts) >= 2 and groups.min() >= least:
        merged = np.add.reduceat(difference, starts, axis=1)
        relative = np.abs(merged.sum(0)) / groups
        worst = int(relative.argmax())
        out["max_deviation"] = float(relative[worst])
        out["max_deviation_error"] = float(np.sqrt((merged[:, worst] ** 2).sum()) / groups[worst])
    return out, counts, unfolded.sum(0), np.sqrt(variance)


def half68(x, axis=None):
    lo, hi = np.quantile(x, [0.15866, 0.84134], axis=axis)
    return 0.5 * (hi - lo)


def expected_pull_width(repeat):
    """Width of the pull when truth and R draws come from the same Gaussian."""
    rng = np.random.default_rng(2)
    g, t = rng.standard_normal((40000, repeat)), rng.standard_normal(40000)
    return float(half68((t - np.median(g, axis=1)) / half68(g, axis=1)))


def pulls(name, t, g, rng):
    repeat = g.shape[1]
    absolute = name.startswith("eta") or name == "x"
    relative = ((g - t[:, None]) / (1 if absolute else np.maximum(t, 1e-9)[:, None])).ravel()
    out = {"relative": {"median": float(np.median(relative)), "width": float(half68(relative))}, "pull": None, "calibration": None}
    if repeat >= 10 and np.median(half68(g, axis=1)) > 0:
        pull = (t - np.median(g, axis=1)) / np.maximum(half68(g, axis=1), 1e-12)
        out["pull"] = {"median": float(np.median(pull)), "width": float(half68(pull))}
    if repeat >= 2:
        smaller, equal = (g < t[:, None]).sum(1), (g == t[:, None]).sum(1)
        place = (smaller + rng.random(len(t)) * (equal + 1)) / (repeat + 1)
        ks = kstest(place, "uniform")
        out["calibration"] = {"ks": float(ks.statistic), "ks_p": float(ks.pvalue),
                              "share_below": {f"{q:.1f}": float((place < q).mean()) for q in np.arange(1, 10) / 10}}
    return out


def migration(t, g):
    rows = np.searchsorted(PT_BINS, t, side="right") - 1
    share = shares(g, PT_BINS)
    bins = len(PT_BINS) - 1
    matrix = np.array([share[rows == b].sum(0) if (rows == b).any() else np.zeros(bins) for b in range(bins)])
    square = np.zeros((bins, bins))
    for b in range(bins):
        square[b] = (share[rows == b] ** 2).sum(0)
    upper = np.triu_indices(bins, 1)
    error2 = (square + square.T)[upper]
    used = (matrix + matrix.T)[upper] >= 20
    chi2 = ((matrix - matrix.T)[upper][used] ** 2 / error2[used]).mean() if used.any() else None
    total = matrix.sum(1, keepdims=True)
    normal = matrix / np.where(total > 0, total, 1)
    return {"edges": [float(e) for e in PT_BINS[:-1]], "matrix": normal.round(5).tolist(), "events": total[:, 0].tolist(),
            "diagonal": float(np.trace(matrix) / matrix.sum()), "asymmetry_chi2_ndf": None if chi2 is None else float(chi2)}


def figures(truth, generated, masks, least, target, plots=None):
    rng = np.random.default_rng(1)
    out = {"selections": {}, "observables": {}, "migration": {}}
    drawn = []
    for label, mask in masks.items():
        rows = out["selections"][label] = {"share": float(mask.mean()), "observables": {}}
        for name, t in truth.items():
            edges = edges_of(name, t, target)
            figure, counts, unfolded, error = distribution(t[mask], generated[name][mask], edges, least)
            rows["observables"][name] = figure
            if plots:
                path = f"{plots}.{label}.{name}.dat"
                centre = 0.5 * (edges[1:-2] + edges[2:-1])
                np.savetxt(path, np.stack([centre, counts[1:-1], unfolded[1:-1], error[1:-1]], 1), header="centre truth unfolded error")
                drawn.append((label, name, path))
        chi2 = [f["chi2_ndf"] for f in rows["observables"].values() if f["chi2_ndf"] is not None]
        worst = [f["max_deviation"] for f in rows["observables"].values() if f["max_deviation"] is not None]
        rows["mean_chi2_ndf"] = float(np.mean(chi2)) if chi2 else None
        rows["max_deviation"] = float(max(worst)) if worst else None
    for name, t in truth.items():
        out["observables"][name] = pulls(name, t, generated[name], rng)
        if name.startswith("pT"):
            out["migration"][name] = migration(t, generated[name])
    if plots:
        with open(f"{plots}.gp", "w") as f:
            f.write('set terminal pngcairo size 700,500\nset style data histeps\n')
            for label, name, path in drawn:
                f.write(f'set output "{path[:-4]}.png"\nset title "{label} {name}" noenhanced\n'
                        f'plot "{path}" using 1:2 title "truth", "" using 1:3 title "unfolded", '
                        f'"" using 1:3:4 with yerrorbars notitle\n')
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth")
    parser.add_argument("generated")
    parser.add_argument("--target", choices=("part", "det"), default="part")
    parser.add_argument("--repeat", type=int)
    parser.add_argument("--least", type=int, default=2500)
    parser.add_argument("--json")
    parser.add_argument("--plots")
    args = parser.parse_args()
    x, names = read(args.truth)
    g, generated_names = read(args.generated)
    repeat = args.repeat or len(g) // max(len(x), 1)
    if repeat < 1 or len(g) % repeat or len(g) // repeat > len(x):
        stop(f"{args.generated}: found {len(g)} rows for {len(x)} events of truth, expected {repeat or 'R'} rows an event")
    x = x[: len(g) // repeat]
    given = "det" if args.target == "part" else "part"
    for n in (n for n in names if n.startswith(given + "_")):
        if n not in generated_names:
            stop(f"{args.generated}: condition {n} is missing, expected every column of the schema")
        a, b = np.repeat(x[:, names.index(n)], repeat), g[:, generated_names.index(n)]
        off = np.abs(a - b) > 1e-4 * np.maximum(1, np.abs(a))
        if off.any():
            row = int(off.argmax())
            stop(f"{args.generated}: row {row} has {n} = {b[row]:g}, expected {a[row]:g} of truth event {row // repeat}")
    truth = observables(x, names, args.target)
    generated = {k: v.reshape(-1, repeat) for k, v in observables(g, generated_names, args.target).items()}
    bad = sum(int((~np.isfinite(v)).sum()) for v in generated.values())
    if bad:
        stop(f"{args.generated}: {bad} observables are not finite")
    masks = selections(x, names) if args.target == "part" else {"all": np.ones(len(x), bool)}
    result = {"target": args.target, "truth": args.truth, "generated": args.generated, "events": len(x), "repeat": repeat, "least": args.least,
              "slices_left_out": [9, 10, 11], "pull_width_expected": expected_pull_width(repeat) if repeat >= 10 else None}
    result.update(figures(truth, generated, masks, args.least, args.target, args.plots))
    if args.target == "part":
        result["detector"] = figures(truth, {k: v[:, None] for k, v in observables(x, names, "det").items() if k in truth}, masks, args.least, "part")
    elif "det_x" not in names:
        result["response"] = response(x, g, names, generated_names, repeat)
    text = json.dumps(result, indent=1)
    if args.json:
        with open(args.json, "w") as f:
            f.write(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
