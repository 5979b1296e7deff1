#!/usr/bin/env python3
"""Read a model file with numpy and h5py alone, and compute what its decoder gives: the file format is open.

    python3 read_model.py MODEL.h5                            what is in the file
    python3 read_model.py MODEL.h5 LATENTS.npy EVENTS.npy     decode latents (N, L) to mean events (N, D)

A model file is HDF5 behind a user block of 512 bytes, which HDF5 readers skip by themselves; docs/FORMAT.md has the
layout. What is used here: decoder/spec, decoder/slope, decoder/<k>/weights, bias, scale, mean, variance, and
prep/<k>/stage with its constants. Preparations that map one column each are undone; for others (tree, momenta, ...) use
libgenhep.
"""
import sys

import h5py
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))


# by the numbers that the file holds; the slope is that of the leaky ReLU
ACTIVATIONS = [lambda x, slope: x,
               lambda x, slope: np.maximum(x, 0),
               lambda x, slope: np.maximum(x, 0) + slope * np.minimum(x, 0),
               lambda x, slope: np.maximum(x, 0) + np.expm1(np.minimum(x, 0)),
               lambda x, slope: np.tanh(x),
               lambda x, slope: sigmoid(x),
               lambda x, slope: np.logaddexp(0, x),
               lambda x, slope: gelu(x),
               lambda x, slope: x * sigmoid(x)]
SKIP2, ADD = 1, 2            # residual: inside the activation from two layers before; behind it from the layer before
BATCH_NORM, LAYER_NORM = 1, 2
EPSILON = 1e-5               # of the norms
QUANTILE_EDGE = 4.3          # quantile maps end at these normal deviates


class Network:
    """hidden k: a = W x + b, normalised or with a skip; x = f(a). output: f_out(W x + b)."""

    def __init__(self, group):
        if "kind" in group:
            raise SystemExit("a network of convolutions or recurrent layers: this reader has dense ones only")
        self.layers, _, self.hidden, self.output, self.residual, self.norm = group["spec"][()]
        self.slope = group["slope"][()]
        self.parts = [{name: group[str(k)][name][()].astype(float) for name in group[str(k)]}
                      for k in range(self.layers + 1)]

    def normalise(self, a, part):
        """The norm's shift is the layer's bias."""
        if self.norm == BATCH_NORM:
            a = (a - part["mean"]) / np.sqrt(part["variance"] + EPSILON)
        else:
            a = (a - a.mean(1, keepdims=True)) / np.sqrt(a.var(1, keepdims=True) + EPSILON)
        return a * part["scale"] + part["bias"]

    def __call__(self, x):
        values = [x]
        for k, part in enumerate(self.parts):
            hidden = k < self.layers
            a = values[-1] @ part["weights"].T
            a = self.normalise(a, part) if hidden and self.norm else a + part["bias"]
            if hidden and self.residual == SKIP2 and k >= 2:
                a += values[-2]
            y = ACTIVATIONS[self.hidden if hidden else self.output](a, self.slope)
            if hidden and self.residual == ADD and k >= 1:
                y = y + values[-1]
            values.append(y)
        return values[-1]


def undo_linear(stage, y):
    return y * stage["scale"] + stage["shift"]


def undo_quantile(stage, y):
    """Knots at equidistant normal deviates, straight lines between them."""
    quantiles = stage["quantiles"]
    deviates = np.linspace(-QUANTILE_EDGE, QUANTILE_EDGE, quantiles.shape[1])
    return np.column_stack([np.interp(y[:, j], deviates, q) for j, q in enumerate(quantiles)])


def undo_log(stage, y):
    return stage["a"] + np.exp(y)


def undo_logit(stage, y):
    return stage["a"] + (stage["b"] - stage["a"]) * sigmoid(y)


UNDO = {"identity": undo_linear, "maxabs": undo_linear, "standardise": undo_linear, "minmax": undo_linear,
        "scale": undo_linear, "quantile": undo_quantile, "log": undo_log, "logit": undo_logit}


class Model:
    """The decoder's half of a model file."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            self.family = file["family"].asstr()[()]
            self.columns = file["schema/columns"].asstr()[()].split("\n")[:-1]
            self.conditions = file["schema/conditions"][()] if "schema/conditions" in file else []
            card = file["options"].asstr()[()].splitlines()
            self.options = dict(line.split(" = ", 1) for line in card if " = " in line)
            self.coordinates = file["prep/names"].asstr()[()].split("\n")[:-1]
            self.stages = []
            for k in range(file["prep/stages"][()]):
                group = file["prep/%d" % k]
                constants = {name: group[name][()] for name in group if group[name].dtype.kind in "if"}
                self.stages.append((group["stage"].asstr()[()], constants))
            self.decoder = Network(file["decoder"]) if "decoder" in file else None

    def decode_prepared(self, latents):
        """Latents (N, L) to prepared coordinates (N, P)."""
        if self.decoder is None:
            raise SystemExit("a model of family '%s' has no decoder" % self.family)
        if len(self.conditions):
            raise SystemExit("a model with conditions (%s) decodes latents together with them; use libgenhep"
                             % " ".join(self.columns[j] for j in self.conditions))
        y = self.decoder(np.asarray(latents, dtype=float))[:, :len(self.coordinates)]  # any others are log sigma
        logits = self.options.get("loss.reconstruction") == "bce" and self.options.get("loss.noise") == "none"
        return sigmoid(y) if logits else y

    def undo(self, y):
        """Prepared coordinates to columns: the stages backwards, each on the columns that it names."""
        x = np.array(y, dtype=float)
        for name, constants in reversed(self.stages):
            if name not in UNDO:
                raise SystemExit("preparation '%s' is not known here, only %s" % (name, ", ".join(UNDO)))
            at = constants["columns"]
            if len(at):
                x[:, at] = UNDO[name](constants, x[:, at])
        return x

    def decode(self, latents):
        """Latents (N, L) to mean events (N, D)."""
        return self.undo(self.decode_prepared(latents))


def main(path, latents=None, events=None):
    model = Model(path)
    print("%s: family %s, columns %s" % (path, model.family, " ".join(model.columns)))
    if len(model.conditions):
        print("conditions: " + " ".join(model.columns[j] for j in model.conditions))
    print("preparation: " + ", ".join(name for name, _ in model.stages))
    print("coordinates: " + " ".join(model.coordinates))
    if model.decoder is not None:
        shapes = [part["weights"].shape for part in model.decoder.parts]
        print("decoder: " + " -> ".join(str(n) for n in [shapes[0][1]] + [s[0] for s in shapes]))
    if latents is not None and events is not None:
        np.save(events, model.decode(np.load(latents)))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
