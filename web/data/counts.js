/* SPDX-License-Identifier: MIT */
/*
 * What was counted over time: the cells of cube_counter as series, one for each event and place (a CPU, a
 * task, or a task's runs on a CPU), their sums over places and windows, and metrics that follow from them.
 */

import { TRACK_CUBE_COUNTER } from './block.js';
import { evaluate } from './formula.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Span} Span */
/** @typedef {import('./formula.js').Reading} Reading */
/** @typedef {import('./formula.js').FormulaWord} FormulaWord */
/** @typedef {{ number: number, name: string, unit: string, scale: number, missing: boolean, note: string }} CountedEvent */
/** @typedef {{ name: string, title: string, unit: string, help: string, formula: FormulaWord[] }} Metric */
/** @typedef {{ interval_ns: number, events: CountedEvent[], metrics: Metric[] }} CountersJson */

export const OF_CPU = 1;
export const OF_SLICES = 2;
export const OF_TASK = 3;

const NO_PLACE = 0xffffffff;
const COUNTER_COLUMNS = 14;
/** Ends that differ by less than this part of a span are the same: CPUs are read one after the other. */
const SAME_PART = 0.05;

/**
 * Counts of spans of time, which do not overlap.
 * @typedef {object} Counted
 * @property {Float64Array} from
 * @property {Float64Array} to
 * @property {Float64Array} value NaN: not known
 * @property {Float64Array} low
 * @property {Float64Array} high
 * @property {Float64Array | null} least lowest and highest rate per second within a span, where it sums up several readings
 * @property {Float64Array | null} most
 */

/**
 * cpu, task: -1 = of none. sums: of value, low, high, enabled and off before each row. inexact: it was not on a counter all the time.
 * blind: never on one.
 * @typedef {Counted & { event: number, kind: number, cpu: number, task: number, enabled: Float64Array, off: Float64Array, blind: Span[], sums: Float64Array[], inexact: boolean }} CountSeries
 */

