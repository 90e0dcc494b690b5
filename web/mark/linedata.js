/* SPDX-License-Identifier: MIT */
/*
 * Lines over time as numbers: which points a window has, between what they lie, what they come to in each
 * pixel column, and parts of a whole stacked on each other.
 */

import { upperBound } from '../data/counts.js';

/** @typedef {import('./axes.js').TimeScale} TimeScale */
/** @typedef {{ from: number, to: number }} LineSpan */

/**
 * @typedef {object} LineSeries
 * @property {string} label
 * @property {string} colour
 * @property {Float64Array} times rising: ends of the spans that the values are of, or moments
 * @property {Float64Array | null} begins of the spans, which do not overlap; null: values of moments, joined by lines
 * @property {Float64Array} values NaN: not known
 * @property {Float64Array | null} [low] the value lies between
 * @property {Float64Array | null} [high]
 * @property {Float64Array | null} [least] extremes of what a point sums up
 * @property {Float64Array | null} [most]
 * @property {LineSpan[]} gaps nothing is known
 * @property {boolean} [marked] stands out
 */

/**
 * @typedef {object} LineChart
 * @property {string} title
 * @property {string} unit behind the title
 * @property {string} note at the right while no cursor is there
 * @property {(v: number) => string} axis a value on the axis
 * @property {(v: number) => string} text a value under the cursor, short
 * @property {boolean} zero the axis begins there; else where the values do
 * @property {LineSeries[]} series
 * @property {(most: number) => number} [grain] marks of the axis are round multiples of it
 * @property {boolean} [named] names of the lines instead of the note
 * @property {boolean} [stack] the series are parts of a whole, of the same times, from below to above
 * @property {number} [full] the axis goes at least so far
 */

/** So many values are one in the level above. */
const EXTREMES_SHIFT = 4;
const EXTREMES_STEP = 1 << EXTREMES_SHIFT;

/** Least and most of any part of a list, in few steps: lists of the least and most of 16 values, of 256 ... Without NaN, and without ends that are not finite. */
export class Extremes {
	/** @param {Float64Array} values which stay as they are */
	constructor(values) {
		this.levels = [{ least: values, most: values }];
		this.least = Infinity;
		this.most = -Infinity;
		while (this.levels[this.levels.length - 1].least.length > EXTREMES_STEP)
			this.levels.push(this.above(this.levels[this.levels.length - 1]));
	}

	/** @param {{ least: Float64Array, most: Float64Array }} below */
	above(below) {
		const n = Math.ceil(below.least.length / EXTREMES_STEP);
		const up = { least: new Float64Array(n), most: new Float64Array(n) };

		for (let k = 0; k < n; k++) {
			this.least = Infinity;
			this.most = -Infinity;
			this.see(below, k * EXTREMES_STEP, Math.min(below.least.length, (k + 1) * EXTREMES_STEP));
			up.least[k] = this.least;
			up.most[k] = this.most;
		}
		return up;
	}

	/** @param {{ least: Float64Array, most: Float64Array }} level @param {number} first @param {number} last */
	see({ least, most }, first, last) {
		for (let i = first; i < last; i++) {
			if (least[i] < this.least && least[i] > -Infinity)
				this.least = least[i];
			if (most[i] > this.most && most[i] < Infinity)
				this.most = most[i];
		}
	}

	/** Of [first, last); this.least is Infinity, this.most -Infinity where nothing is known. @param {number} first @param {number} last */
	of(first, last) {
		let [a, b] = [first, last];

		this.least = Infinity;
		this.most = -Infinity;
		for (let k = 0; a < b; k++) {
			const top = k + 1 === this.levels.length;
			const head = top ? b : Math.min(b, Math.ceil(a / EXTREMES_STEP) * EXTREMES_STEP);
			const tail = Math.max(head, b & -EXTREMES_STEP);

			this.see(this.levels[k], a, head);
			this.see(this.levels[k], tail, b);
			a = head >> EXTREMES_SHIFT;
			b = head < tail ? tail >> EXTREMES_SHIFT : a;
		}
		return this;
	}
}

/** @type {WeakMap<Float64Array, Extremes>} */
const extremesMade = new WeakMap();

/** Made once for a list. @param {Float64Array} values */
export function extremesOf(values) {
	let e = extremesMade.get(values);

	if (!e) {
		e = new Extremes(values);
		extremesMade.set(values, e);
	}
	return e;
}

/** Between what the points of a window lie, ranges included: Infinity and -Infinity where there are none. @param {LineSeries[]} series @param {LineSpan} w @returns {[number, number]} */
export function extremesIn(series, w) {
	let least = Infinity;
	let most = -Infinity;

	for (const s of series) {
		const [first, last] = pointsIn(s, w);

		for (const list of [s.values, s.low, s.high, s.least, s.most]) {
			if (!list)
				continue;
			const e = extremesOf(list).of(first, last);

			least = Math.min(least, e.least);
			most = Math.max(most, e.most);
		}
	}
	return [least, most];
}

/**
 * The point that tells of a time, or -1: of spans the one that holds it, of moments the nearest.
 * @param {LineSeries} s
 * @param {number} t
 */
