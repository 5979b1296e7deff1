"""split.py EVENTS.h5 PREFIX [JUDGED | FOLD/FOLDS] -- PREFIX.dev.h5 (first 90 % of the rows shuffled with seed 7) and PREFIX.judge.h5 (last
10 %, or the last JUDGED rows, or the part FOLD = 1..FOLDS of them in order, the last of which ends the file)."""
import sys

import h5py
import numpy as np

source, prefix = sys.argv[1:3]
part = sys.argv[3] if len(sys.argv) > 3 else ""
with h5py.File(source) as f:
    x = f["events"][:]
    x = x[np.random.default_rng(7).permutation(len(x))]
    first, last = int(0.9 * len(x)), len(x)
    if "/" in part:
        fold, folds = map(int, part.split("/"))
        first, last = len(x) * (fold - 1) // folds, len(x) * fold // folds
    elif part:
        first = len(x) - int(part)
    for name, rows in (("dev", np.concatenate([x[:first], x[last:]])), ("judge", x[first:last])):
        with h5py.File(f"{prefix}.{name}.h5", "w") as out:
            events = out.create_dataset("events", data=rows)
            events.attrs["columns"] = f["events"].attrs["columns"]
            for key, value in f.attrs.items():
                out.attrs[key] = value
