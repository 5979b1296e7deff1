#!/usr/bin/python3
"""theory.py points NUMBER POINTS.json                   theory points spread evenly over the box
theory.py train GENHEP POINTS.json EVENTS OUTPUT      EVENTS events of every point in one shuffled table, the point in further columns
theory.py conditions M,W,C NUMBER OUTPUT              NUMBER rows that ask for one theory point
theory.py simulate GENHEP M,W,C NUMBER SEED OUTPUT    truth of one theory point
theory.py nearest POINTS.json M,W,C                   the training point next to it, distances in units of the box

A theory point is a Z' of mass M [GeV], width W (a fraction of the mass) and coupling C (over those of the Z) in Drell-Yan pairs above 150 GeV.
"""
import json
import os
import subprocess
import sys

import h5py
import numpy as np

LOW, HIGH = np.array([300, 0.02, 0.8]), np.array([600, 0.06, 1.2])
NAMES = ["zp_mass", "zp_width", "zp_coupling"]


def parse(text):
    return np.array([float(v) for v in text.split(",")])


def points(number, output):
    root = 1.2207440846057596  # of x^4 = x + 1; multiples of its inverse powers modulo 1 fill the cube evenly (Kronecker sequence)
    rows = LOW + (HIGH - LOW) * ((0.5 + np.arange(1, int(number) + 1)[:, None] * root ** -np.arange(1.0, 4.0)) % 1)
    with open(output, "w") as f:
        json.dump([[round(m, 2), round(w, 5), round(c, 4)] for m, w, c in rows.tolist()], f)


def named(point):
    """The columns NAMES: the width in GeV."""
    m, w, c = point
    return np.array([m, m * w, c])


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


if __name__ == "__main__":
    commands = {"points": (points, 2), "train": (train, 4), "conditions": (conditions, 3), "simulate": (simulate, 5), "nearest": (nearest, 2)}
    if len(sys.argv) < 2 or sys.argv[1] not in commands or len(sys.argv) != commands[sys.argv[1]][1] + 2:
        sys.exit(__doc__)
    commands[sys.argv[1]][0](*sys.argv[2:])
