"""table.py FOLDER OUTPUT.md -- the committed table of figures from the JSON files that run.sh left in FOLDER; sections of OUTPUT.md
without figures in FOLDER stay as they are."""
import glob
import json
import os
import re
import statistics
import sys

import dilepton_table
import jets_table
import paper_gan_table
import sections
import subtract_table
import unfold_table

folder, output = sys.argv[1:3]


def load(path):
    with open(path) as f:
        return json.load(f)


def number(x, digits=4):
    return "-" if x is None else f"{x:.{digits}f}"


def median_row(rows):
    return [statistics.median(r) if all(v is not None for v in r) else None for r in zip(*rows)]


def tails(runs):
    """Ratio of generated to true events beyond the 99 % quantile, median over runs: smallest and largest over the observables, and mean."""
    ratios = [statistics.median(j["tail"][name][0] for j in runs) for name in runs[0].get("tail", {})]
    return [min(ratios), max(ratios), statistics.mean(ratios)] if ratios else [None] * 3


def tail_text(low, high, mean):
    return "-" if mean is None else f"{low:.2f} .. {high:.2f}, {mean:.3f}"


def figures(runs):
    """Medians over runs."""
    return median_row([[j["auc"], j["chi2_ndf_median"], j["chi2_ndf_max"], j.get("neighbour_ratio")] for j in runs]) + tails(runs)


def cells(values, bold=""):
    texts = [number(v, d) for v, d in zip(values, (4, 2, 2, 3))] + [tail_text(*values[4:])]
    return " | ".join(f"{bold}{t}{bold}" for t in texts)


def log_seconds(base):
    try:
        text = open(f"{base}.log").read()
        return float(re.findall(r"([0-9.]+) s\s*$", text.strip().splitlines()[-1])[0])
    except (OSError, IndexError):
        return None


def minutes(base):
    """Wall time, and processor time where it was taken: it does not depend on what else the machine did."""
    seconds = log_seconds(base)
    try:
        with open(f"{base}.time") as f:
            spent = sum(map(float, f.read().split()))
    except (OSError, ValueError):
        spent = None
    return number(seconds / 60 if seconds else None, 1) + (f" ({spent / 60:.1f})" if spent else "")


lines = [
    "# Quality",
    "",
    "Written by `make quality DATA=<folder of samples>`. Development sees the first 90 % of a sample shuffled with seed 7; the figures",
    "are taken on its last 10 %, which neither training nor the choice of weights has seen. Each card runs at three named seeds; the",
    "figure of a card is the median. `floor` compares the training rows themselves with the judged slice: what the size of the slice",
    "allows. `independent` samples the prepared columns independently, without a network: what a model has to beat. The AUC of n",
    "against n events has a standard error of 1/sqrt(3n) around 0.5 for a perfect model, and is folded to at least 0.5. `tails`: generated over",
    "true events beyond the truth's 99 % quantile, smallest and largest over all pT, masses and energies, and their mean; over several seeds from the",
    "median of each. With 100 000 events against as many a single ratio has an error of 0.045.",
    "",
]
cards = sorted({os.path.basename(p).split(".")[0] for p in glob.glob(f"{folder}/*.json") if re.search(r"_(bvae|gan)(_\d+k)?\.", os.path.basename(p))})
for card in cards:
    seeds = sorted(p for p in glob.glob(f"{folder}/{card}.*.json") if re.fullmatch(rf"{card}\.\d+\.json", os.path.basename(p)))
    size = re.search(r"_(\d+)k$", card)
    title = f"{card[:size.start()]}.card, judged on the last {size.group(1)} 000 events" if size else f"{card}.card"
    lines += [f"## {title}", "", "| seed | n | AUC | chi2/ndf median | chi2/ndf max | neighbour_ratio | tails | peaks: median, 68 % half width (truth) | minutes (processor) |",
              "|---|---|---|---|---|---|---|---|---|"]
    runs = []
    for path in seeds:
        j, base = load(path), path[: -len(".json")]
        peaks = "; ".join(f"{k} {v['generated'][0]:.3f}, {v['generated'][1]:.3f} ({v['truth'][0]:.3f}, {v['truth'][1]:.3f})" for k, v in j["peaks"].items())
        if "dimuon" in j:
            g, t = j["dimuon"]["generated"], j["dimuon"]["truth"]
            peaks = "; ".join(f"{k} {g[k]['median']:.3f} ({t[k]['median']:.3f}), peak/side {g[k]['peak_over_side']:.2f} ({t[k]['peak_over_side']:.2f}), share {100*g[k]['share']:.2f} % ({100*t[k]['share']:.2f} %)" for k in ("jpsi", "upsilon", "z"))
            peaks += f"; opposite sign {100*g['opposite_sign']:.2f} % ({100*t['opposite_sign']:.2f} %)"
        runs.append(j)
        lines.append(f"| {path.split('.')[-2]} | {j['n_truth']} | " + cells(figures([j])) + f" | {peaks} | {minutes(base)} |")
    lines.append("| **median** | | " + cells(figures(runs), "**") + " | | |")
    for name, pattern in (("independent", f"{folder}/{card}.[0-9]*.ind.json"), ("floor", f"{folder}/{card}.floor.json")):
        found = [load(p) for p in sorted(glob.glob(pattern))]
        if found:
            lines.append(f"| {name} | | " + cells(figures(found)) + " | | |")
    judged = [load(p) for p in sorted(glob.glob(f"{folder}/{card}.[0-9]*.judge.json")) if os.path.getsize(p) > 2]
    if judged:
        lines.append("| independent judge (scikit-learn), median | | " + cells(figures(judged)) + " | | |")
    lines.append("")

