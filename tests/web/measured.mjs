/* SPDX-License-Identifier: MIT */
/*
 * Metrics and processes of a made-up machine whose rates are known:
 *
 *	CPU n		n x 10 + 20 % user, 10 % system, the rest idle; CPU 1 is away at ticks 30 to 39
 *	vda		reads 1000 a second, a counter of 32 bits that wraps; writes 8 MiB/s, busy 25 %
 *	sdb		plugged in at tick 20, 1 MiB/s written; no value at tick 25
 *	eth0		2 MiB/s received; begins anew at tick 40
 *	memory		MemTotal 8 GiB, MemAvailable 6 GiB; sensors.temperature -5 °C
 *	server, 100	half a CPU, 64 MiB, reads 1 MiB/s
 *	late, 200	begins between ticks 14 and 15
 *	brief, 300	ends between ticks 24 and 25, 0.4 s after tick 24
 *	again, 400	ends unseen, and its id is used again between ticks 39 and 40
 */

import { DELTA, DICT, F64, PLANES, TEXTS, U32, U64, U8 } from './block_writer.mjs';

const NONE = 0xffffffff;
const MIB = 1 << 20;
const BLOCK_ROWS = 32768;

/** name, kind (1 counter, 2 gauge), bits, scale, unit, help */
const metrics = [['cpu.user', 1, 64, 0.01, 's', 'time in user mode'], ['cpu.system', 1, 64, 0.01, 's', 'time in the kernel'], ['cpu.idle', 1, 64, 0.01, 's', 'time without work'], ['cpu.switches', 1, 64, 1, '', 'context switches'],
	['disk.reads', 1, 32, 1, '', 'reads completed'], ['disk.written', 1, 64, 512, 'bytes', 'data written'], ['disk.busy', 1, 32, 0.001, 's', 'time with requests in flight'], ['network.rx_bytes', 1, 64, 1, 'bytes', 'received'],
	['memory.bytes', 2, 0, 1024, 'bytes', 'memory by use'], ['sensors.temperature', 2, 0, 1, '°C', 'temperature']];

/** Value of each series at tick k, t seconds after the start; null: none. */
function seriesOf(cpus, more) {
	const of = name => metrics.findIndex(m => m[0] === name) + 1;
	const list = [];
	const add = (name, cpu, instance, value) => list.push({ metric: of(name), cpu, instance, value });

	for (let c = 0; c < cpus; c++) {
		const here = (k, v) => c === 1 && k >= 30 && k < 40 ? null : Math.round(v);

		add('cpu.user', c, '', (k, t) => here(k, 1000 + t * (20 + 10 * c % 60)));
		add('cpu.system', c, '', (k, t) => here(k, 500 + t * 10));
		add('cpu.idle', c, '', (k, t) => here(k, t * (70 - 10 * c % 60)));
	}
	add('cpu.switches', NONE, '', (k, t) => Math.round(1e6 + 5000 * t));
	add('disk.reads', NONE, 'vda', (k, t) => Math.round(2 ** 32 - 10500 + 1000 * t) % 2 ** 32);
	add('disk.written', NONE, 'vda', (k, t) => Math.round(8 * 2048 * t));
	add('disk.busy', NONE, 'vda', (k, t) => Math.round(250 * t));
	add('disk.written', NONE, 'sdb', (k, t) => k < 20 || k === 25 ? null : Math.round(2048 * t));
	add('network.rx_bytes', NONE, 'eth0', (k, t) => Math.round(2 * MIB * (k < 40 ? 1000 + t : t)));
	for (const [name, kib] of [['MemTotal', 8 * MIB], ['MemAvailable', 6 * MIB], ['MemFree', 5 * MIB], ['Cached', MIB], ['Buffers', 1024]])
		add('memory.bytes', NONE, name, () => kib);
	if (!more)
		add('sensors.temperature', NONE, 'outside', () => 2n ** 64n - 5n);
	for (let n = 0; n < more; n++)
		add('disk.written', NONE, 'nvme' + n, (k, t) => Math.round(10 * (n + 1) * (t + 2 + Math.sin(k / 40 + n))));
	return list;
}

