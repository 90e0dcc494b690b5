/* SPDX-License-Identifier: MIT */
/*
 * Between what the difference of two means over time lies, as far as the values themselves tell. Neighbouring
 * values are alike, so they do not count one by one: they are put together in blocks of time, longer and
 * longer, until the means of neighbouring blocks are no more alike than chance makes them.
 */

import { eachPart } from './metrics.js';

/** @typedef {import('./metrics.js').Line} Line */
/** @typedef {import('./run.js').Span} Span */
/** n: blocks; variance: of their means. @typedef {{ n: number, variance: number }} BlockMeans */

const BLOCKS_MOST = 256;
/** Fewer tell nothing of how much they vary. */
export const BLOCKS_LEAST = 8;

/** How alike neighbours are: autocorrelation at lag 1. @param {number[]} list @param {number} mean */
function likeness(list, mean) {
	const square = list.reduce((sum, v) => sum + (v - mean) ** 2, 0);

	return square > 0 ? list.slice(1).reduce((sum, v, i) => sum + (v - mean) * (list[i] - mean), 0) / square : 0;
}

/** Blocks two by two. @param {Float64Array} list */
function halved(list) {
	return Float64Array.from({ length: list.length >> 1 }, (_, i) => list[2 * i] + list[2 * i + 1]);
}

/** Means of blocks of a window that are independent of each other; null: there are not so many. @param {Line} line @param {Span} w @returns {BlockMeans | null} */
export function blockMeans(line, w) {
	let points = 0;

	eachPart(line, w, () => points++);
	if (points < BLOCKS_LEAST)
		return null;
	let sum = new Float64Array(Math.min(BLOCKS_MOST, 2 ** Math.floor(Math.log2(points))));
	let time = new Float64Array(sum.length);
	const each = (w.to - w.from) / sum.length;

	eachPart(line, w, (v, from, to) => {
		for (let b = Math.max(0, Math.floor((from - w.from) / each)); b < sum.length && w.from + b * each < to; b++) {
			const part = Math.min(to, w.from + (b + 1) * each) - Math.max(from, w.from + b * each);

			sum[b] += v * Math.max(0, part);
			time[b] += Math.max(0, part);
		}
	});
	for (; sum.length >= BLOCKS_LEAST; sum = halved(sum), time = halved(time)) {
		const means = Array.from(sum, (v, i) => v / time[i]).filter(v => !Number.isNaN(v));
		const mean = means.reduce((a, b) => a + b, 0) / means.length;

		if (means.length >= BLOCKS_LEAST && likeness(means, mean) <= 1 / Math.sqrt(means.length))
			return { n: means.length, variance: means.reduce((s, v) => s + (v - mean) ** 2, 0) / (means.length - 1) };
	}
	return null;
}

/** Student's t that 97.5 % lie below; G. W. Hill's series, good from 5 degrees of freedom on. @param {number} df */
export function student975(df) {
	const z = 1.959963984540054;
	const terms = [(z ** 3 + z) / 4, (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96, (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384, (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160];

	return terms.reduce((t, term, i) => t + term / df ** (i + 1), z);
}

/** Half of the 95 % interval of a difference of two means, by Welch; null: not known. @param {BlockMeans | null} a @param {BlockMeans | null} b */
export function differenceMargin(a, b) {
	if (!a || !b)
		return null;
	const [x, y] = [a.variance / a.n, b.variance / b.n];

	return x + y > 0 ? student975((x + y) ** 2 / (x ** 2 / (a.n - 1) + y ** 2 / (b.n - 1))) * Math.sqrt(x + y) : 0;
}
