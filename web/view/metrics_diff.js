/* SPDX-License-Identifier: MIT */
/* Metrics of two runs: the means of the window, how many times as much, and between what the difference lies. */

import { blockMeans, differenceMargin } from '../data/blockmeans.js';
import { lineStats } from '../data/metrics.js';
import { PairsMark } from '../mark/pairs.js';
import { el, fill } from '../ui/dom.js';
import { fmtCount, fmtPct, fmtShort, withSign } from '../ui/units.js';
import { Comparison, sideKeys, whereNote } from './difference.js';
import { metricExact, metricText } from './metrictext.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').Span} Span */
/** @typedef {import('../data/diff.js').Row} Row */
/** @typedef {import('../data/diff.js').Measure} Measure */
/** @typedef {import('../data/metrics.js').Metrics} Metrics */
/** @typedef {import('../data/metricsets.js').MetricChart} MetricChart */
/** @typedef {import('../data/metricsets.js').MetricLine} MetricLine */
/** @typedef {{ metrics: Metrics, chart: MetricChart, lines: MetricLine[] }} DiffPart */

const meanOf = /** @type {Measure} */ ({ name: 'mean', title: 'Mean', rule: 'level', unit: 'value' });
/** Means that differ by no more than this part of them are equal. */
const ROUNDING = 1e-9;
/** Ends of the scale of how many times as much. */
const TIMES_ENDS = [1.2, 1.5, 2, 5, 10, 100, 1000];
const keyColumns = [{ name: 'metric', title: 'Metric', unit: '', type: 'text', key: true }, { name: 'of', title: 'Of', unit: '', type: 'text', key: true }];
const notes = ['Means by time over the window, of counters per second. Those come first of which the values of the two runs say that they differ: the 95 % interval of the difference does not hold 0. Then by how many times as much it is.',
	'Interval: the values of each run are put together in blocks of time until neighbouring blocks are no more alike than chance makes them; the means of these blocks tell how sure a mean is (Welch). It says how much the values vary within these two runs, ' +
	'not how another run would differ, and of so many rows some differ by chance. Empty: too few values, or they go on changing over the whole window.'];

/** @param {Row} r */
function keyOf(r) {
	return r.metric + '\n' + r.of;
}

/** How much of the greater one the difference is. @param {Row} r */
function sizeOf(r) {
	return r.mean_diff ? Math.abs(r.mean_diff) / Math.max(Math.abs(r.mean_a), Math.abs(r.mean_b)) : 0;
}

/** Does the interval say that there is a difference? @param {Row} r */
function isClear(r) {
	return r.low > 0 || r.high < 0;
}

/** @param {Row} r "+12 %", "12 times", or what there is in one of them only */
function timesText(r) {
	const { mean_a: a, mean_b: b, mean_diff: diff, mean_rel: rel } = r;

	if (diff === undefined)
		return '';
	if (rel === undefined)
		return a === 0 ? 'from 0' : '';
	if (b === 0 && a !== 0)
		return 'to 0';
	return a > 0 && b / a >= 10 ? fmtShort(b / a) + ' times' : withSign(rel, fmtPct(Math.abs(rel) < 0.05 ? 0 : Math.abs(rel)));
}

