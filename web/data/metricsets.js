/* SPDX-License-Identifier: MIT */
/*
 * Which charts there are of metrics: those of the overview, told here line by line, and one for each metric
 * of the recording in the set of its collector.
 */

/** @typedef {import('./metrics.js').Line} Line */
/** @typedef {import('./metrics.js').Metric} Metric */
/** @typedef {import('./metrics.js').Metrics} Metrics */
/** @typedef {import('./metrics.js').Series} Series */
/** @typedef {import('./run.js').Span} Span */
/** plus, minus: metrics, or "metric[instance]". @typedef {{ label: string, plus: string[], minus?: string[], less?: string[], of?: string[], without?: RegExp, rest?: boolean }} Part less: as minus, where it was measured; of: as a share of all these; without: things that others hold; rest: what is left of a whole */
/**
 * A chart: of parts, each over all series of its metrics together; or of the parts of each CPU; or of one metric, a line for each of its series.
 * stack: the parts are all of a whole, or add up to at most `full`.
 * @typedef {{ title: string, parts?: Part[], each?: 'cpu', metric?: string, of?: string[], stack?: boolean, full?: number }} Picture of: of each part
 */
/** line: made when it is asked for. @typedef {{ label: string, cpu: number, unit: Unit, rest: boolean, line: () => Line }} MetricLine */
/** things: its lines are of disks, CPUs ... of a set @typedef {{ name: string, set: string, things: boolean, title: string, unit: Unit, zero: boolean, lines: MetricLine[], words: string, stack: boolean, full?: number }} MetricChart */
/** How values of a line are told: multiplied by `by` they are in `unit`. @typedef {{ unit: string, by: number, bytes: boolean }} Unit */

/** Of /proc/stat: "user" holds guests. */
const busyStates = ['cpu.user', 'cpu.nice', 'cpu.system', 'cpu.irq', 'cpu.softirq', 'cpu.steal'];
/** Time is counted in ticks of 10 ms: of all that was counted the states are a share, of the time that passed they would be up to a tick more. */
const allStates = [...busyStates, 'cpu.idle', 'cpu.iowait'];

/** @type {Picture[]} */
const overview = [
	{ title: 'CPU time of all CPUs', of: allStates, stack: true, full: 1, parts: [{ label: 'user', plus: ['cpu.user'], minus: ['cpu.guest'] }, { label: 'system', plus: ['cpu.system'] }, { label: 'iowait', plus: ['cpu.iowait'] },
		{ label: 'nice', plus: ['cpu.nice'], minus: ['cpu.guest_nice'] }, { label: 'interrupts', plus: ['cpu.irq', 'cpu.softirq'] }, { label: 'steal', plus: ['cpu.steal'] }, { label: 'guest', plus: ['cpu.guest', 'cpu.guest_nice'] }] },
	{ title: 'Use of each CPU', each: 'cpu', of: allStates, parts: [{ label: 'in use', plus: busyStates }] },
	{ title: 'Load average', parts: [{ label: '1 min', plus: ['load.avg1'] }, { label: '5 min', plus: ['load.avg5'] }, { label: '15 min', plus: ['load.avg15'] }] },
	{ title: 'Threads', parts: [{ label: 'running', plus: ['cpu.running'] }, { label: 'blocked on I/O', plus: ['cpu.blocked'] }] },
	{ title: 'Context switches', metric: 'cpu.switches' },
	{ title: 'Interrupts', metric: 'cpu.interrupts' },
	/* Parts of MemTotal, as free(1) counts them; what is in tmpfs is of the cache and cannot be dropped. */
	{ title: 'Memory', stack: true, parts: [{ label: 'programs and kernel', plus: ['memory.bytes[MemTotal]'], minus: ['memory.bytes[MemFree]', 'memory.bytes[Cached]'], less: ['memory.bytes[Buffers]', 'memory.bytes[SReclaimable]'] }, { label: 'shared, tmpfs', plus: ['memory.bytes[Shmem]'] },
		{ label: 'caches', plus: ['memory.bytes[Cached]', 'memory.bytes[Buffers]', 'memory.bytes[SReclaimable]'], less: ['memory.bytes[Shmem]'] }, { label: 'free', plus: ['memory.bytes[MemFree]'], rest: true }] },
	{ title: 'Memory available', parts: [{ label: 'available', plus: ['memory.bytes[MemAvailable]'] }] },
	{ title: 'Memory to be written to disks', parts: [{ label: 'dirty', plus: ['memory.bytes[Dirty]'] }, { label: 'being written', plus: ['memory.bytes[Writeback]'] }] },
	{ title: 'Swap space in use', parts: [{ label: 'in use', plus: ['memory.bytes[SwapTotal]'], minus: ['memory.bytes[SwapFree]'] }] },
	{ title: 'Disks: read', metric: 'disk.read' },
	{ title: 'Disks: written', metric: 'disk.written' },
	{ title: 'Disks: busy', metric: 'disk.busy' },
	{ title: 'Network: received', metric: 'network.rx_bytes' },
	{ title: 'Network: sent', metric: 'network.tx_bytes' },
	{ title: 'Pressure: some waited', metric: 'pressure.some' },
	{ title: 'Pressure: all waited', metric: 'pressure.full' },
];

