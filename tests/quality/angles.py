"""angles.py PREFIX TOY -- Kolmogorov-Smirnov tests of cos(theta) and phi of the first daughter, back-to-back angle and mass, for
10 000 events from the buffer and from the prior, against an independent truth sample of 100 000. Writes PREFIX.json."""
import json
import sys

import h5py
import numpy as np
from scipy.stats import ks_2samp

prefix, toy = sys.argv[1:3]


def read(path):
    with h5py.File(path) as f:
        return f["events"][:].astype(float)


def shape(x):
    p, q = x[:, 1:4], x[:, 5:8]
    norm = np.linalg.norm(p, axis=1) * np.linalg.norm(q, axis=1)
    total = x[:, 0:4] + x[:, 4:8]
    m2 = total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(1)
    return {
        "cos": p[:, 2] / np.linalg.norm(p, axis=1),
        "phi": np.arctan2(p[:, 1], p[:, 0]),
        "angle": np.degrees(np.arccos(np.clip(-(p * q).sum(1) / norm, -1, 1))),
        "mass": np.sign(m2) * np.sqrt(np.abs(m2)),
    }


truth = shape(read(f"{prefix}.truth.h5"))
result = {"toy": toy}
for source in ("buffer", "prior"):
    s = shape(read(f"{prefix}.{source}.h5"))
    result[source] = {
        "ks_p_cos": float(ks_2samp(s["cos"], truth["cos"]).pvalue),
        "ks_p_phi": float(ks_2samp(s["phi"], truth["phi"]).pvalue),
        "back_to_back_degrees_median": float(np.median(s["angle"])),
        "back_to_back_degrees_truth": float(np.median(truth["angle"])),
        "mass_median": float(np.median(s["mass"])),
        "mass_median_truth": float(np.median(truth["mass"])),
        "mass_rms_over_median": float(np.sqrt(np.mean((s["mass"] / np.median(truth["mass"]) - 1) ** 2))),
        "mass_rms_over_median_truth": float(np.sqrt(np.mean((truth["mass"] / np.median(truth["mass"]) - 1) ** 2))),
    }
json.dump(result, open(f"{prefix}.json", "w"), indent=1)
