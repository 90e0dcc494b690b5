/* SPDX-License-Identifier: MIT */
/* Lines as numbers: extremes of any part of a list, parts of a whole on each other. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { Extremes, anyGaps, extremesIn, sameSeries, stacked } from '../../web/mark/linedata.js';
import { randomSource } from './random.mjs';

/** 0 <= x < 1 */
function unitRandom(seed) {
	const next = randomSource(seed);

	return () => next(2 ** 30) / 2 ** 30;
}

const line = (rows, o = {}) => ({ label: 'x', colour: '#000000', times: Float64Array.from(rows, k => k[1]), begins: Float64Array.from(rows, k => k[0]), values: Float64Array.from(rows, k => k[2]), gaps: [], ...o });

test('extremes of any part are those of its values', () => {
	const random = unitRandom(7);

	for (const n of [0, 1, 15, 16, 17, 255, 256, 257, 5000]) {
		const values = Float64Array.from({ length: n }, () => random() < 0.1 ? NaN : random() < 0.02 ? Infinity : random() < 0.02 ? -Infinity : random() - 0.5);
		const e = new Extremes(values);

		for (let k = 0; k < 200; k++) {
			const first = Math.floor(random() * (n + 1));
			const last = first + Math.floor(random() * (n - first + 1));
			const part = [...values.subarray(first, last)].filter(Number.isFinite);
			const { least, most } = e.of(first, last);

			assert.deepEqual([least, most], [Math.min(...part), Math.max(...part)], n + ': ' + first + ' to ' + last);
		}
	}
});

test('an axis goes around the ranges of a window too', () => {
	const s = line([[0, 10, 1], [10, 20, 5], [20, 30, 2]], { low: Float64Array.of(0, 4, -3), high: Float64Array.of(2, Infinity, 3) });

	assert.deepEqual(extremesIn([s], { from: 0, to: 20 }), [0, 5]);
	assert.deepEqual(extremesIn([s], { from: 20, to: 30 }), [-3, 3]);
	assert.deepEqual(extremesIn([s], { from: 40, to: 50 }), [Infinity, -Infinity]);
	assert.deepEqual(extremesIn([], { from: 40, to: 50 }), [Infinity, -Infinity]);
});

test('parts of a whole lie on each other; what is not known of one is not known of all', () => {
	const a = line([[0, 10, 1], [10, 20, 2], [20, 30, 3]]);
	const b = line([[0, 10, 10], [10, 20, NaN], [20, 30, 30]], { gaps: [{ from: 10, to: 20 }] });
	const stack = stacked([a, b]);

	assert.deepEqual(stack.map(s => [...s.values]), [[1, NaN, 3], [11, NaN, 33]]);
	assert.deepEqual(stack.map(s => s.gaps), [[{ from: 10, to: 20 }], [{ from: 10, to: 20 }]]);
	/* The parts stay as they are. */
	assert.deepEqual([...a.values], [1, 2, 3]);
	assert.deepEqual(stacked([]), []);
	assert.deepEqual(anyGaps([{ gaps: [{ from: 5, to: 9 }, { from: 20, to: 30 }] }, { gaps: [{ from: 0, to: 6 }, { from: 25, to: 26 }] }]), [{ from: 0, to: 9 }, { from: 20, to: 30 }]);
});

test('charts of the same numbers are the same, whoever made them', () => {
	const a = line([[0, 10, 1]]);

	assert.equal(sameSeries(a, { ...a }), true);
	assert.equal(sameSeries(a, { ...a, colour: '#ffffff' }), false);
	assert.equal(sameSeries(a, { ...a, marked: true }), false);
	assert.equal(sameSeries(a, { ...a, values: a.values.slice() }), false);
});
