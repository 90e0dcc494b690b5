/* SPDX-License-Identifier: MIT */
/*
 * How long tasks run, sleep, wait and stand preempted at a time, over time; and, as a view of its own, how long virtual
 * CPUs were in the guest and out of it. All tasks in one chart, or charts of single tasks with the same axes.
 */

import { loghistLow } from '../data/loghist.js';
import { KIND_GUEST, KIND_HOST, KIND_PREEMPTED, KIND_RUN, KIND_SLEEP, KIND_WAIT, sumDelays } from '../data/sums.js';
import { delaysNear } from '../data/refine.js';
import { compareNames } from '../data/vm.js';
import { DensityMark } from '../mark/density.js';
import { el, fill } from '../ui/dom.js';
import { fmtCount, fmtDuration, fmtExact, fmtTime } from '../ui/units.js';
import { answerOf, columnsOf, joinAnswers, kindNames, rowsDurations } from './answers.js';
import { DurationsDiff } from './durations_diff.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */
/** @typedef {{ run: Run, cube: Cube, fine: Cube | null, exits: Cube | null }} Source fine: what is drawn, where single events are at hand */
/** @typedef {{ run: Run, cube: Cube, mask: Uint8Array, title: string, task: number }} Chart task: -1 = all of the mask */
/** @typedef {import('../mark/density.js').DensityCells} DensityCells */

/** Kind, what stands beside its check box, slot of its colour. */
const schedKinds = /** @type {[number, string, number][]} */ ([[KIND_RUN, 'run', 2], [KIND_SLEEP, 'sleep', 3], [KIND_WAIT, 'wait for a CPU', 6],
	[KIND_PREEMPTED, 'preempted', 5]]);
const guestKinds = /** @type {[number, string, number][]} */ ([[KIND_GUEST, 'guest', 0], [KIND_HOST, 'host', 1], [KIND_RUN, 'run', 2],
	[KIND_SLEEP, 'sleep', 3], [KIND_WAIT, 'wait', 6], [KIND_PREEMPTED, 'preempted', 5]]);
const KINDS = 8;

const PICTURE_BINS = 600;
/** Up to here durations are single dots, where the cube has them one by one. */
const DOTS_MAX = 3000;
/** In windows of fewer bins, or few cells, the events themselves are looked at. */
const FINE_BINS = 60;
/** Charts of single tasks: how many more at a time, how high. */
const MORE_CHARTS = 4;
const HIGH = 400;
const LOW = 250;

/** @param {number} v @param {number} i @param {ArrayLike<number>} a */
function different(v, i, a) {
	return i === 0 || a[i - 1] !== v;
}

class DurationsView extends ViewFrame {
	/**
	 * @param {App} app
	 * @param {{ name: string, title: string, summary: string }} o
	 * @param {[number, string, number][]} choices
	 * @param {'kinds' | 'layers'} key of the state that holds the chosen kinds
	 */
	constructor(app, o, choices, key) {
		super(app, o);
		this.choices = choices;
		this.key = key;
		/** @type {DensityMark[]} */
		this.marks = [];
		this.compares = true;
		this.diff = new DurationsDiff(app);
		this.host = el('div', { class: 'multiples tall' });
		this.more = el('div', { class: 'more' });
		this.figure.append(this.host, this.more);
		/** @type {Chart[]} */
		this.charts = [];
		/** @type {DensityCells[]} */
		this.cells = [];
		/** @type {number[]} */
		this.shownKinds = [];
	}

	kinds() {
		const chosen = this.app.state.look[this.key].split(',').map(Number);

		return this.choices.map(([k]) => k).filter(k => chosen.includes(k));
	}

	/** Tasks that the view is about. @param {Source} source */
	tasksOf({ run, exits }) {
		const mask = this.app.mask(run);

		if (!exits)
			return mask;
		/* Only who left a guest. */
		const guests = new Uint8Array(run.tasks.length);

		for (const task of exits.column[1])
			guests[task] = mask[task];
		return guests;
	}

	async gather() {
		const runs = this.app.shown().filter(run => this.key === 'kinds' || run.hasExits());

		return Promise.all(runs.map(async run => {
			const cube = await run.delayCube();
			const w = this.app.window();

			const [lo, hi] = run.rowsIn(cube, run.snap(w, cube.bin));
			const few = cube.bin > 1 && ((w.to - w.from) / cube.bin < FINE_BINS || hi - lo <= DOTS_MAX);

			return { run, cube, exits: this.key === 'kinds' ? null : await run.exitCube(),
				fine: few && (run.hasEvents() || run.hasExitEvents()) ? await delaysNear(run, w) : null };
		}));
	}

