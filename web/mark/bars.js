/* SPDX-License-Identifier: MIT */
/* One horizontal bar per row, and a second value on its own axis as a lollipop. */

import { Surface } from '../ui/surface.js';
import { fitText, ticks } from './axes.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */

/**
 * @typedef {object} BarRow
 * @property {string} name
 * @property {string} note small text behind the name
 * @property {string} colour
 * @property {number} value
 * @property {number} second NaN: none
 * @property {string} text of the value, behind the bar
 * @property {boolean} marked
 * @property {boolean} first of its group: a rule stands above
 * @property {{ value: number, colour: string }[]} [parts] of the value, for StackMark
 */

/**
 * @typedef {object} BarData
 * @property {BarRow[]} rows
 * @property {string} title
 * @property {string} secondTitle "" = no lollipops
 * @property {number} full least end of the first axis
 * @property {(v: number) => string} label of the first axis
 * @property {(v: number) => string} secondLabel
 * @property {string} empty
 */

export const BAR_ROW = 25;
export const BAR_HEAD = 44;
const BAR_FOOT = 40;

export class BarsMark {
	/**
	 * @param {{ label: string, theme: () => Theme, hover: (row: number, event: PointerEvent) => void, leave: () => void,
	 *           click: (row: number) => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {BarData} */
		this.data = { rows: [], title: '', secondTitle: '', full: 1, label: String, secondLabel: String, empty: '' };
		this.hot = -1;
		this.names = 160;
		/** What the first axis ends with, and where. */
		this.end = 1;
		this.right = 0;
		this.surface = new Surface({ label: o.label, scroll: true, painter: this });
		this.el = this.surface.el;
	}

	/** @param {BarData} data @param {number} limit */
	set(data, limit) {
		this.data = data;
		this.hot = -1;
		this.surface.setHeight(BAR_HEAD + Math.max(1, data.rows.length) * BAR_ROW + (data.secondTitle ? BAR_FOOT : 10), limit);
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
		const names = this.names = Math.min(240, Math.max(112, width * 0.22));

		g.font = '11px ' + theme.font;
		const x1 = width - 14 - d.rows.slice(0, 200).reduce((m, r) => Math.max(m, g.measureText(r.text).width), 0);
		const foot = d.secondTitle ? BAR_FOOT : 10;

		g.textBaseline = 'middle';
		g.font = '13px ' + theme.font;
		if (!d.rows.length) {
			g.fillStyle = theme.soft;
			g.textAlign = 'left';
			g.fillText(d.empty, 0, BAR_HEAD);
			return;
		}
		const top = d.rows.reduce((m, r) => Math.max(m, r.value), d.full);
		const most = d.rows.reduce((m, r) => Math.max(m, r.second || 0), 0) || 1;
		const bar = ticks(0, top, Math.max(2, (x1 - names) / 90));
		const pole = ticks(0, most, Math.max(2, (x1 - names) / 110));
		this.end = Math.max(top, bar.at[bar.at.length - 1]);
		this.right = x1;
		const mostEnd = Math.ceil(most / pole.step - 1e-9) * pole.step;
		const S = /** @param {number} v */ v => names + v / mostEnd * (x1 - names);

		g.save();
		g.beginPath();
		g.rect(0, BAR_HEAD - 2, width, height - BAR_HEAD - foot + 4);
		g.clip();
		for (const t of bar.at) {
			g.fillStyle = theme.rule;
			g.fillRect(Math.round(this.x(t)), BAR_HEAD - 2, 1, height);
		}
		d.rows.forEach((r, i) => {
			const y = BAR_HEAD + i * BAR_ROW - scroll;

			if (y > -BAR_ROW && y < height)
				this.drawRow(g, theme, r, y, S, width, i);
		});
		g.restore();
		this.drawAxes(g, theme, bar.at.map(t => [this.x(t), d.label(t)]), d.secondTitle ?
			ticks(0, mostEnd, Math.max(2, (x1 - names) / 110)).at.map(t => [S(t), d.secondLabel(t)]) : [], height);
	}

	/** On the first axis. @param {number} v */
	x(v) {
		return this.names + v / this.end * (this.right - this.names);
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {BarRow} r
	 * @param {number} y
	 * @param {(v: number) => number} S
	 * @param {number} width
	 * @param {number} i
	 */
	drawRow(g, theme, r, y, S, width, i) {
		const middle = y + BAR_ROW / 2;

		if (r.marked) {
			g.fillStyle = theme.band;
			g.fillRect(0, y, width, BAR_ROW);
			g.fillStyle = theme.accent;
			g.fillRect(0, y + 3, 3, BAR_ROW - 6);
		}
		if (r.first && i) {
			g.fillStyle = theme.rule;
			g.fillRect(0, Math.round(y), width, 1);
		}
		g.font = (r.marked ? '600 ' : '') + '12px ' + theme.font;
		g.textAlign = 'left';
		const note = r.note ? g.measureText(r.note).width + 12 : 0;
		const name = r.note && !r.first && i ? '' : fitText(g, r.name, this.names - 20 - note);

		g.fillStyle = theme.ink;
		g.fillText(name, 8, middle);
		if (r.note) {
			g.fillStyle = theme.soft;
			g.font = '11px ' + theme.font;
			g.textAlign = 'right';
			g.fillText(r.note, this.names - 10, middle);
		}
		/* The bar above, the lollipop below it in the same row. */
		const poles = this.data.secondTitle !== '';
		const barHeight = poles ? 11 : 15;

		this.drawBar(g, r, y + (poles ? 3 : 5), barHeight);
		g.textAlign = 'left';
		g.font = '11px ' + theme.font;
		g.fillStyle = theme.soft;
		g.fillText(r.text, this.x(r.value) + 6, y + (poles ? 9 : 13));
		if (!Number.isNaN(r.second)) {
			const x = S(r.second);
			const low = y + 19.5;

			g.strokeStyle = theme.second;
			g.fillStyle = theme.paper;
			g.lineWidth = 1.5;
			g.beginPath();
			g.moveTo(this.names, low);
			g.lineTo(Math.max(this.names, x - 3), low);
			g.stroke();
			g.beginPath();
			g.arc(Math.max(x, this.names + 3.5), low, 3, 0, 7);
			g.fill();
			g.stroke();
		}
	}

	/** @param {CanvasRenderingContext2D} g @param {BarRow} r @param {number} y @param {number} height */
	drawBar(g, r, y, height) {
		g.fillStyle = r.colour;
		g.fillRect(this.names, y, Math.max(r.value > 0 ? 1 : 0, this.x(r.value) - this.names), height);
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {any[][]} upper pairs of x and text
	 * @param {any[][]} lower
	 * @param {number} height
	 */
	drawAxes(g, theme, upper, lower, height) {
		g.font = '11px ' + theme.font;
		g.textAlign = 'center';
		g.fillStyle = theme.soft;
		for (const [x, text] of upper)
			g.fillText(text, x, BAR_HEAD - 12);
		g.fillStyle = theme.second;
		for (const [x, text] of lower)
			g.fillText(text, x, height - BAR_FOOT + 14);
		g.textAlign = 'left';
		g.font = '600 12px ' + theme.font;
		g.fillStyle = theme.ink;
		/* Where it does not fit above the bars it begins with the names. */
		g.fillText(this.data.title, this.names + g.measureText(this.data.title).width > this.right ? 8 : this.names, 10);
		if (lower.length) {
			g.fillStyle = theme.rule;
			g.fillRect(this.names, height - BAR_FOOT + 3, g.canvas.width, 1);
			g.fillStyle = theme.second;
			g.fillText('○ ' + this.data.secondTitle, this.names, height - 8);
		}
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	over(g, width, height, scroll) {
		if (this.hot < 0)
			return;
		const y = BAR_HEAD + this.hot * BAR_ROW - scroll;

		if (y < BAR_HEAD - BAR_ROW)
			return;
		g.strokeStyle = this.o.theme().ink;
		g.globalAlpha = 0.3;
		g.strokeRect(0.5, y + 0.5, width - 1, BAR_ROW - 1);
		g.globalAlpha = 1;
	}

	/** @param {number} y */
	rowAt(y) {
		const row = Math.floor((y + this.surface.scroll - BAR_HEAD) / BAR_ROW);

		return y >= BAR_HEAD && row >= 0 && row < this.data.rows.length ? row : -1;
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		this.hot = this.rowAt(y);
		this.surface.redrawTop();
		if (this.hot >= 0)
			this.o.hover(this.hot, e);
		else
			this.o.leave();
	}

	leave() {
		this.hot = -1;
		this.surface.redrawTop();
		this.o.leave();
	}

	/** @param {number} x @param {number} y */
	click(x, y) {
		const row = this.rowAt(y);

		if (row >= 0)
			this.o.click(row);
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		if (e.key === 'Enter' && this.hot >= 0) {
			this.o.click(this.hot);
			return true;
		}
		if (e.key !== 'ArrowUp' && e.key !== 'ArrowDown' || !this.data.rows.length)
			return false;
		this.hot = Math.max(0, Math.min(this.data.rows.length - 1, this.hot + (e.key === 'ArrowUp' ? -1 : 1)));
		const y = BAR_HEAD + this.hot * BAR_ROW;

		if (y - this.surface.scroll < BAR_HEAD)
			this.el.scrollTop = y - BAR_HEAD;
		else if (y + BAR_ROW - this.surface.scroll > this.surface.height - BAR_FOOT)
			this.el.scrollTop = y + BAR_ROW - this.surface.height + BAR_FOOT;
		this.surface.redrawTop();
		this.o.hover(this.hot, /** @type {any} */ (null));
		return true;
	}
}
