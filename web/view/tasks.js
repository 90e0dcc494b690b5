/* SPDX-License-Identifier: MIT */
/* All tasks as a list, below a bar that shows how the CPUs' time was divided. */

import { sumRuns } from '../data/sums.js';
import { el, fill } from '../ui/dom.js';
import { fmtCount, fmtDuration, fmtPct } from '../ui/units.js';
import { answerOf, busyTasks, joinAnswers, rowsTasks } from './answers.js';
import { Comparison, coreUse, switchRate, taskColumn } from './difference.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/sums.js').RunSums} RunSums */

const SHARES = 11;

class TasksView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'tasks', title: 'Tasks', summary: 'Every task with its run time, switches and more', tableTitle: 'Tasks' });
		this.compares = true;
		this.png.remove();
		this.table.el.classList.add('long');
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => ({ run, cube: await run.runCube() })));
	}

	/** @param {{ run: Run, cube: import('../data/cube.js').Cube }[]} data */
	show(data) {
		const app = this.app;
		const sums = data.map(({ run, cube }) => ({ run, sums: sumRuns(run, cube, app.window()) }));

		this.setSnapped(data);
		fill(this.figure, ...sums.map(s => this.shareBar(s.run, s.sums, sums.length > 1)));
		if (app.pair) {
			this.showDiff(sums);
			return;
		}
		this.setFacts(sums.flatMap(s => this.factsOf(s.run, s.sums, sums.length > 1 ? s.run.name + ': ' : '')));
		this.table.set(() => joinAnswers(sums.map(s => ({ run: s.run,
			answer: answerOf(app, s.run, 'tasks', () => rowsTasks(s.run, s.sums, app.mask(s.run))) }))), app.dragging());
	}

	/** @param {{ run: Run, sums: RunSums }[]} sums */
	showDiff(sums) {
		const app = this.app;
		const parts = sums.map(({ run, sums: s }) => ({ run, window: s.window, rows: rowsTasks(run, s, app.mask(run)) }));
		/** @type {import('../data/diff.js').Measure[]} */
		const measures = [coreUse, switchRate, { name: 'cpus', title: 'CPUs', rule: 'level', unit: 'count', digits: 0, plain: true }];

		if (parts.some(p => p.rows.some(r => r.members > 1)))
			measures.push({ name: 'members', title: 'Tasks of the name', rule: 'level', unit: 'count', digits: 0, plain: true });
		const joined = new Comparison(app, parts, [taskColumn], measures);

		this.setFacts(joined.facts(coreUse));
		this.table.set(() => joined.answer(), app.dragging());
	}

	/** @param {Run} run @param {RunSums} sums @param {string} prefix */
	factsOf(run, sums, prefix) {
		const busy = busyTasks(run, sums, this.app.mask(run));
		const longest = run.longestCovered(sums.window) || 1;
		const switches = busy.reduce((s, n) => s + sums.taskSwitches[n], 0);

		return [
			...busy.length ? [{ label: prefix + 'busiest task', value: run.tasks.unique(busy[0]),
				note: fmtPct(100 * sums.taskRun[busy[0]] / longest) + ' of one core' }] : [],
			{ label: 'tasks that ran', value: fmtCount(busy.length), note: 'of ' + fmtCount(run.tasks.length - run.tasks.idleOf.size) + ' known' },
			{ label: 'context switches', value: fmtCount(switches) },
		];
	}

	/** @param {Run} run @param {RunSums} sums @param {boolean} several */
	shareBar(run, sums, several) {
		const app = this.app;
		const busy = busyTasks(run, sums, app.mask(run));
		const covered = run.cpus.reduce((s, _, i) => s + run.covered(i, sums.window), 0) || 1;
		const rest = busy.slice(SHARES).reduce((s, n) => s + sums.taskRun[n], 0);
		const bar = el('div', { class: 'sharebar', role: 'img', 'aria-label': 'Time of all CPUs by task' });
		const keys = el('div', { class: 'legend' });
		/** @param {string} name @param {number} ns @param {string} colour @param {(() => void) | null} pick */
		const add = (name, ns, colour, pick) => {
			const part = el('span', { class: 'share', title: name + ': ' + fmtPct(100 * ns / covered, 2) + ', ' + fmtDuration(ns), on: pick ? { click: pick } : {} });
			const swatch = el('span', { class: 'swatch' });

			part.style.flexGrow = String(Math.max(0, ns / covered));
			part.style.background = swatch.style.background = colour;
			bar.append(part);
			keys.append(pick ? el('button', { type: 'button', class: 'key', on: { click: pick } }, swatch, name, el('span', { class: 'soft', text: fmtPct(100 * ns / covered) })) :
				el('span', { class: 'key' }, swatch, name, el('span', { class: 'soft', text: fmtPct(100 * ns / covered) })));
		};

		for (const n of busy.slice(0, SHARES))
			add(run.tasks.unique(n), sums.taskRun[n], app.colourOf(run, n), () => app.selectTask(run, n));
		if (rest > 0)
			add(busy.length - SHARES + ' more', rest, app.theme().faint, null);
		const idle = run.cpus.reduce((s, cpu) => s + (sums.taskRun[run.tasks.idleOf.get(cpu) ?? -1] || 0), 0);

		add('IDLE', idle, app.theme().band, null);
		return el('div', { class: 'shares' }, several ? el('h4', { text: app.nameOf(run) }) : null, bar, keys);
	}

	repaint() {
		void this.update();
	}
}

export const tasksView = { name: 'tasks', title: 'Tasks', make: /** @param {App} app */ app => new TasksView(app) };
