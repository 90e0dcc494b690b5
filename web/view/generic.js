/* SPDX-License-Identifier: MIT */
/* Any answer that has no view of its own here: its table, and its picture by the mark it names. */

import { LOGHIST_BUCKETS, loghistBucket } from '../data/loghist.js';
import { BarsMark } from '../mark/bars.js';
import { HistogramMark } from '../mark/histogram.js';
import { MatrixMark } from '../mark/matrix.js';
import { el, fill } from '../ui/dom.js';
import { fmtCell, fmtCount, fmtDuration, fmtShort } from '../ui/units.js';
import { joinAnswers } from './answers.js';
import { Comparison } from './difference.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').ViewJson} ViewJson */

const GENERIC_TOP = 40;

class GenericView extends ViewFrame {
	/** @param {App} app @param {string} name @param {ViewJson} json */
	constructor(app, name, json) {
		super(app, { name, title: json.title, summary: json.summary });
		this.host = el('div', { class: 'multiples' });
		this.figure.append(this.host);
		/** @type {{ surface: import('../ui/surface.js').Surface }[]} */
		this.marks = [];
	}

	async gather() {
		return this.app.shown().map(run => ({ run, json: run.view(this.name) })).filter(x => x.json);
	}

	/** @param {{ run: Run, json: ViewJson }[]} data */
	show(data) {
		const app = this.app;

		this.setFacts(data.flatMap(({ run, json }) => json.facts.slice(0, 3).map(([label, value]) => ({ label: (data.length > 1 ? run.name + ': ' : '') + label, value }))));
		this.setWindow({ from: 0, to: app.span }, 1);
		this.marks = [];
		fill(this.host, ...data.map(({ run, json }) => el('div', { class: 'multiple' }, data.length > 1 ? el('h4', { text: app.nameOf(run) }) : null,
			this.picture(json, this.rowsOf(json)))));
		this.surface = this.marks[0]?.surface || null;
		this.png.hidden = !this.surface;
		if (app.pair && data.length === 2 && this.joinable(data[0].json)) {
			const joined = this.join(data);

			this.note.hidden = false;
			this.note.textContent = 'The pictures stand side by side; the table is the difference of the whole runs.';
			this.table.set(() => joined.answer(data.flatMap(({ run, json }) => json.notes.map(n => app.nameOf(run) + ': ' + n))));
			return;
		}
		this.table.set(() => joinAnswers(data.map(({ run, json }) => ({ run, answer: { columns: json.columns, rows: this.rowsOf(json),
			notes: [...json.notes, ...run.whole(app.window()) ? [] : ['This view is of the whole capture; the window does not apply.']] } }))));
	}

	/** A task and something to count. @param {ViewJson} json */
	joinable(json) {
		return json.columns.some(c => c.key && c.name === 'task') && json.columns.some(c => !c.key && c.type !== 'text' && c.unit !== 'id' && c.unit !== 'time');
	}

	/**
	 * Names are what is common to two runs; ids and times are not.
	 * @param {{ run: Run, json: ViewJson }[]} data
	 */
	join(data) {
		const { columns } = data[0].json;
		const keys = columns.filter(c => c.key && !c.local && c.unit !== 'id' && c.unit !== 'time');
		const adds = /** @param {import('../data/run.js').ColumnJson} c */ c => c.adds ?? c.unit === 'count';
		/** @type {import('../data/diff.js').Measure[]} */
		const measures = columns.filter(c => !c.key && c.type !== 'text' && c.unit !== 'id' && c.unit !== 'time').map(c => adds(c) ?
			{ name: c.name + '_per_s', from: c.name, title: c.title + '/s', rule: 'rate', unit: c.unit === 'count' ? 'per_s' : c.unit, digits: 1 } :
			{ name: c.name, title: c.title, rule: c.unit === 'per_s' ? 'share' : 'level', unit: c.unit, digits: c.digits ?? 2 });

		return new Comparison(this.app, data.map(({ run, json }) => ({ run, window: { from: 0, to: run.span }, rows: this.rowsOf(json),
			cut: json.notes.some(n => /^\d+ more rows/.test(n)) })), keys, measures);
	}

	/** Rows that the filter lets through, where there are tasks. @param {ViewJson} json */
	rowsOf(json) {
		const filter = this.app.filter;

		return filter && json.columns.some(c => c.name === 'task') ? json.rows.filter(r => filter.test(r.task || '')) : json.rows;
	}

	/** @param {ViewJson} json @param {Object<string, any>[]} rows */
	picture(json, rows) {
		const figure = json.figure;
		const part = /** @param {string} role */ role => {
			const found = figure && figure.parts.find(p => p.role === role);

			return found ? json.columns.find(c => c.name === found.column) : undefined;
		};

		if (!figure)
			return null;
		if (figure.mark === 'bars')
			return this.bars(figure.title, rows, part);
		if (figure.mark === 'matrix')
			return this.matrix(figure.title, rows, part);
		return figure.mark === 'histogram' ? this.histogram(rows, part) : null;
	}

