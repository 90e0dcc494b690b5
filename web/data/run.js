/* SPDX-License-Identifier: MIT */
/* One run of the page: its facts, tasks, coverage, cubes and events. */

import { Base64Bytes } from './bytes.js';
import { TRACK_CUBE_COUNTER, TRACK_CUBE_DELAY, TRACK_CUBE_EXIT, TRACK_CUBE_NEXT, TRACK_CUBE_OFFCPU, TRACK_CUBE_RUN, TRACK_CUBE_SAMPLE, TRACK_KVM_EXIT, TRACK_SWITCH, TRACK_VALUE } from './block.js';
import { CubeStore, cubeRange } from './cube.js';
import { EventStore } from './events.js';
import { TASK_NONE, TaskList } from './tasklist.js';

/** @typedef {import('./cube.js').Cube} Cube */

/**
 * @typedef {object} RunJson
 * @property {string} name
 * @property {string} file
 * @property {string} id
 * @property {string} host
 * @property {string} kernel
 * @property {string} machine
 * @property {string} cpu_model
 * @property {string} engine
 * @property {string} command
 * @property {string} start_ns
 * @property {string} start_real_ns
 * @property {number} span_ns
 * @property {boolean} complete
 * @property {string} damage
 * @property {{ cpu: number, package: number, core: number, node: number, start: number, end: number }[]} cpus
 * @property {Loss[]} losses
 * @property {number} coverage
 * @property {number} lost
 * @property {[string, string][]} meta
 * @property {import('./tasklist.js').TaskJson[]} tasks
 * @property {{ run?: number, delay?: number, next?: number, exit?: number, sample?: number, offcpu?: number, counter?: number }} bin_ns
 * @property {[number, number, string][]} [exit_reasons] isa, reason, name of all that occur
 * @property {number[][]} events
 * @property {string} events_note
 * @property {import('./profile.js').ProfileJson | null} [profile] what samples refer to
 * @property {import('./counts.js').CountersJson | null} [counters] what was counted
 * @property {ViewJson[]} views
 */

/** @typedef {{ from: number, to: number, cpu: number | null, track: string, count: number, cause: string }} Loss */

/**
 * @typedef {object} ColumnJson
 * @property {string} name
 * @property {string} title
 * @property {string} unit
 * @property {string} type
 * @property {number} [digits]
 * @property {boolean} [key]
 * @property {boolean} [local] a key that says nothing in other runs, as thread ids
 * @property {boolean} [adds] grows with time: of several runs it is compared per second; unknown: counts do
 * @property {string} [help]
 */

/**
 * @typedef {object} ViewJson
 * @property {string} view
 * @property {string} title
 * @property {string} summary
 * @property {string} help
 * @property {{ from: number, to: number }} window
 * @property {number} coverage
 * @property {number} lost
 * @property {[string, string][]} facts
 * @property {ColumnJson[]} columns
 * @property {Object<string, any>[]} rows
 * @property {string[]} notes
 * @property {{ mark: string, title: string, parts: { role: string, column: string }[] } | null} figure
 */

/** A span of time in ns since the start of the run. @typedef {{ from: number, to: number }} Span */

export class Run {
	/**
	 * @param {RunJson} json
	 * @param {number} number in the page
	 * @param {() => string} cubeText base64
	 * @param {() => string} eventText base64
	 */
	constructor(json, number, cubeText, eventText) {
		this.json = json;
		this.number = number;
		this.name = json.name;
		this.span = json.span_ns;
		this.tasks = new TaskList(json.tasks || []);
		this.cpus = (json.cpus || []).map(c => c.cpu);
		/** @type {Map<number, number>} */
		this.cpuIndex = new Map(this.cpus.map((c, i) => [c, i]));
		const bin = json.bin_ns || {};

		this.bin = { run: bin.run || this.span || 1, delay: bin.delay || this.span || 1,
			next: bin.next || this.span || 1, exit: bin.exit || this.span || 1 };
		this.cubes = new CubeStore(() => new Base64Bytes(cubeText()), new Map([
			[TRACK_CUBE_RUN, this.bin.run], [TRACK_CUBE_DELAY, this.bin.delay],
			[TRACK_CUBE_NEXT, this.bin.next], [TRACK_CUBE_EXIT, this.bin.exit],
			[TRACK_CUBE_SAMPLE, bin.sample || 1], [TRACK_CUBE_OFFCPU, bin.offcpu || 1], [TRACK_CUBE_COUNTER, bin.counter || 1]]));
		this.events = new EventStore(() => new Base64Bytes(eventText()), json.events || [], BigInt(json.start_ns));
		/** @type {Map<number, Float64Array> | null} */
		this.lifetimes = null;
		/** @type {Map<number, Span[]>} */
		this.gapsOf = new Map();
	}

