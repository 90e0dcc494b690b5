/* SPDX-License-Identifier: MIT */
/* Samples over time as a subsecond-offset map. What is chosen in it is the window of all views. */

import { sampleMap } from '../data/profile.js';
import { TimemapMark } from '../mark/timemap.js';
import { el, fill } from '../ui/dom.js';
import { fmtCount, fmtDuration, fmtTime } from '../ui/units.js';
import { joinAnswers } from './answers.js';
import { ProfileFrame } from './profile.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('./profile.js').Taken} Taken */

const MAP_SECOND = 1e9;
const MAP_COLUMNS = 600;
const MAP_ROWS = [50, 20, 10, 5, 2, 1];

/**
 * Time of a column, and cells in it: seconds of 50 cells, finer for short runs, coarser for long ones and
 * where times are known by bins only.
 * @param {number} span
 * @param {number} bin
 * @param {number} [wanted] time of a column; 0: what fits
 */
export function mapScale(span, bin, wanted = 0) {
	let column = wanted > 0 && span / wanted <= MAP_COLUMNS ? wanted : MAP_SECOND;

	while (!wanted && span < 2 * column && column > 1000)
		column /= 10;
	while (span / column > MAP_COLUMNS)
		column *= 10;
	while (bin > column)
		column *= 10;
	return { column, rows: MAP_ROWS.find(n => column / n >= bin) || 1 };
}

/** Other columns that a map may have. @param {number} span @param {number} bin @returns {number[]} */
export function mapColumns(span, bin) {
	return [-6, -5, -4, -3, -2, -1, 0, 1, 2].map(e => MAP_SECOND * 10 ** e).filter(c => span / c >= 2 && span / c <= MAP_COLUMNS && c >= bin);
}

/** "100 ms". @param {number} ns */
function fmtColumn(ns) {
	return Number(fmtDuration(ns).split(' ')[0]) + ' ' + fmtDuration(ns).split(' ')[1];
}

