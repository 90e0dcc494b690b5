#!/bin/bash
# SPDX-License-Identifier: MIT
# perfcap and perfmap on this machine: the command lines of their first users, verbatim but for the length.
set -u
kymo=$(readlink -f "${KYMO:?the program under test}")
skip() {
	echo "SKIP: $*"
	exit 77
}
[ "$(id -u)" -eq 0 ] || skip "recording needs root"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/kymo-perfcap-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
"$kymo" record -d 10ms -o probe.kymo 2>words || skip "this machine does not record: $(head -n 1 words)"
ln -s "$kymo" perfcap
ln -s "$kymo" perfmap
PATH=$scratch:$PATH
bad=0
# try FILE COMMAND...: the command works and leaves FILE with something in it.
try() {
	local file=$1
	shift
	"$@" >said 2>&1 || { echo "FAIL $*: exit $?"; cat said; bad=1; }
	[ -s "$file" ] || { echo "FAIL $*: no $file"; bad=1; }
}
echo "$$,,shell,,,5,Test" >tmap.csv
# Something that runs under a name of ours.
while :; do sleep 0.01; done &
load=$!
trap 'kill "$load"; rm -rf "$scratch"' EXIT
try test.cdict perfcap -s 1 --all test
try test.stats true
echo "$load,,vcpu0,,,7,Load" >>tmap.csv
try test2.cdict perfcap --all --map tmap.csv test2
grep -q 'Load.07.vcpu0' <("$kymo" show tasks test2.cdict --top 0 2>/dev/null) ||
	{ echo "FAIL: no task Load.07.vcpu0 in test2.cdict"; bad=1; }
try test-charts_vcpu0.html perfmap --headless -t '*vcpu0' test.cdict
try test-heatmaps_vcpu0.html perfmap --headless -t '*vcpu0' --heatmaps -c 1000 test.cdict
try test-charts_.html perfmap --headless -t '*' -c 500 -f 200 test.cdict
try test-diff-charts_vcpu0.html perfmap --headless -t '*vcpu0' test.cdict test2.cdict
exit $bad