	/** @returns {Promise<Cube>} */
	runCube() {
		return this.cubes.get(TRACK_CUBE_RUN, 5);
	}

	/** @returns {Promise<Cube>} */
	delayCube() {
		return this.cubes.get(TRACK_CUBE_DELAY, 7);
	}

	/** @returns {Promise<Cube>} */
	nextCube() {
		return this.cubes.get(TRACK_CUBE_NEXT, 4);
	}

	/** @returns {Promise<Cube>} */
	exitCube() {
		return this.cubes.get(TRACK_CUBE_EXIT, 9);
	}

	/** Virtual machines left the guest in it. */
	hasExits() {
		return (this.json.exit_reasons || []).length > 0;
	}

	/** Exits can be shown one by one. */
	hasExitEvents() {
		return this.cpus.some(c => this.events.stream(TRACK_KVM_EXIT, c).length > 0);
	}

	/**
	 * Take better cubes than the page's.
	 * @param {Cube | null} runs
	 * @param {Cube | null} delays
	 * @param {Cube | null} nexts
	 * @param {Cube | null} exits
	 */
	replaceCubes(runs, delays, nexts, exits) {
		if (exits) {
			this.cubes.put(TRACK_CUBE_EXIT, exits);
			this.bin.exit = exits.bin;
		}
		if (runs) {
			this.cubes.put(TRACK_CUBE_RUN, runs);
			this.bin.run = runs.bin;
		}
		if (delays) {
			this.cubes.put(TRACK_CUBE_DELAY, delays);
			this.bin.delay = delays.bin;
		}
		if (nexts) {
			this.cubes.put(TRACK_CUBE_NEXT, nexts);
			this.bin.next = nexts.bin;
		}
	}

	/** @param {string} name @returns {ViewJson | undefined} */
	view(name) {
		return (this.json.views || []).find(v => v.view === name);
	}

	/**
	 * Widen a window to whole bins of @bin within the run.
	 * @param {Span} w
	 * @param {number} bin
	 * @returns {Span}
	 */
	snap(w, bin) {
		const last = Math.max(0, Math.ceil(this.span / bin) - 1);
		const first = Math.min(last, Math.max(0, Math.floor(w.from / bin)));
		const end = Math.max(first + 1, Math.ceil(w.to / bin));

		return { from: first * bin, to: Math.min(this.span, end * bin) };
	}

	/**
	 * Rows of a cube in a snapped window. A window that reaches the end holds what happened at the
	 * very end too.
	 * @param {Cube} cube
	 * @param {Span} w
	 * @returns {[number, number]}
	 */
	rowsIn(cube, w) {
		return cubeRange(cube, w.from, w.to >= this.span ? Infinity : w.to);
	}

	/** @param {Span} w */
	whole(w) {
		return w.from <= 0 && w.to >= this.span;
	}

	/**
	 * Times at which switches of @cpu may be missing, sorted and joined.
	 * @param {number} cpu
	 * @returns {Span[]}
	 */
	gaps(cpu) {
		let gaps = this.gapsOf.get(cpu);

		if (gaps)
			return gaps;
		gaps = this.gapsOn(/^(switch|any|)$/, cpu);
		this.gapsOf.set(cpu, gaps);
		return gaps;
	}

	/**
	 * Times at which events of some tracks may be missing, sorted and joined.
	 * @param {RegExp} tracks
	 * @param {number} [cpu] of one CPU, else of any
	 */
	gapsOn(tracks, cpu) {
		/** @type {Span[]} */
		const gaps = [];

		for (const l of [...this.json.losses || []].sort((a, b) => a.from - b.from)) {
			if (cpu !== undefined && l.cpu !== null && l.cpu !== undefined && l.cpu !== cpu)
				continue;
			if (!tracks.test(l.track || ''))
				continue;
			const last = gaps[gaps.length - 1];

			if (last && l.from <= last.to)
				last.to = Math.max(last.to, l.to);
			else
				gaps.push({ from: l.from, to: Math.max(l.from, l.to) });
		}
		return gaps;
	}

