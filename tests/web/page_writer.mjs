/* SPDX-License-Identifier: MIT */
/*
 * Writes report pages as docs/formats/page.md describes them, from made-up runs: the viewer can be
 * worked on and tested without a recording.
 *
 *	node page_writer.mjs OUT.html VIEWER.js VIEWER.css [--tasks N] [--cpus N] [--span MS] [--runs N] [--losses N] [--speed X] [--kvm 1] [--packages N] [--profile 1] [--counters INTERVAL_MS] [--metrics TICKS [--more N] [--many N]]
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { AFTER, DELTA, DICT, F64, PLANES, U16, U32, U64, U8, encodeBlocks } from './block_writer.mjs';
import { counted } from './counted.mjs';
import { measured, measuredBlocks } from './measured.mjs';
import { profiled } from './profiled.mjs';
import { simulate, simulatedCubes } from './simulation.mjs';

const BLOCK_ROWS = 16384;
const START = 123456789012345n;

function cut(rows, n) {
	const out = [];

	for (let i = 0; i < rows.length; i += n)
		out.push(rows.slice(i, i + n));
	return out;
}

function blocks(track, cpu, rows, columns, origin) {
	return cut(rows, BLOCK_ROWS).map(part => ({
		track, cpu, columns: [
			{ number: 0, type: U64, codec: DELTA, values: part.map(r => BigInt(r[0]) + origin) },
			...columns.map((c, i) => ({ number: c.number || i + 1, values: part.map(r => r[c.from]), ...c })),
		] }));
}

function eventBlocks(sim) {
	const out = [];
	const tid = sim.tasks.map(t => t.tid);

	for (let c = 0; c < sim.cpus; c++) {
		out.push(...blocks(16, c, sim.switches[c].map(s => [s[0], tid[s[1]], tid[s[2]], s[3], s[4]]), [
			{ from: 1, type: U32, codec: DICT }, { from: 2, type: U32, codec: AFTER, after: 1 },
			{ from: 3, type: U16, codec: PLANES }, { from: 4, type: U8, codec: PLANES }], START));
		out.push(...blocks(17, c, sim.wakeups[c], [
			{ from: 1, type: U32, codec: DICT }, { from: 2, type: U32, codec: DICT },
			{ from: 3, type: U16, codec: PLANES }, { from: 4, type: U8, codec: PLANES }], START));
		if (sim.samples) {
			out.push(...blocks(23, c, sim.samples[c], [{ from: 1, type: U16, codec: PLANES }, { from: 2, type: U32, codec: DICT }, { from: 3, type: U32, codec: AFTER, after: 2 },
				{ from: 4, type: U32, codec: PLANES }, { from: 5, type: U64, codec: DICT }, { from: 6, type: U8, codec: PLANES }], START));
		}
		if (!sim.exits)
			continue;
		out.push(...blocks(19, c, sim.exits[c], [{ from: 1, type: U32, codec: DICT }, { from: 2, type: U8, codec: PLANES },
			{ from: 3, type: U32, codec: DICT }], START));
		out.push(...blocks(20, c, sim.entries[c], [{ from: 1, type: U32, codec: DICT }], START));
	}
	return sim.measured ? [...out, ...measuredBlocks(sim.measured, START)] : out;
}

function cubeBlocks(cubes, sim) {
	const none = 0xffffffff;

	return [
		...blocks(200, none, cubes.run, [{ from: 1, type: U32, codec: PLANES }, { from: 2, type: U32, codec: PLANES },
			{ from: 3, type: U64, codec: PLANES }, { from: 4, type: U32, codec: PLANES }], 0n),
		...blocks(201, none, cubes.delay, [{ from: 1, type: U8, codec: PLANES }, { from: 2, type: U32, codec: PLANES },
			{ from: 3, type: U16, codec: PLANES }, { from: 4, type: U32, codec: PLANES },
			{ from: 5, type: U64, codec: PLANES }, { from: 6, type: U64, codec: PLANES }], 0n),
		...blocks(202, none, cubes.next, [{ from: 1, type: U32, codec: PLANES }, { from: 2, type: U32, codec: PLANES },
			{ from: 3, type: U32, codec: PLANES }], 0n),
		...blocks(203, none, cubes.exit, [{ from: 1, type: U32, codec: PLANES }, { from: 2, type: U8, codec: PLANES },
			{ from: 3, type: U32, codec: PLANES }, { from: 4, type: U32, codec: PLANES }, { from: 5, type: U64, codec: PLANES },
			{ from: 6, type: U64, codec: PLANES }, { from: 7, type: U32, codec: PLANES }, { from: 8, type: U32, codec: PLANES }], 0n),
		...blocks(204, none, sim.sampleCube?.cells || [], [{ from: 1, type: U16, codec: PLANES }, { from: 2, type: U32, codec: PLANES }, { from: 3, type: U32, codec: PLANES },
			{ from: 4, type: U32, codec: PLANES }, { from: 5, type: U64, codec: PLANES }], 0n),
		...blocks(205, none, sim.offcpu?.cells || [], [{ from: 1, type: U32, codec: PLANES }, { from: 2, type: U32, codec: PLANES }, { from: 3, type: U32, codec: PLANES },
			{ from: 4, type: U64, codec: PLANES }, { from: 5, type: U64, codec: PLANES }], 0n),
		...blocks(206, none, sim.counters?.cells || [], [{ from: 1, type: U16, codec: DICT }, { from: 2, type: U8, codec: PLANES }, { from: 3, type: U32, codec: DICT }, { from: 4, type: U32, codec: DICT },
			{ from: 5, type: U64, codec: PLANES }, { from: 6, type: U8, codec: PLANES }, ...[7, 8, 9, 10, 11].map(from => ({ from, type: U64, codec: PLANES })), { from: 12, type: F64, codec: PLANES }, { from: 13, type: F64, codec: PLANES }], 0n),
	];
}

/** Cells of bins twice as wide; the last columns are summed, or the greatest taken. */
function joinBins(cells, bin, keys, merge) {
	const by = new Map();

	for (const cell of cells) {
		const time = Math.floor(cell[0] / bin) * bin;
		const key = time + ' ' + cell.slice(1, keys).join(' ');
		const old = by.get(key);

		if (old)
			merge(old, cell);
		else
			by.set(key, [time, ...cell.slice(1)]);
	}
	return [...by.values()].sort((a, b) => a[0] - b[0]);
}

