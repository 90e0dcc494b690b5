/* SPDX-License-Identifier: MIT */
/*
 * What a machine counts about itself, tick by tick: series as the recording holds them, and the lines that
 * follow from them. docs/formats/page.md says how rates are made.
 */

import { TRACK_METRIC, TRACK_SERIES, TRACK_VALUE } from './block.js';
import { pause, tired } from './chunks.js';
import { upperBound } from './counts.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Span} Span */
/** @typedef {import('./block.js').Block} Block */
/** @typedef {{ name: string, counter: boolean, bits: number, scale: number, unit: string, help: string, collector: Collector }} Metric */
/** Values over time. begins: of counters, where each span begins that a value is of. @typedef {{ times: Float64Array, begins: Float64Array | null, values: Float64Array, gaps: Span[] }} Line */

const KIND_COUNTER = 1;
const CPU_NONE = 0xffffffff;
const TWO64 = 2 ** 64;

/** Numbers that grow one by one. */
class Numbers {
	constructor() {
		this.n = 0;
		this.a = new Float64Array(64);
	}

	/** @param {number} v */
	add(v) {
		if (this.n === this.a.length) {
			const bigger = new Float64Array(2 * this.n);

			bigger.set(this.a);
			this.a = bigger;
		}
		this.a[this.n++] = v;
	}

	get list() {
		return this.a.subarray(0, this.n);
	}
}

/** Metrics that are read together, and when they were. */
export class Collector {
	/** @param {string} name */
	constructor(name) {
		this.name = name;
		this.ticks = new Numbers();
	}

	/** Number of the tick at @t, which is none of the earlier ones. @param {number} t */
	tick(t) {
		const { ticks } = this;

		if (!ticks.n || ticks.a[ticks.n - 1] < t)
			ticks.add(t);
		return ticks.n - 1;
	}
}

/**
 * How far a counter has come: NaN when it began anew.
 * @param {number} before
 * @param {number} now
 * @param {number} bits where it wraps
 */
export function counterStep(before, now, bits) {
	if (now >= before)
		return now - before;
	const range = bits > 0 && bits < 64 && before < 2 ** bits && now < 2 ** bits ? 2 ** bits : TWO64;
	const step = now + range - before;

	return step < range / 2 ? step : NaN;
}

/** Runs of NaN among values of spans. @param {Float64Array} values @param {Float64Array} begins @param {Float64Array} ends @returns {Span[]} */
function unknownSpans(values, begins, ends) {
	/** @type {Span[]} */
	const out = [];

	for (let i = 0; i < values.length; i++) {
		if (!Number.isNaN(values[i]))
			continue;
		const from = i;

		while (i + 1 < values.length && Number.isNaN(values[i + 1]))
			i++;
		out.push({ from: begins[from], to: ends[i] });
	}
	return out;
}

/** A metric of one thing. */
export class Series {
	/** @param {Metric} metric @param {number} cpu -1: of none @param {string} instance */
	constructor(metric, cpu, instance) {
		this.metric = metric;
		this.cpu = cpu;
		this.instance = instance;
		/** Tick of the first value. */
		this.first = -1;
		/** From there, tick by tick; NaN: no value. */
		this.raw = new Numbers();
		/** @type {Line | null} */
		this.made = null;
	}

	/** @param {number} tick @param {number} v */
	put(tick, v) {
		if (this.first < 0)
			this.first = tick;
		while (this.raw.n < tick - this.first)
			this.raw.add(NaN);
		if (this.raw.n === tick - this.first)
			this.raw.add(v);
	}

	/** Name among the series of its metric. */
	get place() {
		const cpu = this.cpu >= 0 ? 'CPU ' + this.cpu : '';

		return [this.instance, cpu].filter(Boolean).join(' ') || 'all';
	}

	/** In the metric's unit, of counters per second; made once. @returns {Line} */
	line() {
		return this.made = this.made || (this.metric.counter ? this.rates() : this.levels());
	}

	/** @returns {Line} */
	rates() {
		const { bits, scale, collector } = this.metric;
		const raw = this.raw.list;
		const n = Math.max(0, raw.length - 1);
		const times = collector.ticks.list.subarray(Math.max(0, this.first), Math.max(0, this.first) + raw.length);
		const begins = times.subarray(0, n);
		const ends = times.subarray(1);
		const values = new Float64Array(n);

		for (let i = 0; i < n; i++)
			values[i] = counterStep(raw[i], raw[i + 1], bits) * scale * 1e9 / (ends[i] - begins[i]);
		return { times: ends, begins, values, gaps: unknownSpans(values, begins, ends) };
	}

	/** @returns {Line} */
	levels() {
		const { scale, collector } = this.metric;
		const values = this.raw.list.map(v => v * scale);
		const times = collector.ticks.list.subarray(Math.max(0, this.first), Math.max(0, this.first) + values.length);
		/** @type {Span[]} */
		const gaps = [];

		for (let i = 1, last = 0; i < values.length; i++) {
			if (Number.isNaN(values[i]))
				continue;
			if (i > last + 1)
				gaps.push({ from: times[last], to: times[i] });
			last = i;
		}
		return { times, begins: null, values, gaps };
	}
}

