/* SPDX-License-Identifier: MIT */
/* CPU use and switches of two runs: two thin bars per task and their difference. */

import { PairsMark } from '../mark/pairs.js';
import { sumRuns } from '../data/sums.js';
import { el, fill } from '../ui/dom.js';
import { fmtShort } from '../ui/units.js';
import { rowsSwitches } from './answers.js';
import { Comparison, coreUse, diffLines, diffText, sideKeys, switchRate, taskColumn, valueText, whereNote } from './difference.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */
/** @typedef {import('../data/diff.js').Row} Row */

export class SwitchesDiff {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		/** @type {Row[]} */
		this.rows = [];
		this.legend = el('div', { class: 'legend' });
		this.mark = new PairsMark({
			label: 'CPU use and context switches of two runs per task. Arrow keys read rows, Enter selects.',
			theme: () => app.theme(), leave: () => app.tip.hide(),
			hover: (row, e) => app.tip.show(e, this.rows[row].task, diffLines(this.rows[row], [coreUse, switchRate])),
			click: row => app.pickRow({ task: this.rows[row].task }),
		});
		this.el = el('div', null, this.legend, this.mark.el);
		/** @type {Comparison | null} */
		this.joined = null;
	}

	/** @param {{ run: Run, cube: Cube, complete?: (sums: ReturnType<typeof sumRuns>) => void }[]} data complete: what the sums lack */
	set(data) {
		const app = this.app;

		this.joined = new Comparison(app, data.map(({ run, cube, complete }) => {
			const sums = sumRuns(run, cube, app.window());

			complete?.(sums);
			return { run, window: sums.window, rows: rowsSwitches(run, sums, app.mask(run)) };
		}), [taskColumn], [coreUse, switchRate]);
		return this.joined;
	}

	/**
	 * @param {('run' | 'switches')[]} wanted
	 * @param {number} top rows at most
	 * @param {number} room
	 * @returns {number} rows left out
	 */
	draw(wanted, top, room) {
		const app = this.app;
		const all = this.joined ? this.joined.rows : [];
		const measures = wanted.map(w => w === 'run' ? coreUse : switchRate);
		const most = measures.map(m => all.reduce((x, r) => Math.max(x, Math.abs(r[m.name + '_diff'] || 0)), 0) || 1);
		/* With both measures whichever of them changed more decides. */
		const size = /** @param {Row} r */ r => measures.reduce((x, m, i) => Math.max(x, Math.abs(r[m.name + '_diff'] || 0) / most[i]), 0);

		fill(this.legend, ...sideKeys(app));
		this.rows = [...all].sort((x, y) => size(y) - size(x)).slice(0, top);
		this.mark.setPairs({
			rows: this.rows.map(r => ({ name: r.task, note: whereNote(r), marked: app.isMarkedName(r.task) || app.state.look.task === r.task })),
			empty: app.filter ? 'No task that ran matches the filter.' : 'Nothing ran in this window.',
			panels: measures.map(m => ({
				title: m === coreUse ? 'CPU time, % of one core' : 'Context switches per second',
				label: m === coreUse ? v => v + ' %' : fmtShort,
				text: v => valueText({ ...m, digits: 1 }, v).replace(' /s', ''),
				diffText: v => diffText({ ...m, digits: 1 }, v).replace(' /s', ''),
				values: this.rows.map(r => ({ a: r[m.name + '_a'] ?? NaN, b: r[m.name + '_b'] ?? NaN, diff: r[m.name + '_diff'] ?? NaN })),
			})),
		}, room);
		return all.length - this.rows.length;
	}
}
