/* SPDX-License-Identifier: MIT */
/*
 * How the lines of one chart are drawn: points one by one, or what they come to in each pixel column, or
 * parts of a whole on each other. Its picture is kept: while the window moves only what comes in is drawn.
 */

import { cssWord } from '../ui/palette.js';
import { TimeScale } from './axes.js';
import { extremesOf, pixelColumns, pointsIn } from './linedata.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** @typedef {import('./linedata.js').LineChart} LineChart */
/** @typedef {import('./linedata.js').LineSeries} LineSeries */
/** Values at its ends, and where these are within the chart. @typedef {{ least: number, most: number, top: number, bottom: number }} LineAxis */

/** More lines than this are drawn simply: what they have in a pixel, no bands. */
const MANY = 4;
/** Lines are as thick as that beyond the ends of the axis. */
const PLOT_EDGE = 2;
/** Columns that are drawn beside a part of the picture, so that lines go on. */
const BESIDE = 2;
const STACK_ALPHA = 0.82;

/** Value to pixel within a chart. @param {LineAxis} axis @param {number} v */
export function axisY(axis, v) {
	const at = axis.bottom - (v - axis.least) / (axis.most - axis.least) * (axis.bottom - axis.top);

	return Math.max(axis.top - 1, Math.min(axis.bottom, at));
}

/** Is there anything to see of a part of a whole? @param {LineSeries} s */
export function hasArea(s) {
	return extremesOf(s.values).of(0, s.values.length).most > 0;
}

/** Draws into a part of a plot. */
export class LinePainter {
	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {TimeScale} scale of the part
	 * @param {LineAxis} axis
	 * @param {(s: LineSeries) => boolean} isDense are there more points in the whole plot than can be drawn one by one?
	 */
	constructor(g, scale, axis, isDense) {
		this.g = g;
		this.scale = scale;
		this.axis = axis;
		this.isDense = isDense;
		/** @type {Map<LineSeries, ReturnType<typeof pixelColumns>>} */
		this.dense = new Map();
	}

	/** @param {number} v */
	y(v) {
		return axisY(this.axis, v);
	}

	/** All lines of a chart; marked ones stand out. @param {LineChart} chart @param {LineSeries[] | null} stack @param {Theme} theme */
	draw(chart, stack, theme) {
		const strength = chart.series.some(s => s.marked) ? 0.28 : 1;
		const plain = chart.series.filter(k => !k.marked);

		if (stack) {
			this.drawPeaks(stack[stack.length - 1], theme);
			stack.forEach((_, k) => {
				if (hasArea(chart.series[k]))
					this.drawPart(stack, k, STACK_ALPHA);
			});
			return;
		}
		if (plain.length > MANY && plain.every(s => this.isDense(s)))
			this.drawMany(plain, strength);
		else
			plain.forEach(s => this.drawSeries(s, strength, chart.series.length));
		for (const s of chart.series.filter(k => k.marked))
			this.drawSeries(s, 1, 1);
	}

	/** @param {LineSeries} s @param {number} strength @param {number} lines how many there are */
	drawSeries(s, strength, lines) {
		const { g } = this;

		g.fillStyle = g.strokeStyle = s.colour;
		g.lineWidth = lines > MANY ? 1 : 1.5;
		g.lineJoin = 'round';
		if (this.isDense(s))
			this.drawDense(s, strength);
		else
			this.drawPoints(s, strength, lines > MANY);
		g.globalAlpha = 1;
	}

	/** Made once. @param {LineSeries} s */
	columnsOf(s) {
		let columns = this.dense.get(s);

		if (!columns) {
			columns = pixelColumns(s, this.scale);
			this.dense.set(s, columns);
		}
		return columns;
	}

	/** What lies between two values in each pixel column: runs of columns with something in them are one area each. @param {Float64Array} a @param {Float64Array} b @param {number} alpha */
	fillBetween(a, b, alpha) {
		const { g } = this;
		const { x0 } = this.scale;
		const n = a.length;

		g.globalAlpha = alpha;
		g.beginPath();
		for (let c = 0; c < n; c++) {
			const from = c;

			while (c < n && b[c] >= a[c])
				c++;
			for (let k = from; k < c; k++)
				g.lineTo(x0 + k + 0.5, this.y(b[k]));
			for (let k = c - 1; k >= from; k--)
				g.lineTo(x0 + k + 0.5, this.y(a[k]));
			if (c > from)
				g.closePath();
			if (c + 1 < n && b[c + 1] >= a[c + 1])
				g.moveTo(x0 + c + 1.5, this.y(b[c + 1]));
		}
		g.fill();
		g.globalAlpha = 1;
	}

