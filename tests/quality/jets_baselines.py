"""jets_baselines.py smear|gmm|kde TRAIN.h5 OUT.h5 N [COMPONENTS] -- generators without a network, as in the evaluation of the B-VAE paper.

smear  every number of a training event times |N(1, 0.05)|, events in turn
gmm    Gaussian mixture with full covariances on columns over their largest size
kde    Gaussian kernels of one width on the same, the width chosen on held-back training events
"""
import sys

import h5py
import numpy as np

kind, train, out, n = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
components = int(sys.argv[5]) if len(sys.argv) > 5 else 100
rng = np.random.default_rng(1)
with h5py.File(train, "r") as f:
    x = f["events"][:].astype(np.float64)
    names = f["events"].attrs["columns"]
size = np.abs(x).max(0)
size[size == 0] = 1
if kind == "smear":
    y = x[np.arange(n) % len(x)] * np.abs(rng.normal(1, 0.05, (n, x.shape[1])))
elif kind == "gmm":
    from sklearn.mixture import GaussianMixture
    fit = GaussianMixture(components, covariance_type="full", max_iter=30, init_params="random_from_data", random_state=1).fit(x / size)
    y = fit.sample(n)[0][rng.permutation(n)] * size
else:
    from sklearn.neighbors import KernelDensity
    z = x / size
    widths = np.geomspace(0.003, 1, 16)
    score = [KernelDensity(bandwidth=h).fit(z[:20000]).score(z[20000:21000]) for h in widths]
    best = int(np.argmax(score))
    if best in (0, len(widths) - 1):
        sys.exit(f"the best kernel width, {widths[best]:.4g}, is at the end of the grid")
    y = (z[rng.integers(0, len(z), n)] + widths[best] * rng.normal(size=(n, z.shape[1]))) * size
    print(f"kde width {widths[best]:.3g}")
with h5py.File(out, "w") as f:
    d = f.create_dataset("events", data=y.astype(np.float32))
    d.attrs["columns"] = names
