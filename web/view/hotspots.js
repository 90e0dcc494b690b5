/* SPDX-License-Identifier: MIT */
/* Hot functions: bars of one event, or shares of all events beside each other. */

import { evaluate, eventsOf, exactly, isRate } from '../data/formula.js';
import { BarsMark } from '../mark/bars.js';
import { MatrixMark } from '../mark/matrix.js';
import { PairsMark } from '../mark/pairs.js';
import { frameColour } from '../ui/callcolours.js';
import { el } from '../ui/dom.js';
import { fmtCount, fmtPct, fmtShort, fmtValue, withSign } from '../ui/units.js';
import { joinAnswers } from './answers.js';
import { diffLines, whereNote } from './difference.js';
import { ProfileFrame, functionKeys, shareMeasures, weightText } from './profile.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/profile.js').ProfileEvent} ProfileEvent */
/** @typedef {import('./profile.js').Side} Side */
/** @typedef {import('./profile.js').Taken} Taken */
/** @typedef {import('../data/counts.js').Metric} Metric */
/** @typedef {Object<string, any>} Row */
/** @typedef {{ side: Side, event: ProfileEvent, metric?: undefined }} EventColumn */
/** What follows from the events. @typedef {{ metric: Metric, of: (fn: number) => number | undefined, most: number }} MetricColumn */

const HOT_ROWS = 30;