/** First index at which @a is more than @v. @param {Float64Array} a rising @param {number} v */
export function upperBound(a, v) {
	let low = 0;
	let high = a.length;

	while (low < high) {
		const mid = low + high >> 1;

		if (a[mid] <= v)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/** Spans. @typedef {{ from: Float64Array, to: Float64Array }} Grid */

/** Spans of equal length that hold a window, the last one cut at the end of the run. @param {number} step @param {Span} w @param {number} end @returns {Grid} */
export function regularGrid(step, w, end) {
	const first = Math.floor(w.from / step);
	const n = Math.max(1, Math.ceil(Math.min(w.to, end) / step) - first);

	return { from: Float64Array.from({ length: n }, (_, i) => (first + i) * step), to: Float64Array.from({ length: n }, (_, i) => Math.min(end, (first + i + 1) * step)) };
}

/**
 * The spans of readings that were made in turns, of all places together, and between them those of which
 * no place says anything.
 * @param {Counted[]} list
 * @returns {Grid}
 */
export function turnGrid(list) {
	const ends = list.flatMap(s => Array.from(s.to, (to, i) => [s.from[i], to])).sort((a, b) => a[1] - b[1]);
	/** @type {number[]} */
	const from = [];
	/** @type {number[]} */
	const to = [];

	for (const [begin, end] of ends) {
		const last = to[to.length - 1] ?? -Infinity;
		const slack = SAME_PART * (end - begin);

		if (end - last <= 4 * slack)
			continue;
		if (Number.isFinite(last) && begin > last + slack) {
			from.push(last);
			to.push(begin);
		}
		from.push(Math.max(begin, last));
		to.push(end);
		/* A little late or early is no time between. */
		if (begin > last && begin - last <= slack)
			from[from.length - 1] = last;
	}
	return { from: Float64Array.from(from), to: Float64Array.from(to) };
}

/**
 * The counts of several places together, on the spans of @grid. A reading that lies across spans is shared
 * out by time.
 * @param {Counted[]} list
 * @param {Grid} grid
 * @param {boolean} all of the places have to be known; else one that says nothing counted nothing
 * @returns {Counted}
 */
export function sumCounts(list, grid, all) {
	const n = grid.from.length;
	const value = new Float64Array(n);
	const low = new Float64Array(n);
	const high = new Float64Array(n);
	const known = new Float64Array(n);

	for (const s of list) {
		for (let i = 0, k = upperBound(s.to, grid.from[0] ?? 0); k < s.to.length && i < n; k++) {
			const slack = SAME_PART * Math.min(s.to[k] - s.from[k], grid.to[i] - grid.from[i]);

			while (i < n && grid.to[i] <= s.from[k] + slack)
				i++;
			for (let j = i; j < n && grid.from[j] < s.to[k] - slack; j++) {
				const same = Math.abs(grid.from[j] - s.from[k]) <= slack && Math.abs(grid.to[j] - s.to[k]) <= slack;
				const shared = Math.min(grid.to[j], s.to[k]) - Math.max(grid.from[j], s.from[k]);
				const part = same ? 1 : Math.max(0, shared) / Math.max(1, s.to[k] - s.from[k]);

				value[j] += s.value[k] * part;
				low[j] += s.low[k] * part;
				high[j] += s.high[k] * part;
				known[j] += same ? 1 : Math.max(0, shared) / (grid.to[j] - grid.from[j]);
			}
		}
	}
	for (let i = 0; all && i < n; i++) {
		if (known[i] < list.length - 0.5)
			value[i] = low[i] = high[i] = NaN;
	}
	return { ...grid, value, low, high, least: null, most: null };
}

/** All that was counted in a run. */
export class Counts {
	/**
	 * @param {Run} run
	 * @param {import('./cube.js').Cube} cube
	 */
	constructor(run, cube) {
		const json = /** @type {CountersJson} */ (run.json.counters);

		this.run = run;
		this.interval = json.interval_ns;
		/** Width of bins, 1: each reading stands for itself. */
		this.bin = cube.bin;
		this.events = json.events;
		this.metrics = json.metrics || [];
		this.series = splitSeries(cube);
		/** @type {Map<number, Grid>} by kind */
		this.grids = new Map();
	}

	/** @param {number} kind */
	has(kind) {
		return this.series.some(s => s.kind === kind);
	}

	/** @param {number} event @param {number[]} kinds in order of preference */
	of(event, kinds) {
		const kind = kinds.find(k => this.series.some(s => s.kind === k && s.event === event));

		return this.series.filter(s => s.event === event && s.kind === kind);
	}

	/**
	 * Spans on which counts of several places are summed: those of the readings, or of run slices bins
	 * that fit the window.
	 * @param {number} kind
	 * @param {Span} window
	 */
	grid(kind, window) {
		const whole = { from: 0, to: this.run.span };

		if (kind === OF_SLICES)
			return regularGrid(Math.max(this.bin, niceBin((window.to - window.from) / 400)), window, this.run.span);
		let grid = this.grids.get(kind);

		if (!grid) {
			grid = this.bin > 1 ? regularGrid(this.bin, whole, this.run.span) : turnGrid(this.series.filter(s => s.kind === kind));
			this.grids.set(kind, grid);
		}
		return grid;
	}
}

/** 1, 2 or 5 times a power of ten. @param {number} ns */
function niceBin(ns) {
	const power = 10 ** Math.floor(Math.log10(Math.max(1, ns)));

	return power * (ns <= power ? 1 : ns <= 2 * power ? 2 : ns <= 5 * power ? 5 : 10);
}

/** Of the values before each. @param {Float64Array} a */
function runningSum(a) {
	const out = new Float64Array(a.length + 1);

	for (let i = 0; i < a.length; i++)
		out[i + 1] = out[i] + a[i];
	return out;
}

/** @param {import('./cube.js').Cube} cube @returns {CountSeries[]} by event, kind, CPU and task */
function splitSeries(cube) {
	const [time, event, kind, cpu, task, length, known, value, below, above, enabled, off, least, most] = cube.column;
	/** @type {Map<string, { rows: number[], blind: Span[] }>} */
	const found = new Map();

	for (let i = 0; i < cube.rows; i++) {
		const key = event[i] + ' ' + kind[i] + ' ' + cpu[i] + ' ' + task[i];
		let s = found.get(key);

		if (!s) {
			s = { rows: [], blind: [] };
			found.set(key, s);
		}
		if (known[i])
			s.rows.push(i);
		else
			s.blind.push({ from: time[i], to: time[i] + length[i] });
	}
	return [...found].map(([key, { rows, blind }]) => {
		const [e, k, c, t] = key.split(' ').map(Number);
		const column = /** @param {(i: number) => number} get */ get => Float64Array.from(rows, get);
		const summed = cube.bin > 1;
		const own = { from: column(i => time[i]), to: column(i => time[i] + length[i]), value: column(i => value[i]), low: column(i => value[i] - below[i]), high: column(i => value[i] + above[i]),
			least: summed ? column(i => least[i]) : null, most: summed ? column(i => most[i]) : null, enabled: column(i => enabled[i]), off: column(i => off[i]) };
		const sums = [own.value, own.low, own.high, own.enabled, own.off].map(runningSum);

		return { event: e, kind: k, cpu: c === NO_PLACE ? -1 : c, task: t === NO_PLACE ? -1 : t, blind, ...own, sums, inexact: blind.length > 0 || sums[4][own.off.length] > 0 };
	}).sort((a, b) => a.event - b.event || a.kind - b.kind || a.cpu - b.cpu || a.task - b.task);
}

/** @type {WeakMap<Run, Promise<Counts>>} */
const countsOfRun = new WeakMap();

/** @param {Run} run with counters @returns {Promise<Counts>} */
export function countsOf(run) {
	let counts = countsOfRun.get(run);

	if (!counts) {
		counts = run.cubes.get(TRACK_CUBE_COUNTER, COUNTER_COLUMNS).then(cube => new Counts(run, cube));
		countsOfRun.set(run, counts);
	}
	return counts;
}

/**
 * A metric on the spans of counts that have all the same ones.
 * @param {Metric} metric
 * @param {Map<number, { counted: Counted, scale: number }>} counts by event
 * @param {Grid} grid
 * @returns {Counted} values, not counts
 */
export function metricOver(metric, counts, grid) {
	const n = grid.from.length;
	const out = { ...grid, value: new Float64Array(n).fill(NaN), low: new Float64Array(n).fill(NaN), high: new Float64Array(n).fill(NaN), least: null, most: null };

	for (let i = 0; i < n; i++) {
		const r = evaluate(metric.formula, event => {
			const c = counts.get(event);

			return c && !Number.isNaN(c.counted.value[i]) ? { value: c.counted.value[i] * c.scale, low: c.counted.low[i] * c.scale, high: c.counted.high[i] * c.scale } : null;
		}, (grid.to[i] - grid.from[i]) / 1e9);

		if (r)
			[out.value[i], out.low[i], out.high[i]] = [r.value, r.low, r.high];
	}
	return out;
}

/** What a window holds. @typedef {{ value: number, low: number, high: number, enabled: number, off: number, places: number, known: boolean }} WindowCount */

/** Readings that end in a window; the one that ends with the run holds what ends then. @param {CountSeries} s @param {Span} w @param {number} span of the run @returns {[number, number]} */
function readingsIn(s, w, span) {
	return [upperBound(s.to, w.from - 1), w.to >= span ? s.to.length : upperBound(s.to, w.to - 1)];
}

/**
 * Readings belong to the window in which they end.
 * @param {CountSeries[]} list places that are added up
 * @param {Span} w
 * @param {number} span of the run
 * @returns {WindowCount}
 */
export function countIn(list, w, span) {
	const sum = { value: 0, low: 0, high: 0, enabled: 0, off: 0, places: 0, known: list.length > 0 };

	for (const s of list) {
		const [first, last] = readingsIn(s, w, span);
		const [value, low, high, enabled, off] = s.sums;

		sum.value += value[last] - value[first];
		sum.low += low[last] - low[first];
		sum.high += high[last] - high[first];
		sum.enabled += enabled[last] - enabled[first];
		sum.off += off[last] - off[first];
		sum.places += Number(last > first);
		/* A part of the places is not the whole. */
		if (last <= first && s.blind.some(b => b.to > w.from && b.from < w.to))
			sum.known = false;
	}
	return sum;
}

/** The highest rate per second of a reading in a window. @param {CountSeries} s @param {Span} w @param {number} span of the run */
export function peakIn(s, w, span) {
	const [first, last] = readingsIn(s, w, span);
	let peak = 0;

	for (let i = first; i < last; i++)
		peak = Math.max(peak, s.most ? s.most[i] : s.value[i] * 1e9 / Math.max(1, s.to[i] - s.from[i]));
	return peak;
}

/** Bins of a strip. */
const ACTIVITY_MOST_BINS = 2048;

/**
 * How busy CPUs were where only counts tell: an event's share of the most of it in a bin, as cells like those
 * of run time. Clocks tell nothing there: they run always.
 * @param {Counts} counts
 * @returns {{ cube: import('./cube.js').Cube, event: string } | null}
 */
export function countActivity(counts) {
	const { run } = counts;
	const found = counts.events.filter(e => !e.missing).sort((a, b) => Number(a.unit === 'ns') - Number(b.unit === 'ns')).find(e => counts.series.some(s => s.kind === OF_CPU && s.event === e.number && s.from.length));

	if (!found)
		return null;
	const bin = Math.max(1, counts.bin, counts.interval, Math.ceil(run.span / ACTIVITY_MOST_BINS));
	const grid = regularGrid(bin, { from: 0, to: run.span }, run.span);
	const rows = counts.series.filter(s => s.kind === OF_CPU && s.event === found.number).flatMap(s => {
		const sum = sumCounts([s], grid, false);

		return Array.from(sum.value, (v, i) => ({ time: grid.from[i], cpu: s.cpu, v: v / (grid.to[i] - grid.from[i]) }));
	}).sort((a, b) => a.time - b.time);
	const most = rows.reduce((m, r) => Math.max(m, r.v), 0) || 1;
	const time = Float64Array.from(rows, r => r.time);
	const none = new Float64Array(rows.length);

	return { event: found.name, cube: { rows: rows.length, bin, time, column: [time, Float64Array.from(rows, r => r.cpu), none, Float64Array.from(rows, r => r.v / most * bin), none] } };
}
