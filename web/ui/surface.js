/* SPDX-License-Identifier: MIT */
/*
 * A place to draw: two canvases on top of each other (the picture, and what follows the pointer) at
 * the device's resolution, in an element that scrolls when the picture is higher than it. Canvases
 * are as large as what can be seen, whatever the length of the list that they show.
 */

import { download, el } from './dom.js';

/**
 * @typedef {object} Painter
 * @property {(g: CanvasRenderingContext2D, width: number, height: number, scroll: number) => void} draw
 * @property {(g: CanvasRenderingContext2D, width: number, height: number, scroll: number) => void} [over]
 * @property {(x: number, y: number, event: PointerEvent) => void} [move] y counts from the top of the picture, not of the scrolled part
 * @property {() => void} [leave]
 * @property {(x: number, y: number, event: PointerEvent) => void} [click]
 * @property {(x: number, y: number, event: PointerEvent) => boolean} [grab] true: drags follow
 * @property {(x: number, y: number, event: PointerEvent) => void} [drag]
 * @property {(x: number, y: number, event: PointerEvent, moved: boolean) => void} [drop]
 * @property {(x: number, y: number, event: WheelEvent) => boolean} [wheel] true: used up
 * @property {(event: KeyboardEvent) => boolean} [key] true: used up
 * @property {(x: number, y: number) => void} [twice]
 */

const CANVAS_MAX = 12000;

export class Surface {
	/**
	 * @param {{ label: string, painter: Painter, scroll?: boolean, className?: string }} o
	 */
	constructor(o) {
		this.painter = o.painter;
		this.base = el('canvas', { class: 'base' });
		this.top = el('canvas', { class: 'top' });
		this.pane = el('div', { class: 'pane' }, this.base, this.top);
		this.spacer = el('div', { class: 'spacer' }, this.pane);
		this.el = el('div', { class: 'surface' + (o.scroll ? ' scrolls' : '') + (o.className ? ' ' + o.className : ''),
			tabindex: '0', role: 'application', 'aria-label': o.label }, this.spacer);
		this.label = o.label;
		this.width = 0;
		this.height = 0;
		this.content = 0;
		this.limit = 0;
		this.baseDue = false;
		this.topDue = false;
		this.down = false;
		this.moved = false;
		this.startX = 0;
		this.startY = 0;
		this.scroll = 0;
		/* Sizes are taken from here only: asking for them elsewhere makes the browser lay out again. */
		this.observer = new ResizeObserver(() => {
			this.width = this.spacer.clientWidth;
			this.scroll = this.el.scrollTop;
			this.resize();
		});
		this.observer.observe(this.el);
		this.listen();
	}

	/**
	 * @param {number} content height of the whole picture
	 * @param {number} [limit] most that is seen at once
	 */
	setHeight(content, limit = Infinity) {
		this.content = Math.max(1, Math.round(content));
		this.limit = Math.min(this.content, Math.round(limit));
		this.scroll = Math.max(0, Math.min(this.scroll, this.content - this.limit));
		this.spacer.style.height = this.content + 'px';
		this.el.style.height = this.limit + 'px';
		this.resize();
		this.redraw();
	}

	resize() {
		const width = this.width;
		const height = Math.min(this.limit, CANVAS_MAX);
		const dpr = devicePixelRatio || 1;

		if (!width || !height)
			return;
		let changed = false;

		this.height = height;
		for (const canvas of [this.base, this.top]) {
			const w = Math.round(width * dpr);
			const h = Math.round(height * dpr);

			if (canvas.width !== w || canvas.height !== h) {
				canvas.width = w;
				canvas.height = h;
				canvas.style.width = width + 'px';
				canvas.style.height = height + 'px';
				changed = true;
			}
		}
		this.pane.style.height = height + 'px';
		/* A canvas that changed its size is empty: fill it before it is shown. */
		if (changed)
			this.paint();
	}

	redraw() {
		this.baseDue = true;
		this.redrawTop();
	}

	redrawTop() {
		if (!this.topDue) {
			this.topDue = true;
			requestAnimationFrame(() => this.flush());
		}
	}

