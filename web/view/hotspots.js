/* SPDX-License-Identifier: MIT */
/* Hot functions: bars of one event, or shares of all events beside each other. */

import { BarsMark } from '../mark/bars.js';
import { MatrixMark } from '../mark/matrix.js';
import { PairsMark } from '../mark/pairs.js';
import { frameColour } from '../ui/callcolours.js';
import { el } from '../ui/dom.js';
import { fmtCount, fmtPct, withSign } from '../ui/units.js';
import { joinAnswers } from './answers.js';
import { diffLines, whereNote } from './difference.js';
import { ProfileFrame, functionKeys, shareMeasures, weightText } from './profile.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/profile.js').ProfileEvent} ProfileEvent */
/** @typedef {import('./profile.js').Side} Side */
/** @typedef {import('./profile.js').Taken} Taken */
/** @typedef {Object<string, any>} Row */

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
		/** @type {{ side: Side, event: ProfileEvent }[][]} columns of each run's panel */
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

	/** Self in % of each event. @param {Taken[]} data @param {Side[]} sides of the chosen event, for the facts @param {ProfileEvent} chosen */
	showMatrix(data, sides, chosen) {
		const { app } = this;
		const events = app.profiles.events();

		this.panels = data.map(d => events.filter(e => e.number.has(d.run)).map(event => ({ side: this.sum([d], event)[0], event })));
		const share = /** @param {{ side: Side }} c @param {number} fn */ (c, fn) => c.side.weight > 0 ? 100 * c.side.fns.self[fn] / c.side.weight : 0;
		const rows = app.profiles.name.map((name, fn) => ({ function: name, module: app.profiles.module[fn], most: this.panels.flat().reduce((m, c) => Math.max(m, share(c, fn)), 0), fn }))
			.filter(r => r.most > 0).sort((a, b) => b.most - a.most);

		this.rows = rows.slice(0, HOT_ROWS);
		this.matrix.set({ rows: this.rows.map(r => r.function), breaks: [], marked: -1, empty: 'No samples in this window.', panels: this.panels.map((columns, i) => ({
			title: (data.length > 1 ? data[i].run.name + ': ' : '') + 'Self, % of the samples of each event', columns: columns.map(c => c.event.name), breaks: [],
			value: (r, c) => share(columns[c], this.rows[r].fn) || NaN, shade: v => Math.sqrt(v / (this.rows[0].most || 1)), text: v => v.toFixed(1) })) }, this.room());
		this.surface = this.matrix.surface;
		this.setOne(this.host, 'matrix', this.matrix.el);
		this.setFacts(this.sideFacts(sides, chosen));
		this.table.set(() => joinAnswers(data.map((d, i) => ({ run: d.run, answer: { notes: [],
			columns: [...functionKeys, ...this.panels[i].map(c => ({ name: c.event.name, title: c.event.name, unit: 'pct', type: 'f64', digits: 2 }))],
			rows: rows.map(r => ({ function: r.function, module: r.module || undefined, ...Object.fromEntries(this.panels[i].map(c => [c.event.name, share(c, r.fn) || undefined])) })) } }))), app.dragging());
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

		this.app.tip.show(e, r.function + (c ? ' · ' + c.event.name : ''), [['module', r.module || 'none'], ...c ? /** @type {[string, string][]} */ ([
			['self', fmtPct(c.side.weight ? 100 * c.side.fns.self[r.fn] / c.side.weight : 0, 2) + ', ' + weightText(c.side.fns.self[r.fn], c.event.unit)], ['samples', fmtCount(c.side.fns.samples[r.fn])]]) : []]);
	}

	cursorMoved() {
	}
}

export const hotspotsView = { name: 'hotspots', title: 'Hotspots', needs: /** @param {Run} run */ run => (run.json.profile?.events || []).some(e => !e.off_cpu),
	make: /** @param {App} app */ app => new HotspotsView(app) };
