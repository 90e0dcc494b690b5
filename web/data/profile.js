/* SPDX-License-Identifier: MIT */
/*
 * Profiles of all runs of the page: one list of functions and one tree of calls for all of them, so that
 * two runs can be compared path by path, and the samples of each, decoded when first asked for.
 */

import { DataError } from './bytes.js';
import { TRACK_CUBE_OFFCPU, TRACK_CUBE_SAMPLE, TRACK_SAMPLE, blockDecoding } from './block.js';
import { CallTree } from './calltree.js';
import { pause, tired } from './chunks.js';
import { lowerBound } from './cube.js';
import { TASK_NONE } from './tasklist.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Span} Span */
/** @typedef {import('./calltree.js').Sums} Sums */

/**
 * @typedef {object} ProfileJson
 * @property {{ number: number, name: string, unit: string, off_cpu?: boolean }[]} events
 * @property {import('./counts.js').Metric[]} [metrics] that the events give
 * @property {string[]} names
 * @property {{ name: string, kind: number }[]} modules
 * @property {[number, number][]} functions
 * @property {[number, number][]} nodes
 * @property {number[]} [node_of]
 */

/**
 * Samples of one run, by time; or cells of a cube, whose times are the begins of bins.
 * @typedef {object} Samples
 * @property {number} rows
 * @property {number} bin 1: rows are single samples
 * @property {Float64Array} time
 * @property {Uint16Array} event
 * @property {Int32Array} task
 * @property {Uint32Array} node of the common tree
 * @property {Float64Array} weight
 * @property {Float64Array | null} count null: each row is one
 * @property {Int32Array | null} cpu null: not known
 */

/** An event of one or more runs. @typedef {{ name: string, unit: string, number: Map<Run, number> }} ProfileEvent */

/** What is taken of samples; event -1: all. @typedef {{ window: Span, event: number, mask: Uint8Array, idle: boolean, cpu: number }} Choice */

const NO_CHAIN = '[no chain]';
const FUNCTIONS_MAX = 2 ** 22;

/** Kinds of the track module; what programs are made of. */
const KERNEL = 1;
const MADE_AT_RUN_TIME = 4;
const GUEST = 5;

/** The way into the scheduler, which all chains of threads that block end with (as src/analysis/off_cpu.c has it). */
const schedulerOwn = /^(__traceiter_sched_|perf_trace_|__schedule|schedule|preempt_schedule|io_schedule|__cond_resched|do_task_dead|__bpf_trace_sched_|bpf_|trace_event_raw_)/;

/** What a function belongs to: number of its colour. @typedef {0 | 1 | 2 | 3 | 4} Origin */
export const originNames = ['kernel', 'program', 'library', 'made at run time', 'other'];

