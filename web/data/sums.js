/* SPDX-License-Identifier: MIT */
/* Sums over a window of the cubes: what `kymo show --from --for` counts, from the page alone. */

import { Loghist } from './loghist.js';

/** @typedef {import('./cube.js').Cube} Cube */
/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Span} Span */

/** Kinds of cube_delay. */
export const KIND_RUN = 1;
export const KIND_SLEEP = 2;
export const KIND_WAIT = 3;
export const KIND_PREEMPTED = 4;
/** Of virtual CPUs: from KVM entry to exit, and from exit to entry. */
export const KIND_GUEST = 5;
export const KIND_HOST = 6;

/**
 * Run time and switches by task and CPU in a window.
 * @typedef {object} RunSums
 * @property {Span} window snapped
 * @property {number} cpus
 * @property {Float64Array} run ns, [task * cpus + cpu index]
 * @property {Float64Array} switches likewise
 * @property {Float64Array} taskRun ns by task
 * @property {Float64Array} taskSwitches
 */

/**
 * @param {Run} run
 * @param {Cube} cube
 * @param {Span} window
 * @returns {RunSums}
 */
export function sumRuns(run, cube, window) {
	const w = run.snap(window, cube.bin);
	const cpus = run.cpus.length;
	const tasks = run.tasks.length;
	const sums = { window: w, cpus, run: new Float64Array(tasks * cpus),
		switches: new Float64Array(tasks * cpus), taskRun: new Float64Array(tasks),
		taskSwitches: new Float64Array(tasks) };
	const [, cpu, task, ns, count] = cube.column;
	const [lo, hi] = run.rowsIn(cube, w);
	const row = run.tasks.row;

	for (let i = lo; i < hi; i++) {
		const c = run.cpuIndex.get(cpu[i]);

		if (c === undefined || task[i] >= tasks)
			continue;
		const t = row[task[i]];

		sums.run[t * cpus + c] += ns[i];
		sums.switches[t * cpus + c] += count[i];
		sums.taskRun[t] += ns[i];
		sums.taskSwitches[t] += count[i];
	}
	return sums;
}

/**
 * Durations of one kind in a window: one histogram per task that has any.
 * @param {Run} run
 * @param {Cube} cube
 * @param {Span} window
 * @param {number} kind
 * @param {Uint8Array} mask tasks wanted
 * @param {boolean} [each] also by task
 * @returns {{ window: Span, all: Loghist, byTask: Map<number, Loghist> }}
 */
export function sumDelays(run, cube, window, kind, mask, each = true) {
	const w = run.snap(window, cube.bin);
	const [, kinds, task, bucket, count, max, sum] = cube.column;
	const [lo, hi] = run.rowsIn(cube, w);
	const all = new Loghist();
	/** @type {Map<number, Loghist>} */
	const byTask = new Map();

	for (let i = lo; i < hi; i++) {
		if (kinds[i] !== kind || !mask[task[i]])
			continue;
		all.addCell(bucket[i], count[i], sum[i], max[i]);
		if (!each)
			continue;
		const t = run.tasks.row[task[i]];
		let hist = byTask.get(t);

		if (!hist) {
			hist = new Loghist();
			byTask.set(t, hist);
		}
		hist.addCell(bucket[i], count[i], sum[i], max[i]);
	}
	return { window: w, all, byTask };
}

/**
 * The cells with the longest durations of a kind.
 * @param {Run} run
 * @param {Cube} cube
 * @param {Span} window
 * @param {number} kind
 * @param {Uint8Array} mask
 * @param {number} n
 * @returns {{ time: number, task: number, max: number }[]} longest first; time is the begin of the bin
 */
export function worstDelays(run, cube, window, kind, mask, n) {
	const w = run.snap(window, cube.bin);
	const [, kinds, task, , , max] = cube.column;
	const [lo, hi] = run.rowsIn(cube, w);
	/** @type {{ time: number, task: number, max: number }[]} */
	const worst = [];

	for (let i = lo; i < hi; i++) {
		if (kinds[i] !== kind || !mask[task[i]])
			continue;
		if (worst.length === n && max[i] <= worst[n - 1].max)
			continue;
		let at = worst.length;

		while (at > 0 && worst[at - 1].max < max[i])
			at--;
		worst.splice(at, 0, { time: cube.time[i], task: task[i], max: max[i] });
		if (worst.length > n)
			worst.pop();
	}
	return worst;
}

/**
 * Switches from task to task in a window.
 * @param {Run} run
 * @param {Cube} cube
 * @param {Span} window
 * @returns {{ window: Span, pairs: { task: number, next: number, count: number }[] }}
 */
