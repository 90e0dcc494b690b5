/* SPDX-License-Identifier: MIT */
/* Counts over time: formulas, sums over places and windows, what lines show in a pixel. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { OF_CPU, OF_SLICES, countActivity, countIn, countsOf, peakIn, regularGrid, sumCounts, turnGrid } from '../../web/data/counts.js';
import { placesOf, splitsOf } from '../../web/data/countplaces.js';
import { evaluate, eventsOf, exactly, isRate } from '../../web/data/formula.js';
import { Run } from '../../web/data/run.js';
import { TimeScale } from '../../web/mark/axes.js';
import { commonGaps, pixelColumns, pointAt, pointsIn } from '../../web/mark/linedata.js';
import { CLOCK, CYCLES, INSTRUCTIONS, MISSES, NEVER, cell, counted, countersJson } from './counted.mjs';
import { makeRun } from './page_writer.mjs';
import { simulate } from './simulation.mjs';

const MS = 1e6;

/* ---- formulas: the same cases as of src/metric/expression ---- */

const names = { 1: { value: 10, low: 8, high: 12 }, 2: { value: 2, low: 1, high: 4 }, 3: { value: 1, low: -1, high: 3 }, 4: exactly(0) };
const [a, b, c, z, q] = [1, 2, 3, 4, 9].map(event => ({ event }));
const run = (...formula) => evaluate(formula, event => names[event] || null, 2.5);

test('formulas: values, and what is missing', () => {
	for (const [formula, want] of [[[10, 3, '-', 4, 2, '*', '+'], 15], [[8, 4, '/', 2, '*', 10, '/'], 0.4], [[2, 'neg', 3, 'neg', '*'], 6], [[3, 1, 2, 'min', 'min'], 1], [[3, 5, 'max', 2, 'max'], 5],
		[[1, 2, '<', 7, 8, 'if'], 7], [[2, 1, '<=', 7, 8, 'if'], 8], [[2, 2, '!=', 7, 8, 'if'], 8], [[1, 1, '==', 3, 3, '>=', '+'], 2], [[q, 'known'], 0], [[a, 'known'], 1],
		[[z, 1, z, '/', 5, 'if'], 5], [[q, 'known', q, 4, 'if'], 4], [[a, b, '/'], 5], [[a, 'interval', '/'], 4], [[z, a, '/'], 0]])
		assert.equal(run(...formula)?.value, want, JSON.stringify(formula));
	for (const formula of [[q, 1, '+'], [0, q, '*'], [a, z, '/'], [a, b, 2, '-', '/'], [1e308, 10, '*'], [q, 1, 2, 'if'], [1, q, 'min'], [], ['+'], [1, 2, 'dance']])
		assert.equal(run(...formula), null, JSON.stringify(formula));
});

test('formulas: ranges', () => {
	for (const [formula, low, high] of [[[a, b, '+'], 9, 16], [[a, b, '-'], 4, 11], [[a, c, '*'], -12, 36], [[a, b, '/'], 2, 12], [[a, 'neg'], -12, -8], [[1, c, '/'], -Infinity, Infinity],
		[[a, 11, 'max'], 11, 12], [[2, 3, '*'], 6, 6], [[b, 3, '>'], 0, 1], [[a, b, '>'], 1, 1], [[b, 3, '>', 100, 5, 'if'], 5, 100], [[a, b, '>', 100, 5, 'if'], 100, 100]]) {
		const r = run(...formula);

		assert.deepEqual([r.low, r.high], [low, high], JSON.stringify(formula));
	}
	assert.deepEqual(eventsOf([a, b, '+', a, '/']), [1, 2]);
	assert.equal(isRate([a, 1e6, '/', 'interval', '/']), true);
	assert.equal(isRate([a, b, '/', 'interval', '/']), false);
	assert.equal(isRate([a, 1000, '/']), false);
});

/* ---- sums ---- */

const series = (...rows) => ({ from: Float64Array.from(rows, r => r[0]), to: Float64Array.from(rows, r => r[1]), value: Float64Array.from(rows, r => r[2]), low: Float64Array.from(rows, r => r[3] ?? r[2]),
	high: Float64Array.from(rows, r => r[4] ?? r[2]), least: null, most: null });
const spans = (...list) => ({ from: Float64Array.from(list, s => s[0]), to: Float64Array.from(list, s => s[1]) });

