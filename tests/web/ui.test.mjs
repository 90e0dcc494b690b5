/* SPDX-License-Identifier: MIT */
/* Numbers, addresses, CSV, scales, colours: what the viewer does without a page. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { LogScale, TimeScale, decadeLabel, niceStep, ticks } from '../../web/mark/axes.js';
import { TimeGestures } from '../../web/mark/gestures.js';
import { Ramp, TaskColours } from '../../web/ui/palette.js';
import { lookFormat, lookInitial, lookParse } from '../../web/ui/state.js';
import { tableCsv } from '../../web/ui/tabletwin.js';
import { fmtBytes, fmtCell, fmtCount, fmtDuration, fmtExact, fmtPct, fmtShort, fmtTime } from '../../web/ui/units.js';
import { Run } from '../../web/data/run.js';
import { rowsCoremap } from '../../web/view/answers.js';
import { sumRuns } from '../../web/data/sums.js';
import { makeRun } from './page_writer.mjs';
import { simulate } from './simulation.mjs';

test('durations have three digits and an SI unit', () => {
	for (const [ns, text] of [[0, '0 s'], [1, '1 ns'], [999, '999 ns'], [1000, '1.00 µs'], [1250, '1.25 µs'], [99950, '100 µs'], [999499, '999 µs'],
		[999500, '1.00 ms'], [12345678, '12.3 ms'], [5e9, '5.00 s'], [3600e9, '3,600 s']])
		assert.equal(fmtDuration(ns), text, String(ns));
});

test('other numbers', () => {
	assert.equal(fmtCount(1234567), '1,234,567');
	assert.equal(fmtExact(999999), '999,999 ns');
	assert.equal(fmtExact(1250117), '1.250117 ms');
	assert.equal(fmtTime(1234567890, 1000), '1.234568 s');
	assert.equal(fmtTime(1234567890, 1e8), '1.2 s');
	assert.equal(fmtPct(0.001), '<0.1 %');
	assert.equal(fmtPct(0), '0.0 %');
	assert.equal(fmtBytes(1536), '1.50 KiB');
	assert.equal(fmtShort(123456), '123 k');
	assert.equal(fmtCell(1234, { unit: 'id', type: 'u64' }), '1234');
	assert.equal(fmtCell(undefined, { unit: 'ns', type: 'u64' }), '');
	assert.equal(fmtCell(12.345, { unit: 'pct', type: 'f64', digits: 2 }), '12.35');
	assert.equal(decadeLabel(1e5), '100 µs');
});

test('an address keeps what differs from the default, and nothing else', () => {
	assert.equal(lookFormat(lookParse('')), '#');
	const look = lookParse('#view=latency&from=1000&to=2000&filter=a%7Cb%26c&self=1&cpu=0&junk=5&tid=x');

	assert.equal(look.filter, 'a|b&c');
	assert.equal(look.self, true);
	assert.equal(look.cpu, 0);
	assert.equal(look.tid, 0);
	assert.deepEqual(lookParse(lookFormat(look)), look);
});

test('a page says how it is opened, and the address wins', () => {
	const initial = lookInitial({ view: 'latency', filter: 'vcpu', from: 5, to: '7', views: ['latency'], junk: 1 });

	assert.deepEqual(initial, { ...lookInitial(undefined), view: 'latency', filter: 'vcpu', from: 5 });
	assert.equal(lookFormat(initial, initial), '#');
	assert.equal(lookParse('#filter=&view=tasks', initial).filter, '');
	assert.equal(lookParse('#filter=&view=tasks', initial).view, 'tasks');
	assert.equal(lookParse('#to=9', initial).from, 5);
	/* What the reader took away stays away in the link. */
	const look = { ...initial, filter: '' };

	assert.deepEqual(lookParse(lookFormat(look, initial), initial), look);
});

test('CSV quotes what has to be quoted', () => {
	assert.equal(tableCsv([{ name: 'a' }, { name: 'b' }], [{ a: 'x,"y"', b: 1.5 }, { b: 0 }]), 'a,b\r\n"x,""y""",1.5\r\n,0\r\n');
});