/** What the strip above the views shows of a CPU. */
export const cpuInUse = { label: 'in use', plus: busyStates, of: allStates };

/** All disks together, without partitions and without what lies on other disks. @type {Part} */
export const diskWrites = { label: 'written to disks', plus: ['disk.written'], without: /^(loop|z?ram|dm-|md|nbd|sr)|^(x?[vsh]d[a-z]+\d+|(nvme|mmcblk)\d+.*p\d+)$/ };

/** @param {Metric} m @returns {Unit} */
export function unitOfMetric(m) {
	if (!m.counter)
		return { unit: m.unit, by: 1, bytes: m.unit === 'bytes' };
	if (m.unit === 's')
		return { unit: '%', by: 100, bytes: false };
	return { unit: m.unit + '/s', by: 1, bytes: m.unit === 'bytes' };
}

/** Series that a name means; where CPUs have their own, not those of all together. @param {Metrics} m @param {string} name "metric" or "metric[instance]" @param {number} cpu -1: of all */
function seriesOf(m, name, cpu) {
	const [metric, instance] = name.replace(/\]$/, '').split('[');
	const found = m.of(metric).filter(s => instance === undefined || s.instance === instance);
	const own = found.filter(s => s.cpu >= 0);

	return cpu >= 0 ? own.filter(s => s.cpu === cpu) : own.length ? own : found;
}

/**
 * Series of one collector as one line, tick by tick: their sum where each metric is known of something, or what share it is of that of others.
 * @param {Series[]} plus
 * @param {Series[]} minus
 * @param {Series[]} [of]
 * @returns {Line}
 */
export function sumLines(plus, minus, of) {
	const lines = plus.map(s => s.line());
	const ticks = plus[0].metric.collector.ticks.list;
	const counter = plus[0].metric.counter;
	const n = counter ? Math.max(0, ticks.length - 1) : ticks.length;
	const values = new Float64Array(n).fill(NaN);
	const known = new Float64Array(n);
	const metrics = new Set(plus.map(s => s.metric)).size;

	lines.forEach((line, k) => {
		for (let i = 0, at = plus[k].first; i < line.values.length; i++) {
			if (Number.isNaN(line.values[i]))
				continue;
			values[at + i] = (known[at + i] ? values[at + i] : 0) + line.values[i];
			known[at + i]++;
		}
	});
	for (const s of minus) {
		const line = s.line();

		for (let i = 0; i < line.values.length; i++) {
			if (!Number.isNaN(line.values[i]))
				values[s.first + i] = Math.max(0, values[s.first + i] - line.values[i]);
		}
	}
	for (let i = 0; i < n; i++) {
		if (known[i] < metrics)
			values[i] = NaN;
	}
	/* Where nothing was counted there is no share. */
	if (of?.length)
		sumLines(of, []).values.forEach((v, i) => values[i] = v > 0 ? values[i] / v : NaN);
	const begins = counter ? ticks.subarray(0, n) : null;
	const times = counter ? ticks.subarray(1) : ticks;
	/** @type {Span[]} */
	const gaps = [];

	for (let i = 0; i < n; i++) {
		const last = gaps[gaps.length - 1];
		const from = begins ? begins[i] : times[Math.max(0, i - 1)];
		const to = begins ? times[i] : times[Math.min(n - 1, i + 1)];

		if (!Number.isNaN(values[i]))
			continue;
		if (last && last.to >= from)
			last.to = to;
		else
			gaps.push({ from, to });
	}
	return { times, begins, values, gaps };
}

/** @param {() => Line} make */
function madeOnce(make) {
	/** @type {Line | null} */
	let made = null;

	return () => made = made || make();
}

