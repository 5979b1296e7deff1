#!/usr/bin/env python3
"""Write include/genhep/genhep.f90 from the C headers and genhep.f90.in.

    python3 tests/bindings/make_fortran.py > include/genhep/genhep.f90

The template holds what is written by hand; its lines `@CONSTANTS@`, `@TYPES@`, `@INTERFACES@` are replaced. A test runs
this script and compares. Pointers become by-reference arguments:
    genhep_x *handle, void *user     type(c_ptr), value            genhep_x **result   type(c_ptr), intent(out)
    const char *text                 characters ended by NUL       const double *x     real(c_double), intent(in)
    int64_t *n, double *value        scalars, intent(out)          callbacks           type(c_funptr), value
What may be NULL in C is `optional` in Fortran (a missing argument is passed as NULL).
"""
import os
import sys

from c_headers import HERE, Headers

NUMBERS = {"int64_t": "integer(c_int64_t)", "int32_t": "integer(c_int32_t)", "uint32_t": "integer(c_int32_t)",
           "genhep_status": "integer(c_int32_t)", "double": "real(c_double)", "float": "real(c_float)",
           "size_t": "integer(c_size_t)"}
SCALAR_OUTPUTS = {"value", "weight"}  # double * that point at one number; int64_t * and int32_t * always do
NULLABLE = {"units", "weights", "cond", "checkpoint", "sigma", "length", "buf", "has_weights", "weight", "process",
            "allocator"}
REQUIRED = {("genhep_dataset_weights", "weights"), ("genhep_integrator_draw", "weights"), ("genhep_integrator_unweight", "weights")}
HANDLES_NAMED = {"datasets": "intent(in)", "names": "intent(in)", "units": "intent(in)"}  # arrays of pointers


def declare(headers, function, p):
    """The Fortran declaration of one parameter."""
    optional = ", optional" if p.name in NULLABLE and (function, p.name) not in REQUIRED else ""
    if p.base in headers.callbacks:
        return "type(c_funptr), value :: " + p.name
    if p.stars == 2 and p.name in HANDLES_NAMED:
        return "type(c_ptr), intent(in)%s :: %s(*)" % (optional, p.name)
    if p.stars == 2 and p.base in headers.opaque and not p.const:
        return "type(c_ptr), intent(out) :: " + p.name
    if p.stars == 1 and (p.base == "void" or p.base in headers.opaque):
        return "type(c_ptr), value :: " + p.name
    if p.stars == 1 and p.base in headers.structs:
        return "type(%s), intent(%s)%s :: %s" % (p.base, "in" if p.const else "inout", optional, p.name)
    if p.stars == 1 and p.base == "char":
        return "character(kind=c_char), intent(%s)%s :: %s(*)" % ("in" if p.const else "inout", optional, p.name)
    if p.base in NUMBERS and p.extent:
        return "%s, intent(%s) :: %s(%d)" % (NUMBERS[p.base], "in" if p.const else "out", p.name, p.extent)
    if p.base in NUMBERS and p.stars == 0:
        return "%s, value :: %s" % (NUMBERS[p.base], p.name)
    if p.base in NUMBERS and p.stars == 1:
        scalar = not p.const and (p.base in ("int64_t", "int32_t") or p.name in SCALAR_OUTPUTS)
        return "%s, intent(%s)%s :: %s%s" % (NUMBERS[p.base], "in" if p.const else "out", optional, p.name,
                                             "" if scalar else "(*)")
    raise ValueError("%s: parameter '%s' has a type that this script does not know" % (function, p.name))


def wrap(head, names, tail, indent):
    """`head(a, b, c)tail`, continued with & before column 120."""
    lines, line = [], indent + head + "("
    for i, name in enumerate(names):
        piece = name + (", " if i + 1 < len(names) else "")
        if len(line) + len(piece) > 116:
            lines.append(line.rstrip() + " &")
            line = indent + "    & "
        line += piece
    if len(line) + len(tail) + 1 > 118:
        lines.append(line + ") &")
        lines.append(indent + "    & " + tail.strip())
    else:
        lines.append(line + ")" + tail)
    return lines


def interface(headers, f):
    indent = " " * 8
    names = [p.name for p in f.parameters]
    returns = f.result.base != "void"
    lines = wrap(("function " if returns else "subroutine ") + f.name, names,
                 ' bind(c, name="%s")%s' % (f.name, " result(returned)" if returns else ""), indent)
    inner = indent + "    "
    lines.append(inner + "import")
    lines += [inner + declare(headers, f.name, p) for p in f.parameters]
    if returns:
        pointer = f.result.stars == 1
        lines.append(inner + ("type(c_ptr)" if pointer else NUMBERS[f.result.base]) + " :: returned")
    lines.append(indent + ("end function " if returns else "end subroutine ") + f.name)
    return lines


def interfaces(headers):
    lines = ["    interface"]
    header = None
    for f in headers.functions:
        if f.header != header:
            header = f.header
            lines.append("        ! ---- %s" % header)
        lines += interface(headers, f)
    return lines + ["    end interface"]


def constants(headers):
    lines = ["    integer(c_int32_t), parameter, public :: %s = %d" % c for c in headers.constants]
    # Fortran does not tell GENHEP_VERSION from genhep_version(), the version of the library that runs
    renamed = {"GENHEP_VERSION": "GENHEP_MODULE_VERSION"}
    text = '    character(len=*), parameter, public :: %s = "%s"'
    return lines + [text % (renamed.get(name, name), value) for name, value in headers.texts]


def types(headers):
    """Structures with struct_size first, which gets its value from the default initialisation below."""
    lines = []
    for name, fields in headers.structs.items():
        lines.append("    type, bind(c), public :: %s" % name)
        size = 0
        for f in fields:
            if f.base == "function":
                kind, width = "type(c_funptr)", 8
            elif f.stars:
                kind, width = "type(c_ptr)", 8
            else:
                kind, width = NUMBERS[f.base], 4 if f.base in ("int32_t", "float", "uint32_t") else 8
            size = (size + width - 1) // width * width + width
            lines.append("        %s :: %s" % (kind, f.name))
        size = (size + 7) // 8 * 8
        first = lines.index("        integer(c_int64_t) :: struct_size", len(lines) - len(fields))
        lines[first] += " = %d ! bytes of this type" % size
        lines += ["    end type %s" % name, ""]
    return lines[:-1]


def main():
    headers = Headers()
    parts = {"@CONSTANTS@": constants, "@TYPES@": types, "@INTERFACES@": interfaces}
    with open(os.path.join(HERE, "genhep.f90.in")) as template:
        for line in template:
            made = parts.get(line.strip())
            sys.stdout.write("\n".join(made(headers)) + "\n" if made else line)


if __name__ == "__main__":
    main()
