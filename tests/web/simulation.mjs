/* SPDX-License-Identifier: MIT */
/*
 * A made-up scheduler for tests of the viewer: switches and wake-ups of tasks with different habits on
 * a few CPUs, and the answers that follow from them by docs/formats/page.md, counted event by event
 * and so by another road than the viewer's sums over cubes.
 */
import { loghistBucket } from '../../web/data/loghist.js';
import { randomSource } from './random.mjs';

export const MS = 1e6;

const habits = [
	{ comm: 'vm_router', run: 180e3, sleep: 250e3, preempt: 0.25 },
	{ comm: 'CPU 0/KVM', role: 'Firewall.01.vcpu0', run: 900e3, sleep: 60e3, preempt: 0.6 },
	{ comm: 'CPU 1/KVM', role: 'Firewall.01.vcpu1', run: 500e3, sleep: 200e3, preempt: 0.4 },
	{ comm: 'postgres', run: 120e3, sleep: 2e6, preempt: 0.1 },
	{ comm: 'nginx', run: 40e3, sleep: 700e3, preempt: 0.05 },
	{ comm: 'sched-pipe', run: 2e3, sleep: 3e3, preempt: 0.01 },
	{ comm: 'kworker', run: 8e3, sleep: 4e6, preempt: 0.02, kernel: true },
	{ comm: 'ksoftirqd', run: 15e3, sleep: 9e6, preempt: 0, kernel: true },
	{ comm: 'python3', run: 3e6, sleep: 9e6, preempt: 0.5 },
	{ comm: 'sshd', run: 60e3, sleep: 30e6, preempt: 0 },
	{ comm: 'rcu_preempt', run: 4e3, sleep: 5e6, preempt: 0, kernel: true },
	{ comm: 'cc1', run: 4e6, sleep: 300e3, preempt: 0.7 },
	{ comm: 'systemd-journald', run: 90e3, sleep: 40e6, preempt: 0 },
	{ comm: 'redis-server', run: 25e3, sleep: 100e3, preempt: 0.1 },
];

function makeTasks(count, cpus) {
	const tasks = [];

	for (let c = 0; c < cpus; c++)
		tasks.push({ tid: 0, tgid: 0, comm: 'swapper/' + c, role: null, idle_cpu: c, self: false, kernel: true });
	for (let i = 0; i < count; i++) {
		const h = habits[i % habits.length];
		const copy = Math.floor(i / habits.length);

		tasks.push({
			tid: 1000 + i * 7, tgid: h.role ? 5000 + copy : 1000 + i * 7 - i % 3, idle_cpu: null, self: false, kernel: Boolean(h.kernel),
			comm: h.comm + (h.kernel ? '/' + i % cpus + ':' + copy : ''),
			role: h.role ? h.role.replace('01', String(copy + 1).padStart(2, '0')) : null });
	}
	tasks.push({ tid: 900, tgid: 900, comm: 'kymo', role: null, idle_cpu: null, self: true, kernel: false });
	return tasks;
}

/**
 * @param {{ cpus?: number, tasks?: number, span?: number, seed?: number, speed?: number, losses?: number, kvm?: boolean }} o
 */
