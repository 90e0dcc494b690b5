/* SPDX-License-Identifier: MIT */
/* What the machine counts about itself, over time, and the processes at the cursor. */

import { lineAt, lineStats, metricsOf } from '../data/metrics.js';
import { chartsOf, cpuInUse, diskWrites, partLine, setsOf } from '../data/metricsets.js';
import { ProcessTable } from '../data/processes.js';
import { pointAt } from '../mark/linedata.js';
import { LinesMark } from '../mark/lines.js';
import { el } from '../ui/dom.js';
import { TableTwin } from '../ui/tabletwin.js';
import { fmtBytes, fmtCount, fmtDuration, fmtPct, fmtShort, fmtTime, withSign } from '../ui/units.js';
import { joinAnswers } from './answers.js';
import { ViewFrame } from './frame.js';
import { MetricsDiff } from './metrics_diff.js';
import { metricExact, metricText } from './metrictext.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').Span} Span */
/** @typedef {import('../data/run.js').ColumnJson} ColumnJson */
/** @typedef {import('../data/metrics.js').Metrics} Metrics */
/** @typedef {import('../data/metricsets.js').MetricChart} MetricChart */
/** @typedef {import('../data/metricsets.js').MetricLine} MetricLine */
/** @typedef {import('../data/metricsets.js').Unit} Unit */
/** @typedef {import('../data/processes.js').Process} Process */
/** A chart as it is drawn: the lines that are shown of it. @typedef {{ metrics: Metrics, chart: MetricChart, lines: MetricLine[], more: number }} Shown */
/** @typedef {Object<string, any>} Row */

/** Lines in a chart unless all are asked for: those with most. */
const LINES_SHOWN = 12;
const TOLD_METRICS = 8;
const SEARCH_MS = 120;
/** The cursor rests so long before processes are looked up. */
const FRAME_MS = 150;
/** And the window before differences are made anew. */
const DIFF_MS = 200;

/** Marks of axes are round in KiB, MiB ... @param {number} most */
function bytesGrain(most) {
	return 1024 ** Math.max(0, Math.floor(Math.log2(Math.max(1, most)) / 10));
}

/** @param {string} name @param {string} title @param {string} unit @param {string} [help] @returns {ColumnJson} */
function metricColumn(name, title, unit, help) {
	return { name, title, unit, type: unit === '' || unit === 'text' ? 'text' : unit === 'id' || unit === 'bytes' ? 'u64' : 'f64', digits: 1, help };
}

/** @type {ColumnJson[]} */
const processColumns = [{ ...metricColumn('task', 'Process', ''), key: true }, { ...metricColumn('tid', 'PID', 'id'), key: true, local: true }, metricColumn('cpu_pct', 'CPU', 'pct', '% of one CPU'), metricColumn('user_pct', 'User', 'pct'),
	metricColumn('sys_pct', 'System', 'pct'), metricColumn('wait_pct', 'Waits for CPU', 'pct', 'waits for a CPU that ended in the frame, whole, of all its threads; % of the frame'), metricColumn('rss', 'Memory', 'bytes', 'resident, at the end of the frame'),
	metricColumn('read', 'Read/s', 'bytes', 'from disks'), metricColumn('written', 'Written/s', 'bytes', 'to disks'), metricColumn('minor', 'Faults', 'per_s', 'page faults without I/O'), metricColumn('major', 'Major faults', 'per_s', 'page faults that read from a disk'),
	metricColumn('switches', 'Switches', 'per_s', 'context switches of both kinds'), metricColumn('threads', 'Threads', 'id'), metricColumn('state', 'State', '', 'letter of /proc/PID/stat'), metricColumn('note', 'Note', '')];