/** @param {{ name: string, kind: number }} m @returns {Origin} */
export function originOf(m) {
	if (m.kind === KERNEL || /^\[(kernel|guest\.kernel)/.test(m.name) || /\.ko$/.test(m.name))
		return 0;
	if (m.kind === MADE_AT_RUN_TIME || /^(perf-\d+\.map|jitted-.*|\[JIT\].*)$/.test(m.name))
		return 3;
	if (m.kind === GUEST || !m.name || /^\[(unknown|anon|stack|heap|.*no chain)/.test(m.name))
		return 4;
	return /\.so(\.|$)|^ld-|^\[v(dso|syscall)/.test(m.name) ? 2 : 1;
}

export class Profiles {
	/** @param {Run[]} runs */
	constructor(runs) {
		this.runs = runs.filter(r => r.json.profile);
		/** @type {string[]} */
		this.name = [];
		/** @type {string[]} */
		this.module = [];
		/** @type {Origin[]} */
		this.origin = [];
		/** @type {Map<string, number>} */
		this.number = new Map();
		/** Functions that a run knows. @type {Map<Run, Set<number>>} */
		this.known = new Map();
		this.tree = new CallTree();
		/** Nodes of the common tree by those of the run. @type {Map<Run, Uint32Array>} */
		this.nodes = new Map();
		this.noChain = this.tree.add(0, this.functionOf(NO_CHAIN, { name: '', kind: 0 }));
		for (const run of this.runs)
			this.take(run, /** @type {ProfileJson} */ (run.json.profile));
		this.tree.settle(this.ranks());
		/** @type {Map<string, Promise<Samples>>} */
		this.decoded = new Map();
	}

	/** @param {string} name @param {{ name: string, kind: number }} module */
	functionOf(name, module) {
		const key = name + '\n' + module.name;
		let fn = this.number.get(key);

		if (fn === undefined) {
			fn = this.name.length;
			if (fn >= FUNCTIONS_MAX)
				throw new DataError('too many functions');
			this.number.set(key, fn);
			this.name.push(name);
			this.module.push(module.name);
			this.origin.push(originOf(module));
		}
		return fn;
	}

	/** @param {Run} run @param {ProfileJson} p */
	take(run, p) {
		const fns = p.functions.map(([name, module]) => {
			if (p.names[name] === undefined || !p.modules[module])
				throw new DataError('a function without a name or module');
			return this.functionOf(p.names[name], p.modules[module]);
		});
		const nodes = new Uint32Array(p.nodes.length + 1);

		p.nodes.forEach(([parent, fn], i) => {
			if (!(parent >= 0 && parent <= i) || fns[fn] === undefined)
				throw new DataError('call tree: node ' + (i + 1) + ' is wrong');
			nodes[i + 1] = this.tree.add(nodes[parent], fns[fn]);
		});
		/* A sample of the root has no chain. */
		nodes[0] = 0;
		this.nodes.set(run, nodes);
		this.known.set(run, new Set([0, ...fns]));
	}

	ranks() {
		const order = this.name.map((_, i) => i).sort((a, b) => this.name[a] < this.name[b] ? -1 : this.name[a] > this.name[b] ? 1 : this.module[a] < this.module[b] ? -1 : 1);
		const rank = new Int32Array(order.length);

		order.forEach((fn, i) => {
			rank[fn] = i;
		});
		return rank;
	}

	/** Events that tell where time or other things went, by name. @returns {ProfileEvent[]} */
	events() {
		/** @type {Map<string, ProfileEvent>} */
		const found = new Map();

		for (const run of this.runs) {
			for (const e of /** @type {ProfileJson} */ (run.json.profile).events) {
				if (e.off_cpu)
					continue;
				const event = found.get(e.name) || { name: e.name, unit: e.unit, number: new Map() };

				event.number.set(run, e.number);
				found.set(e.name, event);
			}
		}
		return [...found.values()];
	}

	/** @param {Run} run @param {'cpu' | 'offcpu'} kind @returns {Promise<Samples>} */
	samples(run, kind) {
		const key = kind + run.number;
		let samples = this.decoded.get(key);

		if (!samples) {
			samples = kind === 'offcpu' ? this.fromCube(run, TRACK_CUBE_OFFCPU, 6) :
				this.hasRows(run) ? this.fromRows(run) : this.fromCube(run, TRACK_CUBE_SAMPLE, 6);
			this.decoded.set(key, samples);
		}
		return samples;
	}

	/** @param {Run} run */
	hasRows(run) {
		return Boolean(run.json.profile?.node_of) && this.entriesOf(run).length > 0;
	}

	/** @param {Run} run */
	entriesOf(run) {
		return [...run.events.streams].filter(([key]) => key.startsWith(TRACK_SAMPLE + ' ')).flatMap(([, list]) => list);
	}

	/** @param {Run} run @returns {Promise<Samples>} */
	async fromRows(run) {
		const entries = this.entriesOf(run);
		const rows = entries.reduce((n, e) => n + e.rows, 0);
		const s = emptySamples(rows, 1);
		const nodeOf = /** @type {number[]} */ (run.json.profile?.node_of);
		const nodes = /** @type {Uint32Array} */ (this.nodes.get(run));
		const cpus = s.cpu = new Int32Array(rows);
		let at = 0;

		for (const entry of entries) {
			const work = blockDecoding(run.events.bytes.slice(entry.at, entry.bytes), 0, run.events.origin, [1, 2, 4, 5]);
			let step = work.next();

			while (!step.done) {
				if (tired())
					await pause();
				step = work.next();
			}
			const block = step.value;
			const [, event, tid, , node, weight] = block.column;

			if (block.rows !== entry.rows || !event || !tid || !node || !weight)
				throw new DataError('block of samples has not the rows or columns that it should');
			for (let i = 0; i < block.rows; i++, at++) {
				s.time[at] = block.time[i];
				s.event[at] = event[i];
				s.task[at] = run.taskAt(tid[i], block.cpu, block.time[i]);
				s.node[at] = this.leaf(nodes[nodeOf[node[i]] ?? 0]);
				s.weight[at] = weight[i];
				cpus[at] = block.cpu;
			}
		}
		return byTime(s);
	}

	/** @param {number | undefined} node */
	leaf(node) {
		return node || this.noChain;
	}

	/** @param {Run} run @param {number} track @param {number} columns @returns {Promise<Samples>} */
	async fromCube(run, track, columns) {
		const cube = await run.cubes.get(track, columns);
		const s = emptySamples(cube.rows, cube.bin);
		const nodes = /** @type {Uint32Array} */ (this.nodes.get(run));
		const own = track === TRACK_CUBE_SAMPLE;
		const [, c1, c2, c3, c4, c5] = cube.column;

		s.time = cube.time;
		s.count = own ? c4 : c3;
		s.weight = own ? c5 : c4;
		if (own)
			s.event.set(c1);
		s.task.set(own ? c2 : c1);
		(own ? c3 : c2).forEach((node, i) => {
			s.node[i] = own ? this.leaf(nodes[node]) : this.waitsIn(this.leaf(nodes[node]));
		});
		return s;
	}

	/** The node above the scheduler's own functions at the end of a chain: what the thread waits in. @param {number} node */
	waitsIn(node) {
		const { parent, fn } = this.tree;
		let at = node;

		while (at && this.origin[fn[at]] === 0 && schedulerOwn.test(this.name[fn[at]]))
			at = parent[at];
		return at || node;
	}

	/** Were chains recorded where threads blocked? @param {Samples} s */
	hasChains(s) {
		return s.node.some(n => n !== this.noChain);
	}
}

/** @param {number} rows @param {number} bin @returns {Samples} */
function emptySamples(rows, bin) {
	return { rows, bin, time: new Float64Array(rows), event: new Uint16Array(rows), task: new Int32Array(rows), node: new Uint32Array(rows), weight: new Float64Array(rows), count: null, cpu: null };
}

/** Rows of several CPUs in the order of their times. @param {Samples} s @returns {Samples} */
function byTime(s) {
	const order = Uint32Array.from({ length: s.rows }, (_, i) => i).sort((a, b) => s.time[a] - s.time[b] || a - b);
	const take = /** @template {Float64Array | Uint16Array | Int32Array | Uint32Array} T @param {T} from @returns {T} */ from => {
		const to = from.slice();

		for (let i = 0; i < order.length; i++)
			to[i] = from[order[i]];
		return /** @type {T} */ (to);
	};

	return { ...s, time: take(s.time), event: take(s.event), task: take(s.task), node: take(s.node), weight: take(s.weight), cpu: s.cpu && take(s.cpu) };
}

/** Rows of a window; one that reaches the end of the run holds the very end too. @param {Run} run @param {Samples} s @param {Span} w @returns {[number, number]} */
function rowsIn(run, s, w) {
	return [lowerBound(s.time, w.from), w.to >= run.span ? s.rows : lowerBound(s.time, w.to)];
}

/** @param {Samples} s @param {Choice} c @returns {(row: number) => boolean} */
function chooser(s, c) {
	return i => (c.event < 0 || s.event[i] === c.event) && (c.cpu < 0 || !s.cpu || s.cpu[i] === c.cpu) &&
		(s.task[i] === TASK_NONE || s.task[i] >= c.mask.length ? c.idle : c.mask[s.task[i]] === 1);
}

/**
 * @param {CallTree} tree
 * @param {Run} run
 * @param {Samples} s
 * @param {Choice} c
 * @returns {Sums}
 */
export function sumSamples(tree, run, s, c) {
	const out = tree.emptySums();
	const takes = chooser(s, c);
	const [low, high] = rowsIn(run, s, c.window);

	for (let i = low; i < high; i++) {
		if (!takes(i))
			continue;
		out.self[s.node[i]] += s.weight[i];
		out.samples[s.node[i]] += s.count ? s.count[i] : 1;
	}
	tree.addUp(out);
	return out;
}

/**
 * Samples by column and row of a map over time.
 * @param {Run} run
 * @param {Samples} s
 * @param {Choice} c
 * @param {number} column ns
 * @param {number} rows of each column
 * @returns {Float64Array} [column * rows + row]
 */
export function sampleMap(run, s, c, column, rows) {
	const columns = Math.max(1, Math.ceil(run.span / column));
	const out = new Float64Array(columns * rows);
	const takes = chooser(s, c);
	const [low, high] = rowsIn(run, s, c.window);
	const cell = column / rows;

	for (let i = low; i < high; i++) {
		if (takes(i))
			out[Math.min(out.length - 1, Math.floor(s.time[i] / cell))] += s.count ? s.count[i] : 1;
	}
	return out;
}

/** Bins of the strip where only samples are known. */
const ACTIVITY_BINS = 1000;

/**
 * What the strip shows of a run without a recording of the scheduler: samples by CPU and task, the bin with most of
 * them as if it had been busy all the time.
 * @param {Run} run
 * @param {Samples} s
 * @returns {import('./cube.js').Cube}
 */
export function activityCube(run, s) {
	const bin = Math.max(1, s.bin, Math.ceil(run.span / ACTIVITY_BINS));
	const cpus = run.cpus.length;
	const sums = new Float64Array(Math.max(1, Math.ceil(run.span / bin)) * cpus);
	/** @type {Map<number, number>} */
	const cells = new Map();

	for (let i = 0; i < s.rows; i++) {
		const cpu = s.cpu ? run.cpuIndex.get(s.cpu[i]) : 0;
		const at = Math.min(sums.length / cpus - 1, Math.floor(s.time[i] / bin)) * cpus + (cpu ?? 0);
		const task = Math.max(0, s.task[i]);

		if (cpu === undefined)
			continue;
		sums[at] += s.count ? s.count[i] : 1;
		cells.set(at * run.tasks.length + task, (cells.get(at * run.tasks.length + task) || 0) + (s.count ? s.count[i] : 1));
	}
	const most = sums.reduce((a, b) => Math.max(a, b), 1);
	const list = [...cells].sort((a, b) => a[0] - b[0]);
	const at = list.map(([key]) => Math.floor(key / run.tasks.length));
	const time = Float64Array.from(at, a => Math.floor(a / cpus) * bin);

	return { rows: list.length, bin, time, column: [time, Float64Array.from(at, a => run.cpus[a % cpus]), Float64Array.from(list, ([key]) => key % run.tasks.length), Float64Array.from(list, ([, n]) => n / most * bin), new Float64Array(list.length)] };
}
