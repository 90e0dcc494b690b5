/* SPDX-License-Identifier: MIT */
/* Logarithmic buckets, 16 per octave: the same numbers as src/stats/loghist.h. */

export const LOGHIST_BUCKETS = 976;

/**
 * Smallest value of a bucket.
 * @param {number} bucket
 */
export function loghistLow(bucket) {
	if (bucket < 16)
		return bucket;
	return (16 + bucket % 16) * 2 ** (Math.floor(bucket / 16) - 1);
}

/**
 * Bucket of a value; may be one too low or high beyond 2^53, where doubles are rounded.
 * @param {number} v
 */
export function loghistBucket(v) {
	if (v < 16)
		return Math.max(0, Math.floor(v));
	let e = Math.floor(Math.log2(v));

	if (2 ** e > v)
		e--;
	else if (2 ** (e + 1) <= v)
		e++;
	return (e - 3) * 16 + (Math.floor(v / 2 ** (e - 4)) & 15);
}

/** Counts by bucket with what can be known of the values themselves. */
export class Loghist {
	constructor() {
		this.bucket = new Float64Array(LOGHIST_BUCKETS);
		this.count = 0;
		this.sum = 0;
		this.max = 0;
		/** Greatest lower bound known of the smallest value; exact when its cell holds one or two. */
		this.min = Infinity;
	}

	/**
	 * Add a cell of a cube: @count values of one bucket.
	 * @param {number} bucket
	 * @param {number} count
	 * @param {number} sum
	 * @param {number} max
	 */
	addCell(bucket, count, sum, max) {
		const low = Math.max(loghistLow(bucket), sum - (count - 1) * max);

		this.bucket[bucket] += count;
		this.count += count;
		this.sum += sum;
		if (max > this.max)
			this.max = max;
		if (low < this.min)
			this.min = low;
	}

	/** @param {Loghist} from */
	merge(from) {
		for (let i = 0; i < LOGHIST_BUCKETS; i++)
			this.bucket[i] += from.bucket[i];
		this.count += from.count;
		this.sum += from.sum;
		this.max = Math.max(this.max, from.max);
		this.min = Math.min(this.min, from.min);
	}

	/**
	 * As loghist_quantile(): the middle of the bucket of rank ceil(q * count), clamped to [min, max].
	 * @param {number} q 0..1
	 */
	quantile(q) {
		const rank = Math.max(1, Math.ceil(q * this.count));
		let seen = 0;

		if (!this.count)
			return 0;
		for (let i = 0; i < LOGHIST_BUCKETS; i++) {
			seen += this.bucket[i];
			if (seen >= rank) {
				const low = loghistLow(i);
				const middle = low + Math.floor((loghistLow(i + 1) - low) / 2);

				return Math.min(this.max, Math.max(this.min, middle));
			}
		}
		return this.max;
	}
}
