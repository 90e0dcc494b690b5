# SPDX-License-Identifier: MIT
# Sourced by the lint tests: from the source root, the files that belong to the repository.
set -u
cd "${KYMO_SOURCE:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 1
bad=0

# fail TEXT: one finding.
fail() {
	printf '%s\n' "$*"
	bad=$((bad + 1))
}

skip() {
	printf 'SKIP: %s\n' "$*"
	exit 77
}

# Tracked files and new ones that are not ignored, one per line, that match any of the patterns.
files() {
	if [ -e .git ] && command -v git >/dev/null; then
		# A checkout of another user is still readable: say so to git.
		git -c safe.directory="$PWD" ls-files -co --exclude-standard -- "$@" | while read -r f; do
			[ -f "$f" ] && printf '%s\n' "$f"
		done
	else
		local p
		for p; do
			find . -path './build*' -prune -o -path '*/node_modules' -prune -o -type f \
				-path "./$p" -print | sed 's|^\./||'
		done | sort -u
	fi
}

verdict() {
	[ $bad -eq 0 ] || echo "$bad findings"
	[ $bad -eq 0 ]
}
