/* SPDX-License-Identifier: MIT */
/*
 * Which tasks belong to a virtual machine, by their roles ("Firewall.01.vcpu0"), by QEMU's thread names, or because
 * they had exits; and names in an order that keeps groups together.
 */

import { Loghist } from './loghist.js';
import { KIND_HOST, KIND_PREEMPTED, KIND_WAIT, sumGuests } from './sums.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Span} Span */
/** @typedef {import('./cube.js').Cube} Cube */
/** @typedef {{ name: string, vcpus: number[], others: number[] }} Vm numbers of its tasks, by name */

/** Last part of a role that is a thread of a virtual machine. */
const threadType = /^(vcpu\d+|emulator|iothread\d+|io\d*|vhost\S*|worker\S*|vnc\S*|mon\S*)$/i;
const vcpuType = /^vcpu\d+$/i;
/** Name of a vCPU's thread in QEMU. */
const qemuVcpu = /^CPU (\d+)\/KVM$/;

/**
 * @param {string} label
 * @returns {{ vm: string, type: string } | null}
 */
export function splitRole(label) {
	const dot = label.lastIndexOf('.');
	const type = label.slice(dot + 1);

	return dot > 0 && threadType.test(type) ? { vm: label.slice(0, dot), type } : null;
}

/**
 * "CSR.1.vcpu0" as "01.CSR.vcpu0": the group's number first.
 * @param {string} label
 */
function sortKey(label) {
	const parts = label.split('.');

	return parts.length > 1 && /^\d+$/.test(parts[1]) ? [parts[1].padStart(2, '0'), parts[0], ...parts.slice(2)].join('.') : label;
}

const order = new Intl.Collator('en', { numeric: true });

/** @param {string} a @param {string} b */
export function compareNames(a, b) {
	return order.compare(sortKey(a), sortKey(b));
}

/**
 * What neighbours in that order have in common: the machine, or how the name begins.
 * @param {string} label
 */
