/* SPDX-License-Identifier: MIT */
/*
 * Cubes made in the page from the events themselves, where those are few enough: durations and
 * successors then have no bins at all, and any window is exact. The rules are those of
 * docs/formats/page.md, in the same order of events as the program reads them: by time, at equal
 * times switches before wake-ups, then by CPU.
 */

import { TRACK_KVM_ENTRY, TRACK_KVM_EXIT, TRACK_SWITCH, TRACK_WAKEUP } from './block.js';
import { pause, tired } from './chunks.js';
import { GrowingColumns } from './growing.js';
import { GuestScan, STATE_DEAD } from './guestscan.js';
import { loghistBucket } from './loghist.js';
import { KIND_PREEMPTED, KIND_RUN, KIND_SLEEP, KIND_WAIT } from './sums.js';
import { TASK_NONE } from './tasklist.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./cube.js').Cube} Cube */
/** @typedef {import('./events.js').Entry} Entry */
/** @typedef {import('./block.js').Block} Block */
/** @typedef {import('./run.js').Span} Span */

/** Events of a run up to which it is done: some hundred ms of work and 50 MB. */
const REFINE_MAX_ROWS = 700000;
/** Bins of a cube that need not be finer. */
const REFINE_BINS = 1024;
const RUN_BINS = 2048;
const ROWS_PER_LOOK = 2048;
const TID_UNKNOWN = -1;

/** In the order of events of equal times. */
const REFINED = [TRACK_SWITCH, TRACK_WAKEUP, TRACK_KVM_EXIT, TRACK_KVM_ENTRY];

/* What a task does, as far as is known. */
const DOES_UNKNOWN = 0;
const DOES_RUN = 1;
const DOES_SLEEP = 2;
const DOES_WAIT = 3;
const DOES_PREEMPTED = 4;

/** Blocks of a stream that say something about a part of the run, and one before them. @param {Run} run @param {number} track @param {number} cpu @param {Span} part */
function partEntries(run, track, cpu, part) {
	const [first, end] = run.events.range(track, cpu, part.from, part.to);

	return run.events.stream(track, cpu).slice(Math.max(0, first - 1), end);
}

/** The rows of one track on one CPU, block by block. */
class StreamReader {
	/** @param {Run} run @param {number} track @param {number} index of the CPU @param {Span | null} part around which blocks are read, null = all */
	constructor(run, track, index, part) {
		this.run = run;
		this.track = track;
		this.index = index;
		this.entries = part ? partEntries(run, track, run.cpus[index], part) : run.events.stream(track, run.cpus[index]);
		this.next = 0;
		/** @type {Block | null} */
		this.block = null;
		this.row = 0;
		this.time = Infinity;
		this.advance(0);
	}

	/** Go on by @n rows. @param {number} n */
	advance(n) {
		this.row += n;
		if (!this.block || this.row >= this.block.rows) {
			const entry = this.entries[this.next++];

			this.block = entry ? this.run.events.get(entry) : null;
			this.row = 0;
		}
		this.time = this.block ? this.block.time[this.row] : Infinity;
	}

	/** Stands before @other in the order of events. @param {StreamReader} other */
	before(other) {
		return this.time !== other.time ? this.time < other.time :
			this.track !== other.track ? this.track < other.track : this.index < other.index;
	}
}

/** What is known of a CPU while its switches go by. */
class CpuScan {
	/** @param {Run} run @param {number} index @param {boolean} known from the begin of coverage on */
	constructor(run, index, known) {
		this.gaps = run.gaps(run.cpus[index]);
		this.gap = 0;
		this.tid = TID_UNKNOWN;
		this.task = TASK_NONE;
		/** Begin of the run; before the first switch it is the begin of coverage. */
		this.since = run.json.cpus[index].start;
		this.known = known;
		/** Switch-in of the run, or -1. */
		this.whole = -1;
	}
}

class Refiner {
	/** @param {Run} run @param {Span | null} [part] what is asked for, where it is not all */
	constructor(run, part = null) {
		const tasks = run.tasks.length;

		this.run = run;
		this.delay = new GrowingColumns(7);
		this.next = new GrowingColumns(4);
		this.runBin = Math.max(1, Math.ceil(run.span / RUN_BINS));
		this.runs = new GrowingColumns(5);
		/** @type {Map<number, number>} rows of runs by bin, CPU and task */
		this.cells = new Map();
		this.end = part ? part.to : Infinity;
		this.cpu = run.cpus.map((_, i) => new CpuScan(run, i, !part));
		this.readers = run.cpus.flatMap((_, i) => REFINED.map(track => new StreamReader(run, track, i, part)))
			.filter(r => r.block);
		this.wakeups = run.cpus.some(cpu => run.events.stream(TRACK_WAKEUP, cpu).length);
		this.does = new Uint8Array(tasks);
		this.since = new Float64Array(tasks);
		this.edges = run.gapsOn(/^(switch|wakeup|any|)$/).flatMap(g => [g.from, g.to]);
		this.edge = 0;
		this.blind = false;
		this.guest = new GuestScan(tasks, this.delay, run.guestGaps().flatMap(g => [g.from, g.to]));
	}

