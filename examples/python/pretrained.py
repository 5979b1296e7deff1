#!/usr/bin/env python3
"""Draw events from a pre-trained model and look at its resonances.

PYTHONPATH=lib/python python3 examples/python/pretrained.py examples/models/ttbar_6q_gan.h5 [N]
"""
import math
import sys

import genhep

PEAKS = {"t": ("b", "q1", "q1barp"), "W+": ("q1", "q1barp"), "tbar": ("bbar", "q2", "q2barp"), "W-": ("q2", "q2barp"), "Z": ("mum", "mup")}


def mass(event, at, particles):
    e, px, py, pz = (sum(event[at[f"{p}_{c}"]] for p in particles) for c in ("E", "px", "py", "pz"))
    return math.sqrt(max(e * e - px * px - py * py - pz * pz, 0))


def main(path, n=10000):
    model = genhep.Model.open(path)
    at = {name: k for k, name in enumerate(model.columns)}
    events = genhep.Sampler(model, seed=1).draw(n)
    for name, particles in PEAKS.items():
        if not all(f"{p}_E" in at for p in particles):
            continue
        m = sorted(mass(event, at, particles) for event in events)
        print("%-5s median %7.3f GeV   68 %% half width %.3f GeV" % (name, m[n // 2], (m[n * 84 // 100] - m[n * 16 // 100]) / 2))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]))
