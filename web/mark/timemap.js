/* SPDX-License-Identifier: MIT */
/*
 * A subsecond-offset map: time runs down each column and then on to the next, so what comes every second
 * stands in a row, and bursts and gaps can be seen. Dragging chooses a span of time from cell to cell.
 */

import { Surface } from '../ui/surface.js';
import { fmtDuration, fmtTime } from '../ui/units.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** @typedef {{ column: number, rows: number, values: Float64Array, most: number, span: number, window: { from: number, to: number } }} MapData column: its time in ns; values by column and row */

const MAP_LEFT = 66;
const MAP_HEAD = 6;
const MAP_FOOT = 24;
const MAP_CELL = 72;

export class TimemapMark {
	/**
	 * @param {{ label: string, theme: () => Theme, hover: (cell: number, event: PointerEvent) => void, leave: () => void, zoom: (from: number, to: number) => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {MapData} */
		this.data = { column: 1, rows: 1, values: new Float64Array(1), most: 1, span: 1, window: { from: 0, to: 1 } };
		this.hot = -1;
		/** Where a choice began. */
		this.anchor = -1;
		this.wide = 1;
		this.high = 1;
		this.surface = new Surface({ label: o.label, painter: this, className: 'timemap' });
		this.el = this.surface.el;
	}

	/** @param {MapData} data @param {number} limit */
	set(data, limit) {
		this.data = data;
		this.high = Math.max(4, Math.min(12, Math.floor((limit - MAP_HEAD - MAP_FOOT) / data.rows)));
		this.surface.setHeight(MAP_HEAD + data.rows * this.high + MAP_FOOT);
	}

	get columns() {
		return this.data.values.length / this.data.rows;
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width */
	draw(g, width) {
		const theme = this.o.theme();
		const { rows, values, most, column, span, window: w } = this.data;
		const cell = column / rows;

		this.wide = Math.min(MAP_CELL, (width - MAP_LEFT - 8) / this.columns);
		const gap = this.wide > 5 ? 1 : 0;

		for (let i = 0; i < values.length && i * cell < span; i++) {
			const [x, y] = this.place(i);

			g.globalAlpha = (i + 1) * cell > w.from && i * cell < w.to ? 1 : 0.3;
			g.fillStyle = values[i] ? theme.ramp.at(0.08 + 0.92 * values[i] / most) : theme.band;
			g.fillRect(x, y, Math.max(0.5, this.wide - gap), this.high - (this.high > 5 ? 1 : 0));
		}
		g.globalAlpha = 1;
		this.drawAxes(g, theme);
	}

	/** @param {number} i @returns {[number, number]} */
	place(i) {
		return [MAP_LEFT + Math.floor(i / this.data.rows) * this.wide, MAP_HEAD + i % this.data.rows * this.high];
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme */
	drawAxes(g, theme) {
		const { rows, column } = this.data;
		const bottom = MAP_HEAD + rows * this.high;
		const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
		const every = steps.find(n => n * this.wide >= 64) || 1000;

		g.font = '11px ' + theme.font;
		g.fillStyle = theme.soft;
		g.textBaseline = 'top';
		g.textAlign = 'left';
		for (let c = 0; c < this.columns; c += every) {
			g.fillRect(Math.round(MAP_LEFT + c * this.wide), bottom, 1, 4);
			g.fillText(fmtTime(c * column, column), MAP_LEFT + c * this.wide, bottom + 7);
		}
		g.textBaseline = 'middle';
		g.textAlign = 'right';
		for (let part = 0; part <= 4; part++) {
			const y = MAP_HEAD + part / 4 * rows * this.high;

			g.fillText('+' + (part ? fmtDuration(column * part / 4) : '0'), MAP_LEFT - 8, Math.min(bottom - 4, y + 5));
		}
	}

	/** @param {CanvasRenderingContext2D} g */
	over(g) {
		const theme = this.o.theme();
		const draw = /** @param {number} i */ i => {
			const [x, y] = this.place(i);

			g.strokeRect(x - 0.5, y - 0.5, this.wide, this.high);
		};

		if (this.hot < 0)
			return;
		g.strokeStyle = theme.ink;
		g.lineWidth = 1.5;
		draw(this.hot);
		if (this.anchor < 0 || this.anchor === this.hot)
			return;
		/* The span as it grows: what lies between in time, not on the screen. */
		g.fillStyle = theme.accent;
		g.globalAlpha = 0.35;
		for (let i = Math.min(this.anchor, this.hot); i <= Math.max(this.anchor, this.hot); i++) {
			const [x, y] = this.place(i);

			g.fillRect(x, y, this.wide, this.high);
		}
		g.globalAlpha = 1;
	}

	/** @param {number} x @param {number} y @param {boolean} [near] the nearest where there is none */
	cellAt(x, y, near) {
		const { rows, values, column, span } = this.data;
		let c = Math.floor((x - MAP_LEFT) / this.wide);
		let r = Math.floor((y - MAP_HEAD) / this.high);

		if (near) {
			c = Math.max(0, Math.min(this.columns - 1, c));
			r = Math.max(0, Math.min(rows - 1, r));
		}
		const i = c * rows + r;
		const last = Math.min(values.length, Math.ceil(span / column * rows)) - 1;

		return c >= 0 && c < this.columns && r >= 0 && r < rows && (near || i <= last) ? Math.min(i, last) : -1;
	}

	/** Choose the time from one cell to another. @param {number} a @param {number} b */
	choose(a, b) {
		const cell = this.data.column / this.data.rows;

		this.o.zoom(Math.round(Math.min(a, b) * cell), Math.round(Math.min(this.data.span, (Math.max(a, b) + 1) * cell)));
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		this.hot = this.cellAt(x, y);
		this.surface.redrawTop();
		if (this.hot >= 0)
			this.o.hover(this.hot, e);
		else
			this.o.leave();
	}

	leave() {
		this.hot = this.anchor = -1;
		this.surface.redrawTop();
		this.o.leave();
	}

	/** @param {number} x @param {number} y */
	grab(x, y) {
		this.anchor = this.hot = this.cellAt(x, y);
		return this.anchor >= 0;
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	drag(x, y, e) {
		this.hot = this.cellAt(x, y, true);
		this.surface.redrawTop();
		this.o.hover(this.hot, e);
	}

	drop() {
		if (this.anchor >= 0 && this.hot >= 0)
			this.choose(this.anchor, this.hot);
		this.anchor = -1;
	}

	twice() {
		this.o.zoom(0, this.data.span);
	}

	/** Arrow keys move the cell that is read out, with shift they grow a choice; Enter chooses. @param {KeyboardEvent} e */
	key(e) {
		const { rows, values } = this.data;
		const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -rows, ArrowRight: rows }[e.key];

		if (e.key === 'Enter' && this.hot >= 0) {
			this.choose(this.anchor >= 0 ? this.anchor : this.hot, this.hot);
			this.anchor = -1;
			return true;
		}
		if (!step)
			return false;
		this.anchor = !e.shiftKey ? -1 : this.anchor >= 0 ? this.anchor : Math.max(0, this.hot);
		this.hot = this.hot < 0 ? 0 : this.hot + step >= 0 && this.hot + step < values.length ? this.hot + step : this.hot;
		this.surface.redrawTop();
		this.o.hover(this.hot, /** @type {any} */ (null));
		return true;
	}
}
