#!/usr/bin/env bash
# headers.sh -- every public header compiles alone, strictly, as C99 and as C++11 and later, with each compiler found.
# Variables: CC, CXX. The last line is `N passed, N failed, N skipped`; exit status 0 when nothing failed.
cd "$(dirname "$0")/../.." || exit 1
. tests/bindings/common.sh

strict="-pedantic -Wall -Wextra -Werror -Wshadow -Iinclude -fsyntax-only"
alone() # compiler, language, standard, header, other flags
{
    printf '#include <genhep/%s>\n' "$4" | quietly "$1" -x "$2" $strict "${@:5}" -std="$3" -
}

for c in "${CC:-gcc}" clang; do
    if ! have "$c"; then skip "headers as C99 with $c" "no such compiler"; continue; fi
    for path in include/genhep/*.h; do
        header=${path##*/}
        [ "$header" = genhep_pythia8.h ] && continue # C++ only
        run "$header as C99 with $c" alone "$c" c c99 "$header"
    done
done

read -ra pythia < <(pythia8-config --cxxflags 2>/dev/null)
pythia=("${pythia[@]/#-I/-isystem}") # Pythia's own headers need not be as strict
for cxx in "${CXX:-g++}" clang++; do
    if ! have "$cxx"; then skip "headers as C++ with $cxx" "no such compiler"; continue; fi
    for path in include/genhep/*.h include/genhep/*.hpp; do
        header=${path##*/}
        [ "$header" = genhep_pythia8.h ] && continue
        run "$header as C++11 with $cxx" alone "$cxx" c++ c++11 "$header"
    done
    run "genhep.hpp as C++20 with $cxx" alone "$cxx" c++ c++20 genhep.hpp
    if [ ${#pythia[@]} -eq 0 ]; then skip "genhep_pythia8.h with $cxx" "no pythia8-config"; continue; fi
    run "genhep_pythia8.h with $cxx" alone "$cxx" c++ c++11 genhep_pythia8.h "${pythia[@]}"
done
finish
