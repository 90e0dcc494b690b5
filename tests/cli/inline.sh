# SPDX-License-Identifier: MIT
# Inlined functions and source lines of a program with debug information, and of one without. The
# samples are a pprof file of addresses; where they are tells addr2line (tests/fixtures/symbols).
programs=${KYMO_BUILD:-$(dirname "$KNOWN_RUN")/../..}/tests/fixtures/symbols
[ -s "$programs/pie.lines" ] || skip "no programs of the tests' build"
cat >samples.py <<'END'
import re, subprocess, sys

folder, out = sys.argv[1:]

# address -> "function:line;..." innermost first, from the text of addr2line -a -f -i
known, at = {}, None
for line in open(folder + "/pie.lines"):
    line = line.strip()
    if line.startswith("0x"):
        at, function = int(line, 16), None
        known[at] = ""
    elif function is None:
        function = line
    else:
        known[at] += function + line[line.rindex(":"):].split()[0] + ";"
        function = None

def place(chain):
    found = [a for a in known if re.fullmatch(chain, known[a])]
    if not found:
        sys.exit("no address is " + chain)
    return min(found)

def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])

def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data

exported = next(int(l.split()[0], 16) for l in open(folder + "/exported.nm") if l.endswith(" outer\n"))
strings = ["", "samples", "count", folder + "/pie", folder + "/exported"]
# A place that a call returned to, which is another line than the call.
call = min(a for a in known if known[a] == "main:66;" and known.get(a - 1) == "main:65;")
twice = place(".*squared.*:23;.*cubed.*:49;outermost:58;")
once = place(".*cubed.*:51;outermost:58;")
alone = place("outermost:59;")
location = [(1, twice), (1, once), (1, alone), (1, call), (2, exported)]
# Leaf first; numbers of locations from 1.
samples = [([1, 4], 50), ([2, 4], 30), ([3, 4], 15), ([5], 5)]

profile = field(1, field(1, 1) + field(2, 2))
for chain, count in samples:
    profile += field(2, b"".join(field(1, l) for l in chain) + field(2, count))
for i, name in enumerate([3, 4]):
    profile += field(3, field(1, i + 1) + field(3, 1 << 20) + field(5, name))
for i, (mapping, address) in enumerate(location):
    profile += field(4, field(1, i + 1) + field(2, mapping) + field(3, address))
profile += b"".join(field(6, s) for s in strings)
open(out, "wb").write(profile)
END
python3 samples.py "$(realpath "$programs")" samples.pprof || exit 1
kymo convert --quiet samples.pprof -o x.kymo
t kymo show hotspots x.kymo
t kymo show hotspots x.kymo --inline
t kymo show hotspots x.kymo --by line
t kymo show hotspots x.kymo --by line --csv | sed 's/,"*\/[^,]*\//,/'
kymo show hotspots x.kymo --by line --json >a.json
python3 -c '
import json
for row in json.load(open("a.json"))["rows"]:
    print(row["function"], row["source"], row.get("line"))'
t kymo show hotspots x.kymo --by line --no-symbols | sed 's/0x[0-9a-f]*/0x0/; s/  */ /g'
t kymo show hotspots x.kymo --by line --matrix
t kymo show calls x.kymo --inline
t kymo show calls x.kymo --inline --inverted --of squared
t kymo convert --quiet x.kymo --to-format folded -o -
t kymo convert --quiet x.kymo --to-format folded -o - --inline
t kymo convert --quiet x.kymo --to-format script -o - --inline | sed 's/^\t *[0-9a-f]* /\t/; s/+0x[0-9a-f]*//; s/(\/.*\//(/'
kymo convert --quiet x.kymo -o x.pb.gz --inline
t kymo convert --quiet x.pb.gz --to-format folded -o -
if command -v zstd >/dev/null; then
	kymo report x.kymo --inline -o page.html >/dev/null
	python3 - <<'END'
import base64, json, re, subprocess
html = open("page.html").read()
part = base64.b64decode(re.search('id="kymo-page"[^>]*>([^<]*)<', html)[1])
run = json.loads(subprocess.run(["zstd", "-dc"], input=part, capture_output=True).stdout)["runs"][0]
print(run["profile"]["names"])
END
fi
