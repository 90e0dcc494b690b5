# SPDX-License-Identifier: MIT
# Read before every command-line test.

# Run a command, show the line, what it says, and its exit status if that is not 0.
t() {
	printf '$ %s\n' "$*"
	"$@" 2>&1
	local status=$?
	[ $status -eq 0 ] || printf '[exit %d]\n' $status
}

# Another byte at OFFSET of FILE, whatever stands there.
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Leave the test out, with the reason.
skip() {
	printf '%s\n' "$*"
	exit 77
}
