"""Options, datasets, models, trainers and samplers: the C handles as classes."""
import ctypes
import json
from collections import namedtuple

from . import _library as c
from ._library import Handle, check, decode, encode, lib, make, raw
from ._tables import Buffer, from_numbers, from_rows, numpy

OptionRow = namedtuple("OptionRow", "key type default minimum maximum choices since help")


def option_table():
    """Every option the library knows, as a list of OptionRow; type is "int", "real" or "text"."""
    rows = []
    for index in range(lib.genhep_option_count()):
        row = c.OptionRow(struct_size=ctypes.sizeof(c.OptionRow))
        check(lib.genhep_option_info(index, ctypes.byref(row)))
        rows.append(OptionRow(decode(row.key), {c.INT: "int", c.REAL: "real", c.TEXT: "text"}[row.type],
                              decode(row.default_value), row.minimum, row.maximum, decode(row.choices),
                              decode(row.since), decode(row.help)))
    return rows


class Options(Handle):
    """Settings by key: options["train.lr"] = 1e-3; options["train.lr"] gives int, float or str, the default included.

    Options(card) reads a card; Options({...}) takes a dictionary. The keys stand in docs/options/.
    """

    _free = "genhep_options_free"
    _types = None

    def __init__(self, settings=None):
        super().__init__(make(lib.genhep_options_create))
        self._log = None
        if settings is None:
            return
        if isinstance(settings, dict):
            for key, value in settings.items():
                self[key] = value
        else:
            self.read_card(settings)

    def __setitem__(self, key, value):
        if isinstance(value, bool):
            raise TypeError("option '%s': found %r, expected a number or a text" % (key, value))
        if hasattr(value, "__index__"):
            check(lib.genhep_options_set_int(raw(self), encode(key), value.__index__()))
        elif hasattr(value, "__float__"):
            check(lib.genhep_options_set_real(raw(self), encode(key), float(value)))
        else:
            check(lib.genhep_options_set(raw(self), encode(key), encode(value)))

    def __getitem__(self, key):
        if Options._types is None:
            Options._types = {row.key: row.type for row in option_table()}
        kind = Options._types.get(key, "text")
        if kind == "text":
            return c.text_of(lambda *arguments: lib.genhep_options_get_text(raw(self), encode(key), *arguments))
        value = ctypes.c_int64() if kind == "int" else ctypes.c_double()
        get = lib.genhep_options_get_int if kind == "int" else lib.genhep_options_get_real
        check(get(raw(self), encode(key), ctypes.byref(value)))
        return value.value

    def __contains__(self, key):
        """True when the key was set, False when its default holds."""
        is_set = ctypes.c_int32()
        check(lib.genhep_options_is_set(raw(self), encode(key), ctypes.byref(is_set)))
        return bool(is_set.value)

    def parse(self, assignment):
        """Set one "key=value"."""
        check(lib.genhep_options_parse(raw(self), encode(assignment)))

    def read_card(self, path):
        """Read a file of `key = value` lines."""
        check(lib.genhep_options_read_card(raw(self), encode(path)))

    def copy(self):
        """An independent copy."""
        other = Options.__new__(Options)
        Handle.__init__(other, make(lib.genhep_options_copy, raw(self)))
        other._log = self._log
        return other

    def set_log(self, function):
        """Receive the library's messages as function(level, message); None switches them off.

        Holds for these options and for what is created from them afterwards.
        """
        call = c.LOG(lambda _, level, message: function(level, decode(message))) if function else c.LOG()
        check(lib.genhep_options_set_log(raw(self), call, None))
        self._log = call


def _log(options):
    """The message callback that a handle made from `options` refers to."""
    return None if options is None else options._log


def _names(count, get):
    listed = []
    for index in range(count):
        column = c.Column(struct_size=ctypes.sizeof(c.Column))
        check(get(index, ctypes.byref(column)))
        listed.append((decode(column.name), decode(column.unit)))
    return listed


