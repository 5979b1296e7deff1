"""table.py FOLDER OUTPUT.md -- the committed table of figures from the JSON files that run.sh left in FOLDER."""
import glob
import json
import os
import re
import statistics
import sys

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


def log_seconds(base):
    try:
        text = open(f"{base}.log").read()
        return float(re.findall(r"([0-9.]+) s\s*$", text.strip().splitlines()[-1])[0])
    except (OSError, IndexError):
        return None


lines = [
    "# Quality",
    "",
    "Written by `make quality DATA=<folder of samples>`. Development sees the first 90 % of a sample shuffled with seed 7; the figures",
    "are taken on its last 10 %, which neither training nor the choice of weights has seen. Each card runs at three named seeds; the",
    "figure of a card is the median. `floor` compares the training rows themselves with the judged slice: what the size of the slice",
    "allows. `independent` samples the prepared columns independently, without a network: what a model has to beat. The AUC of n",
    "against n events has a standard error of 1/sqrt(3n) around 0.5 for a perfect model, and is folded to at least 0.5.",
    "",
]
cards = sorted({os.path.basename(p).split(".")[0] for p in glob.glob(f"{folder}/*.json") if re.search(r"_(bvae|gan)(_\d+k)?\.", os.path.basename(p))})
for card in cards:
    seeds = sorted(p for p in glob.glob(f"{folder}/{card}.*.json") if re.fullmatch(rf"{card}\.\d+\.json", os.path.basename(p)))
    size = re.search(r"_(\d+)k$", card)
    title = f"{card[:size.start()]}.card, judged on the last {size.group(1)} 000 events" if size else f"{card}.card"
    lines += [f"## {title}", "", "| seed | n | AUC | chi2/ndf median | chi2/ndf max | neighbour_ratio | peaks: median, 68 % half width (truth) | minutes |",
              "|---|---|---|---|---|---|---|---|"]
    rows = []
    for path in seeds:
        j, base = load(path), path[: -len(".json")]
        peaks = "; ".join(f"{k} {v['generated'][0]:.3f}, {v['generated'][1]:.3f} ({v['truth'][0]:.3f}, {v['truth'][1]:.3f})" for k, v in j["peaks"].items())
        if "dimuon" in j:
            g, t = j["dimuon"]["generated"], j["dimuon"]["truth"]
            peaks = "; ".join(f"{k} {g[k]['median']:.3f} ({t[k]['median']:.3f}), peak/side {g[k]['peak_over_side']:.2f} ({t[k]['peak_over_side']:.2f}), share {100*g[k]['share']:.2f} % ({100*t[k]['share']:.2f} %)" for k in ("jpsi", "upsilon", "z"))
            peaks += f"; opposite sign {100*g['opposite_sign']:.2f} % ({100*t['opposite_sign']:.2f} %)"
        seconds = log_seconds(base)
        values = [j["auc"], j["chi2_ndf_median"], j["chi2_ndf_max"], j.get("neighbour_ratio")]
        rows.append(values)
        lines.append(f"| {path.split('.')[-2]} | {j['n_truth']} | " + " | ".join(number(v, d) for v, d in zip(values, (4, 2, 2, 3))) + f" | {peaks} | {number(seconds / 60 if seconds else None, 1)} |")
    middle = median_row(rows)
    lines.append("| **median** | | " + " | ".join(f"**{number(v, d)}**" for v, d in zip(middle, (4, 2, 2, 3))) + " | | |")
    for name, pattern in (("independent", f"{folder}/{card}.[0-9]*.ind.json"), ("floor", f"{folder}/{card}.floor.json")):
        found = [load(p) for p in sorted(glob.glob(pattern))]
        if found:
            values = median_row([[j["auc"], j["chi2_ndf_median"], j["chi2_ndf_max"], j.get("neighbour_ratio")] for j in found])
            lines.append(f"| {name} | | " + " | ".join(number(v, d) for v, d in zip(values, (4, 2, 2, 3))) + " | | |")
    judged = [load(p) for p in sorted(glob.glob(f"{folder}/{card}.[0-9]*.judge.json")) if os.path.getsize(p) > 2]
    if judged:
        values = median_row([[j["auc"], j["chi2_ndf_median"], j["chi2_ndf_max"], j.get("neighbour_ratio")] for j in judged])
        lines.append("| independent judge (scikit-learn), median | | " + " | ".join(number(v, d) for v, d in zip(values, (4, 2, 2, 3))) + " | | |")
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
lines += unfold_table.lines(f"{folder}/unfold")
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
lines += subtract_table.section(folder)
open(output, "w").write("\n".join(lines))
