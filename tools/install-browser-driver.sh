#!/bin/bash
# SPDX-License-Identifier: MIT
# Puts what tests/e2e/package.json names (playwright-core, which drives Debian's chromium; checkers)
# into tests/e2e/node_modules. Tests alone need it; without it they skip and say so.
set -u
cd "$(dirname "$0")/../tests/e2e" || exit 1
[ -f package.json ] || exit 0
missing=
while read -r name version; do
	have=$(sed -n 's/^[ \t]*"version": "\([0-9.]*\)".*/\1/p' "node_modules/$name/package.json" \
		2>/dev/null | head -n1)
	[ "$have" = "$version" ] || missing="$missing $name@$version"
done < <(sed -n '/"dependencies"/,/}/s/^[ \t]*"\([^"]*\)": "\([0-9.]*\)".*/\1 \2/p' package.json)
[ -n "$missing" ] || exit 0
echo "kymo: installing$missing from npm for the browser tests" >&2
npm install --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error \
	</dev/null >&2 || echo "kymo: npm failed; the browser tests will be skipped" >&2
exit 0