/** A part of a picture as a line; null: not measured. @param {Metrics} m @param {Part} part @param {number} cpu @returns {MetricLine | null} */
export function partLine(m, part, cpu) {
	const plus = part.plus.flatMap(name => seriesOf(m, name, cpu)).filter(s => !part.without?.test(s.instance));
	const minus = (part.minus || []).map(name => seriesOf(m, name, cpu));
	const less = (part.less || []).flatMap(name => seriesOf(m, name, cpu));
	const of = (part.of || []).flatMap(name => seriesOf(m, name, cpu));

	/* Guests are nothing where there are none; of memory each part is needed. */
	if (!plus.length || part.minus?.some((name, i) => name.includes('[') && !minus[i].length))
		return null;
	return { label: cpu < 0 ? part.label : 'CPU ' + cpu, cpu, rest: part.rest === true, unit: unitOfMetric(plus[0].metric), line: madeOnce(() => sumLines(plus, [...minus.flat(), ...less], of)) };
}

/** @param {Metrics} m @param {Picture} p @returns {MetricChart | null} */
function chartOf(m, p) {
	/** @type {MetricLine[]} */
	let lines = [];

	if (p.metric)
		return m.of(p.metric).length ? metricChart(m, p.metric, p.title) : null;
	if (p.each) {
		const cpus = [...new Set(seriesOf(m, (p.parts || [])[0].plus[0], -1).map(s => s.cpu))].filter(c => c >= 0).sort((a, b) => a - b);

		lines = cpus.flatMap(cpu => partLine(m, { ...(p.parts || [])[0], of: p.of }, cpu) || []);
	} else {
		lines = (p.parts || []).flatMap(part => partLine(m, { ...part, of: p.of }, -1) || []);
	}
	return lines.length ? { name: p.title, set: '', things: Boolean(p.each), title: p.title, unit: lines[0].unit, zero: true, lines, words: '', stack: p.stack === true, full: p.full } : null;
}

/** A metric with a line for each of its series. @param {Metrics} m @param {string} name @param {string} [title] @returns {MetricChart} */
function metricChart(m, name, title) {
	const series = m.of(name);
	const { metric } = series[0];
	const unit = unitOfMetric(metric);

	return { name, set: metric.collector.name, things: true, title: title || name, unit, zero: metric.counter || unit.bytes, words: metric.help, stack: false, lines: series.map(s => ({ label: s.place, cpu: s.cpu, unit, rest: false, line: () => s.line() })) };
}

/** Sets of charts: the overview, one per collector, and all. @param {Metrics} m @returns {[string, string][]} name and title */
export function setsOf(m) {
	const names = [...m.collectors.keys()].filter(name => [...m.series.values()].some(s => s.metric.collector.name === name && s.first >= 0));

	return [['', 'Overview'], ...names.map(name => /** @type {[string, string]} */ ([name, name === 'cpu' ? 'CPU' : name[0].toUpperCase() + name.slice(1)])), ['all', 'All']];
}

/** @param {Metrics} m @param {string} set @returns {MetricChart[]} */
export function chartsOf(m, set) {
	if (!set)
		return overview.flatMap(p => chartOf(m, p) || []);
	const names = new Set([...m.series.values()].filter(s => s.first >= 0 && (set === 'all' || s.metric.collector.name === set)).map(s => s.metric.name));

	return [...names].map(name => metricChart(m, name));
}

/** Levels of a line in a regular grid: mean of each bin, 0 where nothing is known. @param {Line} line of a counter @param {number} bin @param {number} bins */
export function binned(line, bin, bins) {
	const out = new Float64Array(bins);
	const { times, begins, values } = line;

	for (let i = 0; begins && i < values.length; i++) {
		if (Number.isNaN(values[i]))
			continue;
		for (let b = Math.max(0, Math.floor(begins[i] / bin)); b < bins && b * bin < times[i]; b++)
			out[b] += values[i] * Math.max(0, Math.min(times[i], (b + 1) * bin) - Math.max(begins[i], b * bin)) / bin;
	}
	return out;
}

/** The strip's cells: how much of each CPU was in use. @param {Metrics} m @returns {import('./cube.js').Cube} */
export function busyCube(m) {
	const { run } = m;
	const ticks = m.collectors.get('cpu')?.ticks.list || new Float64Array(0);
	const bin = Math.max(1, Math.ceil(run.span / 2048), ticks.length > 1 ? Math.ceil((ticks[ticks.length - 1] - ticks[0]) / (ticks.length - 1)) : 1);
	const bins = Math.ceil(run.span / bin);
	const cells = run.cpus.flatMap(cpu => {
		const line = partLine(m, cpuInUse, cpu)?.line();

		return line ? Array.from(binned(line, bin, bins), (v, b) => ({ time: b * bin, cpu, v })).filter(c => c.v > 0) : [];
	}).sort((a, b) => a.time - b.time);
	const time = Float64Array.from(cells, c => c.time);
	const none = new Float64Array(cells.length);

	return { rows: cells.length, bin, time, column: [time, Float64Array.from(cells, c => c.cpu), none, Float64Array.from(cells, c => Math.min(1, c.v) * bin), none] };
}
