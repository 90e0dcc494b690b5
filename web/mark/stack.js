/* SPDX-License-Identifier: MIT */
/* Bars made of parts, one behind the other; each part is read out by itself. */

import { BAR_HEAD, BAR_ROW, BarsMark } from './bars.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** @typedef {import('./bars.js').BarRow} BarRow */

export class StackMark extends BarsMark {
	/**
	 * @param {{ label: string, theme: () => Theme, hover: (row: number, part: number, event: PointerEvent) => void, leave: () => void,
	 *           click: (row: number) => void }} o part: -1 = none of them
	 */
	constructor(o) {
		super({ label: o.label, theme: o.theme, leave: o.leave, click: o.click, hover: (row, e) => o.hover(row, this.part, e) });
		this.part = -1;
	}

	/** @param {CanvasRenderingContext2D} g @param {BarRow} r @param {number} y @param {number} height */
	drawBar(g, r, y, height) {
		let sum = 0;

		for (const { value, colour } of r.parts || []) {
			const x0 = this.x(sum);
			const x1 = this.x(sum += value);
			/* A light gap between parts that are wide enough to lose it. */
			const gap = x1 - x0 > 4 ? 1 : 0;

			g.fillStyle = colour;
			g.fillRect(x0, y, Math.max(0, x1 - x0 - gap), height);
		}
	}

	/** Begin and end of the part that is read out. */
	hotSpan() {
		const parts = this.data.rows[this.hot]?.parts || [];
		const before = parts.slice(0, this.part).reduce((s, p) => s + p.value, 0);

		return this.part < 0 || !parts[this.part] ? null : [this.x(before), this.x(before + parts[this.part].value)];
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	over(g, width, height, scroll) {
		const span = this.hotSpan();
		const y = BAR_HEAD + this.hot * BAR_ROW - scroll;

		super.over(g, width, height, scroll);
		if (!span || y < BAR_HEAD - BAR_ROW)
			return;
		g.strokeStyle = this.o.theme().ink;
		g.lineWidth = 1.5;
		g.strokeRect(span[0] - 0.5, y + 4, Math.max(2, span[1] - span[0]), 17);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		const row = this.data.rows[this.rowAt(y)];
		let sum = 0;

		this.part = row?.parts && x >= this.names ? row.parts.findIndex(p => x < this.x(sum += p.value)) : -1;
		super.move(x, y, e);
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		const parts = this.data.rows[this.hot]?.parts;

		if (e.key.startsWith('Arrow') && this.hot < 0)
			this.part = -1;
		if (!parts || e.key !== 'ArrowLeft' && e.key !== 'ArrowRight')
			return super.key(e);
		const step = e.key === 'ArrowLeft' ? -1 : 1;
		let part = this.part + step;

		while (parts[part] && !parts[part].value)
			part += step;
		this.part = part < parts.length ? Math.max(-1, part) : this.part;
		this.surface.redrawTop();
		this.o.hover(this.hot, /** @type {any} */ (null));
		return true;
	}
}
