/* SPDX-License-Identifier: MIT */
/*
 * Guest and host time of virtual CPUs from KVM exits, entries and switches that come by in order of time: the rules of
 * "How virtual machines are counted" in docs/formats/page.md, as src/analysis/kvm_scan.h has them.
 */

import { GrowingColumns } from './growing.js';
import { loghistBucket } from './loghist.js';
import { KIND_GUEST, KIND_HOST } from './sums.js';
import { TASK_NONE } from './tasklist.js';

const IN_UNKNOWN = 0;
const IN_GUEST = 1;
const IN_HOST = 2;
/** Bits of a switch state: the task ends. */
export const STATE_DEAD = 0x30;

/** Why and when a thread left the guest, or since when it is in there. */
class Stay {
	/** @param {number} since @param {number} isa @param {number} reason */
	constructor(since, isa, reason) {
		this.since = since;
		this.isa = isa;
		this.reason = reason;
		/** Time switched out since then. */
		this.off = 0;
		/** Was switched out. */
		this.last = false;
	}
}

export class GuestScan {
	/**
	 * @param {number} tasks
	 * @param {GrowingColumns} delay rows of cube_delay; spans are added
	 * @param {number[]} edges begins and ends of losses, in turn
	 */
	constructor(tasks, delay, edges) {
		this.delay = delay;
		/** Rows of cube_exit. */
		this.exits = new GrowingColumns(9);
		this.edges = edges;
		this.edge = 0;
		this.blind = false;
		this.mode = new Uint8Array(tasks);
		/** @type {Stay[]} by task */
		this.now = [];
		/** An exit that was followed by another one, which waits for an entry at the time of that. @type {(Stay | null)[]} */
		this.before = [];
		/** When it was switched out, or -1. */
		this.out = new Float64Array(tasks).fill(-1);
	}

	/** A loss begins or ends: nothing is known of any task. @param {number} at */
	advance(at) {
		while (this.edge < this.edges.length && at >= this.edges[this.edge]) {
			this.mode.fill(IN_UNKNOWN);
			this.out.fill(-1);
			this.blind = this.edge++ % 2 === 0;
		}
	}

	/** @param {number} kind @param {number} task @param {number} at @param {number} length */
	span(kind, task, at, length) {
		this.delay.add(at, kind, task, loghistBucket(length), 1, length, length);
	}

	/** Host time of an exit. @param {number} task @param {Stay} stay @param {number} at */
	host(task, stay, at) {
		const length = at - stay.since;

		this.span(KIND_HOST, task, at, length);
		this.exits.add(at, task, stay.isa, stay.reason, 0, length, length, 0, 1);
	}

	/** @param {number} task @param {number} at */
	entry(task, at) {
		const now = this.now[task];
		const before = this.before[task];

		if (task === TASK_NONE || this.blind)
			return;
		this.before[task] = null;
		if (this.mode[task] === IN_HOST && before && now.since === at) {
			/* The clock did not tell this entry from the exit behind it. */
			this.host(task, before, at);
			this.span(KIND_GUEST, task, at, 0);
			return;
		}
		if (this.mode[task] === IN_HOST)
			this.host(task, now, at);
		this.mode[task] = IN_GUEST;
		this.now[task] = new Stay(at, 0, 0);
		this.out[task] = -1;
	}

	/** @param {number} task @param {number} isa @param {number} reason @param {number} at */
	exit(task, isa, reason, at) {
		const now = this.now[task];

		if (task === TASK_NONE)
			return;
		this.exits.add(at, task, isa, reason, 1, 0, 0, 0, 0);
		if (this.blind)
			return;
		if (this.mode[task] === IN_GUEST)
			this.span(KIND_GUEST, task, at, Math.max(0, at - now.since - now.off));
		this.before[task] = this.mode[task] === IN_HOST ? now : null;
		this.mode[task] = IN_HOST;
		this.now[task] = new Stay(at, isa, reason);
		this.out[task] = -1;
	}

	/** @param {number} prev @param {number} next @param {number} state of prev @param {number} at */
	switched(prev, next, state, at) {
		if (this.blind)
			return;
		if (prev !== TASK_NONE && this.mode[prev] !== IN_UNKNOWN) {
			const now = this.now[prev];

			this.out[prev] = at;
			if (this.mode[prev] === IN_HOST && !now.last) {
				now.last = true;
				this.exits.add(at, prev, now.isa, now.reason, 0, 0, 0, 1, 0);
			}
			if (state & STATE_DEAD)
				this.mode[prev] = IN_UNKNOWN;
		}
		if (next !== TASK_NONE && this.mode[next] !== IN_UNKNOWN && this.out[next] >= 0) {
			this.now[next].off += at - this.out[next];
			this.out[next] = -1;
		}
	}
}