test('places are summed on common spans', () => {
	const grid = spans([0, 100], [100, 200], [200, 300]);
	/* A microsecond of a tick late is the same tick. */
	const late = sumCounts([series([0, 100, 5], [100, 200, 6], [200, 300, 7]), series([1, 101, 10], [101, 199, 20, 15, 30], [199, 301, 40])], grid, true);

	assert.deepEqual([...late.value], [15, 26, 47]);
	assert.deepEqual([...late.low], [15, 21, 47]);
	assert.deepEqual([...late.high], [15, 36, 47]);
	/* What lies across is shared out by time; who says nothing counted nothing, or makes the sum unknown. */
	assert.deepEqual([...sumCounts([series([50, 250, 40])], grid, false).value], [10, 20, 10]);
	assert.deepEqual([...sumCounts([series([0, 100, 1], [200, 300, 2]), series([0, 300, 30])], grid, true).value], [11, NaN, 12]);
	assert.deepEqual([...sumCounts([series([0, 100, 1], [200, 300, 2]), series([0, 300, 30])], grid, false).value], [11, 10, 12]);
	assert.deepEqual([...sumCounts([], grid, false).value], [0, 0, 0]);
	assert.deepEqual([...sumCounts([series([0, 100, 5])], spans(), true).value], []);
});

test('spans: regular ones, and those of turns with what is between', () => {
	assert.deepEqual(regularGrid(100, { from: 150, to: 320 }, 350), spans([100, 200], [200, 300], [300, 350]));
	assert.deepEqual(turnGrid([series([0, 100, 1], [100, 200, 1]), series([1, 101, 1], [101, 201, 1])]), spans([0, 100], [100, 200]));
	/* Nobody ran from 200 to 700. */
	assert.deepEqual(turnGrid([series([0, 100, 1], [100, 200, 1], [700, 800, 1])]), spans([0, 100], [100, 200], [200, 700], [700, 800]));
	assert.deepEqual(turnGrid([series([103, 200, 1], [204, 300, 1])]), spans([103, 200], [200, 300]));
	assert.deepEqual(turnGrid([]), spans());
});

const base = () => simulate({ cpus: 3, tasks: 8, span: 1000 * MS, losses: 0, seed: 3 });

async function open(sim) {
	const made = makeRun(sim, 'run');
	const r = new Run(structuredClone(made.json), 0, () => made.cubes, () => made.events);

	return { run: r, counts: await countsOf(r) };
}

const wanted = (r, o = {}) => ({ mask: new Uint8Array(r.tasks.length).fill(1), row: r.tasks.row, all: true, ...o });

test('a page of CPUs', async () => {
	const { run: r, counts } = await open(counted(base(), 10 * MS));
	const whole = { from: 0, to: r.span };
	const sumOf = (event, cells = counted(base(), 10 * MS).counters.cells) => cells.filter(k => k[1] === event && k[6]).reduce((s, k) => s + k[7], 0);

	assert.deepEqual(splitsOf(counts), ['system', 'cpu']);
	const [all] = placesOf(counts, 'system', wanted(r));
	const cpus = placesOf(counts, 'cpu', wanted(r));

	assert.deepEqual(cpus.map(p => p.cpu), [0, 1, 2]);
	assert.equal(placesOf(counts, 'task', wanted(r)).length, 0);
	for (const event of [CYCLES, INSTRUCTIONS, MISSES]) {
		assert.equal(all.countIn(event, whole).value, sumOf(event));
		assert.equal(cpus.reduce((s, p) => s + p.countIn(event, whole).value, 0), sumOf(event));
		/* The lines hold the same. */
		const line = all.counted(event, whole);

		assert.ok(Math.abs(line.value.reduce((s, v) => s + (v || 0), 0) - sumOf(event)) < 1);
	}
	assert.equal(all.countIn(CLOCK, whole).value, 3 * r.span);
	assert.equal(all.rateIn(counts.events[3], { from: 100 * MS, to: 303 * MS }), 3e9);
	assert.equal(all.countIn(NEVER, whole).known, false);
	assert.equal(all.inexact(MISSES), true);
	assert.equal(all.inexact(CYCLES), false);
	/* Windows take readings that end in them: sums of neighbours add up. */
	const parts = [[0, 333 * MS], [333 * MS, 700 * MS], [700 * MS, r.span]].map(([from, to]) => all.countIn(CYCLES, { from, to }).value);

	assert.equal(parts.reduce((s, v) => s + v, 0), sumOf(CYCLES));
	assert.deepEqual([all.countIn(CYCLES, { from: 100 * MS, to: 101 * MS }).places, all.countIn(CYCLES, { from: 101 * MS, to: 109 * MS }).places], [3, 0]);
	/* The ratio of sums, and over time of each span. */
	const [ipc] = counts.metrics;
	const r0 = all.metricIn(ipc, whole);

	assert.ok(Math.abs(r0.value - sumOf(INSTRUCTIONS) / sumOf(CYCLES)) < 1e-12);
	const over = all.metric(ipc, whole);

	assert.equal(over.value.length, 100);
	assert.ok(over.value.every((v, i) => Math.abs(v - all.onGrid(INSTRUCTIONS, whole).value[i] / all.onGrid(CYCLES, whole).value[i]) < 1e-12));
	const mpki = all.metric(counts.metrics[1], whole);

	assert.ok(Number.isNaN(mpki.value[37]) && mpki.low[3] < mpki.value[3] && mpki.high[3] > mpki.value[3]);
	assert.equal(all.metricIn(counts.metrics[2], whole).value, 3);
	assert.equal(peakIn(cpus[0].series.get(CLOCK)[0], whole, r.span), 1e9);
});

