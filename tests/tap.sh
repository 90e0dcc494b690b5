#!/bin/bash
# SPDX-License-Identifier: MIT
# tap.sh PROGRAM ARGS: run a cmocka program and make its output the TAP that meson reads. cmocka writes a skipped test as "not ok N # SKIP",
# which counts as failed, and lets messages stand between the lines.
"$@" | sed -E -e 's/^not ok ([0-9]+) # SKIP/ok \1 # SKIP/' -e '/^(ok|not ok|[0-9]+\.\.[0-9]|#|TAP|Bail)/!s/^/# /'
exit "${PIPESTATUS[0]}"
