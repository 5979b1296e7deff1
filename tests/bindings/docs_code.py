#!/usr/bin/env python3
"""Compile and run the code blocks of README.md and docs/ (called by docs_code.sh).

The first line of a fenced block says what is done with it:
    ```c  ```cpp  ```fortran    `/* compile */`, `// compile`, `! compile`: compiled against the headers, and linked when it
                                has a main program; with a name (`/* compile sampler.c */`) it is also kept as that file
    ```sh                       `# run`: run in a folder of the document's own, block after block, with `genhep`, `cc`,
                                pkg-config, the kept files and the cards of examples/cards (as cards/) at hand
    ```python                   always checked for syntax; `# run`: run in the document's folder
Other blocks are shown only; `sh` blocks among them are checked for syntax.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ["B"]
STRICT = ["-Wall", "-Wextra", "-Werror"]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```[ \t]*$", flags=re.S | re.M)
DIRECTIVE = re.compile(r"^\s*(?:/\*|//|!|#)\s*(compile|run)\b\s*([\w.]*)\s*(?:\*/)?\s*$")
counts = {"passed": 0, "failed": 0, "skipped": 0}


def report(outcome, name, why=""):
    counts[outcome] += 1
    print("%-8s %s%s" % ({"passed": "ok", "failed": "FAILED", "skipped": "skipped"}[outcome], name, why and ": " + why))


def documents():
    """README.md and every .md file below docs/."""
    found = [os.path.join(ROOT, "README.md")]
    for folder, _, files in sorted(os.walk(os.path.join(ROOT, "docs"))):
        found += [os.path.join(folder, name) for name in sorted(files) if name.endswith(".md")]
    return [path for path in found if os.path.exists(path)]


def environment(folder):
    """What an installed library would give: genhep and its .pc file found, and the shared library."""
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", GENHEP_LIBRARY=os.path.join(BUILD, "libgenhep.so.1"),
               PYTHONPATH=os.path.join(ROOT, "lib", "python"))
    tools = os.path.join(folder, ".tools")
    os.mkdir(tools)
    os.symlink(os.path.join(BUILD, "genhep"), os.path.join(tools, "genhep"))
    for name in ("cc", "c++", "gfortran", "python3"):
        chosen = {"cc": env.get("CC"), "c++": env.get("CXX"), "gfortran": env.get("FC"), "python3": sys.executable}[name]
        if chosen and shutil.which(chosen.split()[0]):
            with open(os.path.join(tools, name), "w") as script:
                script.write('#!/bin/sh\nexec %s "$@"\n' % " ".join([shutil.which(chosen.split()[0])] + chosen.split()[1:]))
            os.chmod(os.path.join(tools, name), 0o755)
    with open(os.path.join(ROOT, "pkgconfig", "genhep.pc.in")) as template:
        text = template.read()
    for key, value in (("PREFIX", ROOT), ("LIBDIR", BUILD), ("INCLUDEDIR", os.path.join(ROOT, "include")), ("VERSION", "0")):
        text = text.replace("@%s@" % key, value)
    with open(os.path.join(tools, "genhep.pc"), "w") as pc:
        pc.write(text)
    for key, value in (("PATH", tools), ("LD_LIBRARY_PATH", BUILD), ("PKG_CONFIG_PATH", tools)):
        env[key] = value + (":" + env[key] if env.get(key) else "")
    os.symlink(os.path.join(ROOT, "examples", "cards"), os.path.join(folder, "cards"))
    return env


def run(name, command, env, folder):
    done = subprocess.run(command, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    report("failed" if done.returncode else "passed", name)
    if done.returncode:
        sys.stderr.write(done.stdout.decode("utf-8", "replace")[-4000:])


def compile_block(name, language, code, env, folder):
    program = {"c": r"\bmain\s*\(", "cpp": r"\bmain\s*\(", "fortran": r"(?im)^\s*program\b"}[language]
    compiler = shlex.split({"c": env["CC"], "cpp": env["CXX"], "fortran": env["FC"]}[language])
    if not shutil.which(compiler[0]):
        return report("skipped", name, "no compiler '%s'" % compiler[0])
    source = os.path.join(folder, ".tools", "block" + {"c": ".c", "cpp": ".cpp", "fortran": ".f90"}[language])
    with open(source, "w") as file:
        file.write(code)
    linked = re.search(program, code)
    flags = ["-I" + os.path.join(ROOT, "include"), "-o", os.path.join(folder, ".tools", "block")] + STRICT
    if language == "fortran":
        flags += ["-J" + os.path.join(folder, ".tools"), os.path.join(ROOT, "include", "genhep", "genhep.f90"), source]
    else:
        flags += ["-std=c99" if language == "c" else "-std=c++11", "-pedantic", source]
    if linked:
        flags += ["-L" + BUILD, "-lgenhep"]
    else:
        flags = [f for f in flags if f != "-o" and not f.endswith(os.path.join(".tools", "block"))] + ["-c"]
    run(name, compiler + flags, env, os.path.join(folder, ".tools"))


def check(path):
    """All blocks of one document, in order, in one scratch folder."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if len(re.findall(r"^```", text, flags=re.M)) % 2:
        report("failed", os.path.relpath(path, ROOT), "a code block is not closed")
    with tempfile.TemporaryDirectory() as folder:
        env = environment(folder)
        for block in FENCE.finditer(text):
            language, code = block.group(1), block.group(2)
            line = text.count("\n", 0, block.start()) + 1
            name = "%s:%d %s" % (os.path.relpath(path, ROOT), line, language)
            first, _, rest = code.partition("\n")
            directive = DIRECTIVE.match(first)
            what, kept = directive.groups() if directive else (None, "")
            if language in ("c", "cpp", "fortran") and what == "compile":
                if kept:
                    with open(os.path.join(folder, kept), "w") as file:
                        file.write(rest)
                compile_block(name, language, rest if kept else code, env, folder)
            elif language == "sh":
                run(name, ["bash", "-euo", "pipefail" if what == "run" else "noexec", "-c", code], env, folder)
            elif language == "python" and what == "run":
                run(name, [sys.executable, "-c", code], env, folder)
            elif language == "python":
                run(name, [sys.executable, "-c", "import ast, sys; ast.parse(sys.argv[1])", code], env, folder)
            elif what:
                report("failed", name, "found '%s', which is not known for %s" % (first.strip(), language))


if __name__ == "__main__":
    for document in documents():
        check(document)
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    sys.exit(1 if counts["failed"] else 0)