	/** @param {Source[]} data */
	show(data) {
		const app = this.app;
		const kinds = this.shownKinds = this.kinds();
		const w = app.window();
		const masks = data.map(d => this.tasksOf(d));

		this.showTools(data, masks);
		const only = app.state.look.only && app.state.look.task ? masks.map((mask, i) => mask.map((m, n) => m && app.isMarked(data[i].run, n) ? 1 : 0)) : masks;

		if (app.pair && data.length === 2) {
			fill(this.more);
			this.host.classList.remove('grid');
			this.charts = [];
			this.diff.show(this, this.host, data, this.choices.filter(([k]) => kinds.includes(k)).map(([k, title]) => [k, title]),
				run => only[data.findIndex(d => d.run === run)]);
			return;
		}
		const all = this.chartsOf(data, only);
		const charts = this.charts = app.state.look.charts ? all.slice(0, app.state.look.charts) : all;
		const range = this.rangeOf(charts, kinds);
		const dots = charts.every(c => c.cube.bin === 1 && this.countIn(c, kinds) <= DOTS_MAX);

		this.cells = charts.map(c => this.cellsOf(c, kinds, range, dots));
		while (this.marks.length < charts.length)
			this.marks.push(this.makeMark(this.marks.length));
		this.host.classList.toggle('grid', Boolean(app.state.look.charts) && charts.length > 1);
		this.setMultiples(this.host, charts.map(({ run, title }, i) => ({ run, title, node: this.marks[i].el })));
		this.surface = this.marks[0]?.surface || null;
		charts.forEach((c, i) => this.marks[i].set(this.cells[i], c.run.snap(w, c.cube.bin), app.state.look.charts ? LOW : HIGH));
		fill(this.more, app.state.look.charts && all.length > charts.length ? el('button', { type: 'button', class: 'plain',
			text: 'Show ' + Math.min(MORE_CHARTS, all.length - charts.length) + ' of ' + (all.length - charts.length) + ' more',
			on: { click: () => app.state.set({ charts: app.state.look.charts + MORE_CHARTS }) } }) : null);
		if (data.length)
			this.setSnapped(data);
		if (data.some(d => d.fine) && this.windowText.textContent?.includes('bins'))
			this.windowText.textContent += '; the chart: the events of ' + fmtDuration(w.to - w.from);
		this.showFacts(data, only);
		this.showTable(data, only);
	}

	/** Check boxes with the number of each kind, and whose charts. @param {Source[]} data @param {Uint8Array[]} masks */
	showTools(data, masks) {
		const app = this.app;
		const look = app.state.look;
		const kinds = this.shownKinds;
		const colours = app.taskColours.all(app.theme().dark);
		const counts = this.choices.map(([k]) => data.reduce((s, { run, cube }, i) => s + sumDelays(run, cube, app.window(), k, masks[i], false).all.count, 0));
		const names = this.taskNames(data, masks);
		const current = look.charts ? 'each' : look.only && look.task ? look.task + '\t' + look.tid : '';

		if (current.includes('\t') && !names.some(([value]) => value === current))
			names.unshift([current, look.task]);
		this.setTools([this.key, kinds, counts, current, app.theme().dark, names.map(n => n[0])].join(), () => [
			...this.choices.map(([k, title, slot], i) => {
				const box = this.check(title, kinds.includes(k), on => app.state.set({ [this.key]: this.choices.map(([x]) => x).filter(x => x === k ? on : kinds.includes(x)).join(',') }));
				const swatch = el('span', { class: 'swatch' });

				/* One kind alone has the colours of a ramp. */
				swatch.style.background = kinds.length === 1 && kinds.includes(k) ? app.theme().ramp.at(0.7) : colours[slot];
				box.append(swatch, el('span', { class: 'soft', text: fmtCount(counts[i]) }));
				return box;
			}),
			this.select('Charts', [['', 'all tasks together'], ['each', 'a chart per task'], ...names], current, v => this.chooseCharts(v))]);
	}

	/** @param {string} value */
	chooseCharts(value) {
		const [task, tid] = value.split('\t');

		if (value === 'each')
			this.app.state.set({ charts: MORE_CHARTS, only: false });
		else
			this.app.state.set(value ? { charts: 0, only: true, task, tid: Number(tid), cpu: -1 } : { charts: 0, only: false });
	}

