/* SPDX-License-Identifier: MIT */
/* Exits of two runs: tasks by reasons, coloured by the difference of their rates. */

import { MatrixMark } from '../mark/matrix.js';
import { el } from '../ui/dom.js';
import { taskKey } from './answers.js';
import { Comparison, DiffMatrix, diffLines, levelNs, showLegend, taskColumn } from './difference.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/sums.js').ExitCell} ExitCell */
/** @typedef {import('../data/diff.js').Measure} Measure */
/** @typedef {{ run: Run, sums: ReturnType<typeof import('../data/sums.js').sumExits> }} ExitSide */

const reasonColumn = { name: 'reason', title: 'Reason', unit: '', type: 'text', key: true };
const exitShare = /** @type {Measure} */ ({ name: 'pct', title: '% of exits', rule: 'share', unit: 'pct', digits: 2 });
const rates = /** @type {Object<string, Measure>} */ ({
	count: { name: 'count_per_s', from: 'count', title: 'Exits/s', rule: 'rate', unit: 'per_s', digits: 1 },
	time: { name: 'time_per_s', from: 'time', title: 'Time per second', rule: 'rate', unit: 'ns' },
	last: { name: 'last_per_s', from: 'last', title: 'Last before switch-out/s', rule: 'rate', unit: 'per_s', digits: 1 },
});

export class ExitsDiff {
	/** @param {App} app @param {(c: ExitCell) => string} nameOf a reason */
	constructor(app, nameOf) {
		this.app = app;
		this.nameOf = nameOf;
		this.measures = Object.values(rates);
		/** @type {import('./frame.js').Fact[]} */
		this.facts = [];
		this.legend = el('div', { class: 'difflegend' });
		this.mark = new MatrixMark({
			label: 'Difference of exits: tasks by reasons. Arrow keys read cells, Enter selects.',
			theme: () => app.theme(), leave: () => app.tip.hide(), slanted: true,
			hover: (panel, r, c, e) => {
				const cell = c < 0 ? undefined : this.matrix.at(r, c);

				app.tip.show(e, this.matrix.rowNames[r] + (c < 0 ? '' : ' · ' + this.matrix.columnNames[c]), cell ? diffLines(cell, this.measures) : c < 0 ? [] : [['', 'in neither run']]);
			},
			click: row => row >= 0 && app.pickRow({ task: this.matrix.rowNames[row] }),
		});
		this.el = el('div', { class: 'multiple' }, this.legend, this.mark.el);
		this.matrix = new DiffMatrix([], 'task', 'reason', [], []);
	}

	/** @param {ExitSide[]} data A and B @param {string} wanted the measure of the picture @param {number} room */
	set(data, wanted, room) {
		const app = this.app;
		const first = rates[wanted] || rates.count;
		const measures = [first, ...Object.values(rates).filter(m => m !== first)];
		const numbers = /** @param {ExitCell} c */ c => ({ reason: this.nameOf(c), count: c.count, last: c.last, time: c.ended ? c.time : undefined });
		const joined = new Comparison(app, data.map(({ run, sums }) => ({ run, window: sums.window,
			rows: [...sums.byTask].flatMap(([n, cells]) => [...cells.values()].map(c => ({ ...taskKey(run, n), ...numbers(c) }))) })), [taskColumn, reasonColumn], measures);
		/* What changed most comes first, tasks as well as reasons. */
		const tasks = [...new Set(joined.rows.map(r => String(r.task)))];
		const reasons = [...new Set(joined.rows.map(r => String(r.reason)))];

		this.measures = measures;
		this.matrix = new DiffMatrix(joined.rows, 'task', 'reason', tasks, reasons);
		const end = this.matrix.end(first, first.unit === 'ns' ? 1000 : 10);

		/* Times spread over so many decades that a log scale would show nothing but the sign. */
		const log = first.unit !== 'ns';

		showLegend(app, this.legend, [{ m: first, end, log }]);
		this.mark.set({ rows: tasks, notes: this.matrix.notes(), breaks: [], marked: app.state.look.task ? tasks.indexOf(app.state.look.task) : -1,
			empty: app.filter ? 'No task with exits matches the filter.' : 'No exits in this window.',
			panels: tasks.length ? [this.matrix.panel(first, { title: first.title + ', B − A', end, log, breaks: [] })] : [] }, room);
		this.facts = joined.facts(first, joined.rows);
		return joined;
	}

	/** By reason alone. @param {ExitSide[]} data @param {string} wanted */
	reasons(data, wanted) {
		const first = rates[wanted] || rates.count;

		return new Comparison(this.app, data.map(({ run, sums }) => {
			const cells = [...sums.byReason.values()];
			const all = cells.reduce((s, c) => s + c.count, 0) || 1;

			return { run, window: sums.window, rows: cells.map(c => ({ reason: this.nameOf(c), count: c.count, last: c.last, pct: 100 * c.count / all, ...c.ended ? { time: c.time, mean: c.time / c.ended, max: c.max } : {} })) };
		}), [reasonColumn], [first, exitShare, levelNs('mean', 'Mean'), levelNs('max', 'Max')]);
	}
}
