#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How fast a sealed journal is written, verified and read, beside the bare cipher. usage: journal.sh [MIB [ROUNDS]]
. "$(dirname "$0")/lib.sh"
"$build/bench/bench_journal" "$work/journal" "${1:-512}" "${2:-7}"
