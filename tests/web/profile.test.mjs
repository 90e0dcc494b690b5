/* SPDX-License-Identifier: MIT */
/* Profiles: samples of a program with a known split, summed by call chain, function, window, task and CPU. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { DataError } from '../../web/data/bytes.js';
import { FN_ROOT, FrameSource, layoutFrames } from '../../web/data/calltree.js';
import { Profiles, originOf, sampleMap, sumSamples } from '../../web/data/profile.js';
import { Run } from '../../web/data/run.js';
import { mapColumns, mapScale } from '../../web/view/timemap.js';
import { makeRun } from './page_writer.mjs';
import { ProfileMaker, largeProfile, profiled } from './profiled.mjs';
import { simulate } from './simulation.mjs';

const MS = 1e6;
const base = () => simulate({ cpus: 2, tasks: 6, span: 400 * MS, losses: 0, seed: 3 });
/* 400 samples of each of two tasks, one a millisecond. */
const sim = profiled(base());

const pages = new Map();

function open(s, number = 0, change = json => json) {
	const made = pages.get(s) || makeRun(s, 'run' + number);

	pages.set(s, made);

	return new Run(change(structuredClone(made.json)), number, () => made.cubes, () => made.events);
}

/** Everything in a window, of one event. */
function everything(run, o = {}) {
	return { window: { from: 0, to: run.span }, event: 0, mask: new Uint8Array(run.tasks.length).fill(1), idle: true, cpu: -1, ...o };
}

function byName(p, sums) {
	const f = p.tree.byFunction(sums);

	return Object.fromEntries(p.name.map((name, i) => [name, [f.self[i], f.total[i], f.samples[i]]]).filter(([, v]) => v[1] > 0));
}

function maskOf(run, tid) {
	return Uint8Array.from(run.tasks.all, t => Number(t.tid === tid));
}

const users = sim.tasks.filter(t => t.idle_cpu === null);
const run = open(sim);
const p = new Profiles([run]);
const samples = await p.samples(run, 'cpu');

test('the split of the known program', () => {
	const mine = sumSamples(p.tree, run, samples, everything(run, { mask: maskOf(run, users[0].tid) }));
	const f = byName(p, mine);

	assert.equal(mine.total[0], 400 * MS);
	assert.deepEqual([f.compute[0], f.memcpy[0], f.copy_page_to_iter[0]], [280 * MS, 80 * MS, 40 * MS]);
	/* compute() calls itself in two of ten: they count once. */
	assert.deepEqual(f.compute, [280 * MS, 280 * MS, 280]);
	assert.deepEqual(f.handle_request, [0, 200 * MS, 0]);
	assert.deepEqual(f.main, [0, 400 * MS, 0]);
	assert.equal(f.Interpreter, undefined);
});

test('windows, events and CPUs; samples without a chain', () => {
	const all = byName(p, sumSamples(p.tree, run, samples, everything(run)));
	const window = { from: 100 * MS, to: 110 * MS };
	const cut = byName(p, sumSamples(p.tree, run, samples, everything(run, { window, mask: maskOf(run, users[0].tid) })));
	const misses = byName(p, sumSamples(p.tree, run, samples, everything(run, { event: 1 })));
	const last = sumSamples(p.tree, run, samples, everything(run, { cpu: 1 }));

	/* The worker's every sixteenth. */
	assert.deepEqual(all['[no chain]'], [25 * MS, 25 * MS, 25]);
	assert.deepEqual([cut.compute[0], cut.memcpy[0], cut.copy_page_to_iter[0]], [7 * MS, 2 * MS, 1 * MS]);
	assert.deepEqual([misses.memcpy[0], misses.compute[0]], [140 * 1000, 60 * 1000]);
	assert.equal(last.total[0], 400 * MS);
	assert.equal(byName(p, last).compute, undefined);
	/* A window holds what lies at its begin, not what lies at its end. */
	assert.equal(sumSamples(p.tree, run, samples, everything(run, { window: { from: 0.5 * MS, to: 1.5 * MS } })).totalSamples[0], 2);
	assert.equal(sumSamples(p.tree, run, samples, everything(run, { event: 7 })).total[0], 0);
});

test('a cube gives the same in windows of whole bins', async () => {
	const cubed = open(profiled(base(), { cube: true }));
	const q = new Profiles([cubed]);
	const cells = await q.samples(cubed, 'cpu');

	assert.ok(cells.bin === 5 * MS && cells.rows < samples.rows && cells.cpu === null);
	for (const w of [{ from: 0, to: run.span }, { from: 105 * MS, to: 230 * MS }, { from: 395 * MS, to: run.span }])
		for (const event of [0, 1])
			assert.deepEqual(byName(q, sumSamples(q.tree, cubed, cells, everything(cubed, { window: w, event }))), byName(p, sumSamples(p.tree, run, samples, everything(run, { window: w, event }))));
});

