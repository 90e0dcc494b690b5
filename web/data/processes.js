/* SPDX-License-Identifier: MIT */
/* What each process used between the two ticks around a time: one frame. docs/formats/page.md, Metrics. */

import { TRACK_PROCESS } from './block.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./block.js').Block} Block */
/** @typedef {import('./events.js').Entry} Entry */

/** Columns of track process. */
const P_TID = 1, P_PARENT = 3, P_HAVE = 4, P_FLAGS = 5, P_STATE = 6, P_CPU = 8, P_THREADS = 10, P_USER = 11, P_SYSTEM = 12, P_MINOR = 14, P_MAJOR = 15, P_VOLUNTARY = 16, P_INVOLUNTARY = 17,
	P_RSS = 18, P_READ = 21, P_WRITTEN = 22, P_RUN_DELAY = 24;
const columnsWanted = [P_TID, P_PARENT, P_HAVE, P_FLAGS, P_STATE, P_CPU, P_THREADS, P_USER, P_SYSTEM, P_MINOR, P_MAJOR, P_VOLUNTARY, P_INVOLUNTARY, P_RSS, P_READ, P_WRITTEN, P_RUN_DELAY];
const FLAG_EXITED = 1;
/** Decoded blocks that are kept: each is some MB. */
const BLOCKS_KEPT = 4;

/**
 * @typedef {object} Process
 * @property {number} tid
 * @property {number | undefined} parent
 * @property {number | undefined} on CPU where it ran last
 * @property {string} state letter of /proc/PID/stat
 * @property {number | undefined} threads
 * @property {boolean} begun within the frame
 * @property {boolean} ended within it
 * @property {number | undefined} cpu 1 = one CPU all the time
 * @property {number | undefined} user
 * @property {number | undefined} sys
 * @property {number | undefined} rss bytes
 * @property {number | undefined} read bytes per second
 * @property {number | undefined} written
 * @property {number | undefined} minor faults per second
 * @property {number | undefined} major
 * @property {number | undefined} switches per second
 * @property {number | undefined} delay seconds per second that it waited for a CPU
 */

/** @typedef {{ from: number, to: number, processes: Process[] }} ProcessFrame */

/** A row of a block. @typedef {{ b: Block, i: number }} Row */

/** @param {Row} row @param {number} column @returns {number | undefined} undefined: not known */
function processCell({ b, i }, column) {
	const value = b.column[column];

	return value && Math.floor((b.column[P_HAVE]?.[i] ?? 0) / 2 ** column) % 2 ? value[i] : undefined;
}

/** @param {...(number | undefined)} list those that are known */
function sumKnown(...list) {
	const some = /** @type {number[]} */ (list.filter(v => v !== undefined));

	return some.length ? some.reduce((a, b) => a + b) : undefined;
}

/** @param {Row | undefined} before @param {Row} now @param {number} seconds @returns {Process} */
function processOf(before, now, seconds) {
	const used = /** @param {Row} r */ r => sumKnown(processCell(r, P_USER), processCell(r, P_SYSTEM)) ?? 0;
	/* CPU time never falls in one life. */
	const begun = !before || used(now) < used(before);
	const growth = /** @param {number} column */ column => {
		const a = begun ? 0 : processCell(/** @type {Row} */ (before), column);
		const b = processCell(now, column);

		return a === undefined || b === undefined || b < a ? undefined : (b - a) / seconds;
	};
	const [user, sys, delay] = [P_USER, P_SYSTEM, P_RUN_DELAY].map(growth).map(v => v === undefined ? undefined : v / 1e9);

	return { tid: now.b.column[P_TID]?.[now.i] ?? 0, parent: processCell(now, P_PARENT), on: processCell(now, P_CPU), state: String.fromCharCode(processCell(now, P_STATE) || 63), threads: processCell(now, P_THREADS), begun,
		ended: Boolean((now.b.column[P_FLAGS]?.[now.i] ?? 0) & FLAG_EXITED), cpu: sumKnown(user, sys), user, sys, rss: processCell(now, P_RSS), read: growth(P_READ), written: growth(P_WRITTEN),
		minor: growth(P_MINOR), major: growth(P_MAJOR), switches: sumKnown(growth(P_VOLUNTARY), growth(P_INVOLUNTARY)), delay };
}

