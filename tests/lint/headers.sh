#!/bin/bash
# SPDX-License-Identifier: MIT
# Every header of src/ compiles alone and has #pragma once; every banned function is refused.
. "$(dirname "$0")/files.sh"
cc=${CC:-cc}
flags='-std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc -Ibpf -fsyntax-only -x c'
for header in $(files 'src/*/*.h'); do
	grep -q '^#pragma once$' "$header" || fail "$header: no #pragma once"
	# shellcheck disable=SC2086
	words=$(echo "#include \"${header#src/}\"" | $cc $flags - 2>&1) ||
		fail "$header: does not compile alone: $words"
done

for name in $(sed -n '/^#pragma GCC poison/,/[^\\]$/p' src/base/banned.h |
	sed 's/#pragma GCC poison//; s/\\//'); do
	# shellcheck disable=SC2086
	if echo "int x(void); int x(void) { return $name != 0; }" |
		$cc $flags -include src/base/banned.h - 2>/dev/null; then
		fail "src/base/banned.h: $name is not refused"
	fi
done
verdict
