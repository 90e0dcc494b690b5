/* SPDX-License-Identifier: MIT */
/* Durations of two runs: a pair of histograms per kind, and each task's numbers with their differences. */

import { sumDelays } from '../data/sums.js';
import { el, fill } from '../ui/dom.js';
import { rowsDurations } from './answers.js';
import { Comparison, levelNs, taskColumn } from './difference.js';
import { HistogramPair } from './histograms_diff.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */
/** @typedef {import('./frame.js').ViewFrame} ViewFrame */

/** Durations that a median needs to be worth comparing. */
const MEDIAN_LEAST = 20;
const countRate = /** @type {import('../data/diff.js').Measure} */ ({ name: 'count_per_s', from: 'count', title: 'Count/s', rule: 'rate', unit: 'per_s', digits: 1 });

export class DurationsDiff {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		/** @type {Map<number, HistogramPair>} by kind */
		this.pairs = new Map();
		this.key = '';
		this.grid = el('div', { class: 'grid2' });
	}

	/**
	 * Fill a view with the difference.
	 * @param {ViewFrame} view
	 * @param {HTMLElement} host of its pictures
	 * @param {{ run: Run, cube: Cube }[]} data A and B
	 * @param {[number, string][]} kinds that are shown, with their titles
	 * @param {(run: Run) => Uint8Array} maskOf
	 */
	show(view, host, data, kinds, maskOf) {
		const app = this.app;
		const w = app.window();
		const sums = data.map(({ run, cube }) => new Map(kinds.map(([k]) => [k, sumDelays(run, cube, w, k, maskOf(run))])));

		const key = kinds.map(([k]) => k).join();

		this.pairs = new Map(kinds.map(([k, title]) => [k, this.pairs.get(k) || new HistogramPair(app, title + ' durations')]));
		if (key !== this.key)
			fill(this.grid, ...[...this.pairs.values()].map(p => p.el));
		this.key = key;
		view.setOne(host, 'difference', this.grid);
		view.surface = [...this.pairs.values()][0]?.mark.surface || null;
		for (const [k, title] of kinds) {
			this.pairs.get(k)?.set(data.map(({ run, cube }, i) => ({ run, window: run.snap(w, cube.bin), hist: /** @type {ReturnType<typeof sumDelays>} */ (sums[i].get(k)).all })),
				title + ', per second by length');
		}
		view.setSnapped(data);
		const joined = new Comparison(app, data.map(({ run, cube }, i) => ({ run, window: run.snap(w, cube.bin), rows: rowsDurations(run, sums[i]) })),
			[taskColumn, { name: 'kind', title: 'Kind', unit: '', type: 'text' }], [countRate, levelNs('p50', 'p50'), levelNs('p99', 'p99'), levelNs('max', 'Max')]);

		view.setFacts(joined.facts(levelNs('p50', 'p50'), joined.frequentFirst(countRate, MEDIAN_LEAST)).map(f => ({ ...f, label: f.label.replace('biggest', 'median, biggest') })));
		view.table.set(() => joined.answer(['Tasks with less than ' + MEDIAN_LEAST + ' durations in a run stand last: their percentiles say little.']), app.dragging());
	}
}
