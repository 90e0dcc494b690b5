/* SPDX-License-Identifier: MIT */
/* Differences of two runs, against numbers worked out by hand. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { RunSide, bucketsPerSecond, diffColumns, difference, extremes, joinSides, parsePair, scaleEnd, sortByDiff } from '../../web/data/diff.js';
import { Run } from '../../web/data/run.js';
import { KIND_RUN, sumDelays, sumRuns, sumSuccessors } from '../../web/data/sums.js';
import { settleDifference, windowWords } from '../../web/ui/compare.js';
import { fmtDiff, withSign } from '../../web/ui/units.js';
import { rowsCoremap, rowsDurations, rowsSuccessors, rowsTasks } from '../../web/view/answers.js';
import { makeRun } from './page_writer.mjs';
import { changedPair, planned } from './scenario.mjs';

const rate = { name: 'per_s', from: 'count', title: 'Count/s', rule: 'rate', unit: 'per_s' };
const share = { name: 'pct', title: '%', rule: 'share', unit: 'pct' };
const level = { name: 'p99', title: 'p99', rule: 'level', unit: 'ns' };

/** A side that knows @names and covers @seconds. */
function side(names, seconds, rows, more = {}) {
	return { rows, knows: r => names.includes(r.task), seconds: () => seconds, ...more };
}

function row(rows, ...keys) {
	const found = rows.filter(r => keys.every(k => Object.values(r).includes(k)));

	assert.equal(found.length, 1, keys.join());
	return found[0];
}

test('what whole bins can make is no difference', () => {
	assert.deepEqual(difference(100, 100.05, 0.001), { diff: 0, rel: 0 });
	assert.deepEqual(difference(100, 100.25, 0.001), { diff: 0.25, rel: 0.25 });
	assert.deepEqual(difference(0, 0), { diff: 0, rel: 0 });
	assert.deepEqual(difference(undefined, 1, 0.5), { diff: undefined, rel: undefined });
});

test('the pair in an address', () => {
	assert.deepEqual(parsePair('0,1', 2), [0, 1]);
	assert.deepEqual(parsePair('5,2', 6), [5, 2]);
	for (const text of ['', '0', '0,0', '0,2', '1,0,', 'a,b', '-1,0', '0,1e3', '99999999999,0', ' 0,1'])
		assert.equal(parsePair(text, 2), null, text);
	assert.equal(parsePair('0,1', 1), null);
});

test('a difference, and from nothing no percent', () => {
	assert.deepEqual(difference(50, 80), { diff: 30, rel: 60 });
	assert.deepEqual(difference(80, 50), { diff: -30, rel: -37.5 });
	assert.deepEqual(difference(0, 5), { diff: 5, rel: undefined });
	assert.deepEqual(difference(0, 0), { diff: 0, rel: 0 });
	assert.deepEqual(difference(undefined, 5), { diff: undefined, rel: undefined });
});

test('counts of runs of different length are compared per second of each', () => {
	const { rows } = joinSides(side(['x'], 2, [{ task: 'x', count: 100, pct: 10, p99: 400 }]), side(['x'], 1, [{ task: 'x', count: 80, pct: 25, p99: 300 }]), ['task'], [rate, share, level]);

	assert.deepEqual(rows, [{ task: 'x', where: 'both', per_s_a: 50, per_s_b: 80, per_s_diff: 30, per_s_rel: 60, pct_a: 10, pct_b: 25, pct_diff: 15, pct_rel: 150,
		p99_a: 400, p99_b: 300, p99_diff: -100, p99_rel: -25 }]);
});

test('what one run does not know is marked, not minus 100 %; what is only idle there is', () => {
	const a = side(['gone', 'idle'], 1, [{ task: 'gone', count: 7, pct: 3, p99: 9 }, { task: 'idle', count: 4, pct: 2, p99: 5 }]);
	const b = side(['idle', 'new'], 1, [{ task: 'new', count: 6, pct: 1, p99: 8 }]);
	const { rows } = joinSides(a, b, ['task'], [rate, share, level]);

	assert.deepEqual(rows[0], { task: 'gone', where: 'A', per_s_a: 7, per_s_b: undefined, per_s_diff: -7, per_s_rel: undefined,
		pct_a: 3, pct_b: undefined, pct_diff: -3, pct_rel: undefined, p99_a: 9, p99_b: undefined, p99_diff: undefined, p99_rel: undefined });
	assert.deepEqual([rows[1].where, rows[1].per_s_b, rows[1].per_s_diff, rows[1].per_s_rel, rows[1].pct_b], ['both', 0, -4, -100, 0]);
	/* There was no wait whose length could be told. */
	assert.deepEqual([rows[1].p99_b, rows[1].p99_diff], [undefined, undefined]);
	assert.deepEqual([rows[2].where, rows[2].per_s_a, rows[2].per_s_diff, rows[2].per_s_rel], ['B', undefined, 6, undefined]);
	assert.deepEqual(extremes(rows, 'per_s'), { up: null, down: rows[1] });
	assert.ok(diffColumns([{ name: 'task' }], [rate], rows).some(c => c.name === 'where'));
	assert.ok(!diffColumns([{ name: 'task' }], [rate], [rows[1]]).some(c => c.name === 'where'));
});