const cubeKinds = {
	run: { keys: 3, merge: (a, b) => { a[3] += b[3]; a[4] += b[4]; } },
	delay: { keys: 4, merge: (a, b) => { a[4] += b[4]; a[5] = Math.max(a[5], b[5]); a[6] += b[6]; } },
	next: { keys: 3, merge: (a, b) => { a[3] += b[3]; } },
	exit: { keys: 4, merge: (a, b) => { a[4] += b[4]; a[5] += b[5]; a[6] = Math.max(a[6], b[6]); a[7] += b[7]; a[8] += b[8]; } },
};

/** The finest bins that give at most 200,000 cells. */
function fitCubes(sim) {
	const base = Math.max(1, Math.ceil(sim.span / 2048));
	const cells = sim.samplesOnly ? { run: [], delay: [], next: [], exit: [] } : simulatedCubes(sim, base);
	const bins = { run: base, delay: base, next: base, exit: base };

	for (const [name, { keys, merge }] of Object.entries(cubeKinds)) {
		while (cells[name].length > 200000 && bins[name] < sim.span) {
			bins[name] *= 2;
			cells[name] = joinBins(cells[name], bins[name], keys, merge);
		}
	}
	return { bin: bins, cells };
}

/** One run of a page: JSON and the two base64 texts. */
export function makeRun(sim, name) {
	const cubes = fitCubes(sim);
	const events = eventBlocks(sim);
	const coded = encodeBlocks(events);
	let offset = 0;
	const index = events.map((b, i) => {
		const time = b.columns[0].values;
		const row = [b.track, b.cpu, Number(time[0] - START), Number(time[time.length - 1] - START), time.length, offset,
			coded[i].length];

		offset += coded[i].length;
		return row;
	});
	const lost = sim.losses.reduce((n, l) => n + l.count, 0);
	const lostTime = sim.losses.reduce((n, l) => n + l.to - l.from, 0);

	return {
		json: {
			name, file: name + '.kymo', id: '00112233445566778899aabbccddeeff', host: 'testhost', kernel: '6.18.44',
			machine: 'x86_64', cpu_model: 'Example CPU @ 3.00GHz', engine: 'bpf', command: 'kymo record -d 2s',
			start_ns: String(START), start_real_ns: '1795224325000000000', span_ns: sim.span, complete: true, damage: '',
			cpus: Array.from({ length: sim.cpus }, (_, c) => ({ cpu: c, package: Math.floor(c * (sim.packages || 1) / sim.cpus), core: c >> 1, node: Math.floor(c * (sim.packages || 1) / sim.cpus), start: 0, end: sim.span })),
			losses: sim.losses, coverage: 1 - lostTime / (sim.span * sim.cpus), lost,
			meta: [['kymo.version', '0.1.0'], ['kernel.release', '6.18.44'], ['label', 'made up']],
			tasks: sim.tasks, bin_ns: { ...cubes.bin, sample: sim.sampleCube?.bin, offcpu: sim.offcpu?.bin, counter: sim.counters?.bin }, profile: sim.profile || null, counters: sim.counters?.json || null, exit_reasons: sim.exitReasons || [], events: index, events_note: '', views: [],
		},
		cubes: Buffer.concat(encodeBlocks(cubeBlocks(cubes.cells, sim))).toString('base64'),
		events: Buffer.concat(coded).toString('base64'),
	};
}

