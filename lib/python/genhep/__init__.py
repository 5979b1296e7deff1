"""libgenhep for Python: learn to generate collider events, and draw them.

    import genhep
    options = genhep.Options("zmumu_pp_bvae.card")
    events = genhep.Dataset.open("events.h5")
    trainer = genhep.Trainer(genhep.Model.create(options, events), events)
    trainer.run()
    trainer.model().save("zmumu.h5")

    sampler = genhep.Sampler(genhep.Model.open("zmumu.h5"), seed=7)
    sample = sampler.draw(100000)          # (N, D): a numpy array, or a list of rows where numpy is absent

Pure Python over ctypes; the C library does the work and the C headers are the manual. A failed call raises genhep.Error
with `status`, `name` and the library's message. Calls release the interpreter lock. The library is found by
GENHEP_LIBRARY, beside this package, in the folder build of a source tree, or where the system looks.
"""
from ._library import AVERAGE, BEST, LAST, LOG_INFO, LOG_WARNING, Error, Integral, Progress, decode, lib
from .evaluation import Evaluation, Observable, evaluate, find_overdensity
from .handles import Dataset, Model, Options, Sampler, Trainer, Writer, option_table
from .integration import Integrator
from .random_numbers import random_normal, random_normal_float, random_uniform

__all__ = ["AVERAGE", "BEST", "LAST", "LOG_INFO", "LOG_WARNING", "Dataset", "Error", "Evaluation", "Integral",
           "Integrator", "Model", "Observable", "Options", "Progress", "Sampler", "Trainer", "Writer", "blas", "evaluate",
           "find_overdensity", "option_table",
           "random_normal", "random_normal_float", "random_uniform", "version"]


def version():
    """Version of the library that runs, "major.minor.patch"."""
    return decode(lib.genhep_version())


def blas():
    """One line that names the BLAS in use and its kernel for this CPU."""
    return decode(lib.genhep_blas())
