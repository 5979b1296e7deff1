"""shower_plots.py TRUTH DOCS NAME=GENERATED.h5 ... -- two pictures of showers by gnuplot, as PNG in DOCS.

shower_images.png: mean shower of each layer, truth in the first line and a line for each NAME, GeV a cell, logarithmic colours.
shower_shapes.png: distributions of nine shapes (shower_shapes.py) of all files."""
import argparse
import os
import subprocess
import tempfile

import numpy as np

import shower_shapes

SHOWN = (("response", "total/requested energy"), ("layer0_fraction", "share of layer 0"), ("layer2_fraction", "share of layer 2"),
         ("depth", "depth"), ("layer0_width", "width of layer 0 [mm]"), ("layer1_width", "width of layer 1 [mm]"),
         ("layer1_eratio", "eratio of layer 1"), ("layer0_sparsity", "filled cells of layer 0"), ("layer1_sparsity", "filled cells of layer 1"))


def gnuplot(script):
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)


def images(files, folder, png):
    script = ["set terminal pngcairo size 1000,%d" % (60 + 200 * len(files)), f'set output "{png}"', f"set multiplot layout {len(files)},3",
              "set palette defined (0 '#f7fbff', 1 '#6baed6', 2 '#08306b')", "set logscale cb", "unset key", "unset xtics", "unset ytics",
              "set format cb '10^{%L}'"]
    least = [1e-4, 1e-3, 1e-4]
    for name, showers in files.items():
        for k, (rows, columns) in enumerate(shower_shapes.GRID):
            mean = showers.cells[:, shower_shapes.FIRST[k] : shower_shapes.FIRST[k + 1]].mean(0).reshape(rows, columns)
            top = files["truth"].cells[:, shower_shapes.FIRST[k] : shower_shapes.FIRST[k + 1]].mean(0).max()
            path = os.path.join(folder, f"{name}.{k}.dat")
            np.savetxt(path, np.maximum(mean, least[k]))
            script += [f"set title '{name}, layer {k}'", f"set cbrange [{least[k]}:{top}]", f"set xrange [-0.5:{columns - 0.5}]",
                       f"set yrange [-0.5:{rows - 0.5}]", f'plot "{path}" matrix with image']
    gnuplot(script)


def distributions(files, folder, png):
    script = ["set terminal pngcairo size 1100,900", f'set output "{png}"', "set multiplot layout 3,3", "set key left top samplen 2", "unset ytics", "set ylabel 'showers'"]
    shapes = {name: shower_shapes.shapes(s) for name, s in files.items()}
    for at, (key, label) in enumerate(SHOWN):
        low, high = np.quantile(shapes["truth"][key], [0.002, 0.998])
        step = (high - low) / 50
        if key.endswith("sparsity"):  # whole numbers of cells
            cells = np.prod(shower_shapes.GRID[int(key[5])])
            step = max(1, round(step * cells)) / cells
            low = low - step / 2
        edges = np.arange(low - 3 * step, high + 4 * step, step)
        parts = []
        for number, (name, values) in enumerate(shapes.items()):
            h, _ = np.histogram(values[key], edges)
            path = os.path.join(folder, f"{key}.{number}.dat")
            np.savetxt(path, np.stack([0.5 * (edges[1:] + edges[:-1]), h / len(values[key])], 1))
            style = "boxes fs solid 0.25 noborder lc rgb 'grey40'" if name == "truth" else f"steps lw 2 lc {number}"
            parts.append(f'"{path}" using 1:2 with {style} title "{name}"' if at == 0 else f'"{path}" using 1:2 with {style} notitle')
        script += [f"set xlabel '{label}'", f"set xrange [{edges[0]}:{edges[-1]}]", "set yrange [0:*]", "plot " + ", ".join(parts)]
    gnuplot(script)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth")
    parser.add_argument("docs")
    parser.add_argument("named", nargs="+", metavar="NAME=GENERATED.h5")
    parser.add_argument("--max", type=int, default=20000)
    args = parser.parse_args()
    files = {"truth": shower_shapes.read(args.truth, args.max)}
    for entry in args.named:
        name, path = entry.split("=", 1)
        files[name] = shower_shapes.read(path, args.max)
    with tempfile.TemporaryDirectory() as folder:
        images(files, folder, os.path.join(args.docs, "shower_images.png"))
        distributions(files, folder, os.path.join(args.docs, "shower_shapes.png"))


if __name__ == "__main__":
    main()
