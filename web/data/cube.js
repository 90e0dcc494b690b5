/* SPDX-License-Identifier: MIT */
/* A cube: cells by time bin and keys, decoded from the blocks of the page when first asked for. */

import { Base64Bytes, DataError } from './bytes.js';
import { blockDecoding, blockLength } from './block.js';
import { pause, tired } from './chunks.js';

/**
 * @typedef {object} Cube
 * @property {number} rows
 * @property {number} bin width of the time bins, ns
 * @property {Float64Array} time begin of each cell's bin, rising
 * @property {Float64Array[]} column by number of the track's column; [0] is time
 */

/**
 * First row whose time is not less than @t.
 * @param {Float64Array} time
 * @param {number} t
 */
export function lowerBound(time, t) {
	let low = 0;
	let high = time.length;

	while (low < high) {
		const mid = low + high >> 1;

		if (time[mid] < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * Rows of the bins in [from, to).
 * @param {Cube} cube
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]}
 */
export function cubeRange(cube, from, to) {
	return [lowerBound(cube.time, from), lowerBound(cube.time, to)];
}

/** All cubes of one run. */
export class CubeStore {
	/**
	 * @param {() => Base64Bytes} open called once, when something is asked for
	 * @param {Map<number, number>} bins width of the bins by track
	 */
	constructor(open, bins) {
		this.open = open;
		/** @type {Base64Bytes | null} */
		this.opened = null;
		this.bins = bins;
		/** @type {Map<number, { at: number, bytes: number, rows: number }[]> | null} */
		this.blocks = null;
		/** @type {Map<number, Promise<Cube>>} */
		this.cubes = new Map();
	}

	get bytes() {
		return this.opened = this.opened || this.open();
	}

	/** Where the blocks of each track lie. */
	directory() {
		if (this.blocks)
			return this.blocks;
		/** @type {Map<number, { at: number, bytes: number, rows: number }[]>} */
		const found = new Map();

		for (let at = 0; at < this.bytes.length;) {
			const header = this.bytes.slice(at, Math.min(64, this.bytes.length - at));
			const bytes = blockLength(header, 0);
			const view = new DataView(header.buffer, header.byteOffset, 64);
			const track = view.getUint16(6, true);
			const list = found.get(track) || [];

			if (at + bytes > this.bytes.length)
				throw new DataError('cube block at byte ' + at + ' is cut');
			list.push({ at, bytes, rows: view.getUint32(12, true) });
			found.set(track, list);
			at += bytes;
		}
		this.blocks = found;
		return found;
	}

	/**
	 * @param {number} track
	 * @param {number} columns of the track, time included
	 * @returns {Promise<Cube>}
	 */
	get(track, columns) {
		let cube = this.cubes.get(track);

		if (!cube) {
			cube = this.decode(track, columns);
			this.cubes.set(track, cube);
		}
		return cube;
	}

	/** @param {number} track @param {Cube} cube */
	put(track, cube) {
		this.cubes.set(track, Promise.resolve(cube));
	}

	/**
	 * @param {number} track
	 * @param {number} columns
	 * @returns {Promise<Cube>}
	 */
	async decode(track, columns) {
		const list = this.directory().get(track) || [];
		const rows = list.reduce((sum, b) => sum + b.rows, 0);
		const out = Array.from({ length: columns }, () => new Float64Array(rows));
		let row = 0;

		for (const where of list) {
			const work = blockDecoding(this.bytes.slice(where.at, where.bytes), 0, 0n);
			let step = work.next();

			while (!step.done) {
				if (tired())
					await pause();
				step = work.next();
			}
			const block = step.value;

			if (row + block.rows > rows)
				throw new DataError('cube has more rows than announced');
			for (let c = 0; c < columns; c++) {
				const column = block.column[c];

				if (column)
					out[c].set(column, row);
			}
			row += block.rows;
		}
		return { rows, bin: this.bins.get(track) || 1, time: out[0], column: out };
	}
}