class Dataset(Handle):
    """A table of events: N rows, D named columns with units, optional weights."""

    _free = "genhep_dataset_free"

    @classmethod
    def open(cls, path, options=None):
        """Read a file of events: HDF5, CSV, .npy, LHE or LHEH5, recognised by content."""
        return cls(make(lib.genhep_dataset_open, encode(path), raw(options)), _log(options))

    @classmethod
    def from_arrays(cls, names, values, weights=None, units=None, options=None):
        """Copy values (N, D) with D names; weights: N numbers or None; units: D texts or None."""
        names = list(names)
        rows = from_rows(values, len(names))
        listed = (ctypes.c_char_p * len(names))(*[encode(n) for n in names])
        if units is not None and len(units) != len(names):
            raise c.Error(c.E_SHAPE, "found %d units, expected %d" % (len(units), len(names)))
        unit_list = None if units is None else (ctypes.c_char_p * len(names))(*[encode(u) for u in units])
        weight = None if weights is None else from_numbers(weights, rows.n)
        return cls(make(lib.genhep_dataset_from_arrays, raw(options), rows.n, rows.d, listed, unit_list, rows.pointer,
                        rows.d, None if weight is None else weight.pointer), _log(options))

    def write(self, path, options=None):
        """Write the format of the name's ending: .h5 .csv[.gz] .npy .lhe[.gz] .hepmc3[.gz] .lheh5."""
        check(lib.genhep_dataset_write(raw(self), encode(path), raw(options)))

    def observables(self, process=None):
        """Observables of a process, one column each: masses, transverse momenta ... (process as in evaluate())."""
        return Dataset(make(lib.genhep_observables, raw(self), None if process is None else encode(process), None))

    def slice(self, first, n):
        """Rows first .. first+n-1 as a dataset of their own."""
        return Dataset(make(lib.genhep_dataset_slice, raw(self), first, n), *self._owner.keep)

    def shuffle(self, seed):
        """Rows in an order shuffled by seed."""
        return Dataset(make(lib.genhep_dataset_shuffle, raw(self), seed), *self._owner.keep)

    def __len__(self):
        return lib.genhep_dataset_events(raw(self))

    @property
    def columns(self):
        """Names of the columns."""
        return [name for name, _ in self._schema()]

    @property
    def units(self):
        """Units of the columns, "" where unknown."""
        return [unit for _, unit in self._schema()]

    def _schema(self):
        return _names(lib.genhep_dataset_columns(raw(self)),
                      lambda index, column: lib.genhep_dataset_column(raw(self), index, column))

    def values(self):
        """All values, (N, D)."""
        made = Buffer(len(self), lib.genhep_dataset_columns(raw(self)))
        check(lib.genhep_dataset_values(raw(self), made.pointer, made.d, made.n * made.d))
        return made.table()

    def weights(self):
        """N weights, ones where the table has none."""
        made = Buffer(1, len(self))
        check(lib.genhep_dataset_weights(raw(self), made.pointer, made.d, None))
        return made.flat()

    @property
    def has_weights(self):
        """True when the table has weights of its own."""
        made, has = Buffer(1, len(self)), ctypes.c_int32()
        check(lib.genhep_dataset_weights(raw(self), made.pointer, made.d, ctypes.byref(has)))
        return bool(has.value)

    def attribute(self, key):
        """An attribute of the file (process, sigma_pb, ...) as text; None when absent."""
        return decode(lib.genhep_dataset_attribute(raw(self), encode(key)))

    def set_attribute(self, key, value):
        """Set an attribute, which is written with the table."""
        check(lib.genhep_dataset_set_attribute(raw(self), encode(key), encode(value)))


def _table_list(datasets):
    listed = [datasets] if isinstance(datasets, Dataset) else list(datasets)
    return (ctypes.c_void_p * len(listed))(*[raw(d).value for d in listed]), len(listed)


