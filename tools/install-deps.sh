#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Installs the Debian packages that are missing, and only those.
#
#   tools/install-deps.sh build    what building needs
#   tools/install-deps.sh check    and what the tests need
#   tools/install-deps.sh bench    and what the benchmarks need
#   tools/install-deps.sh fuzz     and what libFuzzer needs
set -eu
what=${1:-build}
packages='bpftool clang-14 g++ gcc libbpf-dev libc6-dev libcmocka-dev libcurl4-openssl-dev libdw-dev
	libelf-dev libexpat1-dev libiberty-dev libjansson-dev liblzma-dev libsodium-dev
	libsqlite3-dev libyaml-dev libzstd-dev linux-libc-dev meson ninja-build pkg-config xz-utils
	zlib1g-dev'
case $what in
build) ;;
check) packages="$packages clang-format-14 git groff-base libdebuginfod1 openssl zstd" ;;
bench) packages="$packages hyperfine linux-perf" ;;
fuzz) packages="$packages libclang-rt-14-dev" ;;
*)
	sed -n '4,9s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
if [ "$what" = check ]; then
	# Newer ones than Debian's may be there already, from elsewhere.
	command -v node >/dev/null || packages="$packages nodejs"
	command -v npm >/dev/null || packages="$packages npm"
	command -v chromium >/dev/null || packages="$packages chromium"
fi

missing=
for package in $packages; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "kymo: packages are missing; as root: apt-get install$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "kymo: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# The lists may be old or absent: refresh them only when the first try fails.
# shellcheck disable=SC2086
install() { $as_root apt-get install -q -y --no-install-recommends $missing; }
install </dev/null >/dev/null 2>&1 || {
	$as_root apt-get update -q </dev/null
	install </dev/null
}
