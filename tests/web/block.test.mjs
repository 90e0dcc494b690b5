/* SPDX-License-Identifier: MIT */
/* web/data/block.js, bytes.js, crc32c.js, loghist.js: all codecs and types, and hostile bytes. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { blockDecode, blockLength } from '../../web/data/block.js';
import { Base64Bytes, DataError } from '../../web/data/bytes.js';
import { crc32c } from '../../web/data/crc32c.js';
import { Loghist, loghistBucket, loghistLow } from '../../web/data/loghist.js';
import { AFTER, DELTA, DICT, F64, I64, PLANES, TEXT, TEXTS, U16, U32, U64, U8, ZDELTA, encodeBlocks }
	from './block_writer.mjs';
import { randomSource } from './random.mjs';

/** CLOCK_MONOTONIC of a machine that has been up for more than 104 days: beyond 2^53. */
const origin = 12345678901234567n;

function sample(rows) {
	const next = randomSource(rows + 1);
	const make = fn => Array.from({ length: rows }, (_, i) => fn(i));
	let t = origin + 17n;
	const time = make(() => t += BigInt(next(3) ? next(3000) : next(90000)));
	const tids = make(() => [0, 0, 4711, 4194303, 12][next(5)]);
	const chain = make(i => i && next(20) ? tids[i - 1] : next(100000));

	return {
		track: 16, cpu: 3, columns: [
			{ number: 0, type: U64, codec: DELTA, values: time },
			{ number: 1, type: U32, codec: DICT, values: tids },
			{ number: 2, type: U32, codec: AFTER, after: 1, values: chain },
			{ number: 3, type: U16, codec: PLANES, values: make(() => next(60000)) },
			{ number: 4, type: U8, codec: PLANES, values: make(() => 0) },
			{ number: 5, type: U64, codec: PLANES, values: make(() => next(2) ? next(1 << 30) * 5000 : 3) },
			{ number: 6, type: I64, codec: ZDELTA, values: make(() => next(1 << 30) - (1 << 29)) },
			{ number: 7, type: I64, codec: PLANES, values: make(() => next(2000) - 1000) },
			{ number: 8, type: F64, codec: PLANES, values: make(i => i / 7 - 3) },
			{ number: 9, type: TEXT, codec: TEXTS, values: make(() => ['', 'kworker/0:1', 'naïve ☃', 'x'][next(4)]) },
			{ number: 10, type: U32, codec: ZDELTA, values: make(() => next(2) ? 0 : 4294967295) },
			{ number: 11, type: U32, codec: DELTA, values: make(i => i * 3) },
			{ number: 12, type: U8, codec: PLANES, values: make(() => 9) },
		] };
}

for (const rows of [1, 2, 100, 16384]) {
	for (const zstd of [true, false]) {
		test(rows + ' rows, ' + (zstd ? 'zstd' : 'stored'), () => {
			const input = sample(rows);
			const [bytes] = encodeBlocks([input], { zstd });
			const block = blockDecode(new Uint8Array(bytes), 0, origin);

			assert.equal(block.bytes, bytes.length);
			assert.equal(block.rows, rows);
			assert.equal(block.track, 16);
			assert.equal(block.cpu, 3);
			for (const c of input.columns) {
				const got = c.type === TEXT ? Array.from(block.text[c.number].at, i => block.text[c.number].text[i]) :
					Array.from(block.column[c.number]);
				const want = c.number ? c.values : c.values.map(v => Number(v - origin));

				assert.deepEqual(got, want, 'column ' + c.number);
			}
		});
	}
}

test('only wanted columns are decoded, and what they follow', () => {
	const [bytes] = encodeBlocks([sample(50)]);
	const b = blockDecode(new Uint8Array(bytes), 0, origin, [3]);

	assert.deepEqual(Object.keys(b.column), ['0', '3']);
	assert.ok(blockDecode(new Uint8Array(bytes), 0, origin, [2]).column[2]);
});