	/** @param {string} title @param {Object<string, any>[]} rows @param {(role: string) => any} part */
	bars(title, rows, part) {
		const [y, value, second] = [part('y'), part('value'), part('second')];

		if (!y || !value)
			return null;
		const shown = rows.slice(0, GENERIC_TOP);
		const mark = new BarsMark({ label: title, theme: () => this.app.theme(), leave: () => this.app.tip.hide(), click: i => this.app.pickRow(shown[i]),
			hover: (i, e) => this.app.tip.show(e, String(shown[i][y.name]), [value, second].filter(Boolean).map(c => [c.title, fmtCell(shown[i][c.name], c)])) });

		mark.set({ rows: shown.map(r => ({ name: String(r[y.name]), note: '', colour: this.app.theme().bar, value: r[value.name] || 0,
			second: second ? r[second.name] ?? NaN : NaN, text: fmtCell(r[value.name], value), marked: false, first: false })),
		title: value.title, secondTitle: second ? second.title : '', full: value.unit === 'pct' ? 5 : 0,
		label: v => value.unit === 'ns' ? fmtDuration(v) : fmtShort(v), secondLabel: v => second && second.unit === 'ns' ? fmtDuration(v) : fmtShort(v),
		empty: 'Nothing to show.' }, this.room());
		this.marks.push(mark);
		return mark.el;
	}

	/** @param {string} title @param {Object<string, any>[]} rows @param {(role: string) => any} part */
	matrix(title, rows, part) {
		const [x, y, value] = [part('x'), part('y'), part('value')];

		if (!x || !y || !value)
			return null;
		const columns = [...new Set(rows.map(r => String(r[x.name])))].slice(0, GENERIC_TOP);
		const names = [...new Set(rows.map(r => String(r[y.name])))];
		const adds = value.unit === 'count' || value.unit === 'ns' || value.unit === 'bytes';
		/** @type {Map<string, number>} */
		const cells = new Map();

		/* Several rows may have one name; what cannot be summed shows its greatest. */
		for (const r of rows) {
			const key = names.indexOf(String(r[y.name])) + ' ' + columns.indexOf(String(r[x.name]));
			const old = cells.get(key) || 0;

			if (typeof r[value.name] === 'number')
				cells.set(key, adds ? old + r[value.name] : Math.max(old, r[value.name]));
		}
		const most = [...cells.values()].reduce((m, v) => Math.max(m, v), 1);
		const at = /** @param {number} r @param {number} c */ (r, c) => cells.get(r + ' ' + c) ?? NaN;
		const mark = new MatrixMark({ label: title, theme: () => this.app.theme(), leave: () => this.app.tip.hide(), click: () => {}, slanted: true,
			hover: (p, r, c, e) => this.app.tip.show(e, names[r] + (c < 0 ? '' : ' · ' + columns[c]), c < 0 ? [] : [[value.title, fmtCell(at(r, c), value)]]) });

		mark.set({ rows: names, breaks: [], marked: -1, empty: 'Nothing to show.', panels: [{ title, columns, breaks: [], value: at,
			shade: v => adds ? 0.1 + 0.9 * Math.log1p(v) / Math.log1p(most) : v / most, text: v => value.unit === 'ns' ? fmtDuration(v) : fmtShort(v) }] }, this.room());
		this.marks.push(mark);
		return mark.el;
	}

	/** @param {Object<string, any>[]} rows @param {(role: string) => any} part */
	histogram(rows, part) {
		const [x, y] = [part('x'), part('y')];

		if (!x || !y)
			return null;
		const bucket = new Float64Array(LOGHIST_BUCKETS);
		const mark = new HistogramMark({ label: y.title, theme: () => this.app.theme(), leave: () => this.app.tip.hide(),
			hover: (low, high, counts, e) => this.app.tip.show(e, fmtDuration(low) + ' to ' + fmtDuration(high), [[y.title, fmtCount(counts[0])]]) });

		for (const r of rows)
			bucket[loghistBucket(r[x.name] || 0)] += r[y.name] || 0;
		mark.set([{ name: y.title, colour: this.app.theme().bar, bucket, marks: [] }]);
		this.marks.push(mark);
		return mark.el;
	}

	cursorMoved() {
	}

	repaint() {
		this.marks.forEach(m => m.surface.redraw());
	}
}

/** @param {ViewJson} json */
export function genericView(json) {
	return { name: json.view, title: json.title, make: /** @param {App} app */ app => new GenericView(app, json.view, json) };
}
