/* SPDX-License-Identifier: MIT */
/* The core map of a difference: a task that moved is one orange and one purple cell. */

import { MatrixMark } from '../mark/matrix.js';
import { el } from '../ui/dom.js';
import { sumRuns } from '../data/sums.js';
import { rowsCoremap } from './answers.js';
import { Comparison, DiffMatrix, coreUse, diffLines, showLegend, switchRate, taskColumn } from './difference.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */

const cellUse = { ...coreUse, title: '% of the core' };

export class CoremapDiff {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.legend = el('div', { class: 'difflegend' });
		this.mark = new MatrixMark({
			label: 'Core map of the difference: tasks by cores. Arrow keys read cells, Enter selects.',
			theme: () => app.theme(), leave: () => app.tip.hide(),
			hover: (panel, row, column, e) => this.hover(row, column, e),
			click: (row, column) => this.click(row, column),
		});
		this.el = el('div', { class: 'multiple' }, this.legend, this.mark.el);
		/** @type {Comparison | null} */
		this.joined = null;
		this.matrix = new DiffMatrix([], 'task', 'cpu', [], []);
	}

	/** @param {{ run: Run, cube: Cube }[]} data */
	set(data) {
		const app = this.app;
		const joined = new Comparison(app, data.map(({ run, cube }) => {
			const sums = sumRuns(run, cube, app.window());

			/* How long a task ran nowhere is said by its other cells. */
			return { run, window: sums.window, rows: rowsCoremap(run, sums, app.mask(run)).filter(r => r.cpu !== 'IDLE') };
		}), [taskColumn, { name: 'cpu', title: 'CPU', unit: '', type: 'text' }], [cellUse, switchRate]);
		/* In order of their greatest difference, which the rows are in already. */
		const tasks = [...new Set(joined.rows.map(r => String(r.task)))].filter(t => t !== 'all tasks' && t !== 'IDLE');
		const cpus = [...new Set(data.flatMap(d => d.run.cpus))].sort((x, y) => x - y);

		this.joined = joined;
		this.cpus = cpus;
		this.matrix = new DiffMatrix(joined.rows, 'task', 'cpu', tasks.length ? ['all tasks', ...tasks, 'IDLE'] : [], [...cpus.map(String), 'all']);
		this.labels = [...cpus.map(c => data.every(d => d.run.cpuIndex.has(c)) ? String(c) : c + (data[0].run.cpuIndex.has(c) ? ' only A' : ' only B')), 'all'];
		return joined;
	}

	/** @param {('run' | 'switches')[]} measures @param {number} room */
	draw(measures, room) {
		const app = this.app;
		const { matrix } = this;
		const scales = measures.map(name => {
			const m = name === 'run' ? cellUse : switchRate;

			return { m, end: matrix.end(m, name === 'run' ? 1 : 10), log: name !== 'run' };
		});

		showLegend(app, this.legend, scales);
		this.mark.set({ rows: matrix.rowNames, notes: matrix.notes(), breaks: [1, matrix.rowNames.length - 1],
			marked: app.state.look.task ? matrix.rowNames.indexOf(app.state.look.task) : -1,
			empty: app.filter ? 'No task that ran matches the filter.' : 'Nothing ran in this window.',
			panels: scales.map(({ m, end, log }) => matrix.panel(m, { end, log, breaks: [matrix.columnNames.length - 1], labels: this.labels,
				title: m === cellUse ? 'Run time, B − A, pp of the core' : 'Switches per second, B − A' })) }, room);
	}

	facts() {
		const rows = this.joined ? this.joined.rows.filter(r => r.task !== 'IDLE' && r.task !== 'all tasks' && r.cpu !== 'all') : [];

		return this.joined ? this.joined.facts(cellUse, rows) : [];
	}

	/** @param {number} row @param {number} column @param {PointerEvent} e */
	hover(row, column, e) {
		const c = column < 0 ? this.matrix.columnNames.length - 1 : column;
		const cell = this.matrix.at(row, c);
		const where = this.matrix.columnNames[c] === 'all' ? 'on all cores' : 'on core ' + this.matrix.columnNames[c];

		this.app.tip.show(e, this.matrix.rowNames[row] + ' · ' + where, cell ? diffLines(cell, [cellUse, switchRate]) : [['', 'never ' + where]]);
	}

	/** @param {number} row @param {number} column */
	click(row, column) {
		const name = this.matrix.rowNames[row];

		if (row > 0 && row < this.matrix.rowNames.length - 1)
			this.app.pickRow({ task: name });
		else if (column >= 0 && this.cpus && column < this.cpus.length)
			this.app.state.set({ cpu: this.cpus[column], task: '', tid: 0 });
	}
}
