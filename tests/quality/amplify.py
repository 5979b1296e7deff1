#!/usr/bin/python3
"""amplify.py TOY POINTS.h5 EVENTS.h5 [...] -- quantile error of samples of camel, ring or shell (2008.06545).

The space is cut into q cells of equal probability by the exact distribution functions (docs/PROCESSES.md): 50 cells of the camel, 7 x 7 of
ring, 3^5 = 243 of the shell. The error of a sample is mean_q (x_q - 1/q)^2 with x_q its share in cell q; n true points
have (1/q)(1 - 1/q)/n on average, so a sample is worth as many true points as give its error. Prints one JSON line per pair of files:
error and worth of the training points, of the first 1000, 10 000 and all generated events, and their ratio to the training points.
"""
import json
import math
import sys

import h5py
import numpy as np

CELLS = {"camel": [50], "ring": [7, 7], "shell": [3] * 5}
normal_cdf = np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2)), otypes=[float])


def radius_uniform(r):
    return (normal_cdf(r - 4) - normal_cdf(-4.0)) / (1 - normal_cdf(-4.0))


def uniforms(toy, x):
    if toy == "camel":
        return (normal_cdf(x + 4) + normal_cdf(x - 4)) / 2
    r = np.sqrt((x**2).sum(1))
    azimuth = np.arctan2(-x[:, -1], -x[:, -2]) / (2 * np.pi) + 0.5
    if toy == "ring":
        return np.stack([radius_uniform(r), azimuth], 1)
    rest = [np.sqrt((x[:, k:] ** 2).sum(1)) for k in range(3)]
    c = [np.clip(x[:, k] / rest[k], -1, 1) for k in range(3)]
    theta = np.arccos(c[1])
    return np.stack([radius_uniform(r), (2 + 3 * c[0] - c[0] ** 3) / 4, 1 - (theta - np.sin(theta) * c[1]) / np.pi, (1 + c[2]) / 2, azimuth], 1)


def error(toy, x):
    cells = CELLS[toy]
    u = uniforms(toy, x)
    index = np.zeros(len(x), int)
    for k, q in enumerate(cells):
        index = index * q + np.clip((u[:, k] * q).astype(int), 0, q - 1)
    q = int(np.prod(cells))
    share = np.bincount(index, minlength=q) / len(x)
    return float(((share - 1 / q) ** 2).mean()), (1 / q) * (1 - 1 / q)


def events(path):
    with h5py.File(path) as f:
        return np.asarray(f["events"], float)


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in CELLS or len(sys.argv) % 2:
        sys.exit(__doc__)
    toy = sys.argv[1]
    for points, made in zip(sys.argv[2::2], sys.argv[3::2]):
        x, y = events(points), events(made)
        own, one = error(toy, x)
        out = {"toy": toy, "points": len(x), "points_error": own, "points_expected": one / len(x)}
        for n in (1000, 10000, len(y)):
            e, _ = error(toy, y[:n])
            out[f"error_{n}"] = e
            out[f"worth_{n}"] = one / e
        print(json.dumps(out))


if __name__ == "__main__":
    main()
