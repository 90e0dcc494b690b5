#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh FILE.test.mjs: a test for node's runner (18 or later); skipped where there is no node.
if ! command -v node >/dev/null; then
	echo 'SKIP: node is not installed'
	exit 77
fi
major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$major" -lt 18 ]; then
	echo "SKIP: node $major is too old (18 has the test runner)"
	exit 77
fi
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
node --test-reporter=tap "$@" >"$out" 2>&1
status=$?
cat "$out"
# All subtests skipped: say so with the reason of the first.
if [ $status -eq 0 ] && ! grep -q '^ok [0-9]* - [^#]*$' "$out"; then
	sed -n 's/^ok .* # SKIP \(.*\)/SKIP: \1/p' "$out" | head -n1
	exit 77
fi
exit $status
