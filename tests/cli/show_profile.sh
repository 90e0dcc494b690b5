# SPDX-License-Identifier: MIT
# Profiles: a program that spins 70, 20 and 10 % of its time in three functions and blocks in a read.
"$KNOWN_RUN" x.kymo 1000 profile
"$KNOWN_RUN" y.kymo 500 profile cooler
t kymo show hotspots x.kymo --no-symbols
t kymo show hotspots x.kymo --no-symbols --children --from 100ms --for 200ms
t kymo show hotspots x.kymo --no-symbols --by module
t kymo show hotspots x.kymo --no-symbols --by task --csv
t kymo show hotspots x.kymo --no-symbols --by command
t kymo show hotspots x.kymo --no-symbols --event page-faults
t kymo show hotspots x.kymo --no-symbols --event all --csv
t kymo show hotspots x.kymo --no-symbols --event nothing
t kymo show hotspots x.kymo --no-symbols --matrix
t kymo show hotspots x.kymo --no-symbols --matrix --by task
t kymo show hotspots x.kymo y.kymo --no-symbols
t kymo show hotspots x.kymo --symfs nowhere
t kymo show calls x.kymo --no-symbols
t kymo show calls x.kymo --no-symbols --inverted --min 15
t kymo show calls x.kymo --no-symbols --of spin_b --inverted --csv
t kymo show calls x.kymo --no-symbols --of nobody
t kymo show calls x.kymo y.kymo --no-symbols --csv
t kymo show offcpu x.kymo --no-symbols
t kymo show offcpu x.kymo --no-symbols --by stack --csv
t kymo show offcpu x.kymo --no-symbols --task steady
t kymo show events x.kymo
for view in hotspots calls offcpu events; do
	kymo show $view x.kymo --no-symbols --json >a.json || echo "$view: failed"
	python3 -c 'import json; print(json.load(open("a.json"))["view"])'
done
"$KNOWN_RUN" plain.kymo 100
for view in hotspots calls offcpu events; do
	t kymo show $view plain.kymo
done
# The page has sample rows, or a cube of them where events are left out.
cat >page.py <<'END'
import base64, json, re, subprocess, sys
html = open(sys.argv[1]).read()
part = lambda name: base64.b64decode(re.search('id="%s"[^>]*>([^<]*)<' % name, html)[1])
run = json.loads(subprocess.run(["zstd", "-dc"], input=part("kymo-page"), capture_output=True).stdout)["runs"][0]
profile = run["profile"]
if profile is None:
    sys.exit("no profile")
functions = [profile["names"][n] + " of " + profile["modules"][m]["name"] for n, m in profile["functions"]]
print(", ".join(functions))
print([(caller, functions[f]) for caller, f in profile["nodes"]])
print("node_of", profile.get("node_of"), "rows", sum(e[4] for e in run["events"] if e[0] == 23))
print([e["name"] for e in profile["events"]], sorted(run["bin_ns"]))
END
if command -v zstd >/dev/null; then
	for size in 40M 0; do
		kymo report x.kymo --no-symbols --events-max $size -o page.html >/dev/null
		t python3 page.py page.html
	done
	kymo report plain.kymo -o page.html >/dev/null
	t python3 page.py page.html
fi
