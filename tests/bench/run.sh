#!/bin/bash
# run.sh -- the performance table: genhep beside bare matrix products and PyTorch, one after the other in short turns.
# Every round goes once through all cases, and within a case through all programs, so that a change in the machine's load
# meets all of them alike; a figure is the median over the rounds. Rewrites the table in docs/performance.md, prints every
# target.
#   [ROUNDS=7] [PYTHON=...] [OPENBLAS_ARCHIVE=...] [CC=...] [OUT=docs/performance.md] tests/bench/run.sh [BUILD FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS OMP_NUM_THREADS GOTO_NUM_THREADS

B=${1:-${B:-build}} ROUNDS=${ROUNDS:-7} CC=${CC:-cc} OUT=${OUT:-docs/performance.md}
multiarch=$("$CC" -print-multiarch 2>/dev/null || true)
blas_headers=/usr/include/$multiarch/openblas-serial
openmp_blas=/usr/lib/$multiarch/openblas-openmp
archive=${OPENBLAS_ARCHIVE:-/usr/lib/$multiarch/openblas-serial/libopenblas.a}
work=$B/bench
results=$work/results.txt
skipped=()
cases="draw-N1-1-t1 draw-N1-1-t2 draw-N1-64-t1 draw-N1-64-t2 draw-N1-1024-t1 draw-N1-1024-t2
       draw-N1-16384-t1 draw-N1-16384-t2 draw-N3-1-t1 draw-N3-1-t2 draw-N3-64-t1 draw-N3-64-t2
       draw-N3-1024-t1 draw-N3-1024-t2 draw-N3-16384-t1 draw-N3-16384-t2
       next-N1 next-N3 normal normal-float step-N3-t1 step-N3-t2"

mkdir -p "$work"
: > "$results"
[[ -x $B/genhep ]] || { echo "run.sh: $B/genhep is not there; build it first" >&2; exit 1; }

# ---- programs to compare with ----------------------------------------------------------------------------------
sgemm=""
if [[ -f $archive ]] && "$CC" -O2 -I"$blas_headers" tests/bench/sgemm.c -o "$work/sgemm" "$archive" -lm -lpthread; then
    sgemm=$work/sgemm
else
    skipped+=("bare matrix products: no static OpenBLAS at $archive")
fi
normals=""
if "$CC" -O2 -Ilib tests/bench/normals.c -o "$work/normals" "$B/libgenhep.a" -lm -lpthread; then
    normals=$work/normals
else
    skipped+=("the float generator of normal numbers: normals.c does not link with $B/libgenhep.a")
fi
python=""
for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$candidate" -c 'import torch, numpy' 2>/dev/null; then python=$candidate; break; fi
done
if [[ -z $python ]]; then
    skipped+=("PyTorch: no python3 that imports torch (Debian: python3-torch)")
elif [[ ! -d $openmp_blas ]]; then
    skipped+=("PyTorch: no OpenBLAS with OpenMP at $openmp_blas (Debian: libopenblas0-openmp)")
    python=""
fi
torch_name="PyTorch absent"
if [[ -n $python ]]; then
    coproc torch { LD_LIBRARY_PATH=$openmp_blas exec "$python" tests/bench/torch_reference.py 2> "$work/torch.log"; }
    torch_in=${torch[1]} torch_out=${torch[0]}
    IFS= read -r -u "$torch_out" torch_name
fi

# ---- one turn of each program ----------------------------------------------------------------------------------
run_genhep() { # CASE
    "$B/genhep" bench -n 1 --json "$work/one.json" "$1" > "$work/one.txt"
    sed -n 's/.*"name": "\([^"]*\)".*"median": \([^,]*\),.*/genhep \1 \2/p' "$work/one.json" >> "$results"
}
run_torch() { # CASE
    local reply pair
    echo "$1" >&"$torch_in"
    IFS= read -r -u "$torch_out" reply || { echo "run.sh: PyTorch stopped; see $work/torch.log" >&2; exit 1; }
    for pair in $reply; do echo "torch-${pair%%=*} $1 ${pair#*=}" >> "$results"; done
}