	/** @param {LineSeries} s @param {number} strength */
	drawDense(s, strength) {
		const { g } = this;
		const { n, mean, least, most, low, high } = this.columnsOf(s);
		const { x0 } = this.scale;

		if (s.low && s.high)
			this.fillBetween(low, high, 0.18 * strength);
		this.fillBetween(least, most, 0.34 * strength);
		g.globalAlpha = strength;
		g.beginPath();
		for (let c = 0; c < n; c++) {
			if (Number.isNaN(mean[c]))
				continue;
			if (c > 0 && !Number.isNaN(mean[c - 1]))
				g.lineTo(x0 + c + 0.5, this.y(mean[c]));
			else
				g.moveTo(x0 + c, this.y(mean[c]));
			if (c + 1 === n || Number.isNaN(mean[c + 1]))
				g.lineTo(x0 + c + 1, this.y(mean[c]));
		}
		g.stroke();
	}

	/** Many lines of many points: what each has in a pixel column, put together as a picture. @param {LineSeries[]} list @param {number} strength */
	drawMany(list, strength) {
		const { g } = this;
		const { x0 } = this.scale;
		const top = this.axis.top - 1;
		const rows = Math.ceil(this.axis.bottom - this.axis.top) + 2;
		const wide = this.columnsOf(list[0]).n;
		const image = new ImageData(wide, rows);
		const words = new Uint32Array(image.data.buffer);
		const picture = document.createElement('canvas');

		for (const s of list) {
			const { n, least, most } = this.columnsOf(s);
			const word = cssWord(s.colour);

			for (let c = 0; c < n; c++) {
				if (!(most[c] >= least[c]))
					continue;
				const last = Math.min(rows - 1, Math.round(this.y(least[c]) - top));

				for (let y = Math.max(0, Math.round(this.y(most[c]) - top)); y <= last; y++)
					words[y * wide + c] = word;
			}
		}
		picture.width = wide;
		picture.height = rows;
		/** @type {CanvasRenderingContext2D} */ (picture.getContext('2d')).putImageData(image, 0, 0);
		g.globalAlpha = strength;
		g.imageSmoothingEnabled = false;
		g.drawImage(picture, x0, top);
		g.globalAlpha = 1;
	}

	/** @param {LineSeries} s @param {number} strength @param {boolean} simply */
	drawPoints(s, strength, simply) {
		const { g, scale } = this;
		const [first, last] = pointsIn(s, scale);
		const end = /** @param {number} i */ i => scale.x(s.times[i]);
		const begin = /** @param {number} i */ i => s.begins ? scale.x(s.begins[i]) : end(i);
		const joined = /** @param {number} i */ i => i > first && this.belong(s, i);

		for (const [a, b, alpha] of /** @type {[Float64Array | null | undefined, Float64Array | null | undefined, number][]} */ ([[s.low, s.high, 0.18], [s.least, s.most, 0.3]])) {
			if (!a || !b || simply)
				continue;
			g.globalAlpha = alpha * strength;
			for (let i = first; i < last; i++) {
				if (!(b[i] > a[i]))
					continue;
				g.beginPath();
				if (s.begins) {
					g.rect(begin(i), this.y(b[i]), Math.max(0.5, end(i) - begin(i)), this.y(a[i]) - this.y(b[i]));
				} else if (joined(i)) {
					g.moveTo(end(i - 1), this.y(b[i - 1]));
					g.lineTo(end(i), this.y(b[i]));
					g.lineTo(end(i), this.y(a[i]));
					g.lineTo(end(i - 1), this.y(a[i - 1]));
				}
				g.fill();
			}
		}
		g.globalAlpha = strength;
		g.beginPath();
		for (let i = first; i < last; i++) {
			const y = this.y(s.values[i]);

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
				g.fillRect(end(i) - 1, this.y(s.values[i]) - 1, 2, 2);
		}
	}

	/** Do a point and the one before belong together? @param {LineSeries} s @param {number} i > 0 */
	belong(s, i) {
		if (Number.isNaN(s.values[i - 1]))
			return false;
		return s.begins ? this.scale.x(s.begins[i]) - this.scale.x(s.times[i - 1]) < 1 : !s.gaps.some(gap => gap.from < s.times[i] && gap.to > s.times[i - 1]);
	}

	/* ---- parts of a whole ---- */

