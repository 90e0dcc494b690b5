/* SPDX-License-Identifier: MIT */
/* Exits, guest and host time: sums over the cubes and cubes made from events, against a count thread by thread. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { guestPartsOf } from '../../web/data/guestparts.js';
import { GrowingColumns } from '../../web/data/growing.js';
import { GuestScan } from '../../web/data/guestscan.js';
import { canRefine, delaysNear, refineRun } from '../../web/data/refine.js';
import { Run } from '../../web/data/run.js';
import { exitKey, sumDelays, sumExits } from '../../web/data/sums.js';
import { makeRun } from './page_writer.mjs';
import { randomSource } from './random.mjs';
import { simulate, simulatedDelays, simulatedGuests } from './simulation.mjs';

const sim = simulate({ cpus: 3, tasks: 20, span: 300e6, losses: 2, seed: 4, kvm: true });
const made = makeRun(sim, 'x');
const guests = [...simulatedGuests(sim)];
const open = () => new Run(structuredClone(made.json), 0, () => made.cubes, () => made.events);

/** The same by task and reason from the spans of a window. */
function counted(from, to) {
	const out = new Map();

	for (const g of guests) {
		if (g.kind === 5 || g.at < from || g.at >= to)
			continue;
		const key = g.task + ' ' + exitKey(g.isa, g.reason);
		const c = out.get(key) || { count: 0, time: 0, max: 0, last: 0, ended: 0 };

		c.count += Number(g.kind === 'exit');
		c.last += Number(g.kind === 'last');
		if (g.kind === 6) {
			c.ended++;
			c.time += g.length;
			c.max = Math.max(c.max, g.length);
		}
		out.set(key, c);
	}
	return out;
}

function compareWindow(run, exits, delays, w) {
	const all = run.tasks.mask(null, true);
	const sums = sumExits(run, exits, w, all);
	const want = counted(sums.window.from, sums.window.to);
	let n = 0;

	for (const [task, cells] of sums.byTask) {
		for (const [key, { count, time, max, last, ended }] of cells) {
			assert.deepEqual({ count, time, max, last, ended }, want.get(task + ' ' + key), task + ' ' + key);
			n++;
		}
	}
	assert.equal(n, want.size);
	const total = [...sums.byReason.values()].reduce((s, c) => s + c.count, 0);

	assert.equal(total, [...want.values()].reduce((s, c) => s + c.count, 0));
	for (const kind of [5, 6]) {
		const d = sumDelays(run, delays, w, kind, all);
		const lengths = guests.filter(g => g.kind === kind && g.length !== undefined && g.at >= d.window.from && g.at < d.window.to).map(g => g.length);

		assert.deepEqual([d.all.count, d.all.sum, d.all.max], [lengths.length, lengths.reduce((a, b) => a + b, 0), Math.max(0, ...lengths)], 'kind ' + kind);
	}
}

test('the simulation has what it takes', () => {
	assert.ok(guests.length > 2000);
	const count = kind => guests.filter(g => g.kind === kind).length;

	assert.ok(count('exit') > count(6) && count(6) > count('last') && count('last') > 100);
	assert.ok(guests.some(g => g.length === 0));
});

test('exits and guest time from the cubes of the page', async () => {
	const run = open();
	const exits = await run.exitCube();
	const next = randomSource(2);

	assert.ok(run.hasExits());
	compareWindow(run, exits, await run.delayCube(), { from: 0, to: sim.span });
	for (let i = 0; i < 10; i++) {
		const from = next(sim.span);

		compareWindow(run, exits, await run.delayCube(), { from, to: from + 1 + next(sim.span / 3) });
	}
});

test('from the events: exact for any window', async () => {
	const run = open();
	const next = randomSource(9);

	run.json.bin_ns.exit = run.bin.exit = sim.span;
	assert.ok(canRefine(run));
	await refineRun(run);
	assert.equal(run.bin.exit, 1);
	for (let i = 0; i < 12; i++) {
		const from = i ? next(sim.span) : 0;

		compareWindow(run, await run.exitCube(), await run.delayCube(), { from, to: i ? from + 1 + next(sim.span / 3) : sim.span });
	}
});

test('exits that are not in the page as events are not made anew', () => {
	const json = structuredClone(made.json);

	json.bin_ns = { run: json.span_ns, delay: json.span_ns, next: json.span_ns, exit: json.span_ns };
	assert.ok(canRefine(new Run(json, 0, () => made.cubes, () => made.events)));
	json.events = json.events.filter(e => e[0] < 19);
	assert.equal(canRefine(new Run(json, 0, () => made.cubes, () => made.events)), false);
});

test('no exits, no exit views', () => {
	const bare = makeRun(simulate({ cpus: 2, tasks: 6, span: 50e6 }), 'y');

	assert.equal(new Run(bare.json, 0, () => bare.cubes, () => bare.events).hasExits(), false);
});

