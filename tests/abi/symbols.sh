#!/usr/bin/env bash
# symbols.sh -- the promise of docs/ABI.md, checked on the built library. Run by `make check-abi`.
#   symbols.sh BUILD            check
#   symbols.sh BUILD --baseline write tests/abi/libgenhep.abi anew (for a release; needs abigail-tools)
# Exported symbols against tests/abi/symbols.txt and the headers, SONAME, what is linked, calls that a library must not
# make, and data that changes while it runs. With abigail-tools installed also the types behind the symbols.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C
build=${1:?usage: symbols.sh BUILD [--baseline]}
library=$(readlink -f "$build/libgenhep.so.1")
here=tests/abi
folder=$(mktemp -d /tmp/genhep-abi-XXXXXX)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

expect_empty() { # what, file with findings
    if [ -s "$2" ]; then
        failed=$((failed + 1))
        echo "abi: $1:"
        sed 's/^/    /' "$2" | head -n 20
    else
        passed=$((passed + 1))
    fi
}

# The structs behind the handles are no part of the ABI. (--headers-dir cannot tell them: headers in include/ and lib/
# share file names.) They become declarations without members.
write_abi() { # to a file
    abidw --headers-dir include --drop-private-types --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
        --no-architecture --no-parameter-names --exported-interfaces-only "$library" |
        awk '/<class-decl name=.(gh_[a-z0-9_]*|genhep_(dataset|model|options|sampler|trainer|evaluation|writer|integrator)). size-in-bits/ {
                 match($0, /^ */); end = substr($0, 1, RLENGTH) "</class-decl>"; empty = /\/>$/
                 sub(/ size-in-bits=.[0-9]*./, ""); sub(/ id=/, " is-declaration-only=\047yes\047 id="); sub(/\/?>$/, "/>"); print
                 if (!empty) while ($0 != end && (getline) > 0) { }
                 next
             }
             { print }' >"$1"
}

if [ "${2:-}" = --baseline ]; then
    write_abi "$here/libgenhep.abi"
    echo "$here/libgenhep.abi written"
    exit
fi

