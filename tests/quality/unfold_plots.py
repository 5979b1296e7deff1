"""unfold_plots.py TRUTH DOCS NAME=FIGURES.json,POSTERIOR.h5 ... -- three pictures of an unfolding by gnuplot, as PNG in DOCS.

TRUTH holds held-back events; each FIGURES.json is unfold.py's, each POSTERIOR.h5 many unfoldings of the one event --event (default 0) of
TRUTH. unfold_posterior.png: what is known of this event's pT(j1), m(jj), pT(l-) and eta(j2) after unfolding, with truth and detector;
unfold_calibration.png: share of events whose truth lies below a quantile of its posterior; unfold_migration.png: migration matrix of the first
NAME in pT(j1)."""
import argparse
import json
import os
import subprocess
import tempfile

import numpy as np

import unfold

SHOWN = (("pT_j1", "pT of j1 [GeV]"), ("m_jj", "m(jj) [GeV]"), ("pT_lm", "pT of l- [GeV]"), ("eta_j2", "eta of j2"))


def one_event(path, index):
    x, names = unfold.read(path)
    row = x[index : index + 1]
    return [{k: float(v[0]) for k, v in unfold.observables(row, names, level).items()} for level in ("part", "det")]


def posterior(models, truth, detector, folder, png):
    script = ['set terminal pngcairo size 1000,760', f'set output "{png}"', "set multiplot layout 2,2", "set style fill transparent solid 0.25 noborder",
              "set ylabel 'density'", "unset ytics"]
    drawn = {name: unfold.observables(*unfold.read(path), "part") for name, (_, path) in models.items()}
    for key, label in SHOWN:
        values = np.concatenate([d[key] for d in drawn.values()] + [[truth[key], detector[key]]])
        low, high = np.quantile(values, [0.003, 0.997])
        low, high = min(low, truth[key], detector[key]), max(high, truth[key], detector[key])
        edges = np.linspace(low - 0.05 * (high - low), high + 0.05 * (high - low), 61)
        parts, top = [], 0
        for number, (name, d) in enumerate(drawn.items()):
            density, _ = np.histogram(d[key], edges, density=True)
            top = max(top, density.max())
            path = os.path.join(folder, f"{key}.{number}.dat")
            np.savetxt(path, np.stack([0.5 * (edges[1:] + edges[:-1]), density], 1))
            parts.append(f'"{path}" with lines lw 2 title "{name}"')
        for number, (value, name) in enumerate(((truth[key], "truth"), (detector[key], "detector"))):
            path = os.path.join(folder, f"{key}.{name}.dat")
            np.savetxt(path, [[value, 0], [value, 1.1 * top]])
            parts.append(f'"{path}" with lines lw 2 dt {number + 2} lc rgb "{("black", "gray50")[number]}" title "{name}"')
        script += [f"set xlabel '{label}'", f"set xrange [{edges[0]}:{edges[-1]}]", f"set yrange [0:{1.15 * top}]", "plot " + ", ".join(parts)]
    return script + ["unset multiplot"]


def calibration(models, folder, png):
    script = ['set terminal pngcairo size 1000,420', f'set output "{png}"', "set multiplot layout 1,3", "set key right bottom", "set xrange [0:1]", "set yrange [0:1]",
              "set xlabel 'quantile of the posterior'", "set ylabel 'share of events below'"]
    for key, label in (("pT_j1", "pT(j1)"), ("pT_lm", "pT(l-)"), ("m_jj", "m(jj)")):
        parts = ['x with lines dt 2 lc rgb "black" title "right posterior"']
        for number, (name, (figures, _)) in enumerate(models.items()):
            share = figures["observables"][key]["calibration"]["share_below"]
            path = os.path.join(folder, f"calibration.{key}.{number}.dat")
            np.savetxt(path, [[0, 0]] + [[float(q), v] for q, v in share.items()] + [[1, 1]])
            parts.append(f'"{path}" with linespoints pt 7 ps 0.6 title "{name}"')
        script += [f"set title '{label}'", "plot " + ", ".join(parts)]
    return script + ["unset multiplot"]


def migration(models, folder, png):
    name, (figures, _) = next(iter(models.items()))
    m = figures["migration"]["pT_j1"]
    path = os.path.join(folder, "migration.dat")
    np.savetxt(path, np.array(m["matrix"]))
    edges = [f"{e:.0f}" for e in m["edges"]]
    tics = ", ".join(f"'{e}+' {i}" if i + 1 == len(edges) else f"'{e}-{edges[i + 1]}' {i}" for i, e in enumerate(edges))
    return ['set terminal pngcairo size 640,560', f'set output "{png}"', "set palette defined (0 'white', 0.5 'steelblue', 1 'navy')", "set cbrange [0:1]",
            f"set xtics ({tics}) rotate by 45 right", f"set ytics ({tics})", "set xlabel 'unfolded pT of j1 [GeV]'", "set ylabel 'true pT of j1 [GeV]'",
            f"set title '{name}: share of a row'", "set xrange [-0.5:9.5]", "set yrange [-0.5:9.5]",
            f'plot "{path}" matrix with image notitle, "{path}" matrix using 1:2:($3 >= 0.005 ? sprintf("%.2f", $3) : "") with labels font ",8" notitle']


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth")
    parser.add_argument("docs")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--event", type=int, default=0)
    args = parser.parse_args()
    models = {}
    for text in args.models:
        name, files = text.split("=", 1)
        figures, draws = files.split(",")
        with open(figures) as f:
            models[name] = (json.load(f), draws)
    truth, detector = one_event(args.truth, args.event)
    with tempfile.TemporaryDirectory() as folder:
        pictures = {"unfold_posterior": lambda png: posterior(models, truth, detector, folder, png),
                    "unfold_calibration": lambda png: calibration(models, folder, png), "unfold_migration": lambda png: migration(models, folder, png)}
        for name, make in pictures.items():
            script = make(os.path.join(args.docs, f"{name}.png"))
            subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


if __name__ == "__main__":
    main()