export function simulate(o = {}) {
	const cpus = o.cpus || 4;
	const span = o.span || 2000 * MS;
	const next = randomSource(o.seed || 1);
	const tasks = makeTasks(o.tasks || 24, cpus);
	const epochs = Math.max(4, Math.min(40, Math.floor(span / (25 * MS))));
	const speed = o.speed || 1;
	const random = () => (next(1 << 30) + 1) / (1 << 30);
	const spread = mean => Math.max(200, Math.round(mean / speed * Math.exp((random() + random() + random() - 1.5) * 1.6)));
	/** Earliest time at which a task wants to run, and where it is queued. */
	const ready = tasks.map(() => Math.round(random() * 20 * MS));
	const asleepSince = tasks.map(() => 0);
	const awake = tasks.map(() => false);
	const home = tasks.map((_, i) => i % cpus);
	const switches = Array.from({ length: cpus }, () => []);
	const wakeups = Array.from({ length: cpus }, () => []);
	const habit = i => tasks[i].self ? { run: 30e3, sleep: 20e6, preempt: 0 } : habits[(i - cpus) % habits.length];

	for (let e = 0; e < epochs; e++) {
		const begin = Math.round(span * e / epochs);
		const end = Math.round(span * (e + 1) / epochs);

		for (let i = cpus; i < tasks.length; i++) {
			if (next(5) === 0)
				home[i] = next(cpus);
		}
		for (let c = 0; c < cpus; c++) {
			const mine = [];
			let now = begin + next(3000);
			let current = c;

			for (let i = cpus; i < tasks.length; i++)
				if (home[i] === c)
					mine.push(i);
			while (now < end) {
				let best = -1;

				for (const i of mine)
					if (ready[i] <= now && (best < 0 || ready[i] < ready[best]))
						best = i;
				if (best < 0) {
					let soon = end;

					for (const i of mine)
						soon = Math.min(soon, ready[i]);
					if (current !== c)
						throw new Error('idle twice');
					now = Math.max(now + 1500, soon + 900 + next(4000));
					continue;
				}
				if (!awake[best]) {
					wakeups[c].push([Math.max(ready[best], asleepSince[best] + 1), tasks[best].tid,
						tasks[current].tid, c, 0]);
					awake[best] = true;
				}
				switches[c].push([now, best, current, current === c ? 0 : 1]);
				let length = Math.min(spread(habit(best).run), end - now);
				const done = now + length;
				const preempted = random() < habit(best).preempt;

				if (preempted) {
					ready[best] = done + spread(300e3);
				} else {
					ready[best] = done + spread(habit(best).sleep);
					asleepSince[best] = done;
					awake[best] = false;
				}
				/* Straight to the next task when one waits, else through idle. */
				const follower = mine.some(i => i !== best && ready[i] <= done);
				const state = preempted ? 0x100 : next(9) ? 1 : 2;

				if (follower && done < end) {
					let other = -1;

					for (const i of mine)
						if (i !== best && ready[i] <= done && (other < 0 || ready[i] < ready[other]))
							other = i;
					if (!awake[other]) {
						wakeups[c].push([Math.max(ready[other], asleepSince[other] + 1), tasks[other].tid,
							tasks[best].tid, c, 0]);
						awake[other] = true;
					}
					switches[c].push([done, other, best, state]);
					length = Math.min(spread(habit(other).run), end - done);
					switches[c].push([done + length, c, other, 1]);
					ready[other] = done + length + spread(habit(other).sleep);
					asleepSince[other] = done + length;
					awake[other] = false;
					now = done + length + 300 + next(500);
				} else {
					switches[c].push([done, c, best, state]);
					now = done + 300 + next(500);
				}
				current = c;
			}
		}
	}
	const losses = [];

	for (let i = 0; i < (o.losses || 0); i++) {
		const from = Math.round(span * (i + 0.3 + 0.2 * random()) / o.losses);

		losses.push({ from, to: Math.round(from + span * 0.02), cpu: i % cpus, track: 'switch', count: 40 + next(900),
			cause: 'ring full' });
	}
	for (let c = 0; c < cpus; c++) {
		const lost = t => losses.some(l => l.cpu === c && t >= l.from && t <= l.to);

		switches[c] = switches[c].filter(s => s[0] < span && !lost(s[0]));
		switches[c].forEach(s => { s[4] = 120; });
		wakeups[c] = wakeups[c].filter(w => w[0] < span && !lost(w[0])).sort((a, b) => a[0] - b[0]);
	}
	const sim = { cpus, span, tasks, switches, wakeups, losses };

	return o.kvm ? { ...sim, ...simulateGuests(sim, randomSource((o.seed || 1) + 1000)) } : sim;
}

/** isa, reason, name, share of the exits, host time in ns */
export const exitReasons = [
	[1, 1, 'external interrupt', 20, 1800], [1, 7, 'interrupt window', 4, 900], [1, 10, 'CPUID', 2, 1100], [1, 12, 'HLT', 0, 2500],
	[1, 28, 'CR access', 3, 800], [1, 30, 'I/O instruction', 12, 9000], [1, 31, 'RDMSR', 3, 1000], [1, 32, 'WRMSR', 30, 1300],
	[1, 40, 'PAUSE', 5, 700], [1, 48, 'EPT violation', 14, 4500], [1, 49, 'EPT misconfiguration', 7, 6000]];
const HLT = 3;

/**
 * Exits [time, tid, isa, reason] and entries [time, tid] of the vCPU threads, by CPU: into the guest soon after
 * each switch-in, out of it before each switch-out.
 */
