/* SPDX-License-Identifier: MIT */
/* Sums over cubes, single runs from events, coverage and snapping: against a count event by event. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { canRefine, refineRun } from '../../web/data/refine.js';
import { Run } from '../../web/data/run.js';
import { sliceAt, sliceBlocks, slicesOf } from '../../web/data/slices.js';
import { sumDelays, sumRuns, sumSuccessors, worstDelays } from '../../web/data/sums.js';
import { makeRun } from './page_writer.mjs';
import { randomSource } from './random.mjs';
import { simulate, simulatedDelays, simulatedRuns, simulatedTasks } from './simulation.mjs';

const sim = simulate({ cpus: 3, tasks: 20, span: 400e6, losses: 3, seed: 11 });
const made = makeRun(sim, 'x');
const run = new Run(made.json, 0, () => made.cubes, () => made.events);
const all = run.tasks.mask(null, true);

/** Windows on bin edges, whole, and ragged ones that must be widened. */
function windows(bin) {
	const next = randomSource(3);
	const out = [{ from: 0, to: sim.span }];

	for (let i = 0; i < 12; i++) {
		const from = next(sim.span);

		out.push({ from, to: from + 1 + next(sim.span / 3) });
		out.push({ from: Math.floor(from / bin) * bin, to: Math.floor(from / bin) * bin + bin });
	}
	return out;
}

test('run time and switches by task and CPU', async () => {
	const cube = await run.runCube();

	for (const w of windows(cube.bin)) {
		const sums = sumRuns(run, cube, w);
		const want = simulatedTasks(sim, sums.window.from, sums.window.to);

		assert.ok(sums.window.from <= w.from && sums.window.to >= Math.min(w.to, sim.span));
		assert.equal(sums.window.from % cube.bin, 0);
		want.forEach((t, n) => {
			assert.equal(sums.taskRun[n], t.run, 'run of task ' + n);
			assert.equal(sums.taskSwitches[n], t.switches, 'switches of task ' + n);
			t.cpu.forEach(([ns, count], c) => {
				assert.equal(sums.run[n * 3 + c], ns);
				assert.equal(sums.switches[n * 3 + c], count);
			});
		});
	}
});

test('merged names are the sums of their members', async () => {
	const cube = await run.runCube();
	const single = sumRuns(run, cube, { from: 0, to: sim.span });

	run.tasks.merge(true);
	const merged = sumRuns(run, cube, { from: 0, to: sim.span });
	const rows = run.tasks.row.slice();

	run.tasks.merge(false);
	const want = new Float64Array(run.tasks.length);

	rows.forEach((n, i) => {
		want[n] += single.taskRun[i];
	});
	assert.deepEqual(merged.taskRun, want);
	assert.ok(new Set(rows).size < run.tasks.length);
	assert.deepEqual(sumRuns(run, cube, { from: 0, to: sim.span }).taskRun, single.taskRun);
});

test('durations by kind', async () => {
	const cube = await run.delayCube();

	for (const w of windows(cube.bin)) {
		for (const kind of [1, 2, 3, 4]) {
			const sums = sumDelays(run, cube, w, kind, all);
			const want = [...simulatedDelays(sim)].filter(d => d[1] === kind && d[0] >= sums.window.from && d[0] < sums.window.to).map(d => d[3]);

			want.sort((a, b) => a - b);
			assert.equal(sums.all.count, want.length);
			assert.equal(sums.all.sum, want.reduce((a, b) => a + b, 0));
			assert.equal(sums.all.max, want[want.length - 1] || 0);
			for (const q of [0.5, 0.9, 0.99]) {
				const exact = want[Math.max(1, Math.ceil(q * want.length)) - 1] || 0;

				assert.ok(Math.abs(sums.all.quantile(q) - exact) <= exact * 0.0625 + 1, 'quantile ' + q);
			}
			const worst = worstDelays(run, cube, w, kind, all, 5).map(x => x.max);

			assert.deepEqual(worst.slice(0, 1), want.length ? [want[want.length - 1]] : []);
			assert.deepEqual([...worst].sort((a, b) => b - a), worst);
		}
	}
});

test('successors', async () => {
	const cube = await run.nextCube();

	for (const w of windows(cube.bin)) {
		const { window, pairs } = sumSuccessors(run, cube, w);
		const want = new Map();

		for (const list of sim.switches) {
			for (const [t, next, prev] of list) {
				if (t >= window.from && t < window.to)
					want.set(prev + ' ' + next, (want.get(prev + ' ' + next) || 0) + 1);
			}
		}
		assert.deepEqual(new Map(pairs.map(p => [p.task + ' ' + p.next, p.count]).sort()), new Map([...want].sort()));
	}
});

