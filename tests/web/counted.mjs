/* SPDX-License-Identifier: MIT */
/*
 * Counts of a made-up machine: what is added to a run of simulation.mjs. Events of CPUs that took turns on
 * the counters, with a time when some of them had none; or of tasks, or of their run slices.
 */
import { randomSource } from './random.mjs';

export const CYCLES = 2048, INSTRUCTIONS = 2049, MISSES = 2050, CLOCK = 2051, NEVER = 2052, GONE = 2053;
const NONE = 0xffffffff;

const event = (number, name, unit = '', o = {}) => ({ number, name, unit, scale: 1, missing: false, note: '', ...o });
const metric = (name, title, unit, ...formula) => ({ name, title, unit, help: title, formula });
const of = number => ({ event: number });

export const countersJson = interval => ({
	interval_ns: interval,
	events: [event(CYCLES, 'cycles'), event(INSTRUCTIONS, 'instructions'), event(MISSES, 'cache-misses'), event(CLOCK, 'task-clock', 'ns'), event(NEVER, 'bus-cycles'),
		event(GONE, 'stalled-cycles-backend', '', { missing: true, note: 'this machine does not have it' })],
	metrics: [metric('ipc', 'Instructions per cycle', 'insn/cycle', of(INSTRUCTIONS), of(CYCLES), '/'), metric('mpki', 'Cache misses per 1000 instructions', '/kinsn', of(MISSES), of(INSTRUCTIONS), 1000, '/', '/'),
		metric('used', 'CPUs utilised', 'CPUs', of(CLOCK), 1e9, '/', 'interval', '/')],
});

/** One cell of cube_counter: [time, event, kind, cpu, task, length, known, value, below, above, enabled, off, least, most]. */
export function cell(time, number, kind, cpu, task, length, value, o = {}) {
	const known = value === null ? 0 : 1;

	return [time, number, kind, cpu < 0 ? NONE : cpu, task < 0 ? NONE : task, length, known, value ?? 0, o.below ?? 0, o.above ?? 0, o.enabled ?? length, o.off ?? 0, o.least ?? 0, o.most ?? 0];
}

/** @param {number} interval ns @param {{ of?: string, bin?: number, seed?: number, slow?: number }} [o] of: cpu, task or slices */
export function counted(sim, interval, o = {}) {
	const random = randomSource(o.seed || 5);
	const cells = [];
	const users = sim.tasks.map((t, i) => [t, i]).filter(([t]) => t.idle_cpu === null && !t.self).slice(0, 20);

	for (let from = 0, i = 0; from < sim.span; from += interval, i++) {
		const length = Math.min(interval, sim.span - from);
		const phase = 1 + 0.8 * Math.sin(from / sim.span * 20);
		const put = (number, kind, cpu, task, value, opt) => cells.push(cell(from, number, kind, cpu, task, length, value, opt));

		if (o.of === 'task' || o.of === 'slices') {
			for (const [, task] of users.filter((_, k) => (i + k) % 3)) {
				const kind = o.of === 'task' ? 3 : 2;
				const ran = Math.floor(length * (0.1 + random(400) / 1000));
				const cpu = o.of === 'task' ? -1 : task % sim.cpus;
				const opt = { enabled: ran };
				const add = (number, value) => cells.push(cell(o.of === 'task' ? from : from + length - ran, number, kind, cpu, task, o.of === 'task' ? length : ran, value, opt));

				add(CYCLES, 2 * ran);
				add(INSTRUCTIONS, ran * (1 + task % 3));
				add(CLOCK, ran);
			}
			continue;
		}
		for (let cpu = 0; cpu < sim.cpus; cpu++) {
			const cycles = Math.floor(length * 2 * (1 + cpu / sim.cpus) * (0.9 + random(200) / 1000));
			const misses = Math.floor(length / 1000 * phase * (0.5 + random(1000) / 1000));
			const blind = i % 40 >= 36;

			put(CYCLES, 1, cpu, -1, cycles, o.bin ? { least: cycles / length * 0.7e9, most: cycles / length * 1.6e9 } : {});
			put(INSTRUCTIONS, 1, cpu, -1, Math.floor(cycles * phase / (o.slow || 1)));
			put(CLOCK, 1, cpu, -1, length);
			if (blind)
				put(MISSES, 1, cpu, -1, null, { enabled: 0 });
			else
				put(MISSES, 1, cpu, -1, misses, { below: Math.floor(misses * 0.2), above: Math.floor(misses * 0.3), off: Math.floor(length * 2 / 3) });
		}
	}
	for (let cpu = 0; cpu < sim.cpus && !['task', 'slices'].includes(o.of || ''); cpu++)
		cells.push(cell(0, NEVER, 1, cpu, -1, sim.span, null, { off: sim.span }));
	return { ...sim, counters: { json: countersJson(o.of === 'slices' ? 0 : interval), bin: o.bin || 1, cells: cells.sort((a, b) => a[0] - b[0]) } };
}
