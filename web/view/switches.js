/* SPDX-License-Identifier: MIT */
/* CPU use beside context switches: who is busy, and who is only switched. */

import { sumRuns } from '../data/sums.js';
import { compareNames } from '../data/vm.js';
import { BarsMark } from '../mark/bars.js';
import { PairsMark } from '../mark/pairs.js';
import { el } from '../ui/dom.js';
import { fmtCount, fmtExact, fmtPct, fmtShort } from '../ui/units.js';
import { addSpinning, answerOf, busyTasks, byName, joinAnswers, rowsSwitches } from './answers.js';
import { coreUse } from './difference.js';
import { ViewFrame } from './frame.js';
import { SwitchesDiff } from './switches_diff.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/sums.js').RunSums} RunSums */
/** @typedef {{ run: Run, sums: RunSums, tasks: number[], longest: number, busiest: number, spinning: Set<number> }} Use spinning: run time is guest time */
/** @typedef {{ use: Use, tasks: number[], time: number, switches: number }} Bar */

/** Bars before the rest is summed up. */
const TOP_BARS = 24;

class SwitchesView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'switches', title: 'CPU vs switches', summary: 'CPU time of each task beside its context switches' });
		/** @type {Bar[]} */
		this.bars = [];
		this.mark = new BarsMark({
			label: 'CPU use and context switches per task. Arrow keys read rows, Enter selects.',
			theme: () => app.theme(),
			leave: () => app.tip.hide(),
			hover: (row, e) => this.hover(row, e),
			click: row => this.click(row),
		});
		this.compares = true;
		this.diff = new SwitchesDiff(app);
		this.host = el('div', null);
		this.figure.append(this.host);
		/** @type {Use[]} */
		this.uses = [];
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => ({ run, cube: await run.runCube(), delays: run.hasExits() ? await run.delayCube() : null })));
	}

	/** @param {{ run: Run, cube: import('../data/cube.js').Cube, delays: import('../data/cube.js').Cube | null }[]} data */
	show(data) {
		const app = this.app;

		if (app.pair) {
			this.showDiff(data);
			return;
		}
		this.setOne(this.host, 'bars', this.mark.el);
		this.surface = this.mark.surface;
		this.uses = data.map(({ run, cube, delays }) => {
			const sums = sumRuns(run, cube, app.window());
			const spinning = addSpinning(run, sums, delays, app.mask(run));
			const tasks = busyTasks(run, sums, app.mask(run));

			return { run, sums, spinning, busiest: tasks[0], tasks: app.state.look.order === 'name' ? byName(run, tasks) : tasks, longest: run.longestCovered(sums.window) || 1 };
		});
		this.setSnapped(data);
		this.drawBars();
		this.showFacts();
		this.table.set(() => joinAnswers(this.uses.map(u => {
			const answer = answerOf(app, u.run, 'switches', () => rowsSwitches(u.run, u.sums, app.mask(u.run)));

			return { run: u.run, answer: u.spinning.size ? { ...answer, notes: [...answer.notes, 'No switch was seen of ' + [...u.spinning].map(n => u.run.tasks.unique(n)).join(', ') +
				': the time is that in the guest.'] } : answer };
		})), app.dragging());
	}

	/** @param {{ run: Run, cube: import('../data/cube.js').Cube, delays: import('../data/cube.js').Cube | null }[]} data */
	showDiff(data) {
		const app = this.app;
		const { measure, everything } = app.state.look;
		const joined = this.diff.set(data.map(d => ({ ...d, complete: (/** @type {RunSums} */ sums) => addSpinning(d.run, sums, d.delays, app.mask(d.run)) })));
		const narrow = this.figure.clientWidth < PairsMark.width(2);
		const current = measure === 'both' && narrow ? 'run' : measure;

		this.setOne(this.host, 'difference', this.diff.el);
		this.surface = this.diff.mark.surface;
		const left = this.diff.draw(current === 'both' ? ['run', 'switches'] : [current === 'switches' ? 'switches' : 'run'], everything ? Infinity : TOP_BARS, this.room());

		this.setTools(['difference', current, left > 0 || everything, everything].join(), () => [left > 0 || everything ? this.check('all tasks', everything, on => app.state.set({ everything: on })) : null,
			this.choice('Measure', [['both', 'Both'], ['run', 'CPU time'], ['switches', 'Switches']], current, v => app.state.set({ measure: v }))]);
		this.setSnapped(data);
		this.setFacts(joined.facts(coreUse));
		this.table.set(() => joined.answer(), app.dragging());
	}

	/** Rows: one per task, or one per label and run where runs stand beside each other. */
	drawBars() {
		const app = this.app;
		const several = this.uses.length > 1;
		/* The rest summed up would be more than those that come first by name. */
		const named = app.state.look.order === 'name';
		const all = app.state.look.everything || named;
		const groups = several ? this.byLabel() : this.uses[0].tasks.map(task => [this.barOf(this.uses[0], [task])]);
		const shown = all ? groups : groups.slice(0, TOP_BARS);
		const left = groups.length - shown.length;

		this.bars = shown.flat();
		const rows = shown.flatMap(group => group.map((bar, i) => this.barRow(bar, several, several && i === 0)));

		if (left > 0 && !several) {
			const rest = this.barOf(this.uses[0], this.uses[0].tasks.slice(shown.length));

			this.bars.push(rest);
			rows.push({ ...this.barRow(rest, false, true), name: left + ' more tasks', colour: app.theme().faint, second: NaN, marked: false });
		}
		this.setTools([left > 0 || all, all, app.state.look.order].join(), () => [this.orderChoice(), !named && (left > 0 || all) ? this.check('all tasks', all, on => app.state.set({ everything: on })) : null]);
		this.mark.set({ rows, title: 'CPU time, % of one core', secondTitle: 'Context switches in the window', full: 5,
			label: v => v + ' %', secondLabel: fmtShort,
			empty: app.filter ? 'No task that ran matches the filter.' : 'Nothing ran in this window.' }, this.room());
	}

	/** @param {Use} use @param {number[]} tasks @returns {Bar} */
	barOf(use, tasks) {
		return { use, tasks, time: tasks.reduce((s, n) => s + use.sums.taskRun[n], 0), switches: tasks.reduce((s, n) => s + use.sums.taskSwitches[n], 0) };
	}

	/** @param {Bar} bar @returns {string} */
	barName(bar) {
		const [first] = bar.tasks;
		const tasks = bar.use.run.tasks;

		return bar.tasks.length === 1 ? tasks.unique(first) : tasks.label[first] + ' × ' + bar.tasks.length;
	}

	/** @param {Bar} bar @param {boolean} several @param {boolean} first */
	barRow(bar, several, first) {
		const { use, tasks } = bar;
		const pct = 100 * bar.time / use.longest;

		return { name: several ? use.run.tasks.label[tasks[0]] : this.barName(bar), note: several ? use.run.name : '', colour: this.app.colourOf(use.run, tasks[0]),
			value: pct, second: bar.switches, text: fmtPct(pct) + (several && tasks.length > 1 ? ' × ' + tasks.length + ' tasks' : '') + (tasks.every(n => use.spinning.has(n)) ? ' spinning in the guest' : ''),
			marked: tasks.some(n => this.app.isMarked(use.run, n)), first };
	}

	/** One bar per label and run, grouped by label: the busiest label first. */
	byLabel() {
		/** @type {Map<string, Bar[]>} */
		const groups = new Map();

		for (const use of this.uses) {
			/** @type {Map<string, number[]>} */
			const labels = new Map();

			for (const task of use.tasks) {
				const label = use.run.tasks.label[task];

				labels.set(label, [...labels.get(label) || [], task]);
			}
			for (const [label, tasks] of labels)
				groups.set(label, [...groups.get(label) || [], this.barOf(use, tasks)]);
		}
		const most = /** @param {Bar[]} bars */ bars => bars.reduce((m, b) => Math.max(m, b.time / b.use.longest), 0);

		const list = [...groups].sort((a, b) => this.app.state.look.order === 'name' ? compareNames(a[0], b[0]) : most(b[1]) - most(a[1]));

		return list.map(g => g[1]);
	}

	/** @param {number} row @param {PointerEvent} e */
	hover(row, e) {
		const bar = this.bars[row];
		const { use, time, switches } = bar;

		this.app.tip.show(e, this.barName(bar) + (this.uses.length > 1 ? ' · ' + use.run.name : ''), [
			['% of one core', fmtPct(100 * time / use.longest, 2)], ['run time', fmtExact(time)], ['switches', fmtCount(switches)],
			['switches/s', fmtCount(switches * 1e9 / use.longest)]], this.app.colourOf(use.run, bar.tasks[0]));
	}

	/** @param {number} row */
	click(row) {
		const { use, tasks } = this.bars[row];

		if (tasks.length > 1 && this.uses.length === 1)
			this.app.state.set({ everything: true });
		else
			this.app.selectTask(use.run, tasks[0]);
	}

	showFacts() {
		this.setFacts(this.uses.flatMap(u => {
			const prefix = this.uses.length > 1 ? u.run.name + ': ' : '';
			const all = u.tasks.reduce((s, n) => s + u.sums.taskSwitches[n], 0);
			const most = u.tasks.reduce((m, n) => m < 0 || u.sums.taskSwitches[n] > u.sums.taskSwitches[m] ? n : m, -1);

			return [
				{ label: prefix + 'context switches', value: fmtCount(all), note: fmtCount(all * 1e9 / u.longest) + ' per second' },
				...most < 0 ? [] : [{ label: 'most switched', value: u.run.tasks.unique(most), note: fmtCount(u.sums.taskSwitches[most]) }],
				...most < 0 || this.uses.length > 1 ? [] : [{ label: 'busiest', value: u.run.tasks.unique(u.busiest),
					note: fmtPct(100 * u.sums.taskRun[u.busiest] / u.longest) + ' of one core' }],
			];
		}));
	}
}

export const switchesView = { name: 'switches', title: 'CPU vs switches', make: /** @param {App} app */ app => new SwitchesView(app) };