test('time off the CPU', async () => {
	const off = await p.samples(run, 'offcpu');
	const sums = sumSamples(p.tree, run, off, everything(run, { event: -1, window: { from: 100 * MS, to: 200 * MS } }));
	const f = byName(p, sums);

	assert.deepEqual([sums.total[0], sums.totalSamples[0]], [80 * MS, 30]);
	assert.deepEqual([f.do_poll[1], f.futex_wait[1], f.do_poll[0], f.schedule], [60 * MS, 20 * MS, 60 * MS, undefined]);
	assert.equal(p.hasChains(off), true);
	const bare = open(profiled(base(), { chains: false }));
	const q = new Profiles([bare]);

	assert.equal(q.hasChains(await q.samples(bare, 'offcpu')), false);
});

const sums = sumSamples(p.tree, run, samples, everything(run, { mask: maskOf(run, users[0].tid) }));
const fn = name => p.name.indexOf(name);
const named = frames => frames.map(f => [p.name[f.fn], f.values[0] / MS]);

test('from the root, from the leaves, from a function', () => {
	const down = new FrameSource(p.tree, [sums], { up: false });
	const loop = down.find(['_start', 'main', 'run_loop'].map(fn)).at(-1);

	assert.deepEqual(named(down.children(loop)), [['compute', 80], ['handle_request', 200], ['read', 40], ['send_reply', 80]]);
	const up = new FrameSource(p.tree, [sums], { up: true });

	assert.deepEqual(named(up.children(up.root())), [['compute', 280], ['copy_page_to_iter', 40], ['memcpy', 80]]);
	assert.deepEqual(named(up.children(up.find([fn('compute')]).at(-1))), [['compute', 80], ['handle_request', 120], ['plan', 80]]);
	const callers = new FrameSource(p.tree, [sums], { up: true, fn: fn('compute') });

	/* Of recursive calls the outermost counts: its callers share what the function took in all. */
	assert.deepEqual([callers.root().values[0] / MS, ...named(callers.children(callers.root()))], [280, ['handle_request', 120], ['plan', 80], ['run_loop', 80]]);
	const callees = new FrameSource(p.tree, [sums], { up: false, fn: fn('handle_request') });

	assert.deepEqual(named(callees.children(callees.root())), [['compute', 120], ['plan', 80]]);
	assert.deepEqual(callees.details(callees.root()), [{ self: 0, samples: 200 }]);
	assert.deepEqual(down.find([fn('memcpy')]).at(-1).values, [0]);
});

test('boxes: widths, order, zoom, what is too thin', () => {
	const down = new FrameSource(p.tree, [sums], { up: false });
	const rows = layoutFrames(down, [], 1000, false);
	const widths = row => row.map(b => [p.name[b.frame.fn] ?? 'rest', Math.round(1000 * b.x0), Math.round(1000 * b.x1)]);

	assert.equal(rows[0][0].frame.fn, FN_ROOT);
	assert.deepEqual(widths(rows[4]), [['compute', 0, 200], ['handle_request', 200, 700], ['read', 700, 800], ['send_reply', 800, 1000]]);
	assert.deepEqual(widths(layoutFrames(down, [], 1000, true)[4]), [['handle_request', 0, 500], ['compute', 500, 700], ['send_reply', 700, 900], ['read', 900, 1000]]);
	const zoomed = layoutFrames(down, ['_start', 'main', 'run_loop', 'handle_request'].map(fn), 1000, false);

	assert.deepEqual(zoomed.slice(0, 6).map(r => r[0].above), [true, true, true, true, false, false]);
	assert.deepEqual(widths(zoomed[5]), [['compute', 0, 600], ['plan', 600, 1000]]);
	/* 7 pixels in all: what has less than one is drawn with its neighbours. */
	const thin = layoutFrames(down, [], 7, false);

	assert.deepEqual(thin[4].map(b => b.frame.merged || p.name[b.frame.fn]), ['compute', 'handle_request', 1, 'send_reply']);
	for (const row of rows)
		row.forEach((b, i) => assert.ok(b.x1 > b.x0 && (!i || b.x0 >= row[i - 1].x1 - 1e-9)));
});

test('search: chains with a match count once', () => {
	const share = test => p.tree.matchedWeight(sums.total, Uint8Array.from(p.name, n => Number(test.test(n)))) / MS;

	assert.deepEqual([/compute/, /compute|handle_request/, /memcpy|vfs/, /main/, /nothing/].map(share), [280, 280, 120, 400, 0]);
});

