/* SPDX-License-Identifier: MIT */
/* Who runs after whom: the next task of each switch, as a matrix of the most switched. */

import { sumSuccessors } from '../data/sums.js';
import { MatrixMark } from '../mark/matrix.js';
import { el } from '../ui/dom.js';
import { fmtCount, fmtPct, fmtShort } from '../ui/units.js';
import { answerOf, joinAnswers, rowsSuccessors } from './answers.js';
import { ViewFrame } from './frame.js';
import { SuccessorsDiff } from './successors_diff.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */

const TOP_ROWS = 24;
const TOP_COLUMNS = 20;

/** @param {Object<string, any>} r @param {string} label @param {string} tid */
function nodeName(r, label, tid) {
	return r[tid] === undefined ? r[label] : r[label] + ':' + r[tid];
}

/** The matrix of one run: the busiest tasks and, last, the rest as one. */
class SuccessorGrid {
	/** @param {Object<string, any>[]} rows of the table @param {boolean} all */
	constructor(rows, all) {
		const from = new Map();
		const to = new Map();

		for (const r of rows) {
			const a = nodeName(r, 'task', 'tid');
			const b = nodeName(r, 'next', 'next_tid');

			from.set(a, (from.get(a) || 0) + r.count);
			to.set(b, (to.get(b) || 0) + r.count);
		}
		const top = /** @param {Map<string, number>} m @param {number} n */ (m, n) => [...m].sort((a, b) => b[1] - a[1]).slice(0, n).map(e => e[0]);

		this.total = from;
		this.rows = top(from, all ? Infinity : TOP_ROWS);
		this.columns = top(to, TOP_COLUMNS);
		this.restRows = from.size - this.rows.length;
		this.restColumns = to.size - this.columns.length;
		if (this.restRows)
			this.rows.push(this.restRows + ' more tasks');
		if (this.restColumns)
			this.columns.push(this.restColumns + ' more');
		const rowAt = new Map(this.rows.map((r, i) => [r, i]));
		const columnAt = new Map(this.columns.map((c, i) => [c, i]));

		this.count = new Float64Array(this.rows.length * this.columns.length);
		for (const r of rows) {
			const i = rowAt.get(nodeName(r, 'task', 'tid')) ?? this.rows.length - 1;
			const c = columnAt.get(nodeName(r, 'next', 'next_tid')) ?? this.columns.length - 1;

			this.count[i * this.columns.length + c] += r.count;
		}
		this.max = this.count.reduce((m, v) => Math.max(m, v), 1);
	}

	/** @param {number} r @param {number} c */
	at(r, c) {
		return this.count[r * this.columns.length + c] || NaN;
	}

	/** Switches away from a row. @param {number} r */
	rowTotal(r) {
		let n = 0;

		for (let c = 0; c < this.columns.length; c++)
			n += this.count[r * this.columns.length + c];
		return n;
	}
}