class Model(Handle):
    """A trained or trainable generator. Immutable; any number of threads may use it."""

    _free = "genhep_model_free"

    @classmethod
    def create(cls, options, datasets):
        """An untrained model; schema and preparation come from the data (a Dataset or several)."""
        return cls(make(lib.genhep_model_create, raw(options), *_table_list(datasets)), _log(options))

    @classmethod
    def open(cls, path, options=None):
        """Read a model file."""
        return cls(make(lib.genhep_model_open, encode(path), raw(options)), _log(options))

    @classmethod
    def open_memory(cls, data, options=None):
        """From the bytes of a model file."""
        return cls(make(lib.genhep_model_open_memory, bytes(data), len(data), raw(options)), _log(options))

    def save(self, path):
        """Write a model file."""
        check(lib.genhep_model_save(raw(self), encode(path)))

    def verify(self):
        """Repeat the self-test stored with the model; raises Error when the events differ."""
        check(lib.genhep_model_verify(raw(self)))

    @property
    def columns(self):
        """Names of the columns of an event."""
        return [name for name, _ in self._schema()]

    @property
    def units(self):
        """Units of the columns, "" where unknown."""
        return [unit for _, unit in self._schema()]

    def _schema(self):
        return _names(lib.genhep_model_columns(raw(self)),
                      lambda index, column: lib.genhep_model_column(raw(self), index, column))

    @property
    def conditions(self):
        """Numbers of a condition; 0 for an unconditional model."""
        return lib.genhep_model_conditions(raw(self))

    @property
    def condition_columns(self):
        """Names of the columns that are conditions, in the order in which draw() and next() take them."""
        return [name for name, _ in _names(self.conditions,
                                           lambda index, column: lib.genhep_model_condition(raw(self), index, column))]

    @property
    def classes(self):
        """Classes of a subtraction's events: name -> (fraction of generated events, cross section in pb)."""
        found = {}
        for index in range(lib.genhep_model_classes(raw(self))):
            info = c.ModelClass(struct_size=ctypes.sizeof(c.ModelClass))
            check(lib.genhep_model_class(raw(self), index, ctypes.byref(info)))
            found[decode(info.name)] = (info.fraction, info.sigma_pb)
        return found

    @property
    def latents(self):
        """Latent numbers of an event; 0 for a family without latents."""
        return lib.genhep_model_latents(raw(self))

    def info(self):
        """What the model says about itself, as a dictionary."""
        return json.loads(c.text_of(lambda *arguments: lib.genhep_model_info(raw(self), *arguments)))

    def attribute(self, key):
        """An attribute of the training file that was kept, as text; None when absent."""
        return decode(lib.genhep_model_attribute(raw(self), encode(key)))

    def encode(self, events):
        """events (N, D) -> (mu, sigma), each (N, L)."""
        given = from_rows(events, lib.genhep_model_columns(raw(self)))
        mu, sigma = Buffer(given.n, self.latents), Buffer(given.n, self.latents)
        check(lib.genhep_model_encode(raw(self), given.n, given.pointer, given.d, mu.pointer, sigma.pointer))
        return mu.table(), sigma.table()

    def components(self):
        """Principal components of the latent space: mean (L), variances (L), vectors (L, L) with component k in row k."""
        n = self.latents
        mean, variances, vectors = Buffer(1, n), Buffer(1, n), Buffer(n, n)
        check(lib.genhep_model_components(raw(self), mean.pointer, variances.pointer, vectors.pointer))
        return mean.flat(), variances.flat(), vectors.table()

    def decode(self, latents, events=None):
        """latents (N, L) -> mean events (N, D). A conditional model takes its conditions from their columns in events (N, D)."""
        given = from_rows(latents, self.latents)
        made = Buffer(given.n, lib.genhep_model_columns(raw(self)))
        if self.conditions:
            if events is None:
                raise c.Error(c.E_ARG, "a conditional model decodes with events that hold the conditions")
            rows = from_rows(events, made.d)
            if rows.n != given.n:
                raise c.Error(c.E_SHAPE, "found %d events, expected %d" % (rows.n, given.n))
            ctypes.memmove(made.pointer, rows.pointer, 8 * made.n * made.d)
        events = made
        check(lib.genhep_model_decode(raw(self), given.n, given.pointer, events.pointer, events.d))
        return events.table()

    def buffer_density(self, events, options=None):
        """log p(z) of each event's latent mean under the information buffer."""
        given = from_rows(events, lib.genhep_model_columns(raw(self)))
        made = Buffer(1, given.n)
        check(lib.genhep_model_buffer_density(raw(self), raw(options), given.n, given.pointer, given.d, made.pointer))
        return made.flat()

    def log_density(self, events, options=None):
        """log p of each event, with respect to the reference measure that info() names."""
        given = from_rows(events, lib.genhep_model_columns(raw(self)))
        made = Buffer(1, given.n)
        check(lib.genhep_model_log_density(raw(self), raw(options), given.n, given.pointer, given.d, made.pointer))
        return made.flat()


