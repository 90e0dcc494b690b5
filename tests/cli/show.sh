# SPDX-License-Identifier: MIT
# Answers about a recording: all views in all dresses, windows, filters, and what is refused.
cp "$FIXTURES/demo.kymo" x.kymo
t kymo show tasks x.kymo --top 3
t kymo show tasks x.kymo --top 3 --csv
t kymo show latency x.kymo --worst 2
t kymo show coremap x.kymo --task '^sort$' --merge
t kymo show timeline x.kymo --from 311ms --for 500us --top 5
t kymo show switches x.kymo --by core
t kymo show successors x.kymo --of md5sum --top 3
t kymo show durations x.kymo --task gzip --merge
for view in coremap durations latency successors switches tasks timeline; do
	kymo show $view x.kymo --json >a.json || echo "$view: failed"
	python3 -c 'import json, sys; json.load(open("a.json"))' || echo "$view: no JSON"
	kymo show $view --help | head -n1
done
NO_COLOR=1 kymo show tasks x.kymo | grep -c $'\033'
kymo show 2>&1 | head -n 1
t kymo show nothing x.kymo
t kymo show tasks
t kymo show tasks absent.kymo
t kymo show tasks x.kymo --task '('
t kymo show tasks x.kymo --from 1h
t kymo show tasks x.kymo --from 1parsec
t kymo show tasks x.kymo --json --csv
t kymo show tasks x.kymo --task 'no such task'
