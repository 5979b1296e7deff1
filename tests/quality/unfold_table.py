"""unfold_table.py FOLDER OUTPUT.md -- the section "Unfolding" of the committed table, from what unfold.sh left in FOLDER.

An existing section is replaced, other sections stay as they are. table.py takes lines() for the whole file."""
import glob
import json
import os
import statistics
import sys

TITLE = "## Unfolding"
SLICES = ("slice_7", "slice_8", "slice_12", "slice_13")


def load(path):
    with open(path) as f:
        return json.load(f)


def number(x, digits):
    return "-" if x is None else f"{x:.{digits}f}"


def auc(base):
    path = f"{base}.judge.json"
    return load(path)["auc"] if os.path.exists(path) and os.path.getsize(path) > 2 else None


def minutes(base):
    try:
        with open(f"{base}.cpu") as f:
            return sum(float(x) for x in f.read().split()[-2:]) / 60
    except (OSError, ValueError):
        return None


def median(values):
    found = [v for v in values if v is not None]
    return statistics.median(found) if found else None


def worst(selections):
    """Largest deviation of each seed with its own error, in percent: that of the seed in the middle."""
    largest = []
    for selection in selections:
        found = [(o["max_deviation"], o["max_deviation_error"], k) for k, o in selection["observables"].items() if o["max_deviation"] is not None]
        if found:
            largest.append(max(found))
    if not largest:
        return "-"
    value, error, name = sorted(largest)[len(largest) // 2]
    return f"{100 * value:.1f} +- {100 * error:.1f} ({name})"


def row(name, runs, quality, took):
    s = {k: [r["selections"][k] for r in runs] for k in ("all",) + SLICES}
    chi2 = " | ".join(number(median(x["mean_chi2_ndf"] for x in s[k]), 2) for k in ("all",) + SLICES)
    masses = [median(x["observables"][m]["chi2_ndf"] for x in s[k]) for k in ("slice_12", "slice_13") for m in ("m_ll", "m_jj")]
    return (f"| {name} | {len(runs)} | {number(quality, 4)} | {worst(s['all'])} | {worst(s['slice_7'])} | {worst(s['slice_8'])} | {chi2} | "
            + ", ".join(number(v, 1) for v in masses) + f" | {number(took, 1)} |")


SHOWN = ("pT_lm", "eta_lm", "pT_j1", "eta_j1", "m_ll", "m_jj")


def calibration_row(name, runs):
    o = [r["observables"] for r in runs]
    width = [number(median(x[k]["pull"]["width"] if x[k]["pull"] else None for x in o), 2) for k in SHOWN]
    ks = [number(median(x[k]["calibration"]["ks"] for x in o), 3) for k in SHOWN]
    symmetry = median(m["asymmetry_chi2_ndf"] for r in runs for m in r["migration"].values())
    return f"| {name} | " + " | ".join(f"{w}, {k}" for w, k in zip(width, ks)) + f" | {number(symmetry, 1)} |"


def curve_rows(card, runs):
    """Share of events whose truth lies below a quantile of its posterior."""
    out = []
    for k in SHOWN:
        shares = [r["observables"][k]["calibration"]["share_below"] for r in runs]
        out.append(f"| {card} | {k} | " + " | ".join(number(median(s[q] for s in shares), 3) for q in shares[0]) + " |")
    return out


def loses_by(groups):
    """What the plain GAN's mean chi2/ndf in slice 12 is, over that of each FCGAN."""
    value = {c: median(r["selections"]["slice_12"]["mean_chi2_ndf"] for r in runs) for c, runs in groups.items()}
    plain = value.get("zw_unfold_gan")
    found = [f"`{c}` {plain / value[c]:.1f}" for c in ("zw_unfold_fcgan", "zw_unfold_fcgan_mass") if plain and value.get(c)]
    return ["", "Mean chi2/ndf of the plain GAN in slice 12, over that of " + ", ".join(found) + "."] if found else []


def lines(folder):
    paths = sorted(glob.glob(f"{folder}/*.unfold.json"))
    if not paths:
        return []
    bases, groups = {}, {}
    for path in paths:
        card = os.path.basename(path).split(".")[0]
        bases.setdefault(card, []).append(path[: -len(".unfold.json")])
        groups.setdefault(card, []).append(load(path))
    first = load(paths[0])
    out = [TITLE, "",
           f"Partons for given detector events of Z W -> l- l+ q q; {first['events']} held-back events, each unfolded {first['repeat']} times. Medians over the seeds",
           "(from 1 on; of two the larger deviation). Figures of `tests/quality/unfold.py`: AUC of partons by an independent judge; largest deviation of a bin with at least",
           f"{first['least']} true events (neighbouring bins are merged until they hold that many) over pT and eta of the partons, m(ll) and m(jj), with the",
           "statistical error of this bin; chi2/ndf, mean of these ten observables (1 for the right posterior), of all events and in slices 7, 8, 12",
           "and 13 of 1912.00477; chi2/ndf of m(ll) and m(jj) in slices 12 and 13. Where a slice has no two such bins the deviation is left out.",
           "`detector` takes the detector's event as it is: what unfolding has to beat; `independent` is the preparation of",
           "`zw_unfold_fcgan_mass` without a network.", "",
           "| card | seeds | AUC | deviation [%], all | slice 7 | slice 8 | chi2/ndf, all | 7 | 8 | 12 | 13 | m(ll), m(jj) in 12; in 13 | core-minutes |",
           "|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for card, runs in groups.items():
        out.append(row(card, runs, median(auc(b) for b in bases[card]), median(minutes(b) for b in bases[card])))
    out.append(row("detector", [first["detector"]], None, None))
    out += loses_by(groups)
    out += ["", f"Pull width (expected for a Gaussian posterior and {first['repeat']} draws: {number(first.get('pull_width_expected'), 2)}) and KS distance of the calibration",
            "curve to the uniform one (1 % level: " f"{1.63 / first['events'] ** 0.5:.3f}); asymmetry chi2/ndf of the migration matrices in pT, 1 for the right posterior.", "",
            "| card | pT(l-) | eta(l-) | pT(j1) | eta(j1) | m(ll) | m(jj) | asymmetry |", "|---|---|---|---|---|---|---|---|"]
    out += [calibration_row(card, runs) for card, runs in groups.items()]
    shown = [c for c in ("zw_unfold_fcgan_mass", "zw_unfold_fcgan") if c in groups]
    if shown:
        out += ["", "Calibration curve: share of events whose truth lies below a quantile of its own posterior.", "",
                "| card | observable | " + " | ".join(f"{q / 10:.1f}" for q in range(1, 10)) + " |", "|---" * 11 + "|"]
        for card in shown:
            out += curve_rows(card, groups[card])
    forward = sorted(p[: -len(".judge.json")] for p in glob.glob(f"{folder}/zw_detector_fcgan.*.judge.json"))
    if forward:
        out += ["", f"The other way round, `zw_detector_fcgan.card`: AUC of the detector's columns {number(median(auc(b) for b in forward), 4)}, "
                f"{number(median(minutes(b) for b in forward), 1)} core-minutes."]
    return out + [""]


def replace(path, section, title=TITLE):
    """The section of the file, put in place of an older one or at the end."""
    text = open(path).read().rstrip("\n") + "\n"
    start = text.find(title + "\n")
    if start >= 0:
        end = text.find("\n## ", start)
        text = text[:start] + (text[end + 1:] if end >= 0 else "")
    with open(path, "w") as f:
        f.write(text.rstrip("\n") + "\n\n" + "\n".join(section).rstrip("\n") + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    section = lines(sys.argv[1])
    if not section:
        sys.exit(f"unfold_table: no figures in {sys.argv[1]}")
    replace(sys.argv[2], section)
