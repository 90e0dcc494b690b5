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
 * @property {number[]} [guides] columns before which a small one does
 * @property {(row: number, column: number) => number} value NaN: no cell
 * @property {(v: number, row: number, column: number) => number} shade 0..1
 * @property {(v: number) => string} text short, into the cell
 * @property {(row: number, column: number) => boolean} [grey] not a measure like the others
 * @property {boolean} [diverging] shade 0.5 is no difference
 */

/**
 * @typedef {object} MatrixData
 * @property {string[]} rows
 * @property {string[]} [notes] small words behind the rows' names
 * @property {number[]} breaks rows before which a rule stands
 * @property {MatrixPanel[]} panels
 * @property {number} marked row of the selected task, or -1
 * @property {string} empty text when there are no rows
 */

const ROW = 21;
const GAP = 10;
const GUIDE = 4;
const PANEL_GAP = 36;

export class MatrixMark {
	/**
	 * @param {{ label: string, theme: () => Theme, hover: (panel: number, row: number, column: number, event: PointerEvent) => void,
	 *           leave: () => void, click: (row: number, column: number, panel: number) => void,
	 *           slanted?: boolean }} o slanted: column names are long
	 */
	constructor(o) {
		this.o = o;
		/** @type {MatrixData} */
		this.data = { rows: [], breaks: [], panels: [], marked: -1, empty: '' };
		this.names = 160;
		this.head = o.slanted ? 118 : 44;
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
		this.surface.setHeight(this.head + Math.max(1, data.rows.length) * ROW + data.breaks.length * 4 + 8, limit);
	}

	/** Width below which two panels cannot stand beside each other. @param {number} columns */
	static twoPanelWidth(columns) {
		return 160 + 2 * (columns * 22 + GAP * 2) + PANEL_GAP;
	}

	/** @param {number} width */
	arrange(width) {
		const n = this.data.panels.length;
		const names = Math.min(230, Math.max(104, width * 0.2));
		const room = (width - names - (n - 1) * PANEL_GAP - 4) / Math.max(1, n);
		let x = names;
		/* Equal columns in all panels. */
		const w = this.data.panels.reduce((min, panel) =>
			Math.min(min, Math.max(2, (room - panel.breaks.length * GAP - (panel.guides || []).length * GUIDE) / Math.max(1, panel.columns.length))), 104);

		this.names = names;
		this.layout = this.data.panels.map(panel => {
			/** @type {number[]} */
			const at = [];
			let c = x;

			panel.columns.forEach((_, i) => {
				if (panel.breaks.includes(i))
					c += GAP;
				else if (panel.guides?.includes(i))
					c += GUIDE;
				at.push(c);
				c += w;
			});
			x = c + PANEL_GAP;
			return { x: at, w };
		});
	}

