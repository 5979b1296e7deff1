"""subtract_table.py FOLDER [QUALITY.md] -- the section of docs/quality.md on subtraction from the JSON files that subtract.sh left in FOLDER:
printed, or put in place of the one in QUALITY.md."""
import glob
import json
import os
import statistics
import sys

import sections

TITLE = "## Subtraction"
TOYS = (("toy1_subgan", "toy1_subgan.card: 1/x + 0.1 minus 1/x on [1,200]"),
        ("toy2_subgan", "toy2_subgan.card: the same plus a peak of area 4.678, position 90, half width 10"),
        ("toy1_subgan_paper", "toy1_subgan_paper.card: the first toy with the published settings"),
        ("toy1_subgan_paper_ramp", "The same with `subtract.ramp=0.4 loss.normalisation=20`"))


def load(path):
    with open(path) as f:
        return json.load(f)


def off(info, sample):
    """Relative deviation of a sample's share of the generated events from its cross section, both over base."""
    cards = {c.split(":")[0].strip(): c.split(":")[1].split() for c in info["options"]["classes"].split(";") if ":" in c}
    share = {s: sum(c["fraction"] for c in info["classes"] if s in cards[c["name"]]) for s in info["samples"]}
    sigma = {s: v["sigma_pb"] for s, v in info["samples"].items()}
    return share[sample] / share["base"] / (sigma[sample] / sigma["base"]) - 1


def difference_off(info):
    """The same for the classes that belong to base alone, where the cross sections decide their share: base minus subtract."""
    sigma = {s: v["sigma_pb"] for s, v in info["samples"].items()}
    own = {c["name"]: c["fraction"] for c in info["classes"]}
    return own["B-S"] / (own["B-S"] + own["S"]) / (1 - sigma["subtract"] / sigma["base"]) - 1


def seeds(folder, card, part="difference"):
    found = {}
    for path in glob.glob(f"{folder}/{card}.*.{part}.json"):
        seed = os.path.basename(path).split(".")[1]
        if seed.isdigit():
            found[int(seed)] = load(path)
    return dict(sorted(found.items()))


def minutes(folder, card, seed):
    """Processor time of the training, from `time`."""
    with open(f"{folder}/{card}.{seed}.time") as f:
        return sum(float(x) for x in f.read().split()[-2:]) / 60


def percent(value):
    return f"{100 * value:+.2f} %"


def chi2(folder, card, seed, part, observable, key="chi2_ndf"):
    path = f"{folder}/{card}.{seed}.{part}.json"
    return load(path)["observables"][observable][key] if os.path.exists(path) else None


def number(value, digits=2):
    return "none" if value is None else f"{value:.{digits}f}"


def toy_rows(folder, card):
    lines, rows = [], []
    for seed, j in seeds(folder, card).items():
        info, x = load(f"{folder}/{card}.{seed}.info.json"), j["observables"]["x"]
        own = [chi2(folder, card, seed, part, "x", "chi2_ndf_binned") for part in ("b", "s")]
        row = [x["share_inside"], x["mean_ratio"], x["binned"]["share_inside"], x["binned"]["mean_ratio"], info["purity"], difference_off(info)]
        rows.append(row)
        peak = x.get("peak")
        shown = f"{peak['area_in_range']:.2f}, {peak['position']:.2f}, {peak['half_width']:.2f}" if peak else "-"
        lines.append(f"| {seed} | {100 * row[0]:.0f} % | {row[1]:.2f} | {100 * row[2]:.0f} %, {row[3]:.2f} | {100 * row[4]:.2f} % | {percent(row[5])} | "
                     f"{number(own[0])}, {number(own[1])} | {shown} | {minutes(folder, card, seed):.1f} |")
    if len(rows) > 1:
        m = [statistics.median(r) for r in zip(*rows)]
        lines.append(f"| **median** | **{100 * m[0]:.0f} %** | **{m[1]:.2f}** | {100 * m[2]:.0f} %, {m[3]:.2f} | **{100 * m[4]:.2f} %** | "
                     f"**{100 * statistics.median(abs(r[5]) for r in rows):.2f} %** (size) | | | |")
    return lines


def per_bin(folder, card):
    """Uncertainty of every bin: root mean square of generated - exact over the seeds, each with samples of its own, and the binned error."""
    rows = [j["observables"]["x"]["per_bin"] for j in seeds(folder, card).values()]
    if len(rows) < 2:
        return []
    cells = [[], [], []]
    for b in range(len(rows[0]["exact"])):
        exact = rows[0]["exact"][b]
        values = (statistics.mean(r["binned_error"][b] for r in rows), statistics.mean((r["binned"][b] - exact) ** 2 for r in rows) ** 0.5,
                  statistics.mean((r["generated"][b] - exact) ** 2 for r in rows) ** 0.5)
        for cell, value in zip(cells, values):
            cell.append(f"{100 * value / exact:.1f}")
    names = ("error of binned subtraction", "binned: rms deviation, all seeds", "generated: rms deviation, all seeds")
    return [f"Uncertainty per bin in per cent of the exact content, {card}.card, from low to high x:", "", "| | " + " | ".join(str(b + 1) for b in range(len(cells[0]))) + " |",
            "|---" * (len(cells[0]) + 1) + "|"] + [f"| {name} | " + " | ".join(cell) + " |" for name, cell in zip(names, cells)] + [""]


