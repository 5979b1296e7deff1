"""cms_folds.py FOLDER GENHEP QUALITY.md -- figures of resonances of the folds that cms_folds.sh left in FOLDER: all rows against the
events of all models, and the spread of the folds' own ratios; rewrites their section of QUALITY.md."""
import glob
import json
import subprocess
import sys

import h5py
import numpy as np

import sections

folder, genhep, output = sys.argv[1:4]
FIGURES = [("J/psi peak/side", "jpsi", "peak_over_side"), ("J/psi share", "jpsi", "share"), ("J/psi median [GeV]", "jpsi", "median"),
           ("Upsilon peak/side", "upsilon", "peak_over_side"), ("Upsilon share", "upsilon", "share"), ("Upsilon median [GeV]", "upsilon", "median"),
           ("Z peak/side", "z", "peak_over_side"), ("Z share", "z", "share"), ("opposite sign", None, "opposite_sign")]


def pool(paths, to):
    parts = []
    for path in paths:
        with h5py.File(path) as f:
            parts.append(f["events"][:])
            names = f["events"].attrs["columns"]
    with h5py.File(to, "w") as f:
        f.create_dataset("events", data=np.concatenate(parts)).attrs["columns"] = names


def evaluated(truth, generated):
    result = f"{folder}/evaluated.json"
    subprocess.run([genhep, "evaluate", truth, generated, "--process", "cms", "--json", result, "evaluate.max=1000000", "evaluate.auc=off"], check=True)
    with open(result) as f:
        return json.load(f)["dimuon"]


def pick(cms, side, window, name):
    return cms[side][window][name] if window else cms[side][name]


folds = sorted(int(p.split("/")[-1].split(".")[0]) for p in glob.glob(f"{folder}/*.gen.h5") if p.split("/")[-1].split(".")[0].isdigit())
own = [evaluated(f"{folder}/{k}.judge.h5", f"{folder}/{k}.gen.h5") for k in folds]
pool([f"{folder}/{k}.judge.h5" for k in folds], f"{folder}/all.judge.h5")
pool([f"{folder}/{k}.gen.h5" for k in folds], f"{folder}/all.gen.h5")
every = evaluated(f"{folder}/all.judge.h5", f"{folder}/all.gen.h5")

lines = ["## cms_dimuon_bvae.card, all rows judged (tests/quality/cms_folds.sh)", "",
         f"{len(folds)} trainings, each without one part of the rows and judged on it, so that a model that has not seen them judges all rows (the choice of",
         "settings has seen all but the last tenth). Resonances of all rows against those of all models' events; in brackets the error of the ratio",
         "from the scatter over the parts.", "", "| figure | truth | generated | ratio |", "|---|---|---|---|"]
for label, window, name in FIGURES:
    t, g = (pick(every, side, window, name) for side in ("truth", "generated"))
    ratios = [pick(o, "generated", window, name) / pick(o, "truth", window, name) for o in own]
    lines.append(f"| {label} | {t:.4g} | {g:.4g} | {g / t:.4f} ({np.std(ratios, ddof=1) / len(ratios) ** 0.5:.4f}) |")
sections.merge(output, "\n".join(lines) + "\n")