function simulateGuests(sim, next) {
	const exits = Array.from({ length: sim.cpus }, () => []);
	const entries = Array.from({ length: sim.cpus }, () => []);
	const total = exitReasons.reduce((n, r) => n + r[3], 0);
	const spread = mean => Math.max(120, Math.round(mean * Math.exp((next(1000) + next(1000) + next(1000)) / 500 - 3)));
	const pick = () => {
		let n = next(total);

		return exitReasons.find(r => (n -= r[3]) < 0);
	};

	for (const [c, task, from, to, state] of simulatedRuns(sim)) {
		if (!/vcpu/.test(sim.tasks[task].role || ''))
			continue;
		const tid = sim.tasks[task].tid;
		let now = from + 900 + next(2500);

		while (now + 1000 < to) {
			entries[c].push([now, tid]);
			const out = now + spread(60000);
			const end = to - 700 - next(200);
			const last = out + 300 >= end;
			const reason = !last ? pick() : state > 0 && !(state & 0x100) ? exitReasons[HLT] : exitReasons[0];
			const at = Math.max(now + 1, last ? end : out);

			exits[c].push([at, tid, reason[0], reason[1]]);
			if (last)
				break;
			/* Some clocks are too coarse to tell an exit from its entry. */
			now = at + (next(300) ? spread(reason[4]) : 0);
		}
	}
	return { exits, entries, exitReasons: exitReasons.map(r => r.slice(0, 3)) };
}

/**
 * What vCPUs did, thread by thread: { kind, at, task, length, isa, reason }. Kind 5: guest time by its end; 6: host time
 * by its end, with the exit's reason; 'exit' and 'last' are moments. Losses cut a thread's events into pieces that are
 * looked at by themselves.
 */
export function* simulatedGuests(sim) {
	const edges = [...new Set(sim.losses.flatMap(l => [l.from, l.to]))].sort((a, b) => a - b);
	const inLoss = t => sim.losses.some(l => t >= l.from && t < l.to);
	const piece = t => edges.filter(e => e <= t).length;
	const of = sim.tasks.map(() => []);
	const byTid = new Map(sim.tasks.map((t, i) => [t.tid, i]));

	for (let c = 0; c < sim.cpus; c++) {
		for (const [at, tid, isa, reason] of sim.exits[c])
			of[byTid.get(tid)].push({ at, rank: 1, exit: true, isa, reason });
		for (const [at, tid] of sim.entries[c])
			of[byTid.get(tid)].push({ at, rank: 2, entry: true });
		for (const [at, to, from] of sim.switches[c]) {
			of[from].push({ at, rank: 0, out: true });
			of[to].push({ at, rank: 0 });
		}
	}
	for (const [task, list] of of.entries()) {
		if (!list.some(e => e.exit || e.entry))
			continue;
		list.sort((a, b) => a.at - b.at || a.rank - b.rank);
		for (const e of list.filter(x => x.exit))
			yield { kind: 'exit', at: e.at, task, isa: e.isa, reason: e.reason };
		const seen = list.filter(e => !inLoss(e.at));

		for (const [i, e] of seen.entries()) {
			if (e.rank === 0)
				continue;
			let j = i + 1;

			while (j < seen.length && seen[j].rank === 0)
				j++;
			const next = j < seen.length && piece(e.at) === piece(seen[j].at) ? seen[j] : null;
			const out = seen.slice(i + 1, j).find(s => s.out && piece(s.at) === piece(e.at));

			if (e.entry && next?.exit)
				yield { kind: 5, at: next.at, task, length: next.at - e.at };
			if (e.exit && next?.entry)
				yield { kind: 6, at: next.at, task, length: next.at - e.at, isa: e.isa, reason: e.reason };
			if (e.exit && out)
				yield { kind: 'last', at: out.at, task, isa: e.isa, reason: e.reason };
		}
	}
}

/** Runs of all tasks, cut at losses: [cpu, task, from, to, state, known end]. */
export function* simulatedRuns(sim) {
	for (let c = 0; c < sim.cpus; c++) {
		const list = sim.switches[c];
		let task = list.length ? list[0][2] : c;
		let from = 0;
		let next = 0;
		const losses = sim.losses.filter(l => l.cpu === c).sort((a, b) => a.from - b.from);

		for (const s of list) {
			if (next < losses.length && losses[next].from < s[0]) {
				yield [c, task, from, losses[next].from, -1];
				next++;
			} else {
				yield [c, task, from, s[0], s[3]];
			}
			task = s[1];
			from = s[0];
		}
		yield [c, task, from, next < losses.length ? Math.max(from, losses[next].from) : sim.span, -1];
	}
}

/**
 * Durations that end in the recording: [time, kind, task, length]. By time over all CPUs; a loss
 * forgets what was pending.
 */
