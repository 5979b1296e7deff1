"""Integrals over the unit box with learned random numbers."""
import ctypes

from . import _library as c
from ._library import Handle, Integral, check, encode, lib, make, raw
from ._tables import Buffer, from_numbers, numpy
from .handles import Options, _log


class Integrator(Handle):
    """The integral of function(points) over the unit box of `dim` coordinates.

    function: takes points (n, dim), a numpy array or a list of rows, valid during the call only, and returns n numbers.
    options: an Options or a dictionary; further settings by name, "_" for ".": Integrator(f, 2, seed=7). model: what
    another integrator saved, taken instead of training.
    """

    _free = "genhep_integrator_free"

    def __init__(self, function, dim, options=None, model=None, **settings):
        options = options.copy() if isinstance(options, Options) else Options(options or {})
        for key, value in settings.items():
            options[key.replace("_", ".", 1)] = value
        raised = []

        def relay(_, n, width, x, values):
            try:
                block = numpy.ctypeslib.as_array(x, (n, width)) if numpy is not None else \
                    [x[i * width:(i + 1) * width] for i in range(n)]
                found = from_numbers(function(block), n)
                ctypes.memmove(values, found.pointer, 8 * n)
                return 0
            except BaseException as error:  # must not pass through C code
                raised.append(error)
                return 1

        call = c.INTEGRAND(relay)
        made = make(lib.genhep_integrator_create, dim, call, None, raw(options))
        super().__init__(made, call, _log(options), *([model] if model is not None else []))
        self._dim, self._raised = dim, raised
        if model is not None:
            check(lib.genhep_integrator_set_model(raw(self), raw(model)))

    def adapt(self, progress=None):
        """Learn from the function. progress: as in Trainer.run()."""
        raised = []

        def relay(_, now):
            try:
                return 1 if progress(now.contents) else 0
            except BaseException as error:
                raised.append(error)
                return 1

        status = lib.genhep_integrator_adapt(raw(self), c.PROGRESS(relay) if progress else c.PROGRESS(), None)
        if raised:
            raise raised[0]
        self._check(status)

    def run(self, n):
        """Integrate with n new points, learning first where nothing was learned: an Integral, with the fields of the C
        struct genhep_integral."""
        result = Integral(struct_size=ctypes.sizeof(Integral))
        self._check(lib.genhep_integrator_run(raw(self), n, ctypes.byref(result)))
        return result

    def draw(self, n):
        """n new points (n, dim) and their weights, whose mean is the integral."""
        return self._points(lib.genhep_integrator_draw, n)

    def unweight(self, n):
        """n points distributed as |function|, and their weights: 1 but for rare overweights, with the function's sign."""
        return self._points(lib.genhep_integrator_unweight, n)

    def save(self, path):
        """Write the trained model to a file that Model.open() reads."""
        model = lib.genhep_integrator_model(raw(self))
        if not model:
            raise c.Error(-12, "the integrator has no model yet")
        check(lib.genhep_model_save(model, encode(path)))

    def _points(self, function, n):
        if n < 0:
            raise c.Error(c.E_ARG, "found %d points, expected 0 or more" % n)
        points, weights = Buffer(n, self._dim), Buffer(1, n)
        self._check(function(raw(self), n, points.pointer, self._dim, n * self._dim, weights.pointer))
        return points.table(), weights.flat()

    def _check(self, status):
        if self._raised:
            first = self._raised[0]
            self._raised.clear()
            raise first
        check(status)