	/** @param {number} row */
	rowY(row) {
		return this.head + row * ROW + this.data.breaks.filter(b => b <= row).length * 4;
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
			g.fillText(d.empty, 0, this.head + 4);
			return;
		}
		g.save();
		g.beginPath();
		g.rect(0, this.head - 1, width, height);
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
		this.drawName(g, theme, r, y);
		d.panels.forEach((panel, k) => {
			const { x, w } = this.layout[k];
			const ramp = panel.diverging ? theme.difference : theme.ramp;
			const write = w >= 24;

			if (write) {
				g.font = '11px ' + theme.font;
				g.textAlign = 'center';
			}
			for (let c = 0; c < x.length; c++) {
				const v = panel.value(r, c);

				if (Number.isNaN(v))
					continue;
				const shade = panel.shade(v, r, c);
				const grey = panel.grey && panel.grey(r, c);
				const wide = Math.max(1, w - (w > 6 ? 1.5 : 0.5));

				g.fillStyle = grey ? theme.band : ramp.at(shade);
				g.fillRect(x[c], y + 1, wide, ROW - 2);
				if (grey) {
					g.fillStyle = theme.fade;
					g.fillRect(x[c], y + 1, wide * Math.min(1, shade), ROW - 2);
				}
				if (write && g.measureText(panel.text(v)).width <= w - 4) {
					g.fillStyle = grey ? theme.ink : ramp.ink(shade);
					g.fillText(panel.text(v), x[c] + w / 2 - 0.75, y + ROW / 2 + 0.5);
				}
			}
		});
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} r @param {number} y */
	drawName(g, theme, r, y) {
		const font = g.font;
		const note = this.data.notes?.[r] || '';
		let room = this.names - 16;

		if (note) {
			g.font = '11px ' + theme.font;
			g.fillStyle = theme.soft;
			g.textAlign = 'right';
			g.fillText(note, this.names - 8, y + ROW / 2 + 0.5);
			room -= g.measureText(note).width + 6;
		}
		g.font = font;
		g.fillStyle = theme.ink;
		g.textAlign = 'left';
		g.fillText(fitText(g, this.data.rows[r], room), 8, y + ROW / 2 + 0.5);
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme */
	drawHead(g, theme) {
		this.data.panels.forEach((panel, k) => {
			const { x, w } = this.layout[k];

			g.textAlign = 'left';
			g.font = '600 12px ' + theme.font;
			g.fillStyle = theme.ink;
			/* The first may begin over the rows' names, none reaches into the next. */
			const from = this.o.slanted && k === 0 ? 8 : x[0];
			const to = this.layout[k + 1]?.x.length ? this.layout[k + 1].x[0] - 12 : this.surface.width;

			if (x.length)
				g.fillText(fitText(g, panel.title, to - from), from, 10);
			g.font = '11px ' + theme.font;
			g.fillStyle = theme.soft;
			if (this.o.slanted)
				panel.columns.forEach((name, c) => this.drawSlanted(g, name, x[c] + w / 2, 96));
			else
				this.drawNames(g, panel.columns, x, w);
		});
	}

	/**
	 * Core numbers, thinned out where they are narrow; words always.
	 * @param {CanvasRenderingContext2D} g
	 * @param {string[]} names
	 * @param {number[]} x
	 * @param {number} w
	 */
	drawNames(g, names, x, w) {
		const widest = names.reduce((m, n) => /^\d+$/.test(n) ? Math.max(m, g.measureText(n).width) : m, 0) + 6;
		const every = [1, 2, 4, 8, 16, 32, 64].find(n => n * w >= widest) || 128;

		names.forEach((name, c) => {
			const number = /^\d+$/.test(name);

			if (number && c % every)
				return;
			g.textAlign = 'center';
			if (!number && g.measureText(name).width > w + 6)
				this.drawSlanted(g, name, x[c] + w / 2, 40);
			else
				g.fillText(name, x[c] + w / 2, this.head - 12);
		});
	}

	/** @param {CanvasRenderingContext2D} g @param {string} name @param {number} x @param {number} room */
	drawSlanted(g, name, x, room) {
		g.save();
		g.translate(x + 2, this.head - 6);
		g.rotate(-Math.PI / 3.2);
		g.textAlign = 'left';
		g.fillText(fitText(g, name, room), 0, 0);
		g.restore();
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

		if (y < this.head - ROW)
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

		if (y >= this.head) {
			row = Math.min(this.data.rows.length - 1, Math.floor((at - this.head) / ROW));
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
		const columns = /** @param {number} k */ k => this.data.panels[k].columns.length;
		const last = this.data.panels.length - 1;
		let panel = Math.max(0, this.hot.panel);
		let column = this.hot.column + step[1];

		/* From panel to panel at their edges. */
		if (column >= columns(panel) && panel < last)
			[panel, column] = [panel + 1, 0];
		else if (column < 0 && step[1] < 0 && panel > 0)
			[panel, column] = [panel - 1, columns(panel - 1) - 1];
		this.hot = { panel, row: Math.max(0, Math.min(this.data.rows.length - 1, this.hot.row + step[0])),
			column: Math.max(0, Math.min(columns(panel) - 1, column)) };
		const y = this.rowY(this.hot.row);

		if (y - this.surface.scroll < this.head)
			this.el.scrollTop = y - this.head;
		else if (y + ROW - this.surface.scroll > this.surface.height)
			this.el.scrollTop = y + ROW - this.surface.height;
		this.surface.redrawTop();
		this.o.hover(panel, this.hot.row, this.hot.column, /** @type {any} */ (null));
		return true;
	}
}
