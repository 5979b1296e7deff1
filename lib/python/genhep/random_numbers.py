"""The library's counter-based random numbers (Philox4x32-10): number i is a function of (seed, stream, i)."""
from ._library import check, lib
from ._tables import Buffer


def random_uniform(seed, stream, first, n):
    """Numbers first .. first+n-1 of the uniform sequence (seed, stream), each in the open interval (0, 1)."""
    made = Buffer(1, n)
    check(lib.genhep_random_uniform(seed, stream, first, n, made.pointer))
    return made.flat()


def random_normal(seed, stream, first, n):
    """As random_uniform, standard normal numbers."""
    made = Buffer(1, n)
    check(lib.genhep_random_normal(seed, stream, first, n, made.pointer))
    return made.flat()


def random_normal_float(seed, stream, first, n, width):
    """(n, width) in float: the numbers that events first .. first+n-1 of a sampler with this seed and stream take."""
    made = Buffer(n, width, "f")
    check(lib.genhep_random_normal_float(seed, stream, first, n, width, made.pointer))
    return made.table()