test('ticks are round and inside', () => {
	assert.equal(niceStep(100, 10), 10);
	assert.equal(niceStep(130, 10), 20);
	for (const [from, to] of [[0, 1], [3, 1e9], [123456789, 123456999], [0, 0.001]]) {
		const t = ticks(from, to, 8);

		assert.ok(t.at.length >= 2 && t.at.length <= 10, from + ' ' + to);
		assert.ok(t.at.every(v => v >= from - t.step * 1e-6 && v <= to + t.step * 1e-6));
	}
});

test('scales go there and back', () => {
	const s = new TimeScale(1000, 2000, 50, 250);
	const l = new LogScale(10, 1e6, 300, 0);

	assert.equal(s.x(1500), 150);
	assert.equal(s.time(s.x(1234)), 1234);
	assert.ok(Math.abs(l.value(l.at(5000)) - 5000) < 1e-6);
	assert.deepEqual(l.decades(), [10, 100, 1000, 1e4, 1e5, 1e6]);
});

test('zooming keeps the pointer in place and stays in the capture', () => {
	let w = { from: 0, to: 1e9 };
	const g = new TimeGestures({ window: () => w, scale: () => new TimeScale(w.from, w.to, 0, 1000), span: () => 1e9, redraw() {},
		zoom: (from, to) => { w = { from, to }; }, cursor() {}, getCursor: () => null });

	g.zoomBy(0.5, 25e7);
	assert.deepEqual(w, { from: 125e6, to: 625e6 });
	g.panBy(-10);
	assert.deepEqual(w, { from: 0, to: 5e8 });
	for (let i = 0; i < 60; i++)
		g.zoomBy(0.5, 1e8);
	assert.equal(w.to - w.from, 200);
	g.zoomBy(1e9);
	assert.deepEqual(w, { from: 0, to: 1e9 });
});

test('the busiest twelve have colours of their own; a label keeps its colour', () => {
	const labels = Array.from({ length: 30 }, (_, i) => 'task' + i);
	const c = new TaskColours(labels);

	assert.equal(new Set(labels.slice(0, 12).map(l => c.of(l, false))).size, 12);
	assert.equal(new TaskColours(['only']).of('only', true), new TaskColours([]).of('only', true));
});

test('ramps grow in one direction of lightness', () => {
	for (const name of ['viridis', 'cividis']) {
		const light = new Ramp(name, true);
		const dark = new Ramp(name, false);
		const luma = (r, i) => 0.3 * r.rgb[i * 3] + 0.59 * r.rgb[i * 3 + 1] + 0.11 * r.rgb[i * 3 + 2];

		for (let i = 16; i < 256; i += 16) {
			assert.ok(luma(dark, i) > luma(dark, i - 16), name + ' dark ' + i);
			assert.ok(luma(light, i) < luma(light, i - 16), name + ' light ' + i);
		}
	}
});

test('the core map adds up', async () => {
	const sim = simulate({ cpus: 2, tasks: 12, span: 100e6, seed: 4 });
	const made = makeRun(sim, 'x');
	const run = new Run(made.json, 0, () => made.cubes, () => made.events);
	const rows = rowsCoremap(run, sumRuns(run, await run.runCube(), { from: 0, to: sim.span }), run.tasks.mask(null, true));
	const of = (task, cpu) => rows.find(r => r.task === task && r.cpu === cpu && r.tid === undefined);

	for (const cpu of ['0', '1']) {
		const tasks = rows.filter(r => r.tid !== undefined && r.cpu === cpu);

		assert.equal(tasks.reduce((n, r) => n + r.run, 0), of('all tasks', cpu).run);
		assert.equal(of('all tasks', cpu).run + of('IDLE', cpu).run, sim.span);
		assert.equal(Math.round(of('all tasks', cpu).run_pct * 1e6), Math.round(of('all tasks', cpu).run / sim.span * 1e8));
	}
	assert.equal(of('all tasks', 'IDLE').run, of('IDLE', 'all').run);
});