/** Is the row one of a tick? What ended in between has a time of its own. @param {Block} b @param {number} i */
function ofTick(b, i) {
	return !((b.column[P_FLAGS]?.[i] ?? 0) & FLAG_EXITED);
}

/**
 * What happened in the frame that holds @t; null where no two ticks are.
 * @param {Block[]} blocks of track process by time: those around @t
 * @param {number} t
 * @returns {ProcessFrame | null}
 */
export function processFrame(blocks, t) {
	/** @type {number[]} */
	const ticks = [];

	for (const b of blocks) {
		for (let i = 0; i < b.rows; i++) {
			if (b.time[i] !== ticks[ticks.length - 1] && ofTick(b, i))
				ticks.push(b.time[i]);
		}
	}
	const at = Math.min(ticks.length - 1, Math.max(1, ticks.findIndex(tick => tick >= t)));

	if (ticks.length < 2)
		return null;
	const [from, to] = ticks[ticks.length - 1] < t ? ticks.slice(-2) : [ticks[at - 1], ticks[at]];
	/** @type {Map<number, Row>} */
	const before = new Map();
	/** @type {Map<number, Row>} */
	const now = new Map();

	for (const b of blocks) {
		const tid = b.column[P_TID];

		for (let i = 0; tid && i < b.rows; i++) {
			if (b.time[i] === from && ofTick(b, i))
				before.set(tid[i], { b, i });
			else if (b.time[i] > from && b.time[i] <= to)
				now.set(tid[i], { b, i });
		}
	}
	return { from, to, processes: [...now].map(([tid, row]) => processOf(before.get(tid), row, (to - from) / 1e9)) };
}

/** Blocks of processes of a run, those in use decoded. */
export class ProcessTable {
	/** @param {Run} run */
	constructor(run) {
		this.run = run;
		this.entries = run.events.all(TRACK_PROCESS);
		/** @type {Map<Entry, Block>} in order of use */
		this.kept = new Map();
	}

	/** @param {Entry} entry */
	async block(entry) {
		const b = this.kept.get(entry) || await this.run.events.decodeSlowly(entry, columnsWanted);

		this.kept.delete(entry);
		this.kept.set(entry, b);
		for (const old of this.kept.keys()) {
			if (this.kept.size <= BLOCKS_KEPT)
				break;
			this.kept.delete(old);
		}
		return b;
	}

	/**
	 * The frame that holds @t. Most frames lie within one block; the blocks beside it are decoded where one does not.
	 * @param {number} t
	 * @param {() => boolean} [wanted] false: nobody waits any more, and there is no frame
	 * @returns {Promise<ProcessFrame | null>}
	 */
	async at(t, wanted = () => true) {
		const { entries } = this;
		const found = entries.findIndex(e => e.last >= t);
		let first = found < 0 ? entries.length - 1 : found;
		let last = first;

		while (entries.length) {
			/** @type {Block[]} */
			const blocks = [];

			for (const e of entries.slice(first, last + 1)) {
				if (!wanted())
					return null;
				blocks.push(await this.block(e));
			}
			const frame = processFrame(blocks, t);
			const [before, after] = [entries[first - 1], entries[last + 1]];

			/* The tick that it begins with may have begun in the block before; what ends may be told after the last tick of a block. */
			if (before && (!frame || frame.from >= t || frame.from <= entries[first].first && before.last >= frame.from))
				first--;
			else if (after && (!frame || frame.to < t || after.first <= frame.to))
				last++;
			else
				return frame;
		}
		return null;
	}
}
