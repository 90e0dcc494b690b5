/* SPDX-License-Identifier: MIT */
/*
 * A flame graph: boxes as wide as their weight, each on its caller, growing up from the bottom or down
 * from the top. Arrow keys walk from box to box; what is thinner than a pixel is drawn together.
 */

import { framePath } from '../data/calltree.js';
import { Surface } from '../ui/surface.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** @typedef {import('../data/calltree.js').Box} Box */
/** @typedef {import('../data/calltree.js').Frame} Frame */

/**
 * @typedef {object} FlameData
 * @property {(width: number) => Box[][]} layout boxes by row
 * @property {boolean} up the first row is at the bottom
 * @property {(box: Box) => string} name
 * @property {(box: Box) => { fill: string, ink: string }} colour
 * @property {((box: Box) => boolean) | null} found what is searched for; null: nothing is
 * @property {boolean} outlined
 * @property {string} empty
 */

export const FLAME_ROW = 19;
const FLAME_TEXT = 28;
const FLAME_PAD = 5;

export class FlameMark {
	/**
	 * @param {{ label: string, theme: () => Theme, hover: (box: Box, event: PointerEvent) => void, leave: () => void, zoom: (box: Box) => void, out: () => boolean }} o
	 * out: one step back; false: there is none
	 */
	constructor(o) {
		this.o = o;
		/** @type {FlameData} */
		this.data = { layout: () => [], up: false, name: () => '', colour: () => ({ fill: '', ink: '' }), found: null, outlined: false, empty: '' };
		/** @type {Box[][]} */
		this.rows = [];
		this.laidOut = 0;
		this.limit = 0;
		/** @type {Box | null} */
		this.hot = null;
		/** What grows up begins at its bottom, once it has a size. */
		this.toBottom = true;
		this.surface = new Surface({ label: o.label, scroll: true, painter: this, className: 'flame' });
		this.el = this.surface.el;
	}

	/** @param {FlameData} data @param {number} limit height that may be used */
	set(data, limit) {
		const hot = this.hot && framePath(this.hot.frame).join();
		const row = this.hot?.row;

		this.toBottom = this.toBottom || data.up && !this.data.up;
		this.data = data;
		this.limit = limit;
		this.place(this.surface.width || 1200);
		this.hot = hot === null ? null : this.rows.flat().find(b => b.row === row && framePath(b.frame).join() === hot) || null;
	}

	/** @param {number} width */
	place(width) {
		const atBottom = this.surface.scroll + this.surface.limit >= this.surface.content - 2;

		this.laidOut = width;
		this.rows = this.data.layout(width);
		this.surface.setHeight(Math.max(2, this.rows.length) * FLAME_ROW + 2, this.limit);
		if (!this.data.up || !(atBottom || this.toBottom) || !this.surface.width)
			return;
		this.toBottom = false;
		this.el.scrollTop = this.surface.scroll = this.surface.content - this.surface.limit;
	}