class MetricsView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'metrics', title: 'Metrics', summary: 'What the machine counts about itself, over time', tableTitle: 'Values at the cursor' });
		this.mark = new LinesMark({
			label: 'Metrics over time. Left and right move the cursor, up and down choose the chart, plus and minus zoom, Enter selects a CPU.',
			theme: () => app.theme(), window: () => app.window(), span: () => app.span, zoom: (from, to) => app.zoom(from, to), cursor: t => app.setCursor(t),
			getCursor: () => app.cursor, leave: () => app.tip.hide(), hover: (chart, series, t, e) => this.hover(chart, series, t, e), click: (chart, series) => this.click(chart, series),
		});
		this.surface = this.mark.surface;
		this.words = el('p', { class: 'chartwords' });
		this.diff = new MetricsDiff(app);
		this.diffTimer = 0;
		this.diffKey = '';
		this.figure.append(this.mark.el, this.words);
		this.findTimer = 0;
		this.findBox = el('input', { type: 'search', class: 'findbox', placeholder: 'find metrics, disks ...', 'aria-label': 'Find metrics and things, a regular expression', spellcheck: 'false', autocomplete: 'off',
			on: { input: () => {
				clearTimeout(this.findTimer);
				this.findTimer = setTimeout(() => app.state.set({ metric: this.findBox.value }), SEARCH_MS);
			} } });
		this.processes = new TableTwin({ name: 'processes', caption: 'Processes at the cursor', say: text => app.tip.say(text), pick: row => app.pickRow(row), marked: row => app.isMarkedRow(row) });
		this.frameWords = el('p', { class: 'chartwords' });
		this.table.el.before(this.frameWords, this.processes.el);
		/** Where the cursor was last: tables stay there when the pointer goes to them. -1: nowhere yet. */
		this.at = -1;
		/** @type {Metrics[]} */
		this.metrics = [];
		/** @type {Shown[]} */
		this.shown = [];
		/** The same with all their lines. @type {Shown[]} */
		this.parts = [];
		this.shownKey = '';
		/** @type {Map<string, Map<string, number>>} colours of things by set */
		this.slots = new Map();
		this.frameTimer = 0;
		this.frameTicket = 0;
		/** @type {WeakMap<Run, ProcessTable>} */
		this.tables = new WeakMap();
	}

	async gather() {
		this.el.dataset.detail = 'loading';
		try {
			return await Promise.all(this.app.shown().filter(r => r.hasMetrics()).map(metricsOf));
		} finally {
			delete this.el.dataset.detail;
		}
	}

	/** @param {Metrics[]} data */
	show(data) {
		const { app } = this;
		const w = app.window();

		this.metrics = data;
		this.compares = app.pair !== null && data.length === 2;
		this.note.hidden = !app.pair || this.compares;
		this.setWindow(w, 1);
		this.choose();
		this.showDifference(w);
		this.draw(w);
		this.showTools();
		this.showFacts(w);
		this.showTables(app.dragging());
	}

	/** Sets that some run has. @returns {[string, string][]} */
	sets() {
		return [...new Map(this.metrics.flatMap(setsOf))];
	}

	showTools() {
		const { app } = this;
		const { look } = app.state;
		const sets = this.sets();
		const set = sets.some(s => s[0] === look.set) ? look.set : '';
		const more = this.shown.some(s => s.more > 0) || look.everything;

		if (this.findBox !== document.activeElement && this.findBox.value !== look.metric)
			this.findBox.value = look.metric;
		this.setTools([set, sets, more, look.everything].join('\n'), () => [more ? this.check('all lines', look.everything, on => app.state.set({ everything: on })) : null, this.findBox,
			this.select('Metrics', sets, set, v => app.state.set({ set: v }))]);
	}

	/** Which charts and lines there are: anew when the choice changes, not with the window. */
	choose() {
		const { look } = this.app.state;
		const key = [look.set, look.metric, look.everything, ...this.metrics.map(m => m.run.number)].join('\n');

		if (key === this.shownKey)
			return;
		this.shownKey = key;
		const sets = this.sets().map(s => s[0]);
		const set = look.metric ? 'all' : sets.includes(look.set) ? look.set : '';
		const all = this.metrics.map(metrics => ({ metrics, charts: chartsOf(metrics, set) }));
		const names = [...new Set(all.flatMap(a => a.charts.map(c => c.name)))];

		/* Charts of runs that are the same stand side by side. */
		this.parts = names.flatMap(name => all.flatMap(({ metrics, charts }) => charts.filter(c => c.name === name).flatMap(chart => this.lines(metrics, chart) || [])));
		this.shown = this.parts.map(p => this.foremost(p));
	}

	/** @param {Metrics} metrics @param {MetricChart} chart @returns {Shown | null} null: nothing that is looked for */
	lines(metrics, chart) {
		const find = this.expression(this.app.state.look.metric);
		const lines = find && !find.test(chart.name) ? chart.lines.filter(l => find.test(chart.name + '[' + l.label + ']')) : chart.lines;

		return lines.length ? { metrics, chart, lines, more: 0 } : null;
	}

	/** The lines with most. @param {Shown} shown @returns {Shown} */
	foremost({ metrics, chart, lines }) {
		const { look } = this.app.state;
		const whole = { from: 0, to: metrics.run.span };
		const list = chart.things ? lines.map(line => ({ line, v: lineStats(line.line(), whole)?.mean ?? -Infinity })).sort((x, y) => y.v - x.v).map(l => l.line) : lines;
		const most = look.everything ? list : list.slice(0, LINES_SHOWN);

		/* CPUs stay in their order. */
		return { metrics, chart, lines: most.some(l => l.cpu >= 0) ? most.sort((x, y) => x.cpu - y.cpu) : most, more: list.length - most.length };
	}

	/** @param {string} text */
	expression(text) {
		try {
			return text ? new RegExp(text, 'i') : null;
		} catch {
			return new RegExp(text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'), 'i');
		}
	}

	/** Of two runs: anew when the window rests. @param {Span} w */
	showDifference(w) {
		const { app, diff } = this;
		const key = [this.shownKey, w.from, w.to].join('\n');
		const build = () => {
			if (app.pressed) {
				this.diffTimer = setTimeout(build, DIFF_MS);
				return;
			}
			/* Of all lines: those with most need not be the same in both. */
			if (key !== this.diffKey)
				diff.set(this.metrics, this.parts, w);
			this.diffKey = key;
			diff.draw(this.room());
			this.table.set(() => diff.answer());
		};

		clearTimeout(this.diffTimer);
		if (!this.compares)
			diff.el.remove();
		else if (!diff.el.isConnected)
			this.figure.prepend(diff.el);
		this.table.setCaption(this.compares ? 'Means of both runs' : 'Values at the cursor');
		this.surface = this.compares ? diff.mark.surface : this.mark.surface;
		if (this.compares && app.dragging())
			this.diffTimer = setTimeout(build, DIFF_MS);
		else if (this.compares)
			build();
	}

	/** @param {Span} w */
	draw(w) {
		const { app } = this;
		const several = this.metrics.length > 1;
		const charts = this.shown.map(shown => {
			const { metrics, chart, lines, more } = shown;
			const { unit } = chart;

			return { title: chart.title + (several ? ' · ' + app.nameOf(metrics.run) : ''), unit: unit.unit === '/s' ? 'per second' : unit.unit === 'bytes/s' ? 'bytes per second' : unit.unit, zero: chart.zero, grain: unit.bytes ? bytesGrain : undefined, axis: /** @param {number} v */ v => this.axis(v, unit),
				text: /** @param {number} v */ v => metricText(v, unit), note: more > 0 ? 'and ' + fmtCount(more) + ' more' : '', named: lines.length > 1, stack: chart.stack, full: chart.full, series: this.series(shown) };
		});
		const hidden = this.shown.reduce((n, s) => n + s.more, 0);

		this.mark.set(charts, w, Math.max(this.room(), innerHeight * 0.8), app.state.look.metric ? 'No metric and no thing is called so.' : 'Nothing was measured.');
		const dense = charts.filter(c => c.series.some(s => this.mark.isDense(s, w)));

		const words = [hidden ? 'Of charts with many lines the ' + LINES_SHOWN + ' with most are shown.' : '', dense.length ? 'Several values in a pixel: their mean, and from the least to the most of them.' : '',
			dense.some(c => c.stack) ? 'Parts on each other are means, and the most of their sum is pale above them.' : '',
			charts.some(c => c.series.some(s => s.gaps.some(g => g.from < w.to && g.to > w.from))) ? 'Interrupted and hatched: not known, or the counter began anew.' : ''].filter(Boolean).join(' ');

		if (this.words.textContent !== words)
			this.words.textContent = words;
	}

	/** @param {number} v @param {Unit} unit */
	axis(v, unit) {
		return unit.bytes ? fmtBytes(Math.round(v)).replace(/\.0+ /, ' ').replace(/(\.\d*[1-9])0+ /, '$1 ') : unit.unit === 's' ? fmtDuration(v * 1e9) : fmtShort(Number((v * unit.by).toPrecision(6)));
	}

	/** A thing has one colour in all charts of its collector. @param {Shown} shown @param {MetricLine} l @param {number} i */
	colour({ metrics, chart, lines }, l, i) {
		const theme = this.app.theme();
		const all = this.app.taskColours.all(theme.dark);
		const cpus = metrics.run.cpus.length;

		if (lines.length === 1)
			return theme.bar;
		if (l.rest)
			return theme.fade;
		if (lines.some(k => k.cpu >= 0)) {
			const at = metrics.run.cpuIndex.get(l.cpu) ?? i;

			return l.cpu < 0 ? theme.ink : cpus <= all.length ? all[at % all.length] : theme.ramp.at(0.2 + 0.75 * at / cpus);
		}
		if (!chart.things)
			return all[i % all.length];
		const slots = this.slots.get(chart.set) || new Map();

		this.slots.set(chart.set, slots);
		if (!slots.has(l.label))
			slots.set(l.label, slots.size);
		return all[slots.get(l.label) % all.length];
	}

	/** @param {Shown} shown @returns {import('../mark/linedata.js').LineSeries[]} */
	series(shown) {
		return shown.lines.map((l, i) => ({ label: l.label, colour: this.colour(shown, l, i), ...l.line(), marked: shown.lines.length > 1 && l.cpu >= 0 && this.app.state.look.cpu === l.cpu }));
	}

	/* ---- numbers ---- */

	/** @param {Span} w */
	showFacts(w) {
		/** @type {{ label: string, part: import('../data/metricsets.js').Part, level?: boolean }[]} */
		const wanted = [{ label: 'CPUs in use', part: cpuInUse },
			{ label: 'memory in use', part: { label: '', plus: ['memory.bytes[MemTotal]'], minus: ['memory.bytes[MemAvailable]'] }, level: true }, { label: diskWrites.label, part: diskWrites },
			{ label: 'context switches', part: { label: '', plus: ['cpu.switches'] } }];
		const several = this.metrics.length > 1;
		const told = /** @param {typeof wanted[0]} k */ ({ label, part }) => this.metrics.flatMap(m => {
			const line = this.factLine(m, label, part);
			const stats = line && lineStats(line.line(), w);

			return line && stats ? [{ m, line, stats }] : [];
		});

		if (this.compares) {
			this.setFacts(wanted.flatMap(k => {
				const [a, b] = told(k).map(({ line, stats }) => ({ text: metricText(stats.mean, line.unit), v: stats.mean }));

				return a && b ? [{ label: k.label, value: a.v > 0 ? withSign(b.v - a.v, fmtPct(Math.abs(100 * (b.v - a.v) / a.v))) : b.text, note: a.text + ' → ' + b.text }] : [];
			}));
			return;
		}
		this.setFacts(wanted.slice(0, several ? 2 : 4).flatMap(k => told(k).map(({ m, line, stats }) => {
			const { label, level } = k;

			return { label: (several ? this.app.nameOf(m.run) + ': ' : '') + label, value: metricText(level ? stats.last : stats.mean, line.unit), note: (level ? 'at the end, at most ' : 'at most ') + metricText(stats.most, line.unit) };
		})));
	}

	/** Lines of facts, made once. @param {Metrics} m @param {string} label @param {import('../data/metricsets.js').Part} part */
	factLine(m, label, part) {
		this.factLines = this.factLines || new Map();
		const key = m.run.number + label;

		if (!this.factLines.has(key))
			this.factLines.set(key, partLine(m, part, -1));
		return this.factLines.get(key);
	}

	/** Time that the tables are of. */
	moment() {
		const w = this.app.window();

		return this.at >= w.from && this.at <= w.to ? this.at : (w.from + w.to) / 2;
	}

	/** @param {boolean} soon */
	showTables(soon) {
		if (!this.compares)
			this.table.set(() => this.valuesAnswer(), soon);
		this.processes.el.hidden = !this.metrics.some(m => this.tableOf(m.run).entries.length);
		this.frameWords.hidden = this.processes.el.hidden;
		clearTimeout(this.frameTimer);
		/* What is being decoded is of another time. */
		this.frameTicket++;
		if (!this.processes.el.hidden)
			this.frameTimer = setTimeout(() => void this.showProcesses(), soon ? FRAME_MS : 0);
	}

	/** Blocks of processes are large: the table comes when they are decoded. */
	async showProcesses() {
		const ticket = ++this.frameTicket;
		const t = this.moment();

		if (this.app.pressed) {
			this.frameTimer = setTimeout(() => void this.showProcesses(), FRAME_MS);
			return;
		}
		try {
			const frames = await Promise.all(this.metrics.map(async ({ run }) => ({ run, frame: await this.tableOf(run).at(t, () => ticket === this.frameTicket) })));

			if (ticket === this.frameTicket)
				this.processes.set(() => this.processesAnswer(frames));
		} catch (e) {
			this.app.failed(e);
		}
	}

	cursorMoved() {
		this.mark.surface.redrawTop();
		if (this.app.cursor === null || this.app.cursor === this.at)
			return;
		this.at = this.app.cursor;
		this.showTables(true);
	}

	/** @param {Run} run */
	tableOf(run) {
		let t = this.tables.get(run);

		if (!t) {
			t = new ProcessTable(run);
			this.tables.set(run, t);
		}
		return t;
	}

	valuesAnswer() {
		const t = this.moment();
		const w = this.app.window();
		const value = /** @param {string} name @param {string} title @param {string} help */ (name, title, help) => ({ name, title, unit: 'value', type: 'f64', help });
		const columns = [{ ...metricColumn('metric', 'Metric', ''), key: true }, { ...metricColumn('of', 'Of', ''), key: true }, value('value', 'Value', 'at the cursor'), metricColumn('unit', 'Unit', ''), value('mean', 'Mean', 'over the window'), value('least', 'Least', 'in the window'),
			value('most', 'Most', 'in the window')];

		return joinAnswers(this.metrics.map(m => ({ run: m.run, answer: { columns, notes: ['At ' + fmtTime(t, 1e6) + '. Counters: per second, over the time from one reading to the next.'], rows: this.shown.filter(s => s.metrics === m).flatMap(({ chart, lines }) => lines.map(l => {
			const line = l.line();
			const stats = lineStats(line, w);
			const told = /** @param {number | undefined} v */ v => v === undefined ? undefined : Number((v * l.unit.by).toPrecision(12));

			return { metric: chart.title, of: l.label, value: told(lineAt(line, t)), unit: l.unit.unit, mean: told(stats?.mean), least: told(stats?.least), most: told(stats?.most), ...l.cpu >= 0 ? { cpu: l.cpu } : {} };
		})) } })));
	}

	/** @param {{ run: Run, frame: import('../data/processes.js').ProcessFrame | null }[]} frames */
	processesAnswer(frames) {
		const { app } = this;
		const parts = frames.flatMap(({ run, frame }) => {
			const mask = app.mask(run);
			/** @type {Row[]} */
			const rows = (frame?.processes || []).flatMap(p => this.processRow(run, p, frame?.to ?? 0, mask) || []);

			rows.sort((a, b) => (b.cpu_pct ?? -1) - (a.cpu_pct ?? -1) || (b.rss ?? -1) - (a.rss ?? -1));
			return [{ run, answer: { columns: processColumns, rows, notes: [] } }];
		});
		const { frame } = frames.find(f => f.frame) || { frame: null };

		this.frameWords.textContent = frame ? 'Processes from ' + fmtTime(frame.from, 1e6) + ' to ' + fmtTime(frame.to, 1e6) + ' (' + fmtDuration(frame.to - frame.from) + '), those with most CPU time first. The cursor over a chart chooses the time.' :
			'No two readings of processes are around this time.';
		return joinAnswers(parts);
	}

	/** @param {Run} run @param {Process} p @param {number} end of the frame @param {Uint8Array} mask @returns {Row | null} */
	processRow(run, p, end, mask) {
		const n = run.taskAt(p.tid, 0, end);
		const pct = /** @param {number | undefined} v */ v => v === undefined ? undefined : 100 * v;
		const round = /** @param {number | undefined} v */ v => v === undefined ? undefined : Math.round(v);

		if (n >= 0 && !mask[n] || n < 0 && this.app.filter)
			return null;
		return { task: n >= 0 ? run.tasks.label[n] : String(p.tid), tid: p.tid, cpu_pct: pct(p.cpu), user_pct: pct(p.user), sys_pct: pct(p.sys), wait_pct: pct(p.delay), rss: p.rss, read: round(p.read), written: round(p.written),
			minor: p.minor, major: p.major, switches: p.switches, threads: p.threads, state: p.ended ? undefined : p.state, note: [p.begun ? 'began' : '', p.ended ? 'ended' : ''].filter(Boolean).join(', ') || undefined };
	}

	/* ---- pointer ---- */

	/** @param {number} chart @param {number} series @param {number} t @param {PointerEvent} e */
	hover(chart, series, t, e) {
		const drawn = this.mark.charts[chart];
		const { lines } = this.shown[chart];
		const point = series < 0 ? -1 : pointAt(drawn.series[series], t);
		const at = drawn.series[series];

		if (point < 0) {
			this.app.tip.show(e, drawn.title + ' · ' + fmtTime(t, (this.app.window().to - this.app.window().from) / 1000), [['', 'not known here']]);
			return;
		}
		const length = at.begins ? at.times[point] - at.begins[point] : 0;
		const all = drawn.series.map((s, i) => ({ i, v: s.values[pointAt(s, t)] })).filter(o => o.v !== undefined);
		/* Parts of a whole from above, as they lie on each other. */
		const others = all.filter(o => o.i !== series).sort((a, b) => drawn.stack ? b.i - a.i : b.v - a.v);
		/** @type {[string, string][]} */
		const told = [['', at.begins ? fmtTime(at.begins[point], Math.max(1, length / 100)) + ' + ' + fmtDuration(length) : fmtTime(at.times[point], 1e6)], [lines.length > 1 ? at.label : 'value', metricExact(at.values[point], lines[series].unit)]];

		told.push(...others.slice(0, TOLD_METRICS).map(o => /** @type {[string, string]} */ ([drawn.series[o.i].label, metricExact(o.v, lines[o.i].unit)])));
		if (others.length > TOLD_METRICS)
			told.push(['', fmtCount(others.length - TOLD_METRICS) + ' more']);
		if (drawn.stack && all.length === lines.length)
			told.push(['together', metricExact(all.reduce((sum, o) => sum + o.v, 0), lines[series].unit)]);
		if (this.shown[chart].chart.words)
			told.push(['', this.shown[chart].chart.words]);
		this.app.tip.show(e, drawn.title, told, lines.length > 1 ? at.colour : '');
	}

	/** @param {number} chart @param {number} series */
	click(chart, series) {
		const line = this.shown[chart]?.lines[series];

		if (line && line.cpu >= 0)
			this.app.state.set(this.app.state.look.cpu === line.cpu ? { cpu: -1 } : { cpu: line.cpu, task: '', tid: 0 });
	}
}

export const metricsView = { name: 'metrics', title: 'Metrics', needs: /** @param {Run} run */ run => run.hasMetrics(), make: /** @param {App} app */ app => new MetricsView(app) };
