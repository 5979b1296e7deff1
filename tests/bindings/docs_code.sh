#!/usr/bin/env bash
# docs_code.sh -- the code in README.md and docs/ compiles and runs; docs_code.py has the rules. Needs `make lib tool`.
# Variables: B (build folder), CC, CXX, FC, PYTHON. The last line is `N passed, N failed, N skipped`.
cd "$(dirname "$0")/../.." || exit 1
. tests/bindings/common.sh
B=$(cd "${B:-build}" 2>/dev/null && pwd) || { echo "docs_code.sh: no build folder; make lib tool first" >&2; exit 1; }
if ! find_python ctypes; then skip "code in the documentation" "no python3 with ctypes"; finish; fi
B=$B CC=${CC:-cc} CXX=${CXX:-c++} FC=${FC:-gfortran} "$python" tests/bindings/docs_code.py
