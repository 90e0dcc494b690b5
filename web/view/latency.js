/* SPDX-License-Identifier: MIT */
/* Wake-up to run: histogram, percentiles, and the worst cases with the time at which they ended. */

import { KIND_WAIT, sumDelays, worstDelays } from '../data/sums.js';
import { HistogramMark } from '../mark/histogram.js';
import { el } from '../ui/dom.js';
import { TableTwin } from '../ui/tabletwin.js';
import { fmtCount, fmtDuration, fmtPct, fmtTime } from '../ui/units.js';
import { answerOf, joinAnswers, rowsLatency, taskKey } from './answers.js';
import { Comparison, levelNs, taskColumn } from './difference.js';
import { ViewFrame } from './frame.js';
import { HistogramPair, percentileAnswer } from './histograms_diff.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */
/** @typedef {ReturnType<typeof sumDelays>} Delays */

const WORST = 20;
/** Waits below which a p99 is but the longest one. */
const P99_LEAST = 100;
const waitRate = /** @type {import('../data/diff.js').Measure} */ ({ name: 'waits_per_s', from: 'waits', title: 'Waits/s', rule: 'rate', unit: 'per_s', digits: 1 });

class LatencyView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'latency', title: 'Latency', summary: 'How long woken tasks waited for a CPU', tableTitle: 'Wake-up to run by task' });
		/** @type {{ run: Run, cube: Cube, delays: Delays }[]} */
		this.data = [];
		this.mark = new HistogramMark({
			label: 'Histogram of wake-up to run delays. Left and right read bars.',
			theme: () => app.theme(), leave: () => app.tip.hide(),
			hover: (low, high, counts, e) => app.tip.show(e, fmtDuration(low) + ' to ' + fmtDuration(high), counts.map((n, i) => {
				const { run, delays } = this.data[i];

				return [this.data.length > 1 ? run.name : 'waits', fmtCount(n) + ', ' + fmtPct(100 * n / (delays.all.count || 1))];
			})),
		});
		this.surface = this.mark.surface;
		this.worst = new TableTwin({ name: 'worst', caption: 'Worst cases', say: text => app.tip.say(text), pick: row => this.jump(row) });
		this.worst.el.classList.add('side');
		this.compares = true;
		this.diff = new HistogramPair(app, 'wake-up to run delays');
		this.percentiles = new TableTwin({ name: 'percentiles', caption: 'Percentiles of all waits', say: text => app.tip.say(text) });
		this.host = el('div', { class: 'pair' });
		this.figure.append(this.host);
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => ({ run, cube: await run.delayCube() })));
	}

	/** @param {{ run: Run, cube: Cube }[]} data */
	show(data) {
		const app = this.app;
		const w = app.window();
		const theme = app.theme();

		this.data = data.map(d => ({ ...d, delays: sumDelays(d.run, d.cube, w, KIND_WAIT, app.mask(d.run), false) }));
		this.setSnapped(data);
		if (app.pair) {
			this.showDiff();
			return;
		}
		this.setOne(this.host, 'one', this.mark.el, this.worst.el);
		this.surface = this.mark.surface;
		this.setTools(this.data.map(d => d.run.name).join() + theme.dark, () => this.data.length > 1 ? this.data.map(({ run }, i) => {
			const swatch = el('span', { class: 'swatch' });

			swatch.style.background = this.colour(i);
			return el('span', { class: 'key' }, swatch, run.name);
		}) : [null]);
		this.mark.set(this.data.map(({ run, delays }, i) => ({ name: run.name, colour: this.data.length > 1 ? this.colour(i) : theme.bar, bucket: delays.all.bucket,
			marks: delays.all.count ? [[0.5, 'p50'], [0.9, 'p90'], [0.99, 'p99'], [0.999, 'p99.9'], [2, 'max']].map(([q, name]) => {
				const at = Number(q) > 1 ? delays.all.max : delays.all.quantile(Number(q));

				return { at, text: name + ' ' + fmtDuration(at) };
			}) : [] })), this.unrecorded() ? 'wake-ups were not recorded (record with -e switch,wakeup)' : undefined);
		this.showFacts();
		this.table.set(() => joinAnswers(this.data.map(({ run, cube }) => {
			const answer = answerOf(app, run, 'latency', () => rowsLatency(run, sumDelays(run, cube, w, KIND_WAIT, app.mask(run))));

			if (!run.view('latency') && (run.json.views || []).length)
				answer.notes = [...answer.notes, 'Wake-ups were not recorded (record with -e switch,wakeup).'];
			return { run, answer };
		})), app.dragging());
		this.showWorst();
	}

	showDiff() {
		const app = this.app;
		const w = app.window();
		const sides = this.data.map(({ run, delays }) => ({ run, window: delays.window, hist: delays.all }));

		this.setOne(this.host, 'difference', this.diff.el, this.percentiles.el);
		this.surface = this.diff.mark.surface;
		this.setTools('difference', () => [null]);
		this.diff.set(sides, 'Waits per second by length', this.unrecorded() ? 'wake-ups were not recorded (record with -e switch,wakeup)' : undefined);
		this.percentiles.set(() => percentileAnswer(sides), app.dragging());
		const joined = new Comparison(app, this.data.map(({ run, cube }) => {
			const delays = sumDelays(run, cube, w, KIND_WAIT, app.mask(run));

			return { run, window: delays.window, rows: rowsLatency(run, delays) };
		}), [taskColumn], [levelNs('p99', 'p99'), levelNs('max', 'Max'), levelNs('p50', 'p50'), waitRate]);

		this.setFacts(joined.facts(levelNs('p99', 'p99'), joined.frequentFirst(waitRate, P99_LEAST)).map(f => ({ ...f, label: f.label.replace('biggest', 'p99, biggest') })));
		this.table.set(() => joined.answer(['Tasks with less than ' + P99_LEAST + ' waits in a run stand last: their p99 says little.', ...this.data.filter(({ run }) => !run.view('latency') && (run.json.views || []).length)
			.map(({ run }) => app.nameOf(run) + ': wake-ups were not recorded (record with -e switch,wakeup).')]), app.dragging());
	}

	/** No shown run has wake-ups. */
	unrecorded() {
		return this.data.every(({ run, delays }) => !delays.all.count && !run.view('latency') && (run.json.views || []).length);
	}

	/** @param {number} i */
	colour(i) {
		const all = this.app.taskColours.all(this.app.theme().dark);

		return all[[0, 1, 2, 5, 6, 8][i % 6]];
	}

	showFacts() {
		this.setFacts(this.data.flatMap(({ run, cube, delays }) => {
			const h = delays.all;
			const prefix = this.data.length > 1 ? run.name + ': ' : '';
			const worst = worstDelays(run, cube, this.app.window(), KIND_WAIT, this.app.mask(run), 1)[0];

			if (!h.count)
				return [{ label: prefix + 'waits', value: '0' }];
			return [
				{ label: prefix + 'worst delay', value: fmtDuration(h.max), note: worst ? run.tasks.unique(worst.task) + ' at ' + fmtTime(worst.time, Math.max(1000, cube.bin / 10)) : '' },
				{ label: 'median', value: fmtDuration(h.quantile(0.5)), note: 'p99 ' + fmtDuration(h.quantile(0.99)) },
				{ label: 'waits', value: fmtCount(h.count), note: fmtDuration(h.sum) + ' in all' },
			];
		}));
	}

	showWorst() {
		const app = this.app;
		const several = this.data.length > 1;
		const rows = this.data.flatMap(({ run, cube }) => worstDelays(run, cube, app.window(), KIND_WAIT, app.mask(run), WORST).map(w => ({
			...several ? { run_name: run.name } : {}, ...taskKey(run, w.task), wait: w.max, ended: w.time, bin: cube.bin })));

		rows.sort((a, b) => b.wait - a.wait);
		this.worst.set(() => ({ columns: [...several ? [{ name: 'run_name', title: 'Run', unit: '', type: 'text', key: true }] : [],
			{ name: 'task', title: 'Task', unit: '', type: 'text', key: true }, { name: 'tid', title: 'TID', unit: 'id', type: 'u64', key: true },
			{ name: 'wait', title: 'Wait', unit: 'ns', type: 'u64' },
			{ name: 'ended', title: 'Ended at', unit: 'time', type: 'u64', help: 'When the task ran at last; with bins: begin of the bin' }],
		rows: rows.slice(0, WORST), notes: rows.length ? ['Choose a row to see that moment in the timeline.'] : [] }), app.dragging());
	}

	/** Show the moment in the timeline, with the wait and something around it. @param {Object<string, any>} row */
	jump(row) {
		const margin = Math.max(row.wait * 0.3, row.bin * 0.5);

		this.app.state.set({ task: row.task, tid: row.tid || 0, cpu: -1, view: 'timeline' });
		this.app.zoom(Math.max(0, Math.floor(row.ended - row.wait - margin)), Math.min(this.app.span, Math.ceil(row.ended + row.bin + margin)));
	}

	cursorMoved() {
	}
}

export const latencyView = { name: 'latency', title: 'Latency', make: /** @param {App} app */ app => new LatencyView(app) };
