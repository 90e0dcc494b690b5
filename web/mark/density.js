/* SPDX-License-Identifier: MIT */
/*
 * Time x log duration with the sums over time at the right. One kind: colour = how many (log scale). Several: a
 * colour each, the stronger the more. Few events are single dots. Zero is on no log axis: it has a row below.
 */

import { loghistLow } from '../data/loghist.js';
import { parseHex } from '../ui/palette.js';
import { Surface } from '../ui/surface.js';
import { fmtDuration, fmtShort } from '../ui/units.js';
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
 * @property {DensityLayer[]} layers
 * @property {DensityDot[] | null} dots instead of cells
 */

/**
 * @typedef {object} DensityLayer
 * @property {string} name
 * @property {string} colour of it where there are several
 * @property {Float64Array} count [bin * buckets + bucket - lowBucket]
 * @property {Float64Array} zero durations of no length, by bin
 */

/** @typedef {{ time: number, value: number, layer: number, task: number }} DensityDot */

const LEFT = 62;
const SIDE = 118;
const FOOT = 26;
const TOP = 12;
const ZERO_ROW = 18;
/** A dot is hit from so far. */
const DOT_REACH = 9;

export class DensityMark {
	/**
	 * @param {{ label: string, theme: () => Theme, window: () => { from: number, to: number }, span: () => number, zoom: (from: number, to: number) => void,
	 *           cursor: (t: number | null) => void, getCursor: () => number | null, leave: () => void,
	 *           hover: (bin: number, fromBucket: number, toBucket: number, counts: number[], event: PointerEvent) => void,
	 *           dot: (dot: DensityDot, event: PointerEvent) => void, pick: (dot: DensityDot) => void,
	 *           unknown: (g: CanvasRenderingContext2D, scale: TimeScale, top: number, height: number) => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {DensityCells | null} */
		this.cells = null;
		this.window = { from: 0, to: 1 };
		this.scale = new TimeScale(0, 1, 0, 1);
		this.y = new LogScale(1, 10, 1, 0);
		this.zero = 0;
		this.columns = 1;
		this.rows = 0;
		this.join = 1;
		this.max = 1;
		this.gestures = new TimeGestures({ ...o, scale: () => this.scale, redraw: () => this.surface.redrawTop() });
		this.surface = new Surface({ label: o.label, painter: this });
		this.el = this.surface.el;
		this.height = 400;
		/** @type {DensityDot | null} */
		this.hot = null;
		this.surface.setHeight(this.height);
	}

	/**
	 * @param {DensityCells | null} cells
	 * @param {{ from: number, to: number }} window
	 * @param {number} height
	 */
	set(cells, window, height) {
		this.cells = cells;
		this.window = window;
		this.hot = null;
		if (height !== this.height)
			this.surface.setHeight(this.height = height);
		this.surface.redraw();
	}

	/** Anything without length? @param {DensityCells} c */
	hasZero(c) {
		return c.layers.some(l => l.zero.some(n => n > 0));
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
		if (!c || !c.buckets && !this.hasZero(c)) {
			g.fillStyle = theme.soft;
			g.font = '13px ' + theme.font;
			g.textAlign = 'center';
			g.fillText('nothing of these kinds ended in this window', (LEFT + right) / 2, height / 2);
			return;
		}
		/* Down to zero, where something is. */
		this.zero = this.hasZero(c) ? ZERO_ROW : 0;
		this.y = new LogScale(loghistLow(c.lowBucket), loghistLow(c.lowBucket + Math.max(16, c.buckets)), bottom - this.zero, TOP);
		this.drawScale(g, theme, right, bottom);
		this.layOut(c, bottom - this.zero);
		if (c.dots)
			this.drawDots(g, theme, c, bottom);
		else
			this.drawCells(g, theme, c, bottom);
		if (width > 560)
			this.drawSide(g, theme, c, right + 14, width - 6, bottom);
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} right @param {number} bottom */
	drawScale(g, theme, right, bottom) {
		g.font = '11px ' + theme.font;
		g.textAlign = 'right';
		g.textBaseline = 'middle';
		for (const v of this.y.ticks()) {
			const y = Math.round(this.y.at(v));
			const power = Math.abs(Math.log10(v) % 1) < 1e-6;

			g.fillStyle = theme.rule;
			g.fillRect(LEFT, y, right - LEFT, 1);
			g.fillStyle = theme.soft;
			g.fillText(power ? decadeLabel(v) : fmtDuration(v), LEFT - 8, y);
		}
		if (this.zero)
			g.fillText('0', LEFT - 8, bottom - ZERO_ROW / 2);
	}

	/**
	 * Columns and rows: one column per bin, or per pixel where bins are narrower; rows of at least 3 pixels, so that
	 * single events can be seen.
	 * @param {DensityCells} c
	 * @param {number} bottom
	 */
	layOut(c, bottom) {
		const width = this.scale.x(c.from + c.bins * c.bin) - this.scale.x(c.from);

		this.columns = Math.max(1, Math.min(c.bins, Math.round(width)));
		this.join = Math.max(1, Math.ceil(c.buckets * 3 / (bottom - TOP)));
		this.rows = Math.ceil(c.buckets / this.join);
	}

	/** Sums of a layer by column and row; the last row is that of zero. @param {DensityCells} c @param {DensityLayer} layer */
	gridOf(c, layer) {
		const { columns, rows, join } = this;
		const grid = new Float64Array(columns * (rows + 1));

		for (let b = 0; b < c.bins; b++) {
			const column = Math.floor(b * columns / c.bins);

			for (let k = 0; k < c.buckets; k++) {
				const n = layer.count[b * c.buckets + k];

				if (n)
					grid[Math.floor(k / join) * columns + column] += n;
			}
			grid[rows * columns + column] += layer.zero[b];
		}
		return grid;
	}

	/** Top and bottom of a row. @param {DensityCells} c @param {number} row @param {number} bottom @returns {[number, number]} */
	rowSpan(c, row, bottom) {
		if (row === this.rows)
			return [bottom - ZERO_ROW + 3, bottom - 3];
		const y = /** @param {number} k */ k => Math.round(this.y.at(loghistLow(c.lowBucket + k * this.join)));

		return [y(row + 1), y(row)];
	}

	/**
	 * Cells as pixels of a small picture that is then stretched, layer by layer.
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {DensityCells} c
	 * @param {number} bottom
	 */
	drawCells(g, theme, c, bottom) {
		const x0 = this.scale.x(c.from);
		const x1 = this.scale.x(c.from + c.bins * c.bin);
		const grids = c.layers.map(layer => this.gridOf(c, layer));
		const max = grids.reduce((m, grid) => grid.reduce((x, v) => Math.max(x, v), m), 1);
		const one = c.layers.length === 1;

		g.save();
		g.beginPath();
		g.rect(this.scale.x0, TOP, this.scale.x1 - this.scale.x0, bottom - TOP);
		g.clip();
		g.imageSmoothingEnabled = false;
		/* Where layers overlap both colours have their part. */
		if (!one)
			g.globalCompositeOperation = theme.dark ? 'screen' : 'multiply';
		grids.forEach((grid, i) => {
			const picture = this.pictureOf(grid, Math.log(max + 1) || 1, one ? null : parseHex(c.layers[i].colour), theme);

			/* Buckets are not evenly high on a log scale: a strip per row. */
			for (let r = this.zero ? this.rows : this.rows - 1; r >= 0; r--) {
				const [y0, y1] = this.rowSpan(c, r, bottom);

				g.drawImage(picture, 0, r, this.columns, 1, x0, y0, x1 - x0, Math.max(1, y1 - y0));
			}
		});
		g.restore();
		this.max = max;
	}

	/**
	 * @param {Float64Array} grid
	 * @param {number} log of the greatest value
	 * @param {number[] | null} colour null: that of the ramp
	 * @param {Theme} theme
	 */
	pictureOf(grid, log, colour, theme) {
		const picture = document.createElement('canvas');
		const image = new ImageData(this.columns, this.rows + 1);
		const ramp = theme.ramp.rgb;

		for (let i = 0; i < grid.length; i++) {
			if (!grid[i])
				continue;
			const part = Math.log(grid[i] + 1) / log;
			const s = theme.ramp.step(0.12 + 0.88 * part) * 3;

			image.data.set(colour || ramp.subarray(s, s + 3), i * 4);
			image.data[i * 4 + 3] = colour ? Math.round(255 * (0.22 + 0.78 * part)) : 255;
		}
		picture.width = this.columns;
		picture.height = this.rows + 1;
		/** @type {CanvasRenderingContext2D} */ (picture.getContext('2d')).putImageData(image, 0, 0);
		return picture;
	}

	/** @param {DensityDot} dot @param {number} bottom @returns {[number, number]} */
	dotAt(dot, bottom) {
		return [this.scale.x(dot.time), dot.value > 0 ? this.y.at(dot.value) : bottom - ZERO_ROW / 2];
	}

	/** Larger ones where there are few. @param {DensityDot[]} dots */
	dotSize(dots) {
		return dots.length < 100 ? 4.5 : dots.length < 500 ? 3.5 : 2.5;
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {DensityCells} c @param {number} bottom */
	drawDots(g, theme, c, bottom) {
		const dots = c.dots || [];
		const r = this.dotSize(dots);

		g.save();
		g.beginPath();
		g.rect(this.scale.x0 - r, TOP - r, this.scale.x1 - this.scale.x0 + 2 * r, bottom - TOP + 2 * r);
		g.clip();
		g.globalAlpha = 0.6;
		for (const dot of dots) {
			const [x, y] = this.dotAt(dot, bottom);

			g.fillStyle = c.layers[dot.layer].colour;
			g.beginPath();
			g.arc(x, y, r, 0, 7);
			g.fill();
		}
		g.restore();
		this.max = 0;
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
		const sums = c.layers.map(layer => {
			const row = new Float64Array(this.rows + 1);

			this.gridOf(c, layer).forEach((n, i) => {
				row[Math.floor(i / this.columns)] += n;
			});
			return row;
		});
		const max = sums.reduce((m, row) => row.reduce((x, v) => Math.max(x, v), m), 1);
		const one = c.layers.length === 1;

		g.globalAlpha = one ? 0.75 : 0.6;
		sums.forEach((row, i) => {
			g.fillStyle = one ? theme.accent : c.layers[i].colour;
			row.forEach((n, k) => {
				const [y0, y1] = this.rowSpan(c, k, bottom);

				if (n)
					g.fillRect(x0, y0 + 0.5, Math.max(1, n / max * (x1 - x0)), Math.max(1, y1 - y0 - 0.5));
			});
		});
		g.globalAlpha = 1;
		if (!one || !this.max)
			return;
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
		if (!this.hot || !this.cells?.dots)
			return;
		const [x, y] = this.dotAt(this.hot, height - FOOT);

		g.strokeStyle = this.o.theme().ink;
		g.lineWidth = 1.5;
		g.beginPath();
		g.arc(x, y, this.dotSize(this.cells.dots) + 2, 0, 7);
		g.stroke();
	}

	/** The nearest dot in reach. @param {number} x @param {number} y */
	dotNear(x, y) {
		let best = null;
		let least = DOT_REACH ** 2;

		for (const dot of this.cells?.dots || []) {
			const [dx, dy] = this.dotAt(dot, this.height - FOOT);
			const far = (dx - x) ** 2 + (dy - y) ** 2;

			if (far < least) {
				least = far;
				best = dot;
			}
		}
		return best;
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		const c = this.cells;

		if (!c || x < this.scale.x0 || x > this.scale.x1 || y < TOP || y > this.height - FOOT) {
			this.leave();
			return;
		}
		const t = this.scale.time(x);

		this.o.cursor(t);
		if (c.dots)
			this.moveDot(x, y, e);
		else
			this.moveCell(c, t, y, e);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	moveDot(x, y, e) {
		this.hot = this.dotNear(x, y);
		this.surface.redrawTop();
		if (this.hot)
			this.o.dot(this.hot, e);
		else
			this.o.leave();
	}

	/** @param {DensityCells} c @param {number} t @param {number} y @param {PointerEvent} e */
	moveCell(c, t, y, e) {
		const join = this.join;
		const bin = Math.floor((t - c.from) / c.bin);
		const zero = this.zero > 0 && y > this.height - FOOT - ZERO_ROW;
		const v = this.y.value(y);
		let k = 0;

		while (k + join < c.buckets && loghistLow(c.lowBucket + k + join) <= v)
			k += join;
		const perColumn = c.bins / this.columns;
		const first = Math.floor(Math.floor(bin / perColumn) * perColumn);
		const counts = c.layers.map(layer => {
			let n = 0;

			for (let b = Math.max(0, first); b < Math.min(c.bins, first + Math.max(1, Math.ceil(perColumn))); b++) {
				if (zero)
					n += layer.zero[b];
				for (let i = k; !zero && i < Math.min(c.buckets, k + join); i++)
					n += layer.count[b * c.buckets + i];
			}
			return n;
		});

		this.o.hover(bin, zero ? 0 : c.lowBucket + k, zero ? 0 : c.lowBucket + k + join, counts, e);
	}

	leave() {
		this.hot = null;
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

	/** @param {number} x @param {number} y */
	click(x, y) {
		const dot = this.dotNear(x, y);

		if (dot)
			this.o.pick(dot);
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
