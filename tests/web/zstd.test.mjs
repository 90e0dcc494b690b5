/* SPDX-License-Identifier: MIT */
/* web/data/zstd.js against the zstd program: all block, literal and table kinds, and hostile bytes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';

import { zstdDecode } from '../../web/data/zstd.js';
import { randomSource } from './random.mjs';

const haveZstd = spawnSync('zstd', ['--version']).status === 0;
const skip = haveZstd ? false : 'needs the zstd program';

/** @param {Uint8Array} raw @param {string[]} options */
function compress(raw, options) {
	const run = spawnSync('zstd', ['-q', '-c', ...options], { input: raw, maxBuffer: 64 << 20 });

	assert.equal(run.status, 0, String(run.stderr));
	return new Uint8Array(run.stdout);
}

/** Inputs that lead the compressor into different kinds of blocks. */
function inputs() {
	const next = randomSource(7);
	const make = (n, fn) => Uint8Array.from({ length: n }, (_, i) => fn(i));
	const words = ['switch', 'wakeup', 'kworker/0:1', 'idle', 'migrate', 'vcpu0', '\n', ' '];
	let text = '';

	while (text.length < 300000)
		text += words[next(words.length)];
	return {
		empty: new Uint8Array(0),
		one: new Uint8Array([65]),
		constant: new Uint8Array(500000).fill(7),
		noise: make(200000, () => next(256)),
		'skewed bytes': make(400000, () => Math.min(255, Math.floor(-Math.log((next(65536) + 1) / 65537) * 12))),
		'few symbols': make(70000, () => next(3)),
		text: new TextEncoder().encode(text),
		counter: make(131073, i => i & 255),
		'16 bit counter': make(300001, i => i & 1 ? i >> 9 : i >> 1),
		'long repeats': make(600000, i => (i % 70001) * 2654435761 >>> 24),
		'small literals': make(900, () => next(40)),
		'periods': make(250000, i => i % 17 === 0 ? next(256) : i % 5),
	};
}

for (const [name, raw] of Object.entries(inputs())) {
	for (const options of [['-1'], ['-3'], ['-19'], ['--fast=5'], ['-1', '--no-check'], ['--ultra', '-22', '--no-check']]) {
		test(name + ' ' + options.join(' '), { skip }, () => {
			assert.deepEqual(zstdDecode(compress(raw, options), raw.length), raw);
		});
	}
}

test('a frame of another length is refused', { skip }, () => {
	const raw = new Uint8Array(1000).fill(3);

	assert.throws(() => zstdDecode(compress(raw, ['-3']), 999), /length|output|end/);
	assert.throws(() => zstdDecode(compress(raw, ['-3']), 1001), /length|output|end/);
});

test('cut frames throw', { skip }, () => {
	const raw = inputs().text.slice(0, 20000);
	const frame = compress(raw, ['-3', '--no-check']);

	for (let n = 0; n < frame.length; n += 7)
		assert.throws(() => zstdDecode(frame.subarray(0, n), raw.length), /zstd/);
});

test('flipped bytes throw or give bytes, soon', { skip }, () => {
	const all = inputs();
	const next = randomSource(99);
	let thrown = 0;

	for (const name of ['text', 'skewed bytes', 'periods', 'small literals']) {
		const raw = all[name].slice(0, 30000);
		const frame = compress(raw, ['-5', '--no-check']);

		for (let i = 0; i < 1500; i++) {
			const bad = frame.slice();

			for (let k = next(3); k >= 0; k--)
				bad[next(bad.length)] ^= 1 << next(8);
			try {
				assert.equal(zstdDecode(bad, raw.length).length, raw.length);
			} catch (e) {
				assert.match(e.message, /^zstd: /);
				thrown++;
			}
		}
	}
	assert.ok(thrown > 1000);
});