/** Columns of track process. */
function processRow(time, tid, used, more = {}) {
	const row = new Array(26).fill(0);

	Object.assign(row, [time, tid, tid, 1, 0, more.ended ? 1 : 0, 'S'.charCodeAt(0), 0, 0, 120, 1, used * 0.8, used * 0.2, 0, used / 1e6, 0, used / 1e7, 0, 64 * MIB, 128 * MIB, 0, more.read ?? 0, 0, 0, used / 10, 0]);
	/* Its I/O is not known. */
	row[4] = (2 ** 26 - 1) - (more.read === undefined ? 2 ** 21 + 2 ** 22 + 2 ** 23 : 0);
	return row.map(Math.floor);
}

function processesOf(ticks, at, interval, many) {
	const rows = [];
	const seconds = k => (at(k) - at(0)) / 1e9;

	for (let k = 0; k < ticks; k++) {
		const t = at(k);

		rows.push(processRow(t, 100, 5e8 * seconds(k) + 1e9, { read: MIB * seconds(k) }));
		if (k >= 15)
			rows.push(processRow(t, 200, 1e8 * (seconds(k) - seconds(14))));
		if (k < 25)
			rows.push(processRow(t, 300, 2e8 * seconds(k)));
		if (k === 24)
			rows.push(processRow(t + 0.4 * interval, 300, 2e8 * seconds(k) + 0.8e8, { ended: true }));
		rows.push(processRow(t, 400, k < 40 ? 1e9 + 1e7 * seconds(k) : 3e7 * (seconds(k) - seconds(39))));
		for (let n = 0; n < many; n++)
			rows.push(processRow(t, 1000 + n, 1e6 * seconds(k) * n));
	}
	return rows.sort((a, b) => a[0] - b[0]);
}

/** For makeRun(): metrics and nothing else. */
export function measured({ cpus = 2, ticks = 60, interval = 1e9, more = 0, many = 0 } = {}) {
	/* The recorder is late now and then. */
	const at = k => Math.round(k * interval + (k % 7 === 3 ? 0.3 * interval : 0)) + 1e6;
	const series = seriesOf(cpus, more);
	const values = [];

	for (let k = 0; k < ticks; k++) {
		series.forEach((s, i) => {
			const v = s.value(k, (at(k) - 1e6) / 1e9);

			if (v !== null)
				values.push([at(k), i + 1, v]);
		});
	}
	const task = (tid, comm) => ({ tid, tgid: tid, comm, role: null, idle_cpu: null, born: 0, self: false, kernel: false });
	const none = Array.from({ length: cpus }, () => []);

	return { cpus, span: at(ticks - 1) + 1e6, losses: [], switches: none, wakeups: none, samplesOnly: true,
		tasks: [task(100, 'server'), task(200, 'late'), task(300, 'brief'), task(400, 'again'), ...Array.from({ length: many }, (_, n) => task(1000 + n, 'worker' + n))],
		measured: { series, values, processes: processesOf(ticks, at, interval, many) } };
}

/** Blocks of the tracks metric, series, value, process. */
export function measuredBlocks({ series, values, processes }, start) {
	const cut = (track, rows, columns) => Array.from({ length: Math.ceil(rows.length / BLOCK_ROWS) }, (_, n) => rows.slice(n * BLOCK_ROWS, (n + 1) * BLOCK_ROWS)).map(part => ({ track, cpu: NONE,
		columns: [{ number: 0, type: U64, codec: DELTA, values: part.map(r => BigInt(r[0]) + start) }, ...columns.map(([type, codec], i) => ({ number: i + 1, type, codec, values: part.map(r => r[i + 1]) }))] }));

	return [...cut(14, metrics.map((m, i) => [0, i + 1, ...m]), [[U32, PLANES], [0, TEXTS], [U8, PLANES], [U8, PLANES], [F64, PLANES], [0, TEXTS], [0, TEXTS]].map(([type, codec]) => [type || 7, codec])),
		...cut(15, series.map((s, i) => [0, i + 1, s.metric, s.cpu, s.instance]), [[U32, PLANES], [U32, PLANES], [U32, PLANES], [7, TEXTS]]),
		...cut(26, values, [[U32, PLANES], [U64, PLANES]]),
		...cut(27, processes, [[U32, DICT], [U32, DICT], [U32, DICT], [U32, DICT], [U8, DICT], [U8, DICT], [U32, DICT], [U32, DICT], [U8, DICT], [U32, DICT], ...Array.from({ length: 15 }, () => [U64, PLANES])])];
}
