#!/bin/bash
# gan.sh -- full training steps of the event GAN at batch 1024 (gan_step.c): the library's trainer beside PyTorch, in short turns
# one after the other. Prints a table of medians: steps per second by the clock, processor seconds a step (less touched by other
# load, decisive on one thread), and the share of the library's processor time inside matrix products. Rewrites that table in
# docs/performance.md.
#   [ROUNDS=5] [SECONDS_A_TURN=1] [PYTHON=/usr/bin/python3] [OPENBLAS_ARCHIVE=...] [CC=...] [OUT=docs/performance.md] tests/bench/gan.sh [BUILD FOLDER]
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS OMP_NUM_THREADS GOTO_NUM_THREADS

B=${1:-${B:-build}} ROUNDS=${ROUNDS:-5} turn=${SECONDS_A_TURN:-1} CC=${CC:-cc} PYTHON=${PYTHON:-/usr/bin/python3}
multiarch=$("$CC" -print-multiarch 2>/dev/null || true)
archive=${OPENBLAS_ARCHIVE:-/usr/lib/$multiarch/openblas-serial/libopenblas.a}
openmp_blas=/usr/lib/$multiarch/openblas-openmp OUT=${OUT:-docs/performance.md}
mkdir -p "$B/bench"
results=$B/bench/gan.txt
: > "$results"

[[ -f $B/libgenhep.a ]] || { echo "gan.sh: $B/libgenhep.a is not there; build it first" >&2; exit 1; }
"$CC" -O2 -Iinclude -Ilib tests/bench/gan_step.c -o "$B/bench/gan_step" -Wl,--wrap=gh_gemm "$B/libgenhep.a" \
    $(pkg-config --libs hdf5 2>/dev/null || echo "-L/usr/lib/$multiarch/hdf5/serial -lhdf5") -lz -Wl,--undefined=__wrap_blas_memory_alloc,--wrap=blas_memory_alloc,--wrap=blas_memory_free "$archive" -lm -lpthread

torch_name="PyTorch absent"
if "$PYTHON" -c 'import torch, numpy' 2>/dev/null && [[ -d $openmp_blas ]]; then
    coproc torch { LD_LIBRARY_PATH=$openmp_blas exec "$PYTHON" tests/bench/torch_reference.py 2> "$B/bench/torch.log"; }
    torch_in=${torch[1]} torch_out=${torch[0]}
    IFS= read -r -u "$torch_out" torch_name
fi

record() { # PROGRAM THREADS key=value ...
    local program=$1 threads=$2 pair
    shift 2
    for pair in "$@"; do echo "$program $threads ${pair%%=*} ${pair#*=}" >> "$results"; done
}
for ((round = 1; round <= ROUNDS; round++)); do
    for threads in 1 2; do
        record genhep $threads $("$B/bench/gan_step" $threads "$turn" 2> "$B/bench/gan_kernel.txt")
        if [[ $torch_name != "PyTorch absent" ]]; then
            echo "gan-N1-t$threads" >&"$torch_in"
            IFS= read -r -u "$torch_out" reply || { echo "gan.sh: PyTorch stopped; see $B/bench/torch.log" >&2; exit 1; }
            record torch $threads $reply
        fi
    done
done

{
echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)," \
    "$(date -u +%Y-%m-%d), $ROUNDS rounds. genhep: $(cat "$B/bench/gan_kernel.txt"). PyTorch: $torch_name."
echo
awk '
    { key = $1 " " $2 " " $3; value[key, ++n[key]] = $4 }
    function median(key,    i, j, v, x) {
        for (i = 1; i <= n[key]; i++) v[i] = value[key, i] + 0
        for (i = 2; i <= n[key]; i++) { x = v[i]; for (j = i - 1; j > 0 && v[j] > x; j--) v[j + 1] = v[j]; v[j + 1] = x }
        return n[key] == 0 ? 0 : n[key] % 2 ? v[(n[key] + 1) / 2] : (v[n[key] / 2] + v[n[key] / 2 + 1]) / 2
    }
    function ratio(a, b) { return a > 0 && b > 0 ? sprintf("%.2f", a / b) : "-" }
    END {
        print "| threads | genhep steps/s | PyTorch steps/s | ratio | genhep cpu s | PyTorch cpu s | ratio | share of products |"
        print "|---|---|---|---|---|---|---|---|"
        for (t = 1; t <= 2; t++) {
            g = median("genhep " t " step"); p = median("torch " t " step")
            gc = median("genhep " t " step-cpu"); pc = median("torch " t " step-cpu")
            printf "| %d | %.3g | %.3g | %s | %.3g | %.3g | %s | %.3f |\n", t, g, p, ratio(g, p), gc, pc, ratio(pc, gc), \
                median("genhep " t " step-products")
        }
    }' "$results"
} > "$B/bench/gan.md"
cat "$B/bench/gan.md"
if grep -q '^<!-- gan:begin -->$' "$OUT" && grep -q '^<!-- gan:end -->$' "$OUT"; then
    awk -v table="$B/bench/gan.md" '
        /^<!-- gan:end -->$/ { inside = 0 }
        !inside { print }
        /^<!-- gan:begin -->$/ {
            inside = 1
            print ""
            while ((getline line < table) > 0) print line
            print ""
        }' "$OUT" > "$B/bench/gan_page.md"
    cp "$B/bench/gan_page.md" "$OUT"
    echo "written to $OUT"
fi