class SuccessorsView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'successors', title: 'Successors', summary: 'Which task runs after which: from the row to the column' });
		/** @type {{ run: Run, grid: SuccessorGrid, mark: MatrixMark, rows: Object<string, any>[] }[]} */
		this.maps = [];
		this.compares = true;
		this.diff = new SuccessorsDiff(app);
		this.host = el('div', { class: 'multiples' });
		this.figure.append(this.host);
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => ({ run, cube: await run.nextCube() })));
	}

	/** @param {{ run: Run, cube: import('../data/cube.js').Cube }[]} data */
	show(data) {
		const app = this.app;
		const all = app.state.look.everything;
		const old = this.maps.map(m => m.mark);

		if (app.pair) {
			this.showDiff(data);
			return;
		}
		this.maps = data.map(({ run, cube }, i) => {
			const rows = rowsSuccessors(run, sumSuccessors(run, cube, app.window()).pairs, app.mask(run), !app.filter);

			return { run, rows, grid: new SuccessorGrid(rows, all), mark: old[i] || this.makeMark(i) };
		});
		this.setMultiples(this.host, this.maps.map(m => ({ run: m.run, node: m.mark.el })));
		this.surface = this.maps[0].mark.surface;
		this.setSnapped(data);
		const cut = this.maps.some(m => m.grid.restRows);

		this.setTools([cut, all].join(), () => [all || cut ? this.check('all tasks', all, on => app.state.set({ everything: on })) : null]);
		for (const { grid, mark } of this.maps) {
			mark.set({ rows: grid.rows, breaks: grid.restRows ? [grid.rows.length - 1] : [], marked: grid.rows.findIndex(r => app.isMarkedName(r)),
				empty: app.filter ? 'No task that was switched out matches the filter.' : 'No switches in this window.',
				panels: grid.rows.length ? [{ title: 'Switches from (row) to (column)', columns: grid.columns,
					breaks: grid.restColumns ? [grid.columns.length - 1] : [],
					value: (r, c) => grid.at(r, c), shade: v => 0.1 + 0.9 * Math.log1p(v) / Math.log1p(grid.max), text: fmtShort }] : [] }, this.room());
		}
		this.showFacts();
		this.table.set(() => joinAnswers(this.maps.map(m => ({ run: m.run, answer: answerOf(app, m.run, 'successors', () => m.rows) }))), app.dragging());
	}

	/** @param {{ run: Run, cube: import('../data/cube.js').Cube }[]} data */
	showDiff(data) {
		const app = this.app;
		const all = app.state.look.everything;
		const joined = this.diff.set(data, all ? Infinity : TOP_ROWS, TOP_COLUMNS, this.room());
		const cut = Boolean(this.diff.left);

		this.setOne(this.host, 'difference', this.diff.el);
		this.surface = this.diff.mark.surface;
		this.setSnapped(data);
		this.setTools(['difference', cut, all].join(), () => [all || cut ? this.check('all tasks', all, on => app.state.set({ everything: on })) : null]);
		this.setFacts(this.diff.facts);
		this.table.set(() => joined.answer(), app.dragging());
	}

	/** @param {number} i */
	makeMark(i) {
		return new MatrixMark({
			label: 'Successors: switches from the row to the column. Arrow keys read cells, Enter selects.',
			theme: () => this.app.theme(), leave: () => this.app.tip.hide(), slanted: true,
			hover: (panel, row, column, e) => {
				const { grid } = this.maps[i];

				if (column < 0) {
					this.app.tip.show(e, grid.rows[row], [['switches away', fmtCount(grid.rowTotal(row))]]);
					return;
				}
				const n = grid.at(row, column) || 0;

				this.app.tip.show(e, grid.rows[row] + ' → ' + grid.columns[column], [['switches', fmtCount(n)],
					['share of its switches', fmtPct(100 * n / (grid.rowTotal(row) || 1), 2)]]);
			},
			click: row => {
				const { grid, rows, run } = this.maps[i];
				const found = rows.find(r => nodeName(r, 'task', 'tid') === grid.rows[row]);

				if (found)
					this.app.pickRow({ ...found, run_name: run.name });
			},
		});
	}

	showFacts() {
		this.setFacts(this.maps.flatMap(({ run, rows }) => {
			const prefix = this.maps.length > 1 ? run.name + ': ' : '';
			const all = rows.reduce((n, r) => n + r.count, 0);
			const most = rows.find(r => r.task !== 'IDLE');
			const toIdle = rows.filter(r => r.next === 'IDLE' && r.next_tid === undefined).reduce((n, r) => n + r.count, 0);

			return [
				{ label: prefix + 'context switches', value: fmtCount(all) },
				...most ? [{ label: 'most frequent', value: most.task + ' → ' + most.next, note: fmtPct(most.pct) + ' of its switches' }] : [],
				...all ? [{ label: 'into idle', value: fmtPct(100 * toIdle / all), note: 'the CPU had nothing to run' }] : [],
			];
		}));
	}

	cursorMoved() {
	}

	repaint() {
		this.maps.forEach(m => m.mark.surface.redraw());
	}
}

export const successorsView = { name: 'successors', title: 'Successors', make: /** @param {App} app */ app => new SuccessorsView(app) };