	/** Tasks to choose from, by name. @param {Source[]} data @param {Uint8Array[]} masks @returns {[string, string][]} */
	taskNames(data, masks) {
		/** @type {Map<string, string>} */
		const names = new Map();

		data.forEach(({ run, cube }, i) => {
			for (const n of this.activeTasks(run, cube, masks[i]))
				names.set(run.tasks.label[n] + '\t' + (run.tasks.several(n) || data.length > 1 ? 0 : run.tasks.all[n].tid), data.length > 1 ? run.tasks.label[n] : run.tasks.unique(n));
		});
		return [...names].sort((a, b) => compareNames(a[1], b[1]));
	}

	/** Rows of tasks with durations of the chosen kinds in the window, most first. @param {Run} run @param {Cube} cube @param {Uint8Array} mask */
	activeTasks(run, cube, mask) {
		/** @type {Map<number, number>} */
		const count = new Map();

		this.eachCell({ run, cube, mask, title: '', task: -1 }, this.shownKinds, i => {
			const n = run.tasks.row[cube.column[2][i]];

			count.set(n, (count.get(n) || 0) + cube.column[4][i]);
		});
		return [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(e => e[0]);
	}

	/** @param {Source[]} data @param {Uint8Array[]} masks @returns {Chart[]} */
	chartsOf(data, masks) {
		const several = data.length > 1;

		if (!this.app.state.look.charts)
			return data.map(({ run, cube, fine }, i) => ({ run, cube: fine || cube, mask: masks[i], title: several ? run.name : '', task: -1 }));
		return data.flatMap(({ run, cube, fine }, i) => this.activeTasks(run, cube, masks[i]).map(n => ({ run, cube: fine || cube, task: n,
			mask: masks[i].map((m, x) => m && run.tasks.row[x] === n ? 1 : 0), title: run.tasks.unique(n) + (several ? ' · ' + run.name : '') })))
			.sort((a, b) => several ? compareNames(a.title, b.title) : 0);
	}

	/**
	 * Cells of the chart in the window.
	 * @param {Chart} chart
	 * @param {number[]} kinds
	 * @param {(row: number) => void} visit
	 */
	eachCell({ run, cube, mask }, kinds, visit) {
		const [lo, hi] = run.rowsIn(cube, run.snap(this.app.window(), cube.bin));
		const [, kind, task] = cube.column;
		const wanted = Uint8Array.from({ length: KINDS }, (_, k) => Number(kinds.includes(k)));

		for (let i = lo; i < hi; i++) {
			if (wanted[kind[i]] && mask[task[i]])
				visit(i);
		}
	}

	/** @param {Chart} chart @param {number[]} kinds */
	countIn(chart, kinds) {
		let n = 0;

		this.eachCell(chart, kinds, i => {
			n += chart.cube.column[4][i];
		});
		return n;
	}

	/** First and last bucket of all charts: they share their axes. @param {Chart[]} charts @param {number[]} kinds @returns {[number, number]} */
	rangeOf(charts, kinds) {
		let low = Infinity;
		let high = -1;

		for (const c of charts) {
			const bucket = c.cube.column[3];

			this.eachCell(c, kinds, i => {
				/* Zero has a row of its own. */
				if (!bucket[i])
					return;
				low = Math.min(low, bucket[i]);
				high = Math.max(high, bucket[i]);
			});
		}
		/* Whole octaves, so that the picture does not jump while the window moves. */
		return high < 0 ? [0, -1] : [low < 16 ? low : Math.floor(low / 16) * 16, Math.ceil((high + 1) / 16) * 16 - 1];
	}

	/**
	 * @param {Chart} chart
	 * @param {number[]} kinds
	 * @param {[number, number]} range
	 * @param {boolean} dots
	 * @returns {DensityCells}
	 */
	cellsOf(chart, kinds, [low, high], dots) {
		const { run, cube } = chart;
		const w = run.snap(this.app.window(), cube.bin);
		const [, kind, task, bucket, count, , sum] = cube.column;
		const colours = this.app.taskColours.all(this.app.theme().dark);
		/* Without bins of its own the cube gets those of the picture. */
		const bin = Math.max(cube.bin, Math.ceil((w.to - w.from) / PICTURE_BINS));
		const bins = Math.max(1, Math.ceil((w.to - w.from) / bin));
		const buckets = high - low + 1;
		const layers = kinds.map(k => ({ name: kindNames[k], colour: colours[this.choices.find(c => c[0] === k)?.[2] || 0],
			count: new Float64Array(bins * buckets), zero: new Float64Array(bins) }));
		/** @type {import('../mark/density.js').DensityDot[]} */
		const list = [];

		this.eachCell(chart, kinds, i => {
			const layer = layers[kinds.indexOf(kind[i])];
			const b = Math.min(bins - 1, Math.floor((cube.time[i] - w.from) / bin));

			if (bucket[i])
				layer.count[b * buckets + bucket[i] - low] += count[i];
			else
				layer.zero[b] += count[i];
			if (dots)
				list.push({ time: cube.time[i], value: sum[i], layer: layers.indexOf(layer), task: task[i] });
		});
		return { from: w.from, bin, bins, lowBucket: low, buckets, layers, dots: dots ? list : null };
	}

	/** @param {Source[]} data @param {Uint8Array[]} masks */
	showFacts(data, masks) {
		this.setFacts(data.flatMap(({ run, cube }, i) => this.shownKinds.slice(0, 4).map(k => {
			const all = sumDelays(run, cube, this.app.window(), k, masks[i], false).all;

			return { label: (data.length > 1 ? run.name + ': ' : '') + 'median ' + kindNames[k], value: all.count ? fmtDuration(all.quantile(0.5)) : 'none',
				note: all.count ? 'longest ' + fmtDuration(all.max) + ' of ' + fmtCount(all.count) : '' };
		})));
	}

	/** @param {Source[]} data @param {Uint8Array[]} masks */
	showTable(data, masks) {
		const app = this.app;
		const look = app.state.look;
		const names = new Set(this.shownKinds.map(k => kindNames[k]));
		/* Not the program's own answer where the tasks are others. */
		const asked = look.only && look.task ? Object.assign(Object.create(app), { filter: /./ }) : app;

		this.table.set(() => joinAnswers(data.map(({ run, cube }, i) => {
			const byKind = new Map(this.choices.map(([k]) => [k, sumDelays(run, cube, app.window(), k, masks[i])]));
			const answer = this.key === 'kinds' ? answerOf(asked, run, 'durations', () => rowsDurations(run, byKind)) :
				{ columns: columnsOf('durations'), rows: rowsDurations(run, byKind), notes: run.view('guest')?.notes || [] };

			return { run, answer: { ...answer, rows: answer.rows.filter(r => names.has(r.kind)) } };
		})), app.dragging());
	}

	/** @param {number} i */
	makeMark(i) {
		const app = this.app;

		return new DensityMark({
			label: 'Durations over time on a log scale. Left and right move the cursor, plus and minus zoom.',
			theme: () => app.theme(), window: () => app.window(), span: () => app.span, zoom: (from, to) => app.zoom(from, to), cursor: t => app.setCursor(t),
			getCursor: () => app.cursor, leave: () => app.tip.hide(),
			hover: (bin, low, high, counts, e) => {
				const cells = this.cells[i];

				app.tip.show(e, high ? fmtDuration(loghistLow(low)) + ' to ' + fmtDuration(loghistLow(high)) : 'no length', [
					...counts.map((n, k) => /** @type {[string, string]} */ ([counts.length > 1 ? cells.layers[k].name : 'how many', fmtCount(n)])),
					['ended in', fmtTime(cells.from + bin * cells.bin, cells.bin / 10) + ' + ' + fmtDuration(cells.bin)]]);
			},
			dot: (d, e) => {
				const { run } = this.charts[i];
				const layer = this.cells[i].layers[d.layer];

				app.tip.show(e, run.tasks.unique(run.tasks.row[d.task]), [[layer.name, fmtExact(d.value)], ['ended at', fmtTime(d.time, 1)]], layer.colour);
			},
			pick: d => app.selectTask(this.charts[i].run, this.charts[i].run.tasks.row[d.task]),
			unknown: (g, scale, top, height) => this.drawUnknown(this.charts[i].run, g, scale, top, height),
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

export const durationsView = { name: 'durations', title: 'Durations', make: /** @param {App} app */ app => new DurationsView(app, { name: 'durations', title: 'Durations',
	summary: 'How long tasks ran, slept and waited at a time; each counts where it ends' }, schedKinds, 'kinds') };

export const guestView = { name: 'guest', title: 'Exit durations', needs: /** @param {Run} run */ run => run.hasExits(),
	make: /** @param {App} app */ app => new DurationsView(app, { name: 'guest', title: 'Exit durations',
		summary: 'Guest time before each exit and host time before each entry of virtual CPUs; each counts where it ends' }, guestKinds, 'layers') };
