#!/usr/bin/env python3
"""read_model.py knows only the file format: it has to agree with genhep_model_decode to 1e-5 in prepared coordinates.

    python3 check_read_model.py EVENTS      a table of particles, of which three columns are taken
"""
import os
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "examples", "python"), os.path.join(HERE, "..", "..", "lib", "python")]
import genhep  # noqa: E402
import read_model  # noqa: E402

COMMON = {"latent.dim": 4, "train.steps": 40, "train.batch": 256, "encoder.units": 24, "decoder.units": 40,
          "train.figure": "loss"}
CASES = [  # every activation, both skips, both norms, each kind of preparation
    {"prep": "standardise", "decoder.activation": "silu"},
    {"prep": "maxabs", "decoder.activation": "elu", "decoder.residual": "skip2", "decoder.layers": 5},
    {"prep": "minmax", "decoder.activation": "leaky", "decoder.residual": "add", "decoder.output": "tanh"},
    {"prep": "quantile", "decoder.activation": "gelu", "decoder.norm": "batch"},
    {"prep": "standardise, quantile", "decoder.activation": "relu", "decoder.norm": "layer", "decoder.layers": 1},
    {"prep": "log(mum_E), standardise", "decoder.activation": "tanh", "loss.noise": "event"},
    {"prep": "logit, standardise", "decoder.activation": "softplus", "decoder.layers": 0},
    {"prep": "scale(450)", "decoder.activation": "sigmoid", "decoder.norm": "batch", "decoder.residual": "skip2"},
]


def prepare(model, x):
    """Columns to prepared coordinates, so that both results are compared where the network makes them."""
    x = np.array(x)
    for name, constants in model.stages:
        at = constants["columns"]
        if not len(at):
            continue
        if name == "quantile":
            edge = read_model.QUANTILE_EDGE
            deviates = np.linspace(-edge, edge, constants["quantiles"].shape[1])
            x[:, at] = np.column_stack([np.interp(x[:, j], q, deviates) for j, q in zip(at, constants["quantiles"])])
        elif name == "log":
            x[:, at] = np.log(x[:, at] - constants["a"])
        elif name == "logit":
            x[:, at] = np.log((x[:, at] - constants["a"]) / (constants["b"] - x[:, at]))
        else:
            x[:, at] = (x[:, at] - constants["shift"]) / constants["scale"]
    return x


def check(case, events, folder):
    options = genhep.Options({**COMMON, **case})
    trainer = genhep.Trainer(genhep.Model.create(options, events), events)
    trainer.run()
    path = os.path.join(folder, "model.h5")
    trainer.model().save(path)
    latents = np.random.default_rng(5).normal(size=(517, 4)).astype(np.float32)
    mine, library = read_model.Model(path), genhep.Model.open(path)
    theirs = library.decode(latents)
    difference = np.abs(prepare(mine, mine.decode(latents)) - prepare(mine, theirs)).max()
    spread = np.std(mine.decode_prepared(latents), axis=0).max()
    good = difference <= 1e-5 and spread > 1e-3  # a decoder that gave a constant would agree with anything
    print("%s read_model %-50s largest difference %.1e" % ("ok" if good else "FAILED", case["prep"], difference))
    return good


def main(path):
    events = genhep.Dataset.open(path, genhep.Options({"data.columns": "mum_E, mum_px, mup_pz", "data.limit": 4000}))
    with tempfile.TemporaryDirectory() as folder:
        return all([check(case, events, folder) for case in CASES])


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1]) else 1)
