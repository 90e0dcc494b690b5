/* SPDX-License-Identifier: MIT */
/* CPU use beside context switches: who is busy, and who is only switched. */

import { sumRuns } from '../data/sums.js';
import { BarsMark } from '../mark/bars.js';
import { fill } from '../ui/dom.js';
import { fmtCount, fmtExact, fmtPct, fmtShort } from '../ui/units.js';
import { answerOf, busyTasks, joinAnswers, rowsSwitches } from './answers.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/sums.js').RunSums} RunSums */
/** @typedef {{ run: Run, sums: RunSums, tasks: number[], longest: number }} Use */

/** Bars before the rest is summed up. */
const TOP_BARS = 24;

class SwitchesView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'switches', title: 'CPU vs switches', summary: 'CPU time of each task (bars) beside its context switches (circles)' });
		/** @type {{ use: Use, task: number }[]} task -1 = the rest */
		this.bars = [];
		this.mark = new BarsMark({
			label: 'CPU use and context switches per task. Arrow keys read rows, Enter selects.',
			theme: () => app.theme(),
			leave: () => app.tip.hide(),
			hover: (row, e) => this.hover(row, e),
			click: row => this.click(row),
		});
		this.surface = this.mark.surface;
		this.figure.append(this.mark.el);
		/** @type {Use[]} */
		this.uses = [];
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => ({ run, cube: await run.runCube() })));
	}

	/** @param {{ run: Run, cube: import('../data/cube.js').Cube }[]} data */
	show(data) {
		const app = this.app;

		this.uses = data.map(({ run, cube }) => {
			const sums = sumRuns(run, cube, app.window());

			return { run, sums, tasks: busyTasks(run, sums, app.mask(run)), longest: run.longestCovered(sums.window) || 1 };
		});
		this.setWindow(data[0].run.snap(app.window(), data[0].cube.bin), data[0].cube.bin);
		this.drawBars();
		this.showFacts();
		this.table.set(joinAnswers(this.uses.map(u => ({ run: u.run,
			answer: answerOf(app, u.run, 'switches', () => rowsSwitches(u.run, u.sums, app.mask(u.run))) }))), app.dragging());
	}

	/** Rows: one per task, or per label and run where runs stand beside each other. */
	drawBars() {
		const app = this.app;
		const several = this.uses.length > 1;
		const all = app.state.look.everything;
		/** @type {import('../mark/bars.js').BarRow[]} */
		const rows = [];

		this.bars = [];
		for (const group of several ? this.byLabel() : this.uses[0].tasks.map(task => [{ use: this.uses[0], task }])) {
			if (!all && rows.length >= TOP_BARS * (several ? this.uses.length : 1))
				break;
			group.forEach((bar, i) => {
				this.bars.push(bar);
				rows.push(this.barRow(bar.use, bar.task, several ? bar.use.run.tasks.label[bar.task] : '', i === 0 && several));
			});
		}
		const left = several ? 0 : this.uses[0].tasks.length - this.bars.length;

		if (left > 0) {
			const use = this.uses[0];
			const rest = use.tasks.slice(this.bars.length);
			const time = rest.reduce((s, n) => s + use.sums.taskRun[n], 0);

			this.bars.push({ use, task: -1 });
			rows.push({ name: left + ' more tasks', note: '', colour: app.theme().faint, value: 100 * time / use.longest,
				second: NaN, text: fmtPct(100 * time / use.longest), marked: false, first: true });
		}
		fill(this.tools, left > 0 || all ? this.check('all tasks', all, on => app.state.set({ everything: on })) : null);
		this.mark.set({ rows, title: 'CPU time, % of one core', secondTitle: 'Context switches in the window', full: 5,
			label: v => v + ' %', secondLabel: fmtShort,
			empty: app.filter ? 'No task that ran matches the filter.' : 'Nothing ran in this window.' }, this.room());
	}

	/** @param {Use} use @param {number} task @param {string} group @param {boolean} first */
	barRow(use, task, group, first) {
		const pct = 100 * use.sums.taskRun[task] / use.longest;

		return { name: group || use.run.tasks.unique(task), note: group ? use.run.name : '', colour: this.app.colourOf(use.run, task),
			value: pct, second: use.sums.taskSwitches[task], text: fmtPct(pct), marked: this.app.isMarked(use.run, task), first };
	}

	/** Bars of all runs, grouped by label: the busiest label first. */
	byLabel() {
		/** @type {Map<string, { total: number, bars: { use: Use, task: number }[] }>} */
		const groups = new Map();

		for (const use of this.uses) {
			for (const task of use.tasks) {
				const label = use.run.tasks.label[task];
				const group = groups.get(label) || { total: 0, bars: [] };

				group.total += use.sums.taskRun[task];
				group.bars.push({ use, task });
				groups.set(label, group);
			}
		}
		return [...groups.values()].sort((a, b) => b.total - a.total).map(g => g.bars);
	}

	/** @param {number} row @param {PointerEvent} e */
	hover(row, e) {
		const { use, task } = this.bars[row];

		if (task < 0)
			return;
		const ns = use.sums.taskRun[task];
		const n = use.sums.taskSwitches[task];

		this.app.tip.show(e, use.run.tasks.unique(task) + (this.uses.length > 1 ? ' · ' + use.run.name : ''), [
			['% of one core', fmtPct(100 * ns / use.longest, 2)], ['run time', fmtExact(ns)], ['switches', fmtCount(n)],
			['switches/s', fmtCount(n * 1e9 / use.longest)]], this.app.colourOf(use.run, task));
	}

	/** @param {number} row */
	click(row) {
		const { use, task } = this.bars[row];

		if (task < 0)
			this.app.state.set({ everything: true });
		else
			this.app.selectTask(use.run, task);
	}

	showFacts() {
		this.setFacts(this.uses.flatMap(u => {
			const prefix = this.uses.length > 1 ? u.run.name + ': ' : '';
			const all = u.tasks.reduce((s, n) => s + u.sums.taskSwitches[n], 0);
			const most = u.tasks.reduce((m, n) => m < 0 || u.sums.taskSwitches[n] > u.sums.taskSwitches[m] ? n : m, -1);

			return [
				{ label: prefix + 'context switches', value: fmtCount(all), note: fmtCount(all * 1e9 / u.longest) + ' per second' },
				...most < 0 ? [] : [{ label: 'most switched', value: u.run.tasks.unique(most), note: fmtCount(u.sums.taskSwitches[most]) }],
				...most < 0 || this.uses.length > 1 ? [] : [{ label: 'busiest', value: u.run.tasks.unique(u.tasks[0]),
					note: fmtPct(100 * u.sums.taskRun[u.tasks[0]] / u.longest) + ' of one core' }],
			];
		}));
	}
}

export const switchesView = { name: 'switches', title: 'CPU vs switches', make: /** @param {App} app */ app => new SwitchesView(app) };
