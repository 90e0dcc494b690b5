# SPDX-License-Identifier: MIT
# Frames of a recording as text, as JSON, and on a screen with keys; of the machine as it runs.
kymo convert --quiet "$FIXTURES/perfcollector/small.jsonl" -o small.kymo
cp "$FIXTURES/demo.kymo" .
t kymo top small.kymo --once
t kymo top small.kymo --at 6s </dev/null
t kymo top small.kymo --at 1h --json
t kymo top demo.kymo --once
t kymo top --at 1s
t kymo top small.kymo demo.kymo
t kymo top --interval 1ms
t kymo top small.kymo --sort color
kymo top --json --interval 100ms >live.json && grep -cE '"(cpu|memory|processes)": ' live.json
command -v python3 >/dev/null || skip "no python3 to be a terminal"
python3 "$SOURCE/tests/cli/top_screen.py" kymo top small.kymo
