/* SPDX-License-Identifier: MIT */
/* Time x log duration, colour = how many (log scale), with the sums over time at the right. */

import { loghistLow } from '../data/loghist.js';
import { Surface } from '../ui/surface.js';
import { fmtShort } from '../ui/units.js';
import { LogScale, TimeScale, decadeLabel, drawTimeAxis } from './axes.js';
import { TimeGestures } from './gestures.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */

/**
 * @typedef {object} DensityCells sums by bin and bucket
 * @property {number} from begin of bin 0
 * @property {number} bin ns
 * @property {number} bins
 * @property {number} lowBucket
 * @property {number} buckets
 * @property {Float64Array} count [bin * buckets + bucket - lowBucket]
 */

const LEFT = 62;
const SIDE = 118;
const FOOT = 26;
const TOP = 12;
const HEIGHT = 400;

export class DensityMark {
	/**
	 * @param {{ label: string, theme: () => Theme, window: () => { from: number, to: number }, span: () => number, zoom: (from: number, to: number) => void,
	 *           cursor: (t: number | null) => void, getCursor: () => number | null, leave: () => void,
	 *           hover: (bin: number, fromBucket: number, toBucket: number, count: number, event: PointerEvent) => void,
	 *           unknown: (g: CanvasRenderingContext2D, scale: TimeScale, top: number, height: number) => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {DensityCells | null} */
		this.cells = null;
		this.window = { from: 0, to: 1 };
		this.scale = new TimeScale(0, 1, 0, 1);
		this.y = new LogScale(1, 10, 1, 0);
		this.gestures = new TimeGestures({ ...o, scale: () => this.scale, redraw: () => this.surface.redrawTop() });
		this.surface = new Surface({ label: o.label, painter: this });
		this.el = this.surface.el;
		this.surface.setHeight(HEIGHT);
	}

	/**
	 * @param {DensityCells | null} cells
	 * @param {{ from: number, to: number }} window
	 */
	set(cells, window) {
		this.cells = cells;
		this.window = window;
		this.surface.redraw();
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height */
	draw(g, width, height) {
		const theme = this.o.theme();
		const bottom = height - FOOT;
		const right = width - (width > 560 ? SIDE : 8);
		const c = this.cells;

		this.scale = new TimeScale(this.window.from, this.window.to, LEFT, right);
		drawTimeAxis(g, theme, this.scale, bottom, TOP);
		this.o.unknown(g, this.scale, TOP, bottom - TOP);
		if (!c || !c.buckets) {
			g.fillStyle = theme.soft;
			g.font = '13px ' + theme.font;
			g.textAlign = 'center';
			g.fillText('nothing of these kinds ended in this window', (LEFT + right) / 2, height / 2);
			return;
		}
		this.y = new LogScale(loghistLow(c.lowBucket), loghistLow(c.lowBucket + c.buckets), bottom, TOP);
		this.drawScale(g, theme, right);
		this.drawCells(g, theme, c, bottom);
		if (width > 560)
			this.drawSide(g, theme, c, right + 14, width - 6, bottom);
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} right */
	drawScale(g, theme, right) {
		g.font = '11px ' + theme.font;
		g.textAlign = 'right';
		g.textBaseline = 'middle';
		for (const v of this.y.decades()) {
			const y = Math.round(this.y.at(v));

			g.fillStyle = theme.rule;
			g.fillRect(LEFT, y, right - LEFT, 1);
			g.fillStyle = theme.soft;
			g.fillText(decadeLabel(v), LEFT - 8, y);
		}
	}

	/**
	 * Cells as pixels of a small picture that is then stretched; one column per bin, or per pixel where
	 * bins are narrower.
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {DensityCells} c
	 * @param {number} bottom
	 */
	drawCells(g, theme, c, bottom) {
		const x0 = this.scale.x(c.from);
		const x1 = this.scale.x(c.from + c.bins * c.bin);
		const columns = Math.max(1, Math.min(c.bins, Math.round(x1 - x0)));
		/* Rows of at least 3 pixels, so that single events can be seen. */
		const join = Math.max(1, Math.ceil(c.buckets * 3 / (bottom - TOP)));
		const rows = Math.ceil(c.buckets / join);
		const grid = new Float64Array(columns * rows);
		let max = 1;

		for (let b = 0; b < c.bins; b++) {
			const column = Math.floor(b * columns / c.bins);

			for (let k = 0; k < c.buckets; k++) {
				const n = c.count[b * c.buckets + k];

				if (n)
					max = Math.max(max, grid[Math.floor(k / join) * columns + column] += n);
			}
		}
		const picture = document.createElement('canvas');
		const p = /** @type {CanvasRenderingContext2D} */ (picture.getContext('2d'));
		const data = new ImageData(columns, rows);
		const log = Math.log(max + 1) || 1;
		const rgb = theme.ramp.rgb;

		for (let i = 0; i < grid.length; i++) {
			if (!grid[i])
				continue;
			const row = rows - 1 - Math.floor(i / columns);
			const at = (row * columns + i % columns) * 4;
			const s = theme.ramp.step(0.12 + 0.88 * Math.log(grid[i] + 1) / log) * 3;

			data.data[at] = rgb[s];
			data.data[at + 1] = rgb[s + 1];
			data.data[at + 2] = rgb[s + 2];
			data.data[at + 3] = 255;
		}
		picture.width = columns;
		picture.height = rows;
		p.putImageData(data, 0, 0);
		g.save();
		g.beginPath();
		g.rect(this.scale.x0, TOP, this.scale.x1 - this.scale.x0, bottom - TOP);
		g.clip();
		g.imageSmoothingEnabled = false;
		/* Buckets are not evenly high on a log scale: a strip per row. */
		for (let r = 0; r < rows; r++) {
			const y0 = Math.round(this.y.at(loghistLow(c.lowBucket + (rows - r) * join)));
			const y1 = Math.round(this.y.at(loghistLow(c.lowBucket + (rows - 1 - r) * join)));

			g.drawImage(picture, 0, r, columns, 1, x0, y0, x1 - x0, Math.max(1, y1 - y0));
		}
		g.restore();
		this.max = max;
		this.join = join;
	}

	/**
	 * Counts over the whole window, and the legend of the colours.
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {DensityCells} c
	 * @param {number} x0
	 * @param {number} x1
	 * @param {number} bottom
	 */
	drawSide(g, theme, c, x0, x1, bottom) {
		const sums = new Float64Array(c.buckets);
		const join = this.join || 1;

		for (let i = 0; i < c.count.length; i++)
			sums[i % c.buckets] += c.count[i];
		const rows = Math.ceil(c.buckets / join);
		const row = new Float64Array(rows);
		let max = 1;

		sums.forEach((n, k) => {
			max = Math.max(max, row[Math.floor(k / join)] += n);
		});
		g.fillStyle = theme.accent;
		g.globalAlpha = 0.75;
		row.forEach((n, k) => {
			const y1 = this.y.at(loghistLow(c.lowBucket + k * join));
			const y0 = this.y.at(loghistLow(c.lowBucket + (k + 1) * join));

			if (n)
				g.fillRect(x0, y0 + 0.5, Math.max(1, n / max * (x1 - x0)), Math.max(1, y1 - y0 - 0.5));
		});
		g.globalAlpha = 1;
		g.fillStyle = theme.soft;
		g.font = '11px ' + theme.font;
		g.textAlign = 'left';
		g.textBaseline = 'top';
		const w = Math.min(50, x1 - x0 - 40);

		for (let i = 0; i < w; i++) {
			g.fillStyle = theme.ramp.at(0.12 + 0.88 * i / w);
			g.fillRect(x0 + 20 + i, bottom + 10, 1, 8);
		}
		g.fillStyle = theme.soft;
		g.fillText('1', x0 + 10, bottom + 8);
		g.fillText(fmtShort(this.max || 1), x0 + 24 + w, bottom + 8);
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height */
	over(g, width, height) {
		this.gestures.drawOver(g, this.o.theme(), TOP, height - FOOT);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		const c = this.cells;

		if (!c || x < this.scale.x0 || x > this.scale.x1 || y < TOP || y > HEIGHT - FOOT) {
			this.leave();
			return;
		}
		const t = this.scale.time(x);
		const join = this.join || 1;
		const bin = Math.floor((t - c.from) / c.bin);
		const v = this.y.value(y);
		let k = 0;

		while (k + join < c.buckets && loghistLow(c.lowBucket + k + join) <= v)
			k += join;
		const columns = Math.max(1, Math.min(c.bins, Math.round(this.scale.x(c.from + c.bins * c.bin) - this.scale.x(c.from))));
		const perColumn = c.bins / columns;
		const first = Math.floor(Math.floor(bin / perColumn) * perColumn);
		let n = 0;

		for (let b = Math.max(0, first); b < Math.min(c.bins, first + Math.max(1, Math.ceil(perColumn))); b++) {
			for (let i = k; i < Math.min(c.buckets, k + join); i++)
				n += c.count[b * c.buckets + i];
		}
		this.o.cursor(t);
		this.o.hover(bin, c.lowBucket + k, c.lowBucket + k + join, n, e);
	}

	leave() {
		this.o.cursor(null);
		this.o.leave();
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	grab(x, y, e) {
		return this.gestures.grab(x, e);
	}

	/** @param {number} x */
	drag(x) {
		this.gestures.drag(x);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e @param {boolean} moved */
	drop(x, y, e, moved) {
		this.gestures.drop(moved);
	}

	/** @param {number} x @param {number} y @param {WheelEvent} e */
	wheel(x, y, e) {
		return this.gestures.wheel(x, e);
	}

	twice() {
		this.gestures.show(0, this.o.span());
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		return this.gestures.key(e);
	}
}
