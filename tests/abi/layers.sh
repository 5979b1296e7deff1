#!/usr/bin/env bash
# layers.sh -- includes in lib/ point one way, and third-party headers have one door each. Run by `make check-layers`.
#
# A folder may include itself and the folders before it in ORDER. train and sample never see each other, so that
# sampling needs no optimiser; io stands below capi only, so that no folder but capi decides about files; the command
# uses public headers only.
set -euo pipefail
cd "$(dirname "$0")/../.."

ORDER="base linalg data prep layers loss model train sample evaluate integrate io capi"
APART="train:sample sample:train io:linalg io:prep io:layers io:loss io:model io:train io:sample io:evaluate io:integrate evaluate:train integrate:evaluate"
checked=0
failed=0

complain() { # what
    echo "layers: $1"
    failed=$((failed + 1))
}

place_of() { # folder -> its number in ORDER, nothing when it is not there
    local i=0 word
    for word in $ORDER; do
        i=$((i + 1))
        if [ "$word" = "$1" ]; then echo "$i"; return; fi
    done
}

for folder in lib/*/; do
    name=$(basename "$folder")
    compgen -G "$folder*.[ch]" >/dev/null || continue
    [ -n "$(place_of "$name")" ] || complain "lib/$name is not in the order of layers: $ORDER"
done

while IFS=: read -r file line text; do
    from=$(cut -d/ -f2 <<<"$file")
    to=$(sed -E 's/.*#[[:space:]]*include[[:space:]]*"([^"]*)".*/\1/' <<<"$text")
    checked=$((checked + 1))
    case "$to" in
    genhep/*) continue ;;
    */*) ;;
    *) [ -f "$(dirname "$file")/$to" ] || complain "$file:$line: \"$to\" names no folder"
       continue ;;
    esac
    target=${to%%/*}
    [ -f "lib/$to" ] || complain "$file:$line: \"$to\" is not below lib/"
    here=$(place_of "$from")
    there=$(place_of "$target")
    if [ -z "$here" ] || [ -z "$there" ] || [ "$there" -gt "$here" ]; then
        complain "$file:$line: lib/$from must not include lib/$target"
    fi
    case " $APART " in
    *" $from:$target "*) complain "$file:$line: lib/$from and lib/$target are kept apart" ;;
    esac
done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' lib/*/*.[ch])

# one door for each third-party header
door() { # header pattern, folder
    local hits
    hits=$(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($1)[>\"]" -r lib src include/genhep --include='*.[ch]' \
           --include='*.hpp' --include='*.def' | grep -v "^lib/$2/" || true)
    [ -z "$hits" ] || complain "outside lib/$2: $hits"
    grep -qE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($1)[>\"]" -r "lib/$2" || complain "lib/$2 no longer includes $1"
}
door 'cblas\.h' linalg
door 'hdf5\.h|H5[A-Za-z]*public\.h' io
door 'zlib\.h' io

# the command is a user of the public headers like any other
while IFS=: read -r file line text; do
    to=$(sed -E 's/.*include[[:space:]]*"([^"]*)".*/\1/' <<<"$text")
    checked=$((checked + 1))
    case "$to" in
    genhep/*) [ -f "include/$to" ] || complain "$file:$line: include/$to is not there" ;;
    *) [ -f "src/$to" ] || [ -f "$(dirname "$file")/$to" ] || complain "$file:$line: \"$to\" is neither public nor the command's own" ;;
    esac
done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' -r src --include='*.[ch]')

# public headers include standard headers and each other; genhep_<host>.h also those of the host
while IFS=: read -r file line text; do
    to=$(sed -E 's/.*include[[:space:]]*"([^"]*)".*/\1/' <<<"$text")
    checked=$((checked + 1))
    [ -f "include/genhep/${to#genhep/}" ] || complain "$file:$line: \"$to\" is not a public header"
done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' $(ls include/genhep/*.h include/genhep/*.hpp | grep -v /genhep_))

[ "$checked" -gt 100 ] || complain "only $checked includes were found: the search no longer works"
echo "$checked includes checked, $failed failed"
[ "$failed" = 0 ]
