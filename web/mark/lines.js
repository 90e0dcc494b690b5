/* SPDX-License-Identifier: MIT */
/*
 * Values over time as small multiples: charts that share one time axis, each with a scale of its own and one
 * or more lines. Where there are more points than pixels, a line becomes the mean of each pixel column with
 * the range that its points have; ranges that the data tells of are bands; what is not known is hatched.
 */

import { cssWord } from '../ui/palette.js';
import { Surface } from '../ui/surface.js';
import { TimeScale, drawTimeAxis, fitText, ticks } from './axes.js';
import { TimeGestures } from './gestures.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** @typedef {{ from: number, to: number }} LineSpan */

/**
 * @typedef {object} LineSeries
 * @property {string} label
 * @property {string} colour
 * @property {Float64Array} times rising: ends of the spans that the values are of, or moments
 * @property {Float64Array | null} begins of the spans, which do not overlap; null: values of moments, joined by lines
 * @property {Float64Array} values NaN: not known
 * @property {Float64Array | null} [low] the value lies between
 * @property {Float64Array | null} [high]
 * @property {Float64Array | null} [least] extremes of what a point sums up
 * @property {Float64Array | null} [most]
 * @property {LineSpan[]} gaps nothing is known
 * @property {boolean} [marked] stands out
 */

/**
 * @typedef {object} LineChart
 * @property {string} title
 * @property {string} unit behind the title
 * @property {string} note at the right while no cursor is there
 * @property {(v: number) => string} axis a value on the axis
 * @property {(v: number) => string} text a value under the cursor, short
 * @property {boolean} zero the axis begins there; else where the values do
 * @property {LineSeries[]} series
 * @property {(most: number) => number} [grain] marks of the axis are round multiples of it
 * @property {boolean} [named] names of the lines instead of the note
 */

const LINES_LEFT = 62;
const LINES_RIGHT = 14;
const LINES_HEAD = 22;
/** Between a chart and the one below. */
const LINES_BELOW = 18;
const LINES_FOOT = 26;
const LINES_LEAST = 108;
const LINES_MOST = 220;
/** Narrower charts do not stand beside each other. */
const LINES_WIDE = 520;
/** From so many points in a pixel on only their range is drawn. */
const DENSE = 1.5;
/** More lines than this are drawn simply: what they have in a pixel, no bands. */
const MANY = 4;
/** So many values under the cursor are written out. */
const TOLD = 3;
const BESIDE_PX = 40;