test('cubes made from the events are exact for any window', async () => {
	const fine = new Run(structuredClone(made.json), 0, () => made.cubes, () => made.events);

	await refineRun(fine);
	const delays = await fine.delayCube();
	const want = [...simulatedDelays(sim)];

	for (const w of windows(1)) {
		for (const kind of [1, 2, 3, 4]) {
			const sums = sumDelays(fine, delays, w, kind, all);
			const lengths = want.filter(d => d[1] === kind && d[0] >= w.from && d[0] < Math.min(w.to, sim.span)).map(d => d[3]).sort((a, b) => a - b);

			assert.deepEqual([sums.all.count, sums.all.sum, sums.all.max, sums.all.count ? sums.all.min : 0],
				[lengths.length, lengths.reduce((a, b) => a + b, 0), lengths[lengths.length - 1] || 0, lengths[0] || 0], 'kind ' + kind);
		}
		const pairs = sumSuccessors(fine, await fine.nextCube(), w).pairs.reduce((n, p) => n + p.count, 0);

		assert.equal(pairs, sim.switches.flat().filter(s => s[0] >= w.from && s[0] < w.to).length);
	}
});

test('the fine run cube adds up as the page\'s does', async () => {
	const json = structuredClone(made.json);

	json.bin_ns.run = sim.span;
	const fine = new Run(json, 0, () => made.cubes, () => made.events);

	assert.ok(canRefine(fine));
	await refineRun(fine);
	const cube = await fine.runCube();

	assert.ok(cube.bin < sim.span / 1000);
	for (const w of windows(cube.bin)) {
		const sums = sumRuns(fine, cube, w);
		const want = simulatedTasks(sim, sums.window.from, sums.window.to);

		want.forEach((t, n) => assert.deepEqual([sums.taskRun[n], sums.taskSwitches[n]], [t.run, t.switches], 'task ' + n));
	}
});

test('single runs of a window', () => {
	const runs = [...simulatedRuns(sim)];
	const next = randomSource(8);

	for (let i = 0; i < 60; i++) {
		const from = next(sim.span);
		const to = Math.min(sim.span, from + 1 + next(5e6));

		for (let cpu = 0; cpu < 3; cpu++) {
			assert.ok(i || slicesOf(run, cpu, from, to) === null, 'nothing is decoded yet');
			sliceBlocks(run, cpu, from, to).forEach(e => run.events.get(e));
			const s = slicesOf(run, cpu, from, to);
			const got = [];

			for (let k = 0; k < s.n; k++) {
				if (s.end[k] > from && s.start[k] < to)
					got.push([cpu, s.task[k], s.start[k], s.end[k]]);
			}
			assert.deepEqual(got, runs.filter(r => r[0] === cpu && r[3] > from && r[2] < to).map(r => r.slice(0, 4)));
		}
	}
});

test('the run at a moment, with the state it ended in', () => {
	const next = randomSource(21);

	for (const [cpu, task, from, to, state] of simulatedRuns(sim)) {
		if (next(40) || to <= from)
			continue;
		for (const t of [from, from + next(to - from), to - 1]) {
			const s = sliceAt(run, cpu, t);

			assert.deepEqual([s.task, s.start, s.end, s.state], [task, from, to, state], 'CPU ' + cpu + ' at ' + t);
		}
	}
	for (const l of sim.losses)
		assert.equal(sliceAt(run, l.cpu, Math.floor((l.from + l.to) / 2)), null);
});

test('coverage leaves losses out', () => {
	const lost = sim.losses.reduce((n, l) => n + l.to - l.from, 0);

	assert.equal(Math.round(run.coverage({ from: 0, to: sim.span }) * 1e9), Math.round((1 - lost / (3 * sim.span)) * 1e9));
	assert.equal(run.lostIn({ from: 0, to: sim.span }), made.json.lost);
	assert.equal(run.longestCovered({ from: sim.losses[0].from, to: sim.losses[0].to }), sim.losses[0].to - sim.losses[0].from);
});

test('a tid that was used again is told apart by time', async () => {
	const json = { ...made.json, tasks: made.json.tasks.map(t => ({ ...t })) };
	const cube = await run.runCube();
	const busy = [...sumRuns(run, cube, { from: 0, to: sim.span }).taskRun.keys()].filter(n => n >= 3).slice(0, 2);

	json.tasks[busy[1]].tid = json.tasks[busy[0]].tid;
	const twin = new Run(json, 0, () => made.cubes, () => made.events);

	twin.learnLifetimes(await twin.runCube());
	for (const n of busy) {
		const life = twin.lifetimes.get(n);
		const other = twin.lifetimes.get(busy.find(m => m !== n));

		if (life[0] < other[0])
			assert.equal(twin.taskAt(json.tasks[n].tid, 0, life[0]), n);
	}
	busy.forEach((n, i) => {
		json.tasks[n].born = i ? 5000 : 0;
	});
	const told = new Run(json, 0, () => made.cubes, () => made.events);

	assert.deepEqual([0, 4999, 5000, 9e9].map(t => told.taskAt(json.tasks[busy[0]].tid, 0, t)), [busy[0], busy[0], busy[1], busy[1]]);
	assert.equal(twin.taskAt(987654, 0, 5), -1);
	assert.equal(twin.taskAt(0, 2, 5), 2);
});

test('damaged cubes throw and say where', async () => {
	const bytes = Buffer.from(made.cubes, 'base64');

	bytes[100] ^= 1;
	const bad = new Run(made.json, 0, () => bytes.toString('base64'), () => '');

	await assert.rejects(bad.runCube(), /damaged/);
	await assert.rejects(new Run(made.json, 0, () => made.cubes.slice(0, 4000), () => '').runCube(), /cut/);
});
