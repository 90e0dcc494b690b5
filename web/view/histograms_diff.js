/* SPDX-License-Identifier: MIT */
/* Durations of two runs: histograms over each other, per second of covered time, and percentiles beside each other. */

import { bucketsPerSecond, difference, diffColumns } from '../data/diff.js';
import { HistogramMark } from '../mark/histogram.js';
import { el, fill } from '../ui/dom.js';
import { fmtDuration, fmtShort } from '../ui/units.js';
import { levelNs, sideKeys } from './difference.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').Span} Span */
/** @typedef {import('../data/loghist.js').Loghist} Loghist */
/** @typedef {{ run: Run, window: Span, hist: Loghist }} HistSide */

const percentiles = /** @type {[string, number][]} */ ([['p50', 0.5], ['p90', 0.9], ['p99', 0.99], ['p99.9', 0.999]]);

/** Covered seconds of a side. @param {HistSide} s */
function secondsOf(s) {
	return s.run.longestCovered(s.window) / 1e9;
}

/** The overlay of one kind of durations. */
export class HistogramPair {
	/** @param {App} app @param {string} what */
	constructor(app, what) {
		this.app = app;
		this.title = el('h4', null);
		this.legend = el('div', { class: 'legend' });
		this.mark = new HistogramMark({
			label: 'Histograms of ' + what + ' in both runs, per second. Left and right read bars.',
			theme: () => app.theme(), leave: () => app.tip.hide(),
			hover: (low, high, counts, e) => {
				const [a, b] = counts;

				app.tip.show(e, fmtDuration(low) + ' to ' + fmtDuration(high), [['A', fmtShort(a) + ' /s'], ['B', fmtShort(b) + ' /s'],
					['B − A', (b > a ? '+' : b < a ? '−' : '') + fmtShort(Math.abs(b - a)) + ' /s']]);
			},
		});
		this.el = el('div', { class: 'multiple' }, this.title, this.legend, this.mark.el);
	}

	/** @param {HistSide[]} sides A and B @param {string} title @param {string} [empty] */
	set(sides, title, empty) {
		const theme = this.app.theme();

		this.title.textContent = title;
		fill(this.legend, ...sideKeys(this.app));
		this.mark.set(sides.map((s, i) => ({ name: s.run.name, colour: i ? theme.sideB : theme.sideA, filled: !i,
			bucket: bucketsPerSecond(s.hist.bucket, secondsOf(s)), marks: [] })), empty);
	}
}

/** Percentiles of both runs as a table. @param {HistSide[]} sides A and B @returns {import('../ui/tabletwin.js').Answer} */
export function percentileAnswer(sides) {
	const [a, b] = sides.map(s => s.hist);
	const measure = levelNs('value', 'Duration');
	const of = /** @param {Loghist} h @param {(h: Loghist) => number} get */ (h, get) => h.count ? get(h) : undefined;
	const row = /** @param {string} what @param {(h: Loghist) => number} get */ (what, get) => {
		const [x, y] = [of(a, get), of(b, get)];
		const d = difference(x, y);

		return { what, where: 'both', value_a: x, value_b: y, value_diff: d.diff, value_rel: d.rel };
	};
	const rows = [row('mean', h => h.sum / h.count), ...percentiles.map(([name, q]) => row(name, h => h.quantile(q))), row('max', h => h.max)];

	return { columns: diffColumns([{ name: 'what', title: 'Of all', unit: '', type: 'text' }], [measure], rows), rows, notes: [] };
}
