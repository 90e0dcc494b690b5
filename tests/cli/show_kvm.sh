# SPDX-License-Identifier: MIT
# Virtual machines: the views on captures of several kernels and instruction sets, and what is refused.
for kernel in 2.6.35 4.19 6.18 arm64; do
	cp "$FIXTURES/perf/kvm-$kernel.data" .
	t kymo show kvm "kvm-$kernel.data"
done
kymo convert --quiet kvm-6.18.data -o x.kymo
t kymo show kvm x.kymo --by reason --csv
t kymo show kvm x.kymo --matrix
t kymo show kvm x.kymo --matrix --by vm --sort total
t kymo show kvm x.kymo --last
t kymo show guest x.kymo
t kymo show vms x.kymo
t kymo show kvmevents x.kymo
t kymo show kvmevents x.kymo --of pio --by all
t kymo show kvmevents x.kymo --of nonsense
t kymo show durations x.kymo --kind host
t kymo show kvm x.kymo --by nonsense
cp "$FIXTURES/demo.kymo" .
t kymo show kvm demo.kymo
for view in guest kvm kvmevents vms; do
	kymo show $view x.kymo --json >a.json || echo "$view: failed"
	python3 -c 'import json; print(json.load(open("a.json"))["view"])'
done
