/* SPDX-License-Identifier: MIT */
/*
 * Rows x columns of cells, colour = value. One or two panels with the same rows stand side by side;
 * row names stay on the left, column names on top, and long lists scroll.
 */

import { Surface } from '../ui/surface.js';
import { fitText } from './axes.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */

/**
 * @typedef {object} MatrixPanel
 * @property {string} title
 * @property {string[]} columns
 * @property {number[]} breaks columns before which a gap stands
 * @property {(row: number, column: number) => number} value NaN: no cell
 * @property {(v: number, row: number, column: number) => number} shade 0..1
 * @property {(v: number) => string} text short, into the cell
 */

/**
 * @typedef {object} MatrixData
 * @property {string[]} rows
 * @property {number[]} breaks rows before which a rule stands
 * @property {MatrixPanel[]} panels
 * @property {number} marked row of the selected task, or -1
 * @property {string} empty text when there are no rows
 */

const ROW = 21;
const HEAD = 44;
const GAP = 10;
const PANEL_GAP = 36;

export class MatrixMark {
	/**
	 * @param {{ label: string, theme: () => Theme, hover: (panel: number, row: number, column: number, event: PointerEvent) => void,
	 *           leave: () => void, click: (row: number, column: number, panel: number) => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {MatrixData} */
		this.data = { rows: [], breaks: [], panels: [], marked: -1, empty: '' };
		this.names = 160;
		/** @type {{ x: number[], w: number }[]} */
		this.layout = [];
		this.hot = { panel: -1, row: -1, column: -1 };
		this.surface = new Surface({ label: o.label, scroll: true, painter: this });
		this.el = this.surface.el;
	}

	/**
	 * @param {MatrixData} data
	 * @param {number} limit height that may be used
	 */
	set(data, limit) {
		this.data = data;
		this.hot = { panel: -1, row: -1, column: -1 };
		this.surface.setHeight(HEAD + Math.max(1, data.rows.length) * ROW + data.breaks.length * 4 + 8, limit);
	}

	/** Width below which two panels cannot stand beside each other. @param {number} columns */
	static twoPanelWidth(columns) {
		return 160 + 2 * (columns * 22 + GAP * 2) + PANEL_GAP;
	}

	/** @param {number} width */
	arrange(width) {
		const n = this.data.panels.length;
		const names = Math.min(230, Math.max(90, width * 0.2));
		const room = (width - names - (n - 1) * PANEL_GAP - 4) / Math.max(1, n);
		let x = names;

		this.names = names;
		this.layout = this.data.panels.map(panel => {
			const gaps = panel.breaks.length * GAP;
			const w = Math.max(2, Math.min(86, (room - gaps) / Math.max(1, panel.columns.length)));
			/** @type {number[]} */
			const at = [];
			let c = x;

			panel.columns.forEach((_, i) => {
				if (panel.breaks.includes(i))
					c += GAP;
				at.push(c);
				c += w;
			});
			x = c + PANEL_GAP;
			return { x: at, w };
		});
	}

	/** @param {number} row */
	rowY(row) {
		return HEAD + row * ROW + this.data.breaks.filter(b => b <= row).length * 4;
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {number} width
	 * @param {number} height
	 * @param {number} scroll
	 */
	draw(g, width, height, scroll) {
		const theme = this.o.theme();
		const d = this.data;

		this.arrange(width);
		g.textBaseline = 'middle';
		if (!d.rows.length) {
			g.fillStyle = theme.soft;
			g.font = '13px ' + theme.font;
			g.textAlign = 'left';
			g.fillText(d.empty, 0, HEAD + 4);
			return;
		}
		g.save();
		g.beginPath();
		g.rect(0, HEAD - 1, width, height);
		g.clip();
		for (let r = 0; r < d.rows.length; r++) {
			const y = this.rowY(r) - scroll;

			if (y > -ROW && y < height)
				this.drawRow(g, theme, r, y, width);
		}
		g.restore();
		this.drawHead(g, theme);
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {number} r
	 * @param {number} y
	 * @param {number} width
	 */
	drawRow(g, theme, r, y, width) {
		const d = this.data;

		if (r === d.marked) {
			g.fillStyle = theme.band;
			g.fillRect(0, y, width, ROW);
			g.fillStyle = theme.accent;
			g.fillRect(0, y + 2, 3, ROW - 4);
		}
		if (d.breaks.includes(r)) {
			g.fillStyle = theme.rule;
			g.fillRect(0, y - 3, width, 1);
		}
		g.font = (r === d.marked ? '600 ' : '') + '12px ' + theme.font;
		g.fillStyle = theme.ink;
		g.textAlign = 'left';
		g.fillText(fitText(g, d.rows[r], this.names - 16), 8, y + ROW / 2 + 0.5);
		d.panels.forEach((panel, k) => {
			const { x, w } = this.layout[k];
			const write = w >= 40;

			if (write) {
				g.font = '11px ' + theme.font;
				g.textAlign = 'center';
			}
			for (let c = 0; c < x.length; c++) {
				const v = panel.value(r, c);

				if (Number.isNaN(v))
					continue;
				const shade = panel.shade(v, r, c);

				g.fillStyle = theme.ramp.at(shade);
				g.fillRect(x[c], y + 1, Math.max(1, w - (w > 6 ? 1.5 : 0.5)), ROW - 2);
				if (write) {
					g.fillStyle = theme.ramp.ink(shade);
					g.fillText(panel.text(v), x[c] + w / 2 - 0.75, y + ROW / 2 + 0.5);
				}
			}
		});
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme */
	drawHead(g, theme) {
		this.data.panels.forEach((panel, k) => {
			const { x, w } = this.layout[k];
			let last = -Infinity;

			g.textAlign = 'left';
			g.font = '600 12px ' + theme.font;
			g.fillStyle = theme.ink;
			if (x.length)
				g.fillText(panel.title, x[0], 10);
			g.font = '11px ' + theme.font;
			g.fillStyle = theme.soft;
			g.textAlign = 'center';
			panel.columns.forEach((name, c) => {
				const middle = x[c] + w / 2;
				const half = g.measureText(name).width / 2 + 3;
				const special = !/^\d+$/.test(name);

				if (middle - half < last && !special)
					return;
				if (!special && w < 16 && Number(name) % 8)
					return;
				if (special && w < 2 * half) {
					/* Narrow columns: end at the column's right edge. */
					g.save();
					g.translate(middle, HEAD - 6);
					g.rotate(-Math.PI / 2.6);
					g.textAlign = 'left';
					g.fillText(name, 0, 0);
					g.restore();
					return;
				}
				g.fillText(name, middle, HEAD - 12);
				last = middle + half;
			});
		});
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {number} width
	 * @param {number} height
	 * @param {number} scroll
	 */
	over(g, width, height, scroll) {
		const { panel, row, column } = this.hot;
		const theme = this.o.theme();

		if (row < 0 || !this.layout.length)
			return;
		const y = this.rowY(row) - scroll;

		if (y < HEAD - ROW)
			return;
		g.strokeStyle = theme.ink;
		g.globalAlpha = 0.25;
		g.strokeRect(0.5, y + 0.5, width - 1, ROW - 1);
		g.globalAlpha = 1;
		if (panel >= 0 && column >= 0) {
			const { x, w } = this.layout[panel];

			g.lineWidth = 1.5;
			g.strokeRect(x[column] - 0.5, y + 0.5, w, ROW - 1);
		}
	}

	/** @param {number} x @param {number} y on the pane */
	hit(x, y) {
		const at = y + this.surface.scroll;
		let row = -1;
		let panel = -1;
		let column = -1;

		if (y >= HEAD) {
			row = Math.min(this.data.rows.length - 1, Math.floor((at - HEAD) / ROW));
			while (row > 0 && this.rowY(row) > at)
				row--;
			if (row < 0 || at > this.rowY(row) + ROW)
				row = -1;
		}
		this.layout.forEach((l, k) => l.x.forEach((cx, c) => {
			if (x >= cx && x < cx + l.w)
				[panel, column] = [k, c];
		}));
		return { panel, row, column };
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		this.hot = this.hit(x, y);
		this.surface.redrawTop();
		if (this.hot.row >= 0)
			this.o.hover(this.hot.panel, this.hot.row, this.hot.column, e);
		else
			this.o.leave();
	}

	leave() {
		this.hot = { panel: -1, row: -1, column: -1 };
		this.surface.redrawTop();
		this.o.leave();
	}

	/** @param {number} x @param {number} y */
	click(x, y) {
		const h = this.hit(x, y);

		if (h.row >= 0 || h.column >= 0)
			this.o.click(h.row, h.column, h.panel);
	}

	/** Arrow keys move the cell that is read out. @param {KeyboardEvent} e */
	key(e) {
		const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[e.key];

		if (e.key === 'Enter' && this.hot.row >= 0) {
			this.o.click(this.hot.row, this.hot.column, this.hot.panel);
			return true;
		}
		if (!step || !this.data.rows.length || !this.data.panels.length)
			return false;
		const panel = Math.max(0, this.hot.panel);
		const columns = this.data.panels[panel].columns.length;

		this.hot = { panel, row: Math.max(0, Math.min(this.data.rows.length - 1, this.hot.row + step[0])),
			column: Math.max(0, Math.min(columns - 1, this.hot.column + step[1])) };
		const y = this.rowY(this.hot.row);

		if (y - this.surface.scroll < HEAD)
			this.el.scrollTop = y - HEAD;
		else if (y + ROW - this.surface.scroll > this.surface.height)
			this.el.scrollTop = y + ROW - this.surface.height;
		this.surface.redrawTop();
		this.o.hover(panel, this.hot.row, this.hot.column, /** @type {any} */ (null));
		return true;
	}
}
