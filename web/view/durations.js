/* SPDX-License-Identifier: MIT */
/* How long tasks run, sleep, wait and stand preempted at a time, over time. */

import { loghistLow } from '../data/loghist.js';
import { KIND_PREEMPTED, KIND_RUN, KIND_SLEEP, KIND_WAIT, sumDelays } from '../data/sums.js';
import { DensityMark } from '../mark/density.js';
import { el } from '../ui/dom.js';
import { fmtCount, fmtDuration, fmtTime } from '../ui/units.js';
import { answerOf, joinAnswers, kindNames, rowsDurations } from './answers.js';
import { DurationsDiff } from './durations_diff.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */

const kindTitles = /** @type {[number, string][]} */ ([[KIND_RUN, 'run'], [KIND_SLEEP, 'sleep'], [KIND_WAIT, 'wait for a CPU'],
	[KIND_PREEMPTED, 'preempted']]);

const PICTURE_BINS = 600;

/** @param {number} v @param {number} i @param {ArrayLike<number>} a */
function different(v, i, a) {
	return i === 0 || a[i - 1] !== v;
}

class DurationsView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'durations', title: 'Durations', summary: 'How long tasks ran, slept and waited at a time; each counts where it ends' });
		/** @type {DensityMark[]} */
		this.marks = [];
		this.compares = true;
		this.diff = new DurationsDiff(app);
		this.host = el('div', { class: 'multiples tall' });
		this.figure.append(this.host);
		/** @type {{ run: Run, cube: Cube, cells: import('../mark/density.js').DensityCells }[]} */
		this.data = [];
	}

	kinds() {
		return this.app.state.look.kinds.split(',').map(Number).filter(k => kindNames[k]);
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => ({ run, cube: await run.delayCube() })));
	}

	/** @param {{ run: Run, cube: Cube }[]} data */
	show(data) {
		const app = this.app;
		const look = app.state.look;
		const kinds = this.kinds();
		const w = app.window();

		this.setTools([kinds.join(), look.task, look.only].join(' '), () => [...kindTitles.map(([k, title]) => this.check(title, kinds.includes(k),
			on => app.state.set({ kinds: kindTitles.map(([x]) => x).filter(x => x === k ? on : kinds.includes(x)).join(',') }))),
		look.task ? this.check('only ' + look.task, look.only, on => app.state.set({ only: on })) : null]);
		if (app.pair) {
			this.diff.show(this, this.host, data, kindTitles.filter(([k]) => kinds.includes(k)), run => this.mask(run));
			return;
		}
		const masks = new Map(data.map(({ run }) => [run, this.mask(run)]));
		const maskOf = /** @param {Run} run */ run => /** @type {Uint8Array} */ (masks.get(run));

		this.data = data.map(({ run, cube }) => ({ run, cube, cells: this.cellsOf(run, cube, maskOf(run), kinds) }));
		while (this.marks.length < data.length)
			this.marks.push(this.makeMark(this.marks.length));
		this.marks.length = data.length;
		this.setMultiples(this.host, data.map(({ run }, i) => ({ run, node: this.marks[i].el })));
		this.surface = this.marks[0].surface;
		this.marks.forEach((m, i) => m.set(this.data[i].cells, data[i].run.snap(w, data[i].cube.bin)));
		this.setSnapped(data);
		this.setFacts(data.flatMap(({ run, cube }) => kindTitles.filter(([k]) => kinds.includes(k)).map(([k]) => {
			const all = sumDelays(run, cube, w, k, maskOf(run), false).all;

			return { label: (data.length > 1 ? run.name + ': ' : '') + 'median ' + kindNames[k], value: all.count ? fmtDuration(all.quantile(0.5)) : 'none',
				note: all.count ? 'longest ' + fmtDuration(all.max) + ' of ' + fmtCount(all.count) : '' };
		})));
		this.table.set(() => joinAnswers(data.map(({ run, cube }) => {
			const byKind = new Map(kindTitles.map(([k]) => [k, sumDelays(run, cube, w, k, maskOf(run))]));
			const answer = look.only && look.task ? answerOf(Object.assign(Object.create(app), { filter: /./ }), run, 'durations', () => rowsDurations(run, byKind)) :
				answerOf(app, run, 'durations', () => rowsDurations(run, byKind));
			const names = new Set(kinds.map(k => kindNames[k]));

			return { run, answer: { ...answer, rows: answer.rows.filter(r => names.has(r.kind)) } };
		})), app.dragging());
	}

	/** @param {Run} run */
	mask(run) {
		const app = this.app;
		const mask = app.mask(run);

		if (!app.state.look.only || !app.state.look.task)
			return mask;
		return mask.map((m, n) => m && app.isMarked(run, n) ? 1 : 0);
	}

	/**
	 * @param {Run} run
	 * @param {Cube} cube
	 * @param {Uint8Array} mask
	 * @param {number[]} kinds
	 * @returns {import('../mark/density.js').DensityCells}
	 */
	cellsOf(run, cube, mask, kinds) {
		const w = run.snap(this.app.window(), cube.bin);
		const [lo, hi] = run.rowsIn(cube, w);
		const [, kind, task, bucket, count] = cube.column;
		const wanted = [0, 0, 0, 0, 0, 0, 0, 0].map((_, k) => kinds.includes(k));
		let low = Infinity;
		let high = -1;

		for (let i = lo; i < hi; i++) {
			if (wanted[kind[i]] && mask[task[i]]) {
				low = Math.min(low, bucket[i]);
				high = Math.max(high, bucket[i]);
			}
		}
		/* Whole octaves, so that the picture does not jump while the window moves. */
		low = high < 0 ? 0 : Math.max(0, Math.floor(low / 16) * 16);
		high = high < 0 ? -1 : Math.ceil((high + 1) / 16) * 16 - 1;
		/* Without bins of its own the cube gets those of the picture. */
		const bin = Math.max(cube.bin, Math.ceil((w.to - w.from) / PICTURE_BINS));
		const bins = Math.max(1, Math.ceil((w.to - w.from) / bin));
		const buckets = high - low + 1;
		const cells = { from: w.from, bin, bins, lowBucket: low, buckets, count: new Float64Array(bins * buckets) };

		for (let i = lo; i < hi; i++) {
			if (wanted[kind[i]] && mask[task[i]])
				cells.count[Math.min(bins - 1, Math.floor((cube.time[i] - w.from) / bin)) * buckets + bucket[i] - low] += count[i];
		}
		return cells;
	}

	/** @param {number} i */
	makeMark(i) {
		const app = this.app;

		return new DensityMark({
			label: 'Durations over time on a log scale. Left and right move the cursor, plus and minus zoom.',
			theme: () => app.theme(), window: () => app.window(), span: () => app.span, zoom: (from, to) => app.zoom(from, to), cursor: t => app.setCursor(t),
			getCursor: () => app.cursor, leave: () => app.tip.hide(),
			hover: (bin, low, high, n, e) => {
				const { cells } = this.data[i];

				app.tip.show(e, fmtDuration(loghistLow(low)) + ' to ' + fmtDuration(loghistLow(high)), [
					['how many', fmtCount(n)], ['ended in', fmtTime(cells.from + bin * cells.bin, cells.bin / 10) + ' + ' + fmtDuration(cells.bin)]]);
			},
			unknown: (g, scale, top, height) => this.drawUnknown(this.data[i].run, g, scale, top, height),
		});
	}

	/**
	 * Where every CPU is unknown the picture is hatched; where one is, a strip on top.
	 * @param {Run} run
	 * @param {CanvasRenderingContext2D} g
	 * @param {import('../mark/axes.js').TimeScale} scale
	 * @param {number} top
	 * @param {number} height
	 */
	drawUnknown(run, g, scale, top, height) {
		const spans = run.cpus.flatMap(cpu => run.gaps(cpu));

		g.fillStyle = this.app.theme().hatching(g);
		for (const s of spans.filter((x, i, a) => different(x.from, i, a.map(y => y.from)))) {
			const x0 = Math.max(scale.x0, scale.x(s.from));
			const x1 = Math.min(scale.x1, scale.x(s.to));

			if (x1 >= x0)
				g.fillRect(x0, top, Math.max(2, x1 - x0), height);
		}
	}

	cursorMoved() {
		this.marks.forEach(m => m.surface.redrawTop());
	}

	repaint() {
		this.marks.forEach(m => m.surface.redraw());
	}
}

export const durationsView = { name: 'durations', title: 'Durations', make: /** @param {App} app */ app => new DurationsView(app) };
