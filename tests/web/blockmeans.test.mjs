/* SPDX-License-Identifier: MIT */
/* How sure a difference of means over time is. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { blockMeans, differenceMargin, student975 } from '../../web/data/blockmeans.js';
import { randomSource } from './random.mjs';

/** 0 <= x < 1 */
function unitRandom(seed) {
	const next = randomSource(seed);

	return () => next(2 ** 30) / 2 ** 30;
}

const N = 4096;

/** Spans of a second each; like: how much a value takes from the one before. */
function lineOf(random, mean, like = 0) {
	const values = new Float64Array(N);

	for (let i = 0, v = 0; i < N; i++) {
		v = like * v + Math.sqrt(1 - like * like) * (random() + random() + random() + random() - 2) * Math.sqrt(3);
		values[i] = mean + v;
	}
	return { times: Float64Array.from(values, (_, i) => i + 1), begins: Float64Array.from(values, (_, i) => i), values, gaps: [] };
}

const whole = { from: 0, to: N };
const meanOf = line => line.values.reduce((a, b) => a + b, 0) / N;

test("Student's t as in its tables", () => {
	for (const [df, t] of [[5, 2.5706], [7, 2.3646], [10, 2.2281], [30, 2.0423], [120, 1.9799]])
		assert.ok(Math.abs(student975(df) - t) < 2e-3, df + ': ' + student975(df));
});

test('of values that do not know of each other the interval is that of their number', () => {
	const random = unitRandom(3);
	const [a, b] = [blockMeans(lineOf(random, 0), whole), blockMeans(lineOf(random, 0), whole)];
	const want = 1.96 * Math.sqrt(2 / N);
	const margin = differenceMargin(a, b);

	assert.equal(a.n, 256);
	assert.ok(margin > 0.8 * want && margin < 1.25 * want, margin + ', not ' + want);
});

test('about 95 % of intervals hold the true difference, also of values that follow each other', () => {
	for (const like of [0, 0.9, 0.98]) {
		const random = unitRandom(11);
		let held = 0;

		for (let k = 0; k < 200; k++) {
			const [a, b] = [lineOf(random, 1, like), lineOf(random, 1, like)];
			const margin = differenceMargin(blockMeans(a, whole), blockMeans(b, whole));

			held += Number(margin === null || Math.abs(meanOf(b) - meanOf(a)) <= margin);
		}
		assert.ok(held >= 180 && held <= 199, like + ': ' + held + ' of 200');
	}
});

test('too few values, or a trend: nothing is said; a level that stays is sure', () => {
	const random = unitRandom(5);
	const rising = lineOf(random, 0);

	rising.values.forEach((v, i) => {
		rising.values[i] = i;
	});
	assert.equal(blockMeans(rising, whole), null);
	assert.equal(blockMeans(lineOf(random, 0), { from: 0, to: 5 }), null);
	const flat = lineOf(random, 0);

	flat.values.fill(7);
	assert.equal(differenceMargin(blockMeans(flat, whole), blockMeans(flat, whole)), 0);
	assert.equal(differenceMargin(blockMeans(flat, whole), null), null);
	/* What is not known is no value. */
	flat.values.fill(NaN, 0, 3000);
	assert.equal(blockMeans(flat, { from: 0, to: 3000 }), null);
	assert.ok(blockMeans(flat, whole).n >= 8);
});
