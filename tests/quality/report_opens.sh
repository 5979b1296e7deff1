#!/usr/bin/env bash
# report_opens.sh -- the report of an evaluation opens in a browser and shows its plots. Run by `make check-report`.
#   report_opens.sh INDEX.html
# The page must be one file: plots embedded, no scripts, nothing fetched. Headless Chromium then loads it without a
# network and takes a picture; every embedded plot must be a whole PNG that Chromium takes for an image (all drawn on a
# page of their own).
set -euo pipefail
page=${1:?usage: report_opens.sh INDEX.html}
[ -f "$page" ] || { echo "report: $page is not there"; exit 1; }
folder=$(mktemp -d /tmp/genhep-report-XXXXXX)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

check() { # what, command ...
    local what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "report: $what"; fi
}

# width height of a PNG, from its header
png_size() {
    od -An -tu1 -j16 -N8 "$1" | awk '{ print ($1 * 256 + $2) * 65536 + $3 * 256 + $4, ($5 * 256 + $6) * 65536 + $7 * 256 + $8 }'
}
# signature, IEND, and with python3 the checksum of every chunk: browsers show half an image without complaint
is_png() {
    [ "$(od -An -tx1 -N8 "$1" | tr -d ' \n')" = 89504e470d0a1a0a ] && tail -c 12 "$1" | grep -qa IEND || return 1
    command -v python3 >/dev/null || return 0
    python3 - "$1" <<'PY'
import struct, sys, zlib
data, at = open(sys.argv[1], "rb").read(), 8
while at < len(data):
    size = struct.unpack(">I", data[at:at + 4])[0]
    if zlib.crc32(data[at + 4:at + 8 + size]) != struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0]:
        sys.exit(1)
    at += 12 + size
PY
}
at_least() { [ "$1" -ge "$2" ]; }

# every attribute that makes a browser load something
grep -oE '(src|href)="[^"]{0,40}' "$page" >"$folder/loads" || true
check "the page loads something from elsewhere: $(grep -vE '"(data:image/png;base64,|#)' "$folder/loads" | head -n 1)" \
    bash -c "! grep -qvE '\"(data:image/png;base64,|#)' '$folder/loads'"
check "the page holds a script" bash -c "! grep -qiE '<script|javascript:' '$page'"

# the embedded plots as files
grep -oE 'data:image/png;base64,[A-Za-z0-9+/=]+' "$page" | sed 's/^data:image\/png;base64,//' >"$folder/plots.txt" || true
plots=0
while read -r plot; do
    plots=$((plots + 1))
    base64 -d <<<"$plot" >"$folder/plot$plots.png" || true
    check "plot $plots is no whole PNG" is_png "$folder/plot$plots.png"
done <"$folder/plots.txt"
images=$(grep -oE '<img[ >]' "$page" | wc -l)
check "$images images on the page, expected 4 or more" at_least "$images" 4
check "$images images on the page, but $plots embedded plots" at_least "$plots" "$images"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "report: no Chromium, so that the page opens in a browser is not checked (apt-get install chromium)"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
fi

browse() { # further arguments; the profile is new each time
    rm -rf "$folder/profile"
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-extensions --hide-scrollbars --user-data-dir="$folder/profile" "$@" \
        2>"$folder/browser.log"
}

whole=$(cd "$(dirname "$page")" && pwd)/$(basename "$page")
browse --dump-dom "file://$whole" >"$folder/dom.html" || true
shown=$(grep -oE '<img[^>]*src="data:image/png' "$folder/dom.html" | wc -l)
check "$shown images in the loaded page, expected $images" test "$shown" = "$images"
check "the loaded page has no closing </html>" grep -q '</html>' "$folder/dom.html"

browse --window-size=1200,3000 --screenshot="$folder/page.png" "file://$whole" >/dev/null || true
check "no picture of the page was taken: $(tail -n 1 "$folder/browser.log")" test -s "$folder/page.png"
if [ -s "$folder/page.png" ]; then
    check "the picture of the page is $(png_size "$folder/page.png"), expected 1200 3000" \
        test "$(png_size "$folder/page.png")" = "1200 3000"
    # an empty page of this size is 15 kB; text and plots make ten times that
    check "the picture of the page has only $(wc -c <"$folder/page.png") bytes: nothing is on it" \
        at_least "$(wc -c <"$folder/page.png")" 60000
fi

# Without scripts a page cannot say whether an image was decoded. An object whose image is broken shows its fallback
# instead: one page with all plots, each with a fallback in pure red; a red point in the picture tells a broken one.
{
    echo '<!DOCTYPE html><html><body style="margin:0;background:#fff">'
    while read -r plot; do
        printf '<object data="data:image/png;base64,%s" type="image/png" style="display:block;width:400px;height:300px">' "$plot"
        echo '<div style="width:400px;height:300px;background:#ff0000"></div></object>'
    done <"$folder/plots.txt"
    echo '</body></html>'
} >"$folder/each.html"
browse --window-size=400,$((300 * plots)) --screenshot="$folder/each.png" "file://$folder/each.html" >/dev/null || true
red_points() { # of a PNG written by Chromium: 8-bit RGB or RGBA, not interlaced
    python3 - "$1" <<'PY'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
at, packed, width, height, channels = 8, b"", 0, 0, 0
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + size]
    if kind == b"IHDR":
        width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        channels = {2: 3, 6: 4}[colour]
        assert depth == 8 and body[12] == 0
    if kind == b"IDAT":
        packed += body
    at += 12 + size
raw, row, red, step = zlib.decompress(packed), bytearray(width * channels), 0, channels
for y in range(height):
    kind, line = raw[y * (width * channels + 1)], bytearray(raw[y * (width * channels + 1) + 1:(y + 1) * (width * channels + 1)])
    for i in range(len(line)):
        a = line[i - step] if i >= step else 0
        b, c = row[i], row[i - step] if i >= step else 0
        if kind == 1: line[i] = (line[i] + a) & 255
        elif kind == 2: line[i] = (line[i] + b) & 255
        elif kind == 3: line[i] = (line[i] + (a + b) // 2) & 255
        elif kind == 4:
            p = a + b - c
            pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
            line[i] = (line[i] + (a if pa <= pb and pa <= pc else b if pb <= pc else c)) & 255
    row = line
    red += sum(1 for x in range(0, width * channels, channels) if line[x] == 255 and line[x + 1] == 0 and line[x + 2] == 0)
print(red)
PY
}
if command -v python3 >/dev/null && [ -s "$folder/each.png" ]; then
    red=$(red_points "$folder/each.png")
    # a broken plot leaves 120000 red points; lines of a plot may be red too
    check "a plot is not shown by the browser ($red red points in the picture of all plots)" at_least 60000 "$red"
else
    check "no picture of the plots was taken: $(tail -n 1 "$folder/browser.log")" test -s "$folder/each.png"
fi
echo "$plots plots; $passed passed, $failed failed"
[ "$failed" = 0 ]