	/** @param {number} tid @param {number} index @param {number} at */
	taskOf(tid, index, at) {
		return this.run.taskAt(tid, this.run.cpus[index], at);
	}

	/** All rows, in order, giving way in between. */
	async scan() {
		const list = this.readers;

		list.sort((a, b) => a.before(b) ? -1 : 1);
		while (list.length && list[0].time < this.end) {
			const first = list[0];
			const second = list[1];
			let n = 0;

			/* Rows of one stream as long as no other one comes before them. */
			while (n < ROWS_PER_LOOK && first.block && (!second || first.before(second))) {
				this.take(first);
				first.advance(1);
				n++;
			}
			if (!first.block) {
				list.shift();
			} else {
				let at = 0;

				while (at + 1 < list.length && list[at + 1].before(first)) {
					list[at] = list[at + 1];
					at++;
				}
				list[at] = first;
			}
			if (tired())
				await pause();
		}
		this.cpu.forEach((c, i) => this.finish(c, i));
	}

	/** @param {StreamReader} r */
	take(r) {
		const block = /** @type {Block} */ (r.block);
		const at = r.time;

		while (this.edge < this.edges.length && at >= this.edges[this.edge]) {
			this.does.fill(DOES_UNKNOWN);
			this.blind = this.edge++ % 2 === 0;
		}
		this.guest.advance(at);
		const a = block.column[1]?.[r.row] ?? 0;

		if (r.track === TRACK_WAKEUP)
			this.wakeup(a, r.index, at);
		else if (r.track === TRACK_KVM_ENTRY)
			this.guest.entry(this.taskOf(a, r.index, at), at);
		else if (r.track === TRACK_KVM_EXIT)
			this.guest.exit(this.taskOf(a, r.index, at), block.column[2]?.[r.row] ?? 0, block.column[3]?.[r.row] ?? 0, at);
		else
			this.takeSwitch(this.cpu[r.index], r.index, a, block.column[2]?.[r.row] ?? 0, block.column[3]?.[r.row] ?? 0, at);
	}

	/** @param {number} tid @param {number} index @param {number} at */
	wakeup(tid, index, at) {
		const task = tid && !this.blind ? this.taskOf(tid, index, at) : TASK_NONE;

		if (task === TASK_NONE)
			return;
		if (this.does[task] === DOES_SLEEP)
			this.addDelay(KIND_SLEEP, task, this.since[task], at);
		else if (this.does[task] !== DOES_UNKNOWN)
			return;
		this.does[task] = DOES_WAIT;
		this.since[task] = at;
	}

	/** @param {number} kind @param {number} task @param {number} from @param {number} to */
	addDelay(kind, task, from, to) {
		const length = to - from;

		this.delay.add(to, kind, task, loghistBucket(length), 1, length, length);
	}

	/**
	 * @param {CpuScan} c
	 * @param {number} index
	 * @param {number} nextTid
	 * @param {number} prevTid
	 * @param {number} state
	 * @param {number} at
	 */
	takeSwitch(c, index, nextTid, prevTid, state, at) {
		const prev = this.taskOf(prevTid, index, at);
		const next = this.taskOf(nextTid, index, at);
		let inGap = false;

		for (let gap = c.gaps[c.gap]; gap && at >= gap.from && !inGap; gap = c.gaps[c.gap]) {
			this.cut(c, index, gap.from);
			inGap = at < gap.to;
			c.gap += Number(!inGap);
		}
		this.addRun(index, prev, inGap ? at : this.runBegin(c, prevTid, at), at, 1);
		if (prev !== TASK_NONE && next !== TASK_NONE)
			this.next.add(at, prev, next, 1);
		if (inGap)
			return;
		this.guest.switched(prev, next, state, at);
		if (prevTid !== c.tid)
			this.oddSwitch(c);
		if (prevTid) {
			if (c.whole >= 0)
				this.addDelay(KIND_RUN, prev, c.whole, at);
			if (!this.blind)
				this.switchedOut(prev, state, at);
		}
		if (nextTid && !this.blind)
			this.switchedIn(next, at);
		c.tid = nextTid;
		c.task = next;
		c.since = c.whole = at;
		c.known = true;
	}

	/** Begin of what ends now, as far as it is known. @param {CpuScan} c @param {number} prevTid @param {number} at */
	runBegin(c, prevTid, at) {
		return c.tid === prevTid || c.known ? Math.min(at, c.since) : at;
	}

