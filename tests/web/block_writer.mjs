/* SPDX-License-Identifier: MIT */
/* Writes blocks of docs/formats/recording.md, all codecs and methods, for tests of their reader. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { crc32c } from '../../web/data/crc32c.js';

export const U8 = 1, U16 = 2, U32 = 3, U64 = 4, I64 = 5, F64 = 6, TEXT = 7;
export const PLANES = 0, DELTA = 1, ZDELTA = 2, DICT = 3, AFTER = 4, TEXTS = 5;

const zigzag = v => v < 0n ? -2n * v - 1n : 2n * v;

/** @param {(number | bigint)[]} values */
function leb128(values) {
	const out = [];

	for (const value of values) {
		let v = BigInt(value);

		do {
			const byte = Number(v & 127n);

			v >>= 7n;
			out.push(v ? byte | 128 : byte);
		} while (v);
	}
	return Uint8Array.from(out);
}

/** Byte planes of unsigned values, as many as the greatest needs. */
function planes(values) {
	const small = !values.some(v => typeof v === 'bigint');
	const out = [];

	for (let shift = 0; ; shift += 8) {
		const plane = new Uint8Array(values.length);
		let more = false;

		for (let i = 0; i < values.length; i++) {
			const rest = small ? Math.floor(Number(values[i]) / 2 ** shift) : BigInt(values[i]) >> BigInt(shift);

			if (rest) {
				more = true;
				plane[i] = small ? /** @type {number} */ (rest) % 256 : Number(/** @type {bigint} */ (rest) & 255n);
			}
		}
		if (!more)
			return out;
		out.push(plane);
	}
}

/** Row numbers by first use: the list and the place of each value in it. */
function firstUse(values) {
	const places = new Map();
	const at = Array.from(values, v => {
		if (!places.has(v))
			places.set(v, places.size);
		return places.get(v);
	});

	return { list: [...places.keys()], at };
}

function bitPatterns(values) {
	const view = new DataView(new ArrayBuffer(8));

	return Array.from(values, v => {
		view.setFloat64(0, v, true);
		return view.getBigUint64(0, true);
	});
}

function afterStream(column, columns) {
	const from = columns.find(c => c.number === column.after).values;
	const out = [column.after];
	let last = 0;

	column.values.forEach((v, i) => {
		if (i && v === from[i - 1])
			return;
		out.push(i - last, v);
		last = i;
	});
	return leb128(out);
}

function columnStreams(column, columns, first) {
	const values = column.values;
	const wide = column.type >= U64;

	switch (column.codec) {
	case PLANES:
		if (column.type === F64)
			return planes(bitPatterns(values));
		if (column.type === I64)
			return planes(values.map(v => zigzag(BigInt(v))));
		return planes(values);
	case DELTA:
		return planes(values.map((v, i) => wide ?
			BigInt(v) - BigInt(i ? values[i - 1] : column.number ? 0 : first) :
			v - (i ? values[i - 1] : 0)));
	case ZDELTA:
		return planes(values.map((v, i) => zigzag(BigInt(v) - BigInt(i ? values[i - 1] : 0))));
	case DICT: {
		const { list, at } = firstUse(values);

		return [leb128(column.type === I64 ? list.map(v => zigzag(BigInt(v))) : list), ...planes(at)];
	}
	case AFTER:
		return [afterStream(column, columns)];
	case TEXTS: {
		const { list, at } = firstUse(values);

		return [new TextEncoder().encode(list.map(t => t + '\0').join('')), ...planes(at)];
	}
	}
	throw new Error('codec ' + column.codec);
}

/** Compress many buffers with one run of the zstd program; undefined where there is none. */
function zstdAll(buffers) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-zstd-'));

	try {
		buffers.forEach((b, i) => fs.writeFileSync(path.join(folder, String(i)), b));
		const run = spawnSync('zstd', ['-q', '-3', '--no-check', '-r', folder]);

		if (run.status !== 0)
			return [];
		return buffers.map((_, i) => fs.readFileSync(path.join(folder, i + '.zst')));
	} finally {
		fs.rmSync(folder, { recursive: true });
	}
}

/**
 * @typedef {{ number: number, type: number, codec: number, after?: number, values: any[] }} ColumnIn
 * @typedef {{ track: number, cpu: number, columns: ColumnIn[], minor?: boolean }} BlockIn
 */

/**
 * Encode blocks; columns[0] is time (BigInt values, absolute).
 * @param {BlockIn[]} blocks
 * @param {{ zstd?: boolean }} [options]
 * @returns {Buffer[]}
 */
export function encodeBlocks(blocks, options = {}) {
	const coded = blocks.map(b => b.columns.map(c => columnStreams(c, b.columns, b.columns[0].values[0])));
	const large = options.zstd === false ? [] : coded.flat(2).filter(s => s.length > 40);
	const packed = new Map();

	if (large.length)
		zstdAll(large).forEach((z, i) => packed.set(large[i], z));
	return blocks.map((b, n) => {
		const directory = [];
		const streams = [];

		b.columns.forEach((c, k) => {
			directory.push(c.number, c.type, c.codec, coded[n][k].length);
			for (const raw of coded[n][k]) {
				const zstd = packed.get(raw);
				let method = 0;
				let stored = raw;

				if (raw.length > 1 && raw.every(v => v === raw[0])) {
					method = 2;
					stored = raw.subarray(0, 1);
				} else if (zstd && zstd.length < raw.length) {
					method = 1;
					stored = zstd;
				}
				const words = Buffer.alloc(8);

				words.writeUInt32LE(raw.length, 0);
				words.writeUInt32LE((method << 28 | stored.length) >>> 0, 4);
				directory.push(...words);
				streams.push(stored);
			}
		});
		return sealBlock(b, n, Buffer.concat([Buffer.from(directory), ...streams]));
	});
}

function sealBlock(b, sequence, payload) {
	const time = b.columns[0].values;
	const h = Buffer.alloc(64);

	h.write('KBLK', 0, 'latin1');
	h.writeUInt16LE(64, 4);
	h.writeUInt16LE(b.track, 6);
	h.writeUInt32LE(b.cpu, 8);
	h.writeUInt32LE(time.length, 12);
	h.writeBigUInt64LE(BigInt(sequence), 16);
	h.writeBigUInt64LE(BigInt(time[0]), 24);
	h.writeBigUInt64LE(BigInt(time[time.length - 1]), 32);
	h.writeUInt32LE(payload.length, 40);
	h.writeUInt16LE(b.columns.length, 46);
	h.writeUInt32LE(crc32c(payload), 52);
	h.writeUInt32LE(crc32c(h.subarray(0, 60)), 60);
	return Buffer.concat([h, payload, Buffer.alloc((8 - payload.length % 8) % 8)]);
}
