#!/bin/bash
# SPDX-License-Identifier: MIT
# clang-format 14 decides.
. "$(dirname "$0")/files.sh"
command -v clang-format-14 >/dev/null || skip "clang-format-14 is not installed"
for file in $(files '*.c' '*.h'); do
	clang-format-14 --dry-run -Werror "$file" >/dev/null 2>&1 ||
		fail "$file: is not formatted (try: make format)"
done
verdict
