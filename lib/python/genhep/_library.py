"""The shared library: where it is, what its functions take, and how a failed call becomes an exception.

Searched in this order: the file that the environment variable GENHEP_LIBRARY names; beside this package; the folder
`build` of a source tree that holds this package; what the system's loader finds. The names below are those of the C
headers, which are the manual.
"""
import ctypes
import ctypes.util
import os
from ctypes import POINTER, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint32, c_void_p

SONAME = "libgenhep.so.1"

STATUS = {0: "GENHEP_OK", -1: "GENHEP_E_ARG", -2: "GENHEP_E_NOMEM", -10: "GENHEP_E_OPTION", -11: "GENHEP_E_SHAPE",
          -12: "GENHEP_E_STATE", -13: "GENHEP_E_BUFFER", -20: "GENHEP_E_IO", -21: "GENHEP_E_FORMAT",
          -22: "GENHEP_E_VERSION", -30: "GENHEP_E_NUMERIC", -40: "GENHEP_E_USER"}
OK, E_ARG, E_SHAPE, E_BUFFER, E_USER = 0, -1, -11, -13, -40
INT, REAL, TEXT = 1, 2, 3
BEST, LAST, AVERAGE = 1, 2, 3
LOG_INFO, LOG_WARNING = 1, 2


class Error(Exception):
    """A call of the library failed: `status` is its code, `name` the code's name, str() the message."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.name = STATUS.get(status, "GENHEP_E_UNKNOWN")


class Column(ctypes.Structure):
    """C struct genhep_column."""

    _fields_ = [("struct_size", c_int64), ("name", c_char_p), ("unit", c_char_p)]


class OptionRow(ctypes.Structure):
    """C struct genhep_option_row."""

    _fields_ = [("struct_size", c_int64), ("key", c_char_p), ("type", c_int32), ("default_value", c_char_p),
                ("minimum", c_double), ("maximum", c_double), ("choices", c_char_p), ("since", c_char_p),
                ("help", c_char_p)]


class Allocator(ctypes.Structure):
    """C struct genhep_allocator."""

    _fields_ = [("struct_size", c_int64), ("reallocate", ctypes.CFUNCTYPE(c_void_p, c_void_p, c_void_p, c_size_t)),
                ("release", ctypes.CFUNCTYPE(None, c_void_p, c_void_p)), ("user", c_void_p)]


class Progress(ctypes.Structure):
    """C struct genhep_progress: where training stands."""

    _fields_ = [("struct_size", c_int64), ("step", c_int64), ("steps", c_int64), ("epoch", c_int64),
                ("finished", c_int32), ("stage", c_int32), ("seconds", c_double), ("seconds_left", c_double),
                ("events_per_second", c_double), ("learning_rate", c_double), ("loss", c_double),
                ("reconstruction", c_double), ("divergence", c_double), ("validation", c_double),
                ("figure", c_double), ("best_figure", c_double), ("best_step", c_int64), ("discriminator", c_double),
                ("penalty", c_double), ("mmd", c_double)]


class ModelClass(ctypes.Structure):
    """C struct genhep_class."""

    _fields_ = [("struct_size", c_int64), ("name", c_char_p), ("samples", c_int32), ("fraction", c_double),
                ("sigma_pb", c_double)]


class ObservableRow(ctypes.Structure):
    """C struct genhep_observable."""

    _fields_ = [("struct_size", c_int64), ("name", c_char_p), ("unit", c_char_p), ("bins", c_int64),
                ("edges", POINTER(c_double)), ("truth", POINTER(c_double)), ("truth_error", POINTER(c_double)),
                ("generated", POINTER(c_double)), ("generated_error", POINTER(c_double)), ("chi2_ndf", c_double),
                ("w1", c_double), ("w1_floor", c_double), ("ks", c_double), ("ks_p", c_double)]


class Overdensity(ctypes.Structure):
    """C struct genhep_overdensity."""

    _fields_ = [("struct_size", c_int64), ("p_value", c_double), ("significance", c_double), ("centre", c_int64),
                ("centre_is_data", c_int32), ("neighbours", c_int64), ("inside", c_int64), ("expected", c_double),
                ("radius", c_double), ("axis", c_int64)]


class Integral(ctypes.Structure):
    """C struct genhep_integral: what a run of an integrator found."""

    _fields_ = [("struct_size", c_int64), ("points", c_int64), ("integral", c_double), ("error", c_double),
                ("chi2_ndf", c_double), ("efficiency", c_double), ("efficiency_quantile", c_double), ("ess", c_double),
                ("accepted", c_double), ("largest_weight", c_double), ("training_points", c_int64),
                ("seconds_training", c_double), ("seconds_sampling", c_double)]


LOG = ctypes.CFUNCTYPE(None, c_void_p, c_int32, c_char_p)
PROGRESS = ctypes.CFUNCTYPE(c_int32, c_void_p, POINTER(Progress))
UNIFORM = ctypes.CFUNCTYPE(c_double, c_void_p)
INTEGRAND = ctypes.CFUNCTYPE(c_int32, c_void_p, c_int64, c_int64, POINTER(c_double), POINTER(c_double))

_handle = c_void_p
_made = POINTER(c_void_p)
_tables = POINTER(c_void_p)
_doubles = POINTER(c_double)
_status = c_int32

# name: (result, parameters); a test compares this table with the headers
PROTOTYPES = {
    "genhep_version": (c_char_p, []),
    "genhep_blas": (c_char_p, []),
    "genhep_status_name": (c_char_p, [c_int32]),
    "genhep_last_error": (_status, [c_char_p, c_int64]),
    "genhep_options_create": (_status, [_made]),
    "genhep_options_create_with": (_status, [POINTER(Allocator), _made]),
    "genhep_options_copy": (_status, [_handle, _made]),
    "genhep_options_free": (None, [_handle]),
    "genhep_options_set": (_status, [_handle, c_char_p, c_char_p]),
    "genhep_options_set_int": (_status, [_handle, c_char_p, c_int64]),
    "genhep_options_set_real": (_status, [_handle, c_char_p, c_double]),
    "genhep_options_set_text": (_status, [_handle, c_char_p, c_char_p]),
    "genhep_options_parse": (_status, [_handle, c_char_p]),
    "genhep_options_read_card": (_status, [_handle, c_char_p]),
    "genhep_options_get_int": (_status, [_handle, c_char_p, POINTER(c_int64)]),
    "genhep_options_get_real": (_status, [_handle, c_char_p, _doubles]),
    "genhep_options_get_text": (_status, [_handle, c_char_p, c_char_p, c_int64, POINTER(c_int64)]),
    "genhep_options_is_set": (_status, [_handle, c_char_p, POINTER(c_int32)]),
    "genhep_option_count": (c_int64, []),
    "genhep_option_info": (_status, [c_int64, POINTER(OptionRow)]),
    "genhep_options_set_log": (_status, [_handle, LOG, c_void_p]),
    "genhep_philox4x32": (None, [POINTER(c_uint32), POINTER(c_uint32), POINTER(c_uint32)]),
    "genhep_random_uniform": (_status, [c_int64, c_int64, c_int64, c_int64, _doubles]),
    "genhep_random_normal": (_status, [c_int64, c_int64, c_int64, c_int64, _doubles]),
    "genhep_random_normal_float": (_status, [c_int64, c_int64, c_int64, c_int64, c_int64, POINTER(c_float)]),
    "genhep_dataset_open": (_status, [c_char_p, _handle, _made]),
    "genhep_dataset_from_arrays": (_status, [_handle, c_int64, c_int64, POINTER(c_char_p), POINTER(c_char_p), _doubles,
                                             c_int64, _doubles, _made]),
    "genhep_dataset_write": (_status, [_handle, c_char_p, _handle]),
    "genhep_dataset_slice": (_status, [_handle, c_int64, c_int64, _made]),
    "genhep_dataset_shuffle": (_status, [_handle, c_int64, _made]),
    "genhep_dataset_events": (c_int64, [_handle]),
    "genhep_dataset_columns": (c_int64, [_handle]),
    "genhep_dataset_column": (_status, [_handle, c_int64, POINTER(Column)]),
    "genhep_dataset_values": (_status, [_handle, _doubles, c_int64, c_int64]),
    "genhep_dataset_weights": (_status, [_handle, _doubles, c_int64, POINTER(c_int32)]),
    "genhep_dataset_attribute": (c_char_p, [_handle, c_char_p]),
    "genhep_dataset_set_attribute": (_status, [_handle, c_char_p, c_char_p]),
    "genhep_dataset_free": (None, [_handle]),
    "genhep_model_create": (_status, [_handle, _tables, c_int64, _made]),
    "genhep_bvae_create": (_status, [_handle, _tables, c_int64, _made]),
    "genhep_gan_create": (_status, [_handle, _tables, c_int64, _made]),
    "genhep_fcgan_create": (_status, [_handle, _tables, c_int64, _made]),
    "genhep_subgan_create": (_status, [_handle, _tables, c_int64, _made]),
    "genhep_independent_create": (_status, [_handle, _tables, c_int64, _made]),
    "genhep_model_open": (_status, [c_char_p, _handle, _made]),
    "genhep_model_open_memory": (_status, [c_void_p, c_int64, _handle, _made]),
    "genhep_model_save": (_status, [_handle, c_char_p]),
    "genhep_model_verify": (_status, [_handle]),
    "genhep_model_columns": (c_int64, [_handle]),
    "genhep_model_conditions": (c_int64, [_handle]),
    "genhep_model_latents": (c_int64, [_handle]),
    "genhep_model_column": (_status, [_handle, c_int64, POINTER(Column)]),
    "genhep_model_condition": (_status, [_handle, c_int64, POINTER(Column)]),
    "genhep_model_classes": (c_int64, [_handle]),
    "genhep_model_class": (_status, [_handle, c_int64, POINTER(ModelClass)]),
    "genhep_model_info": (_status, [_handle, c_char_p, c_int64, POINTER(c_int64)]),
    "genhep_model_attribute": (c_char_p, [_handle, c_char_p]),
    "genhep_model_encode": (_status, [_handle, c_int64, _doubles, c_int64, _doubles, _doubles]),
    "genhep_model_components": (_status, [_handle, _doubles, _doubles, _doubles]),
    "genhep_model_decode": (_status, [_handle, c_int64, _doubles, _doubles, c_int64]),
    "genhep_model_log_density": (_status, [_handle, _handle, c_int64, _doubles, c_int64, _doubles]),
    "genhep_model_buffer_density": (_status, [_handle, _handle, c_int64, _doubles, c_int64, _doubles]),
    "genhep_model_free": (None, [_handle]),
    "genhep_trainer_create": (_status, [_handle, _tables, c_int64, _handle, _made]),
    "genhep_trainer_step": (_status, [_handle, c_int64]),
    "genhep_trainer_run": (_status, [_handle, c_char_p, PROGRESS, c_void_p]),
    "genhep_trainer_progress": (_status, [_handle, POINTER(Progress)]),
    "genhep_trainer_save": (_status, [_handle, c_char_p]),
    "genhep_trainer_resume": (_status, [c_char_p, _tables, c_int64, _handle, _made]),
    "genhep_trainer_model": (_status, [_handle, c_int32, _made]),
    "genhep_trainer_kernel": (c_char_p, [_handle]),
    "genhep_trainer_free": (None, [_handle]),
    "genhep_sampler_create": (_status, [_handle, _handle, _made]),
    "genhep_sampler_draw_float": (_status, [_handle, c_int64, _doubles, c_int64, POINTER(c_float), c_int64, c_int64]),
    "genhep_sampler_draw_double": (_status, [_handle, c_int64, _doubles, c_int64, _doubles, c_int64, c_int64]),
    "genhep_sampler_draw_weighted_float": (_status, [_handle, c_int64, _doubles, c_int64, POINTER(c_float), c_int64,
                                                     c_int64, _doubles]),
    "genhep_sampler_draw_weighted_double": (_status, [_handle, c_int64, _doubles, c_int64, _doubles, c_int64, c_int64,
                                                      _doubles]),
    "genhep_sampler_next": (_status, [_handle, _doubles, _doubles, _doubles]),
    "genhep_sampler_seek": (_status, [_handle, c_int64]),
    "genhep_sampler_tell": (_status, [_handle, POINTER(c_int64)]),
    "genhep_sampler_set_uniform": (_status, [_handle, UNIFORM, c_void_p]),
    "genhep_sampler_kernel": (c_char_p, [_handle]),
    "genhep_sampler_free": (None, [_handle]),
    "genhep_writer_create": (_status, [_handle, c_char_p, c_int32, _handle, _made]),
    "genhep_writer_create_for_model": (_status, [_handle, c_char_p, c_int32, _handle, _made]),
    "genhep_writer_append_float": (_status, [_handle, c_int64, POINTER(c_float), c_int64, _doubles]),
    "genhep_writer_append_double": (_status, [_handle, c_int64, _doubles, c_int64, _doubles]),
    "genhep_writer_set_attribute": (_status, [_handle, c_char_p, c_char_p]),
    "genhep_writer_close": (_status, [_handle]),
    "genhep_writer_events": (c_int64, [_handle]),
    "genhep_writer_free": (None, [_handle]),
    "genhep_observables": (_status, [_handle, c_char_p, _handle, _made]),
    "genhep_find_overdensity": (_status, [_handle, c_int64, _doubles, c_int64, _doubles, c_int64, POINTER(Overdensity)]),
    "genhep_evaluate": (_status, [_handle, _handle, _handle, c_char_p, _handle, _made]),
    "genhep_evaluation_json": (c_char_p, [_handle]),
    "genhep_evaluation_figure": (_status, [_handle, c_char_p, _doubles]),
    "genhep_evaluation_observables": (c_int64, [_handle]),
    "genhep_evaluation_observable": (_status, [_handle, c_int64, POINTER(ObservableRow)]),
    "genhep_evaluation_free": (None, [_handle]),
    "genhep_integrator_create": (_status, [c_int64, INTEGRAND, c_void_p, _handle, _made]),
    "genhep_integrator_adapt": (_status, [_handle, PROGRESS, c_void_p]),
    "genhep_integrator_run": (_status, [_handle, c_int64, POINTER(Integral)]),
    "genhep_integrator_draw": (_status, [_handle, c_int64, _doubles, c_int64, c_int64, _doubles]),
    "genhep_integrator_unweight": (_status, [_handle, c_int64, _doubles, c_int64, c_int64, _doubles]),
    "genhep_integrator_set_model": (_status, [_handle, _handle]),
    "genhep_integrator_model": (_handle, [_handle]),
    "genhep_integrator_free": (None, [_handle]),
}


def candidates():
    """Files to try, in order."""
    named = os.environ.get("GENHEP_LIBRARY")
    if named:
        return [named]
    package = os.path.dirname(os.path.abspath(__file__))
    folders = [package, os.path.dirname(package), os.path.join(package, "..", "..", "..", "build")]
    found = [os.path.join(folder, SONAME) for folder in folders if os.path.exists(os.path.join(folder, SONAME))]
    return found + [SONAME] + [name for name in [ctypes.util.find_library("genhep")] if name]


def load():
    """Load the library and give every function its prototype."""
    tried = []
    for name in candidates():
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            tried.append(str(error))
            continue
        for function, (result, parameters) in PROTOTYPES.items():
            getattr(library, function).restype = result
            getattr(library, function).argtypes = parameters
        return library
    raise ImportError("libgenhep is not found; set GENHEP_LIBRARY to the file %s (%s)" % (SONAME, "; ".join(tried)))


lib = load()


def check(status):
    """Raise Error with the library's message unless status is GENHEP_OK."""
    if status != OK:
        buffer = ctypes.create_string_buffer(512)
        lib.genhep_last_error(buffer, len(buffer))
        raise Error(status, buffer.value.decode("utf-8", "replace") or STATUS.get(status, str(status)))