test('rows of equal names are summed; levels cannot be', () => {
	const { rows, unclear } = joinSides(side(['x'], 1, [{ task: 'x', tid: 1, count: 3, pct: 5, p99: 10 }, { task: 'x', tid: 2, count: 4, pct: 6, p99: 20 }]),
		side(['x'], 1, [{ task: 'x', tid: 9, count: 10, pct: 12, p99: 15 }]), ['task'], [rate, share, level]);

	assert.equal(rows.length, 1);
	assert.deepEqual([rows[0].per_s_a, rows[0].per_s_b, rows[0].pct_a, rows[0].pct_diff], [7, 10, 11, 1]);
	assert.deepEqual([rows[0].p99_a, rows[0].p99_b, rows[0].p99_diff], [undefined, 15, undefined]);
	assert.equal(unclear, 1);
});

test('a second key: exits of a task by reason', () => {
	const a = side(['vm'], 2, [{ task: 'vm', reason: 'HLT', count: 10 }, { task: 'vm', reason: 'MSR', count: 20 }]);
	const b = side(['vm'], 4, [{ task: 'vm', reason: 'HLT', count: 40 }]);
	const { rows } = joinSides(a, b, ['task', 'reason'], [rate]);

	assert.deepEqual([row(rows, 'HLT').per_s_diff, row(rows, 'MSR').per_s_a, row(rows, 'MSR').per_s_b, row(rows, 'MSR').per_s_diff], [5, 10, 0, -10]);
});

test('what was not recorded, or left out of a list, is not known', () => {
	const a = [{ task: 'x', count: 10, pct: 1 }];

	assert.deepEqual(joinSides(side(['x'], 1, a), side(['x'], 0, []), ['task'], [rate, share]).rows[0],
		{ task: 'x', where: 'both', per_s_a: 10, per_s_b: undefined, per_s_diff: undefined, per_s_rel: undefined, pct_a: 1, pct_b: undefined, pct_diff: undefined, pct_rel: undefined });
	assert.equal(joinSides(side(['x'], 1, a), side(['x'], 1, [], { cut: true }), ['task'], [rate]).rows[0].per_s_diff, undefined);
	assert.equal(joinSides(side(['x'], 1, a), side(['x'], 1, []), ['task'], [rate]).rows[0].per_s_diff, -10);
});

test('order, ends of scales, signs', () => {
	const rows = [{ n: 1, v_diff: 2 }, { n: 2, v_diff: -9 }, { n: 3 }, { n: 4, v_diff: 5 }, { n: 5, v_diff: -2 }];

	assert.deepEqual(sortByDiff(rows, 'v').map(r => r.n), [2, 4, 1, 5, 3]);
	assert.deepEqual([[], [0.3], [1], [-1.1], [3, -4], [51], [-1000], [undefined, NaN, 7]].map(v => scaleEnd(v, 1)), [1, 1, 1, 2, 5, 100, 1000, 10]);
	assert.deepEqual([withSign(1.5, '1.5'), withSign(-1.5, '-1.5'), withSign(0, '0.0'), withSign(-0.01, '-0.0')], ['+1.5', '−1.5', '0.0', '0.0']);
	assert.equal(fmtDiff(12.34, { unit: 'pct', type: 'f64', digits: 1 }), '+12.3 pp');
	assert.equal(fmtDiff(-1234567, { unit: 'ns', type: 'f64' }), '−1.23 ms');
	assert.equal(fmtDiff(-2345.6, { unit: 'per_s', type: 'f64', digits: 1 }), '−2,346 /s');
	assert.deepEqual([...bucketsPerSecond(new Float64Array([4, 6]), 2)], [2, 3]);
	assert.deepEqual([...bucketsPerSecond(new Float64Array([4, 6]), 0)], [0, 0]);
});

