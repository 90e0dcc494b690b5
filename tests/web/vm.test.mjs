/* SPDX-License-Identifier: MIT */
/* Virtual machines: who belongs to which, in what order, and what they did; colours of exit reasons. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { Run } from '../../web/data/run.js';
import { sumDelays, sumExits, sumRuns } from '../../web/data/sums.js';
import { compareNames, groupOf, splitRole, sumVms, vmsOf } from '../../web/data/vm.js';
import { exitSlots } from '../../web/ui/exitcolours.js';
import { makeRun } from './page_writer.mjs';
import { simulate } from './simulation.mjs';

function runOf(tasks) {
	return new Run({ name: 'x', start_ns: '0', span_ns: 1, cpus: [], tasks: tasks.map(([tid, tgid, comm, role]) =>
		({ tid, tgid, comm, role: role || null, idle_cpu: comm.startsWith('swapper') ? 0 : null, self: false, kernel: false })) }, 0, () => '', () => '');
}

const names = list => list.map(v => [v.name, v.vcpus.join(), v.others.join()]);

test('roles', () => {
	assert.deepEqual(splitRole('Firewall.01.vcpu12'), { vm: 'Firewall.01', type: 'vcpu12' });
	assert.deepEqual(splitRole('a.iothread1'), { vm: 'a', type: 'iothread1' });
	for (const label of ['vcpu0', '.vcpu0', 'ld-2.31.so', 'systemd', 'a.vcpux', 'python3.11'])
		assert.equal(splitRole(label), null, label);
});

test('names: group number first, and what neighbours have in common', () => {
	const list = ['CSR.10.vcpu0', 'CSR.2.vcpu0', 'ASA.2.vcpu0', 'zebra', 'CSR.1.vcpu1', 'CSR.1.vcpu0', 'kworker/1:2', 'kworker/1:10', 'ASA.1.vcpu0'];

	assert.deepEqual(list.sort(compareNames), ['ASA.1.vcpu0', 'CSR.1.vcpu0', 'CSR.1.vcpu1', 'ASA.2.vcpu0', 'CSR.2.vcpu0', 'CSR.10.vcpu0', 'kworker/1:2', 'kworker/1:10',
		'zebra']);
	assert.deepEqual(['CSR.1.vcpu0', 'kworker/1:2', 'vm_router', '7zip'].map(groupOf), ['CSR.1', 'kworker', 'vm_router', '7zip']);
});

test('machines by process, else by role, else alone', () => {
	const run = runOf([[0, 0, 'swapper/0'], [10, 10, 'qemu-system-x86'], [11, 10, 'CPU 0/KVM'], [12, 10, 'CPU 1/KVM'], [20, 20, 'qemu', 'Fw.1.emulator'], [22, 20, 'q', 'Fw.1.vcpu1'],
		[21, 20, 'q', 'Fw.1.vcpu0'], [23, 20, 'worker'], [30, 0, 'q', 'Rt.2.vcpu0'], [31, 0, 'q', 'Rt.2.emulator'], [40, 0, 'tiny'], [50, 50, 'bash'], [60, 60, 'q', 'x.emulator']]);

	assert.deepEqual(names(vmsOf(run, () => false)), [['Fw.1', '6,5', '4,7'], ['Rt.2', '8', '9'], ['qemu-system-x86:10', '2,3', '1']]);
	assert.deepEqual(names(vmsOf(run, n => n === 10)).at(-1), ['tiny:40', '10', '']);
});

test('what machines did adds up', async () => {
	const sim = simulate({ cpus: 3, tasks: 34, span: 300e6, losses: 1, seed: 6, kvm: true });
	const made = makeRun(sim, 'x');
	const run = new Run(made.json, 0, () => made.cubes, () => made.events);
	const cubes = { run: await run.runCube(), delay: await run.delayCube(), exit: await run.exitCube() };
	const vms = vmsOf(run, () => false);
	const all = run.tasks.mask(null, true);

	assert.deepEqual(vms.map(v => [v.name, v.vcpus.length]), [['Firewall.01', 2], ['Firewall.02', 2], ['Firewall.03', 2]]);
	for (const w of [{ from: 0, to: sim.span }, run.snap({ from: 80e6, to: 200e6 }, run.bin.run)]) {
		const list = sumVms(run, cubes, vms, w, all, 50);
		const runs = sumRuns(run, cubes.run, w);

		for (const s of list) {
			const mask = all.map((m, n) => m && s.vm.vcpus.includes(n) ? 1 : 0);
			const sum = kind => sumDelays(run, cubes.delay, w, kind, mask, false).all;

			assert.equal(s.run, s.vm.vcpus.reduce((t, n) => t + runs.taskRun[n], 0));
			assert.ok(Math.abs(s.guest + s.outside + s.unknown - s.run) < 1);
			assert.equal(s.steal, sum(3).sum + sum(4).sum);
			assert.deepEqual([s.waits.count, s.waits.max], [sum(3).count, sum(3).max]);
			assert.equal(s.exits, [...sumExits(run, cubes.exit, w, mask).byReason.values()].reduce((t, c) => t + c.count, 0));
			/* Nobody is robbed of more than all the time there is; what began before the window is not in the strip. */
			assert.ok(s.strip.every(ns => ns <= 2.2 * (w.to - w.from) / 50));
			assert.ok(s.strip.reduce((a, b) => a + b, 0) <= s.steal + 1);
		}
		/* The guests of the simulation enter within 3.4 us of a switch and leave for some us at a time. */
		const [guest, outside] = [list.reduce((t, s) => t + s.guest, 0), list.reduce((t, s) => t + s.outside, 0)];

		assert.ok(outside / (guest + outside) > 0.02 && outside / (guest + outside) < 0.12, String(outside / (guest + outside)));
	}
	assert.ok(sumVms(run, cubes, vms, { from: 0, to: sim.span }, all, 50).some(s => s.unknown > 0));
	assert.deepEqual(sumVms(run, cubes, vms, { from: 0, to: sim.span }, run.tasks.mask(/vcpu1/, true), 50).map(s => s.vcpus), [1, 1, 1]);
});

test('colours of exit reasons: fixed by meaning, the others next to free', () => {
	const intel = exitSlots([[1, 48], [1, 12], [1, 1], [1, 10], [1, 31], [1, 0x80000021]]);
	const amd = exitSlots([[2, 0x400], [2, 0x78], [2, 0x60], [2, 0x72]]);

	for (const [a, b] of [['1 48', '2 1024'], ['1 12', '2 120'], ['1 1', '2 96']])
		assert.equal(intel.get(a), amd.get(b));
	assert.equal(new Set(intel.values()).size, 6);
	assert.equal(exitSlots([[1, 48], [1, 10]]).get('1 10'), exitSlots([[1, 10]]).get('1 10'));
	assert.ok([...exitSlots(Array.from({ length: 60 }, (_, i) => [1, i])).values()].every(s => s >= 0 && s < 12));
});
