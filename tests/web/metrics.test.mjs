/* SPDX-License-Identifier: MIT */
/* Rates, gaps and frames of the made-up machine of measured.mjs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { Run } from '../../web/data/run.js';
import { counterStep, lineAt, lineStats, metricsOf } from '../../web/data/metrics.js';
import { busyCube, chartsOf, setsOf } from '../../web/data/metricsets.js';
import { ProcessTable } from '../../web/data/processes.js';
import { zstdDecode } from '../../web/data/zstd.js';
import { measured } from './measured.mjs';
import { makeRun } from './page_writer.mjs';

const MIB = 1 << 20;
const made = makeRun(measured(), 'made up');
const run = () => new Run(made.json, 0, () => made.cubes, () => made.events);
const near = (v, want, what) => assert.ok(Math.abs(v - want) <= Math.abs(want) * 0.02 + 1e-9, what + ': ' + v + ', not ' + want);
/** Within the span that ends with tick @k. */
const before = k => k * 1e9 - 3e8;

async function lineOf(metric, place = '') {
	const list = (await metricsOf(run())).of(metric).filter(s => !place || s.place === place);

	assert.equal(list.length, 1);
	return list[0].line();
}

test('how far a counter has come', () => {
	assert.equal(counterStep(5, 12, 64), 7);
	assert.equal(counterStep(2 ** 32 - 10, 5, 32), 15);
	/* By more than half of its range: it began anew. */
	assert.ok(Number.isNaN(counterStep(2 ** 31, 5, 32)));
	assert.ok(Number.isNaN(counterStep(1e12, 5, 64)));
	/* What does not fit says that there are 64 bits. */
	assert.ok(Number.isNaN(counterStep(2 ** 33, 5, 32)));
	/* 64 bits in two's complement. */
	assert.equal(counterStep(-3, 4, 64), 7);
});

test('rates have the time that really passed, whatever the recorder was late', async () => {
	const line = await lineOf('cpu.switches');

	assert.equal(line.values.length, 59);
	line.values.forEach((v, i) => near(v, 5000, 'tick ' + i));
	assert.deepEqual(line.gaps, []);
	assert.ok(new Set(Array.from(line.times, (t, i) => t - line.begins[i])).size > 2);
});

test('a counter of 32 bits wraps without a gap', async () => {
	const line = await lineOf('disk.reads', 'vda');

	line.values.forEach(v => near(v, 1000, 'reads'));
	assert.deepEqual(line.gaps, []);
});

test('a counter that begins anew is not known over that span', async () => {
	const line = await lineOf('network.rx_bytes', 'eth0');

	assert.equal(line.values.filter(v => Number.isNaN(v)).length, 1);
	assert.equal(line.gaps.length, 1);
	assert.equal(lineAt(line, before(40)), undefined);
	near(lineAt(line, before(42)), 2 * MIB, 'afterwards');
	near(lineStats(line, { from: 0, to: run().span }).mean, 2 * MIB, 'mean');
});

test('what is plugged in has no past, what was away no rate around that', async () => {
	const disk = await lineOf('disk.written', 'sdb');
	const cpu = await lineOf('cpu.user', 'CPU 1');

	assert.equal(disk.values.length, 39);
	assert.deepEqual(disk.gaps.map(g => [Math.round(g.from / 1e9), Math.round(g.to / 1e9)]), [[24, 26]]);
	near(lineAt(disk, before(22)), MIB, 'sdb');
	assert.equal(lineAt(disk, before(15)), undefined);
	assert.equal(lineAt(cpu, before(35)), undefined);
	near(lineAt(cpu, before(29)) * 100, 30, 'before');
	near(lineAt(cpu, before(42)) * 100, 30, 'after');
});

test('gauges are levels, in two\'s complement', async () => {
	const line = await lineOf('sensors.temperature');

	assert.deepEqual([...new Set(line.values)], [-5]);
	assert.equal(lineStats(line, { from: 0, to: run().span }).mean, -5);
});

test('the overview sums CPUs that are there and leaves out what was not measured', async () => {
	const metrics = await metricsOf(run());
	const charts = chartsOf(metrics, '');
	const cpu = charts.find(c => c.title === 'CPU time of all CPUs');

	assert.deepEqual(charts.map(c => c.title), ['CPU time of all CPUs', 'Use of each CPU', 'Context switches', 'Memory', 'Memory available', 'Disks: written', 'Disks: busy', 'Network: received']);
	assert.deepEqual(cpu.lines.map(l => l.label), ['user', 'system']);
	near(lineAt(cpu.lines[0].line(), before(5)) * 100, 25, 'both CPUs');
	/* Shares of the time that was counted, however long the second was. */
	assert.deepEqual([...new Set(cpu.lines[0].line().values.slice(2, 18))], [0.25]);
	near(lineAt(cpu.lines[0].line(), before(35)) * 100, 20, 'CPU 0 alone');
	const memory = charts.find(c => c.title === 'Memory');

	assert.deepEqual(memory.lines.map(l => l.label), ['programs and kernel', 'caches', 'free']);
	near(lineAt(memory.lines[0].line(), 5e9), 2 * 1024 * MIB - MIB, 'programs and kernel');
	/* The parts are all of the memory. */
	assert.equal(memory.lines.reduce((sum, l) => sum + lineAt(l.line(), 5e9), 0), 8 * 1024 * MIB);
	assert.deepEqual([cpu.stack, cpu.full, memory.stack], [true, 1, true]);
	near(lineAt(charts.find(c => c.title === 'Disks: busy').lines[0].line(), before(5)) * 100, 25, 'busy');
	assert.deepEqual(setsOf(metrics).map(s => s[1]), ['Overview', 'CPU', 'Disk', 'Network', 'Memory', 'Sensors', 'All']);
	assert.equal(chartsOf(metrics, 'all').length, 10);
});

