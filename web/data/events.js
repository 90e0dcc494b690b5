/* SPDX-License-Identifier: MIT */
/*
 * Event blocks of a run, found by the page's index and decoded one by one when a view zooms in. A
 * stream is the blocks of one track on one CPU, in time order.
 */

import { Base64Bytes, DataError } from './bytes.js';
import { blockDecode, blockDecoding } from './block.js';
import { pause, tired } from './chunks.js';

/** @typedef {import('./block.js').Block} Block */
/** @typedef {{ first: number, last: number, rows: number, at: number, bytes: number }} Entry */

/** Decoded blocks that are kept: some 60 MB at 16384 rows each. */
const KEEP_BLOCKS = 200;

export class EventStore {
	/**
	 * @param {() => Base64Bytes} open called once, when the first block is asked for
	 * @param {number[][]} index rows of [track, cpu, first, last, rows, offset, bytes]
	 * @param {bigint} origin CLOCK_MONOTONIC of time 0
	 */
	constructor(open, index, origin) {
		this.open = open;
		/** @type {Base64Bytes | null} */
		this.opened = null;
		this.origin = origin;
		/** @type {Map<string, Entry[]>} */
		this.streams = new Map();
		/** @type {Map<Entry, Block>} in order of use */
		this.decoded = new Map();
		for (const [track, cpu, first, last, rows, at, n] of index) {
			const key = track + ' ' + cpu;
			const list = this.streams.get(key) || [];

			list.push({ first, last, rows, at, bytes: n });
			this.streams.set(key, list);
		}
	}

	get bytes() {
		return this.opened = this.opened || this.open();
	}

	/**
	 * @param {number} track
	 * @param {number} cpu
	 * @returns {Entry[]} by time
	 */
	stream(track, cpu) {
		return this.streams.get(track + ' ' + cpu) || [];
	}

	/**
	 * Blocks of a stream that say something about [from, to): those that overlap it and the last one
	 * before it.
	 * @param {number} track
	 * @param {number} cpu
	 * @param {number} from
	 * @param {number} to
	 * @returns {[number, number]} positions in stream()
	 */
	range(track, cpu, from, to) {
		const list = this.stream(track, cpu);
		let low = 0;
		let high = list.length;

		while (low < high) {
			const mid = low + high >> 1;

			if (list[mid].first < from)
				low = mid + 1;
			else
				high = mid;
		}
		let end = low;

		while (end < list.length && list[end].first < to)
			end++;
		return [Math.max(0, low - 1), end];
	}

	/**
	 * The block when it is decoded already.
	 * @param {Entry} entry
	 * @returns {Block | undefined}
	 */
	peek(entry) {
		const block = this.decoded.get(entry);

		if (block) {
			this.decoded.delete(entry);
			this.decoded.set(entry, block);
		}
		return block;
	}

	/**
	 * @param {Entry} entry
	 * @returns {Block}
	 */
	get(entry) {
		const known = this.peek(entry);

		if (known)
			return known;
		const block = this.decode(entry);

		this.decoded.set(entry, block);
		for (const old of this.decoded.keys()) {
			if (this.decoded.size <= KEEP_BLOCKS)
				break;
			this.decoded.delete(old);
		}
		return block;
	}

	/** The block anew, for who keeps it himself. @param {Entry} entry @returns {Block} */
	decode(entry) {
		return this.checked(entry, blockDecode(this.bytes.slice(entry.at, entry.bytes), 0, this.origin));
	}

	/** The same in steps, of a large block. @param {Entry} entry @param {number[]} want columns @returns {Promise<Block>} */
	async decodeSlowly(entry, want) {
		const work = blockDecoding(this.bytes.slice(entry.at, entry.bytes), 0, this.origin, want);

		for (;;) {
			const step = work.next();

			if (step.done)
				return this.checked(entry, step.value);
			if (tired())
				await pause();
		}
	}

	/** @param {Entry} entry @param {Block} block */
	checked(entry, block) {
		if (block.rows !== entry.rows)
			throw new DataError('block has not the rows that the index tells');
		return block;
	}

	/** Blocks of a track on any CPU, by time. @param {number} track @returns {Entry[]} */
	all(track) {
		return [...this.streams].filter(([key]) => key.startsWith(track + ' ')).flatMap(([, list]) => list).sort((a, b) => a.first - b.first);
	}

	/**
	 * Decode blocks in pieces; stops when @wanted says that nobody waits for them any more.
	 * @param {Entry[]} entries
	 * @param {() => boolean} wanted
	 * @param {() => void} progress called after each piece
	 */
	async load(entries, wanted, progress) {
		let fresh = 0;

		for (const entry of entries) {
			if (this.decoded.has(entry))
				continue;
			this.get(entry);
			fresh++;
			if (tired()) {
				progress();
				fresh = 0;
				await pause();
				if (!wanted())
					return;
			}
		}
		if (fresh)
			progress();
	}
}
