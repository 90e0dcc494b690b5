/* SPDX-License-Identifier: MIT */
/* Details of the selected task or CPU, beside every view. */

import { KIND_GUEST, KIND_HOST, KIND_PREEMPTED, KIND_RUN, KIND_SLEEP, KIND_WAIT, sumDelays, sumRuns, sumSuccessors } from '../data/sums.js';
import { el, fill, icon, refill } from './dom.js';
import { fmtCount, fmtDuration, fmtPct } from './units.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/sums.js').RunSums} RunSums */

const LISTED = 6;

export class Panel {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.ticket = 0;
		this.el = el('aside', { class: 'panel', 'aria-label': 'Selection', hidden: true });
	}

	async update() {
		const ticket = ++this.ticket;
		const look = this.app.state.look;
		const none = !look.task && look.cpu < 0;

		this.app.root.classList.toggle('withpanel', !none);
		this.el.hidden = none;
		if (none) {
			fill(this.el);
			return;
		}
		try {
			const parts = [];

			for (const run of this.app.shown())
				parts.push(look.task ? await this.task(run) : await this.cpu(run));
			if (ticket === this.ticket)
				refill(this.el, ...parts);
		} catch (e) {
			this.app.failed(e);
		}
	}

	/** @param {string} title @param {string} colour @param {string} note */
	head(title, colour, note) {
		const swatch = el('span', { class: 'swatch' });

		if (colour)
			swatch.style.background = colour;
		return el('header', null, el('h3', null, colour ? swatch : null, title), el('button', { type: 'button', class: 'quiet', 'aria-label': 'Clear the selection',
			title: 'Clear the selection (Esc)', on: { click: () => this.app.clearSelection() } }, icon('close')), note ? el('p', { class: 'soft', text: note }) : null);
	}

	/** @param {[string, string][]} lines */
	list(lines) {
		return el('dl', { class: 'lines' }, ...lines.flatMap(([k, v]) => [el('dt', { text: k }), el('dd', { text: v })]));
	}

	/**
	 * Names with small bars.
	 * @param {string} title
	 * @param {{ name: string, part: number, text: string, pick?: () => void }[]} items part: 0..1
	 */
	bars(title, items) {
		if (!items.length)
			return null;
		return el('div', { class: 'bars' }, el('h4', { text: title }), ...items.map(i => {
			const row = el(i.pick ? 'button' : 'div', { class: 'barline', type: i.pick ? 'button' : null, on: i.pick ? { click: i.pick } : {} },
				el('span', { class: 'name', text: i.name }), el('span', { class: 'amount', text: i.text }));

			row.style.setProperty('--part', (Math.min(1, i.part) * 100).toFixed(1) + '%');
			return row;
		}));
	}

	/** @param {{ label: string, h: import('../data/loghist.js').Loghist }[]} spans */
	spanTable(spans) {
		if (!spans.length)
			return null;
		const cell = /** @param {string} text */ text => el('td', { text });

		return el('table', { class: 'spans' }, el('thead', null, el('tr', null, el('td', null, el('span', { class: 'hidden', text: 'kind' })),
			...['median', 'p99', 'max'].map(t => el('th', { scope: 'col', text: t })))),
		el('tbody', null, ...spans.map(({ label, h }) => el('tr', null, el('th', { scope: 'row', text: label }), cell(fmtDuration(h.quantile(0.5))),
			cell(fmtDuration(h.quantile(0.99))), cell(fmtDuration(h.max))))));
	}

	/**
	 * The idle tasks of all CPUs as one.
	 * @param {Run} run
	 * @param {{ task: number, next: number, count: number }[]} pairs
	 */
	joinIdle(run, pairs) {
		const idle = pairs.filter(p => run.tasks.idle[p.next]);
		const rest = pairs.filter(p => !run.tasks.idle[p.next]);

		if (idle.length)
			rest.push({ ...idle[0], count: idle.reduce((n, p) => n + p.count, 0) });
		return rest.sort((a, b) => b.count - a.count);
	}

	/** The most frequent of them, with their share. @param {Run} run @param {{ task: number, next: number, count: number }[]} pairs */
	neighbours(run, pairs) {
		const all = pairs.reduce((s, p) => s + p.count, 0) || 1;

		return this.joinIdle(run, pairs).slice(0, LISTED).map(p => ({ name: run.tasks.idle[p.next] ? 'IDLE' : run.tasks.unique(p.next), part: p.count / all,
			text: fmtPct(100 * p.count / all), pick: run.tasks.idle[p.next] ? undefined : () => this.app.selectTask(run, p.next) }));
	}

	/** @param {Run} run */
	async task(run) {
		const app = this.app;
		const look = app.state.look;
		const n = run.tasks.all.findIndex((_, i) => run.tasks.row[i] === i && app.isMarked(run, i));
		const title = run.tasks.all[n] ? run.tasks.label[n] : look.task;
		const several = n >= 0 && run.tasks.several(n);
		const name = app.shown().length > 1 ? app.nameOf(run) : '';

		if (n < 0)
			return el('section', null, this.head(title, '', name), el('p', { class: 'soft', text: 'not in this run' }));
		const w = app.window();
		const sums = sumRuns(run, await run.runCube(), w);
		const mask = new Uint8Array(run.tasks.length);
		const longest = run.longestCovered(sums.window) || 1;
		const t = run.tasks.all[n];

		/* All tasks that are counted under the number. */
		run.tasks.row.forEach((row, i) => {
			mask[i] = Number(row === n);
		});
		const delays = await run.delayCube();
		const both = sumSuccessors(run, await run.nextCube(), w).pairs;
		const pairs = both.filter(p => p.task === n).sort((a, b) => b.count - a.count);
		/* Who ran before, told as who runs next. */
		const before = both.filter(p => p.next === n).map(p => ({ task: n, next: p.task, count: p.count })).sort((a, b) => b.count - a.count);
		/** @type {[string, string][]} */
		const lines = [several ? ['tasks', String(run.tasks.members[n])] : ['tid', String(t.tid)], ...t.tgid && !several ? /** @type {[string, string][]} */ ([['process', String(t.tgid)]]) : [],
			...t.role && !several ? /** @type {[string, string][]} */ ([['name', t.comm]]) : [],
			['run time', fmtDuration(sums.taskRun[n])], ['of one core', fmtPct(100 * sums.taskRun[n] / longest, 2)], ['switches', fmtCount(sums.taskSwitches[n])],
			['switches/s', fmtCount(sums.taskSwitches[n] * 1e9 / longest)]];

		const spans = /** @type {[number, string][]} */ ([[KIND_RUN, 'run'], [KIND_SLEEP, 'sleep'], [KIND_WAIT, 'wait'], [KIND_PREEMPTED, 'preempted'],
			[KIND_GUEST, 'guest'], [KIND_HOST, 'host']])
			.map(([kind, label]) => ({ label, h: sumDelays(run, delays, w, kind, mask).all })).filter(s => s.h.count);
		return el('section', null, this.head(title, app.colourOf(run, n), [name, t.kernel ? 'kernel thread' : '', t.self ? 'kymo itself' : ''].filter(Boolean).join(' · ')),
			this.list(lines), this.spanTable(spans),
			this.bars('CPUs', run.cpus.map((cpu, c) => ({ cpu, ns: sums.run[n * sums.cpus + c] })).filter(x => x.ns > 0).sort((a, b) => b.ns - a.ns).slice(0, LISTED)
				.map(x => ({ name: 'CPU ' + x.cpu, part: x.ns / (sums.taskRun[n] || 1), text: fmtPct(100 * x.ns / (sums.taskRun[n] || 1)),
					pick: () => app.state.set({ cpu: x.cpu, task: '', tid: 0 }) }))),
			this.bars('Ran before', this.neighbours(run, before)), this.bars('Runs next', this.neighbours(run, pairs)),
			el('button', { type: 'button', class: 'plain', on: { click: () => app.filterTo(run.tasks.label[n]) } }, icon('filter'), 'Show only ' + title));
	}

	/** @param {Run} run */
	async cpu(run) {
		const app = this.app;
		const cpu = app.state.look.cpu;
		const c = run.cpuIndex.get(cpu);
		const name = app.shown().length > 1 ? app.nameOf(run) : '';

		if (c === undefined)
			return el('section', null, this.head('CPU ' + cpu, '', name), el('p', { class: 'soft', text: 'not in this run' }));
		const sums = sumRuns(run, await run.runCube(), app.window());
		const mask = app.mask(run);
		const covered = run.covered(c, sums.window) || 1;
		const list = [];
		let time = 0;
		let switches = 0;

		for (let n = 0; n < run.tasks.length; n++) {
			const ns = sums.run[n * sums.cpus + c];

			if (!mask[n] || !ns && !sums.switches[n * sums.cpus + c])
				continue;
			time += ns;
			switches += sums.switches[n * sums.cpus + c];
			list.push({ n, ns });
		}
		list.sort((a, b) => b.ns - a.ns);
		const info = run.json.cpus[c];
		const place = /** @type {[string, number][]} */ ([['package', info.package], ['core', info.core], ['node', info.node]])
			.filter(([, v]) => v >= 0 && v !== 0xffffffff).map(([k, v]) => k + ' ' + v).join(', ');

		return el('section', null, this.head('CPU ' + cpu, '', [name, place].filter(Boolean).join(' · ')),
			this.list([['in use', fmtPct(100 * time / covered, 2)], ['run time', fmtDuration(time)], ['switches', fmtCount(switches)],
				['switches/s', fmtCount(switches * 1e9 / covered)], ['tasks', fmtCount(list.length)], ['covered', fmtDuration(covered)]]),
			this.bars('Tasks', list.slice(0, 12).map(({ n, ns }) => ({ name: run.tasks.unique(n), part: ns / covered, text: fmtPct(100 * ns / covered),
				pick: () => app.selectTask(run, n) }))));
	}
}
