#!/usr/bin/python3
"""theory.py points NUMBER POINTS.json                   theory points spread evenly over the box
theory.py train GENHEP POINTS.json EVENTS OUTPUT      EVENTS events of every point in one shuffled table, the point in further columns
theory.py conditions M,W,C NUMBER OUTPUT              NUMBER rows that ask for one theory point
theory.py simulate GENHEP M,W,C NUMBER SEED OUTPUT    truth of one theory point
theory.py nearest POINTS.json M,W,C                   the training point next to it, distances in units of the box
theory.py events TABLE OUTPUT                         the events of a table alone, without the columns of the theory point
theory.py summary TABLE OUTPUT                        one row of observables a theory point: the table that the map is learned from
theory.py map SUMMARY LATENTS PREFIX                  what components of the latents follow: PREFIX.json, and PREFIX.dat for gnuplot
theory.py table FOLDER QUALITY.md                     the section "Theory space"

A theory point is a Z' of mass M [GeV], width W (a fraction of the mass) and coupling C (over those of the Z) in Drell-Yan pairs above 150 GeV.
"""
import json
import os
import subprocess
import sys

import h5py
import numpy as np

import sections

TITLE = "## Theory space (tests/quality/theory.sh)"

LOW, HIGH = np.array([300, 0.02, 0.8]), np.array([600, 0.06, 1.2])
NAMES = ["zp_mass", "zp_width", "zp_coupling", "zp_rate"]


def parse(text):
    return np.array([float(v) for v in text.split(",")])


def points(number, output):
    root = 1.2207440846057596  # of x^4 = x + 1; multiples of its inverse powers modulo 1 fill the cube evenly (Kronecker sequence)
    rows = LOW + (HIGH - LOW) * ((0.5 + np.arange(1, int(number) + 1)[:, None] * root ** -np.arange(1.0, 4.0)) % 1)
    with open(output, "w") as f:
        json.dump([[round(m, 2), round(w, 5), round(c, 4)] for m, w, c in rows.tolist()], f)


def named(point):
    """The columns NAMES: the width in GeV; how strong the peak is beside the continuum up to a constant, coupling^4 mass/width from the Breit-Wigner
    times a power of the mass for the luminosity of partons, seen in the training points: the power of the ratio of their counts."""
    m, w, c = point
    return np.array([m, m * w, c, c**4 / w * (300 / m) ** 3.4])


def run(genhep, point, number, seed, output):
    m, w, c = point
    subprocess.run([genhep, "simulate", "dy_zprime", "-n", str(number), "--seed", str(seed), "m_min=150", f"mass={m:.10g}", f"width={m * w:.10g}",
                    f"coupling={c:.10g}", "-o", output], check=True, stdout=subprocess.DEVNULL)
    with h5py.File(output) as f:
        return f["events"][:], [n.decode() if isinstance(n, bytes) else n for n in f["events"].attrs["columns"]]


def write(path, rows, columns):
    with h5py.File(path, "w") as f:
        f.create_dataset("events", data=rows).attrs["columns"] = columns


def train(genhep, path, events, output):
    with open(path) as f:
        wanted = json.load(f)
    tables = []
    for k, point in enumerate(wanted):
        rows, columns = run(genhep, point, int(events), 10000 + k, output + ".part.h5")
        tables.append(np.hstack([rows, np.tile(named(point), (len(rows), 1))]))
    os.remove(output + ".part.h5")
    write(output, np.random.default_rng(7).permutation(np.concatenate(tables)), columns + NAMES)


def conditions(point, number, output):
    write(output, np.tile(named(parse(point)), (int(number), 1)), NAMES)


def simulate(genhep, point, number, seed, output):
    run(genhep, parse(point), int(number), int(seed), output)


def nearest(path, point):
    with open(path) as f:
        rows = np.array(json.load(f))
    best = rows[np.argmin((((rows - parse(point)) / (HIGH - LOW)) ** 2).sum(1))]
    print(",".join(f"{v:.10g}" for v in best))


def read(path):
    with h5py.File(path) as f:
        return f["events"][:], [n.decode() if isinstance(n, bytes) else n for n in f["events"].attrs["columns"]]


def events(table, output):
    rows, columns = read(table)
    kept = [k for k, n in enumerate(columns) if n not in NAMES]
    write(output, rows[:, kept], [columns[k] for k in kept])


def shortest(values, share):
    """Middle and log length of the shortest interval that holds this share of the values: place and width of the highest peak."""
    v, k = np.sort(values), int(share * len(values))
    length = v[k:] - v[:-k]
    at = int(length.argmin())
    return 0.5 * (v[at] + v[at + k]), np.log(length[at])