const hash = text => 'sha256-' + crypto.createHash('sha256').update(text).digest('base64');

/** A zstd frame (RFC 8878) of blocks that are stored as they are: needs no compressor. */
function storedFrame(raw) {
	const head = Buffer.alloc(9);
	const parts = [head];

	head.writeUInt32LE(0xfd2fb528, 0);
	head[4] = 0xa0; /* one segment, 4 bytes of content size */
	head.writeUInt32LE(raw.length, 5);
	for (let at = 0; at === 0 || at < raw.length; at += 1 << 17) {
		const block = raw.subarray(at, at + (1 << 17));
		const word = Buffer.alloc(3);

		word.writeUIntLE(block.length << 3 | (at + block.length >= raw.length ? 1 : 0), 0, 3);
		parts.push(word, block);
	}
	return Buffer.concat(parts);
}

/** The whole file. */
export function makePage(runs, script, style, title = 'made up') {
	const page = { kymo_page: 1, kymo_version: '0.1.0', title, created: '2026-11-21T02:00:00Z', runs: runs.map(r => r.json) };
	const json = JSON.stringify(page);

	return '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n' +
		'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src \'' + hash(script) +
		'\'; style-src \'' + hash(style) + '\'; img-src blob: data:; base-uri \'none\'; form-action \'none\'">\n' +
		'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>' + title + '</title>\n' +
		'<style>' + style + '</style>\n</head>\n<body>\n' +
		'<script type="application/octet-stream" id="kymo-page" data-bytes="' + Buffer.byteLength(json) + '">' +
		storedFrame(Buffer.from(json)).toString('base64') + '</script>\n' +
		runs.map((r, i) => '<script type="application/octet-stream" id="kymo-cube-' + i + '">' + r.cubes + '</script>\n' +
			'<script type="application/octet-stream" id="kymo-events-' + i + '">' + r.events + '</script>\n').join('') +
		'<script>' + script + '</script>\n</body>\n</html>\n';
}

function main(argv) {
	const [out, script, style, ...rest] = argv;
	const o = { tasks: 24, cpus: 4, span: 2000, runs: 1, losses: 0, speed: 1 };

	for (let i = 0; i < rest.length; i += 2)
		o[rest[i].slice(2)] = Number(rest[i + 1]);
	const runs = Array.from({ length: o.runs }, (_, i) =>
		makeRun(o.metrics ? measured({ cpus: o.cpus, ticks: o.metrics, more: o.more, many: o.many }) : { ...(o.counters ? sim => counted(sim, o.counters * 1e6, { seed: i + 5, slow: 1 + i / 5 }) : sim => sim)((o.profile ? profiled : sim => sim)(simulate({ ...o, span: o.span * 1e6, seed: i + 1 }), { change: i })), packages: o.packages }, o.runs > 1 ? 'run' + (i + 1) : 'example'));

	fs.writeFileSync(out, makePage(runs, fs.readFileSync(script, 'utf8'), fs.readFileSync(style, 'utf8')));
	for (const r of runs)
		process.stdout.write(r.json.events.reduce((n, e) => n + e[4], 0) + ' events, bins ' + JSON.stringify(r.json.bin_ns) + '\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	main(process.argv.slice(2));