toys = sorted(p for p in glob.glob(f"{folder}/*.json") if re.fullmatch(r"(two_body|zll_ee|zll_ee_width)\.\d+\.json", os.path.basename(p)))
if toys:
    lines += ["## The published card on toys (two_body_bvae_paper.card, zll_ee_bvae_paper.card)", "",
              "200 000 training events of the built-in truth, 10 000 generated against 100 000 independent true ones. The same weights, once with",
              "latents from the information buffer, once from the normal prior: the published finding is that only the buffer works.", "",
              "| toy, seed | source | KS p of cos(theta) | KS p of phi | back-to-back angle, median (truth) | RMS of m/m0 - 1 (truth) |", "|---|---|---|---|---|---|"]
    for path in toys:
        j = load(path)
        for source in ("buffer", "prior"):
            s = j[source]
            lines.append(f"| {j['toy']}, {path.split('.')[-2]} | {source} | {s['ks_p_cos']:.2g} | {s['ks_p_phi']:.2g} | "
                         f"{s['back_to_back_degrees_median']:.2f} ({s['back_to_back_degrees_truth']:.2f}) | {s['mass_rms_over_median']:.2g} ({s['mass_rms_over_median_truth']:.2g}) |")
    lines.append("")
lines += paper_gan_table.lines(f"{folder}/paper_gan")
lines += unfold_table.lines(f"{folder}/unfold")
lines += dilepton_table.lines(f"{folder}/dilepton")
showers = sorted(glob.glob(f"{folder}/*.shower.json"))
if showers:
    lines += ["## Calorimeter showers (tests/quality/shower.sh)", "",
              "Photons of the built-in truth, 504 cells, 20 000 generated showers for the energies of 20 000 true ones. AUC of boosted trees on",
              "shower shapes and on cells, energy included; largest separation power over the three layers; MAE of the total energy over the",
              "requested one; in how many of 19 steps between bins of requested energy the mean total falls; showers a second of processor time,",
              "reading and writing included; processor time of the training, without that of a model it starts from. `floor` is the separation",
              "of two true samples. Baselines: every cell by itself, and the mean shower, of the energy bin.", "",
              "| card, seed | AUC shapes | AUC cells | layer fraction (floor) | sparsity (floor) | width | eratio | response separation | MAE/E (truth) | falls of the total | showers/s (truth) | core-minutes |",
              "|---|---|---|---|---|---|---|---|---|---|---|---|"]

    def shower_row(label, j):
        o, r = j["observables"], j["response"]
        rate = j.get("showers_per_second")
        speed = f"{rate['generated']:.0f} ({rate['truth']:.0f})" if rate else ""
        floor = lambda kind: max(v["floor"] for n, v in o.items() if n.endswith(kind) and n.startswith("layer"))
        return (f"| {label} | {j['auc_shapes']:.3f} | {j['auc_cells']:.3f} | {j['max_separation_fraction']:.4f} ({floor('fraction'):.4f}) | "
                f"{j['max_separation_sparsity']:.4f} ({floor('sparsity'):.4f}) | {j['max_separation_width']:.4f} | {j['max_separation_eratio']:.4f} | "
                f"{o['response']['separation']:.4f} | {r['generated']['mae_over_e']:.4f} ({r['truth']['mae_over_e']:.4f}) | "
                f"{r['generated'].get('falls', '')} | {speed} | {number(j['seconds_training'] / 60 if 'seconds_training' in j else None, 1)} |")

    rows = {p: load(p) for p in showers}
    for path, j in rows.items():
        base = path[: -len(".shower.json")]
        lines.append(shower_row(", ".join(os.path.basename(base).rsplit(".", 1)), j))
    for j in rows.values():
        for name, b in j.get("baselines", {}).items():
            lines.append(shower_row(f"baseline {name}", b))
        if "baselines" in j:
            break
    lines.append("")
lines += jets_table.lines(f"{folder}/jets")
lines += subtract_table.section(folder)
sections.merge(output, "\n".join(lines))
