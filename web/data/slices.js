/* SPDX-License-Identifier: MIT */
/*
 * Single runs from the switch events: who was on a CPU from when to when. A run ends with the next
 * switch on its CPU, with a loss, or with the CPU's coverage (docs/formats/page.md).
 */

import { TRACK_SWITCH } from './block.js';
import { lowerBound } from './cube.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./events.js').Entry} Entry */
/** @typedef {import('./block.js').Block} Block */

/** Column numbers of the switch track. */
const SWITCH_NEXT = 1;
const SWITCH_PREV = 2;
const SWITCH_STATE = 3;
const SWITCH_PRIO = 4;

/**
 * @typedef {object} Slice
 * @property {number} task number, or TASK_NONE of tasklist.js
 * @property {number} tid
 * @property {number} start ns since the start of the run
 * @property {number} end
 * @property {number} state of sched_switch with which it ended; -1 = not known
 * @property {string} ended words
 * @property {number} prio kernel priority; 0 = not known
 */

/** Bits of the state, as sched_switch reports them. */
const stateWords = /** @type {[number, string][]} */ ([
	[0x1, 'slept (S)'], [0x2, 'blocked, uninterruptible (D)'], [0x4, 'was stopped (T)'], [0x8, 'was traced (t)'],
	[0x10, 'ended (X)'], [0x20, 'ended (Z)'], [0x40, 'was parked (P)'], [0x80, 'went idle (I)']]);

/** @param {number} state */
export function stateText(state) {
	if (state < 0)
		return 'not known';
	if (!(state & 0xff))
		return state & 0x100 ? 'preempted (R+)' : 'still runnable (R)';
	const known = stateWords.find(([bit]) => state & bit);

	return known ? known[1] : 'state 0x' + state.toString(16);
}

/**
 * Blocks that tell who ran on a CPU in a window.
 * @param {Run} run
 * @param {number} cpu
 * @param {number} from
 * @param {number} to
 * @returns {Entry[]}
 */
export function sliceBlocks(run, cpu, from, to) {
	const [first, end] = run.events.range(TRACK_SWITCH, cpu, from, to);
	const list = run.events.stream(TRACK_SWITCH, cpu);

	/* Before the first switch of the recording its `prev` ran. */
	return list.slice(first, Math.max(end, Math.min(list.length, first + 1)));
}

/**
 * Task numbers of the switched-in tasks of a block, found once per block.
 * @type {WeakMap<Block, Int32Array>}
 */
const nextTasks = new WeakMap();

/** @param {Run} run @param {number} cpu @param {Block} block */
function nextTasksOf(run, cpu, block) {
	let tasks = nextTasks.get(block);

	if (!tasks) {
		const next = block.column[SWITCH_NEXT];

		tasks = new Int32Array(block.rows);
		for (let i = 0; i < block.rows; i++)
			tasks[i] = run.taskAt(next ? next[i] : 0, cpu, block.time[i]);
		nextTasks.set(block, tasks);
	}
	return tasks;
}

/** @param {Entry[]} entries */
export function entryRows(entries) {
	return entries.reduce((n, e) => n + e.rows, 0);
}

/**
 * Begin of the first gap that lies in (from, to], else @to.
 * @param {Run} run
 * @param {number} cpu
 * @param {number} from
 * @param {number} to
 */
function cutAtGap(run, cpu, from, to) {
	for (const gap of run.gaps(cpu)) {
		if (gap.from >= from && gap.from < to)
			return gap.from;
	}
	return to;
}

/**
 * All runs that touch [from, to) on a CPU, from decoded blocks; null while some are not decoded.
 * @param {Run} run
 * @param {number} cpu
 * @param {number} from
 * @param {number} to
 * @returns {{ n: number, start: Float64Array, end: Float64Array, task: Int32Array } | null}
 */