	/** @param {number} row */
	rowY(row) {
		return this.data.up ? this.surface.content - 1 - (row + 1) * FLAME_ROW : 1 + row * FLAME_ROW;
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	draw(g, width, height, scroll) {
		const theme = this.o.theme();

		if (Math.abs(width - this.laidOut) > 1) {
			this.laidOut = width;
			this.rows = this.data.layout(width);
			requestAnimationFrame(() => this.place(width));
		}
		g.textBaseline = 'middle';
		g.textAlign = 'left';
		if (!this.rows.length || !(this.rows[0][0].frame.values[0] > 0)) {
			g.fillStyle = theme.soft;
			g.font = '13px ' + theme.font;
			g.fillText(this.data.empty, 0, FLAME_ROW);
			return;
		}
		g.font = '11.5px ' + theme.font;
		this.rows.forEach((row, i) => {
			const y = this.rowY(i) - scroll;

			if (y < -FLAME_ROW || y > height)
				return;
			for (const box of row)
				this.drawBox(g, theme, box, y, width);
		});
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {Box} box @param {number} y @param {number} width */
	drawBox(g, theme, box, y, width) {
		const x = box.x0 * width;
		const w = (box.x1 - box.x0) * width;
		const rest = box.frame.merged > 0;
		const { fill, ink } = rest ? { fill: theme.fade, ink: theme.soft } : this.data.colour(box);
		const faded = box.above || this.data.found && !this.data.found(box);

		g.globalAlpha = faded ? 0.38 : 1;
		g.fillStyle = fill;
		/* Thin ones touch, so that a row of them is seen as one. */
		g.fillRect(x, y, Math.max(0.6, w - (w > 3 ? 1 : 0)), FLAME_ROW - 1);
		if (this.data.outlined && w > 4) {
			g.strokeStyle = theme.fade;
			g.lineWidth = 1;
			g.strokeRect(x + 0.5, y + 0.5, w - 2, FLAME_ROW - 2);
		}
		if (!rest && w >= FLAME_TEXT) {
			g.globalAlpha = faded ? 0.75 : 1;
			g.fillStyle = faded ? theme.ink : ink;
			g.fillText(cutText(g, this.data.name(box), w - 2 * FLAME_PAD), x + FLAME_PAD, y + FLAME_ROW / 2);
		}
		g.globalAlpha = 1;
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	over(g, width, height, scroll) {
		const box = this.hot;

		if (!box)
			return;
		g.strokeStyle = this.o.theme().ink;
		g.lineWidth = 1.5;
		g.strokeRect(box.x0 * width + 0.25, this.rowY(box.row) - scroll - 0.25, Math.max(2, (box.x1 - box.x0) * width - 1.5), FLAME_ROW - 0.5);
	}

	/** @param {number} x @param {number} y on the pane */
	boxAt(x, y) {
		const at = y + this.surface.scroll;
		const row = Math.floor((this.data.up ? this.surface.content - 1 - at : at - 1) / FLAME_ROW);
		const part = x / this.surface.width;

		return (this.rows[row] || []).find(b => part >= b.x0 && part < b.x1) || null;
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		this.hot = this.boxAt(x, y);
		this.surface.redrawTop();
		this.surface.pane.style.cursor = this.hot ? 'pointer' : '';
		if (this.hot)
			this.o.hover(this.hot, e);
		else
			this.o.leave();
	}

	leave() {
		this.hot = null;
		this.surface.redrawTop();
		this.o.leave();
	}

	/** @param {number} x @param {number} y */
	click(x, y) {
		const box = this.boxAt(x, y);

		if (box && !box.frame.merged)
			this.o.zoom(box);
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		if (e.ctrlKey || e.metaKey || e.altKey || !this.rows.length)
			return false;
		if (e.key === 'Enter' && this.hot && !this.hot.frame.merged) {
			this.o.zoom(this.hot);
			return true;
		}
		if (e.key === 'Escape' || e.key === 'Backspace')
			return this.o.out();
		const to = this.hot ? this.step(this.hot, e.key) : /^Arrow/.test(e.key) ? this.rows.find(r => !r[0].above)?.[0] : undefined;

		if (to === undefined)
			return false;
		this.hot = to;
		this.show(to);
		this.surface.redrawTop();
		this.o.hover(to, /** @type {any} */ (null));
		return true;
	}

	/** The box beside, on top of or below another; undefined: no such key. @param {Box} box @param {string} key @returns {Box | undefined} */
	step(box, key) {
		const outwards = this.data.up ? 'ArrowUp' : 'ArrowDown';
		const row = this.rows[box.row];
		const at = row.indexOf(box);

		if (key === 'ArrowLeft' || key === 'ArrowRight')
			return row[at + (key === 'ArrowLeft' ? -1 : 1)] || box;
		if (key !== 'ArrowUp' && key !== 'ArrowDown')
			return undefined;
		if (key === outwards) {
			const over = (this.rows[box.row + 1] || []).filter(b => b.x0 >= box.x0 - 1e-9 && b.x1 <= box.x1 + 1e-9);

			return over.reduce((/** @type {Box} */ most, b) => most === box || b.x1 - b.x0 > most.x1 - most.x0 ? b : most, box);
		}
		return (this.rows[box.row - 1] || []).find(b => b.x0 <= box.x0 + 1e-9 && b.x1 >= box.x1 - 1e-9) || box;
	}

	/** Scroll so that a box can be seen. @param {Box} box */
	show(box) {
		const y = this.rowY(box.row);

		if (y < this.surface.scroll)
			this.el.scrollTop = y;
		else if (y + FLAME_ROW > this.surface.scroll + this.surface.height)
			this.el.scrollTop = y + FLAME_ROW - this.surface.height;
	}
}

/** Widths of whole names; measuring is what costs here. @type {Map<string, number>} */
const nameWidths = new Map();
const NAME_WIDTHS_MAX = 20000;

/** Names begin with what tells most. @param {CanvasRenderingContext2D} g @param {string} text @param {number} width */
function cutText(g, text, width) {
	const whole = nameWidths.get(text) ?? g.measureText(text).width;

	if (nameWidths.size > NAME_WIDTHS_MAX)
		nameWidths.clear();
	nameWidths.set(text, whole);
	if (whole <= width)
		return text;
	/* By the mean width of its letters, then corrected. */
	let n = Math.floor(text.length * width / whole);

	while (n > 1 && g.measureText(text.slice(0, n) + '…').width > width)
		n--;
	return n > 1 ? text.slice(0, n) + '…' : '';
}
