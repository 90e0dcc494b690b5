/* SPDX-License-Identifier: MIT */
/* web/data/series.js: values as the C encoder writes them, values beyond 2^53, and hostile streams. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { blockDecode, blockLength } from '../../web/data/block.js';
import { DataError, le16 } from '../../web/data/bytes.js';
import { cycleColumn, runsColumn, seriesColumn } from '../../web/data/series.js';

/** @param {(number | bigint)[]} list LEB128 numbers */
function numbers(list) {
	let at = 0;

	return { next: () => Number(list[at++]), nextBig: () => BigInt(list[at++]), end: () => at >= list.length };
}

/** @param {number[]} list */
function words(list) {
	return { lo: Uint32Array.from(list), hi: null };
}

/** The first tick of the capture, CLOCK_REALTIME. */
const origin = 1768068367500000000n;

test('what kymo writes of a capture', () => {
	const folder = mkdtempSync(join(tmpdir(), 'kymo-web-'));
	const capture = join(process.env.KYMO_SOURCE, 'tests/fixtures/perfcollector/small.jsonl');
	const file = join(folder, 'x.kymo');

	try {
		execFileSync(process.env.KYMO, ['convert', '--quiet', capture, '-o', file]);
		const bytes = new Uint8Array(readFileSync(file));
		const texts = readFileSync(capture, 'utf8').trim().split('\n').map(l => JSON.parse(l))
			.filter(r => r.Host === 0 && r.Measurement.System === '/proc/stat').map(r => r.Measurement.Measurement);
		const names = new Map();
		const series = new Map();
		const rows = [];

		for (let at = 64; at < bytes.length - 32; at += blockLength(bytes, at)) {
			const track = le16(bytes, at + 6);

			if (track !== 14 && track !== 15 && track !== 26)
				continue;
			const b = blockDecode(bytes, at, origin);

			for (let i = 0; i < b.rows; i++)
				if (track === 14)
					names.set(b.column[1][i], b.text[2].text[b.text[2].at[i]]);
				else if (track === 15)
					series.set(b.column[1][i], names.get(b.column[2][i]) + ' ' + b.column[3][i]);
				else
					rows.push([b.time[i], series.get(b.column[1][i]), b.column[2][i]]);
		}
		const times = [...new Set(rows.map(r => r[0]))];

		assert.equal(times.length, 3);
		assert.equal(times[1] - times[0], 5.25e9);
		texts.forEach((text, tick) => {
			for (const line of text.trim().split('\n').filter(l => l.startsWith('cpu'))) {
				const [cpu, user, , system] = line.split(/ +/);
				const number = cpu === 'cpu' ? 4294967295 : Number(cpu.slice(3));
				const got = name => rows.find(r => r[0] === times[tick] && r[1] === name + ' ' + number)[2];

				assert.equal(got('cpu.user'), Number(user));
				assert.equal(got('cpu.system'), Number(system));
			}
		});
		assert.equal(rows.filter(r => r[1] === 'cpu.user 1').length, 2, 'the CPU that went has no third value');
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test('runs', () => {
	assert.deepEqual([...runsColumn(numbers([2, 1, 3]), words([0, 20, 1]), 5, 6)], [5, 5, 15, 24, 24, 24]);
	for (const [lengths, second] of [[[2], [0]], [[9], [0]], [[3, 0], [0, 2]], [[1, 2], [0]], [[1, 2], [0, 1]]])
		assert.throws(() => runsColumn(numbers(lengths), words(second), 5, 3), DataError);
});

test('cycles', () => {
	const out = new Uint32Array(7);

	cycleColumn(numbers([0, 2, 1, 2, 1, 2, 1, 3]), out);
	assert.deepEqual([...out], [1, 2, 3, 1, 2, 3, 1]);
	for (const list of [[], [1, 2], [0, 2], [0, 2, 1, 2, 9, 2], [0, 2, 1, 2, 1, 1, 4, 2, 0, 2]])
		assert.throws(() => cycleColumn(numbers(list), new Uint32Array(7)), DataError);
});

test('series, wrapping and signed ones too', () => {
	const keys = Uint32Array.from([1, 2, 1, 2, 1, 2]);
	const out = new Float64Array(6);

	seriesColumn(Uint8Array.from([1, 0]), numbers([100, 4, 7]), words([2, 3]), 2, keys, out);
	assert.deepEqual([...out], [100, 7, 104, 7, 96, 7]);
	seriesColumn(Uint8Array.from([2, 1]), numbers([0, 10, 5, 1]), words([2, 2, 9, 8]), 4, keys, out);
	assert.deepEqual([...out], [0, 5, 10, 0, 30, 4]);
	seriesColumn(Uint8Array.from([1, 0]), numbers([(1n << 64n) - 1n, 1, 7]), words([2, 2]), 2, keys, out);
	assert.deepEqual([...out], [2 ** 64, 7, 0, 7, 1, 7]);
	seriesColumn(Uint8Array.from([1, 0]), numbers([0, 1, 7]), words([1, 2]), 2, keys, out);
	assert.deepEqual([...out], [0, 7, 2 ** 64, 7, 0, 7]);
	seriesColumn(Uint8Array.from([1, 1]), numbers([3, 2, 4, 1]), null, -1, keys, out);
	assert.deepEqual([...out], [3, 4, 3, 4, 3, 4]);
});

test('hostile series', () => {
	const keys = Uint32Array.from([1, 2, 1]);
	const out = new Float64Array(3);

	for (const [kinds, n] of [[[1], 1], [[1, 0, 0], 1], [[3, 0], 1], [[1, 0], 0], [[1, 0], 2]])
		assert.throws(() => seriesColumn(Uint8Array.from(kinds), numbers([1, 1, 1]),
			words(new Array(n).fill(0)), n, keys, out), DataError);
});
