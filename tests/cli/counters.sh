# SPDX-License-Identifier: MIT
# Counts of which every number is known (known_run.c): turns on the PMU, never on it, tasks and run slices.
"$KNOWN_RUN" cpus.kymo 100 counters
"$KNOWN_RUN" tasks.kymo 100 tasks
t kymo show counters cpus.kymo
t kymo show counters cpus.kymo --by cpu --from 20ms --for 30ms
t kymo show counters cpus.kymo --interval 50ms --csv
t kymo show counters tasks.kymo --by task
t kymo show counters tasks.kymo --task mover
echo "--- the page holds them all, and the metrics that they give"
kymo report cpus.kymo -o page.html >words
echo "exit $?"
"$KNOWN_RUN" long.kymo 5000 counters
kymo report long.kymo -o long.html >words
# A reading takes some bytes, not some tens of them.
more=$(($(stat -c %s long.html) - $(stat -c %s page.html)))
[ $((more)) -lt $((4900 * 20)) ] && echo "4,900 readings take less than 20 bytes each" || echo "$more bytes"
