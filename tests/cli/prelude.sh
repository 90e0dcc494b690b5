# SPDX-License-Identifier: MIT
# Read before every command-line test.

# Run a command, show the line, what it says, and its exit status if that is not 0.
t() {
	printf '$ %s\n' "$*"
	"$@" 2>&1
	local status=$?
	[ $status -eq 0 ] || printf '[exit %d]\n' $status
}

# Leave the test out, with the reason.
skip() {
	printf '%s\n' "$*"
	exit 77
}