export function* simulatedDelays(sim) {
	const events = [];

	for (let c = 0; c < sim.cpus; c++) {
		for (const s of sim.switches[c])
			events.push([s[0], 2, c, s]);
		for (const w of sim.wakeups[c])
			events.push([w[0], 3, c, w]);
	}
	for (const l of sim.losses) {
		events.push([l.from, 1, l.cpu, 'begin']);
		events.push([l.to, 1, l.cpu, 'end']);
	}
	events.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
	const byTid = new Map(sim.tasks.map((t, i) => [t.tid, i]));
	/** What is known of each task: kind 0 = it runs, else what it will have been doing. */
	const does = new Map();
	const since = new Map();
	let blind = 0;

	for (const [t, type, c, row] of events) {
		if (type === 1) {
			does.clear();
			blind += row === 'begin' ? 1 : -1;
			since.delete(c);
			continue;
		}
		if (type === 3) {
			const task = byTid.get(row[1]);
			const d = does.get(task);

			if (blind || d && d.kind !== 2)
				continue;
			if (d)
				yield [t, 2, task, t - d.since];
			does.set(task, { kind: 3, since: t });
			continue;
		}
		const [, next, prev, state] = row;

		if (since.has(c) && prev >= sim.cpus)
			yield [t, 1, prev, t - since.get(c)];
		since.set(c, t);
		if (blind)
			continue;
		if (prev >= sim.cpus)
			does.set(prev, { kind: state & 0xff ? 2 : 4, since: t });
		if (next >= sim.cpus) {
			const d = does.get(next);

			if (d && d.kind > 2)
				yield [t, d.kind, next, t - d.since];
			does.set(next, { kind: 0, since: t });
		}
	}
}

/** Cells of the cubes with bins of @bin ns. */
export function simulatedCubes(sim, bin) {
	const run = new Map();
	const delay = new Map();
	const next = new Map();
	const cell = (map, key, make) => {
		let v = map.get(key);

		if (!v)
			map.set(key, v = make());
		return v;
	};

	for (const [c, task, from, to] of simulatedRuns(sim)) {
		for (let at = from; at < to;) {
			const b = Math.floor(at / bin);
			const end = Math.min(to, (b + 1) * bin);

			cell(run, b + ' ' + c + ' ' + task, () => [b * bin, c, task, 0, 0])[3] += end - at;
			at = end;
		}
	}
	for (let c = 0; c < sim.cpus; c++) {
		for (const [t, to, from] of sim.switches[c]) {
			const b = Math.floor(t / bin);

			cell(run, b + ' ' + c + ' ' + from, () => [b * bin, c, from, 0, 0])[4]++;
			cell(next, b + ' ' + from + ' ' + to, () => [b * bin, from, to, 0])[3]++;
		}
	}
	const exit = new Map();
	const guests = sim.exits ? [...simulatedGuests(sim)] : [];

	for (const g of guests.filter(x => x.kind !== 5)) {
		const b = Math.floor(g.at / bin);
		const e = cell(exit, b + ' ' + g.task + ' ' + g.isa + ' ' + g.reason, () => [b * bin, g.task, g.isa, g.reason, 0, 0, 0, 0, 0]);

		if (g.kind === 6) {
			e[5] += g.length;
			e[6] = Math.max(e[6], g.length);
			e[8]++;
		} else {
			e[g.kind === 'exit' ? 4 : 7]++;
		}
	}
	for (const [t, kind, task, length] of [...simulatedDelays(sim), ...guests.filter(g => g.length !== undefined).map(g => [g.at, g.kind, g.task, g.length])]) {
		const b = Math.floor(t / bin);
		const bucket = loghistBucket(length);
		const d = cell(delay, b + ' ' + kind + ' ' + task + ' ' + bucket, () => [b * bin, kind, task, bucket, 0, 0, 0]);

		d[4]++;
		d[5] = Math.max(d[5], length);
		d[6] += length;
	}
	const sorted = map => [...map.values()].sort((a, b) => a[0] - b[0]);

	return { run: sorted(run), delay: sorted(delay), next: sorted(next), exit: sorted(exit) };
}

/** Run time (ns) and switches by task in [from, to), counted from the events. */
export function simulatedTasks(sim, from, to) {
	const out = sim.tasks.map(() => ({ run: 0, switches: 0, cpu: Array.from({ length: sim.cpus }, () => [0, 0]) }));

	for (const [c, task, a, b] of simulatedRuns(sim)) {
		const part = Math.max(0, Math.min(b, to) - Math.max(a, from));

		out[task].run += part;
		out[task].cpu[c][0] += part;
	}
	for (let c = 0; c < sim.cpus; c++) {
		for (const [t, , prev] of sim.switches[c]) {
			if (t >= from && t < to) {
				out[prev].switches++;
				out[prev].cpu[c][1]++;
			}
		}
	}
	return out;
}