	/** One part, from what is below it. @param {LineSeries[]} stack sums from below @param {number} k @param {number} alpha */
	drawPart(stack, k, alpha) {
		const { g, scale } = this;
		const s = stack[k];
		const under = k ? stack[k - 1].values : new Float64Array(s.values.length);

		g.fillStyle = s.colour;
		if (this.isDense(s)) {
			const { mean } = this.columnsOf(s);

			this.fillBetween(k ? this.columnsOf(stack[k - 1]).mean : mean.map(v => v * 0), mean, alpha);
			return;
		}
		const [first, last] = pointsIn(s, scale);

		g.globalAlpha = alpha;
		g.beginPath();
		for (let i = first; i < last; i++) {
			const x = scale.x(s.times[i]);
			const [low, high] = [this.y(under[i]), this.y(s.values[i])];

			if (Number.isNaN(s.values[i]))
				continue;
			if (s.begins) {
				g.rect(scale.x(s.begins[i]), high, x - scale.x(s.begins[i]), low - high);
			} else if (i > first && this.belong(s, i)) {
				const before = scale.x(s.times[i - 1]);

				g.moveTo(before, this.y(s.values[i - 1]));
				g.lineTo(x, high);
				g.lineTo(x, low);
				g.lineTo(before, this.y(under[i - 1]));
			}
		}
		g.fill();
		g.globalAlpha = 1;
	}

	/** Where a pixel holds several points the parts are means: how far the sum goes is a pale area above them. @param {LineSeries} sum @param {Theme} theme */
	drawPeaks(sum, theme) {
		if (!this.isDense(sum))
			return;
		const { mean, most } = this.columnsOf(sum);

		this.g.fillStyle = theme.soft;
		this.fillBetween(mean, most, 0.28);
	}
}

/** The plot of one chart, as it was drawn last. */
export class LinePicture {
	constructor() {
		this.canvas = document.createElement('canvas');
		this.key = '';
		/** Time at its left edge, and pixels of the canvas per ns. */
		this.from = 0;
		this.perNs = 0;
		/** All of it was drawn at once for one window. */
		this.whole = false;
	}

	/**
	 * Put the plot where it belongs; @g is at the chart's upper left corner.
	 * @param {CanvasRenderingContext2D} g
	 * @param {{ scale: TimeScale, axis: LineAxis, key: string, moving: boolean, paint: (g: CanvasRenderingContext2D, scale: TimeScale) => void }} o scale: within the chart;
	 *        key: what the picture depends on besides; moving: it may be half a pixel beside its place
	 */
	show(g, { scale, axis, key, moving, paint }) {
		const { a: dpr, e, f } = g.getTransform();
		const wide = Math.max(1, Math.round((scale.x1 - scale.x0) * dpr));
		const high = Math.max(1, Math.round((axis.bottom - axis.top + 2 * PLOT_EDGE) * dpr));
		const perNs = scale.perNs * dpr;
		const all = [key, dpr, wide, high, axis.least, axis.most, axis.top].join('\n');
		const by = Math.round((scale.from - this.from) * perNs);
		const part = /** @param {number} from @param {number} to */ (from, to) => this.part({ scale, axis, dpr, paint }, from, to);

		if (all !== this.key || Math.abs(perNs - this.perNs) * (scale.to - scale.from) > 0.05 || Math.abs(by) >= wide || !moving && !(this.whole && this.from === scale.from)) {
			this.canvas.width = wide;
			this.canvas.height = high;
			this.key = all;
			this.from = scale.from;
			this.perNs = perNs;
			part(0, wide);
			this.whole = true;
		} else if (by) {
			const own = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));

			own.globalCompositeOperation = 'copy';
			own.drawImage(this.canvas, -by, 0);
			own.globalCompositeOperation = 'source-over';
			this.from += by / perNs;
			part(by > 0 ? wide - by : 0, by > 0 ? wide : -by);
			this.whole = false;
		}
		g.save();
		g.setTransform(1, 0, 0, 1, 0, 0);
		g.drawImage(this.canvas, Math.round(e + scale.x0 * dpr), Math.round(f + (axis.top - PLOT_EDGE) * dpr));
		g.restore();
	}

	/** @param {{ scale: TimeScale, axis: LineAxis, dpr: number, paint: (g: CanvasRenderingContext2D, scale: TimeScale) => void }} o @param {number} from pixels of the canvas @param {number} to */
	part({ scale, axis, dpr, paint }, from, to) {
		const g = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
		const [x0, x1] = [scale.x0 + Math.floor(from / dpr) - BESIDE, scale.x0 + Math.ceil(to / dpr) + BESIDE];
		const at = /** @param {number} x */ x => this.from + (x - scale.x0) / scale.perNs;

		g.save();
		g.beginPath();
		g.rect(from, 0, to - from, this.canvas.height);
		g.clip();
		g.setTransform(dpr, 0, 0, dpr, -scale.x0 * dpr, (PLOT_EDGE - axis.top) * dpr);
		paint(g, new TimeScale(at(x0), at(x1), x0, x1));
		g.restore();
	}
}