test('every cut of a block throws', () => {
	const [bytes] = encodeBlocks([sample(40)]);

	for (let n = 0; n < bytes.length - 8; n++)
		assert.throws(() => blockDecode(new Uint8Array(bytes.subarray(0, n)), 0, origin), DataError);
});

test('every flipped bit of a header or payload is noticed', () => {
	const [bytes] = encodeBlocks([sample(40)]);
	const end = 64 + bytes.readUInt32LE(40);

	for (let bit = 0; bit < end * 8; bit += 5) {
		const bad = new Uint8Array(bytes);

		bad[bit >> 3] ^= 1 << (bit & 7);
		assert.throws(() => blockDecode(bad, 0, origin), DataError, 'bit ' + bit);
	}
});

test('wrong payloads behind right checksums throw DataError or decode, soon', () => {
	const [bytes] = encodeBlocks([sample(300)]);
	const next = randomSource(5);
	let thrown = 0;

	for (let i = 0; i < 4000; i++) {
		const bad = Buffer.from(bytes);
		const length = bad.readUInt32LE(40);

		for (let k = next(4); k >= 0; k--)
			bad[64 + next(next(2) ? 200 : length)] = next(256);
		bad.writeUInt32LE(crc32c(bad.subarray(64, 64 + length)), 52);
		bad.writeUInt32LE(crc32c(bad.subarray(0, 60)), 60);
		try {
			blockDecode(new Uint8Array(bad), 0, origin);
		} catch (e) {
			assert.ok(e instanceof DataError, e.stack);
			thrown++;
		}
	}
	assert.ok(thrown > 2000);
});

test('blockLength refuses what is no header', () => {
	assert.throws(() => blockLength(new Uint8Array(10), 0), DataError);
	assert.throws(() => blockLength(new Uint8Array(64), 0), DataError);
});

test('base64 slices equal the bytes', () => {
	for (const n of [0, 1, 2, 3, 4, 5, 100, 1000]) {
		const raw = Uint8Array.from({ length: n }, (_, i) => i * 37 & 255);
		const b = new Base64Bytes('\n' + Buffer.from(raw).toString('base64') + '\n');

		assert.equal(b.length, n);
		for (let at = 0; at <= n; at += Math.ceil(n / 13) || 1) {
			for (const len of [0, 1, 2, 3, 7, n - at])
				if (at + len <= n)
					assert.deepEqual(b.slice(at, len), raw.subarray(at, at + len));
		}
		assert.throws(() => b.slice(0, n + 1), DataError);
	}
	assert.throws(() => new Base64Bytes('abc'), DataError);
	assert.throws(() => new Base64Bytes('ab!d').slice(0, 3), DataError);
	assert.throws(() => new Base64Bytes('abcdab=d').slice(0, 6), DataError);
});

test('CRC-32C of RFC 3720 B.4', () => {
	assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
	assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
	assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
	assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283);
});

test('log buckets', () => {
	for (const [v, bucket] of [[0, 0], [15, 15], [16, 16], [31, 31], [32, 32], [33, 32], [34, 33], [1000, 111], [2 ** 40, 592]])
		assert.equal(loghistBucket(v), bucket, String(v));
	for (let b = 1; b < 700; b++) {
		assert.equal(loghistBucket(loghistLow(b)), b);
		assert.equal(loghistBucket(loghistLow(b) - 1), b - 1);
	}
});

test('quantiles', () => {
	const h = new Loghist();

	for (const v of [100, 200, 300, 1000000])
		h.addCell(loghistBucket(v), 1, v, v);
	assert.equal(h.quantile(0), 102);
	assert.equal(h.quantile(0.5), loghistLow(loghistBucket(200)) + 4);
	assert.equal(h.quantile(1), 999424);
	assert.equal(new Loghist().quantile(0.5), 0);
	const one = new Loghist();

	one.addCell(loghistBucket(777), 1, 777, 777);
	assert.equal(one.quantile(0.99), 777);
});
