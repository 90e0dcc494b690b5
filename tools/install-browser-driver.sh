#!/bin/bash
# SPDX-License-Identifier: MIT
# Puts playwright-core, which drives Debian's chromium in tests/e2e, into tests/e2e/node_modules.
# It is needed by tests only; without it those tests skip and say so.
set -u
cd "$(dirname "$0")/../tests/e2e" || exit 1
[ -f package.json ] || exit 0
version=$(sed -n 's/.*"playwright-core": "\([0-9.]*\)".*/\1/p' package.json)
have=$(sed -n 's/.*"version": "\([0-9.]*\)".*/\1/p' node_modules/playwright-core/package.json 2>/dev/null)
[ "$have" != "$version" ] || exit 0
echo "kymo: installing playwright-core $version from npm for the browser tests" >&2
npm install --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error \
	</dev/null >&2 || echo "kymo: npm failed; the browser tests will be skipped" >&2
exit 0
