"""Read the public C headers: the Fortran module is made from them, the Python prototypes are checked against them."""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
INCLUDE = os.path.join(HERE, "..", "..", "include", "genhep")


class Variable:
    """A parameter, a field or a result: const and stars as written, `extent` of an array parameter, else None."""

    def __init__(self, base, stars, const, name, extent=None):
        self.base, self.stars, self.const, self.name, self.extent = base, stars, const, name, extent


class Function:
    def __init__(self, name, result, parameters, header):
        self.name, self.result, self.parameters, self.header = name, result, parameters, header


class Headers:
    """Everything the headers declare, in the order in which genhep.h includes them."""

    def __init__(self, folder=INCLUDE):
        self.functions, self.constants, self.texts, self.structs, self.opaque, self.callbacks = [], [], [], {}, [], []
        with open(os.path.join(folder, "genhep.h")) as umbrella:
            self.files = re.findall(r'#include "(\w+\.h)"', umbrella.read())
        there = {f for f in os.listdir(folder) if f.endswith(".h")}
        unlisted = there - set(self.files) - {"genhep.h", "genhep_pythia8.h"}
        if unlisted:
            raise ValueError("headers that genhep.h does not include: " + " ".join(sorted(unlisted)))
        for name in self.files:
            with open(os.path.join(folder, name)) as header:
                self._read(name, header.read())

    def _read(self, header, text):
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        for name, value in re.findall(r"^#define\s+(GENHEP_\w+)\s+(-?\d+)\s*$", text, flags=re.M):
            self.constants.append((name, int(value)))
        for name, value in re.findall(r'^#define\s+(GENHEP_\w+)\s+"([^"]*)"\s*$', text, flags=re.M):
            self.texts.append((name, value))
        text = re.sub(r"^#.*$", "", text, flags=re.M)
        for name, body in re.findall(r"typedef struct (genhep_\w+)\s*\{(.*?)\}\s*\1\s*;", text, flags=re.S):
            self.structs[name] = [self._field(f) for f in body.split(";") if f.strip()]
        for name in re.findall(r"typedef struct (genhep_\w+)\s+\1\s*;", text):
            if name not in self.opaque:
                self.opaque.append(name)
        self.callbacks += re.findall(r"typedef [^;{}]*?\(\*(genhep_\w+)\)\s*\(", text)
        declared = text.count("GENHEP_API")
        found = re.findall(r"GENHEP_API\s+([^;()]*?)(genhep_\w+)\s*\(([^;]*?)\)\s*;", text, flags=re.S)
        if len(found) != declared:
            raise ValueError("%s: %d declarations, %d understood" % (header, declared, len(found)))
        for result, name, parameters in found:
            listed = [] if parameters.strip() == "void" else [self._variable(p) for p in parameters.split(",")]
            self.functions.append(Function(name, self._variable(result + " result"), listed, header))

    @staticmethod
    def _field(text):
        pointer = re.match(r".*\(\*(\w+)\)\s*\(.*\)\s*$", text, flags=re.S)
        return Variable("function", 1, False, pointer.group(1)) if pointer else Headers._variable(text)

    @staticmethod
    def _variable(text):
        extent = re.search(r"\[(\d+)\]\s*$", text)
        words = re.sub(r"\[\d+\]\s*$", "", text).replace("*", " * ").split()
        name = words.pop()
        stars = words.count("*")
        base = [w for w in words if w not in ("const", "*")]
        if len(base) != 1:
            raise ValueError("declaration not understood: " + " ".join(text.split()))
        return Variable(base[0], stars, "const" in words, name, int(extent.group(1)) if extent else None)