test('guest time is without what the thread was off the CPU; what is not known has no length', () => {
	const delay = new GrowingColumns(7);
	const scan = new GuestScan(3, delay, [1000, 1100]);
	const spans = () => Array.from({ length: delay.rows }, (_, i) => [0, 1, 2, 6].map(c => delay.column[c][i]));
	const exits = () => Array.from({ length: scan.exits.rows }, (_, i) => scan.exits.column.map(c => c[i]));
	const at = (t, what, ...args) => {
		scan.advance(t);
		scan[what](...args, t);
	};

	at(100, 'exit', 1, 1, 12); /* no entry known before */
	at(110, 'switched', 1, 2, 1);
	at(300, 'switched', 2, 1, 0);
	at(310, 'entry', 1);
	at(320, 'switched', 1, 2, 0); /* in the guest, as far as events tell */
	at(420, 'switched', 2, 1, 0);
	at(430, 'exit', 1, 1, 48);
	at(440, 'exit', 1, 1, 30); /* the entry between was not seen */
	at(450, 'entry', 1);
	at(460, 'entry', 1); /* nor this exit */
	at(470, 'exit', 1, 1, 1);
	at(480, 'exit', 1, 1, 2); /* before its entry, by a coarse clock */
	at(480, 'entry', 1);
	at(490, 'entry', 1);
	at(1050, 'exit', 1, 1, 7); /* events are being lost */
	at(1200, 'entry', 1);
	at(1300, 'exit', 1, 1, 10);
	at(1310, 'switched', 1, 2, 0x10); /* it ends */
	at(1400, 'entry', 1);
	assert.deepEqual(spans(), [[310, 6, 1, 210], [430, 5, 1, 20], [450, 6, 1, 10], [470, 5, 1, 10], [480, 6, 1, 10], [480, 5, 1, 0], [490, 6, 1, 10],
		[1300, 5, 1, 100]]);
	assert.deepEqual(exits().filter(e => e[4]).map(e => [e[0], e[3]]), [[100, 12], [430, 48], [440, 30], [470, 1], [480, 2], [1050, 7], [1300, 10]]);
	assert.deepEqual(exits().filter(e => e[8]).map(e => [e[0], e[3], e[5]]), [[310, 12, 210], [450, 30, 10], [480, 1, 10], [490, 2, 10]]);
	assert.deepEqual(exits().filter(e => e[7]).map(e => [e[0], e[3]]), [[110, 12], [1310, 10]]);
});

test('single durations of a part of the run: those that begin in the blocks that are read', async () => {
	const run = open();
	const from = 200e6;
	const to = 203e6;
	const near = await delaysNear(run, { from, to });
	const want = [...[...simulatedDelays(sim)].map(([at, kind, task, length]) => ({ at, kind, task, length })), ...guests]
		.filter(g => g.length !== undefined && g.at >= from && g.at < to).map(g => [g.at, g.kind, g.task, g.length].join());
	const got = [];

	for (let i = 0; i < near.rows; i++) {
		if (near.time[i] >= from)
			got.push([near.time[i], near.column[1][i], near.column[2][i], near.column[6][i]].join());
	}
	assert.ok(near.rows > got.length && got.length > 50);
	assert.deepEqual(got.filter(g => !want.includes(g)), []);
	/* The blocks of this run are long: nothing began before them. */
	assert.deepEqual(got.sort(), want.sort());
});

test('parts of a run: in the guest and out of it', () => {
	const run = open();
	const next = randomSource(5);
	const guestTimes = guests.filter(g => g.kind === 5);
	let seen = 0;

	for (let i = 0; i < 60; i++) {
		const from = next(sim.span);
		const to = from + 1 + next(3e6);

		for (let cpu = 0; cpu < 3; cpu++) {
			const parts = guestPartsOf(run, cpu, from, to);

			parts.forEach((p, k) => assert.ok(p.end > from && p.start < to && p.end >= p.start && (!k || parts[k - 1].end <= p.start)));
			/* A thread does not leave the CPU while it is in the guest here. */
			for (const p of parts.filter(x => x.guest)) {
				assert.ok(guestTimes.some(g => g.at === p.end && g.task === p.task && g.length === p.end - p.start), JSON.stringify(p));
				assert.ok(sim.exits[cpu].some(e => e[0] === p.end && e[3] === p.reason));
				seen++;
			}
			const want = sim.exits[cpu].filter(e => e[0] > from && e[0] < to && guestTimes.some(g => g.at === e[0]));

			assert.equal(parts.filter(p => p.guest && p.end < to).length, want.length);
		}
	}
	assert.ok(seen > 300);
	assert.deepEqual(guestPartsOf(run, sim.losses[0].cpu, sim.losses[0].from + 1, sim.losses[0].to), []);
});
