/* SPDX-License-Identifier: MIT */
/* One floating note beside the pointer, and the read-out for those who do not see it. */

import { el, fill } from './dom.js';

/** @typedef {[string, string]} TipLine name and value; an empty name makes a line of its own */

export class Tooltip {
	constructor() {
		this.el = el('div', { class: 'tip', hidden: true });
		this.live = el('div', { class: 'hidden', 'aria-live': 'polite', role: 'status' });
		document.body.append(this.el, this.live);
	}

	/**
	 * @param {PointerEvent | null} event null: from the keyboard, which is read out
	 * @param {string} title
	 * @param {TipLine[]} lines
	 * @param {string} [colour] of a swatch before the title
	 */
	show(event, title, lines, colour) {
		const swatch = el('span', { class: 'swatch' });

		if (colour)
			swatch.style.background = colour;
		fill(this.el, el('div', { class: 'tiptitle' }, colour ? swatch : null, title),
			el('dl', null, ...lines.flatMap(([name, value]) => name ?
				[el('dt', { text: name }), el('dd', { text: value })] : [el('dd', { class: 'wide', text: value })])));
		if (!event) {
			this.say(title + ', ' + lines.map(l => l.join(' ')).join(', '));
			this.el.hidden = true;
			return;
		}
		this.el.hidden = false;
		const box = this.el.getBoundingClientRect();
		const right = event.clientX + 16 + box.width < innerWidth;
		const below = event.clientY + 18 + box.height < innerHeight;

		this.el.style.left = Math.max(4, right ? event.clientX + 16 : event.clientX - 12 - box.width) + 'px';
		this.el.style.top = Math.max(4, below ? event.clientY + 18 : event.clientY - 12 - box.height) + 'px';
	}

	hide() {
		this.el.hidden = true;
	}

	/** @param {string} text */
	say(text) {
		this.live.textContent = text;
	}
}