	/** When it is not known which vCPU was in the guest. */
	guestGaps() {
		return this.gapsOn(/^(switch|kvm.*|any|)$/);
	}

	/**
	 * Recorded time of a CPU within a window, losses taken off.
	 * @param {number} index position in cpus
	 * @param {Span} w
	 */
	covered(index, w) {
		const c = this.json.cpus[index];
		const from = Math.max(c.start, w.from);
		const to = Math.min(c.end, w.to);
		let time = Math.max(0, to - from);

		for (const gap of this.gaps(c.cpu))
			time -= Math.max(0, Math.min(to, gap.to) - Math.max(from, gap.from));
		return Math.max(0, time);
	}

	/** Covered time of the window on the CPU where it is longest. @param {Span} w */
	longestCovered(w) {
		return this.cpus.reduce((max, _, i) => Math.max(max, this.covered(i, w)), 0);
	}

	/** Time of the window in which no event was lost that tells of guests. @param {Span} w */
	guestCovered(w) {
		return this.guestGaps().reduce((time, g) => time - Math.max(0, Math.min(w.to, g.to) - Math.max(w.from, g.from)), w.to - w.from);
	}

	/** Covered part of window x CPUs, 0..1. @param {Span} w */
	coverage(w) {
		const whole = (w.to - w.from) * this.cpus.length;

		return whole > 0 ? this.cpus.reduce((sum, _, i) => sum + this.covered(i, w), 0) / whole : 0;
	}

	/** Events known to be missing in a window. @param {Span} w */
	lostIn(w) {
		return (this.json.losses || []).reduce((n, l) =>
			n + (l.from < w.to && l.to >= w.from ? l.count : 0), 0);
	}

	/**
	 * Number of the task that had @tid on @cpu at @at. Of those that shared a tid it is the last one
	 * born by then, else the first: an event may come a little before the row that tells of a birth.
	 * Where births are not told, who has cells in the run cube nearest to that time.
	 * @param {number} tid
	 * @param {number} cpu
	 * @param {number} at
	 * @returns {number} or TASK_NONE
	 */
	taskAt(tid, cpu, at) {
		if (tid === 0)
			return this.tasks.idleOf.get(cpu) ?? TASK_NONE;
		const numbers = this.tasks.byTid.get(tid);

		if (!numbers)
			return TASK_NONE;
		if (numbers.length === 1)
			return numbers[0];
		if (this.tasks.all[numbers[0]].born !== undefined) {
			let i = numbers.length - 1;

			while (i > 0 && (this.tasks.all[numbers[i]].born ?? 0) > at)
				i--;
			return numbers[i];
		}
		if (!this.lifetimes)
			return numbers[0];
		let best = numbers[0];
		let bestDistance = Infinity;

		for (const n of numbers) {
			const life = this.lifetimes.get(n);
			const distance = life ? Math.max(0, life[0] - at, at - life[1]) : Infinity;

			if (distance < bestDistance) {
				best = n;
				bestDistance = distance;
			}
		}
		return best;
	}

	/**
	 * First and last bin in which each task with a shared tid ran; for taskAt().
	 * @param {Cube} cube of runs
	 */
	learnLifetimes(cube) {
		/** @type {Map<number, Float64Array>} */
		const life = new Map();
		const task = cube.column[2];

		this.lifetimes = life;
		for (const numbers of this.tasks.byTid.values()) {
			if (numbers.length > 1)
				numbers.forEach(n => life.set(n, new Float64Array([Infinity, -Infinity])));
		}
		if (!life.size)
			return;
		for (let i = 0; i < cube.rows; i++) {
			const span = life.get(task[i]);

			if (span) {
				span[0] = Math.min(span[0], cube.time[i]);
				span[1] = Math.max(span[1], cube.time[i] + cube.bin);
			}
		}
	}

	/** Values of /proc and /sys over time are in the page. */
	hasMetrics() {
		return this.events.all(TRACK_VALUE).length > 0;
	}

	/** The scheduler was recorded: it is known who ran. Profiles, counters and metrics may come alone. */
	hasScheduling() {
		return !this.json.profile && !this.json.counters && !this.hasMetrics() || this.hasEvents() || this.cubes.directory().has(TRACK_CUBE_RUN);
	}

	/** Switch events can be shown one by one. */
	hasEvents() {
		return this.cpus.some(c => this.events.stream(TRACK_SWITCH, c).length > 0);
	}
}
