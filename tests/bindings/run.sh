#!/usr/bin/env bash
# run.sh -- builds and runs every binding and example against the built library, and compares what they draw.
#
# One tiny model is trained on built-in truth; C, C++, Fortran, Python and the command then draw the same 1000 events from
# it, which have to agree byte for byte. Needs `make lib tool`. Variables: B (build folder), CC, CXX, FC, PYTHON. What the
# machine lacks is skipped and counted. The last line is `N passed, N failed, N skipped`; exit status 0 when none failed.
cd "$(dirname "$0")/../.." || exit 1
. tests/bindings/common.sh

B=$(cd "${B:-build}" 2>/dev/null && pwd) || { echo "run.sh: no build folder; make lib tool first" >&2; exit 1; }
here=tests/bindings
card=examples/cards/zmumu_pp_bvae.card
genhep=$B/genhep
export GENHEP_LIBRARY=$B/libgenhep.so.1 PYTHONPATH=lib/python LD_LIBRARY_PATH=$B${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
warn="-Wall -Wextra -Werror -Wshadow -pedantic -Iinclude"
link="-L$B -lgenhep"
events=1000 seed=7
numbers=$((events * 8 * 8)) # bytes of 8 columns of doubles

CC=${CC:-cc} CXX=${CXX:-c++} FC=${FC:-gfortran}
[ "$FC" = f77 ] && FC=gfortran

# ---- a model, and its events as the command draws them -------------------------------------------------------------

run "truth simulated" quietly "$genhep" simulate zll -n 8000 -o "$scratch/truth.h5"
run "model trained by the command" quietly "$genhep" train "$card" -o "$scratch/model.h5" data.train="$scratch/truth.h5" \
    train.steps=200 train.figure=loss
draw_by_command()
{
    quietly "$genhep" sample "$scratch/model.h5" -n $events -o "$scratch/command.npy" --seed $seed data.storage=float64 &&
        tail -c $numbers "$scratch/command.npy" >"$scratch/command.bin" # behind the header of the .npy file
}
run "events drawn by the command" draw_by_command || finish

# The example draws events into a file; they have to be those of the command.
same_events() # program and what comes before the model's name
{
    rm -f "$scratch/drawn.bin"
    quietly "$@" "$scratch/model.h5" $events $seed "$scratch/drawn.bin" && [ "$(wc -c <"$scratch/drawn.bin")" -eq $numbers ] &&
        cmp "$scratch/drawn.bin" "$scratch/command.bin"
}

# An example that cannot open its model says so in one line that names the file.
names_missing_file()
{
    ! "$@" "$scratch/missing.h5" 1 1 >"$scratch/output" 2>&1 && grep -q 'missing\.h5' "$scratch/output"
}

# ---- C -------------------------------------------------------------------------------------------------------------

if have "$CC"; then
    run "examples/c/sample.c built" quietly $CC -std=c99 $warn examples/c/sample.c -o "$scratch/c_sample" $link &&
        run "C draws the command's events" same_events "$scratch/c_sample" &&
        run "C names a missing file" names_missing_file "$scratch/c_sample"
    run "examples/c/train.c built" quietly $CC -std=c99 $warn examples/c/train.c -o "$scratch/c_train" $link &&
        run "C trains" quietly "$scratch/c_train" "$card" "$scratch/truth.h5" "$scratch/c.h5" train.steps=200 train.figure=loss
    same_model() { quietly "$genhep" sample "$scratch/c.h5" -n 100 -o "$scratch/1.csv" &&
        quietly "$genhep" sample "$scratch/model.h5" -n 100 -o "$scratch/2.csv" && cmp "$scratch/1.csv" "$scratch/2.csv"; }
    run "C trains the command's model" same_model
    integrates() { quietly "$scratch/c_integrate" 20000 1 train.steps=200 integrate.points=5000 &&
        awk '{ exit !($1 > 0.63 && $1 < 0.68 && $3 < 0.01) }' "$scratch/output"; } # 0.65453: the density of a sum of three uniforms, smeared
    refuses() { ! "$scratch/c_integrate" 1000 1 integrate.sample=3 >"$scratch/output" 2>&1 && grep -q 'integrate\.samples' "$scratch/output"; }
    run "examples/c/integrate.c built" quietly $CC -std=c99 $warn examples/c/integrate.c -o "$scratch/c_integrate" $link -lm &&
        run "C integrates" integrates && run "C names an unknown option" refuses
else
    skip "examples in C" "no compiler '$CC'"
fi

# ---- C++ -----------------------------------------------------------------------------------------------------------

if have "$CXX"; then
    run "examples/cpp/sample.cpp built" quietly $CXX -std=c++11 $warn examples/cpp/sample.cpp -o "$scratch/cpp_sample" $link &&
        run "C++ draws the command's events" same_events "$scratch/cpp_sample" &&
        run "C++ names a missing file" names_missing_file "$scratch/cpp_sample"
    run "bindings_cpp.cpp built" quietly $CXX -std=c++11 $warn $here/bindings_cpp.cpp -o "$scratch/bindings_cpp" $link &&
        run "genhep.hpp" quietly "$scratch/bindings_cpp" "$scratch/truth.h5" "$scratch"
else
    skip "examples in C++" "no compiler '$CXX'"
fi

# ---- Fortran -------------------------------------------------------------------------------------------------------

if find_python os; then
    fresh_module() { "$python" $here/make_fortran.py >"$scratch/genhep.f90" &&
        diff "$scratch/genhep.f90" include/genhep/genhep.f90 >&2; }
    run "genhep.f90 is what the headers give" fresh_module
else
    skip "genhep.f90 is what the headers give" "no python3"
fi
if have "$FC"; then
    strict="-std=f2018 -Wall -Wextra -Werror -J$scratch -I$scratch"
    run "genhep.f90 built" quietly $FC $strict -O2 -c include/genhep/genhep.f90 -o "$scratch/module.o"
    run "examples/fortran/sample.f90 built" quietly $FC $strict examples/fortran/sample.f90 "$scratch/module.o" \
        -o "$scratch/f_sample" $link &&
        run "Fortran draws the command's events" same_events "$scratch/f_sample" &&
        run "Fortran names a missing file" names_missing_file "$scratch/f_sample"
    run "bindings_fortran.f90 built" quietly $FC $strict -g -fcheck=bounds,pointer $here/bindings_fortran.f90 \
        "$scratch/module.o" -o "$scratch/bindings_fortran" $link &&
        run "genhep.f90" quietly "$scratch/bindings_fortran" "$scratch/truth.h5" "$scratch"
else
    skip "examples in Fortran" "no compiler '$FC'"
fi

# ---- Python --------------------------------------------------------------------------------------------------------

cat >"$scratch/draw.py" <<'EOF'
import array, sys, genhep
model, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = genhep.Sampler(genhep.Model.open(model), seed=seed).draw(n)
with open(sys.argv[4] if len(sys.argv) > 4 else "/dev/null", "wb") as file:
    file.write(array.array("d", [x for row in rows for x in row]).tobytes())
EOF
if find_python ctypes; then
    run "Python draws the command's events" same_events "$python" "$scratch/draw.py"
    run "Python names a missing file" names_missing_file "$python" "$scratch/draw.py"
    run "lib/python/genhep without numpy" quietly "$python" $here/bindings_python.py "$scratch/truth.h5" "$scratch" --without-numpy
    for model in examples/models/*.h5; do
        run "examples/python/pretrained.py $model" quietly "$python" examples/python/pretrained.py "$model" 1000
    done
    run "examples/python/train_and_sample.py" quietly "$python" examples/python/train_and_sample.py "$card" "$scratch/truth.h5" \
        "$scratch/python_example.h5" train.steps=200 train.figure=loss
else
    skip "examples in Python" "no python3 with ctypes"
fi
if find_python numpy; then
    run "lib/python/genhep with numpy" quietly "$python" $here/bindings_python.py "$scratch/truth.h5" "$scratch"
else
    skip "lib/python/genhep with numpy" "no python3 with numpy"
fi
if find_python numpy h5py; then
    run "examples/python/read_model.py" quietly "$python" examples/python/read_model.py "$scratch/model.h5"
    run "read_model.py decodes as the library does" quietly "$python" $here/check_read_model.py "$scratch/truth.h5"
else
    skip "examples/python/read_model.py" "no python3 with numpy and h5py"
fi

# ---- Pythia 8 ------------------------------------------------------------------------------------------------------

# Pythia takes every event, does not complain about what it is given, and the Z is where it should be. Of the messages of
# its own showers only a check of momentum balance counts: one event in some thousands fails it without this library too.
pythia_accepts() # [pythia]
{
    quietly "$scratch/main_genhep" "$scratch/model.h5" 300 "$@" &&
        grep -Eq '^300 of 300 events accepted, [0-3] drawn anew, median mass 9[01]\.' "$scratch/output" &&
        ! grep -Eq 'Warning:|LHAup|LesHouches|ProcessContainer|ProcessLevel|Abort|small daughter PDF' "$scratch/output" &&
        awk '/Pythia::check/ { sum += $2 } END { exit sum > 1 }' "$scratch/output"
}
# A model in plain columns does not balance transverse momenta: told, not passed on.
pythia_refuses()
{
    quietly "$genhep" train "$card" -o "$scratch/plain.h5" data.train="$scratch/truth.h5" train.steps=20 train.figure=loss \
        prep=standardise prep.tree= && ! "$scratch/main_genhep" "$scratch/plain.h5" 10 >"$scratch/output" 2>&1 &&
        grep -q 'transverse momentum' "$scratch/output"
}
if have pythia8-config && have "$CXX"; then
    read -ra flags < <(pythia8-config --cxxflags)
    read -ra libraries < <(pythia8-config --libs)
    run "examples/pythia8/main_genhep.cc built" quietly $CXX "${flags[@]/#-I/-isystem}" $warn examples/pythia8/main_genhep.cc \
        -o "$scratch/main_genhep" "${libraries[@]}" $link &&
        run "Pythia showers the model's events" pythia_accepts &&
        run "Pythia's generator feeds the model" pythia_accepts pythia &&
        run "Pythia is told of unbalanced events" pythia_refuses
    run "bindings_pythia.cpp built" quietly $CXX "${flags[@]/#-I/-isystem}" $warn $here/bindings_pythia.cpp \
        -o "$scratch/bindings_pythia" "${libraries[@]}" $link &&
        run "genhep_pythia8.h" quietly "$scratch/bindings_pythia" "$scratch/model.h5"
else
    skip "examples/pythia8" "no pythia8-config"
fi
finish