	/** The task switched out is not the one switched in before. @param {CpuScan} c */
	oddSwitch(c) {
		if (c.tid > 0 && c.task !== TASK_NONE)
			this.does[c.task] = DOES_UNKNOWN;
		c.whole = -1;
	}

	/** @param {number} task @param {number} state @param {number} at */
	switchedOut(task, state, at) {
		if (task === TASK_NONE)
			return;
		this.since[task] = at;
		this.does[task] = !(state & 0xff) ? DOES_PREEMPTED : state & STATE_DEAD ? DOES_UNKNOWN : DOES_SLEEP;
	}

	/** @param {number} task @param {number} at */
	switchedIn(task, at) {
		if (task === TASK_NONE)
			return;
		const does = this.does[task];

		if (does === DOES_WAIT)
			this.addDelay(KIND_WAIT, task, this.since[task], at);
		else if (does === DOES_PREEMPTED)
			this.addDelay(KIND_PREEMPTED, task, this.since[task], at);
		else if (does === DOES_SLEEP && !this.wakeups)
			this.addDelay(KIND_SLEEP, task, this.since[task], at);
		this.does[task] = DOES_RUN;
	}

	/** A gap begins: what ran until then is known, nothing after. @param {CpuScan} c @param {number} index @param {number} at */
	cut(c, index, at) {
		if (c.tid !== TID_UNKNOWN && at > c.since)
			this.addRun(index, c.task, c.since, at, 0);
		c.tid = TID_UNKNOWN;
		c.known = false;
		c.whole = -1;
	}

	/** What still runs when the CPU's coverage ends. @param {CpuScan} c @param {number} index */
	finish(c, index) {
		const gap = c.gaps[c.gap];
		const end = Math.min(this.run.json.cpus[index].end, gap ? gap.from : Infinity);

		if (c.tid !== TID_UNKNOWN && end > c.since)
			this.addRun(index, c.task, c.since, end, 0);
	}

	/**
	 * Run time split at bin edges; the switch stands in the bin of its moment.
	 * @param {number} index
	 * @param {number} task
	 * @param {number} from
	 * @param {number} to
	 * @param {number} switches
	 */
	addRun(index, task, from, to, switches) {
		const bin = this.runBin;

		if (task === TASK_NONE)
			return;
		for (let at = from; at < to;) {
			const b = Math.floor(at / bin);
			const end = Math.min(to, (b + 1) * bin);

			const row = this.cell(b, index, task);

			this.runs.column[3][row] += end - at;
			at = end;
		}
		if (switches) {
			const row = this.cell(Math.floor(to / bin), index, task);

			this.runs.column[4][row] += switches;
		}
	}

	/** @param {number} b @param {number} index @param {number} task */
	cell(b, index, task) {
		const key = (b * this.cpu.length + index) * this.does.length + task;
		let row = this.cells.get(key);

		if (row === undefined) {
			row = this.runs.rows;
			this.runs.add(b * this.runBin, this.run.cpus[index], task, 0, 0);
			this.cells.set(key, row);
		}
		return row;
	}
}

/**
 * Is it worth the work, and are all events there?
 * @param {Run} run
 */
export function canRefine(run) {
	const rows = (run.json.events || []).reduce((n, e) => n + (REFINED.includes(e[0]) ? e[4] : 0), 0);
	const coarse = Math.max(run.bin.run, run.bin.delay, run.bin.next, run.hasExits() ? run.bin.exit : 0);

	/* Exits whose events are not in the page (as those to user space) would be lost. */
	if (run.hasExits() && !run.hasExitEvents())
		return false;
	return rows > 0 && rows <= REFINE_MAX_ROWS && !run.json.events_note && run.span / coarse < REFINE_BINS;
}

/**
 * Replace the cubes of a run by fine ones.
 * @param {Run} run
 */
export async function refineRun(run) {
	const refiner = new Refiner(run);

	await refiner.scan();
	if (run.span / run.bin.run < REFINE_BINS)
		run.replaceCubes(refiner.runs.sorted(refiner.runBin), null, null, null);
	run.replaceCubes(null, refiner.delay.cube(1), refiner.next.cube(1), run.hasExits() ? refiner.guest.exits.cube(1) : null);
}

/**
 * Durations of a part of the run one by one, read from the events around it: what began before the blocks
 * that are read has no begin and is missing.
 * @param {Run} run
 * @param {Span} part
 * @returns {Promise<Cube | null>} null: too many events, or none
 */
export async function delaysNear(run, part) {
	const rows = run.cpus.reduce((n, cpu) => REFINED.reduce((m, track) =>
		m + partEntries(run, track, cpu, part).reduce((s, e) => s + e.rows, 0), n), 0);

	if (!rows || rows > REFINE_MAX_ROWS)
		return null;
	const refiner = new Refiner(run, part);

	await refiner.scan();
	return refiner.delay.cube(1);
}
