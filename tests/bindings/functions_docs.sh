#!/usr/bin/env bash
# functions_docs.sh -- docs/functions is what its generator makes of the headers, and lists every exported function.
set -euo pipefail
cd "$(dirname "$0")/../.."
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

/usr/bin/env python3 docs/functions/make_functions.py "$fresh"
diff -ru --exclude=make_functions.py docs/functions "$fresh" || {
    echo "docs/functions is stale: run docs/functions/make_functions.py"
    exit 1
}
declared=$(cat include/genhep/*.h | grep -cE '^GENHEP_API')
listed=$(grep -cE '^\| `genhep_' docs/functions/README.md)
[ "$declared" = "$listed" ] || { echo "$declared functions are declared, $listed listed"; exit 1; }
echo "functions: $listed listed, pages up to date"