export class MetricsDiff {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		/** @type {Row[]} */
		this.rows = [];
		/** @type {Map<string, MetricLine>} */
		this.lines = new Map();
		this.legend = el('div', { class: 'legend' });
		this.mark = new PairsMark({
			label: 'Means of metrics in two runs and how many times as much they are. Arrow keys read rows, Enter selects a CPU.',
			theme: () => app.theme(), leave: () => app.tip.hide(), hover: (row, e) => this.hover(this.rows[row], e), click: row => app.pickRow(this.rows[row]),
		});
		this.el = el('div', { class: 'multiple' }, this.legend, this.mark.el);
		/** @type {Comparison | null} */
		this.joined = null;
	}

	/** @param {Metrics[]} sides A and B @param {DiffPart[]} parts charts and lines of both @param {Span} w */
	set(sides, parts, w) {
		/** @type {[Map<string, MetricLine>, Map<string, MetricLine>]} */
		const [a, b] = [new Map(), new Map()];
		/** @type {Map<string, Row>} */
		const keys = new Map();

		for (const { metrics, chart, lines } of parts) {
			for (const line of lines) {
				const row = { metric: chart.title, of: line.label, ...line.cpu >= 0 ? { cpu: line.cpu } : {} };

				keys.set(keyOf(row), row);
				(metrics === sides[0] ? a : b).set(keyOf(row), line);
			}
		}
		this.lines = new Map([...a, ...b]);
		const rowsOf = /** @param {Map<string, MetricLine>} side */ side => [...side].map(([key, line]) => {
			const mean = lineStats(line.line(), w)?.mean;

			return { ...keys.get(key), mean: mean === undefined ? undefined : mean * line.unit.by };
		});

		this.joined = new Comparison(this.app, [a, b].map((side, i) => ({ run: sides[i].run, window: w, rows: rowsOf(side), knows: /** @param {Row} r */ r => side.has(keyOf(r)) })), keyColumns, [meanOf]);
		for (const r of this.joined.rows) {
			const [x, y] = [a.get(keyOf(r)), b.get(keyOf(r))];

			Object.assign(r, keys.get(keyOf(r)), { unit: this.lines.get(keyOf(r))?.unit.unit });
			if (x && y)
				this.addInterval(r, x, y, w);
		}
		const order = /** @param {Row} r */ r => r.mean_diff === undefined ? 2 : isClear(r) ? 0 : 1;

		this.joined.rows = this.joined.rows.map(r => ({ r, order: order(r), size: sizeOf(r) })).sort((p, q) => p.order - q.order || q.size - p.size).map(p => p.r);
		this.rows = this.joined.rows;
		return this.joined;
	}

	/** @param {Row} r @param {MetricLine} x @param {MetricLine} y @param {Span} w */
	addInterval(r, x, y, w) {
		const [p, q] = [blockMeans(x.line(), w), blockMeans(y.line(), w)];
		const margin = differenceMargin(p, q);

		/* Sums of equal values in other orders. */
		if (Math.abs(r.mean_diff) <= ROUNDING * Math.max(Math.abs(r.mean_a), Math.abs(r.mean_b)))
			r.mean_diff = r.mean_rel = 0;
		if (r.mean_a > 0 && r.mean_b >= 0)
			r.ratio = r.mean_b / r.mean_a;
		if (r.mean_diff === undefined || margin === null)
			return;
		r.low = r.mean_diff - margin * x.unit.by;
		r.high = r.mean_diff + margin * x.unit.by;
		r.blocks = Math.min(p?.n ?? 0, q?.n ?? 0);
	}

	answer() {
		const answer = /** @type {Comparison} */ (this.joined).answer(notes);
		const more = /** @param {string} name @param {string} title @param {string} unit @param {string} help */ (name, title, unit, help) => ({ name, title, unit, type: 'f64', help });

		answer.columns.push(more('ratio', 'B / A', 'ratio', 'how many times as much B is'), { ...more('low', 'At least', 'value', '95 % interval of B − A'), signed: true }, { ...more('high', 'At most', 'value', '95 % interval of B − A'), signed: true },
			{ ...more('blocks', 'Blocks', 'count', 'independent blocks of time, of the run with fewer'), type: 'u64' }, { name: 'unit', title: 'Unit', unit: '', type: 'text' });
		return answer;
	}

	/** @param {number} room */
	draw(room) {
		const { app, rows } = this;
		const times = /** @param {Row} r @param {number} diff */ (r, diff) => r.mean_a > 0 && r.mean_b >= 0 ? (r.mean_a + diff) / r.mean_a : NaN;
		const clear = rows.filter(isClear);
		const most = (clear.length ? clear : rows).reduce((m, r) => Math.max(m, ...[r.ratio, 1 / r.ratio].filter(Number.isFinite)), 1);
		const end = TIMES_ENDS.find(t => t >= most) || TIMES_ENDS[TIMES_ENDS.length - 1];
		/* As far as a number of times goes on the scale; what is nothing in one of the runs goes to its end. */
		const place = /** @param {number} t */ t => Math.max(-1, Math.min(1, Math.log(t) / Math.log(end)));
		const text = /** @param {Row} r @param {number | undefined} v */ (r, v) => v === undefined ? '' : this.text(r, v, metricText);

		fill(this.legend, ...sideKeys(app), el('span', { class: 'soft', text: 'Bar: how many times as much in B, on a log scale, where there is room with its 95 % interval; pale: the values do not say that there is a difference' }));
		this.mark.setPairs({
			rows: rows.map(r => ({ name: r.metric + (r.of && r.of !== 'all' ? ' · ' + r.of : ''), note: whereNote(r), marked: app.isMarkedRow(r) })),
			empty: app.state.look.metric ? 'No metric and no thing is called so.' : 'Nothing was measured.',
			panels: [{
				title: 'Mean of the window', label: fmtShort, text: String, diffText: String,
				scale: [1 / end, 1 / Math.sqrt(end), 1, Math.sqrt(end), end].map(t => ({ at: place(t), text: t < 1 ? '÷ ' + fmtShort(Number((1 / t).toPrecision(2))) : t > 1 ? '× ' + fmtShort(Number(t.toPrecision(2))) : '=' })),
				values: rows.map(r => {
					const diff = r.mean_diff === undefined ? NaN : r.mean_a === 0 ? Math.sign(r.mean_diff) : place(times(r, r.mean_diff));
					const [low, high] = r.low === undefined || r.mean_a === 0 ? [NaN, NaN] : [place(Math.max(0, times(r, r.low))), place(times(r, r.high))];

					return { a: NaN, b: NaN, diff, low, high, pale: !isClear(r), texts: [text(r, r.mean_a), text(r, r.mean_b), timesText(r)] };
				}),
			}],
		}, room);
	}

	/** @param {Row} r @param {number} v @param {(v: number, unit: import('../data/metricsets.js').Unit) => string} format */
	text(r, v, format) {
		const unit = this.lines.get(keyOf(r))?.unit;

		return unit ? format(v / unit.by, unit) : fmtShort(v);
	}

	/** @param {Row} r @param {PointerEvent} e */
	hover(r, e) {
		const value = /** @param {number | undefined} v */ v => v === undefined ? r.where === 'both' ? 'not known' : 'not in this run' : this.text(r, v, metricExact);
		const signed = /** @param {number} v */ v => withSign(v, this.text(r, Math.abs(v), metricText)).replace(/ %$/, ' pp');
		/** @type {[string, string][]} */
		const lines = [['A', value(r.mean_a)], ['B', value(r.mean_b)]];

		if (r.mean_diff !== undefined)
			lines.push(['B − A', signed(r.mean_diff)]);
		if (r.mean_rel !== undefined)
			lines.push(['relative', withSign(r.mean_rel, fmtPct(Math.abs(r.mean_rel) < 0.05 ? 0 : Math.abs(r.mean_rel)))]);
		if (r.low !== undefined)
			lines.push(['95 % interval', signed(r.low) + ' to ' + signed(r.high)], ['from', fmtCount(r.blocks) + ' blocks of time']);
		else if (r.mean_diff !== undefined)
			lines.push(['95 % interval', 'too few values, or a trend']);
		this.app.tip.show(e, r.metric + (r.of ? ' · ' + r.of : ''), lines);
	}
}