export function pointAt(s, t) {
	const i = upperBound(s.times, t);

	if (s.begins) {
		/* The last one holds its end too. */
		const at = i === s.times.length && i > 0 && s.times[i - 1] === t ? i - 1 : i;

		return at < s.times.length && s.begins[at] <= t && !Number.isNaN(s.values[at]) ? at : -1;
	}
	const near = i === s.times.length || i > 0 && t - s.times[i - 1] < s.times[i] - t ? i - 1 : i;

	return near >= 0 && !Number.isNaN(s.values[near]) && !s.gaps.some(g => g.from <= t && t < g.to) ? near : -1;
}

/** Points that touch a window: [first, last). @param {LineSeries} s @param {LineSpan} w @returns {[number, number]} */
export function pointsIn(s, w) {
	const first = upperBound(s.times, w.from);
	const starts = s.begins || s.times;
	let last = upperBound(starts, w.to);

	/* Lines come from the moment before and go on to the one after. */
	if (!s.begins)
		return [Math.max(0, first - 1), Math.min(s.times.length, last + 1)];
	while (last > first && starts[last - 1] >= w.to)
		last--;
	return [first, Math.max(first, last)];
}

/** Are two series of the same numbers, drawn in the same way? @param {LineSeries} a @param {LineSeries} b */
export function sameSeries(a, b) {
	return a.values === b.values && a.times === b.times && a.begins === b.begins && a.colour === b.colour && a.marked === b.marked && a.label === b.label && a.gaps === b.gaps && a.low === b.low && a.high === b.high && a.least === b.least && a.most === b.most;
}

/**
 * Parts of a whole on each other: each series with the sum of itself and those below. Where one part is not known no sum is.
 * @param {LineSeries[]} series of the same times
 * @returns {LineSeries[]}
 */
export function stacked(series) {
	const sum = new Float64Array(series[0]?.values.length || 0);
	/* What a part above makes unknown is so for those below too. */
	const known = sum.map((_, i) => series.some(s => Number.isNaN(s.values[i])) ? NaN : 0);
	const gaps = anyGaps(series);

	return series.map(s => {
		for (let i = 0; i < sum.length; i++)
			sum[i] += s.values[i] + known[i];
		return { label: s.label, colour: s.colour, times: s.times, begins: s.begins, values: sum.slice(), gaps };
	});
}

/** Times that are in a gap of some series. @param {LineSeries[]} series @returns {LineSpan[]} */
export function anyGaps(series) {
	/** @type {LineSpan[]} */
	const out = [];

	for (const gap of series.flatMap(s => s.gaps).sort((a, b) => a.from - b.from)) {
		const last = out[out.length - 1];

		if (last && gap.from <= last.to)
			last.to = Math.max(last.to, gap.to);
		else
			out.push({ from: gap.from, to: gap.to });
	}
	return out;
}

/** Times that are in a gap of every series. @param {LineSeries[]} series @returns {LineSpan[]} */
export function commonGaps(series) {
	const edges = series.flatMap(s => s.gaps.flatMap(g => g.to > g.from ? [[g.from, 1], [g.to, -1]] : [])).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
	/** @type {LineSpan[]} */
	const out = [];
	let open = 0;

	for (const [t, by] of edges) {
		open += by;
		if (by > 0 && open === series.length)
			out.push({ from: t, to: Infinity });
		else if (by < 0 && open === series.length - 1)
			out[out.length - 1].to = t;
	}
	return out;
}

/**
 * What the points of a window come to in each pixel column.
 * @param {LineSeries} s
 * @param {TimeScale} scale
 * @returns {{ n: number, mean: Float64Array, least: Float64Array, most: Float64Array, low: Float64Array, high: Float64Array }} where nothing is: a mean of NaN, least above most
 */
export function pixelColumns(s, scale) {
	const n = Math.max(1, Math.round(scale.x1 - scale.x0));
	const make = /** @param {number} v */ v => new Float64Array(n).fill(v);
	const [least, most, low, high, sum, weight] = [make(Infinity), make(-Infinity), make(Infinity), make(-Infinity), make(0), make(0)];
	const [first, last] = pointsIn(s, scale);

	for (let i = first; i < last; i++) {
		const v = s.values[i];

		if (Number.isNaN(v))
			continue;
		const a = (s.begins ? scale.x(s.begins[i]) : scale.x(s.times[i]) - 0.5) - scale.x0;
		const b = (s.begins ? scale.x(s.times[i]) : scale.x(s.times[i]) + 0.5) - scale.x0;
		const end = Math.min(n, Math.max(Math.floor(a) + 1, Math.ceil(b)));
		const lo = s.least ? s.least[i] : v;
		const hi = s.most ? s.most[i] : v;

		for (let c = Math.max(0, Math.floor(a)); c < end; c++) {
			const part = Math.max(1e-9, Math.min(b, c + 1) - Math.max(a, c));

			sum[c] += v * part;
			weight[c] += part;
			if (lo < least[c])
				least[c] = lo;
			if (hi > most[c])
				most[c] = hi;
			if (s.low && s.low[i] < low[c])
				low[c] = s.low[i];
			if (s.high && s.high[i] > high[c])
				high[c] = s.high[i];
		}
	}
	const mean = sum.map((v, c) => weight[c] > 0 ? v / weight[c] : NaN);

	return { n, mean, least, most, low, high };
}
