"""tail.py EVENTS.h5 SHARE OUTPUT.h5 -- the last SHARE of the rows as a file of their own; prints how many rows stand before them."""
import sys

import h5py

source, share, output = sys.argv[1:4]
with h5py.File(source) as f:
    n = len(f["events"])
    first = n - round(float(share) * n)
    with h5py.File(output, "w") as out:
        events = out.create_dataset("events", data=f["events"][first:])
        events.attrs["columns"] = f["events"].attrs["columns"]
        for key, value in f.attrs.items():
            out.attrs[key] = value
print(first)
