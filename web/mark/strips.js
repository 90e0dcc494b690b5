/* SPDX-License-Identifier: MIT */
/* A row per thing over time, colour = a share: heat strips below each other. */

import { Surface } from '../ui/surface.js';
import { TimeScale, drawTimeAxis, fitText } from './axes.js';
import { TimeGestures } from './gestures.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** @typedef {{ name: string, value: Float64Array, gaps: { from: number, to: number }[] }} Strip value: 0..1 by bin; gaps: not known */

const STRIP_ROW = 22;
const STRIP_TOP = 28;
const STRIP_FOOT = 26;

export class StripsMark {
	/**
	 * @param {{ label: string, title: string, theme: () => Theme, window: () => { from: number, to: number }, span: () => number, zoom: (from: number, to: number) => void,
	 *           cursor: (t: number | null) => void, getCursor: () => number | null, leave: () => void, click: (row: number) => void,
	 *           hover: (row: number, bin: number, t: number, event: PointerEvent) => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {Strip[]} */
		this.strips = [];
		this.window = { from: 0, to: 1 };
		this.scale = new TimeScale(0, 1, 0, 1);
		/** Share that has the strongest colour. */
		this.top = 1;
		this.hot = -1;
		this.gestures = new TimeGestures({ ...o, scale: () => this.scale, redraw: () => this.surface.redrawTop() });
		this.surface = new Surface({ label: o.label, painter: this, scroll: true });
		this.el = this.surface.el;
	}

	/** @param {Strip[]} strips @param {{ from: number, to: number }} window @param {number} limit */
	set(strips, window, limit) {
		this.strips = strips;
		this.window = window;
		this.hot = -1;
		this.top = strips.reduce((m, s) => s.value.reduce((x, v) => v > x ? v : x, m), 0.01);
		this.surface.setHeight(STRIP_TOP + Math.max(1, strips.length) * STRIP_ROW + STRIP_FOOT, limit);
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	draw(g, width, height, scroll) {
		const theme = this.o.theme();
		const names = Math.min(240, Math.max(104, width * 0.22));

		this.scale = new TimeScale(this.window.from, this.window.to, names, width - 12);
		drawTimeAxis(g, theme, this.scale, height - STRIP_FOOT, STRIP_TOP);
		g.save();
		g.beginPath();
		g.rect(0, STRIP_TOP - 2, width, height - STRIP_FOOT - STRIP_TOP + 2);
		g.clip();
		this.strips.forEach((strip, row) => this.drawStrip(g, theme, strip, STRIP_TOP + row * STRIP_ROW - scroll, names));
		g.restore();
		this.drawHead(g, theme, names, width);
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {Strip} strip @param {number} y @param {number} names */
	drawStrip(g, theme, strip, y, names) {
		const { x0, x1 } = this.scale;
		const n = strip.value.length;

		g.fillStyle = theme.ink;
		g.font = '12px ' + theme.font;
		g.textAlign = 'left';
		g.textBaseline = 'middle';
		g.fillText(fitText(g, strip.name, names - 18), 8, y + STRIP_ROW / 2);
		g.fillStyle = theme.band;
		g.fillRect(x0, y + 2, x1 - x0, STRIP_ROW - 4);
		for (let b = 0; b < n; b++) {
			const left = Math.round(x0 + b * (x1 - x0) / n);
			const right = Math.round(x0 + (b + 1) * (x1 - x0) / n);

			if (!(strip.value[b] > 0))
				continue;
			g.fillStyle = theme.ramp.at(0.08 + 0.92 * strip.value[b] / this.top);
			g.fillRect(left, y + 2, Math.max(1, right - left), STRIP_ROW - 4);
		}
		g.fillStyle = theme.hatching(g);
		for (const gap of strip.gaps) {
			const left = Math.max(x0, this.scale.x(gap.from));
			const right = Math.min(x1, this.scale.x(gap.to));

			if (right >= left)
				g.fillRect(left, y + 2, Math.max(2, right - left), STRIP_ROW - 4);
		}
	}

	/** Title, and what the colours mean. @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} names @param {number} width */
	drawHead(g, theme, names, width) {
		const w = 70;
		const text = Math.round(this.top * 100) + ' %';

		g.textAlign = 'left';
		g.textBaseline = 'middle';
		g.font = '600 12px ' + theme.font;
		g.fillStyle = theme.ink;
		const left = names + g.measureText(this.o.title).width + w + 60 > width ? 8 : names;

		g.fillText(fitText(g, this.o.title, width - left - w - 60), left, 10);
		g.font = '11px ' + theme.font;
		g.fillStyle = theme.soft;
		const right = width - 12 - g.measureText(text).width;

		g.fillText(text, right, 10);
		g.textAlign = 'right';
		g.fillText('0', right - w - 10, 10);
		for (let i = 0; i < w; i++) {
			g.fillStyle = theme.ramp.at(0.08 + 0.92 * i / w);
			g.fillRect(right - w - 5 + i, 5, 1, 9);
		}
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	over(g, width, height, scroll) {
		const y = STRIP_TOP + this.hot * STRIP_ROW - scroll;

		if (this.hot >= 0 && y >= STRIP_TOP - STRIP_ROW) {
			g.strokeStyle = this.o.theme().ink;
			g.globalAlpha = 0.3;
			g.strokeRect(this.scale.x0 - 0.5, y + 1.5, this.scale.x1 - this.scale.x0 + 1, STRIP_ROW - 3);
			g.globalAlpha = 1;
		}
		this.gestures.drawOver(g, this.o.theme(), STRIP_TOP, height - STRIP_FOOT);
	}

	/** @param {number} y */
	rowAt(y) {
		const row = Math.floor((y + this.surface.scroll - STRIP_TOP) / STRIP_ROW);

		return y >= STRIP_TOP && y <= this.surface.height - STRIP_FOOT && this.strips[row] ? row : -1;
	}

	/** @param {number} t @param {PointerEvent} e */
	read(t, e) {
		const strip = this.strips[this.hot];
		const part = (t - this.window.from) / (this.window.to - this.window.from);

		if (strip)
			this.o.hover(this.hot, Math.max(0, Math.min(strip.value.length - 1, Math.floor(part * strip.value.length))), t, e);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		this.hot = this.rowAt(y);
		this.o.cursor(x >= this.scale.x0 && x <= this.scale.x1 ? this.scale.time(x) : null);
		this.surface.redrawTop();
		if (this.hot < 0 || x < this.scale.x0 || x > this.scale.x1)
			this.o.leave();
		else
			this.read(this.scale.time(x), e);
	}

	leave() {
		this.hot = -1;
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
		const row = this.rowAt(y);

		if (row >= 0)
			this.o.click(row);
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
		if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
			this.hot = Math.max(0, Math.min(this.strips.length - 1, this.hot + (e.key === 'ArrowUp' ? -1 : 1)));
			this.surface.redrawTop();
			this.read(this.o.getCursor() ?? (this.window.from + this.window.to) / 2, /** @type {any} */ (null));
			return true;
		}
		if (e.key === 'Enter' && this.hot >= 0) {
			this.o.click(this.hot);
			return true;
		}
		const used = this.gestures.key(e);
		const t = this.o.getCursor();

		if (used && t !== null && e.key.startsWith('Arrow')) {
			this.hot = Math.max(0, this.hot);
			this.read(t, /** @type {any} */ (null));
		}
		return used;
	}
}
