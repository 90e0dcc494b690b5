/* SPDX-License-Identifier: MIT */
/*
 * Parts of the runs of vCPUs on a CPU, from the KVM events themselves: in the guest, and out of it for a reason. A thread
 * enters and leaves the guest on the same CPU; what it does elsewhere is told by the runs there.
 */

import { TRACK_KVM_ENTRY, TRACK_KVM_EXIT } from './block.js';
import { lowerBound } from './cube.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./events.js').Entry} Entry */

/**
 * @typedef {object} GuestPart
 * @property {number} task
 * @property {boolean} guest in the guest, else out of it
 * @property {number} start
 * @property {number} end of a part out of the guest at the latest: the run may have ended before
 * @property {number} isa of the exit that ended the guest part or began the other; -1 = none seen
 * @property {number} reason
 */

/**
 * Blocks that tell about a window.
 * @param {Run} run
 * @param {number} cpu
 * @param {number} from
 * @param {number} to
 * @returns {Entry[]}
 */
export function guestBlocks(run, cpu, from, to) {
	return [TRACK_KVM_EXIT, TRACK_KVM_ENTRY].flatMap(track => run.events.stream(track, cpu).slice(...run.events.range(track, cpu, from, to)));
}

/** Rows of a track on a CPU from the last one before a window on. @param {Run} run @param {number} track @param {number} cpu @param {number} from @param {number} to */
function* rowsNear(run, track, cpu, from, to) {
	const list = run.events.stream(track, cpu).slice(...run.events.range(track, cpu, from, to));

	for (const entry of list) {
		const { time, column, rows } = run.events.get(entry);
		/* One more on both sides: what goes on at the edges of the window. */
		const first = Math.max(0, lowerBound(time, from) - 1);
		const end = Math.min(rows, lowerBound(time, to) + 1);

		for (let i = first; i < end; i++)
			yield { at: time[i], tid: column[1]?.[i] ?? 0, isa: column[2]?.[i] ?? -1, reason: column[3]?.[i] ?? 0, guest: track === TRACK_KVM_ENTRY };
	}
}

/**
 * Parts that touch [from, to) on a CPU, in order of time.
 * @param {Run} run
 * @param {number} cpu
 * @param {number} from
 * @param {number} to
 * @returns {GuestPart[]}
 */
export function guestPartsOf(run, cpu, from, to) {
	const events = [...rowsNear(run, TRACK_KVM_EXIT, cpu, from, to), ...rowsNear(run, TRACK_KVM_ENTRY, cpu, from, to)].sort((a, b) => a.at - b.at || Number(a.guest) - Number(b.guest));
	const gaps = run.guestGaps();
	/** @type {GuestPart[]} */
	const parts = [];

	events.forEach((e, i) => {
		const next = events[i + 1];
		const end = next ? next.at : run.span;
		const lost = gaps.find(g => g.from < end && g.to > e.at);

		/* An entry without its exit, or with a loss before it, tells of nothing. */
		if (e.guest && (!next || next.guest || next.tid !== e.tid || lost) || lost && lost.from <= e.at)
			return;
		const stop = lost ? lost.from : end;

		if (stop > from && e.at < to)
			parts.push({ task: run.taskAt(e.tid, cpu, e.at), guest: e.guest, start: e.at, end: stop,
				isa: e.guest ? next.isa : e.isa, reason: e.guest ? next.reason : e.reason });
	});
	return parts;
}