export function groupOf(label) {
	return splitRole(label)?.vm || (/^[^\d.:/#-]+/.exec(label)?.[0] ?? label);
}

/**
 * Virtual machines as src/analysis/vm_groups.h makes them: all threads of a process that has a vCPU; where processes are
 * not known, all with the same beginning of the role.
 * @param {Run} run
 * @param {(task: number) => boolean} hasExits
 * @returns {Vm[]} by name
 */
export function vmsOf(run, hasExits) {
	const { all, label, idle } = run.tasks;
	/** @type {Map<string, Vm>} */
	const vms = new Map();
	const keyOf = /** @param {number} n */ n => all[n].tgid ? 'p' + all[n].tgid : 'r' + (splitRole(label[n])?.vm ?? 't' + n);
	const vcpu = all.map((t, n) => !idle[n] && (hasExits(n) || qemuVcpu.test(t.comm) || vcpuType.test(splitRole(label[n])?.type || '')));

	vcpu.forEach((is, n) => {
		const key = keyOf(n);

		if (is && !vms.has(key))
			vms.set(key, { name: splitRole(label[n])?.vm ?? processName(run, n), vcpus: [], others: [] });
	});
	all.forEach((_, n) => {
		const vm = idle[n] ? undefined : vms.get(keyOf(n));

		(vcpu[n] ? vm?.vcpus : vm?.others)?.push(n);
	});
	for (const vm of vms.values())
		[vm.vcpus, vm.others].forEach(l => l.sort((a, b) => compareNames(label[a], label[b]) || a - b));
	return [...vms.values()].sort((a, b) => compareNames(a.name, b.name));
}

/** "qemu-kvm:1234", where nothing better is known. @param {Run} run @param {number} n */
function processName(run, n) {
	const pid = run.tasks.all[n].tgid || run.tasks.all[n].tid;
	const main = (run.tasks.byTid.get(pid) || [n])[0];

	return run.tasks.all[main].comm + ':' + pid;
}

/**
 * What the tasks of a machine did in a window.
 * @typedef {object} VmSums
 * @property {Vm} vm
 * @property {number} vcpus shown ones
 * @property {boolean} ran switches were recorded: run time and steal are known
 * @property {number} run ns of vCPUs
 * @property {number} others ns of its other threads
 * @property {number} inside ns of guest spans that ended in the window, whole
 * @property {number} host ns from exits to entries likewise
 * @property {number} guest part of the run time in the guest, ns
 * @property {number} outside the guest
 * @property {number} unknown which of the two
 * @property {number} steal ns: waits after wake-ups, and preemption
 * @property {Loghist} waits of vCPUs
 * @property {number} exits
 * @property {Float64Array} strip steal by bin of the strip
 */

/**
 * @param {Run} run
 * @param {{ run: Cube, delay: Cube, exit: Cube | null }} cubes
 * @param {Vm[]} vms
 * @param {Span} w in whole bins of all of them
 * @param {Uint8Array} mask tasks wanted
 * @param {number} bins of the strips
 * @returns {VmSums[]} of those with a vCPU in the mask
 */
export function sumVms(run, cubes, vms, w, mask, bins) {
	const sums = vms.map(vm => ({ vm, vcpus: vm.vcpus.filter(n => mask[n]).length, ran: cubes.run.rows > 0, run: 0, others: 0, inside: 0, host: 0, guest: 0, outside: 0, unknown: 0, steal: 0,
		waits: new Loghist(), exits: 0, strip: new Float64Array(bins) }));
	/** @type {(VmSums | undefined)[]} by task */
	const ofVcpu = [];
	/** @type {(VmSums | undefined)[]} */
	const ofOther = [];

	for (const s of sums) {
		s.vm.vcpus.forEach(n => mask[n] && (ofVcpu[n] = s));
		s.vm.others.forEach(n => mask[n] && (ofOther[n] = s));
	}
	const [, , ranTask, ran] = cubes.run.column;
	const [lo, hi] = run.rowsIn(cubes.run, w);

	for (let i = lo; i < hi; i++) {
		const s = ofOther[ranTask[i]];

		if (s)
			s.others += ran[i];
	}
	const slots = new Map(sums.map((s, i) => [s, i]));

	sumGuests(run, cubes, w, n => slots.get(/** @type {VmSums} */ (ofVcpu[n])) ?? -1, sums.length).forEach((g, i) => {
		const { run: ns, guest, outside, unknown, inside } = g;

		/* Without entries nothing is known of guests; without switches nothing of what ran. */
		Object.assign(sums[i], !cubes.run.rows ? { guest: inside, inside } : g.spans ? { run: ns, guest, outside, unknown, inside } : { run: ns, unknown: ns });
	});
	addDelays(run, cubes.delay, w, ofVcpu, bins);
	if (cubes.exit) {
		const [, task, , , count] = cubes.exit.column;
		const [from, to] = run.rowsIn(cubes.exit, w);

		for (let i = from; i < to; i++) {
			const s = ofVcpu[task[i]];

			if (s)
				s.exits += count[i];
		}
	}
	return sums.filter(s => s.vcpus);
}

/**
 * @param {Run} run
 * @param {Cube} cube
 * @param {Span} w
 * @param {(VmSums | undefined)[]} ofVcpu
 * @param {number} bins
 */
function addDelays(run, cube, w, ofVcpu, bins) {
	const [, kind, task, bucket, count, max, sum] = cube.column;
	const [lo, hi] = run.rowsIn(cube, w);
	const width = (w.to - w.from) / bins;

	for (let i = lo; i < hi; i++) {
		const s = ofVcpu[task[i]];

		if (!s)
			continue;
		if (kind[i] === KIND_HOST)
			s.host += sum[i];
		if (kind[i] === KIND_WAIT)
			s.waits.addCell(bucket[i], count[i], sum[i], max[i]);
		if (kind[i] !== KIND_WAIT && kind[i] !== KIND_PREEMPTED)
			continue;
		s.steal += sum[i];
		/* A thread waits once at a time, so those that end in a bin lie one behind the other before its end. */
		const end = cube.time[i] + (cube.bin > 1 ? cube.bin : 0) - w.from;
		const begin = Math.max(0, end - sum[i]);

		for (let b = Math.floor(begin / width); b < bins && b * width < end; b++)
			s.strip[b] += Math.min(end, (b + 1) * width) - Math.max(begin, b * width);
	}
}