class Trainer(Handle):
    """Training as an object: step() with a loop of your own, or run()."""

    _free = "genhep_trainer_free"

    def __init__(self, model, datasets, options=None):
        made = make(lib.genhep_trainer_create, raw(model), *_table_list(datasets), raw(options))
        super().__init__(made, _log(options), *model._owner.keep)

    @classmethod
    def resume(cls, checkpoint, datasets, options=None):
        """Continue from a checkpoint with the same data."""
        trainer = cls.__new__(cls)
        made = make(lib.genhep_trainer_resume, encode(checkpoint), *_table_list(datasets), raw(options))
        Handle.__init__(trainer, made, _log(options))
        return trainer

    @property
    def kernel(self):
        """The instructions that its matrix products run on: "amx" or "blas"."""
        return decode(lib.genhep_trainer_kernel(raw(self)))

    def step(self, n=1):
        """Do up to n optimiser steps; fewer when the schedule ends."""
        check(lib.genhep_trainer_step(raw(self), n))

    def run(self, checkpoint=None, progress=None):
        """Train to the end of the schedule.

        checkpoint: file that keeps the state, or None. progress: called now and then with a Progress (valid during the
        call only); a true result stops at the next step, and run() then raises Error with status -40. An exception in
        it stops too, and is raised here.
        """
        raised = []

        def relay(_, now):
            try:
                return 1 if progress(now.contents) else 0
            except BaseException as error:  # must not pass through C code
                raised.append(error)
                return 1

        call = c.PROGRESS(relay) if progress else c.PROGRESS()
        status = lib.genhep_trainer_run(raw(self), encode(checkpoint), call, None)
        if raised:
            raise raised[0]
        check(status)

    def progress(self):
        """Where training stands, as a Progress."""
        now = c.Progress(struct_size=ctypes.sizeof(c.Progress))
        check(lib.genhep_trainer_progress(raw(self), ctypes.byref(now)))
        return now

    def save(self, path):
        """Write a checkpoint."""
        check(lib.genhep_trainer_save(raw(self), encode(path)))

    def model(self, which=c.BEST):
        """A snapshot: genhep.BEST, LAST or AVERAGE."""
        return Model(make(lib.genhep_trainer_model, raw(self), which), *self._owner.keep)


