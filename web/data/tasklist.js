/* SPDX-License-Identifier: MIT */
/* The tasks of a run: labels, lookup by thread id, and which of them a filter lets through. */

/**
 * @typedef {object} TaskJson
 * @property {number} tid
 * @property {number} tgid
 * @property {string} comm
 * @property {string | null} role
 * @property {number | null} idle_cpu
 * @property {number} [born] ns since the start of the run; 0 = before it
 * @property {boolean} self
 * @property {boolean} kernel
 */

export const TASK_NONE = -1;

export class TaskList {
	/** @param {TaskJson[]} tasks */
	constructor(tasks) {
		this.all = tasks;
		/** @type {string[]} what people and filters see */
		this.label = tasks.map(t => t.role || t.comm);
		/** 1 = the idle task of a CPU */
		this.idle = Uint8Array.from(tasks, t => t.idle_cpu === null || t.idle_cpu === undefined ? 0 : 1);
		/** @type {Map<number, number[]>} numbers by tid; several when a tid was used again */
		this.byTid = new Map();
		/** @type {Map<number, number>} idle task by CPU */
		this.idleOf = new Map();
		tasks.forEach((t, i) => {
			if (this.idle[i]) {
				this.idleOf.set(/** @type {number} */ (t.idle_cpu), i);
				return;
			}
			const same = this.byTid.get(t.tid);

			if (same)
				same.push(i);
			else
				this.byTid.set(t.tid, [i]);
		});
		this.merged = false;
		/** Number under which a task is counted. */
		this.row = Uint32Array.from(tasks, (_, i) => i);
		/** Tasks that are counted under a number. */
		this.members = new Uint32Array(tasks.length).fill(1);
		for (const numbers of this.byTid.values())
			numbers.sort((a, b) => (tasks[a].born ?? 0) - (tasks[b].born ?? 0) || a - b);
		/** @type {Map<string, number>} how many tasks carry a label */
		this.sameLabel = new Map();
		this.label.forEach((l, i) => {
			if (!this.idle[i])
				this.sameLabel.set(l, (this.sameLabel.get(l) || 0) + 1);
		});
	}

	get length() {
		return this.all.length;
	}

	/**
	 * Count tasks of equal labels as one, or not. Sums then stand at the number of the first of them.
	 * @param {boolean} on
	 */
	merge(on) {
		/** @type {Map<string, number>} */
		const first = new Map();

		if (on === this.merged)
			return;
		this.merged = on;
		this.all.forEach((t, i) => {
			const key = (t.self ? 's' : 't') + this.label[i];

			this.row[i] = i;
			if (!on || this.idle[i])
				return;
			if (!first.has(key))
				first.set(key, i);
			this.row[i] = /** @type {number} */ (first.get(key));
		});
		this.members.fill(0);
		this.row.forEach(n => this.members[n]++);
	}

	/** Is the row of several tasks? @param {number} n */
	several(n) {
		return this.members[n] > 1;
	}

	/**
	 * Label that tells tasks of equal names apart.
	 * @param {number} n
	 */
	unique(n) {
		const label = this.label[n];

		if (this.idle[n])
			return 'IDLE (CPU ' + this.all[n].idle_cpu + ')';
		if (this.merged)
			return this.members[n] > 1 ? label + ' × ' + this.members[n] : label;
		return (this.sameLabel.get(label) || 0) > 1 ? label + ':' + this.all[n].tid : label;
	}

	/**
	 * 1 for each task that is shown: not idle, not kymo's own unless asked for, and matched by the
	 * filter anywhere in its label.
	 * @param {RegExp | null} filter
	 * @param {boolean} withSelf
	 */
	mask(filter, withSelf) {
		return Uint8Array.from(this.all, (t, i) =>
			!this.idle[i] && (withSelf || !t.self) && (!filter || filter.test(this.label[i])) ? 1 : 0);
	}
}
