/* SPDX-License-Identifier: MIT */
/*
 * The codecs for samples of many series (docs/formats/recording.md: RUNS, CYCLE, SERIES). Values of
 * 64 bits become doubles; where a difference may be beyond 2^53 whole numbers are BigInt on the way,
 * so that counters that wrap and signed gauges come out right.
 */

import { DataError } from './bytes.js';

const SERIES_CONSTANT = 0;
const SERIES_DELTA2 = 2;
const MASK64 = (1n << 64n) - 1n;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * @typedef {import('./block.js').Words} Words
 * @typedef {import('./block.js').NumberColumn} NumberColumn
 */

/**
 * @param {{ next(): number, end(): boolean }} lengths of the runs
 * @param {Words} second differences of differences, one a run
 * @param {number} first
 * @param {number} rows
 */
export function runsColumn(lengths, second, first, rows) {
	const out = new Float64Array(rows);
	const { lo, hi } = second;
	let row = 0;
	let value = first;
	let step = 0;

	for (let k = 0; !lengths.end(); k++) {
		const n = lengths.next();

		if (!n || n > rows - row || k >= lo.length)
			throw new DataError('runs do not fit the rows');
		if (k) {
			const z = hi ? hi[k] * 2 ** 32 + lo[k] : lo[k];

			step += z % 2 ? -(z + 1) / 2 : z / 2;
			if (step < 0)
				throw new DataError('times fall');
			value += step;
		}
		out.fill(value, row, row + n);
		row += n;
	}
	if (row !== rows)
		throw new DataError('runs do not fit the rows');
	return out;
}

/**
 * @param {{ next(): number, end(): boolean }} exceptions
 * @param {NumberColumn} out to fill
 */
export function cycleColumn(exceptions, out) {
	/** @type {Map<number, number>} */
	const follower = new Map();
	let next = -1;
	let value = 0;

	if (!exceptions.end()) {
		if (exceptions.next() !== 0)
			throw new DataError('the first row is missing');
		next = 0;
	}
	for (let i = 0; i < out.length; i++) {
		if (i === next) {
			const z = exceptions.next();

			value += z % 2 ? -(z + 1) / 2 : z / 2;
			out[i] = value;
			next = -1;
			if (!exceptions.end()) {
				const skip = exceptions.next();

				if (!skip || skip >= out.length - i)
					throw new DataError('an exception lies behind the rows');
				next = i + skip;
			}
		} else {
			const v = i ? follower.get(out[i - 1]) : undefined;

			if (v === undefined)
				throw new DataError('a series follows none');
			out[i] = v;
		}
		if (i)
			follower.set(out[i - 1], out[i]);
	}
	if (!exceptions.end())
		throw new DataError('exceptions are left over');
}

/**
 * Rows by series, in order of their first row.
 * @param {NumberColumn} keys
 */
function groupRows(keys) {
	/** @type {Map<number, number>} */
	const number = new Map();
	const of = new Uint32Array(keys.length);
	/** @type {number[]} */
	const count = [];

	for (let i = 0; i < keys.length; i++) {
		let k = number.get(keys[i]);

		if (k === undefined) {
			k = count.length;
			number.set(keys[i], k);
			count.push(0);
		}
		of[i] = k;
		count[k]++;
	}
	return { of, count };
}

/** @param {bigint} z */
function unzigzagBig(z) {
	return z & 1n ? -(z + 1n >> 1n) : z >> 1n;
}

/**
 * Values of one series, first one and residuals, exactly.
 * @param {Float64Array} out
 * @param {bigint} first
 * @param {bigint} divisor
 * @param {boolean} second residuals are differences of differences
 * @param {(i: number) => bigint} residual
 * @param {boolean} signed
 */
function bigSeries(out, first, divisor, second, residual, signed) {
	let v = first;
	let step = 0n;

	out[0] = Number(signed ? BigInt.asIntN(64, v) : v);
	for (let i = 1; i < out.length; i++) {
		const d = unzigzagBig(residual(i - 1));

		step = second ? step + d : d;
		v = v + step * divisor & MASK64;
		out[i] = Number(signed ? BigInt.asIntN(64, v) : v);
	}
}

/**
 * The same with doubles; false where one could be beyond 2^53, in the middle of @out.
 * @param {Float64Array} out
 * @param {number} first
 * @param {number} divisor
 * @param {boolean} second
 * @param {Uint32Array | null} residual null: all are 0
 * @param {number} begin of the series in it
 */
function smallSeries(out, first, divisor, second, residual, begin) {
	let v = first;
	let step = 0;

	out[0] = v;
	for (let i = 1; i < out.length; i++) {
		const z = residual ? residual[begin + i - 1] : 0;
		const d = z & 1 ? -(z + 1) / 2 : z / 2;

		step = second ? step + d : d;
		v += step * divisor;
		if (!(v >= 0 && v <= Number.MAX_SAFE_INTEGER))
			return false;
		out[i] = v;
	}
	return true;
}

/**
 * @param {Uint8Array} kinds a byte per series
 * @param {{ nextBig(): bigint, end(): boolean }} firsts first values and divisors
 * @param {Words | null} words residuals, null where there are none
 * @param {number} n_words how many; -1: words is null, and all are 0
 * @param {NumberColumn} keys
 * @param {NumberColumn} out to fill
 * @param {boolean} [signed] two's complement
 */
export function seriesColumn(kinds, firsts, words, n_words, keys, out, signed = false) {
	const { of, count } = groupRows(keys);
	/** @type {Float64Array[]} */
	const values = [];
	let at = 0;

	if (kinds.length !== count.length)
		throw new DataError('kinds do not fit the series');
	for (let k = 0; k < count.length; k++) {
		const list = new Float64Array(count[k]);
		const first = firsts.nextBig();

		values.push(list);
		if (kinds[k] === SERIES_CONSTANT) {
			list.fill(Number(signed ? BigInt.asIntN(64, first) : first));
			continue;
		}
		const begin = at;

		at += count[k] - 1;
		if (kinds[k] > SERIES_DELTA2 || n_words >= 0 && at > n_words)
			throw new DataError('residuals do not fit the series');
		const divisor = firsts.nextBig();
		const second = kinds[k] === SERIES_DELTA2;
		const hi = words && words.hi;
		const lo = words && words.lo;

		if (!hi && divisor <= 0xffffffffn && first <= MAX_SAFE &&
			smallSeries(list, Number(first), Number(divisor), second, lo, begin))
			continue;
		bigSeries(list, first, divisor, second, i =>
			(BigInt(hi ? hi[begin + i] : 0) << 32n) + BigInt(lo ? lo[begin + i] : 0), signed);
	}
	if (n_words >= 0 && at !== n_words || !firsts.end())
		throw new DataError('residuals are left over');
	const place = new Uint32Array(count.length);

	for (let i = 0; i < of.length; i++)
		out[i] = values[of[i]][place[of[i]]++];
}