test('a page of tasks, and of run slices', async () => {
	for (const of of ['task', 'slices']) {
		const sim = counted(base(), 10 * MS, { of });
		const { run: r, counts } = await open(sim);
		const w = { from: 200 * MS, to: 450 * MS };
		const inside = k => k[0] + k[5] >= w.from && k[0] + k[5] < w.to;
		const tasks = placesOf(counts, 'task', wanted(r));
		const [all] = placesOf(counts, 'system', wanted(r));

		assert.deepEqual(splitsOf(counts), of === 'task' ? ['system', 'task'] : ['system', 'cpu', 'task']);
		for (const p of tasks)
			assert.equal(p.countIn(CYCLES, w).value, sim.counters.cells.filter(k => k[1] === CYCLES && k[4] === p.task && inside(k)).reduce((s, k) => s + k[7], 0));
		assert.equal(all.countIn(CYCLES, w).value, tasks.reduce((s, p) => s + p.countIn(CYCLES, w).value, 0));
		/* Over time nothing is lost at the edges of spans, or counted twice. */
		const whole = { from: 0, to: r.span };
		const line = all.counted(CYCLES, whole);

		assert.ok(Math.abs(line.value.reduce((s, v) => s + v, 0) / all.countIn(CYCLES, whole).value - 1) < 1e-9, of);
		assert.ok(line.value.every(v => v >= 0));
		/* One task of three stands aside in turn: that is 0, and known. */
		const one = tasks[0].counted(CYCLES, whole);

		assert.ok(one.value.some(v => v === 0) && !one.value.some(Number.isNaN));
		/* A filter takes some, and all of them without it. */
		const some = placesOf(counts, 'system', wanted(r, { all: false, mask: Uint8Array.from(r.tasks.all, (_, i) => Number(i === tasks[1].task)) }));

		assert.equal(some[0].countIn(CYCLES, w).value, tasks[1].countIn(CYCLES, w).value);
		/* Of tasks with a row in common. */
		const merged = placesOf(counts, 'task', wanted(r, { row: new Uint32Array(r.tasks.length).fill(tasks[0].task) }));

		assert.deepEqual(merged.map(p => p.countIn(CYCLES, w).value), [all.countIn(CYCLES, w).value]);
	}
});

test('bins of run slices follow the window, all else is summed once', async () => {
	const { run: r, counts } = await open(counted(base(), 10 * MS, { of: 'slices' }));
	const [all] = placesOf(counts, 'system', wanted(r));
	const whole = { from: 0, to: r.span };

	assert.equal(all.counted(CYCLES, whole), all.counted(CYCLES, { ...whole }));
	assert.equal(counts.grid(OF_SLICES, whole).to[0], 5 * MS);
	assert.equal(counts.grid(OF_SLICES, { from: 500 * MS, to: 520 * MS }).to[0] - 500 * MS, 0.05 * MS);
	const { counts: cpus } = await open(counted(base(), 10 * MS));

	assert.equal(cpus.grid(OF_CPU, whole), cpus.grid(OF_CPU, { from: 0, to: 5 }));
});

test('never on a counter, nothing counted, bins', async () => {
	const sim = { ...base(), counters: { json: countersJson(0), bin: 1, cells: [cell(0, NEVER, 1, 0, -1, 1000 * MS, null, { off: 1000 * MS })] } };
	const { run: r, counts } = await open(sim);
	const [all] = placesOf(counts, 'system', wanted(r));
	const w = { from: 0, to: 100 * MS };

	assert.deepEqual(all.blind(NEVER), [{ from: 0, to: 1000 * MS }]);
	assert.equal(all.countIn(NEVER, w).known, false);
	assert.equal(all.counted(NEVER, w).value.length, 0);
	assert.equal(all.rateIn(counts.events[4], w), undefined);
	assert.equal(countActivity(counts), null);
	const binned = await open(counted(base(), 10 * MS, { bin: 10 * MS }));
	const [cpu] = placesOf(binned.counts, 'cpu', wanted(binned.run));
	const line = cpu.rate(binned.counts.events[0], w);

	assert.ok(line.least[5] < line.value[5] && line.most[5] > line.value[5]);
	assert.equal(countIn([], w, 100).known, false);
});