test('the strip shows how much of each CPU was in use', async () => {
	const cube = busyCube(await metricsOf(run()));
	const share = (cpu, from, to) => {
		let [sum, n] = [0, 0];

		cube.time.forEach((t, i) => {
			if (cube.column[1][i] === cpu && t >= from && t < to) {
				sum += cube.column[3][i] / cube.bin;
				n++;
			}
		});
		return n ? sum / n : 0;
	};

	near(share(0, 2e9, 50e9), 0.3, 'CPU 0');
	near(share(1, 2e9, 20e9), 0.4, 'CPU 1');
	assert.equal(share(1, 32e9, 37e9), 0);
});

test('a run with metrics alone has no scheduling', () => {
	assert.equal(run().hasMetrics(), true);
	assert.equal(run().hasScheduling(), false);
});

test('the process table is of the frame around a time', async () => {
	const table = new ProcessTable(run());
	const at = async t => new Map((await table.at(t)).processes.map(p => [p.tid, p]));
	const frame = await table.at(before(8));

	assert.deepEqual([frame.from, frame.to].map(t => Math.round(t / 1e9)), [7, 8]);
	near((await at(before(8))).get(100).cpu, 0.5, 'server');
	near((await at(before(8))).get(100).read, MIB, 'its reads');
	assert.equal((await at(before(8))).get(100).rss, 64 * MIB);
	assert.equal((await at(before(8))).get(300).read, undefined);
	assert.equal((await at(before(8))).has(200), false);
	assert.equal((await at(before(15))).get(200).begun, true);
	near((await at(before(15))).get(200).cpu, 0.1, 'late');
	assert.equal((await at(before(20))).get(200).begun, false);
	/* What ended in between is of that frame, and of none after it. */
	assert.equal((await at(before(25))).get(300).ended, true);
	/* Tick 24 was 0.3 s late. */
	near((await at(before(25))).get(300).cpu, 0.08 / 0.7, 'until it ended');
	assert.equal((await at(before(27))).has(300), false);
	/* The id is used again. */
	assert.equal((await at(before(40))).get(400).begun, true);
	near((await at(before(40))).get(400).cpu, 0.03, 'again');
	/* Before the first tick and after the last one: the nearest frames. */
	assert.equal(Math.round((await table.at(0)).to / 1e9), 1);
	assert.equal(Math.round((await table.at(1e12)).to / 1e9), 59);
});

test('frames across blocks are the same', async () => {
	/* Some hundred processes: a block has 32768 rows. */
	const long = makeRun(measured({ ticks: 200, many: 400 }), 'long');
	const table = new ProcessTable(new Run(long.json, 0, () => long.cubes, () => long.events));

	let decoded = 0;
	const block = table.block.bind(table);

	table.block = entry => {
		decoded++;
		return block(entry);
	};
	assert.ok(table.entries.length > 2);
	/* Blocks end within a tick. */
	assert.ok(table.entries.some((e, i) => i && e.first === table.entries[i - 1].last));
	for (let k = 1; k < 199; k++) {
		decoded = 0;
		const frame = await table.at(k * 1e9 + 5e8);

		assert.ok(decoded <= 3, decoded + ' blocks at ' + k);
		const p = new Map(frame.processes.map(x => [x.tid, x]));

		near(p.get(100).cpu, 0.5, 'server at ' + k);
		near(p.get(1399).cpu, 0.399, 'worker at ' + k);
		assert.ok(frame.from <= k * 1e9 + 5e8 && frame.to >= k * 1e9 + 5e8, 'frame of ' + k);
	}
	assert.equal(await table.at(50e9, () => false), null);
});

/** The first run of a page that kymo wrote. */
function runOf(html) {
	const text = id => html.match(new RegExp('id="' + id + '"[^>]*>([^<]*)<'))[1];
	const bytes = Number(html.match(/id="kymo-page" data-bytes="(\d+)"/)[1]);
	const page = JSON.parse(new TextDecoder().decode(zstdDecode(new Uint8Array(Buffer.from(text('kymo-page'), 'base64')), bytes)));

	return new Run(page.runs[0], 0, () => text('kymo-cube-0'), () => text('kymo-events-0'));
}

test('pages of kymo report hold metrics, within their room', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'kymo-web-'));
	const file = join(folder, 'x.kymo');
	const report = (...more) => {
		execFileSync(process.env.KYMO, ['report', '--quiet', file, '-o', join(folder, 'x.html'), ...more]);
		return runOf(readFileSync(join(folder, 'x.html'), 'utf8'));
	};

	try {
		execFileSync(process.env.KYMO, ['convert', '--quiet', join(process.env.KYMO_SOURCE, 'tests/fixtures/perfcollector/small.jsonl'), '-o', file]);
		const whole = report();
		const metrics = await metricsOf(whole);

		assert.equal(whole.hasScheduling(), false);
		assert.equal(metrics.unknown, 0);
		assert.equal(metrics.of('cpu.switches').length, 1);
		assert.ok(metrics.of('cpu.switches')[0].line().values.every(v => v > 0));
		/* Series stay, values go. */
		assert.equal(report('--events-max', '64').hasMetrics(), false);
		assert.match(report('--events-max', '64').json.events_note, /left out of this page/);
		assert.equal(report('--view', 'metrics').hasMetrics(), true);
	} finally {
		rmSync(folder, { recursive: true });
	}
});
