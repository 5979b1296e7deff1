"""subtract_table.py FOLDER -- the section of docs/quality.md on subtraction from the JSON files that subtract.sh left in FOLDER."""
import glob
import json
import os
import statistics
import sys


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
    if "B-S" not in own or "S only" in own:
        return None
    return own["B-S"] / (own["B-S"] + own["S"]) / (1 - sigma["subtract"] / sigma["base"]) - 1


def seeds(folder, card, part):
    found = {}
    for path in glob.glob(f"{folder}/{card}.*.{part}.json"):
        seed = os.path.basename(path).split(".")[1]
        if seed.isdigit():
            found[int(seed)] = (load(path), load(f"{folder}/{card}.{seed}.info.json"))
    return dict(sorted(found.items()))


def minutes(info):
    return f"{info['provenance']['seconds'] / 60:.1f}"


def percent(value):
    return "-" if value is None else f"{100 * value:+.2f} %"


def toy_rows(folder, card):
    lines, rows = [], []
    for seed, (j, info) in seeds(folder, card, "difference").items():
        x = j["observables"]["x"]
        row = [x["share_inside"], x["mean_ratio"], x["binned"]["share_inside"], x["binned"]["mean_ratio"], info["purity"], difference_off(info),
               load(f"{folder}/{card}.{seed}.b.json")["observables"]["x"]["chi2_ndf"], load(f"{folder}/{card}.{seed}.s.json")["observables"]["x"]["chi2_ndf"]]
        rows.append(row)
        peak = x.get("peak")
        shown = f"{peak['area_in_range']:.2f}, {peak['position']:.2f}, {peak['half_width']:.2f}" if peak else "-"
        lines.append(f"| {seed} | {100 * row[0]:.0f} % | {row[1]:.2f} | {100 * row[2]:.0f} %, {row[3]:.2f} | {100 * row[4]:.2f} % | {percent(row[5])} | "
                     f"{row[6]:.2f}, {row[7]:.2f} | {shown} | {minutes(info)} |")
    if rows:
        m = [statistics.median(r) for r in zip(*rows)]
        lines.append(f"| **median** | **{100 * m[0]:.0f} %** | **{m[1]:.2f}** | {100 * m[2]:.0f} %, {m[3]:.2f} | **{100 * m[4]:.2f} %** | "
                     f"**{percent(statistics.median(abs(r[5]) for r in rows))}** (size) | {m[6]:.2f}, {m[7]:.2f} | | |")
    return lines


def section(folder):
    lines = []
    for card, title in (("toy1_subgan", "1/x + 0.1 minus 1/x on [1,200]"), ("toy2_subgan", "the same plus a peak of area 4.678, position 90, half width 10")):
        rows = toy_rows(folder, card)
        if rows:
            lines += [f"### {card}.card: {title}", "",
                      "| seed | bins within the binned error | mean deviation / error | binned subtraction: the same | labels above 0.99 | B-S share off | "
                      "chi2/ndf of B, S against the exact density, 1e6 events | peak: area, position, half width | minutes |", "|---|---|---|---|---|---|---|---|---|"] + rows + [""]
    found = seeds(folder, "zg_subgan", "difference")
    if found:
        lines += ["### zg_subgan.card: q qbar -> Z g minus its dipoles", "",
                  "| seed | bins within the binned error | mean deviation / error | binned subtraction: the same | labels above 0.99 | B-S share off | minutes |",
                  "|---|---|---|---|---|---|---|"]
        for seed, (j, info) in found.items():
            own = [o["binned"] for o in j["observables"].values()]
            lines.append(f"| {seed} | {100 * j['share_inside']:.0f} % | {j['mean_ratio']:.2f} | {100 * statistics.mean(o['share_inside'] for o in own):.0f} %, "
                         f"{statistics.mean(o['mean_ratio'] for o in own):.2f} | {100 * info['purity']:.2f} % | {percent(difference_off(info))} | {minutes(info)} |")
        lines.append("")
    found = seeds(folder, "dy_subgan", "difference")
    if found:
        lines += ["### dy_subgan.card: Drell-Yan minus photon exchange", "",
                  "chi2/ndf of 1e6 generated events against the other half of the samples (1e5 events each), 20 bins.", "",
                  "| seed | B: m, pT, eta | S: m, pT, eta | B-S: m, pT, eta | Z peak of B-S (reference) | labels above 0.99 | S share off | minutes |",
                  "|---|---|---|---|---|---|---|---|"]
        for seed, (j, info) in found.items():
            cells = []
            for part in ("b", "s", "difference"):
                o = load(f"{folder}/dy_subgan.{seed}.{part}.json")["observables"]
                cells.append(", ".join(f"{o[k]['chi2_ndf']:.2f}" for k in ("m", "em_pT", "em_eta")))
            peak = j["observables"]["m"]["z_peak"]
            lines.append(f"| {seed} | {cells[0]} | {cells[1]} | {cells[2]} | {peak[0]:.3f} ({peak[1]:.3f}) GeV | {100 * info['purity']:.2f} % | "
                         f"{percent(off(info, 'subtract'))} | {minutes(info)} |")
        lines.append("")
    if lines:
        lines = ["## Subtraction", "",
                 "Samples of 100 000 events, a million generated ones, 20 bins, against the exact difference (closed forms, or weights from matrix elements).",
                 "The binned error is that of subtracting histograms of the training samples; a deviation/error of 0.8 is what binned subtraction",
                 "itself has on average. Shares are those of the largest label before cross sections are imposed.", ""] + lines
    return lines


if __name__ == "__main__":
    print("\n".join(section(sys.argv[1])))
