/* SPDX-License-Identifier: MIT */
/*
 * Runs made by a plan instead of chance: each task runs for a fixed time in every period, so shares,
 * rates and differences are known beforehand. The result has the form of simulate().
 */

/**
 * @typedef {{ name: string, tid: number, cpu: number, at: number, length: number, role?: string }} Turn ns within the period; 0 = exists, never runs
 */

/**
 * @param {{ cpus: number, span: number, period: number, turns: Turn[], losses?: object[] }} o turns of one CPU do not overlap
 */
export function planned(o) {
	const tasks = Array.from({ length: o.cpus }, (_, c) => ({ tid: 0, tgid: 0, comm: 'swapper/' + c, role: null, idle_cpu: c, self: false, kernel: true }));
	const switches = tasks.map(() => []);
	const wakeups = tasks.map(() => []);
	const losses = o.losses || [];

	for (const t of o.turns) {
		tasks.push({ tid: t.tid, tgid: t.tid, comm: t.name, role: t.role || null, idle_cpu: null, self: false, kernel: false });
		for (let from = t.at; t.length && from + t.length < o.span; from += o.period) {
			const n = tasks.length - 1;

			wakeups[t.cpu].push([from - 1000, t.tid, 0, t.cpu, 0]);
			switches[t.cpu].push([from, n, t.cpu, 0, 120], [from + t.length, t.cpu, n, 1, 120]);
		}
	}
	const lost = (c, time) => losses.some(l => l.cpu === c && time >= l.from && time <= l.to);
	const kept = list => list.map((events, c) => events.filter(e => !lost(c, e[0])).sort((a, b) => a[0] - b[0]));

	return { cpus: o.cpus, span: o.span, tasks, switches: kept(switches), wakeups: kept(wakeups), losses };
}

const MS = 1e6;

/** Two runs of two CPUs, 200 periods of 5 ms and 300 of them, with a known change between them. */
export function changedPair() {
	const turn = (name, tid, cpu, at, length) => ({ name, tid, cpu, at: at * MS, length: length * MS });
	const common = shift => [turn('steady', 30 + shift, 1, 0.2, 0.5), turn('pool', 40 + shift, 0, 2.5, 0.25), turn('pool', 41 + shift, 0, 3, 0.25), turn('lazy', 50 + shift, 0, 0, 0)];

	/* Thread ids differ between the runs, and one is another task's in the other run. */
	return [
		planned({ cpus: 2, span: 1000 * MS, period: 5 * MS, turns: [...common(1000), turn('mover', 20, 0, 0.1, 2), turn('double', 21, 1, 2.5, 0.5), turn('old', 22, 0, 4, 0.25)] }),
		planned({ cpus: 2, span: 1500 * MS, period: 5 * MS, turns: [...common(2000), turn('mover', 21, 1, 0.8, 2), turn('double', 20, 1, 3, 1), turn('fresh', 22, 0, 4, 0.75)] }),
	];
}
