"""unfold_table.py FOLDER OUTPUT.md -- the section "Unfolding" of the committed table, from what unfold.sh left in FOLDER.

An existing section is replaced, other sections stay as they are. table.py takes lines() for the whole file."""
import glob
import json
import os
import re
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
        with open(f"{base}.log") as f:
            return float(re.findall(r"([0-9.]+) s\s*$", f.read().strip().splitlines()[-1])[0]) / 60
    except (OSError, IndexError):
        return None


def worst(selection):
    """Largest deviation with its own error, in percent."""
    found = [(o["max_deviation"], o["max_deviation_error"], k) for k, o in selection["observables"].items() if o["max_deviation"] is not None]
    if not found:
        return "-"
    value, error, name = max(found)
    return f"{100 * value:.1f} +- {100 * error:.1f} ({name})"


def row(name, figures, quality, took):
    s = figures["selections"]
    chi2 = " | ".join(number(s[k]["mean_chi2_ndf"], 2) for k in ("all",) + SLICES)
    masses = [s[k]["observables"][m]["chi2_ndf"] for k in ("slice_12", "slice_13") for m in ("m_ll", "m_jj")]
    return (f"| {name} | {number(quality, 4)} | {worst(s['all'])} | {worst(s['slice_7'])} | {worst(s['slice_8'])} | {chi2} | "
            + ", ".join(number(v, 1) for v in masses) + f" | {number(took, 1)} |")


def calibration_row(name, figures):
    o = figures["observables"]
    width = [number(o[k]["pull"]["width"], 2) if o[k]["pull"] else "-" for k in ("pT_lm", "eta_lm", "pT_j1", "eta_j1", "m_ll", "m_jj")]
    ks = [number(o[k]["calibration"]["ks"], 3) for k in ("pT_lm", "eta_lm", "pT_j1", "eta_j1", "m_ll", "m_jj")]
    symmetry = [m["asymmetry_chi2_ndf"] for m in figures["migration"].values() if m["asymmetry_chi2_ndf"] is not None]
    return f"| {name} | " + " | ".join(f"{w}, {k}" for w, k in zip(width, ks)) + f" | {number(statistics.mean(symmetry) if symmetry else None, 1)} |"


def lines(folder):
    found = sorted(glob.glob(f"{folder}/*.unfold.json"))
    if not found:
        return []
    first = load(found[0])
    out = [TITLE, "",
           f"Partons for given detector events of Z W -> l- l+ q q; {first['events']} held-back events, each unfolded {first['repeat']} times; seed 1.",
           "Figures of `tests/quality/unfold.py`: AUC of partons by an independent judge; largest deviation of a bin with at least",
           f"{first['least']} true events over pT and eta of the partons, m(ll) and m(jj), with the statistical error of this bin; chi2/ndf, mean of",
           "these ten observables (1 for the right posterior), of all events and in slices 7, 8, 12 and 13 of 1912.00477; chi2/ndf of m(ll) and",
           "m(jj) in slices 12 and 13. Where a slice has no two such bins the deviation is left out. `detector` takes the detector's event",
           "as it is: what unfolding has to beat.", "",
           "| card | AUC | deviation [%], all | slice 7 | slice 8 | chi2/ndf, all | 7 | 8 | 12 | 13 | m(ll), m(jj) in 12; in 13 | minutes |",
           "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for path in found:
        base = path[: -len(".unfold.json")]
        out.append(row(os.path.basename(base).rsplit(".", 1)[0], load(path), auc(base), minutes(base)))
    out.append(row("detector", first["detector"], None, None))
    out += ["", f"Pull width (expected for a Gaussian posterior and {first['repeat']} draws: {number(first.get('pull_width_expected'), 2)}) and KS distance of the calibration",
            "curve to the uniform one (1 % level: " f"{1.63 / first['events'] ** 0.5:.3f}); asymmetry chi2/ndf of the migration matrices in pT, 1 for the right posterior.", "",
            "| card | pT(l-) | eta(l-) | pT(j1) | eta(j1) | m(ll) | m(jj) | asymmetry |", "|---|---|---|---|---|---|---|---|"]
    out += [calibration_row(os.path.basename(p).split(".")[0], load(p)) for p in found]
    for base in sorted(p[: -len(".judge.json")] for p in glob.glob(f"{folder}/zw_detector_fcgan.*.judge.json")):
        out += ["", f"The other way round, `zw_detector_fcgan.card`: AUC of the detector's columns {number(auc(base), 4)}, {number(minutes(base), 1)} minutes."]
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
