"""Tables of numbers between Python and C, with numpy where it is there and without it where it is not.

With numpy a table is an array of shape (N, D); without, a list of N lists of D numbers. Both are accepted everywhere.
"""
import ctypes
from array import array

from ._library import E_SHAPE, Error

try:
    import numpy
except ImportError:
    numpy = None

_CODES = {"d": ctypes.c_double, "f": ctypes.c_float}


class Buffer:
    """n*d numbers in row-major order: `pointer` for C, table() and row() for Python."""

    def __init__(self, n, d, code="d"):
        self.n, self.d, self.code = n, d, code
        kind = _CODES[code]
        if numpy is not None:
            self.values = numpy.empty((n, d), dtype=kind)
            self.pointer = self.values.ctypes.data_as(ctypes.POINTER(kind))
        else:
            self.values = array(code, bytes(n * d * ctypes.sizeof(kind)))
            block = (kind * (n * d)).from_buffer(self.values) if n * d else None
            self.pointer = ctypes.cast(block, ctypes.POINTER(kind))

    def table(self):
        """(N, D)."""
        if numpy is not None:
            return self.values
        return [self.values[i * self.d:(i + 1) * self.d].tolist() for i in range(self.n)]

    def flat(self):
        """All numbers in one row."""
        return self.values.reshape(-1) if numpy is not None else self.values.tolist()


def from_rows(rows, d=None):
    """A Buffer with a copy of rows (N, D); d is the D that is expected, None for any."""
    if numpy is not None:
        given = numpy.ascontiguousarray(rows, dtype=numpy.float64)
        if given.ndim == 1 and given.size == 0:
            given = given.reshape(0, d or 0)
        if given.ndim != 2 or (d is not None and given.shape[1] != d):
            raise Error(E_SHAPE, "found a table of shape %s, expected (N, %s)" % (given.shape, "D" if d is None else d))
        made = Buffer(*given.shape)
        made.values[...] = given
        return made
    listed = [list(row) for row in rows]
    width = d if d is not None else (len(listed[0]) if listed else 0)
    for i, row in enumerate(listed):
        if len(row) != width:
            raise Error(E_SHAPE, "found %d numbers in row %d, expected %d" % (len(row), i, width))
    made = Buffer(len(listed), width)
    for i, row in enumerate(listed):
        for j, value in enumerate(row):
            made.values[i * width + j] = value
    return made


def from_numbers(numbers, n=None):
    """A Buffer of one row with a copy of `numbers`; n is how many are expected, None for any."""
    listed = numbers.tolist() if hasattr(numbers, "tolist") else list(numbers)
    if n is not None and len(listed) != n:
        raise Error(E_SHAPE, "found %d numbers, expected %d" % (len(listed), n))
    return from_rows([listed], len(listed))