export function sumSuccessors(run, cube, window) {
	const w = run.snap(window, cube.bin);
	const tasks = run.tasks.length;
	const row = run.tasks.row;
	const [, task, next, count] = cube.column;
	const [lo, hi] = run.rowsIn(cube, w);
	/** @type {Map<number, number>} */
	const by = new Map();

	for (let i = lo; i < hi; i++) {
		if (task[i] >= tasks || next[i] >= tasks)
			continue;
		const key = row[task[i]] * tasks + row[next[i]];

		by.set(key, (by.get(key) || 0) + count[i]);
	}
	return { window: w, pairs: [...by].map(([key, n]) =>
		({ task: Math.floor(key / tasks), next: key % tasks, count: n })) };
}

/**
 * Exits, host time of those that ended, and of how many switch-outs they were the last exit.
 * @typedef {{ isa: number, reason: number, count: number, time: number, max: number, last: number, ended: number }} ExitCell
 */

/**
 * One number for an instruction set and a reason, in numeric order of both.
 * @param {number} isa
 * @param {number} reason
 */
export function exitKey(isa, reason) {
	return isa * 2 ** 32 + reason;
}

/**
 * Exits in a window by task and reason, and by reason alone.
 * @param {Run} run
 * @param {Cube} cube
 * @param {Span} window
 * @param {Uint8Array} mask tasks wanted
 * @returns {{ window: Span, byTask: Map<number, Map<number, ExitCell>>, byReason: Map<number, ExitCell> }}
 */
export function sumExits(run, cube, window, mask) {
	const w = run.snap(window, cube.bin);
	const [, task, isa, reason, count, time, max, last, ended] = cube.column;
	const [lo, hi] = run.rowsIn(cube, w);
	/** @type {Map<number, Map<number, ExitCell>>} */
	const byTask = new Map();
	/** @type {Map<number, ExitCell>} */
	const byReason = new Map();
	/** @param {Map<number, ExitCell>} cells @param {number} i */
	const add = (cells, i) => {
		const key = exitKey(isa[i], reason[i]);
		let cell = cells.get(key);

		if (!cell)
			cells.set(key, cell = { isa: isa[i], reason: reason[i], count: 0, time: 0, max: 0, last: 0, ended: 0 });
		cell.count += count[i];
		cell.time += time[i];
		cell.max = Math.max(cell.max, max[i]);
		cell.last += last[i];
		cell.ended += ended[i];
	};

	for (let i = lo; i < hi; i++) {
		if (!mask[task[i]])
			continue;
		const n = run.tasks.row[task[i]];
		let cells = byTask.get(n);

		if (!cells)
			byTask.set(n, cells = new Map());
		add(cells, i);
		add(byReason, i);
	}
	return { window: w, byTask, byReason };
}

/**
 * CPU time of vCPUs in a window, as far as it is known where it was spent: in the guest, outside it, or not known
 * because events were lost. Bins of run time that a loss touches are not known.
 * @param {Run} run
 * @param {{ run: Cube, delay: Cube }} cubes
 * @param {Span} w in whole bins of both
 * @param {(task: number) => number} slot of a task (not of its row), -1 = not wanted
 * @param {number} slots
 * @returns {{ run: number, guest: number, outside: number, unknown: number, spans: number, inside: number }[]} by slot, ns; inside: sum of the spans in the guest
 */
export function sumGuests(run, cubes, w, slot, slots) {
	const bin = cubes.run.bin;
	const blind = run.guestGaps().map(g => ({ from: Math.floor(g.from / bin) * bin, to: Math.floor(g.to / bin + 1) * bin }));
	const isBlind = /** @param {number} t */ t => blind.some(g => t >= g.from && t < g.to);
	const sums = Array.from({ length: slots }, () => ({ run: 0, guest: 0, outside: 0, unknown: 0, spans: 0, inside: 0 }));
	const [, , ranTask, ran] = cubes.run.column;
	const [, kind, task, , count, , sum] = cubes.delay.column;
	let [lo, hi] = run.rowsIn(cubes.run, w);

	for (let i = lo; i < hi; i++) {
		const s = sums[slot(ranTask[i])];

		if (!s)
			continue;
		s.run += ran[i];
		if (isBlind(cubes.run.time[i]))
			s.unknown += ran[i];
		else
			s.outside += ran[i];
	}
	[lo, hi] = run.rowsIn(cubes.delay, w);
	for (let i = lo; i < hi; i++) {
		const s = kind[i] === KIND_GUEST ? sums[slot(task[i])] : undefined;

		if (!s)
			continue;
		s.spans += count[i];
		s.inside += sum[i];
		if (isBlind(cubes.delay.time[i]))
			s.unknown -= sum[i];
		else
			s.outside -= sum[i];
	}
	/* A span counts whole where it ends, so at the edges of a window there may be more than there was time. */
	for (const s of sums) {
		s.unknown = Math.max(0, s.unknown);
		s.outside = Math.max(0, s.outside);
		s.guest = Math.max(0, s.run - s.unknown - s.outside);
	}
	return sums;
}