def dipole_rows(folder):
    lines, rows = [], []
    for seed, j in seeds(folder, "zg_subgan").items():
        info = load(f"{folder}/zg_subgan.{seed}.info.json")
        observables = j["observables"].values()
        row = [j["share_inside"], j["mean_ratio"], statistics.mean(o["binned"]["share_inside"] for o in observables),
               statistics.mean(o["binned"]["mean_ratio"] for o in observables), info["purity"], difference_off(info)]
        rows.append(row)
        worst = min(j["observables"].items(), key=lambda o: o[1]["share_inside"])
        lines.append(f"| {seed} | {100 * row[0]:.0f} % | {row[1]:.2f} | {100 * row[2]:.0f} %, {row[3]:.2f} | {worst[0]} {100 * worst[1]['share_inside']:.0f} % | "
                     f"{100 * row[4]:.2f} % | {percent(row[5])} | {minutes(folder, 'zg_subgan', seed):.1f} |")
    if len(rows) > 1:
        m = [statistics.median(r) for r in zip(*rows)]
        lines.append(f"| **median** | **{100 * m[0]:.0f} %** | **{m[1]:.2f}** | {100 * m[2]:.0f} %, {m[3]:.2f} | | **{100 * m[4]:.2f} %** | "
                     f"**{100 * statistics.median(abs(r[5]) for r in rows):.2f} %** (size) | |")
    return lines


def drell_yan_rows(folder, key):
    lines, rows = [], []
    for seed, j in seeds(folder, "dy_subgan").items():
        info = load(f"{folder}/dy_subgan.{seed}.info.json")
        row = [chi2(folder, "dy_subgan", seed, part, k, key) for part in ("b", "s", "difference") for k in ("m", "em_pT", "em_eta")]
        rows.append(row)
        cells = [", ".join(number(v) for v in row[i:i + 3]) for i in (0, 3, 6)]
        peak = j["observables"]["m"]["z_peak"]
        lines.append(f"| {seed} | {cells[0]} | {cells[1]} | {cells[2]} | {peak[0]:.3f} ({peak[1]:.3f}) GeV | {100 * info['purity']:.2f} % | "
                     f"{percent(off(info, 'subtract'))} | {minutes(folder, 'dy_subgan', seed):.1f} |")
    if len(rows) > 1:
        m = [statistics.median(v for v in r if v is not None) for r in zip(*rows)]
        lines.append("| **median** | " + " | ".join("**" + ", ".join(number(v) for v in m[i:i + 3]) + "**" for i in (0, 3, 6)) + " | | | | |")
    return lines


def section(folder):
    lines = []
    for card, title in TOYS:
        rows = toy_rows(folder, card)
        if rows:
            lines += [f"### {title}", "",
                      "| seed | bins within the binned error | mean deviation / error | binned subtraction: the same | labels above 0.99 | B-S share off | "
                      "chi2/ndf of B, S against their samples | peak: area, position, half width | core-minutes |", "|---|---|---|---|---|---|---|---|---|"] + rows + [""]
        if card in ("toy1_subgan", "toy2_subgan"):
            lines += per_bin(folder, card)
    rows = dipole_rows(folder)
    if rows:
        lines += ["### zg_subgan.card: q qbar -> Z g minus its dipoles", "", "Over all observables of both particles and of the pair, against weights from the matrix elements.", "",
                  "| seed | bins within the binned error | mean deviation / error | binned subtraction: the same | worst observable | labels above 0.99 | B-S share off | core-minutes |",
                  "|---|---|---|---|---|---|---|---|"] + rows + [""]
    for key, count in (("chi2_ndf_last", "20 000"), ("chi2_ndf", "100 000")):
        rows = drell_yan_rows(folder, key)
        if rows:
            lines += [f"### dy_subgan.card: Drell-Yan minus photon exchange, against {count} events", "",
                      f"chi2/ndf of 1e6 generated events in 20 bins against the last {count} events of each sample, which training has not seen; errors of signed weights.", "",
                      "| seed | B: m, pT, eta | S: m, pT, eta | B-S: m, pT, eta | Z peak of B-S (100 000 events) | labels above 0.99 | S share off | core-minutes |",
                      "|---|---|---|---|---|---|---|---|"] + rows + [""]
    if lines:
        lines = [TITLE, "",
                 "Training samples of 100 000 events, a million generated ones, 20 bins, against the exact difference (closed forms, weights from matrix",
                 "elements, held-back events). The binned error is that of subtracting histograms of the training samples; a deviation/error of 0.8 is what binned",
                 "subtraction itself has on average. Shares are those of the largest label before cross sections are imposed, labels those of the trained softmax.", "",
                 "![Generated differences, their uncertainty and binned subtraction](subtraction.png)", "",
                 "Bands: spread of the generated bins over the seeds (of the training; in the toys also of the samples) and the error of their number of events.", ""] + lines
    return lines


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    found = section(sys.argv[1])
    if not found:
        sys.exit(f"subtract_table: no figures in {sys.argv[1]}")
    if len(sys.argv) == 3:
        sections.merge(sys.argv[2], "\n".join(found))
    else:
        print("\n".join(found))
