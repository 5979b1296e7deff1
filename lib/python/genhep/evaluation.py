"""Compare generated events with truth."""
import ctypes
import json
from collections import namedtuple

from ._library import Handle, ObservableRow, Overdensity, check, decode, encode, lib, make, raw
from ._tables import from_rows, numpy

Observable = namedtuple("Observable", "name unit edges truth truth_error generated generated_error chi2_ndf w1 "
                        "w1_floor ks ks_p")


def _copy(pointer, n):
    values = pointer[:n]
    return numpy.array(values) if numpy is not None else values


class Evaluation(Handle):
    """Result of evaluate()."""

    _free = "genhep_evaluation_free"

    def figures(self):
        """All figures as a dictionary; the keys stand in docs/FIGURES.md."""
        return json.loads(decode(lib.genhep_evaluation_json(raw(self))))

    def figure(self, name):
        """One figure by name: "auc", "chi2_ndf_median", "w1(mass)" and so on."""
        value = ctypes.c_double()
        check(lib.genhep_evaluation_figure(raw(self), encode(name), ctypes.byref(value)))
        return value.value

    def observables(self):
        """Histograms and distances of every observable, as a list of Observable."""
        listed = []
        for index in range(lib.genhep_evaluation_observables(raw(self))):
            row = ObservableRow(struct_size=ctypes.sizeof(ObservableRow))
            check(lib.genhep_evaluation_observable(raw(self), index, ctypes.byref(row)))
            arrays = [_copy(row.edges, row.bins + 1)]
            arrays += [_copy(a, row.bins) for a in (row.truth, row.truth_error, row.generated, row.generated_error)]
            listed.append(Observable(decode(row.name), decode(row.unit), *arrays, row.chi2_ndf, row.w1, row.w1_floor,
                                     row.ks, row.ks_p))
        return listed


def evaluate(truth, generated, train=None, process=None, options=None):
    """Compare two datasets; returns an Evaluation.

    train: the training sample, for the search for copies, or None
    process: zmumu, dy, ttbar_6q, zw, cms or generic: which composite observables are built
    """
    return Evaluation(make(lib.genhep_evaluate, raw(truth), raw(generated), raw(train), encode(process), raw(options)))


def find_overdensity(data, reference, options=None):
    """Largest excess of data (n, d) over reference (m, d) points, with its p-value: an Overdensity."""
    width = len(data[0]) if len(data) else 1
    one, two = from_rows(data, width), from_rows(reference, width)
    found = Overdensity(struct_size=ctypes.sizeof(Overdensity))
    check(lib.genhep_find_overdensity(raw(options), one.n, one.pointer, two.n, two.pointer, width, ctypes.byref(found)))
    return found