class TimemapView extends ProfileFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'timemap', title: 'Time map', summary: 'When the samples were: time runs down each column. Drag to choose a span for all views', tableTitle: 'Columns' }, 'cpu');
		this.sideBySide = 'The maps stand side by side.';
		this.host = el('div', { class: 'multiples' });
		this.legend = el('div', { class: 'difflegend' });
		this.figure.append(this.host, this.legend);
		this.table.o.pick = row => app.zoom(row.from, row.from + row.length);
		this.table.o.marked = () => false;
		/** @type {Map<Run, TimemapMark>} */
		this.marks = new Map();
	}

	/** @param {Taken[]} data */
	show(data) {
		const app = this.app;
		const event = this.event();

		if (!data.length)
			return;
		this.compares = false;
		this.showSpan(data);
		const longest = data.reduce((m, d) => Math.max(m, d.run.span), 1);
		const bin = data.reduce((m, d) => Math.max(m, d.samples.bin), 1);
		/* Of all runs the same, so that they can be compared. */
		const scale = mapScale(longest, bin, app.state.look.column);
		const columns = mapColumns(longest, bin);

		this.setTools([this.sampleKey(), scale.column].join('\n'), () => [...this.sampleTools(data),
			columns.length > 1 ? this.choice('Columns of', columns.map(c => [String(c), fmtColumn(c)]), String(scale.column), v => app.state.set({ column: Number(v) })) : null]);
		const maps = data.map(d => {
			const choice = { ...this.choose(d, event), window: { from: 0, to: d.run.span } };

			return { ...d, ...scale, values: sampleMap(d.run, d.samples, choice, scale.column, scale.rows) };
		});
		const most = maps.reduce((m, map) => map.values.reduce((a, b) => Math.max(a, b), m), 1);

		this.setMultiples(this.host, maps.map(m => ({ run: m.run, node: this.markOf(m.run).el })));
		this.surface = this.markOf(maps[0].run).surface;
		for (const m of maps)
			this.markOf(m.run).set({ column: m.column, rows: m.rows, values: m.values, most, span: m.run.span, window: app.window() }, this.room());
		this.showLegend(maps[0], most);
		this.setFacts(maps.flatMap(m => {
			const top = m.values.reduce((a, v, i) => v > m.values[a] ? i : a, 0);
			const cells = Math.min(m.values.length, Math.ceil(m.run.span / m.column * m.rows));
			const none = m.values.reduce((n, v, i) => n + Number(i < cells && v === 0), 0);

			return [{ label: (maps.length > 1 ? m.run.name + ': ' : '') + 'samples', value: fmtCount(m.values.reduce((a, b) => a + b, 0)), note: event.name },
				{ label: 'busiest cell', value: fmtTime(top * m.column / m.rows, m.column / m.rows), note: fmtCount(m.values[top]) + ' samples in ' + fmtDuration(m.column / m.rows) },
				{ label: 'cells without samples', value: fmtCount(none), note: 'of ' + fmtCount(cells) }];
		}));
		this.table.set(() => joinAnswers(maps.map(m => ({ run: m.run, answer: this.answer(m) }))), app.dragging());
	}

	/** @param {Run} run */
	markOf(run) {
		let mark = this.marks.get(run);

		if (!mark) {
			const app = this.app;

			mark = new TimemapMark({ label: 'Samples over time' + (app.runs.length > 1 ? ', ' + run.name : '') + '. Arrow keys move the cell, with shift they choose a span, Enter makes it the window.',
				theme: () => app.theme(), leave: () => app.tip.hide(), zoom: (from, to) => app.zoom(from, to), hover: (cell, e) => this.hover(run, cell, e) });
			this.marks.set(run, mark);
		}
		return mark;
	}

	/** @param {{ column: number, rows: number }} m @param {number} most */
	showLegend(m, most) {
		const bar = el('span', { class: 'gradient', 'aria-hidden': 'true' });

		bar.style.background = this.app.theme().ramp.gradient();
		fill(this.legend, el('span', { class: 'scale' }, el('span', { class: 'soft', text: 'Each column is ' + fmtColumn(m.column) + ', each cell ' + fmtColumn(m.column / m.rows) + '. Samples:' }),
			'0', bar, fmtCount(most)));
	}

	/** @param {Run} run @param {number} cell @param {PointerEvent} e */
	hover(run, cell, e) {
		const { column, rows, values } = this.markOf(run).data;
		const step = column / rows;

		this.app.tip.show(e, fmtTime(cell * step, step / 10) + ' + ' + fmtDuration(step), [['samples', fmtCount(values[cell])], ['within its column', '+' + fmtDuration(cell % rows * step)]]);
	}

	/** @param {{ run: Run, column: number, rows: number, values: Float64Array }} m */
	answer(m) {
		const rows = [];

		for (let from = 0, i = 0; from < m.run.span; from += m.column, i++) {
			const cells = m.values.subarray(i * m.rows, (i + 1) * m.rows);
			const length = Math.min(m.column, m.run.span - from);

			rows.push({ from, length, samples: cells.reduce((a, b) => a + b, 0), most: cells.reduce((a, b) => Math.max(a, b), 0), empty: cells.subarray(0, Math.ceil(length / m.column * m.rows)).filter(v => !v).length });
		}
		const count = /** @param {string} name @param {string} title */ (name, title) => ({ name, title, unit: 'count', type: 'u64' });

		return { columns: [{ name: 'from', title: 'From', unit: 'time', type: 'u64', key: true }, { name: 'length', title: 'Length', unit: 'ns', type: 'u64' },
			count('samples', 'Samples'), count('most', 'Most in a cell'), count('empty', 'Cells without')], rows, notes: ['A click on a row makes it the window.'] };
	}

	cursorMoved() {
	}

	repaint() {
		this.marks.forEach(m => m.surface.redraw());
	}
}

export const timemapView = { name: 'timemap', title: 'Time map', needs: /** @param {Run} run */ run => (run.json.profile?.events || []).some(e => !e.off_cpu),
	make: /** @param {App} app */ app => new TimemapView(app) };
