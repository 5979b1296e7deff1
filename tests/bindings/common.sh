# common.sh -- what the scripts in this folder share: counting, and one line per test. To be sourced.
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PYTHONDONTWRITEBYTECODE=1 # nothing is written beside the sources

have() { command -v "$1" >/dev/null 2>&1; }

# Run a command without its output, and show that if it fails.
quietly()
{
    "$@" >"$scratch/output" 2>&1 && return 0
    head -40 "$scratch/output" >&2
    return 1
}

# run NAME COMMAND...: one test.
run()
{
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok       $name"
    else
        failed=$((failed + 1))
        echo "FAILED   $name"
        return 1
    fi
}

# skip NAME WHY
skip()
{
    skipped=$((skipped + 1))
    echo "skipped  $1: $2"
}

# A Python that has the modules named, in the variable `python`; empty when there is none.
find_python()
{
    local candidate
    python=
    for candidate in ${PYTHON:-} python3 /usr/bin/python3; do
        if have "$candidate" && "$candidate" -c "$(printf 'import %s\n' "$@")" >/dev/null 2>&1; then
            python=$candidate
            return 0
        fi
    done
    return 1
}

finish()
{
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}
