/* SPDX-License-Identifier: MIT */
/*
 * Guest and host time of virtual CPUs from KVM exits, entries and switches that come by in order of
 * time: the rules of "How virtual machines are counted" in docs/formats/page.md.
 */

import { GrowingColumns } from './growing.js';
import { loghistBucket } from './loghist.js';
import { KIND_GUEST, KIND_HOST } from './sums.js';
import { TASK_NONE } from './tasklist.js';

const IN_UNKNOWN = 0;
const IN_GUEST = 1;
const IN_HOST = 2;

export class GuestScan {
	/**
	 * @param {number} tasks
	 * @param {GrowingColumns} delay rows of cube_delay; spans are added
	 * @param {number[]} edges begins and ends of losses, in turn
	 */
	constructor(tasks, delay, edges) {
		this.delay = delay;
		/** Rows of cube_exit. */
		this.exits = new GrowingColumns(8);
		this.edges = edges;
		this.edge = 0;
		this.blind = false;
		this.mode = new Uint8Array(tasks);
		this.since = new Float64Array(tasks);
		/** Time switched out since then. */
		this.off = new Float64Array(tasks);
		/** When it was switched out, or -1. */
		this.out = new Float64Array(tasks).fill(-1);
		this.isa = new Uint8Array(tasks);
		this.reason = new Float64Array(tasks);
		/** Switched out since the exit. */
		this.last = new Uint8Array(tasks);
	}

	/** A loss begins or ends: nothing is known of any task. @param {number} at */
	advance(at) {
		while (this.edge < this.edges.length && at >= this.edges[this.edge]) {
			this.finish();
			this.blind = this.edge++ % 2 === 0;
		}
	}

	/** @param {number} task @param {number} mode @param {number} at */
	begin(task, mode, at) {
		this.mode[task] = mode;
		this.since[task] = at;
		this.off[task] = this.last[task] = 0;
		this.out[task] = -1;
	}

	/** @param {number} kind @param {number} task @param {number} at @param {number} length */
	span(kind, task, at, length) {
		this.delay.add(at, kind, task, loghistBucket(length), 1, length, length);
	}

	/** The exit of which no entry is known. @param {number} task */
	alone(task) {
		if (this.mode[task] === IN_HOST)
			this.exits.add(this.since[task], task, this.isa[task], this.reason[task], 1, 0, 0, this.last[task]);
	}

	/** @param {number} task @param {number} at */
	entry(task, at) {
		if (task === TASK_NONE || this.blind)
			return;
		if (this.mode[task] === IN_HOST) {
			const length = at - this.since[task];

			this.span(KIND_HOST, task, at, length);
			this.exits.add(at, task, this.isa[task], this.reason[task], 1, length, length, this.last[task]);
		}
		this.begin(task, IN_GUEST, at);
	}

	/** @param {number} task @param {number} isa @param {number} reason @param {number} at */
	exit(task, isa, reason, at) {
		if (task === TASK_NONE)
			return;
		if (this.mode[task] === IN_GUEST)
			this.span(KIND_GUEST, task, at, Math.max(0, at - this.since[task] - this.off[task]));
		this.alone(task);
		this.isa[task] = isa;
		this.reason[task] = reason;
		this.begin(task, IN_HOST, at);
		if (this.blind) {
			this.alone(task);
			this.mode[task] = IN_UNKNOWN;
		}
	}

	/** @param {number} prev @param {number} next @param {number} at */
	switched(prev, next, at) {
		if (prev !== TASK_NONE && this.mode[prev] !== IN_UNKNOWN) {
			this.out[prev] = at;
			this.last[prev] = 1;
		}
		if (next !== TASK_NONE && this.out[next] >= 0) {
			this.off[next] += at - this.out[next];
			this.out[next] = -1;
		}
	}

	/** What is pending will never end. */
	finish() {
		for (let n = 0; n < this.mode.length; n++) {
			this.alone(n);
			this.mode[n] = IN_UNKNOWN;
			this.out[n] = -1;
		}
	}
}