	flush() {
		this.topDue = false;
		if (!this.width || !this.el.isConnected)
			return;
		if (this.baseDue)
			this.paint();
		else
			this.paintTop();
	}

	paint() {
		this.baseDue = false;
		if (!this.width)
			return;
		const g = this.context(this.base);

		this.painter.draw(g, this.width, this.height, this.scroll);
		this.paintTop();
	}

	paintTop() {
		const g = this.context(this.top);

		if (this.painter.over)
			this.painter.over(g, this.width, this.height, this.scroll);
	}

	/** @param {HTMLCanvasElement} canvas */
	context(canvas) {
		const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
		const dpr = devicePixelRatio || 1;

		g.setTransform(dpr, 0, 0, dpr, 0, 0);
		g.clearRect(0, 0, this.width, this.height);
		return g;
	}

	/** @param {MouseEvent} e @returns {[number, number]} */
	place(e) {
		const box = this.pane.getBoundingClientRect();

		return [e.clientX - box.left, e.clientY - box.top];
	}

	listen() {
		const p = this.painter;
		const node = this.pane;

		this.el.addEventListener('scroll', () => {
			this.scroll = this.el.scrollTop;
			this.redraw();
		}, { passive: true });
		node.addEventListener('pointermove', e => {
			const [x, y] = this.place(e);

			if (this.down) {
				this.moved = this.moved || Math.hypot(x - this.startX, y - this.startY) > 3;
				if (p.drag && this.moved)
					p.drag(x, y, e);
			} else if (p.move) {
				p.move(x, y, e);
			}
		});
		node.addEventListener('pointerdown', e => {
			const [x, y] = this.place(e);

			if (e.button !== 0)
				return;
			[this.startX, this.startY, this.moved] = [x, y, false];
			if (p.grab && p.grab(x, y, e)) {
				this.down = true;
				node.setPointerCapture(e.pointerId);
				e.preventDefault();
				this.el.focus({ preventScroll: true });
			}
		});
		node.addEventListener('pointerup', e => {
			const [x, y] = this.place(e);

			if (this.down) {
				this.down = false;
				if (p.drop)
					p.drop(x, y, e, this.moved);
			}
			if (!this.moved && p.click && e.button === 0)
				p.click(x, y, e);
		});
		node.addEventListener('pointercancel', e => {
			if (this.down && p.drop)
				p.drop(...this.place(e), e, false);
			this.down = false;
		});
		node.addEventListener('pointerleave', () => {
			if (p.leave && !this.down)
				p.leave();
		});
		node.addEventListener('dblclick', e => {
			if (p.twice)
				p.twice(...this.place(e));
		});
		if (p.wheel) {
			const wheel = p.wheel;

			node.addEventListener('wheel', e => {
				if (wheel.call(p, ...this.place(e), e))
					e.preventDefault();
			}, { passive: false });
		}
		if (p.key) {
			const key = p.key;

			this.el.addEventListener('keydown', e => {
				if (key.call(p, e)) {
					e.preventDefault();
					e.stopPropagation();
				}
			});
		}
	}

	/**
	 * The whole picture, also what is scrolled away, as a PNG file.
	 * @param {string} name of the file
	 * @param {string} title written above
	 * @param {{ paper: string, ink: string, soft: string, font: string }} theme
	 * @param {string} subtitle
	 */
	savePng(name, title, subtitle, theme) {
		const head = 52;
		const height = Math.min(this.content, CANVAS_MAX);
		const canvas = el('canvas', { width: Math.round(this.width * 2), height: Math.round((height + head) * 2) });
		const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));

		g.scale(2, 2);
		g.fillStyle = theme.paper;
		g.fillRect(0, 0, this.width, height + head);
		g.fillStyle = theme.ink;
		g.font = '600 15px ' + theme.font;
		g.fillText(title, 8, 20);
		g.fillStyle = theme.soft;
		g.font = '12px ' + theme.font;
		g.fillText(subtitle, 8, 38);
		g.translate(0, head);
		this.painter.draw(g, this.width, height, 0);
		canvas.toBlob(blob => blob && download(blob, name));
	}
}
