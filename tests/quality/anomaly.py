#!/usr/bin/python3
"""anomaly.py mix BACKGROUND SIGNAL SEED OUTPUT      one shuffled table; its column of labels stays out of the columns of the events
anomaly.py judge EVENTS SCORES BUMP MASS WIDTH FRACTION   figures of one injection as JSON
anomaly.py table FOLDER QUALITY.md                        the section "Anomalies"

Baselines learn from the same unlabelled events: `mass` is minus the log density of m(ll), a Gaussian kernel density in ln m by convolution
of a histogram; `forest` is scikit-learn's isolation forest on ln m, y, cos* and ln pT. SIC: the significance improvement
eps_S/sqrt(eps_B), largest over the cuts that leave at least 20 background events.
"""
import glob
import json
import math
import os
import sys

import h5py
import numpy as np

import sections

TITLE = "## Anomalies (tests/quality/anomaly.sh)"
SCORES = {"score_reconstruction": "reconstruction", "score_elbo": "ELBO", "score_buffer": "buffer", "mass": "mass", "forest": "forest"}


def read(path):
    with h5py.File(path) as f:
        names = [c.decode() if isinstance(c, bytes) else c for c in f["events"].attrs["columns"]]
        return np.asarray(f["events"], float), names


def mix(background, signal, seed, output):
    with h5py.File(background) as f:
        rows, attributes = f["events"][:], dict(f["events"].attrs)
    with h5py.File(signal) as f:
        more = f["events"][:]
    order = np.random.default_rng(int(seed)).permutation(len(rows) + len(more))
    with h5py.File(output, "w") as f:
        data = f.create_dataset("events", data=np.concatenate([rows, more])[order])
        for key, value in attributes.items():
            data.attrs[key] = value
        f.create_dataset("labels", data=(order >= len(rows)).astype(np.int8))


def features(x):
    e, p = x[:, 0] + x[:, 4], x[:, 1:4] + x[:, 5:8]
    mass = np.sqrt(np.maximum(e**2 - (p**2).sum(1), 1e-6))
    y = 0.5 * np.log((e + p[:, 2]) / (e - p[:, 2]))
    cos = np.tanh(0.5 * (np.arctanh(x[:, 3] / x[:, 0]) - np.arctanh(x[:, 7] / x[:, 4])))
    return np.stack([np.log(mass), y, cos, np.log(np.hypot(x[:, 1], x[:, 2]))], 1)


def mass_density(logs):
    edges = np.linspace(logs.min() - 0.2, logs.max() + 0.2, 4001)
    share, _ = np.histogram(logs, edges)
    width = 1.06 * logs.std() * len(logs) ** -0.2 / 2 / (edges[1] - edges[0])
    reach = np.arange(-int(4 * width) - 1, int(4 * width) + 2)
    kernel = np.exp(-0.5 * (reach / width) ** 2)
    smooth = np.convolve(share, kernel / kernel.sum(), "same") / len(logs)
    return -np.log(smooth[np.clip(np.searchsorted(edges, logs) - 1, 0, 3999)] + 1e-12)


def auc_and_sic(score, label):
    order = np.argsort(-score, kind="stable")
    signal, background = np.cumsum(label[order]), np.cumsum(1 - label[order])
    eps_s, eps_b = signal / signal[-1], background / background[-1]
    area = float(np.trapz(eps_s, eps_b))
    enough = background >= 20
    return area, float((eps_s[enough] / np.sqrt(eps_b[enough])).max())


def judge(events, scores, bump, mass, width, fraction):
    from sklearn.ensemble import IsolationForest

    x, _ = read(events)
    with h5py.File(events) as f:
        label = f["labels"][:].astype(int)
    table, names = read(scores)
    f = features(x)
    columns = {name: table[:, k] for k, name in enumerate(names)}
    columns["mass"] = mass_density(f[:, 0])
    columns["forest"] = -IsolationForest(n_estimators=200, random_state=1).fit(f).score_samples(f)
    found = [json.load(open(bump + ending)) for ending in (".json", ".observables.json")]
    out = {"mass": float(mass), "width": float(width), "fraction": float(fraction), "events": len(x), "signal": int(label.sum()),
           "scores": {k: auc_and_sic(v, label) for k, v in columns.items()}, "bump": found[0], "observables": found[1]}
    json.dump(out, sys.stdout)


def table(folder, output):
    rows = sorted((json.load(open(p)) for p in glob.glob(f"{folder}/m*.json") if "bump" not in p), key=lambda r: (-r["fraction"], r["mass"], r["width"]))
    kinds = {"latent space": "", "observables": "observables."}
    nulls = {kind: [json.load(open(p))["p_value"] for p in glob.glob(f"{folder}/null.*.json") if ("observables" in p) == bool(ending)] for kind, ending in kinds.items()}
    if not rows:
        sys.exit(f"anomaly: no figures in {folder}")
    out = [TITLE, "",
           f"Z' resonances injected into Drell-Yan pairs above 100 GeV (`dy_zprime`), {rows[0]['events']} events, nothing labelled. Per score the AUC of signal against",
           "background and the largest significance improvement eps_S/sqrt(eps_B) of a cut that leaves at least 20 background events. reconstruction,",
           "ELBO and buffer are those of `genhep score` with zprime_bvae.card, trained on the scored events; mass and forest are the baselines of",
           "anomaly.py. All but the excess are scores of rarity: pairs above 200 GeV are rare, signal or not, and the heavier the better they are found.", "",
           "| fraction | mass, width [GeV] | " + " | ".join(SCORES.values()) + " | excess in latent space: p, local z | inside (expected) of, along | in observables: p, local z | inside (expected) of, along |",
           "|---|---|" + "---|" * (len(SCORES) + 4)]
    for r in rows:
        cells = [f"{r['scores'][k][0]:.3f}, {r['scores'][k][1]:.2f}" if k in r["scores"] else "-" for k in SCORES]
        for b in (r["bump"], r["observables"]):
            cells += [f"{b['p_value']:.3f}, {b['significance']:.1f}", f"{b['inside']} ({b['expected']:.0f}) of {b['neighbours']}, {b['axis'] or 'all'}"]
        out.append(f"| {100 * r['fraction']:g} % | {r['mass']:.0f}, {r['mass'] * r['width']:g} | " + " | ".join(cells) + " |")
    out += ["", "Excess: `genhep bump` in the latent space of a model of the background, and in the observables of process `dy`, against another background sample of the",
            "same size; the least p-value of 199 permutations is 0.005. Without signal:", "", "| | data sets | p <= 0.1 | p <= 0.5 |", "|---|---|---|---|"]
    for kind, p in nulls.items():
        n = len(p)
        out.append(f"| {kind} | {n} | {sum(v <= 0.1001 for v in p)} (expected {0.1 * n:.0f} +- {math.sqrt(0.09 * n):.1f}) | "
                   f"{sum(v <= 0.5001 for v in p)} ({0.5 * n:.0f} +- {math.sqrt(0.25 * n):.1f}) |")
    out.append("")
    sections.merge(output, "\n".join(out))


if __name__ == "__main__":
    commands = {"mix": (mix, 4), "judge": (judge, 6), "table": (table, 2)}
    if len(sys.argv) < 2 or sys.argv[1] not in commands or len(sys.argv) != commands[sys.argv[1]][1] + 2:
        sys.exit(__doc__)
    commands[sys.argv[1]][0](*sys.argv[2:])