/** First index with a[i] > v. @param {Float64Array} a rising @param {number} v */
function firstAfter(a, v) {
	let low = 0;
	let high = a.length;

	while (low < high) {
		const mid = low + high >> 1;

		if (a[mid] <= v)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * The point that tells of a time, or -1: of spans the one that holds it, of moments the nearest.
 * @param {LineSeries} s
 * @param {number} t
 */
export function pointAt(s, t) {
	const i = firstAfter(s.times, t);

	if (s.begins) {
		/* The last one holds its end too. */
		const at = i === s.times.length && i > 0 && s.times[i - 1] === t ? i - 1 : i;

		return at < s.times.length && s.begins[at] <= t && !Number.isNaN(s.values[at]) ? at : -1;
	}
	const near = i === s.times.length || i > 0 && t - s.times[i - 1] < s.times[i] - t ? i - 1 : i;

	return near >= 0 && !Number.isNaN(s.values[near]) && !s.gaps.some(g => g.from <= t && t < g.to) ? near : -1;
}

/** Points that touch a window: [first, last). @param {LineSeries} s @param {LineSpan} w @returns {[number, number]} */
export function pointsIn(s, w) {
	const first = firstAfter(s.times, w.from);
	const starts = s.begins || s.times;
	let last = firstAfter(starts, w.to);

	/* Lines come from the moment before and go on to the one after. */
	if (!s.begins)
		return [Math.max(0, first - 1), Math.min(s.times.length, last + 1)];
	while (last > first && starts[last - 1] >= w.to)
		last--;
	return [first, Math.max(first, last)];
}

/** Marks of a chart's axis. @param {LineChart} chart @param {number} least @param {number} most @param {number} about how many */
function ticksOf(chart, least, most, about) {
	const by = chart.grain ? chart.grain(Math.max(Math.abs(least), Math.abs(most))) : 1;
	const { at, step } = ticks(least / by, most / by, about);

	return { at: at.map(v => v * by), step: step * by };
}

/** Times that are in a gap of every series. @param {LineSeries[]} series @returns {LineSpan[]} */
export function commonGaps(series) {
	const edges = series.flatMap(s => s.gaps.flatMap(g => g.to > g.from ? [[g.from, 1], [g.to, -1]] : [])).sort((a, b) => a[0] - b[0] || b[1] - a[1]);
	/** @type {LineSpan[]} */
	const out = [];
	let open = 0;

	for (const [t, by] of edges) {
		open += by;
		if (by > 0 && open === series.length)
			out.push({ from: t, to: Infinity });
		else if (by < 0 && open === series.length - 1)
			out[out.length - 1].to = t;
	}
	return out;
}

/**
 * What the points of a window come to in each pixel column.
 * @param {LineSeries} s
 * @param {TimeScale} scale
 * @returns {{ n: number, mean: Float64Array, least: Float64Array, most: Float64Array, low: Float64Array, high: Float64Array }} NaN: nothing there
 */
export function pixelColumns(s, scale) {
	const n = Math.max(1, Math.round(scale.x1 - scale.x0));
	const make = /** @param {number} v */ v => new Float64Array(n).fill(v);
	const [least, most, low, high, sum, weight] = [make(Infinity), make(-Infinity), make(Infinity), make(-Infinity), make(0), make(0)];
	const [first, last] = pointsIn(s, scale);

	for (let i = first; i < last; i++) {
		const v = s.values[i];

		if (Number.isNaN(v))
			continue;
		const a = (s.begins ? scale.x(s.begins[i]) : scale.x(s.times[i]) - 0.5) - scale.x0;
		const b = (s.begins ? scale.x(s.times[i]) : scale.x(s.times[i]) + 0.5) - scale.x0;

		const end = Math.min(n, Math.max(Math.floor(a) + 1, Math.ceil(b)));
		const [lo, hi, under, over] = [s.least ? s.least[i] : v, s.most ? s.most[i] : v, s.low ? s.low[i] : v, s.high ? s.high[i] : v];

		for (let c = Math.max(0, Math.floor(a)); c < end; c++) {
			const part = Math.max(1e-9, Math.min(b, c + 1) - Math.max(a, c));

			sum[c] += v * part;
			weight[c] += part;
			if (lo < least[c])
				least[c] = lo;
			if (hi > most[c])
				most[c] = hi;
			if (under < low[c])
				low[c] = under;
			if (over > high[c])
				high[c] = over;
		}
	}
	const mean = sum.map((v, c) => weight[c] > 0 ? v / weight[c] : NaN);

	return { n, mean, least, most, low, high };
}

export class LinesMark {
	/**
	 * @param {{ label: string, theme: () => Theme, window: () => LineSpan, span: () => number, zoom: (from: number, to: number) => void, cursor: (t: number | null) => void,
	 *           getCursor: () => number | null, leave: () => void, hover: (chart: number, series: number, t: number, event: PointerEvent) => void,
	 *           click: (chart: number, series: number) => void }} o series: the nearest line, -1 = none there
	 */
	constructor(o) {
		this.o = o;
		/** @type {LineChart[]} */
		this.charts = [];
		this.empty = '';
		this.window = { from: 0, to: 1 };
		this.limit = 400;
		this.columns = 1;
		this.high = LINES_LEAST;
		/** Of the first column; the others stand beside it. */
		this.scale = new TimeScale(0, 1, 0, 1);
		/** From column to column. */
		this.pitch = 0;
		/** Of the picture that is drawn, on the page or as a file. */
		this.scroll = 0;
		this.hot = -1;
		/** The line of it that the pointer is nearest to. */
		this.near = -1;
		/** Column in which something is selected. */
		this.held = 0;
		/** @type {[number, number][]} least and most of the axis of each chart, once drawn */
		this.range = [];
		/** @type {Map<LineSeries, ReturnType<typeof pixelColumns>>} */
		this.dense = new Map();
		/** @type {LineSpan[][]} of each chart, once drawn */
		this.gaps = [];
		this.picture = document.createElement('canvas');
		this.gestures = new TimeGestures({ ...o, scale: () => this.scale, redraw: () => this.surface.redrawTop() });
		this.surface = new Surface({ label: o.label, painter: this, scroll: true, className: 'linecharts' });
		this.el = this.surface.el;
	}

	/**
	 * @param {LineChart[]} charts
	 * @param {LineSpan} window
	 * @param {number} limit of the height
	 * @param {string} empty what is said when there are no charts
	 */
	set(charts, window, limit, empty) {
		this.charts = charts;
		this.window = window;
		this.limit = limit;
		this.empty = empty;
		this.range = [];
		this.gaps = [];
		if (this.hot >= charts.length)
			this.hot = -1;
		this.lay(this.surface.width);
	}

	/** @param {number} width */
	columnsIn(width) {
		return Math.max(1, Math.min(3, this.charts.length, Math.floor(width / LINES_WIDE)));
	}

	/** @param {number} width */
	lay(width) {
		this.columns = this.columnsIn(width || LINES_WIDE);
		const rows = Math.max(1, Math.ceil(this.charts.length / this.columns));

		this.high = Math.max(LINES_LEAST, Math.min(LINES_MOST, Math.floor((this.limit - LINES_FOOT) / rows)));
		/* A chart that is cut in half says that there is more. */
		this.surface.setHeight(rows * this.high + LINES_FOOT, this.limit);
	}

	/** Are there more points in a window than can be drawn one by one? @param {LineSeries} s @param {LineSpan} w */
	isDense(s, w) {
		const [first, last] = pointsIn(s, w);
		const width = this.surface.width || LINES_WIDE;

		return last - first > DENSE * (width / this.columnsIn(width) - LINES_LEFT - LINES_RIGHT);
	}

	/** Place of a chart in the visible part. @param {number} i @returns {{ x: number, y: number }} */
	place(i) {
		return { x: i % this.columns * this.pitch, y: Math.floor(i / this.columns) * this.high - this.scroll };
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	draw(g, width, height, scroll) {
		const theme = this.o.theme();
		const bottom = height - LINES_FOOT;

		this.scroll = scroll;
		if (this.columnsIn(width) !== this.columns)
			requestAnimationFrame(() => this.lay(width));
		this.pitch = width / this.columns;
		const left = this.pitch < 420 ? LINES_LEFT - 10 : LINES_LEFT;

		this.scale = new TimeScale(this.window.from, this.window.to, left, this.pitch - LINES_RIGHT);
		this.dense.clear();
		if (!this.charts.length) {
			g.fillStyle = theme.soft;
			g.font = '13px ' + theme.font;
			g.textBaseline = 'top';
			g.fillText(this.empty, left, 14);
			return;
		}
		for (let c = 0; c < Math.min(this.columns, this.charts.length); c++) {
			g.save();
			g.translate(c * this.pitch, 0);
			drawTimeAxis(g, theme, this.scale, bottom, LINES_HEAD);
			/* No grid where there is no chart. */
			const below = (Math.floor((this.charts.length - 1 - c) / this.columns) + 1) * this.high - scroll;

			if (below < bottom)
				g.clearRect(0, below, this.pitch, bottom - below);
			g.restore();
		}
		g.save();
		g.beginPath();
		g.rect(0, 0, width, bottom);
		g.clip();
		this.charts.forEach((chart, i) => {
			const { x, y } = this.place(i);

			if (y > bottom || y + this.high < 0)
				return;
			g.save();
			g.translate(x, y);
			this.range[i] = this.axisOf(chart);
			this.gaps[i] = this.gaps[i] || commonGaps(chart.series);
			this.drawChart(g, theme, chart, this.range[i], this.gaps[i]);
			g.restore();
		});
		g.restore();
	}

	/** Ends of the axis: round, around all that is seen. @param {LineChart} chart @returns {[number, number]} */
	axisOf(chart) {
		let least = chart.zero ? 0 : Infinity;
		let most = chart.zero ? 0 : -Infinity;

		const see = /** @param {Float64Array | null | undefined} a @param {number} first @param {number} last */ (a, first, last) => {
			for (let i = first; a && i < last; i++) {
				const v = a[i];

				/* A range without an end is drawn as far as the picture goes. */
				if (v < least && v > -Infinity)
					least = v;
				if (v > most && v < Infinity)
					most = v;
			}
		};

		for (const s of chart.series) {
			if (this.isDense(s, this.window)) {
				const { n, least: a, most: b, low, high } = this.columnsOf(s);

				[a, b, low, high].forEach(k => see(k, 0, n));
			} else {
				const [first, last] = pointsIn(s, this.window);

				[s.values, s.low, s.high, s.least, s.most].forEach(k => see(k, first, last));
			}
		}
		if (!(least > -Infinity && least < Infinity))
			least = 0;
		if (!(most > least))
			most = least + (Math.abs(least) || 1);
		const { step } = ticksOf(chart, least, most, 3);

		return [Math.floor(least / step + 1e-9) * step, most <= 0 ? 0 : Math.max(most, most * 1.06)];
	}

	/** Value to pixel within a chart. @param {number} v @param {[number, number]} range */
	y(v, range) {
		const top = LINES_HEAD;
		const bottom = this.high - LINES_BELOW;
		const at = bottom - (v - range[0]) / (range[1] - range[0]) * (bottom - top);

		return Math.max(top - 1, Math.min(bottom, at));
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {LineChart} chart @param {[number, number]} range @param {LineSpan[]} gaps */
	drawChart(g, theme, chart, range, gaps) {
		const { x0, x1 } = this.scale;

		g.textBaseline = 'middle';
		g.textAlign = 'right';
		g.font = '11px ' + theme.font;
		g.lineWidth = 1;
		for (const v of ticksOf(chart, range[0], range[1], this.high > 150 ? 4 : 2).at) {
			const y = Math.round(this.y(v, range)) + 0.5;

			g.strokeStyle = v === 0 ? theme.faint : theme.rule;
			g.beginPath();
			g.moveTo(x0, y);
			g.lineTo(x1, y);
			g.stroke();
			g.fillStyle = theme.soft;
			g.fillText(chart.axis(v), x0 - 8, y);
		}
		g.textAlign = 'left';
		g.fillStyle = theme.ink;
		g.font = '600 12px ' + theme.font;
		const title = fitText(g, chart.title, (x1 - x0) * 0.7);
		const wide = g.measureText(title).width;

		g.fillText(title, x0, 10);
		g.fillStyle = theme.soft;
		g.font = '11px ' + theme.font;
		if (chart.unit && x0 + wide + 6 < x1 - BESIDE_PX)
			g.fillText(fitText(g, chart.unit, x1 - BESIDE_PX - x0 - wide), x0 + wide + 6, 10.5);
		g.save();
		g.beginPath();
		g.rect(x0, LINES_HEAD - 2, x1 - x0, this.high - LINES_BELOW - LINES_HEAD + 4);
		g.clip();
		const some = chart.series.some(s => s.marked);

		const plain = chart.series.filter(k => !k.marked);

		if (plain.length > MANY && plain.every(s => this.isDense(s, this.window)))
			this.drawMany(g, plain, range, some ? 0.28 : 1);
		else
			plain.forEach(s => this.drawSeries(g, s, range, some ? 0.28 : 1, chart.series.length));
		for (const s of chart.series.filter(k => k.marked))
			this.drawSeries(g, s, range, 1, 1);
		g.fillStyle = theme.hatching(g);
		for (const gap of gaps) {
			const a = Math.max(x0, this.scale.x(gap.from));
			const b = Math.min(x1, this.scale.x(gap.to));

			if (b > a || a < x1 && gap.to > this.window.from && gap.from < this.window.to)
				g.fillRect(a, LINES_HEAD, Math.max(1, b - a), this.high - LINES_BELOW - LINES_HEAD);
		}
		g.restore();
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {LineSeries} s
	 * @param {[number, number]} range
	 * @param {number} strength
	 * @param {number} lines how many there are
	 */
	drawSeries(g, s, range, strength, lines) {
		g.fillStyle = g.strokeStyle = s.colour;
		g.lineWidth = lines > MANY ? 1 : 1.5;
		g.lineJoin = 'round';
		if (this.isDense(s, this.window))
			this.drawDense(g, s, range, strength);
		else
			this.drawPoints(g, s, range, strength, lines > MANY);
		g.globalAlpha = 1;
	}

	/** Of this window, made once. @param {LineSeries} s */
	columnsOf(s) {
		let columns = this.dense.get(s);

		if (!columns) {
			columns = pixelColumns(s, this.scale);
			this.dense.set(s, columns);
		}
		return columns;
	}

	/** @param {CanvasRenderingContext2D} g @param {LineSeries} s @param {[number, number]} range @param {number} strength */
	drawDense(g, s, range, strength) {
		const { n, mean, least, most, low, high } = this.columnsOf(s);
		const x0 = this.scale.x0;
		/* Runs of columns with something in them are one area each. */
		const area = /** @param {Float64Array} a @param {Float64Array} b @param {number} alpha */ (a, b, alpha) => {
			g.globalAlpha = alpha * strength;
			g.beginPath();
			for (let c = 0, from = 0; c <= n; c++) {
				if (c < n && b[c] >= a[c])
					continue;
				for (let k = from; k < c; k++)
					g.lineTo(x0 + k + 0.5, this.y(b[k], range));
				for (let k = c - 1; k >= from; k--)
					g.lineTo(x0 + k + 0.5, this.y(a[k], range));
				from = c + 1;
				if (from <= n && b[from] >= a[from])
					g.moveTo(x0 + from + 0.5, this.y(b[from], range));
			}
			g.fill();
		};

		if (s.low && s.high)
			area(low, high, 0.18);
		area(least, most, 0.34);
		g.globalAlpha = strength;
		g.beginPath();
		for (let c = 0; c < n; c++) {
			if (Number.isNaN(mean[c]))
				continue;
			if (c > 0 && !Number.isNaN(mean[c - 1]))
				g.lineTo(x0 + c + 0.5, this.y(mean[c], range));
			else
				g.moveTo(x0 + c, this.y(mean[c], range));
			if (c + 1 === n || Number.isNaN(mean[c + 1]))
				g.lineTo(x0 + c + 1, this.y(mean[c], range));
		}
		g.stroke();
	}

	/** Many lines of many points: what each has in a pixel column, put together as a picture. @param {CanvasRenderingContext2D} g @param {LineSeries[]} list @param {[number, number]} range @param {number} strength */
	drawMany(g, list, range, strength) {
		const { x0 } = this.scale;
		const rows = this.high - LINES_BELOW - LINES_HEAD + 2;
		const wide = this.columnsOf(list[0]).n;
		const image = new ImageData(wide, rows);
		const words = new Uint32Array(image.data.buffer);
		const top = LINES_HEAD - 1;

		for (const s of list) {
			const { n, least, most } = this.columnsOf(s);
			const word = cssWord(s.colour);

			for (let c = 0; c < n; c++) {
				if (!(most[c] >= least[c]))
					continue;
				const last = Math.min(rows - 1, Math.round(this.y(least[c], range) - top));

				for (let y = Math.max(0, Math.round(this.y(most[c], range) - top)); y <= last; y++)
					words[y * wide + c] = word;
			}
		}
		this.picture.width = wide;
		this.picture.height = rows;
		/** @type {CanvasRenderingContext2D} */ (this.picture.getContext('2d')).putImageData(image, 0, 0);
		g.globalAlpha = strength;
		g.imageSmoothingEnabled = false;
		g.drawImage(this.picture, x0, top);
		g.globalAlpha = 1;
	}

	/** @param {CanvasRenderingContext2D} g @param {LineSeries} s @param {[number, number]} range @param {number} strength @param {boolean} simply */
	drawPoints(g, s, range, strength, simply) {
		const scale = this.scale;
		const [first, last] = pointsIn(s, this.window);
		const end = /** @param {number} i */ i => scale.x(s.times[i]);
		const begin = /** @param {number} i */ i => s.begins ? scale.x(s.begins[i]) : end(i);
		/* Do point i and the one before belong together? */
		const joined = /** @param {number} i */ i => i > first && !Number.isNaN(s.values[i - 1]) && (s.begins ? begin(i) - end(i - 1) < 1 :
			!s.gaps.some(gap => gap.from < s.times[i] && gap.to > s.times[i - 1]));

		for (const [a, b, alpha] of /** @type {[Float64Array | null | undefined, Float64Array | null | undefined, number][]} */ ([[s.low, s.high, 0.18], [s.least, s.most, 0.3]])) {
			if (!a || !b || simply)
				continue;
			g.globalAlpha = alpha * strength;
			for (let i = first; i < last; i++) {
				if (!(b[i] > a[i]))
					continue;
				g.beginPath();
				if (s.begins) {
					g.rect(begin(i), this.y(b[i], range), Math.max(0.5, end(i) - begin(i)), this.y(a[i], range) - this.y(b[i], range));
				} else if (joined(i)) {
					g.moveTo(end(i - 1), this.y(b[i - 1], range));
					g.lineTo(end(i), this.y(b[i], range));
					g.lineTo(end(i), this.y(a[i], range));
					g.lineTo(end(i - 1), this.y(a[i - 1], range));
				}
				g.fill();
			}
		}
		g.globalAlpha = strength;
		g.beginPath();
		for (let i = first; i < last; i++) {
			const y = this.y(s.values[i], range);

			if (Number.isNaN(s.values[i]))
				continue;
			if (joined(i))
				g.lineTo(begin(i), y);
			else
				g.moveTo(begin(i), y);
			g.lineTo(s.begins ? Math.max(end(i), begin(i) + 0.75) : end(i), y);
		}
		g.stroke();
		/* A moment without neighbours is a point. */
		for (let i = first; i < last && !s.begins; i++) {
			if (!joined(i) && (i + 1 === last || !joined(i + 1)))
				g.fillRect(end(i) - 1, this.y(s.values[i], range) - 1, 2, 2);
		}
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	over(g, width, height, scroll) {
		const theme = this.o.theme();
		const bottom = height - LINES_FOOT;
		const cursor = this.o.getCursor();
		const held = this.gestures.held;

		this.scroll = scroll;
		for (let c = 0; c < Math.min(this.columns, this.charts.length); c++) {
			g.save();
			g.translate(c * this.pitch, 0);
			/* What is being selected is drawn where it is. */
			this.gestures.held = c === this.held ? held : null;
			this.gestures.drawOver(g, theme, 0, bottom);
			this.gestures.held = held;
			g.restore();
		}
		g.save();
		g.beginPath();
		g.rect(0, 0, width, bottom);
		g.clip();
		this.charts.forEach((chart, i) => {
			const { x, y } = this.place(i);

			if (y > bottom || y + this.high < 0 || !this.range[i])
				return;
			g.save();
			g.translate(x, y);
			if (i === this.hot) {
				g.fillStyle = theme.accent;
				g.fillRect(this.scale.x0 - 1, LINES_HEAD, 2, this.high - LINES_BELOW - LINES_HEAD);
				this.drawNear(g, chart, this.range[i]);
			}
			this.drawTold(g, theme, i, cursor);
			g.restore();
		});
		g.restore();
	}

	/** Of many lines the one that is read out. @param {CanvasRenderingContext2D} g @param {LineChart} chart @param {[number, number]} range */
	drawNear(g, chart, range) {
		const s = chart.series[this.near];

		if (!s || chart.series.length < 2)
			return;
		g.save();
		g.beginPath();
		g.rect(this.scale.x0, LINES_HEAD - 2, this.scale.x1 - this.scale.x0, this.high - LINES_BELOW - LINES_HEAD + 4);
		g.clip();
		for (let i = 0; i < 2; i++)
			this.drawSeries(g, s, range, 1, 1);
		g.restore();
	}

	/** Values under the cursor: points, and in words at the right of the title. @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} i number of the chart @param {number | null} cursor */
	drawTold(g, theme, i, cursor) {
		const chart = this.charts[i];
		const range = this.range[i];
		const inside = cursor !== null && cursor >= this.window.from && cursor <= this.window.to;
		const t = cursor ?? 0;
		const told = inside ? chart.series.map(s => ({ s, at: pointAt(s, t) })).filter(p => p.at >= 0) : [];

		g.font = (inside ? '600 ' : '') + '12px ' + theme.font;
		g.textBaseline = 'middle';
		g.textAlign = 'right';
		let right = this.scale.x1;
		const write = /** @param {string} text @param {string} colour */ (text, colour) => {
			const wide = g.measureText(text).width;

			g.fillStyle = theme.paper;
			g.fillRect(right - wide - 4, 2, wide + 6, 17);
			g.fillStyle = colour;
			g.fillText(text, right, 10.5);
			right -= wide + 12;
		};

		for (const { s, at } of told) {
			const x = s.begins ? this.scale.x(t) : this.scale.x(s.times[at]);

			g.fillStyle = theme.paper;
			g.beginPath();
			g.arc(x, this.y(s.values[at], range), 3.5, 0, 7);
			g.fill();
			g.fillStyle = s.colour;
			g.beginPath();
			g.arc(x, this.y(s.values[at], range), 2.5, 0, 7);
			g.fill();
		}
		if (!inside && chart.named)
			this.writeNames(g, theme, chart, write);
		else if (!inside)
			write(chart.note, theme.soft);
		else if (!told.length)
			write(this.gaps[i].some(gap => gap.from <= t && t < gap.to) ? 'not known' : '', theme.soft);
		else if (told.length <= TOLD)
			told.reverse().forEach(({ s, at }) => write(chart.text(s.values[at]), chart.series.length > 1 ? s.colour : theme.ink));
	}

	/** As many as there is room for. @param {CanvasRenderingContext2D} g @param {Theme} theme @param {LineChart} chart @param {(text: string, colour: string) => void} write from right to left */
	writeNames(g, theme, chart, write) {
		let room = (this.scale.x1 - this.scale.x0) * 0.96 - g.measureText(chart.title + chart.unit).width * 1.1;
		const fit = chart.series.filter(s => (room -= g.measureText(s.label).width + 12) > (chart.note ? 90 : 0));
		const rest = chart.series.length - fit.length;

		write(chart.note || (rest > 0 ? '+' + rest : ''), theme.soft);
		fit.reverse().forEach(s => write(s.label, s.colour));
	}

	/* ---- pointer and keys ---- */

	/** Chart at a place of the visible part. @param {number} x @param {number} y */
	chartAt(x, y) {
		const column = Math.max(0, Math.min(this.columns - 1, Math.floor(x / (this.pitch || 1))));
		const i = Math.floor((y + this.surface.scroll) / this.high) * this.columns + column;

		return y < this.surface.height - LINES_FOOT && i < this.charts.length ? i : -1;
	}

	/** x within its column. @param {number} x */
	local(x) {
		return x - Math.floor(x / (this.pitch || 1)) * this.pitch;
	}

	/** The line nearest to a height. @param {number} chart @param {number} t @param {number} y within the chart */
	nearest(chart, t, y) {
		let best = -1;
		let distance = Infinity;

		this.charts[chart].series.forEach((s, i) => {
			const p = pointAt(s, t);
			const d = p < 0 ? Infinity : Math.abs(this.y(s.values[p], this.range[chart] || [0, 1]) - y);

			if (d < distance)
				[best, distance] = [i, d];
		});
		return best;
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		const at = this.local(x);
		const { x0, x1 } = this.scale;

		this.hot = this.chartAt(x, y);
		if (at < x0 || at > x1) {
			this.o.cursor(null);
			this.o.leave();
			return;
		}
		const t = this.scale.time(at);

		this.near = this.hot < 0 ? -1 : this.nearest(this.hot, t, y - this.place(this.hot).y);
		this.o.cursor(t);
		this.surface.redrawTop();
		if (this.hot < 0)
			this.o.leave();
		else
			this.o.hover(this.hot, this.near, t, e);
	}

	leave() {
		this.hot = this.near = -1;
		this.o.cursor(null);
		this.surface.redrawTop();
		this.o.leave();
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	grab(x, y, e) {
		this.held = Math.floor(x / (this.pitch || 1));
		return this.gestures.grab(this.local(x), e);
	}

	/** @param {number} x */
	drag(x) {
		this.gestures.drag(x - this.held * this.pitch);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e @param {boolean} moved */
	drop(x, y, e, moved) {
		this.gestures.drop(moved);
	}

	/** @param {number} x @param {number} y */
	click(x, y) {
		const chart = this.chartAt(x, y);

		if (chart >= 0)
			this.o.click(chart, this.nearest(chart, this.scale.time(this.local(x)), y - this.place(chart).y));
	}

	/** @param {number} x @param {number} y @param {WheelEvent} e */
	wheel(x, y, e) {
		/* More charts than can be seen: the wheel brings them; with Ctrl it zooms. */
		if (this.surface.content > this.surface.limit && !e.ctrlKey && Math.abs(e.deltaY) >= Math.abs(e.deltaX) && !e.shiftKey)
			return false;
		return this.gestures.wheel(this.local(x), e);
	}

	twice() {
		this.gestures.show(0, this.o.span());
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		const n = this.charts.length;

		if (!n)
			return false;
		if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
			const by = e.key === 'ArrowUp' ? -1 : 1;

			this.hot = this.hot < 0 ? 0 : Math.max(0, Math.min(n - 1, this.hot + by));
			this.show(this.hot);
			if (this.o.getCursor() === null)
				this.o.cursor((this.window.from + this.window.to) / 2);
			this.read();
			return true;
		}
		if (e.key === 'Enter' && this.hot >= 0) {
			this.o.click(this.hot, this.hotSeries());
			return true;
		}
		const used = this.gestures.key(e);

		if (used && e.key.startsWith('Arrow')) {
			this.hot = Math.max(0, this.hot);
			this.read();
		}
		return used;
	}

	/** Scroll to a chart. @param {number} i */
	show(i) {
		const top = Math.floor(i / this.columns) * this.high;
		const seen = this.surface.height - LINES_FOOT;

		if (top < this.surface.scroll)
			this.el.scrollTop = top;
		else if (top + this.high > this.surface.scroll + seen)
			this.el.scrollTop = top + this.high - seen;
		this.surface.redrawTop();
	}

	/** For the keyboard: the line that stands out, or the first. */
	hotSeries() {
		return Math.max(0, this.charts[this.hot].series.findIndex(s => s.marked));
	}

	read() {
		this.near = this.hotSeries();
		this.surface.redrawTop();
		this.o.hover(this.hot, this.near, this.o.getCursor() ?? (this.window.from + this.window.to) / 2, /** @type {any} */ (null));
	}
}