test('how busy CPUs were where only counts tell', async () => {
	const { run: r, counts } = await open(counted(base(), 10 * MS));
	const { cube, event } = countActivity(counts);

	assert.equal(event, 'cycles');
	assert.equal(cube.bin, 10 * MS);
	assert.equal(cube.rows, 300);
	assert.equal(Math.max(...cube.column[3]), cube.bin);
	assert.deepEqual([...new Set(cube.column[1])].sort(), r.cpus);
});

/* ---- lines ---- */

const line = (rows, o = {}) => ({ label: 'x', colour: '#000000', times: Float64Array.from(rows, k => k[1]), begins: Float64Array.from(rows, k => k[0]), values: Float64Array.from(rows, k => k[2]), gaps: [], ...o });

test('the point at a time', () => {
	const s = line([[0, 10, 1], [10, 20, NaN], [30, 40, 3]]);

	assert.deepEqual([0, 9.9, 10, 19, 20, 25, 30, 39, 40, 41].map(t => pointAt(s, t)), [0, 0, -1, -1, -1, -1, 2, 2, 2, -1]);
	const moments = { ...s, begins: null, gaps: [{ from: 12, to: 18 }], values: Float64Array.of(1, 2, 3) };

	assert.deepEqual([0, 10, 14, 19, 33, 90].map(t => pointAt(moments, t)), [0, 0, -1, 1, 2, 2]);
	assert.equal(pointAt(line([]), 5), -1);
	assert.deepEqual(pointsIn(s, { from: 5, to: 30 }), [0, 2]);
	assert.deepEqual(pointsIn(s, { from: 10, to: 31 }), [1, 3]);
	assert.deepEqual(pointsIn(s, { from: 50, to: 60 }), [3, 3]);
	assert.deepEqual(pointsIn(moments, { from: 15, to: 18 }), [0, 2]);
});

test('what no line knows', () => {
	const gaps = (...list) => line([], { gaps: list.map(([from, to]) => ({ from, to })) });

	assert.deepEqual(commonGaps([gaps([0, 10], [20, 30])]), [{ from: 0, to: 10 }, { from: 20, to: 30 }]);
	assert.deepEqual(commonGaps([gaps([0, 10], [20, 30]), gaps([5, 25])]), [{ from: 5, to: 10 }, { from: 20, to: 25 }]);
	assert.deepEqual(commonGaps([gaps([0, 10]), gaps()]), []);
	assert.deepEqual(commonGaps([gaps([5, 5])]), []);
});

test('pixel columns: mean by time, extremes, ranges, nothing where nothing is', () => {
	const rows = Array.from({ length: 1000 }, (_, i) => [i, i + 1, i % 100 === 50 ? 1000 : 10]);
	const s = line(rows, { low: new Float64Array(1000).fill(5), high: new Float64Array(1000).fill(2000) });
	const columns = pixelColumns(s, new TimeScale(0, 1000, 62, 72));

	assert.equal(columns.n, 10);
	for (let i = 0; i < 10; i++) {
		assert.ok(Math.abs(columns.mean[i] - (99 * 10 + 1000) / 100) < 1e-9);
		/* No peak gets lost, however many points there are. */
		assert.deepEqual([columns.least[i], columns.most[i], columns.low[i], columns.high[i]], [10, 1000, 5, 2000]);
	}
	const holes = pixelColumns(line([[0, 100, 1], [100, 300, NaN], [600, 1000, 2]]), new TimeScale(0, 1000, 0, 10));

	assert.deepEqual([...holes.mean].map(v => Number.isNaN(v) ? 0 : v), [1, 0, 0, 0, 0, 0, 2, 2, 2, 2]);
	assert.ok(holes.most[3] < holes.least[3]);
	/* Points that sum up others know their extremes. */
	const summed = pixelColumns(line([[0, 1000, 5]], { least: Float64Array.of(1), most: Float64Array.of(50) }), new TimeScale(0, 1000, 0, 10));

	assert.deepEqual([summed.least[4], summed.mean[4], summed.most[4]], [1, 5, 50]);
});