class Sampler(Handle):
    """Draws events from a model, which it keeps alive. One thread at a time."""

    _free = "genhep_sampler_free"

    def __init__(self, model, options=None, **settings):
        """settings: options by name, "_" for ".": Sampler(model, seed=7, sample_threads=2)."""
        if settings:
            options = options.copy() if options is not None else Options()
            for key, value in settings.items():
                options[key.replace("_", ".", 1)] = value
        super().__init__(make(lib.genhep_sampler_create, raw(model), raw(options)), model, _log(options))
        self._d, self._c = lib.genhep_model_columns(raw(model)), model.conditions
        self._uniform, self._raised = None, []
        self._event = Buffer(1, self._d)
        self._weight = ctypes.c_double()

    def draw(self, n, conditions=None, single=False, weights=False):
        """n events, (n, D). conditions: (n, C) for a conditional model. single: float32 instead of float64. weights: return
        (events, weights), of a subtraction in pb with the cross section as their mean."""
        if n < 0:
            raise c.Error(c.E_ARG, "found %d events, expected 0 or more" % n)
        made = Buffer(n, self._d, "f" if single else "d")
        given = None if conditions is None else from_rows(conditions, self._c)
        if given is not None and given.n != n:
            raise c.Error(c.E_SHAPE, "found %d conditions, expected %d" % (given.n, n))
        weight = Buffer(1, n) if weights else None
        call = lib.genhep_sampler_draw_weighted_float if single else lib.genhep_sampler_draw_weighted_double
        self._check(call(raw(self), n, None if given is None else given.pointer, self._c, made.pointer, self._d,
                         n * self._d, weight.pointer if weights else None))
        return (made.table(), weight.flat()) if weights else made.table()

    def next(self, condition=None):
        """One event: (event, weight)."""
        given = None if condition is None else from_numbers(condition, self._c)
        self._check(lib.genhep_sampler_next(raw(self), None if given is None else given.pointer, self._event.pointer,
                                            ctypes.byref(self._weight)))
        row = self._event.flat()
        return (row.copy() if numpy is not None else row), self._weight.value

    def _check(self, status):
        if self._raised:
            first = self._raised[0]
            self._raised.clear()
            raise first
        check(status)

    def seek(self, event):
        """Go to an event number."""
        check(lib.genhep_sampler_seek(raw(self), event))

    def tell(self):
        """The number of the event that comes next."""
        event = ctypes.c_int64()
        check(lib.genhep_sampler_tell(raw(self), ctypes.byref(event)))
        return event.value

    @property
    def kernel(self):
        """The instructions it computes with: "amx", "avx512", "avx2", "blas"; "none" without a network."""
        return decode(lib.genhep_sampler_kernel(raw(self)))

    def set_uniform(self, function):
        """Take all randomness from function(), a number in (0, 1); None goes back to the library's own.

        An exception in it is raised by the draw() or next() that called it.
        """
        def relay(_):
            try:
                return function()
            except BaseException as error:  # must not pass through C code
                raised.append(error)
                return 0.5

        raised = self._raised  # not self: a cycle would keep the sampler alive
        call = c.UNIFORM(relay) if function else c.UNIFORM()
        check(lib.genhep_sampler_set_uniform(raw(self), call, None))
        self._uniform = call


class Writer(Handle):
    """An event file written in pieces, as the events come.

        with genhep.Writer("events.h5", model) as writer:
            for _ in range(100):
                writer.append(sampler.draw(10000))

    The file takes its name when the block ends, or in close(); after an exception nothing of it is left.
    """

    _free = "genhep_writer_free"

    def __init__(self, path, schema, weighted=False, options=None):
        """schema: a Dataset or a Model, whose columns, units and attributes the file gets. weighted: every event has a weight."""
        create = lib.genhep_writer_create_for_model if isinstance(schema, Model) else lib.genhep_writer_create
        super().__init__(make(create, raw(schema), encode(path), int(weighted), raw(options)), _log(options), *schema._owner.keep)
        self._d = len(schema.columns)

    def append(self, events, weights=None):
        """Write events (N, D); weights: N numbers, ones when they are missing in a file of weighted events."""
        if numpy is not None and getattr(events, "dtype", None) == numpy.float32 and events.ndim == 2 and events.shape[1] == self._d:
            rows = Buffer(len(events), self._d, "f")
            rows.values[...] = events
        else:
            rows = from_rows(events, self._d)
        weight = None if weights is None else from_numbers(weights, rows.n)
        call = lib.genhep_writer_append_float if rows.code == "f" else lib.genhep_writer_append_double
        check(call(raw(self), rows.n, rows.pointer, self._d, None if weight is None else weight.pointer))

    def set_attribute(self, key, value):
        """Set an attribute; `beams` and `sqrt_s_GeV` of event records, and `sigma_pb` of HepMC3, before the first event."""
        check(lib.genhep_writer_set_attribute(raw(self), encode(key), encode(value)))

    @property
    def events(self):
        """Events so far."""
        return lib.genhep_writer_events(raw(self))

    def close(self):
        """Complete the file and let go of the handle."""
        try:
            check(lib.genhep_writer_close(raw(self)))
        finally:
            super().close()

    def abandon(self):
        """Leave no file and let go of the handle."""
        super().close()

    def __exit__(self, kind, *_):
        if self._owner is not None:
            self.abandon() if kind else self.close()