# ---- a model of about 1 MB, for the time to the first event -----------------------------------------------------
model=$work/model.h5
"$B/genhep" simulate two_body -n 3000 -o "$work/events.h5" > /dev/null
printf '%s\n' "data.train = $work/events.h5" "prep = standardise" "encoder.units = 230" "decoder.units = 230" \
    "latent.buffer = 1000" "train.steps = 2" "train.figure = loss" > "$work/model.card"
"$B/genhep" train "$work/model.card" -o "$model" > "$work/train.log" 2>&1 || { cat "$work/train.log" >&2; exit 1; }
model_bytes=$(wc -c < "$model")
"$CC" -O2 -Iinclude tests/bench/first_event.c -o "$work/first_event" -L"$B" -lgenhep -Wl,-rpath,"$(cd "$B" && pwd)"
run_start() { # from the shell's fork to the moment the event is there
    local from=$EPOCHREALTIME there
    there=$("$work/first_event" "$model")
    awk -v a="$from" -v b="$there" 'BEGIN { printf "start first-event %.9f\n", b - a }' >> "$results"
}

# ---- rounds ----------------------------------------------------------------------------------------------------
load_before=$(cut -d' ' -f1 /proc/loadavg)
# what others take of the processors just now; the load average still holds what this shell did before
processor_time() { awk '$1 == "cpu" { all = 0; for (i = 2; i <= 9; i++) all += $i; print all, $5 + $6 }' /proc/stat; }
read -r all_before idle_before < <(processor_time)
sleep 3
read -r all_after idle_after < <(processor_time)
taken=$(awk -v a="$((all_after - all_before))" -v i="$((idle_after - idle_before))" 'BEGIN { printf "%.0f", 100 * (1 - i / a) }')
busy=$((taken > 10))
if ((busy)); then echo "note: other programs take $taken % of the processors: figures with two threads decide nothing"; fi
for ((round = 1; round <= ROUNDS; round++)); do
    printf 'round %d of %d (load %s)\n' "$round" "$ROUNDS" "$(cut -d' ' -f1 /proc/loadavg)"
    for c in $cases; do
        run_genhep "$c"
        if [[ -n $sgemm && $c == draw-N?-1024-t1 ]]; then
            echo "sgemm $c $("$sgemm" "${c:5:2}" 2> "$work/sgemm.log")" >> "$results"
        fi
        if [[ -n $normals && $c == normal ]]; then echo "generator $c $("$normals")" >> "$results"; fi
        if [[ -n $python && $c != next-* && $c != normal* ]]; then run_torch "$c"; fi
    done
    for ((turn = 0; turn < 5; turn++)); do run_start; done
done
if [[ -n $python ]]; then exec {torch_in}>&-; fi

# ---- the table -------------------------------------------------------------------------------------------------
{
    echo "Machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, $taken % taken by other" \
        "programs before the first round; load average $load_before then and $(cut -d' ' -f1 /proc/loadavg) at the end, this run's own included." \
        "$(date -u +%Y-%m-%d), $ROUNDS rounds."
    echo
    echo "genhep: $("$B/genhep" --version);" \
        "$("$B/genhep" bench -n 1 draw-N1-1-t1 step-N3-t1 | sed -n '/^kernels:/p'). PyTorch: $torch_name. Compiler: $("$CC" --version | head -n 1)."
    echo
    awk -v what=table -f tests/bench/report.awk "$results"
    echo
    awk -v what=targets -v bytes="$model_bytes" -v busy="$busy" -f tests/bench/report.awk "$results"
    if ((${#skipped[@]})); then
        printf '\nSkipped (%d):\n\n' "${#skipped[@]}"
        printf -- '- %s\n' "${skipped[@]}"
    fi
} > "$work/table.md"
cat "$work/table.md"
if grep -q '^<!-- bench:begin -->$' "$OUT" && grep -q '^<!-- bench:end -->$' "$OUT"; then
    awk -v table="$work/table.md" '
        /^<!-- bench:end -->$/ { inside = 0 }
        !inside { print }
        /^<!-- bench:begin -->$/ {
            inside = 1
            print ""
            while ((getline line < table) > 0) print line
            print ""
        }' "$OUT" > "$work/page.md"
    cp "$work/page.md" "$OUT"
    echo "written to $OUT"
else
    echo "run.sh: $OUT has no lines '<!-- bench:begin -->' and '<!-- bench:end -->'; nothing written" >&2
    exit 1
fi