test('two runs are aligned by names', async () => {
	/* Numbers of the second are others: it met the worker first, and knows a function more. */
	const other = profiled(base(), { change: 3, extra: 'spin_wait' });
	const turned = open(other, 1, json => {
		const n = json.profile.names.length;

		json.profile.names.reverse();
		json.profile.functions = json.profile.functions.map(([name, module]) => [n - 1 - name, module]);
		return json;
	});
	const q = new Profiles([run, turned]);
	const [a, b] = await Promise.all([run, turned].map(async r => sumSamples(q.tree, r, await q.samples(r, 'cpu'), everything(r, { mask: maskOf(r, users[0].tid) }))));
	const both = new FrameSource(q.tree, [b, a], { up: false });
	const id = name => q.name.indexOf(name);
	const loop = both.find(['_start', 'main', 'run_loop'].map(id)).at(-1);

	assert.deepEqual(both.children(loop).map(f => [q.name[f.fn], ...f.values.map(v => v / MS)]), [['compute', 80, 80], ['handle_request', 80, 200], ['read', 40, 40], ['send_reply', 200, 80]]);
	const added = q.tree.fn.findIndex(f => q.name[f] === 'spin_wait');

	assert.deepEqual([a.total[added], b.total[added]], [0, 40 * MS]);
	assert.deepEqual(q.tree.pathOf(added).map(f => q.name[f]), ['_start', 'main', 'run_loop', 'handle_request', 'plan', 'compute', 'spin_wait']);
	assert.deepEqual([q.known.get(run).has(id('spin_wait')), q.known.get(turned).has(id('spin_wait'))], [false, true]);
});

test('the map over time', () => {
	const map = sampleMap(run, samples, everything(run), 100 * MS, 50);

	assert.equal(map.length, 200);
	assert.ok(map.every(n => n === 4));
	const quiet = sampleMap(run, samples, everything(run, { mask: maskOf(run, users[0].tid), window: { from: 10 * MS, to: 20 * MS } }), 100 * MS, 50);

	assert.deepEqual([...quiet.slice(4, 11)], [0, 2, 2, 2, 2, 2, 0]);
	for (const [span, bin, want] of [[10e9, 1, [1e9, 50]], [2e9, 1, [1e9, 50]], [1.9e9, 1, [1e8, 50]], [0.19e9, 1, [1e7, 50]], [3600e9, 1, [1e10, 50]], [10e9, 4.9e7, [1e9, 20]], [10e9, 3e9, [1e10, 2]]])
		assert.deepEqual(Object.values(mapScale(span, bin)), want, span + ' ' + bin);
	assert.deepEqual(Object.values(mapScale(4e9, 1, 1e8)), [1e8, 50]);
	assert.deepEqual(mapColumns(4e9, 1), [1e7, 1e8, 1e9]);
});

test('what functions belong to', () => {
	const of = (name, kind) => originOf({ name, kind });

	assert.deepEqual([of('[kernel]', 1), of('[kernel.kallsyms]', 6), of('server', 2), of('libc.so.6', 2), of('libjvm.so', 6), of('[vdso]', 3), of('perf-12.map', 6), of('//anon', 4), of('[unknown]', 0), of('', 0)],
		[0, 0, 1, 2, 2, 2, 3, 3, 4, 4]);
});

test('wrong profiles are refused', async () => {
	for (const [what, change] of [
		['no such name', j => j.functions[0] = [1e6, 0]], ['no such module', j => j.functions[0] = [0, 99]], ['no such function', j => j.nodes[1][1] = 1e6],
		['a caller behind its callee', j => j.nodes[1][0] = 5], ['a caller below the root', j => j.nodes[1][0] = -1], ['no caller', j => j.nodes[1] = []],
	])
		assert.throws(() => new Profiles([open(sim, 0, json => (change(json.profile), json))]), DataError, what);
	/* A node that is not in the tree is a sample without a chain, not one less. */
	const cut = open(sim, 0, json => {
		json.profile.node_of.length = 3;
		return json;
	});
	const q = new Profiles([cut]);

	assert.equal(sumSamples(q.tree, cut, await q.samples(cut, 'cpu'), everything(cut)).totalSamples[0], 800);
});

test('a frame of a large profile is made fast', async t => {
	const large = open(largeProfile(base(), 100000, 36000));
	const q = new Profiles([large]);
	const all = await q.samples(large, 'cpu');
	let best = Infinity;
	let boxes = 0;

	assert.equal(q.tree.length, 100002);
	for (let i = 0; i < 9; i++) {
		const begin = performance.now();
		const s = sumSamples(q.tree, large, all, everything(large, { window: { from: i * MS, to: large.span - i * MS } }));

		q.tree.byFunction(s);
		boxes = layoutFrames(new FrameSource(q.tree, [s], { up: false }), [], 1400, false).flat().length;
		best = Math.min(best, performance.now() - begin);
	}
	t.diagnostic(best.toFixed(1) + ' ms, ' + boxes + ' boxes');
	/* 16 ms are meant; machines that run tests are busy. */
	assert.ok(best < 50, best + ' ms');
});

test('recursion however deep', () => {
	const m = new ProfileMaker();
	const chain = Array.from({ length: 20000 }, () => ['again', 'x']);

	m.json.events.push({ number: 0, name: 'cycles', unit: 'count', off_cpu: false });
	m.node(chain);
	const q = new Profiles([open({ ...base(), profile: m.json, samples: [[], []] })]);

	assert.equal(q.tree.outermost.reduce((a, b) => a + b, 0), 2);
	assert.equal(q.tree.pathOf(20001).length, 20000);
});
