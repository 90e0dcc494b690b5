/* SPDX-License-Identifier: MIT */
/* How many values in each log bucket, with marks at the percentiles. Several series overlay as steps. */

import { loghistLow } from '../data/loghist.js';
import { Surface } from '../ui/surface.js';
import { fmtShort } from '../ui/units.js';
import { LogScale, decadeLabel, ticks } from './axes.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** filled: also where it is not alone. @typedef {{ name: string, colour: string, bucket: Float64Array, marks: { at: number, text: string }[], filled?: boolean }} HistogramSeries */

const H_LEFT = 58;
const H_FOOT = 26;
const H_TOP = 44;
const H_HEIGHT = 300;
/** Buckets that share a bar. */
const H_JOIN = 2;

export class HistogramMark {
	/**
	 * @param {{ label: string, theme: () => Theme, hover: (low: number, high: number, counts: number[], event: PointerEvent) => void,
	 *           leave: () => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {HistogramSeries[]} */
		this.series = [];
		this.x = new LogScale(1, 10, 0, 1);
		this.hotBar = -1;
		this.empty = '';
		this.first = 0;
		this.last = 0;
		this.surface = new Surface({ label: o.label, painter: this });
		this.el = this.surface.el;
		this.surface.setHeight(H_HEIGHT);
	}

	/** @param {HistogramSeries[]} series @param {string} [empty] */
	set(series, empty = 'nothing was counted in this window') {
		let first = Infinity;
		let last = -1;

		for (const s of series) {
			s.bucket.forEach((n, i) => {
				if (n) {
					first = Math.min(first, i);
					last = Math.max(last, i);
				}
			});
		}
		this.series = series;
		this.empty = empty;
		this.first = last < 0 ? 0 : Math.floor(first / H_JOIN) * H_JOIN;
		this.last = last;
		this.hotBar = -1;
		this.surface.redraw();
	}

	/** @param {HistogramSeries} s @param {number} bar */
	bar(s, bar) {
		let n = 0;

		for (let i = 0; i < H_JOIN; i++)
			n += s.bucket[bar + i] || 0;
		return n;
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height */
	draw(g, width, height) {
		const theme = this.o.theme();
		const bottom = height - H_FOOT;
		let max = 0;

		g.font = '11px ' + theme.font;
		if (this.last < 0) {
			g.fillStyle = theme.soft;
			g.font = '13px ' + theme.font;
			g.textAlign = 'center';
			g.fillText(this.empty, width / 2, height / 2);
			return;
		}
		this.x = new LogScale(loghistLow(this.first) || 1, loghistLow(this.last + H_JOIN), H_LEFT, width - 16);
		for (const s of this.series) {
			for (let b = this.first; b <= this.last; b += H_JOIN)
				max = Math.max(max, this.bar(s, b));
		}
		max = max || 1;
		const scale = ticks(0, max, 5);
		const Y = /** @param {number} n */ n => bottom - n / max * (bottom - H_TOP);

		g.textBaseline = 'middle';
		g.textAlign = 'right';
		for (const n of scale.at) {
			g.fillStyle = theme.rule;
			g.fillRect(H_LEFT, Math.round(Y(n)), width - 16 - H_LEFT, 1);
			g.fillStyle = theme.soft;
			g.fillText(fmtShort(n), H_LEFT - 8, Y(n));
		}
		g.textAlign = 'center';
		g.textBaseline = 'top';
		for (const v of this.x.decades()) {
			const x = Math.round(this.x.at(v));

			g.fillStyle = theme.faint;
			g.fillRect(x, bottom, 1, 4);
			g.fillStyle = theme.soft;
			g.fillText(decadeLabel(v), x, bottom + 7);
		}
		this.series.forEach((s, i) => this.drawSeries(g, theme, s, i, Y, bottom));
		this.drawMarks(g, theme, bottom, width);
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {HistogramSeries} s
	 * @param {number} i
	 * @param {(n: number) => number} Y
	 * @param {number} bottom
	 */
	drawSeries(g, theme, s, i, Y, bottom) {
		const solid = this.series.length === 1;

		g.fillStyle = g.strokeStyle = s.colour;
		g.lineWidth = 1.5;
		g.beginPath();
		for (let b = this.first; b <= this.last; b += H_JOIN) {
			const n = this.bar(s, b);
			const x0 = this.x.at(Math.max(1, loghistLow(b)));
			const x1 = this.x.at(Math.max(1, loghistLow(b + H_JOIN)));

			if (solid && n)
				g.fillRect(x0, Math.min(Y(n), bottom - 1), Math.max(1, x1 - x0 - 1), Math.max(1, bottom - Y(n)));
			if (!solid) {
				g.lineTo(x0, Y(n));
				g.lineTo(x1, Y(n));
			}
		}
		if (solid)
			return;
		g.stroke();
		if (s.filled) {
			g.lineTo(this.x.at(Math.max(1, loghistLow(this.last - this.last % H_JOIN + H_JOIN))), bottom);
			g.lineTo(this.x.at(Math.max(1, loghistLow(this.first))), bottom);
			g.globalAlpha = 0.25;
			g.fill();
			g.globalAlpha = 1;
		}
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} bottom @param {number} width */
	drawMarks(g, theme, bottom, width) {
		g.font = '11px ' + theme.font;
		g.textBaseline = 'middle';
		const s = this.series[0];

		if (!s || this.series.length > 1)
			return;
		/* Labels stand on three lines so that close ones do not cover each other. */
		const free = [-Infinity, -Infinity, -Infinity];

		for (const m of s.marks) {
			const x = this.x.at(Math.max(1, m.at));
			const half = g.measureText(m.text).width / 2 + 5;
			const at = Math.max(H_LEFT + half, Math.min(width - 16 - half, x));
			let line = free.findIndex(end => at - half >= end);

			line = line < 0 ? 2 : line;
			free[line] = at + half;
			g.fillStyle = theme.second;
			g.fillRect(Math.round(x), line * 13 + 12, 1, bottom - line * 13 - 12);
			g.fillStyle = theme.paper;
			g.fillRect(at - half + 2, line * 13 - 1, 2 * half - 4, 13);
			g.fillStyle = theme.second;
			g.textAlign = 'center';
			g.fillText(m.text, at, line * 13 + 6);
		}
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height */
	over(g, width, height) {
		const b = this.hotBar;

		if (b < 0)
			return;
		const x0 = this.x.at(Math.max(1, loghistLow(b)));

		g.fillStyle = this.o.theme().ink;
		g.globalAlpha = 0.1;
		g.fillRect(x0, H_TOP, this.x.at(Math.max(1, loghistLow(b + H_JOIN))) - x0, height - H_FOOT - H_TOP);
		g.globalAlpha = 1;
	}

	/** @param {number} bar @param {PointerEvent} e */
	show(bar, e) {
		this.hotBar = bar;
		this.surface.redrawTop();
		this.o.hover(loghistLow(bar), loghistLow(bar + H_JOIN), this.series.map(s => this.bar(s, bar)), e);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		const v = this.x.value(x);
		let b = this.first;

		if (this.last < 0 || x < H_LEFT) {
			this.leave();
			return;
		}
		while (b + H_JOIN <= this.last && loghistLow(b + H_JOIN) <= v)
			b += H_JOIN;
		this.show(b, e);
	}

	leave() {
		this.hotBar = -1;
		this.surface.redrawTop();
		this.o.leave();
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		if (this.last < 0 || e.key !== 'ArrowLeft' && e.key !== 'ArrowRight')
			return false;
		const next = this.hotBar < 0 ? this.first : this.hotBar + (e.key === 'ArrowLeft' ? -H_JOIN : H_JOIN);

		this.show(Math.max(this.first, Math.min(this.last, next)), /** @type {any} */ (null));
		return true;
	}
}