def summary(table, output):
    """Quantiles of ln m, ln pT and |y|, the mean of cos* sign(y), the asymmetry, below and above the median mass, and the shortest intervals of ln m
    that hold a tenth, a fifth and a third of the events, of every point."""
    x, columns = read(table)
    e, p = x[:, 0] + x[:, 4], x[:, 1:4] + x[:, 5:8]
    y = np.arctanh(p[:, 2] / e)
    cos = np.tanh(0.5 * (np.arcsinh(x[:, 3] / np.hypot(x[:, 1], x[:, 2])) - np.arcsinh(x[:, 7] / np.hypot(x[:, 5], x[:, 6]))))
    logs = [0.5 * np.log(e**2 - (p**2).sum(1)), np.log(np.hypot(x[:, 1], x[:, 2])), np.abs(y)]
    share, rows = np.arange(0.05, 1, 0.05), []
    points, which = np.unique(x[:, 8:11], axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    for k in np.split(order, np.searchsorted(which.ravel()[order], np.arange(1, len(points)))):
        heavy = logs[0][k] > np.median(logs[0][k])
        asymmetry = [np.mean(cos[k][part] * np.sign(y[k][part])) for part in (heavy, ~heavy)]
        rows.append(np.concatenate([*(np.quantile(v[k], share) for v in logs), asymmetry, *(shortest(logs[0][k], s) for s in (0.1, 0.2, 0.33))]))
    names = [f"{n}_{100 * q:.0f}" for n in ("logm", "logpt", "y") for q in share] + ["asymmetry_high", "asymmetry_low"]
    names += [f"{n}_{s}" for s in (10, 20, 33) for n in ("peak", "length")]
    with h5py.File(output, "w") as f:
        f.create_dataset("events", data=np.array(rows)).attrs["columns"] = names
        f.create_dataset("points", data=points)


def clusters(z, number, seed=1):
    """k-means (Lloyd), the best of 20 starts."""
    rng, best = np.random.default_rng(seed), (np.inf, None)
    for _ in range(20):
        centre = z[rng.choice(len(z), number, replace=False)]
        for _ in range(100):
            label = ((z[:, None] - centre) ** 2).sum(2).argmin(1)
            centre = np.array([z[label == c].mean(0) if (label == c).any() else centre[c] for c in range(number)])
        cost = ((z - centre[label]) ** 2).sum()
        if cost < best[0]:
            best = (cost, label)
    return best[1]


def explained(wanted, z):
    """R^2 on every fifth point of a quadratic function of z, fitted on the others."""
    z = (z - z.mean(0)) / z.std(0)
    terms = np.stack([np.ones(len(z)), *z.T, *(z[:, i] * z[:, j] for i in range(z.shape[1]) for j in range(i + 1))], 1)
    held = np.arange(len(z)) % 5 == 0
    fit = np.linalg.lstsq(terms[~held], wanted[~held], rcond=None)[0]
    return 1 - np.var(wanted[held] - terms[held] @ fit) / np.var(wanted[held])


def follow(path, latents, prefix):
    with h5py.File(path) as f:
        points = f["points"][:]
    z, names = read(latents)
    pc = z[:, [k for k, n in enumerate(names) if n.startswith("pc_") or (n.startswith("pc") and n[2:].isdigit())]]
    wanted = {"mass": points[:, 0], "ln(width/mass)": np.log(points[:, 1] / points[:, 0]), "ln(coupling)": np.log(points[:, 2]),
              "ln(coupling^4 mass/width)": np.log(points[:, 2] ** 4 * points[:, 0] / points[:, 1])}
    rows, columns = read(path)
    elsewhere = np.abs(rows[:, columns.index("peak_20")] - np.log(points[:, 0])) > 0.15
    label = clusters(pc, 4)
    out = {"points": len(points), "variances": pc.var(0).tolist(), "correlation": {k: [float(np.corrcoef(v, c)[0, 1]) for c in pc.T] for k, v in wanted.items()},
           "explained": {k: float(explained(v, pc)) for k, v in wanted.items()},
           "clusters": [{"points": int((label == c).sum()), "elsewhere": int(elsewhere[label == c].sum()), **{k: [float(v[label == c].mean()), float(v[label == c].std())] for k, v in
                         (("mass", points[:, 0]), ("width", points[:, 1] / points[:, 0]), ("coupling", points[:, 2]))}} for c in range(4)]}
    with open(prefix + ".json", "w") as f:
        json.dump(out, f, indent=1)
    np.savetxt(prefix + ".dat", np.column_stack([pc[:, :3], points[:, 0], 100 * points[:, 1] / points[:, 0], points[:, 2], label + 1]))


def figures(path):
    """AUC and chi2/ndf of the observables of one sample."""
    with open(path) as f:
        e = json.load(f)
    names = ("m(ll)", "pt(em)", "E(em)", "E(ep)", "eta(em)", "eta(ep)", "y(ll)", "phi(em)")
    return [e["auc"]] + [e["chi2_ndf"][n] for n in names]


def line(cells, rows, minutes):
    middle = np.median(np.array(rows), 0)
    return "| " + " | ".join(cells) + f" | {middle[0]:.4f} | " + " | ".join(f"{v:.2f}" for v in middle[1:]) + f" | {minutes} |"


def minutes(path):
    """Core-minutes of a training: what `time` wrote on its last line."""
    if not os.path.exists(path):
        return None
    with open(path) as f:
        return sum(float(v) for v in f.read().split()[-2:]) / 60


def table(folder, output):
    with open(f"{folder}/setting.json") as f:
        setting = json.load(f)
    out = [TITLE, "", f"Z' in Drell-Yan pairs above 150 GeV, mass 300 to 600 GeV, width 2 to 6 % of it, coupling 0.8 to 1.2: {setting['points']} training points,",
           f"{setting['events']} events each. At three points that are not among them {setting['judged']} generated events against as many true ones: AUC (error 0.003) and",
           "chi2/ndf by `genhep evaluate --process dy`. The nearest training point is represented by as many true events of its own; `independent` is the",
           "preparation of the card without a network. Cards: medians over the trainings (seeds) below.", ""]
    head = "AUC | m(ll) | pT | E(e-) | E(e+) | eta(e-) | eta(e+) | y(ll) | phi | core-minutes |"
    medians = ["| mass, width, coupling | sample | " + head, "|" + "---|" * 12]
    single = ["| mass, width, coupling | card | seed | " + head, "|" + "---|" * 13]
    labels = (("truth", "an independent true sample"), ("near", "the nearest training point"), ("independent", "`independent`"),
              ("zprime_theory_cvae", "**zprime_theory_cvae.card**"), ("zprime_theory", "zprime_theory.card"))
    for k, point in enumerate(setting["at"]):
        m, w, c = parse(point)
        where = f"{m:g}, {100 * w:g} %, {c:g}"
        for tag, label in labels:
            label = f"{label}, {setting['near'][k]}" if tag == "near" else label
            if tag in ("truth", "near"):
                medians.append(line([where, label], [figures(f"{folder}/{tag}.{k + 1}.json")], "-"))
                continue
            runs = [(s, f"{folder}/{tag}.seed{s}") for s in setting["seeds"].split()]
            runs = [(s, figures(f"{r}.{k + 1}.json"), minutes(f"{r}.cpu")) for s, r in runs if os.path.exists(f"{r}.{k + 1}.json")]
            if not runs:
                continue
            times = [t for _, _, t in runs if t is not None]
            medians.append(line([where, label], [r for _, r, _ in runs], f"{np.median(times):.1f}" if times else "-"))
            if tag != "independent":
                single += [line([where, label.strip("*"), s], [r], "-" if t is None else f"{t:.1f}") for s, r, t in runs]
    out += medians + ["", *single]
    out.append("")
    if os.path.exists(f"{folder}/map.json"):
        with open(f"{folder}/map.json") as f:
            r = json.load(f)
        out += [f"The map: {r['points']} theory points, of each 57 quantiles of ln m, ln pT and abs(y), two asymmetries, place and width of the highest peak in ln m, all from its {setting['events']} events, in the latent space of a",
                "small B-VAE (theory_map.card), which sees no parameter. Correlation of the principal components with the parameters, and R^2 of a",
                "quadratic function of the components on points that it was not fitted on:", "",
                "| | variance | " + " | ".join(r["correlation"]) + " |", "|---|---|" + "---|" * len(r["correlation"])]
        out += [f"| component {i} | {v:.2f} | " + " | ".join(f"{c[i]:+.2f}" for c in r["correlation"].values()) + " |" for i, v in enumerate(r["variances"])]
        out += ["| all, R^2 | | " + " | ".join(f"{v:.2f}" for v in r["explained"].values()) + " |", "",
                "| cluster (k-means) | points | mass [GeV] | width/mass | coupling | highest peak not within 15 % of the mass |", "|---|---|---|---|---|---|"]
        out += [f"| {i + 1} | {c['points']} | " + " | ".join(f"{c[k][0]:.{d}f} +- {c[k][1]:.{d}f}" for k, d in (("mass", 0), ("width", 3), ("coupling", 2))) + f" | {c['elsewhere']} |"
                for i, c in enumerate(r["clusters"])]
        out += ["", "![theory points in latent space](theory_map.png)", ""]
    sections.merge(output, "\n".join(out))


if __name__ == "__main__":
    commands = {"points": (points, 2), "train": (train, 4), "conditions": (conditions, 3), "simulate": (simulate, 5), "nearest": (nearest, 2),
                "events": (events, 2), "summary": (summary, 2), "map": (follow, 3), "table": (table, 2)}
    if len(sys.argv) < 2 or sys.argv[1] not in commands or len(sys.argv) != commands[sys.argv[1]][1] + 2:
        sys.exit(__doc__)
    commands[sys.argv[1]][0](*sys.argv[2:])
