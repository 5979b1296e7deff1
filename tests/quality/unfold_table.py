"""unfold_table.py FOLDER OUTPUT.md -- the section "Unfolding" of the committed table, from what unfold.sh left in FOLDER.

An existing section is replaced, other sections stay as they are. table.py takes lines() for the whole file."""
import glob
import json
import os
import statistics
import sys

import sections

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


def apart(base, judge="apart"):
    """Mean of the two halves: conditions of one against the truth of the other. judge: apart, or own for `genhep evaluate`."""
    paths = sorted(glob.glob(f"{base}.{judge}.*.json"))
    found = [load(p)["auc"] for p in paths if os.path.getsize(p) > 2]
    return statistics.mean(found) if found else None


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


def row(name, runs, quality, honest, took):
    s = {k: [r["selections"][k] for r in runs] for k in ("all",) + SLICES}
    chi2 = " | ".join(number(median(x["mean_chi2_ndf"] for x in s[k]), 2) for k in ("all",) + SLICES)
    masses = [median(x["observables"][m]["chi2_ndf"] for x in s[k]) for k in ("slice_12", "slice_13") for m in ("m_ll", "m_jj")]
    return (f"| {name} | {len(runs)} | {number(quality, 4)} | {number(honest, 4)} | {worst(s['all'])} | {worst(s['slice_7'])} | {worst(s['slice_8'])} | {chi2} | "
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


SPOKEN = {"pT_lm": "pT(l-)", "eta_lm": "eta(l-)", "pT_j1": "pT(j1)", "eta_j1": "eta(j1)", "pT_j2": "pT(j2)", "eta_j2": "eta(j2)", "m_ll": "m(ll)", "m_jj": "m(jj)"}
RESPONSE = tuple(SPOKEN)


def detector_row(name, runs, bases):
    s = [r["selections"]["all"] for r in runs]

    def chi2(*observables):
        return number(median(statistics.mean(x["observables"][k]["chi2_ndf"] for k in observables) for x in s), 2)

    pts, etas = ([f"{k}_{o}" for o in ("lm", "lp", "j1", "j2")] for k in ("pT", "eta"))
    judged, honest, own = (number(median(f(b) for b in bases), 4) for f in (auc, apart, lambda b: apart(b, "own")))
    return (f"| {name} | {len(runs)} | {judged} | {honest} | {own} | {worst(s)} | {chi2(*pts)} | {chi2(*etas)} | "
            f"{chi2('m_ll')} | {chi2('m_jj')} | {chi2('m_j1', 'm_j2')} | {number(median(minutes(b) for b in bases), 1)} |")


def response_rows(groups):
    """Width of the detector's answer over what it was given; its median where that is not 1 or 0; KS distance of the calibration curve."""
    first = next(iter(groups.values()))[0]["response"]
    out = ["| truth | " + " | ".join(f"{first[k]['truth']['width']:.4f} ({first[k]['truth']['median']:.3f})" for k in RESPONSE) + " |"]
    for name, runs in groups.items():
        cells = []
        for k in RESPONSE:
            width, middle = (median(r["response"][k]["generated"][which] for r in runs) for which in ("width", "median"))
            ks = median(r["observables"][k]["calibration"]["ks"] for r in runs)
            cells.append(f"{width:.4f} ({middle:.3f}), {ks:.3f}")
        out.append(f"| {name} | " + " | ".join(cells) + " |")
    return out


def detector_lines(folder):
    bases, groups = {}, {}
    for path in sorted(glob.glob(f"{folder}/*.detector.json")):
        card = os.path.basename(path).split(".")[0].replace("detector_independent", "independent")
        bases.setdefault(card, []).append(path[: -len(".detector.json")])
        groups.setdefault(card, []).append(load(path))
    if not groups:
        return []
    first = next(iter(groups.values()))[0]
    return (["", f"The other way round, the detector's events for given partons; the same {first['events']} events, each answered {first['repeat']} times. AUC of the detector's columns by the",
             "independent judge, apart and with twins as above, and by `genhep evaluate` (apart); largest deviation of a bin as above, mean chi2/ndf of pT and eta of the four objects, of the masses of the pairs and",
             "of the jets. `independent` is the preparation of `zw_detector_fcgan` without a network.", "",
             "| card | seeds | AUC | AUC, apart | AUC, apart, evaluate | deviation [%] | chi2/ndf of pT | eta | m(ll) | m(jj) | m(j) | core-minutes |", "|---|" + "---|" * 11]
            + [detector_row(card, runs, bases[card]) for card, runs in groups.items()]
            + ["", "Response: half of the central 68 % of detector over parton (of the difference in eta), its median in brackets, and KS distance of the calibration curve.", "",
               "| card | " + " | ".join(SPOKEN[k] for k in RESPONSE) + " |", "|---|" + "---|" * len(RESPONSE)] + response_rows(groups))


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
           "The AUC compares events generated for the same detector events as the true ones. Such twins lower it for good models, below 0.5 even, where the judge reports one",
           "minus it; *apart*, conditions of one half of the judged events against the truth of the other half, both ways, has no twins (error 0.003; - where it was not taken).",
           "`detector` takes the detector's event as it is: what unfolding has to beat; `independent` is the preparation of",
           "`zw_unfold_fcgan_mass` without a network. Conditional VAE and FCGAN stand here in both directions, the other way below; there is no flow yet.",
           "Settings of `zw_unfold_cvae` and of the `zw_detector_*` cards were chosen on the last 20 000 of the development events, with models of the others.", "",
           "| card | seeds | AUC | AUC, apart | deviation [%], all | slice 7 | slice 8 | chi2/ndf, all | 7 | 8 | 12 | 13 | m(ll), m(jj) in 12; in 13 | core-minutes |",
           "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for card, runs in groups.items():
        out.append(row(card, runs, median(auc(b) for b in bases[card]), median(apart(b) for b in bases[card]), median(minutes(b) for b in bases[card])))
    out.append(row("detector", [first["detector"]], None, None, None))
    out += loses_by(groups)
    out += ["", f"Pull width (expected for a Gaussian posterior and {first['repeat']} draws: {number(first.get('pull_width_expected'), 2)}) and KS distance of the calibration",
            "curve to the uniform one (1 % level: " f"{1.63 / first['events'] ** 0.5:.3f}); asymmetry chi2/ndf of the migration matrices in pT, 1 for the right posterior.", "",
            "| card | pT(l-) | eta(l-) | pT(j1) | eta(j1) | m(ll) | m(jj) | asymmetry |", "|---|---|---|---|---|---|---|---|"]
    out += [calibration_row(card, runs) for card, runs in groups.items()]
    shown = [c for c in ("zw_unfold_cvae", "zw_unfold_fcgan_mass", "zw_unfold_fcgan") if c in groups]
    if shown:
        out += ["", "Calibration curve: share of events whose truth lies below a quantile of its own posterior.", "",
                "| card | observable | " + " | ".join(f"{q / 10:.1f}" for q in range(1, 10)) + " |", "|---" * 11 + "|"]
        for card in shown:
            out += curve_rows(card, groups[card])
    out += detector_lines(folder)
    return out + [""]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    section = lines(sys.argv[1])
    if not section:
        sys.exit(f"unfold_table: no figures in {sys.argv[1]}")
    sections.merge(sys.argv[2], "\n".join(section))
