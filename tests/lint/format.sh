#!/bin/bash
# SPDX-License-Identifier: MIT
# clang-format 14 decides.
. "$(dirname "$0")/files.sh"
command -v clang-format-14 >/dev/null || skip "clang-format-14 is not installed"
while read -r file; do
	fail "$file: is not formatted (try: make format)"
done < <(files '*.c' '*.h' | xargs -P 2 -n 16 bash -c 'for file; do
	clang-format-14 --dry-run -Werror "$file" >/dev/null 2>&1 || echo "$file"
done' clang-format)
verdict
