"""split.py EVENTS.h5 PREFIX [JUDGED] -- PREFIX.dev.h5 (first 90 % of the rows shuffled with seed 7) and PREFIX.judge.h5 (last 10 %, or
the last JUDGED rows)."""
import sys

import h5py
import numpy as np

source, prefix = sys.argv[1:3]
with h5py.File(source) as f:
    x = f["events"][:]
    x = x[np.random.default_rng(7).permutation(len(x))]
    cut = len(x) - int(sys.argv[3]) if len(sys.argv) > 3 else int(0.9 * len(x))
    for name, rows in (("dev", x[:cut]), ("judge", x[cut:])):
        with h5py.File(f"{prefix}.{name}.h5", "w") as out:
            events = out.create_dataset("events", data=rows)
            events.attrs["columns"] = f["events"].attrs["columns"]
            for key, value in f.attrs.items():
                out.attrs[key] = value
