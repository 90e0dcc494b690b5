/* SPDX-License-Identifier: MIT */
/*
 * Samples of a made-up program whose split is known: of every ten samples of `server` seven are in
 * compute(), two in memcpy() of a library, one in the kernel. What is added to a run of simulation.mjs.
 */
import { randomSource } from './random.mjs';

const KERNEL = 1, FILE = 2, JIT = 4;

/** A profile that grows by chains of [function, module]; every place of a function has a frame node of its own. */
export class ProfileMaker {
	constructor() {
		this.json = { events: [], names: [], modules: [], functions: [], nodes: [], node_of: [0] };
		this.numbers = new Map();
		this.tree = new Map();
		this.frames = new Map();
	}

	once(map, key, make) {
		if (!map.has(key))
			map.set(key, make());
		return map.get(key);
	}

	fn(name, module, kind) {
		const n = this.once(this.numbers, 'n' + name, () => this.json.names.push(name) - 1);
		const m = this.once(this.numbers, 'm' + module, () => this.json.modules.push({ name: module, kind }) - 1);

		return this.once(this.numbers, 'f' + name + '\n' + module, () => this.json.functions.push([n, m]) - 1);
	}

	/** The frame node of a chain, outermost caller first; @place tells addresses within the leaf apart. */
	node(chain, place = 0) {
		let tree = 0;
		let frame = 0;

		chain.forEach(([name, module, kind = FILE], i) => {
			const fn = this.fn(name, module, kind);

			tree = this.once(this.tree, tree + ' ' + fn, () => this.json.nodes.push([tree, fn]));
			const at = i === chain.length - 1 ? place : 0;

			frame = this.once(this.frames, frame + ' ' + fn + ' ' + at, () => this.json.node_of.push(tree) - 1);
		});
		return frame;
	}
}

const main = [['_start', 'server'], ['main', 'server'], ['run_loop', 'server']];
const kernel = (...names) => names.map(n => [n, '[kernel]', KERNEL]);
/** Of ten samples. */
const server = [
	...Array(3).fill([...main, ['handle_request', 'server'], ['compute', 'server']]), ...Array(2).fill([...main, ['handle_request', 'server'], ['plan', 'server'], ['compute', 'server']]),
	...Array(2).fill([...main, ['compute', 'server'], ['compute', 'server']]),
	...Array(2).fill([...main, ['send_reply', 'server'], ['memcpy', 'libc.so.6']]),
	[...main, ['read', 'libc.so.6'], ...kernel('entry_SYSCALL_64', 'do_syscall_64', 'ksys_read', 'vfs_read', 'copy_page_to_iter')],
];
const worker = [
	[['clone3', 'libc.so.6'], ['thread_entry', 'libjvm.so'], ['Interpreter', 'perf-77.map', JIT], ['Lorg/Example;::run', 'perf-77.map', JIT], ['Lorg/Example$Node;::sort', 'perf-77.map', JIT]],
	[['clone3', 'libc.so.6'], ['thread_entry', 'libjvm.so'], ['Interpreter', 'perf-77.map', JIT], ['Lorg/Example;::run', 'perf-77.map', JIT], ['0x00007f12a4c81234', '[unknown]', 0]],
	[['clone3', 'libc.so.6'], ['thread_entry', 'libjvm.so'], ['GCTaskThread::run', 'libjvm.so'], ['G1ParScanThreadState::copy_to_survivor_space', 'libjvm.so']],
];
const blocked = { server: [...main, ['poll', 'libc.so.6'], ...kernel('entry_SYSCALL_64', 'do_poll', 'schedule')], worker: [...worker[2].slice(0, 3), ['futex_wait', 'libc.so.6'], ...kernel('futex_wait_queue', 'schedule')] };

/**
 * Add samples to a run: `server` (the first task) on CPU 0, `worker` (the second) on the last, every
 * @period. @change: in every ten samples so many more are in memcpy() instead of compute().
 * @param {any} sim of simulate() or planned()
 * @param {{ period?: number, change?: number, cube?: boolean, chains?: boolean, extra?: string, tasks?: number[], quiet?: [number, number] }} [o] extra: a function that compute()
 * calls here only; quiet: a time without samples
 */