/** Both runs of a pair, names merged. */
function runsOf(sims) {
	return sims.map((sim, i) => {
		const made = makeRun(sim, 'AB'[i]);
		const run = new Run(made.json, i, () => made.cubes, () => made.events);

		run.tasks.merge(true);
		return run;
	});
}

const use = { name: 'run_pct', title: '%', rule: 'share', unit: 'pct' };
const switchRate = { name: 'switches_per_s', from: 'switches', title: 'Switches/s', rule: 'rate', unit: 'per_s' };
const near = (got, want, words) => assert.ok(Math.abs(got - want) < 1e-6, words + ': ' + got + ' for ' + want);

/** rowsX of both runs within the common window, joined. */
async function joined(runs, w, keys, measures, make) {
	const sides = [];

	for (const run of runs) {
		const mask = run.tasks.mask(null, false);
		const { window, rows } = await make(run, mask, w);

		sides.push(new RunSide(run, window, mask, rows));
	}
	return { ...joinSides(sides[0], sides[1], keys, measures), sides };
}

async function coreRows(run, mask, w) {
	const sums = sumRuns(run, await run.runCube(), w);

	return { window: sums.window, rows: rowsCoremap(run, sums, mask).filter(r => r.cpu !== 'IDLE') };
}

/* A whole number of bins of both runs: 2048 bins of 488282 and 732422 ns, so the sums' windows differ a little. */
test('a task that moved, one whose load doubled, new ones and old ones', async () => {
	const runs = runsOf(changedPair());
	const w = { from: 0, to: runs[0].span };
	const { rows, sides } = await joined(runs, w, ['task', 'cpu'], [use, switchRate], coreRows);
	const at = (task, cpu) => rows.find(r => r.task === task && r.cpu === cpu);

	assert.equal(sides[0].window.to, 1e9);
	assert.ok(sides[1].window.to >= 1e9 && sides[1].window.to < 1e9 + 732422);
	/* 2 ms of 5 ms: 40 % of core 0, then of core 1. The last bin of B holds up to 0.8 ms more. */
	const close = (got, want) => assert.ok(Math.abs(got - want) < 0.1, got + ' for ' + want);

	near(at('mover', '0').run_pct_a, 40, 'mover before');
	assert.equal(at('mover', '0').run_pct_b, 0);
	near(at('mover', '0').run_pct_diff, -40, 'mover on core 0');
	assert.equal(at('mover', '0').run_pct_rel, -100);
	assert.equal(at('mover', '1').run_pct_a, 0);
	close(at('mover', '1').run_pct_diff, 40);
	assert.equal(at('mover', '1').run_pct_rel, undefined);
	close(at('mover', 'all').run_pct_diff, 0);
	close(at('double', '1').run_pct_diff, 10);
	close(at('double', '1').run_pct_rel, 100);
	close(at('pool', '0').run_pct_a, 10);
	close(at('pool', '0').run_pct_diff, 0);
	/* 200 turns in 1 s; B is half as long again, and that changes nothing. */
	near(at('mover', '0').switches_per_s_a, 200, 'switches of mover');
	close(at('steady', '1').switches_per_s_diff, 0);
	assert.deepEqual([at('old', '0').where, at('old', '0').run_pct_b, at('old', '0').run_pct_rel], ['A', undefined, undefined]);
	near(at('old', '0').run_pct_diff, -5, 'old');
	assert.equal(at('fresh', '0').where, 'B');
	close(at('fresh', '0').run_pct_diff, 15);
	assert.equal(at('lazy', '0'), undefined);
	assert.deepEqual(rows.filter(r => r.where !== 'both').map(r => r.task).sort(), ['fresh', 'fresh', 'old', 'old']);
});

test('tables of tasks, durations and successors of that pair', async () => {
	const runs = runsOf(changedPair());
	const w = { from: 0, to: 1e9 };
	const tasks = await joined(runs, w, ['task'], [use, { name: 'members', title: 'n', rule: 'level', unit: 'count' }], async (run, mask) => {
		const sums = sumRuns(run, await run.runCube(), w);

		return { window: sums.window, rows: rowsTasks(run, sums, mask) };
	});

	assert.deepEqual([row(tasks.rows, 'pool').members_a, row(tasks.rows, 'pool').members_b], [2, 2]);
	assert.equal(extremes(tasks.rows, 'run_pct').up.task, 'double');
	const durations = await joined(runs, w, ['task', 'kind'], [{ ...level, name: 'max' }], async (run, mask) => {
		const d = sumDelays(run, await run.delayCube(), w, KIND_RUN, mask);

		return { window: d.window, rows: rowsDurations(run, new Map([[KIND_RUN, d]])) };
	});

	assert.deepEqual([row(durations.rows, 'double').max_a, row(durations.rows, 'double').max_b, row(durations.rows, 'double').max_rel], [5e5, 1e6, 100]);
	const next = await joined(runs, w, ['task', 'next'], [rate], async (run, mask) => {
		const s = sumSuccessors(run, await run.nextCube(), w);

		return { window: s.window, rows: rowsSuccessors(run, s.pairs, mask, true) };
	});

	assert.ok(Math.abs(row(next.rows.filter(r => r.task === 'mover'), 'IDLE').per_s_diff) < 0.5);
	assert.equal(row(next.rows.filter(r => r.next === 'fresh'), 'IDLE').where, 'B');
});