# ---- exported symbols ------------------------------------------------------------------------------------------------
grep -v '^#' $here/symbols.txt | awk '{ print $1 }' | sort >"$folder/listed"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' >"$folder/versioned"
sed 's/@.*//' "$folder/versioned" | sort >"$folder/exported"
comm -23 "$folder/listed" "$folder/exported" >"$folder/gone"
comm -13 "$folder/listed" "$folder/exported" >"$folder/new"
expect_empty "symbols that were released are no longer exported; this breaks programs" "$folder/gone"
expect_empty "exported symbols that $here/symbols.txt does not list" "$folder/new"
grep -v '^#' $here/symbols.txt | awk 'NF != 2 || $2 !~ /^[0-9]+\.[0-9]+$/ || seen[$1]++' >"$folder/odd"
expect_empty "lines of $here/symbols.txt that are no 'symbol release', or twice there" "$folder/odd"
grep -v '@@GENHEP_1$' "$folder/versioned" >"$folder/version" || true
expect_empty "symbols without the version GENHEP_1" "$folder/version"
grep -ivE '^genhep_' "$folder/exported" >"$folder/foreign" || true
expect_empty "exported symbols that are not genhep_ (OpenBLAS must stay inside)" "$folder/foreign"
# GENHEP_API in the headers, the declaration's name is the word before the first parenthesis
cat include/genhep/*.h | tr '\n' ' ' | grep -oE 'GENHEP_API [^;(]*\(' | grep -v __attribute__ | sed -E 's/.*[ *]([a-z0-9_]+) *\($/\1/' |
    sort -u >"$folder/declared"
comm -3 "$folder/declared" "$folder/exported" >"$folder/undeclared"
expect_empty "declared and not exported (left), or exported and not declared (right)" "$folder/undeclared"

# ---- the shared object ------------------------------------------------------------------------------------------------
readelf -dW "$library" >"$folder/dynamic"
grep -q 'SONAME.*\[libgenhep\.so\.1\]' "$folder/dynamic" && : >"$folder/soname" || grep SONAME "$folder/dynamic" >"$folder/soname"
expect_empty "the SONAME is not libgenhep.so.1" "$folder/soname"
grep NEEDED "$folder/dynamic" | sed -E 's/.*\[(.*)\]/\1/' |
    grep -vE '^(libhdf5(_serial)?\.so\..*|libz\.so\.1|libm\.so\.6|libc\.so\.6|libpthread\.so\.0|ld-linux.*)$' >"$folder/needed" || true
expect_empty "libraries that are linked beyond HDF5, zlib and the C library" "$folder/needed"
grep -E 'TEXTREL|R(UN)?PATH' "$folder/dynamic" >"$folder/paths" || true
expect_empty "text relocations or a search path of its own" "$folder/paths"
readelf -lW "$library" | awk '$1 == "GNU_STACK" && $0 ~ /RWE/' >"$folder/stack"
expect_empty "an executable stack" "$folder/stack"

# ---- the library's own objects ------------------------------------------------------------------------------------------
# OpenBLAS is linked in and would print when it runs out of buffers; lib/linalg/gemm_buffers.c keeps it from that.
# Failed assertions about our own bugs are the only way to abort; these objects have some:
ASSERTING="base/options base/pool"
# data that changes while the library runs, with the reason why it may:
cat >"$folder/allowed" <<'LIST'
base/status last_status
base/status message
linalg/gemm_buffers asked
linalg/gemm_buffers in_use
linalg/gemm_buffers lock
linalg/gemm_buffers one_at_a_time
linalg/gemm_buffers returned
linalg/gemm_buffers was_called
linalg/kernel asked
linalg/kernel tiles_run
LIST
#   status:       each thread's last message and its code, thread-local
#   gemm_buffers: the lock around the buffer table of the OpenBLAS that is linked in, or around its products, and which of both
#   kernel:       what the system answered when it was asked for tile registers, which it gives to a process as a whole
: >"$folder/calls"
: >"$folder/changing"
objects=0
while read -r object; do
    name=${object#"$build"/obj/lib/}
    name=${name%.o}
    objects=$((objects + 1))
    nm -u "$object" | awk '{ print $2 }' | sed 's/@.*//' | grep -xE \
        '(__)?v?f?d?printf(_chk)?|puts|f?putc|putchar|_IO_putc|perror|psignal|stdout|stderr|_?exit|_Exit|quick_exit|at_quick_exit|atexit|abort|setlocale|uselocale|newlocale|signal|sigaction|__sysv_signal|raise|kill|openblas_set_num_threads_?|openblas_set_num_threads64_|omp_set_num_threads|rand|srand|random|srandom|drand48|srand48|setenv|putenv|unsetenv|system|popen|fork|chdir|umask|__assert_fail|strtok|gmtime|localtime|asctime|ctime|feenableexcept|fesetround|fesetenv' |
        while read -r call; do
            if [ "$call" = __assert_fail ]; then case " $ASSERTING " in *" $name "*) continue ;; esac; fi
            echo "lib/$name.c calls $call"
        done >>"$folder/calls" || true
    # symbols in sections that can be written while running; .data.rel.ro is read-only once loaded, .tbss is per thread
    objdump -t "$object" | awk '$NF !~ /^\./ && $0 ~ /[ \t](\.data|\.bss|\.tdata|\.tbss|\.data\.rel|\.data\.rel\.local|\*COM\*)(\.[^ \t]*)?[ \t]/ &&
        $0 !~ /\.data\.rel\.ro/ { print $NF }' | while read -r symbol; do
        grep -qxF "$name $symbol" "$folder/allowed" || echo "lib/$name.c: $symbol"
    done >>"$folder/changing"
done < <(find "$build/obj/lib" -name '*.o' | sort)
expect_empty "calls that print, end the process or change its state" "$folder/calls"
expect_empty "global data that can change; make it const, or part of a handle" "$folder/changing"
# the allow-list is not longer than need be
while read -r name symbol; do
    nm "$build/obj/lib/$name.o" 2>/dev/null | grep -qw "$symbol" || echo "$name $symbol"
done <"$folder/allowed" >"$folder/unused"
expect_empty "allowed data that is no longer there" "$folder/unused"
if [ "$objects" -lt 40 ]; then
    echo "only $objects objects found below $build/obj/lib" >"$folder/few"
else
    : >"$folder/few"
fi
expect_empty "the library's objects are not there" "$folder/few"

# ---- types behind the symbols ---------------------------------------------------------------------------------------------
if command -v abidiff >/dev/null && command -v abidw >/dev/null; then
    write_abi "$folder/now.abi"
    # bits 4 and 8 of the status: the ABI changed, the change breaks programs; new symbols alone do not fail
    status=0
    abidiff --no-added-syms "$here/libgenhep.abi" "$folder/now.abi" >"$folder/report" 2>&1 || status=$?
    [ $status = 0 ] && : >"$folder/report"
    expect_empty "abidiff finds changes against $here/libgenhep.abi" "$folder/report"
else
    echo "abi: types are not compared with $here/libgenhep.abi: abidiff is not installed (apt-get install abigail-tools)"
fi
echo "$(wc -l <"$folder/exported") symbols, $objects objects; $passed passed, $failed failed"
[ "$failed" = 0 ]