/**
 * The values of a line in a window, each with the time that it stands for there: a level up to its tick, a first one for a moment.
 * @param {Line} line
 * @param {Span} w
 * @param {(v: number, from: number, to: number) => void} take
 */
export function eachPart(line, w, take) {
	const { times, begins, values } = line;

	for (let i = begins ? upperBound(times, w.from) : Math.max(0, upperBound(times, w.from) - 1); i < times.length; i++) {
		const from = begins ? begins[i] : i ? times[i - 1] : times[i];

		if (begins ? from >= w.to : times[i] > w.to)
			break;
		if (!Number.isNaN(values[i]) && (begins || times[i] >= w.from))
			take(values[i], Math.max(w.from, from), Math.min(w.to, times[i]));
	}
}

/**
 * Mean by time, least and most in a window; null: nothing is known in it.
 * @param {Line} line
 * @param {Span} w
 */
export function lineStats(line, w) {
	let sum = 0;
	let time = 0;
	let least = Infinity;
	let most = -Infinity;
	let last = NaN;

	eachPart(line, w, (v, from, to) => {
		const part = Math.max(1, to - from);

		sum += v * part;
		time += part;
		least = Math.min(least, v);
		most = Math.max(most, v);
		last = v;
	});
	return time > 0 ? { mean: sum / time, least, most, last } : null;
}

/** Value of the span that holds a time, or at the last moment not after it. @param {Line} line @param {number} t @returns {number | undefined} */
export function lineAt(line, t) {
	const { times, begins, values } = line;
	const i = upperBound(times, t);
	let at = i - 1;

	if (begins)
		at = i < times.length && begins[i] <= t ? i : i === times.length && i > 0 && times[i - 1] === t ? i - 1 : -1;
	const v = at >= 0 ? values[at] : NaN;

	return Number.isNaN(v) ? undefined : v;
}

/** All series of a run. */
export class Metrics {
	/** @param {Run} run */
	constructor(run) {
		this.run = run;
		/** @type {Map<string, Collector>} */
		this.collectors = new Map();
		/** @type {Map<number, Metric>} */
		this.metrics = new Map();
		/** @type {Map<number, Series>} */
		this.series = new Map();
		/** Values of series that nothing is known of. */
		this.unknown = 0;
	}

	/** @param {Block} b */
	takeMetrics(b) {
		const [number, kind, bits, scale] = [b.column[1], b.column[3], b.column[4], b.column[5]];
		const [name, unit, help] = [b.text[2], b.text[6], b.text[7]];

		for (let i = 0; number && kind && bits && scale && name && unit && help && i < b.rows; i++) {
			const full = name.text[name.at[i]];
			const first = full.split('.')[0];
			const collector = this.collectors.get(first) || new Collector(first);

			this.collectors.set(first, collector);
			if (!this.metrics.has(number[i]))
				this.metrics.set(number[i], { name: full, counter: kind[i] === KIND_COUNTER, bits: bits[i], scale: scale[i], unit: unit.text[unit.at[i]], help: help.text[help.at[i]], collector });
		}
	}

	/** @param {Block} b */
	takeSeries(b) {
		const [number, metric, cpu, instance] = [b.column[1], b.column[2], b.column[3], b.text[4]];

		for (let i = 0; number && metric && cpu && instance && i < b.rows; i++) {
			const m = this.metrics.get(metric[i]);

			if (m && !this.series.has(number[i]))
				this.series.set(number[i], new Series(m, cpu[i] === CPU_NONE ? -1 : cpu[i], instance.text[instance.at[i]]));
		}
	}

	/** @param {Block} b rows in order of time */
	takeValues(b) {
		const [number, value] = [b.column[1], b.column[2]];

		for (let i = 0; number && value && i < b.rows; i++) {
			const s = this.series.get(number[i]);

			if (s)
				s.put(s.metric.collector.tick(b.time[i]), value[i]);
			else
				this.unknown++;
		}
	}

	/** Series of a metric. @param {string} name @returns {Series[]} */
	of(name) {
		return [...this.series.values()].filter(s => s.metric.name === name && s.first >= 0);
	}
}

/** @type {WeakMap<Run, Promise<Metrics>>} */
const metricsRead = new WeakMap();

/** @param {Run} run */
async function readMetrics(run) {
	const m = new Metrics(run);

	run.events.all(TRACK_METRIC).forEach(e => m.takeMetrics(run.events.decode(e)));
	run.events.all(TRACK_SERIES).forEach(e => m.takeSeries(run.events.decode(e)));
	for (const entry of run.events.all(TRACK_VALUE)) {
		m.takeValues(run.events.decode(entry));
		if (tired())
			await pause();
	}
	return m;
}

/** Series of a run, decoded once, in steps. @param {Run} run @returns {Promise<Metrics>} */
export function metricsOf(run) {
	let m = metricsRead.get(run);

	if (!m) {
		m = readMetrics(run);
		metricsRead.set(run, m);
	}
	return m;
}