def encode(text):
    """A text or path as bytes for C; None stays None."""
    return None if text is None else os.fsencode(text)


def decode(text):
    """A C text as str; None stays None."""
    return None if text is None else text.decode("utf-8", "replace")


def text_of(get):
    """Text from a function get(buffer, capacity, length) that tells its length."""
    length = c_int64()
    status = get(None, 0, ctypes.byref(length))
    if status != E_BUFFER:
        check(status)
    buffer = ctypes.create_string_buffer(length.value + 1)
    check(get(buffer, length.value + 1, ctypes.byref(length)))
    return decode(buffer.value)


class Owner:
    """A C handle that is freed when the last object that needs it goes. `keep`: what it needs itself."""

    def __init__(self, pointer, free, keep):
        self.pointer, self.keep = pointer, keep
        self._free = getattr(lib, free)

    def __del__(self):
        self._free(self.pointer)


class Handle:
    """A C handle, freed when the object goes, by close(), or at the end of a `with` block.

    What other objects still need, a sampler its model for example, stays until they go too. `keep` names what this one
    needs: handles, whose owner is shared, or anything else that C code refers to.
    """

    _free = None

    def __init__(self, pointer, *keep):
        self._owner = Owner(pointer, self._free, tuple(getattr(k, "_owner", k) for k in keep))

    def close(self):
        """Let go of the handle now; this object cannot be used any more."""
        self._owner = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def raw(handle):
    """The pointer of a Handle; None for None; an error for a closed one."""
    if handle is None:
        return None
    if handle._owner is None:
        raise ValueError("this %s is closed" % type(handle).__name__)
    return handle._owner.pointer


def make(function, *arguments):
    """Call a constructor whose last argument receives the handle."""
    made = c_void_p()
    check(function(*arguments, ctypes.byref(made)))
    return made
