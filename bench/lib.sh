# SPDX-License-Identifier: MIT
# Shared by the benches: where things are, medians, tables. Sourced, not run.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${BUILD:-$root/build}
kymo=${KYMO:-$build/src/cmd/kymo}
work=${BENCH_DIR:-$(mktemp -d /tmp/kymo-bench-XXXXXX)}
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || {
			echo "bench: needs $tool (try: make deps)" >&2
			exit 1
		}
	done
}

# Median of the numbers on stdin.
median() {
	sort -n | awk '{ v[NR] = $1 } END { if (!NR) { print "-"; exit } m = int((NR + 1) / 2); printf "%.4f\n", NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}

# "median [min-max]" of the numbers on stdin.
spread() {
	sort -n | awk '{ v[NR] = $1 } END { if (!NR) { print "-"; exit } m = int((NR + 1) / 2); d = NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2; printf "%.3f [%.3f-%.3f]\n", d, v[1], v[NR] }'
}
