/* SPDX-License-Identifier: MIT */
/* Who runs after whom, as a difference of switches per second. */

import { sumSuccessors } from '../data/sums.js';
import { MatrixMark } from '../mark/matrix.js';
import { el } from '../ui/dom.js';
import { rowsSuccessors } from './answers.js';
import { Comparison, DiffMatrix, diffLines, showLegend, taskColumn } from './difference.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */

const pairRate = /** @type {import('../data/diff.js').Measure} */ ({ name: 'count_per_s', from: 'count', title: 'Switches/s', rule: 'rate', unit: 'per_s', digits: 1 });
const pairShare = /** @type {import('../data/diff.js').Measure} */ ({ name: 'pct', title: '% of its switches', rule: 'share', unit: 'pct', digits: 2 });

export class SuccessorsDiff {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.legend = el('div', { class: 'difflegend' });
		this.mark = new MatrixMark({
			label: 'Difference of successors: switches per second from the row to the column. Arrow keys read cells, Enter selects.',
			theme: () => app.theme(), leave: () => app.tip.hide(), slanted: true,
			hover: (panel, r, c, e) => {
				const cell = c < 0 ? undefined : this.matrix.at(r, c);

				app.tip.show(e, this.matrix.rowNames[r] + (c < 0 ? '' : ' → ' + this.matrix.columnNames[c]), cell ? diffLines(cell, [pairRate, pairShare]) : c < 0 ? [] : [['', 'in neither run']]);
			},
			click: row => row >= 0 && app.pickRow({ task: this.matrix.rowNames[row] }),
		});
		this.el = el('div', { class: 'multiple' }, this.legend, this.mark.el);
		this.matrix = new DiffMatrix([], 'task', 'next', [], []);
		/** @type {import('./frame.js').Fact[]} */
		this.facts = [];
		/** Tasks and columns not shown. */
		this.left = 0;
	}

	/**
	 * @param {{ run: Run, cube: Cube }[]} data
	 * @param {number} rows at most
	 * @param {number} columns at most
	 * @param {number} room
	 */
	set(data, rows, columns, room) {
		const app = this.app;
		const joined = new Comparison(app, data.map(({ run, cube }) => {
			const { window, pairs } = sumSuccessors(run, cube, app.window());

			return { run, window, rows: rowsSuccessors(run, pairs, app.mask(run), !app.filter) };
		}), [taskColumn, { name: 'next', title: 'Next task', unit: '', type: 'text' }], [pairRate, pairShare]);
		/* The rows are in order of their difference, so what changed most comes first. */
		const from = [...new Set(joined.rows.map(r => String(r.task)))];
		const to = [...new Set(joined.rows.map(r => String(r.next)))];

		this.left = Math.max(0, from.length - rows) + Math.max(0, to.length - columns);
		this.matrix = new DiffMatrix(joined.rows, 'task', 'next', from.slice(0, rows), to.slice(0, columns));
		const end = this.matrix.end(pairRate, 10);

		showLegend(app, this.legend, [{ m: pairRate, end, log: true }]);
		this.mark.set({ rows: this.matrix.rowNames, breaks: [], marked: app.state.look.task ? this.matrix.rowNames.indexOf(app.state.look.task) : -1,
			empty: app.filter ? 'No task that was switched out matches the filter.' : 'No switches in this window.',
			panels: from.length ? [this.matrix.panel(pairRate, { title: 'Switches/s from (row) to (column), B − A', end, log: true, breaks: [] })] : [] }, room);
		this.facts = joined.facts(pairRate, joined.rows);
		return joined;
	}
}
