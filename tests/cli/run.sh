#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Command-line tests: a script beside its expected output.
#
#   tests/cli/run.sh KYMO [NAME...]            compare (all without a NAME)
#   tests/cli/run.sh --update KYMO [NAME...]   rewrite the expected outputs
#
# NAME.sh runs in an empty directory with `kymo` first in PATH, $FIXTURES, $SOURCE and $KNOWN_RUN
# set, and prelude.sh read before it. What it writes to stdout and stderr is compared with NAME.out.
# It may exit 77 after printing a reason: the test is skipped.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
update=false
if [ "${1:-}" = --update ]; then
	update=true
	shift
fi
if [ $# -lt 1 ]; then
	sed -n '3,11s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
kymo=$(realpath "$1")
shift
if [ $# -eq 0 ]; then
	set -- $(cd "$here" && ls *.sh | sed -n 's/\.sh$//p' | grep -vxE 'run|prelude')
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/kymo-cli-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
ln -s "$kymo" "$scratch/bin/kymo"
export PATH="$scratch/bin:$PATH" SOURCE=$(cd "$here/../.." && pwd) LC_ALL=C NO_COLOR=1
export FIXTURES=$SOURCE/tests/fixtures
export KNOWN_RUN=${KNOWN_RUN:-$(dirname "$kymo")/../../tests/cli/known_run} # of the same build
failed=0
skipped=0
for name; do
	mkdir "$scratch/$name"
	(cd "$scratch/$name" && bash -c '. "$1/prelude.sh"; . "$1/$2.sh"' "$name" "$here" "$name") \
		>"$scratch/$name.out" 2>&1 </dev/null
	status=$?
	if [ $status -eq 77 ]; then
		echo "SKIP $name: $(tail -n1 "$scratch/$name.out")"
		skipped=$((skipped + 1))
		continue
	fi
	[ $status -eq 0 ] || echo "[the script ended with $status]" >>"$scratch/$name.out"
	if $update; then
		cp "$scratch/$name.out" "$here/$name.out"
	elif ! diff -u "$here/$name.out" "$scratch/$name.out"; then
		echo "FAIL $name (if the new output is right: tests/cli/run.sh --update KYMO $name)"
		failed=$((failed + 1))
	fi
done
[ $failed -eq 0 ] || exit 1
[ $skipped -lt $# ] || exit 77
