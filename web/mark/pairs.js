/* SPDX-License-Identifier: MIT */
/*
 * Two values per row as thin bars, and their difference as a bar around zero; one or more measures beside each
 * other. Rows whose values have units of their own have them in words, and the difference on a scale of its own.
 */

import { fitText, ticks } from './axes.js';
import { BAR_HEAD, BAR_ROW, BarsMark } from './bars.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */

/**
 * @typedef {object} PairPanel
 * @property {string} title
 * @property {(v: number) => string} label of the axes
 * @property {(v: number) => string} text of a value
 * @property {(v: number) => string} diffText
 * @property {PairValue[]} values by row
 * @property {{ at: number, text: string }[]} [scale] of ratios from -1 to 1: values are in words, which are in `texts`
 */

/** NaN: none. low, high: the difference lies between; texts: A, B and difference. @typedef {{ a: number, b: number, diff: number, low?: number, high?: number, pale?: boolean, texts?: string[] }} PairValue */

/** @typedef {{ rows: { name: string, note: string, marked: boolean }[], panels: PairPanel[], empty: string }} PairData */

const PAIR_GAP = 34;
/** Part of a panel that the values take; the rest is the difference. */
const PART = 0.5;
/** Narrower panels have no room for values. */
const TIGHT = 330;
const PALE = 0.35;

export class PairsMark extends BarsMark {
	/** @param {ConstructorParameters<typeof BarsMark>[0]} o */
	constructor(o) {
		super(o);
		/** @type {PairPanel[]} */
		this.panels = [];
		this.empty = '';
	}

	/** Width that @n panels need. @param {number} n */
	static width(n) {
		return 170 + n * 400;
	}

