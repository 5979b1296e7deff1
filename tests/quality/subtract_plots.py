"""subtract_plots.py FOLDER PNG -- one picture of the subtractions whose figures subtract.sh left in FOLDER: generated base - subtract (+ add)
with its error band, the exact answer and binned subtraction, by gnuplot.

A column of three panels for each: the toys' x and the mass of the Drell-Yan pair. Above: the content of the bins of the first seed. In the
middle: generated and binned over exact. The band around the generated line is its spread over seeds (of the training and, for the toys, of
the samples) and the error of its number of events in squares. Below: this error and that of binned subtraction over the exact content."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

COLUMNS = (("toy1_subgan", "x", "toy 1: 1/x + 0.1 minus 1/x", "x", "set yrange [0:1.6]", 0.12, "*"),
           ("toy2_subgan", "x", "toy 2: a peak added", "x", "set yrange [0:4.5]", 0.12, "*"),
           ("dy_subgan", "m", "Drell-Yan minus photon exchange", "m(ee) [GeV]", "set logscale y; set format y '10^{%T}'; set yrange [0.1:5000]", 0.3, "40"))
LEFT, RIGHT, GAP = 0.075, 0.99, 0.05
RED, BLUE = "#c0392b", "#1f6fb2"


def load(folder, card, name):
    found = {}
    for path in glob.glob(f"{folder}/{card}.*.difference.json"):
        seed = os.path.basename(path).split(".")[1]
        if re.fullmatch(r"\d+", seed):
            with open(path) as f:
                found[int(seed)] = {k: np.array(v) for k, v in json.load(f)["observables"][name]["per_bin"].items()}
    return [found[s] for s in sorted(found)]


def write(rows, path):
    """A row a bin: low edge, centre, half width, generated, its error, binned, its error, exact; the last one repeats the last bin at its
    upper edge, where steps end. @return the edges of the picture"""
    seen = rows[0]
    edges = seen["edges"]
    spread = np.std([r["generated"] for r in rows], axis=0, ddof=1) if len(rows) > 1 else np.zeros(len(edges) - 1)
    table = np.stack([edges[:-1], 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges), seen["generated"], np.hypot(spread, seen["generated_error"]),
                      seen["binned"], seen["binned_error"], seen["exact"]], 1)
    last = table[-1].copy()
    last[0], last[1] = edges[-1], np.nan
    np.savetxt(path, np.vstack([table, last]))
    return edges[0], edges[-1]


def panels(number, count, path, span, column):
    _, _, title, xlabel, above, ratio, largest = column
    width = (RIGHT - LEFT + GAP) / count
    left = LEFT + number * width
    first = number == 0
    data = f'"{path}"'
    return [f"set lmargin at screen {left:.4f}; set rmargin at screen {left + width - GAP:.4f}; set xrange [{span[0]}:{span[1]}]",
            "unset xlabel; set format x ''; set format y '%g'", f"set title '{title}' offset 0,-0.6", f"set ylabel '{'pb in a bin' if first else ''}'",
            "set tmargin at screen 0.94; set bmargin at screen 0.52", above, "set key top right samplen 1.5" if first else "unset key",
            f"plot {data} using 1:8 with steps lc rgb 'black' lw 1.5 title 'exact', "
            f"{data} using 2:6:7 with yerrorbars pt 7 ps 0.4 lc rgb '{RED}' title 'binned subtraction', "
            f"{data} using 1:4 with steps lc rgb '{BLUE}' lw 1.5 title 'generated'",
            "unset title; unset logscale y; unset key; set format y '%g'", "set tmargin at screen 0.50; set bmargin at screen 0.30",
            f"set yrange [{1 - ratio}:{1 + ratio}]; set ytics {0.1 if ratio > 0.2 else 0.05}", f"set ylabel '{'over exact' if first else ''}'",
            f"plot {data} using 2:($4/$8):3:($5/$8) with boxxyerror fc rgb '{BLUE}' fs transparent solid 0.3 noborder, 1 with lines lc rgb 'black' lw 1, "
            f"{data} using 1:($4/$8) with steps lc rgb '{BLUE}' lw 1.5, {data} using 2:($6/$8):($7/$8) with yerrorbars pt 7 ps 0.4 lc rgb '{RED}'",
            "set tmargin at screen 0.28; set bmargin at screen 0.09; set format x '%g'", f"set xlabel '{xlabel}' offset 0,0.5",
            f"set yrange [0:{largest}]; set ytics autofreq", f"set ylabel '{'error [%]' if first else ''}'",
            f"plot {data} using 1:(100*$7/abs($8)) with steps lc rgb '{RED}' lw 1.5, {data} using 1:(100*$5/abs($8)) with steps lc rgb '{BLUE}' lw 1.5"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, png = sys.argv[1:]
    shown = [(column, rows) for column in COLUMNS if (rows := load(folder, column[0], column[1]))]
    if not shown:
        sys.exit(f"subtract_plots: no figures in {folder}")
    with tempfile.TemporaryDirectory() as work:
        script = [f"set terminal pngcairo size {120 + 320 * len(shown)},560 font ',9'", f'set output "{png}"', "set multiplot"]
        for number, (column, rows) in enumerate(shown):
            path = os.path.join(work, f"{number}.dat")
            script += panels(number, len(shown), path, write(rows, path), column)
        script.append("unset multiplot")
        subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


if __name__ == "__main__":
    main()