export function slicesOf(run, cpu, from, to) {
	const entries = sliceBlocks(run, cpu, from, to);
	const covered = run.json.cpus[run.cpuIndex.get(cpu) ?? 0];
	const blocks = [];

	for (const e of entries) {
		const block = run.events.peek(e);

		if (!block)
			return null;
		blocks.push(block);
	}
	const start = new Float64Array(entryRows(entries) + 1);
	const end = new Float64Array(start.length);
	const task = new Int32Array(start.length);
	const gaps = run.gaps(cpu);
	let n = 0;

	if (blocks.length && blocks[0].time[0] > from) {
		start[0] = covered.start;
		task[0] = run.taskAt(blocks[0].column[SWITCH_PREV]?.[0] ?? 0, cpu, blocks[0].time[0]);
		end[0] = blocks[0].time[0];
		n = 1;
	}
	blocks.forEach((block, k) => {
		const time = block.time;
		const next = nextTasksOf(run, cpu, block);
		const low = Math.max(0, lowerBound(time, from) - 1);
		const high = lowerBound(time, to);

		if (n && k)
			end[n - 1] = time[0];
		for (let i = low; i < high; i++) {
			start[n] = time[i];
			end[n] = i + 1 < time.length ? time[i + 1] : Infinity;
			task[n++] = next[i];
		}
	});
	if (n && end[n - 1] === Infinity)
		end[n - 1] = entryAfter(run, cpu, entries) ?? covered.end;
	if (gaps.length) {
		for (let i = 0; i < n; i++)
			end[i] = cutAtGap(run, cpu, start[i], end[i]);
	}
	return { n, start, end, task };
}

/** @param {Run} run @param {number} cpu @param {Entry[]} entries */
function entryAfter(run, cpu, entries) {
	const list = run.events.stream(TRACK_SWITCH, cpu);
	const at = list.indexOf(entries[entries.length - 1]);

	return list[at + 1]?.first;
}

/**
 * The run on a CPU at a time, exactly; decodes at most two blocks.
 * @param {Run} run
 * @param {number} cpu
 * @param {number} t
 * @returns {Slice | null}
 */
export function sliceAt(run, cpu, t) {
	const list = run.events.stream(TRACK_SWITCH, cpu);
	const covered = run.json.cpus[run.cpuIndex.get(cpu) ?? 0];
	const k = run.events.range(TRACK_SWITCH, cpu, t, t)[0];
	const block = list[k] && run.events.get(list[k]);

	if (!block || t < covered.start || t >= covered.end)
		return null;
	let row = lowerBound(block.time, t);

	if (row === block.rows || block.time[row] > t)
		row--;
	/* Equal times: the last switch at that moment counts. */
	while (row >= 0 && row + 1 < block.rows && block.time[row + 1] <= t)
		row++;
	const known = row >= 0;
	let after = block;
	let afterRow = row + 1;

	if (afterRow === block.rows) {
		if (list[k + 1] && list[k + 1].first <= t)
			return sliceAtRow(run, cpu, list, k + 1, t);
		after = /** @type {any} */ (list[k + 1] ? run.events.get(list[k + 1]) : null);
		afterRow = 0;
	}
	const tid = known ? block.column[SWITCH_NEXT]?.[row] ?? 0 : block.column[SWITCH_PREV]?.[0] ?? 0;
	const start = known ? block.time[row] : covered.start;
	const switched = after ? after.time[afterRow] : covered.end;
	const end = cutAtGap(run, cpu, start, switched);
	const state = after && end === switched ? after.column[SWITCH_STATE]?.[afterRow] ?? -1 : -1;

	if (t >= end)
		return null;
	return { task: run.taskAt(tid, cpu, start), tid, start, end, state,
		ended: end < switched ? 'events were lost' : after ? stateText(state) : 'still running at the end',
		prio: known ? block.column[SWITCH_PRIO]?.[row] ?? 0 : 0 };
}

/** @param {Run} run @param {number} cpu @param {Entry[]} list @param {number} k @param {number} t */
function sliceAtRow(run, cpu, list, k, t) {
	const block = run.events.get(list[k]);

	/* A block that begins at this very moment; ask a nanosecond later, where the search finds it. */
	return block.time[0] <= t ? sliceAt(run, cpu, t + 1) : null;
}
