/* SPDX-License-Identifier: MIT */
/* Core locality: who ran on which CPU, when; down to the single run. */

import { lowerBound } from '../data/cube.js';
import { guestPartsOf } from '../data/guestparts.js';
import { sliceAt, slicesOf } from '../data/slices.js';
import { exitKey, sumRuns } from '../data/sums.js';
import { SLOT_HIDDEN, TimelineMark } from '../mark/timeline.js';
import { el, refill } from '../ui/dom.js';
import { fmtCount, fmtDuration, fmtExact, fmtPct, fmtTime } from '../ui/units.js';
import { answerOf, busyTasks, joinAnswers, taskKey } from './answers.js';
import { ViewFrame } from './frame.js';
import { exitReasonsOf } from './kvm.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */

/** Slices listed in the table. */
const TABLE_SLICES = 500;
const LEGEND_TASKS = 14;
const TWELVE = 12;
const SLOT_FADED = 13;
const SLOT_MARKED = 14;
const SLOT_UNKNOWN = 15;

class TimelineView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'timeline', title: 'Timeline', summary: 'Who ran on which CPU, when', tableTitle: 'Runs in this window' });
		this.sideBySide = 'A difference of timelines has no meaning: the runs stand side by side.';
		this.legend = el('div', { class: 'legend' });
		this.detail = el('span', { class: 'detail', role: 'status' });
		this.mark = new TimelineMark({
			label: 'Timeline: lanes are CPUs. Left and right move the cursor, up and down choose the CPU, plus and minus zoom.',
			theme: () => app.theme(), window: () => app.window(), span: () => app.span, zoom: (from, to) => app.zoom(from, to), cursor: t => app.setCursor(t),
			getCursor: () => app.cursor, leave: () => app.tip.hide(), failed: e => app.failed(e),
			hover: (group, cpu, t, exact, e) => this.hover(group, cpu, t, exact, e),
			click: (group, cpu, t, exact, lane) => this.click(group, cpu, t, exact, lane),
			detail: (exact, loading) => this.showDetail(exact, loading),
		});
		this.surface = this.mark.surface;
		this.tools.append(this.detail);
		this.figure.append(this.mark.el, this.legend);
		/** @type {{ run: Run, cube: Cube, sums: ReturnType<typeof sumRuns> }[]} */
		this.data = [];
		/** @type {ReturnType<typeof exitReasonsOf> | null} */
		this.reasons = null;
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => {
			const cube = await run.runCube();

			if (!run.lifetimes)
				run.learnLifetimes(cube);
			return { run, cube };
		}));
	}

	/** @param {{ run: Run, cube: Cube }[]} data */
	show(data) {
		const app = this.app;
		const w = app.window();

		this.data = data.map(d => ({ ...d, sums: sumRuns(d.run, d.cube, w) }));
		this.el.dataset.from = String(w.from);
		this.el.dataset.to = String(w.to);
		const step = (w.to - w.from) / 100;

		this.windowText.textContent = w.from <= 0 && w.to >= app.span ? (app.pair ? 'Whole common time, ' : 'Whole capture, ') + fmtDuration(app.span) :
			fmtTime(w.from, step) + ' to ' + fmtTime(w.to, step) + ' (' + fmtDuration(w.to - w.from) + ')';
		this.mark.set(this.data.map(d => ({ run: d.run, cube: d.cube, paint: this.paint(d.run), name: app.nameOf(d.run) })), w, this.room());
		this.showLegend();
		this.showFacts();
		this.showTable();
	}

	/** @param {Run} run */
	paint(run) {
		const app = this.app;
		const mask = app.mask(run);
		const theme = app.theme();
		const selected = app.state.look.task !== '';
		const slot = new Uint8Array(run.tasks.length).fill(SLOT_HIDDEN);
		const colours = app.taskColours.all(theme.dark);

		for (let n = 0; n < slot.length; n++) {
			if (!run.tasks.idle[n] && mask[n])
				slot[n] = !selected ? app.taskColours.slotOf(run.tasks.label[n]) : app.isMarked(run, n) ? SLOT_MARKED : SLOT_FADED;
		}
		while (colours.length < TWELVE + 1)
			colours.push(theme.faint);
		colours[SLOT_FADED] = theme.fade;
		colours[SLOT_MARKED] = selected ? app.taskColours.of(app.state.look.task, theme.dark) : theme.accent;
		colours[SLOT_UNKNOWN] = theme.faint;
		const [inside, outside] = app.taskColours.all(theme.dark);

		return { slot, colours, marked: selected ? SLOT_MARKED : -1, guest: run.hasExitEvents() ? /** @type {[string, string]} */ ([inside, outside]) : null };
	}

	/** @param {boolean} exact @param {boolean} loading */
	showDetail(exact, loading) {
		const run = this.data[0]?.run;
		const words = loading ? 'reading events …' : exact ? 'every run is shown' : run && run.hasEvents() ? 'shares per bin of ' +
			fmtDuration(this.data[0].cube.bin) + '; zoom in for single runs' : 'shares per bin; the report carries no events';

		this.detail.textContent = words + (run && run.json.events_note && !loading ? ' (' + run.json.events_note + ')' : '');
		this.el.dataset.detail = loading ? 'loading' : exact ? 'exact' : 'bins';
		if (!loading) {
			this.showTable();
			this.showLegend();
		}
	}

	showLegend() {
		const app = this.app;
		/** @type {Map<string, { ns: number, run: Run, task: number }>} */
		const labels = new Map();

		for (const { run, sums } of this.data) {
			for (const n of busyTasks(run, sums, app.mask(run))) {
				const known = labels.get(run.tasks.label[n]);

				if (known)
					known.ns += sums.taskRun[n];
				else
					labels.set(run.tasks.label[n], { ns: sums.taskRun[n], run, task: n });
			}
		}
		const list = [...labels].sort((a, b) => b[1].ns - a[1].ns);
		const total = list.reduce((s, [, v]) => s + v.ns, 0) || 1;

		refill(this.legend, ...list.slice(0, LEGEND_TASKS).map(([label, v]) => {
			const swatch = el('span', { class: 'swatch' });

			swatch.style.background = app.taskColours.of(label, app.theme().dark);
			return el('button', { type: 'button', class: 'key', 'aria-pressed': String(app.state.look.task === label),
				on: { click: () => app.selectTask(v.run, v.task) } }, swatch, label, el('span', { class: 'soft', text: fmtPct(100 * v.ns / total, 0) }));
		}), list.length > LEGEND_TASKS ? el('span', { class: 'soft', text: 'and ' + (list.length - LEGEND_TASKS) + ' more' }) : null,
		...this.el.dataset.detail === 'exact' && this.data.some(d => d.run.hasExitEvents()) ? this.bandLegend() : []);
	}

	/** What the band below the runs of vCPUs means. */
	bandLegend() {
		const colours = this.app.taskColours.all(this.app.theme().dark);

		return ['in the guest', 'out of it'].map((text, i) => {
			const swatch = el('span', { class: 'swatch band' });

			swatch.style.background = colours[i];
			return el('span', { class: 'key' }, swatch, text);
		});
	}

	showFacts() {
		this.setFacts(this.data.flatMap(({ run, sums }) => {
			const prefix = this.data.length > 1 ? run.name + ': ' : '';
			const busy = busyTasks(run, sums, this.app.mask(run));
			const time = busy.reduce((s, n) => s + sums.taskRun[n], 0);
			const covered = run.cpus.reduce((s, _, i) => s + run.covered(i, sums.window), 0) || 1;
			const roaming = busy.reduce((best, n) => {
				let cpus = 0;

				for (let c = 0; c < sums.cpus; c++)
					cpus += Number(sums.run[n * sums.cpus + c] > 0);
				return cpus > best.cpus ? { cpus, n } : best;
			}, { cpus: 0, n: -1 });

			return [
				{ label: prefix + 'cores in use', value: fmtPct(100 * time / covered), note: 'of ' + run.cpus.length + ' CPUs' },
				{ label: 'tasks that ran', value: fmtCount(busy.length) },
				...roaming.n < 0 ? [] : [{ label: 'on most CPUs', value: run.tasks.unique(roaming.n), note: roaming.cpus + ' of ' + run.cpus.length }],
			];
		}));
	}

	showTable() {
		const app = this.app;
		const w = app.window();

		if (!this.data.length)
			return;
		this.table.set(() => joinAnswers(this.data.map(({ run }) => {
			/** @type {Object<string, any>[] | null} */
			let rows = null;

			if (this.el.dataset.detail === 'exact')
				rows = this.sliceRows(run, w);
			const answer = rows ? { ...answerOf(app, run, 'timeline', () => []), rows: rows.slice(0, TABLE_SLICES), notes: rows.length > TABLE_SLICES ?
				[fmtCount(rows.length - TABLE_SLICES) + ' later runs are not listed: zoom in or filter.'] : [] } :
				run.whole(w) && run.view('timeline') ? answerOf(app, run, 'timeline', () => []) :
					{ ...answerOf(app, run, 'timeline', () => []), rows: [], notes: ['Zoom in until single runs are shown to have them listed.'] };

			return { run, answer };
		})), app.dragging());
	}

	/** Runs of the shown tasks, cut to the window, in order of time. @param {Run} run @param {{ from: number, to: number }} w */
	sliceRows(run, w) {
		const mask = this.app.mask(run);
		/** @type {Object<string, any>[]} */
		const rows = [];

		for (const cpu of run.cpus) {
			const s = slicesOf(run, cpu, w.from, w.to);

			for (let i = 0; s && i < s.n; i++) {
				const start = Math.max(w.from, s.start[i]);
				const end = Math.min(w.to, s.end[i]);

				if (end > start && s.task[i] >= 0 && mask[s.task[i]])
					rows.push({ ...taskKey(run, s.task[i]), start, length: end - start, cpu });
			}
		}
		rows.sort((a, b) => a.start - b.start || a.cpu - b.cpu);
		for (const r of rows.slice(0, TABLE_SLICES)) {
			const slice = r.start + r.length < w.to ? sliceAt(run, r.cpu, r.start) : null;
			const letter = slice && /\((.+)\)/.exec(slice.ended);

			if (letter)
				r.end_state = letter[1];
		}
		return rows;
	}

	/** @param {number} group @param {number} cpu @param {number} t @param {boolean} exact @param {PointerEvent} e */
	hover(group, cpu, t, exact, e) {
		const { run, cube } = this.data[group];
		const app = this.app;

		if (exact) {
			const s = sliceAt(run, cpu, Math.floor(t));

			if (!s) {
				app.tip.show(e, 'CPU ' + cpu + ' · ' + fmtTime(t, 1000), [['', 'not recorded here']]);
				return;
			}
			const name = s.task < 0 ? String(s.tid) : run.tasks.idle[s.task] ? 'IDLE' : run.tasks.unique(s.task);

			app.tip.show(e, name + ' · CPU ' + cpu, [['start', (s.start / 1e9).toFixed(9) + ' s'], ['length', fmtExact(s.end - s.start)],
				['then', s.ended], ...s.tid ? /** @type {[string, string][]} */ ([['tid', String(s.tid)]]) : [],
				...s.prio ? /** @type {[string, string][]} */ ([['priority', s.prio >= 100 ? 'nice ' + (s.prio - 120) : 'real-time ' + (99 - s.prio)]]) : [],
				...this.guestLines(run, cpu, Math.floor(t), s)],
			s.task < 0 || run.tasks.idle[s.task] ? '' : app.colourOf(run, s.task));
			return;
		}
		const bin = Math.floor(t / cube.bin) * cube.bin;
		const shares = this.binShares(run, cube, cpu, bin);
		const width = Math.min(cube.bin, run.span - bin);

		app.tip.show(e, 'CPU ' + cpu + ' · ' + fmtTime(bin, cube.bin / 10) + ' + ' + fmtDuration(width), [
			...shares.slice(0, 6).map(([n, ns]) => /** @type {[string, string]} */ ([run.tasks.idle[n] ? 'IDLE' : run.tasks.unique(n),
				fmtPct(100 * ns / width) + ', ' + fmtDuration(ns)])),
			...shares.length > 6 ? /** @type {[string, string][]} */ ([['', shares.length - 6 + ' more tasks']]) : []]);
	}

	/**
	 * In the guest or out of it, and why.
	 * @param {Run} run
	 * @param {number} cpu
	 * @param {number} t
	 * @param {import('../data/slices.js').Slice} slice
	 * @returns {[string, string][]}
	 */
	guestLines(run, cpu, t, slice) {
		const part = run.hasExitEvents() ? guestPartsOf(run, cpu, t, t + 1).find(p => p.task === slice.task && p.start <= t && p.end > t) : undefined;

		if (!part)
			return [];
		this.reasons = this.reasons || exitReasonsOf(this.app.runs);
		const reason = this.reasons.get(exitKey(part.isa, part.reason))?.name || 'reason ' + part.reason;

		return part.guest ? [['in the guest for', fmtExact(part.end - part.start)], ['left it by', reason]] :
			[['out of the guest by', reason], ['for', part.end < slice.end ? fmtExact(part.end - part.start) : 'the rest of the run, ' + fmtExact(slice.end - part.start)]];
	}

	/** @param {Run} run @param {Cube} cube @param {number} cpu @param {number} bin @returns {[number, number][]} */
	binShares(run, cube, cpu, bin) {
		const [, cpus, task, ns] = cube.column;
		/** @type {[number, number][]} */
		const out = [];

		for (let i = lowerBound(cube.time, bin); i < cube.rows && cube.time[i] === bin; i++) {
			if (cpus[i] === cpu)
				out.push([task[i], ns[i]]);
		}
		return out.sort((a, b) => b[1] - a[1]);
	}

	/** @param {number} group @param {number} cpu @param {number} t @param {boolean} exact @param {boolean} lane */
	click(group, cpu, t, exact, lane) {
		const { run, cube } = this.data[group];

		if (lane) {
			this.app.state.set({ cpu, task: '', tid: 0 });
			return;
		}
		const slice = exact ? sliceAt(run, cpu, Math.floor(t)) : null;
		const task = exact ? slice?.task ?? -1 :
			this.binShares(run, cube, cpu, Math.floor(t / cube.bin) * cube.bin).find(([n]) => !run.tasks.idle[n])?.[0] ?? -1;

		if (task >= 0 && !run.tasks.idle[task])
			this.app.selectTask(run, task);
	}
}

export const timelineView = { name: 'timeline', title: 'Timeline', make: /** @param {App} app */ app => new TimelineView(app) };