test('losses are no time in which nothing happened', async () => {
	const turns = [{ name: 'x', tid: 5, cpu: 0, at: 1e6, length: 1e6 }];
	const whole = { cpus: 1, span: 1e9, period: 5e6, turns };
	/* 50 of 200 turns are lost, from just before one to just before another. */
	const lossy = planned({ ...whole, losses: [{ from: 300.5e6, to: 550.5e6, cpu: 0, track: 'switch', count: 100, cause: 'ring full' }] });
	const runs = runsOf([planned(whole), lossy]);
	const { rows, sides } = await joined(runs, { from: 0, to: 1e9 }, ['task', 'cpu'], [use, switchRate], coreRows);
	const x = row(rows, 'x', '0');

	assert.equal(sides[1].covered('0'), 0.75e9);
	assert.equal(sides[1].covered('all'), 0.75e9);
	assert.equal(sides[1].covered('7'), 0);
	near(x.run_pct_a, 20, 'share of A');
	near(x.run_pct_b, 20, 'share of B');
	near(x.switches_per_s_diff, 0, 'rate');
	/* A window within the loss has nothing to compare. */
	const inside = await joined(runs, { from: 350e6, to: 500e6 }, ['task', 'cpu'], [use, switchRate], coreRows);

	assert.deepEqual([row(inside.rows, 'x', '0').run_pct_b, row(inside.rows, 'x', '0').run_pct_diff, row(inside.rows, 'x', '0').switches_per_s_diff], [undefined, undefined, undefined]);
});

test('a CPU that one run does not have is not zero there', async () => {
	const turns = [{ name: 'x', tid: 5, cpu: 0, at: 1e6, length: 1e6 }];
	const runs = runsOf([planned({ cpus: 2, span: 1e9, period: 5e6, turns: [...turns, { name: 'y', tid: 6, cpu: 1, at: 1e6, length: 2e6 }] }),
		planned({ cpus: 1, span: 1e9, period: 5e6, turns: [...turns, { name: 'y', tid: 6, cpu: 0, at: 2.5e6, length: 2e6 }] })]);
	const { rows } = await joined(runs, { from: 0, to: 1e9 }, ['task', 'cpu'], [use], coreRows);

	assert.deepEqual([row(rows, 'y', '1').run_pct_b, row(rows, 'y', '1').run_pct_diff], [undefined, undefined]);
	near(row(rows, 'y', '0').run_pct_diff, 40, 'y on the core that both have');
});

test('words for a common window', () => {
	const run = span => ({ span });

	assert.deepEqual(windowWords(run(2e9), run(2e9), { from: 0, to: 2e9 }, 0), []);
	assert.match(windowWords(run(3.2e9), run(2e9), { from: 0, to: 2e9 }, 0).join(), /^Run B is 1.20 s shorter: the window ends there/);
	assert.match(windowWords(run(2e9), run(3.2e9), { from: 0, to: 2e9 }, 0).join(), /^Run A is 1.20 s shorter/);
	assert.deepEqual(windowWords(run(3.2e9), run(2e9), { from: 0, to: 1e9 }, 0), []);
	assert.match(windowWords(run(3.2e9), run(2e9), { from: 0, to: 2e9 }, 2.5e9)[0], /^Run B ends before the chosen window begins/);
});

test('a page that asks for a difference compares its first two runs', () => {
	const asked = (look, runs) => {
		const page = { look, runs: Array(runs).fill({}) };

		settleDifference(page);
		return page.look?.diff;
	};

	assert.deepEqual([asked({ diff: true }, 3), asked({ diff: true }, 1), asked({ diff: '2,1' }, 3), asked({}, 2), asked(undefined, 2)], ['0,1', '', '2,1', undefined, undefined]);
});
