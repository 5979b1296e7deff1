#!/usr/bin/env python3
"""integrate_table.py FOLDER PAGE -- the section "Integrals" of docs/quality.md from the figures that integrate.sh left in FOLDER."""
import glob
import json
import math
import os
import sys

import sections

HEADING = "## Integrals (tests/quality/integrate.sh)"


def figures(folder, pattern):
    """(name without .json, figures) of the files that match, in order."""
    found = []
    for path in sorted(glob.glob(os.path.join(folder, pattern + ".json"))):
        with open(path) as file:
            value = json.load(file)
        try:
            with open(path[:-5] + ".time") as file:
                value["core_seconds"] = float(file.read().split()[-1])
        except (OSError, ValueError, IndexError):
            value["core_seconds"] = float("nan")
        found.append((os.path.basename(path)[:-5], value))
    return found


def values(folder):
    lines = ["Values, 200 000 points, seed 1; `exact` is the quadrature of the remaining dimension.", "",
             "| y | exact | VEGAS | pull | B-VAE, K = 20 | pull | ESS/n |", "|---|---|---|---|---|---|---|"]
    vegas = {f["settings"]: f for _, f in figures(folder, "value.vegas.*")}
    rows = sorted((f for _, f in figures(folder, "value.bvae.*")), key=lambda f: float(f["settings"].split()[0][2:]))
    for f in rows:
        other = vegas[f["settings"]]
        lines.append("| %s | %.6f | %.4f +- %.4f | %+.2f | %.4f +- %.4f | %+.2f | %.4f |" % (
            f["settings"].split()[0][2:], f["exact"], other["integral"], other["error"], other["pull"], f["integral"], f["error"],
            f["pull"], f["ess"]))
    return lines


def pulls(folder):
    lines = ["Pulls (integral - exact) / error, everything random anew for each seed: networks, mixture, points. K = 20; 20 000 points "
             "after 500 steps of training, 10 000 points untrained. Their mean should be 0, their width 1; statistical errors are "
             "1/sqrt(seeds) and 1/sqrt(2 seeds).", "",
             "| y | networks | seeds | mean | width | largest | least ESS |", "|---|---|---|---|---|---|---|"]
    groups = {}
    for name, f in figures(folder, "pull.*"):
        parts = name.split(".")
        groups.setdefault((float(".".join(parts[2:-1])), parts[1]), []).append(f)
    for (y, kind), listed in sorted(groups.items()):
        p = [f["pull"] for f in listed]
        mean = sum(p) / len(p)
        width = math.sqrt(sum((x - mean) ** 2 for x in p) / max(1, len(p) - 1))
        lines.append("| %g | %s | %d | %+.2f | %.2f | %.2f | %.0f |" % (y, kind, len(p), mean, width, max(abs(x) for x in p),
                                                                        min(f["ess"] * f["n"] for f in listed)))
    return lines


def efficiencies(folder):
    lines = ["y = 0.02, a million points. `aligned`: log(1-x1) and log(1-x2) between their cuts; `turned`: these turned by 45 degrees as "
             "a plane; `rotated`: x1+x2 and x1-x2 in the box around the region; `square`: x1 and x2 in theirs. Efficiency of 2001.10028 "
             "(mean over largest weight), mean over the 99.9 % quantile, effective share of the points; points to learn from; processor "
             "seconds, learning included.", "",
             "| variables | method, seed | integral | pull | efficiency | mean/quantile | ESS/n | learnt from | core-s |",
             "|---|---|---|---|---|---|---|---|---|"]
    order = {"aligned": 0, "turned": 1, "rotated": 2, "square": 3}
    methods = {"none": "the box itself", "vegas": "VEGAS", "bvae20": "B-VAE, K = 20", "bvae50": "B-VAE, K = 50"}
    rows = [(name.split(".")[1:], f) for name, f in figures(folder, "table.*")]
    for (variables, method, seed), f in sorted(rows, key=lambda r: (order[r[0][0]], list(methods).index(r[0][1]), int(r[0][2]))):
        lines.append("| %s | %s, %s | %.5f +- %.5f | %+.2f | %.3f | %.3f | %.4f | %d | %.1f |" % (
            variables, methods[method], seed, f["integral"], f["error"], f["pull"], f["efficiency"], f["efficiency_quantile"], f["ess"],
            f["training_points"], f["core_seconds"]))
    return lines


def camels(folder):
    lines = ["Two normal distributions on the diagonal of the box (`camel`), 200 000 points; the B-VAE learns in three rounds.", "",
             "| dimensions | method | integral | pull | efficiency | mean/quantile | ESS/n | learnt from | core-s |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, f in figures(folder, "camel.*"):
        lines.append("| %s | %s | %.5f +- %.5f | %+.2f | %.3f | %.3f | %.4f | %d | %.1f |" % (
            name.split(".")[1], {"vegas": "VEGAS", "bvae": "B-VAE, K = 20"}[f["method"]], f["integral"], f["error"], f["pull"],
            f["efficiency"], f["efficiency_quantile"], f["ess"], f["training_points"], f["core_seconds"]))
    return lines


def main(folder, page):
    text = ["e+e- -> q qbar g above a cut y on 1-x of the three partons ([INTEGRATION.md](INTEGRATION.md)).", ""]
    text += efficiencies(folder) + [""] + camels(folder) + [""] + values(folder) + [""] + pulls(folder)
    sections.merge(page, "\n".join([HEADING, ""] + text))


if __name__ == "__main__":
    main(*sys.argv[1:])
