/* SPDX-License-Identifier: MIT */
/* A repeatable source of random numbers for tests (xorshift32, Marsaglia 2003). */

/**
 * @param {number} seed not 0
 * @returns {(n: number) => number} gives integers 0 <= x < n
 */
export function randomSource(seed) {
	let s = seed >>> 0 || 1;

	return n => {
		s ^= s << 13;
		s >>>= 0;
		s ^= s >>> 17;
		s ^= s << 5;
		s >>>= 0;
		return Math.floor(s / 4294967296 * n);
	};
}
