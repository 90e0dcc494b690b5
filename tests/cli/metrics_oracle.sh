# SPDX-License-Identifier: MIT
# Metrics of real old perf CSV files against an evaluation of the formulas that knows nothing of kymo.
shared=${KYMO_SHARED:-$SOURCE/../shared}
command -v python3 >/dev/null || skip "no python3 for an evaluation that knows nothing of kymo"
[ -d "$shared/data/ptap" ] && [ -f "$shared/spec/ptap.md" ] || skip "no old perf CSV files in '$shared'"
python3 "$SOURCE/tests/cli/metrics_oracle.py" kymo "$shared"