class HotspotsView extends ProfileFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'hotspots', title: 'Hotspots', summary: 'Which functions the samples are in', tableTitle: 'Functions' }, 'cpu');
		const common = { theme: () => app.theme(), leave: () => app.tip.hide() };

		this.bars = new BarsMark({ ...common, label: 'Functions by share of samples. Up and down choose one, Enter shows its callers and callees.',
			hover: (row, e) => this.hover(this.rows[row], e), click: row => this.pickFunction(this.rows[row]) });
		this.pairs = new PairsMark({ ...common, label: 'Functions of both runs and their difference. Up and down choose one, Enter shows its callers and callees.',
			hover: (row, e) => app.tip.show(e, this.rows[row].function, [['module', this.rows[row].module || 'none'], ...diffLines(this.rows[row], shareMeasures)]),
			click: row => this.pickFunction(this.rows[row]) });
		this.matrix = new MatrixMark({ ...common, slanted: true, label: 'Functions by events. Arrow keys read cells, Enter shows callers and callees.',
			hover: (panel, row, column, e) => this.hoverCell(panel, row, column, e), click: row => row >= 0 && this.pickFunction(this.rows[row]) });
		this.host = el('div', null);
		this.figure.append(this.host);
		/** @type {Row[]} */
		this.rows = [];
		/** @type {(EventColumn | MetricColumn)[][]} columns of each panel: events of each run, and what follows from them */
		this.panels = [];
	}

	/** self, total or matrix. */
	hot() {
		const { hot } = this.app.state.look;

		return hot === 'total' || hot === 'matrix' && !this.app.pair && this.app.profiles.events().length > 1 ? hot : 'self';
	}

	/** @param {Taken[]} data */
	show(data) {
		const app = this.app;
		const event = this.event();
		const diff = app.pair !== null && data.length === 2;
		const several = app.profiles.events().length > 1;
		const hot = this.hot();

		if (!data.length)
			return;
		this.compares = diff;
		this.showSpan(data);
		this.setTools([this.sampleKey(), hot, diff].join('\n'), () => [...this.sampleTools(data).slice(hot === 'matrix' ? 1 : 0),
			this.choice('Order', [['self', 'Self'], ['total', 'Total'], ...several && !diff ? /** @type {[string, string][]} */ ([['matrix', 'All events']]) : []], hot, v => app.state.set({ hot: v }))]);
		const sides = this.sum(data, event);

		if (hot === 'matrix') {
			this.showMatrix(data, sides, event);
			return;
		}
		if (diff)
			this.showPairs(sides);
		else
			this.showBars(sides, event);
	}

	/** @param {Side[]} sides @param {ProfileEvent} event */
	showBars(sides, event) {
		const app = this.app;
		const key = this.hot() + '_pct';
		const other = key === 'self_pct' ? 'total_pct' : 'self_pct';
		/* Runs side by side: what is hottest in any, one row below the other. */
		const tables = sides.map(s => new Map(this.functionRows(s).map(r => [this.functionOfRow(r), { ...r, side: s }])));
		const most = /** @param {number} fn */ fn => tables.reduce((m, t) => Math.max(m, t.get(fn)?.[/** @type {'self_pct'} */ (key)] || 0), 0);
		const fns = [...new Set(tables.flatMap(t => [...t.keys()]))].map(fn => ({ fn, most: most(fn) })).filter(f => f.most > 0).sort((a, b) => b.most - a.most).slice(0, HOT_ROWS);

		this.rows = fns.flatMap(({ fn }) => tables.flatMap((t, i) => t.get(fn) || { function: this.fnName(fn), module: app.profiles.module[fn], side: sides[i], self_pct: 0, total_pct: 0, self: 0, total: 0, samples: 0 }));
		this.bars.set({ rows: this.rows.map((r, i) => ({ name: r.function, note: sides.length > 1 ? r.side.run.name : '', colour: frameColour(app.profiles.origin[this.functionOfRow(r)], '', app.theme().dark),
			value: r[key], second: NaN, text: fmtPct(r[key]) + (sides.length > 1 ? '' : ' · ' + (r.module || 'no module')) + (key === 'self_pct' && r[other] > r[key] * 1.005 ? ' · total ' + fmtPct(r[other]) : ''),
			marked: false, first: sides.length > 1 && i % sides.length === 0 })), title: (key === 'self_pct' ? 'In the function itself' : 'In it and all that it called') + ', % of samples of ' + event.name,
		secondTitle: '', full: 5, label: v => v + ' %', secondLabel: String, empty: app.filter ? 'No samples of tasks that match the filter.' : 'No samples in this window.' }, this.room());
		this.surface = this.bars.surface;
		this.setOne(this.host, 'bars', this.bars.el);
		this.setFacts(this.sideFacts(sides, event));
		this.table.set(() => this.functionTable(sides, event), app.dragging());
	}

	/** @param {Side[]} sides A and B */
	showPairs(sides) {
		const all = this.functionDiff(sides);
		const m = shareMeasures[this.hot() === 'total' ? 1 : 0];

		this.rows = all.filter(r => r[m.name + '_a'] || r[m.name + '_b']).sort((a, b) => Math.abs(b[m.name + '_diff'] ?? 0) - Math.abs(a[m.name + '_diff'] ?? 0)).slice(0, HOT_ROWS);
		this.pairs.setPairs({ rows: this.rows.map(r => ({ name: r.function, note: whereNote(r), marked: false })), empty: 'No samples in this window.',
			panels: [{ title: m.title, label: v => v + ' %', text: v => fmtPct(v), diffText: v => withSign(v, v.toFixed(2)) + ' pp',
				values: this.rows.map(r => ({ a: r[m.name + '_a'] ?? NaN, b: r[m.name + '_b'] ?? NaN, diff: r[m.name + '_diff'] ?? NaN })) }] }, this.room());
		this.surface = this.pairs.surface;
		this.setOne(this.host, 'pairs', this.pairs.el);
		this.setFacts(this.diffFacts(all));
		this.table.set(() => this.diffTable(all), this.app.dragging());
	}

	/** Metrics of functions: of the weights of their own samples. @param {Run} run @param {{ side: Side, event: ProfileEvent }[]} columns @param {number[]} fns @returns {MetricColumn[]} */
	metricColumns(run, columns, fns) {
		const sides = new Map(columns.map(c => [c.event.number.get(run), c.side]));

		return (run.json.profile?.metrics || []).filter(m => !isRate(m.formula) && eventsOf(m.formula).every(e => sides.has(e))).map(metric => {
			const of = /** @param {number} fn */ fn => evaluate(metric.formula, e => exactly(sides.get(e)?.fns.self[fn] ?? 0), NaN)?.value;

			return { metric, of, most: fns.reduce((m, fn) => Math.max(m, of(fn) ?? 0), 0) };
		});
	}

	/** Self in % of each event, and metrics. @param {Taken[]} data @param {Side[]} sides of the chosen event, for the facts @param {ProfileEvent} chosen */
	showMatrix(data, sides, chosen) {
		const { app } = this;
		const events = app.profiles.events();
		const byRun = data.map(d => events.filter(e => e.number.has(d.run)).map(event => ({ side: this.sum([d], event)[0], event })));
		const share = /** @param {{ side: Side }} c @param {number} fn */ (c, fn) => c.side.weight > 0 ? 100 * c.side.fns.self[fn] / c.side.weight : 0;
		const rows = app.profiles.name.map((name, fn) => ({ function: name, module: app.profiles.module[fn], most: byRun.flat().reduce((m, c) => Math.max(m, share(c, fn)), 0), fn }))
			.filter(r => r.most > 0).sort((a, b) => b.most - a.most);

		this.rows = rows.slice(0, HOT_ROWS);
		const derived = data.map((d, i) => this.metricColumns(d.run, byRun[i], this.rows.map(r => r.fn)));
		const titled = /** @param {number} i */ i => data.length > 1 ? data[i].run.name + ': ' : '';

		this.panels = byRun.flatMap((columns, i) => derived[i].length ? [columns, derived[i]] : [columns]);
		this.matrix.set({ rows: this.rows.map(r => r.function), breaks: [], marked: -1, empty: 'No samples in this window.', panels: byRun.flatMap((columns, i) => [
			{ title: titled(i) + 'Self, % of the samples of each event', columns: columns.map(c => c.event.name), breaks: [],
				value: (r, c) => share(columns[c], this.rows[r].fn) || NaN, shade: v => Math.sqrt(v / (this.rows[0].most || 1)), text: v => v.toFixed(1) },
			...derived[i].length ? [{ title: titled(i) + 'Derived, of its own samples', columns: derived[i].map(c => c.metric.title), breaks: [],
				value: (/** @type {number} */ r, /** @type {number} */ c) => derived[i][c].of(this.rows[r].fn) ?? NaN,
				/* Each has a unit of its own, and so a scale. */
				shade: (/** @type {number} */ v, /** @type {number} */ r, /** @type {number} */ c) => 0.08 + 0.8 * Math.sqrt(Math.max(0, v) / (derived[i][c].most || 1)), text: fmtShort }] : []]) }, this.room());
		this.surface = this.matrix.surface;
		this.setOne(this.host, 'matrix', this.matrix.el);
		this.setFacts(this.sideFacts(sides, chosen));
		this.table.set(() => joinAnswers(data.map((d, i) => ({ run: d.run, answer: { notes: derived[i].length ? ['Metrics are made of the weights of the samples in the function itself: of few samples they say little.'] : [],
			columns: [...functionKeys, ...byRun[i].map(c => ({ name: c.event.name, title: c.event.name, unit: 'pct', type: 'f64', digits: 2 })),
				...derived[i].map(c => ({ name: c.metric.name, title: c.metric.title + ', ' + c.metric.unit, unit: 'value', type: 'f64', help: c.metric.help }))],
			rows: rows.map(r => ({ function: r.function, module: r.module || undefined, ...Object.fromEntries(byRun[i].map(c => [c.event.name, share(c, r.fn) || undefined])),
				...Object.fromEntries(derived[i].map(c => [c.metric.name, c.of(r.fn)])) })) } }))), app.dragging());
	}

	/** @param {Row} r @param {PointerEvent} e */
	hover(r, e) {
		const unit = this.event().unit;

		this.app.tip.show(e, r.function, [['module', r.module || 'none'], ['self', fmtPct(r.self_pct, 2) + ', ' + weightText(r.self, unit)], ['total', fmtPct(r.total_pct, 2) + ', ' + weightText(r.total, unit)],
			['samples', fmtCount(r.samples)], ['', 'click: callers and callees']]);
	}

	/** @param {number} panel @param {number} row @param {number} column @param {PointerEvent} e */
	hoverCell(panel, row, column, e) {
		const r = this.rows[row];
		const c = this.panels[panel]?.[column];
		const module = /** @type {[string, string]} */ (['module', r.module || 'none']);

		if (c?.metric) {
			const v = c.of(r.fn);

			this.app.tip.show(e, r.function + ' · ' + c.metric.title, [module, v === undefined ? ['', 'not to be had: no samples of an event that it divides by'] : ['value', fmtValue(v) + ' ' + c.metric.unit]]);
			return;
		}
		this.app.tip.show(e, r.function + (c ? ' · ' + c.event.name : ''), [module, ...c ? /** @type {[string, string][]} */ ([
			['self', fmtPct(c.side.weight ? 100 * c.side.fns.self[r.fn] / c.side.weight : 0, 2) + ', ' + weightText(c.side.fns.self[r.fn], c.event.unit)], ['samples', fmtCount(c.side.fns.samples[r.fn])]]) : []]);
	}

	cursorMoved() {
	}
}

export const hotspotsView = { name: 'hotspots', title: 'Hotspots', needs: /** @param {Run} run */ run => (run.json.profile?.events || []).some(e => !e.off_cpu),
	make: /** @param {App} app */ app => new HotspotsView(app) };