	/** @param {PairData} data @param {number} limit */
	setPairs(data, limit) {
		this.data = { ...this.data, rows: data.rows.map(r => ({ ...r, colour: '', value: 0, second: NaN, text: '', first: false })) };
		this.panels = data.panels;
		this.empty = data.empty;
		this.hot = -1;
		this.surface.setHeight(BAR_HEAD + Math.max(1, data.rows.length) * BAR_ROW + 10, limit);
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	draw(g, width, height, scroll) {
		const theme = this.o.theme();
		const words = this.panels.some(p => p.scale);
		/* Metrics have longer names than tasks. */
		const names = this.names = words ? Math.max(width * 0.3, Math.min(width * 0.5, 230)) : Math.min(240, Math.max(112, width * 0.2));
		const each = (width - names - 8 - PAIR_GAP * (this.panels.length - 1)) / Math.max(1, this.panels.length);

		g.textBaseline = 'middle';
		if (!this.data.rows.length) {
			g.font = '13px ' + theme.font;
			g.fillStyle = theme.soft;
			g.textAlign = 'left';
			g.fillText(this.empty, 0, BAR_HEAD);
			return;
		}
		g.save();
		g.beginPath();
		g.rect(0, BAR_HEAD - 2, width, height);
		g.clip();
		this.data.rows.forEach((_, i) => {
			const y = BAR_HEAD + i * BAR_ROW - scroll;

			if (y > -BAR_ROW && y < height)
				this.drawNames(g, theme, i, y, width);
		});
		g.restore();
		this.panels.forEach((p, k) => this.drawPanel(g, theme, p, names + k * (each + PAIR_GAP), each, height, scroll));
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} i @param {number} y @param {number} width */
	drawNames(g, theme, i, y, width) {
		const r = this.data.rows[i];
		let room = this.names - 20;

		if (r.marked) {
			g.fillStyle = theme.band;
			g.fillRect(0, y, width, BAR_ROW);
			g.fillStyle = theme.accent;
			g.fillRect(0, y + 3, 3, BAR_ROW - 6);
		}
		if (r.note) {
			g.font = '11px ' + theme.font;
			g.fillStyle = theme.soft;
			g.textAlign = 'right';
			g.fillText(r.note, this.names - 10, y + BAR_ROW / 2);
			room -= g.measureText(r.note).width + 6;
		}
		g.font = (r.marked ? '600 ' : '') + '12px ' + theme.font;
		g.fillStyle = theme.ink;
		g.textAlign = 'left';
		g.fillText(fitText(g, r.name, room), 8, y + BAR_ROW / 2);
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {PairPanel} p
	 * @param {number} x
	 * @param {number} width
	 * @param {number} height
	 * @param {number} scroll
	 */
	drawPanel(g, theme, p, x, width, height, scroll) {
		const top = p.values.reduce((m, v) => Math.max(m, v.a || 0, v.b || 0), 0) || 1;
		/* A difference that is small beside the values looks small. */
		const most = p.values.reduce((m, v) => Math.max(m, Math.abs(v.diff) || 0), top / 50);

		g.font = '11px ' + theme.font;
		/* Where there is little room values stand in the table alone, and differences beyond the zero line. */
		const tight = width < TIGHT;

		if (p.scale) {
			this.drawScaled(g, theme, p, p.scale, { x, width, height, scroll, tight });
			return;
		}
		const valueRoom = tight ? 4 : p.values.reduce((m, v) => Math.max(m, g.measureText(p.text(Math.max(v.a || 0, v.b || 0))).width), 0) + 8;
		const diffRoom = p.values.reduce((m, v) => Math.max(m, Number.isNaN(v.diff) ? 0 : g.measureText(p.diffText(v.diff)).width), 0) + 8;
		const x1 = x + width * PART - valueRoom;
		const middle = x + width * (PART + 1) / 2;
		const half = Math.max(8, width * (1 - PART) / 2 - (tight ? 0 : diffRoom));
		const X = /** @param {number} v */ v => x + v / top * Math.max(8, x1 - x);
		const D = /** @param {number} v */ v => middle + v / most * half;

		this.panelAxes(g, theme, p, { X, D, top, most, x, middle, x1, half }, height);
		g.save();
		g.beginPath();
		g.rect(x - 2, BAR_HEAD - 2, width + 4, height);
		g.clip();
		p.values.forEach((v, i) => {
			const y = BAR_HEAD + i * BAR_ROW - scroll;

			if (y > -BAR_ROW && y < height)
				this.drawValues(g, theme, p, v, y, x, X, D, tight);
		});
		g.restore();
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {PairPanel} p
	 * @param {{ a: number, b: number, diff: number }} v
	 * @param {number} y
	 * @param {number} x
	 * @param {(v: number) => number} X
	 * @param {(v: number) => number} D
	 * @param {boolean} tight
	 */
	drawValues(g, theme, p, v, y, x, X, D, tight) {
		g.font = '10px ' + theme.font;
		g.textAlign = 'left';
		for (const [n, at, colour] of /** @type {[number, number, string][]} */ ([[v.a, y + 3, theme.sideA], [v.b, y + 13, theme.sideB]])) {
			if (Number.isNaN(n))
				continue;
			g.fillStyle = colour;
			g.fillRect(x, at, Math.max(n > 0 ? 1 : 0, X(n) - x), 8);
			g.fillStyle = theme.soft;
			if (!tight)
				g.fillText(p.text(n), X(n) + 5, at + 4.5);
		}
		if (!Number.isNaN(v.diff))
			this.drawDifference(g, theme, v, p.diffText(v.diff), y, D, tight);
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {PairValue} v @param {string} text @param {number} y @param {(v: number) => number} D @param {boolean} tight */
	drawDifference(g, theme, v, text, y, D, tight) {
		const [zero, end] = [D(0), D(v.diff)];
		const [low, high] = [D(v.low ?? NaN), D(v.high ?? NaN)];
		const left = v.diff < 0 !== tight;
		/* Beyond the bar and its interval; where there is little room on the other side of zero. */
		const ends = [zero, tight ? zero : end, left ? low : high].filter(x => !Number.isNaN(x));
		const beside = left ? Math.min(...ends) - 5 : Math.max(...ends) + 5;

		g.fillStyle = v.diff > 0 ? theme.more : theme.less;
		g.globalAlpha = v.pale ? PALE : 1;
		g.fillRect(Math.min(zero, end), y + 7, Math.max(1, Math.abs(end - zero)), 11);
		g.globalAlpha = 1;
		g.fillStyle = theme.ink;
		if (high > low) {
			g.fillRect(low, y + 12, high - low, 1);
			g.fillRect(low, y + 9, 1, 7);
			g.fillRect(high - 1, y + 9, 1, 7);
		}
		g.font = '11px ' + theme.font;
		g.textAlign = left ? 'right' : 'left';
		g.fillStyle = v.pale ? theme.soft : theme.ink;
		g.fillText(text, beside, y + BAR_ROW / 2);
	}

	/** A panel whose values are in words. @param {CanvasRenderingContext2D} g @param {Theme} theme @param {PairPanel} p @param {{ at: number, text: string }[]} scale @param {{ x: number, width: number, height: number, scroll: number, tight: boolean }} o */
	drawScaled(g, theme, p, scale, { x, width, height, scroll, tight }) {
		g.font = '11px ' + theme.font;
		const room = [0, 1, 2].map(k => p.values.reduce((m, v) => Math.max(m, g.measureText(v.texts?.[k] || '').width), 0));
		/* A and B end in columns; a narrow page has their difference alone, without its interval. */
		const columns = tight ? [] : [x + Math.max(40, room[0]), x + Math.max(40, room[0]) + 18 + Math.max(40, room[1])];
		const start = tight ? x : columns[1] + 24;
		const middle = (start + x + width) / 2;
		const half = Math.max(8, (x + width - start) / 2 - (tight ? 6 : room[2] + 8));
		const D = /** @param {number} v */ v => middle + v * half;

		for (const { at, text } of scale) {
			g.fillStyle = at ? theme.rule : theme.faint;
			g.fillRect(Math.round(D(at)), BAR_HEAD - 6, 1, height);
			g.fillStyle = theme.soft;
			g.textAlign = 'center';
			if (half > 90 || Math.abs(at) > 0.9 || !at)
				g.fillText(text, Math.min(D(at), x + width - g.measureText(text).width / 2), BAR_HEAD - 12);
		}
		g.font = '600 12px ' + theme.font;
		g.fillStyle = theme.ink;
		g.fillText('B / A', middle, 10);
		g.textAlign = 'left';
		g.fillText(fitText(g, p.title, this.names + (tight ? -16 : columns[0] - x)), 8, 10);
		g.textAlign = 'right';
		columns.forEach((at, k) => {
			g.fillStyle = k ? theme.sideB : theme.sideA;
			g.fillText('AB'[k], at, BAR_HEAD - 12);
		});
		g.save();
		g.beginPath();
		g.rect(x - 2, BAR_HEAD - 2, width + 4, height);
		g.clip();
		p.values.forEach((v, i) => {
			const y = BAR_HEAD + i * BAR_ROW - scroll;

			if (y <= -BAR_ROW || y >= height)
				return;
			g.font = '11px ' + theme.font;
			g.textAlign = 'right';
			g.fillStyle = theme.ink;
			columns.forEach((at, k) => g.fillText(v.texts?.[k] || '', at, y + BAR_ROW / 2));
			if (!Number.isNaN(v.diff))
				this.drawDifference(g, theme, tight ? { ...v, low: NaN, high: NaN } : v, v.texts?.[2] || '', y, D, tight);
		});
		g.restore();
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {PairPanel} p
	 * @param {{ X: (v: number) => number, D: (v: number) => number, top: number, most: number, x: number, middle: number, x1: number, half: number }} s
	 * @param {number} height
	 */
	panelAxes(g, theme, p, s, height) {
		g.font = '11px ' + theme.font;
		g.textAlign = 'center';
		for (const t of ticks(0, s.top, Math.max(1, (s.x1 - s.x) / 70)).at) {
			g.fillStyle = theme.rule;
			g.fillRect(Math.round(s.X(t)), BAR_HEAD - 2, 1, height);
			g.fillStyle = theme.soft;
			g.fillText(p.label(t), s.X(t), BAR_HEAD - 12);
		}
		g.fillStyle = theme.faint;
		g.fillRect(Math.round(s.middle), BAR_HEAD - 6, 1, height);
		g.fillStyle = theme.soft;
		g.fillText('0', s.middle, BAR_HEAD - 12);
		g.textAlign = 'left';
		g.font = '600 12px ' + theme.font;
		g.fillStyle = theme.ink;
		g.fillText(fitText(g, p.title, s.middle - 26 - s.x), s.x, 10);
		g.textAlign = 'center';
		g.fillText('B − A', s.middle, 10);
	}
}
