/* SPDX-License-Identifier: MIT */
/*
 * Which tasks belong to a virtual machine, by their roles ("Firewall.01.vcpu0"), by QEMU's thread names, or because
 * they had exits; and names in an order that keeps groups together.
 */

/** @typedef {import('./run.js').Run} Run */
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

/** @param {Run} run @param {number} n */
function processName(run, n) {
	const { tgid, tid } = run.tasks.all[n];
	const main = (run.tasks.byTid.get(tgid || tid) || [n])[0];

	return run.tasks.label[main] + ':' + (tgid || tid);
}

/**
 * @param {Run} run
 * @param {(task: number) => boolean} hasExits
 * @returns {Vm[]} by name
 */
export function vmsOf(run, hasExits) {
	/** @type {Map<string, Vm>} */
	const vms = new Map();
	/** @type {Map<number, string>} machines by process */
	const processes = new Map();
	/** @type {Set<number>} */
	const placed = new Set();
	const { all, label, idle } = run.tasks;
	/** @param {string} name @param {number} n @param {boolean} vcpu */
	const put = (name, n, vcpu) => {
		let vm = vms.get(name);

		if (!vm)
			vms.set(name, vm = { name, vcpus: [], others: [] });
		(vcpu ? vm.vcpus : vm.others).push(n);
		placed.add(n);
	};

	all.forEach((t, n) => {
		const role = splitRole(label[n]);

		if (idle[n])
			return;
		if (role)
			put(role.vm, n, vcpuType.test(role.type) || hasExits(n));
		else if (qemuVcpu.test(t.comm) || hasExits(n))
			put(processName(run, n), n, true);
		else
			return;
		if (t.tgid)
			processes.set(t.tgid, role ? role.vm : processName(run, n));
	});
	/* The rest of a machine's process. */
	all.forEach((t, n) => {
		const name = idle[n] || placed.has(n) ? undefined : processes.get(t.tgid);

		if (name !== undefined)
			put(name, n, false);
	});
	const list = [...vms.values()].filter(vm => vm.vcpus.length);

	for (const vm of list)
		[vm.vcpus, vm.others].forEach(l => l.sort((a, b) => compareNames(label[a], label[b]) || a - b));
	return list.sort((a, b) => compareNames(a.name, b.name));
}