export function profiled(sim, o = {}) {
	const p = new ProfileMaker();
	const period = o.period || 1e6;
	const users = sim.tasks.map((t, n) => n).filter(n => sim.tasks[n].idle_cpu === null);
	const [first, second] = o.tasks || users;
	const memcpy = server[7];
	const samples = Array.from({ length: sim.cpus }, () => []);
	const add = (cpu, time, event, task, chain, weight, place) => {
		if (!o.quiet || time < o.quiet[0] || time >= o.quiet[1])
			samples[cpu].push([time, event, sim.tasks[task].tid, sim.tasks[task].tgid, chain ? p.node(chain, place) : 0, weight, 2]);
	};

	p.json.events.push({ number: 0, name: 'cpu-clock', unit: 'ns', off_cpu: false }, { number: 1, name: 'cache-misses', unit: 'count', off_cpu: false }, { number: 9, name: 'off-cpu', unit: '', off_cpu: true });
	p.json.metrics = [{ name: 'mpms', title: 'Cache misses per ms', unit: '/ms', help: 'misses per time', formula: [{ event: 1 }, { event: 0 }, '/', 1e6, '*'] }];
	for (let i = 0; (i + 0.5) * period < sim.span; i++) {
		const time = Math.floor((i + 0.5) * period);
		let chain = i % 10 < (o.change || 0) ? memcpy : server[i % 10];

		if (o.extra && i % 10 === 4)
			chain = [...chain, [o.extra, 'server']];
		add(0, time, 0, first, chain, period, i % 3);
		if (i % 2 === 0)
			add(0, time + 10, 1, first, i % 20 < 14 ? memcpy : server[0], 1000, 1);
		add(sim.cpus - 1, time + 20, 0, second, i % 16 === 15 ? null : worker[i % 3], period, i % 5);
	}
	const offcpu = [];
	const bin = 10e6;

	for (let time = 0; time < sim.span; time += bin)
		offcpu.push([time, first, o.chains === false ? 0 : p.json.node_of[p.node(blocked.server)], 2, 6e6, 4e6], [time, second, o.chains === false ? 0 : p.json.node_of[p.node(blocked.worker)], 1, 2e6, 2e6]);
	const out = { ...sim, profile: p.json, offcpu: { bin, cells: offcpu } };

	return o.cube ? { ...out, sampleCube: cubeOf(sim, samples, p.json, 5e6), profile: { ...p.json, node_of: undefined } } : { ...out, samples };
}

function cubeOf(sim, samples, json, bin) {
	const cells = new Map();

	for (const [time, event, tid, , node, weight] of samples.flat()) {
		const key = [Math.floor(time / bin) * bin, event, sim.tasks.findIndex(t => t.tid === tid), json.node_of[node]];
		const cell = cells.get(key.join()) || [...key, 0, 0];

		cell[4]++;
		cell[5] += weight;
		cells.set(key.join(), cell);
	}
	return { bin, cells: [...cells.values()].sort((a, b) => a[0] - b[0]) };
}

/** A wide and deep profile of random chains, for measuring. */
export function largeProfile(sim, nodes, samples, seed = 7) {
	const p = new ProfileMaker();
	const random = randomSource(seed);
	const leaves = [];
	/** @type {any[][]} */
	const open = [[]];

	while (p.json.nodes.length < nodes) {
		const from = open[Math.floor(open.length * (1 - random(1000) / 1000 * 0.3))] || open[0];
		const chain = [...from.slice(0, 60), ['function_' + random(4000), 'module' + random(40) + (random(2) ? '.so' : ''), FILE]];

		leaves.push(p.node(chain));
		open.push(chain);
	}
	p.json.events.push({ number: 0, name: 'cycles', unit: 'count', off_cpu: false });
	const list = Array.from({ length: sim.cpus }, () => []);
	const users = sim.tasks.filter(t => t.idle_cpu === null);

	for (let i = 0; i < samples; i++) {
		const t = users[i % users.length];

		list[i % sim.cpus].push([Math.floor((i + 0.5) * sim.span / samples), 0, t.tid, t.tgid, leaves[random(leaves.length)], 1 + random(1000), 2]);
	}
	return { ...sim, profile: p.json, samples: list };
}
