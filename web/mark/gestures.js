/* SPDX-License-Identifier: MIT */
/*
 * What the pointer and the keys do on every chart over time: drag selects the window, drag with shift
 * moves it, the wheel zooms around the pointer (sideways: moves), double click zooms out.
 */

/** @typedef {import('./axes.js').TimeScale} TimeScale */
/** @typedef {import('../ui/palette.js').Theme} Theme */

/** Nothing is shown closer than this. */
export const WINDOW_MIN_NS = 200;

export class TimeGestures {
	/**
	 * @param {{ scale: () => TimeScale, window: () => { from: number, to: number }, span: () => number, zoom: (from: number, to: number) => void, redraw: () => void,
	 *           cursor: (t: number | null) => void, getCursor: () => number | null }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {{ x: number, to: number, pan: boolean, from: number, end: number } | null} */
		this.held = null;
	}

	/** @param {number} x @param {PointerEvent} e */
	grab(x, e) {
		const s = this.o.scale();

		if (x < s.x0 - 4 || x > s.x1 + 4)
			return false;
		this.held = { x, to: x, pan: e.shiftKey, from: s.from, end: s.to };
		return true;
	}

	/** @param {number} x */
	drag(x) {
		const h = this.held;
		const s = this.o.scale();

		if (!h)
			return;
		h.to = Math.max(s.x0, Math.min(s.x1, x));
		if (h.pan) {
			const by = (x - h.x) / s.perNs;

			this.show(h.from - by, h.end - by);
		}
		this.o.redraw();
	}

	/** @param {boolean} moved */
	drop(moved) {
		const h = this.held;
		const s = this.o.scale();

		this.held = null;
		if (h && moved && !h.pan && Math.abs(h.to - h.x) > 3)
			this.show(s.time(Math.min(h.x, h.to)), s.time(Math.max(h.x, h.to)));
		this.o.redraw();
	}

	/**
	 * Show [from, to), moved into the capture.
	 * @param {number} from
	 * @param {number} to
	 */
	show(from, to) {
		const span = this.o.span();
		const width = Math.min(span, Math.max(WINDOW_MIN_NS, to - from));
		const start = Math.max(0, Math.min(span - width, from));

		this.o.zoom(Math.round(start), Math.round(start + width));
	}

	/**
	 * @param {number} factor below 1 = closer
	 * @param {number} [around] ns
	 */
	zoomBy(factor, around) {
		/* The window as it is set now: the picture may be a frame behind. */
		const s = this.o.window();
		const middle = around ?? this.o.getCursor() ?? (s.from + s.to) / 2;
		const at = Math.max(s.from, Math.min(s.to, middle));
		const width = Math.max(WINDOW_MIN_NS, (s.to - s.from) * factor);
		const part = (at - s.from) / (s.to - s.from);

		this.show(at - width * part, at + width * (1 - part));
	}

	/** @param {number} part of the window, to the right */
	panBy(part) {
		const s = this.o.window();
		const by = (s.to - s.from) * part;

		this.show(s.from + by, s.to + by);
	}

	/** @param {number} x @param {WheelEvent} e */
	wheel(x, e) {
		const s = this.o.scale();
		const sideways = e.shiftKey ? e.deltaY || e.deltaX : e.deltaX;

		if (x < s.x0 || x > s.x1)
			return false;
		if (Math.abs(sideways) > Math.abs(e.shiftKey ? 0 : e.deltaY))
			this.panBy(Math.max(-0.5, Math.min(0.5, sideways / 600)));
		else
			this.zoomBy(Math.exp(Math.max(-0.5, Math.min(0.5, e.deltaY / 300))), s.time(x));
		return true;
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		const s = this.o.window();
		const far = e.shiftKey ? 0.1 : 0.01;

		if (e.ctrlKey || e.metaKey || e.altKey)
			return false;
		if (e.key === '+' || e.key === '=') {
			this.zoomBy(0.6);
		} else if (e.key === '-' || e.key === '_') {
			this.zoomBy(1 / 0.6);
		} else if (e.key === '0') {
			this.show(0, this.o.span());
		} else if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') {
			const at = this.o.getCursor() ?? (s.from + s.to) / 2;
			const to = at + (e.key === 'ArrowLeft' ? -far : far) * (s.to - s.from);

			if (to < s.from || to > s.to)
				this.panBy(to < s.from ? -0.25 : 0.25);
			this.o.cursor(Math.max(0, Math.min(this.o.span(), to)));
		} else {
			return false;
		}
		return true;
	}

	/**
	 * The span that is being selected, and the shared cursor.
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {number} top
	 * @param {number} bottom
	 */
	drawOver(g, theme, top, bottom) {
		const s = this.o.scale();
		const cursor = this.o.getCursor();

		if (this.held && !this.held.pan && Math.abs(this.held.to - this.held.x) > 3) {
			const x = Math.min(this.held.x, this.held.to);

			g.fillStyle = theme.accent;
			g.globalAlpha = 0.18;
			g.fillRect(x, top, Math.abs(this.held.to - this.held.x), bottom - top);
			g.globalAlpha = 1;
		}
		if (cursor !== null && cursor >= s.from && cursor <= s.to) {
			g.fillStyle = theme.ink;
			g.globalAlpha = 0.55;
			g.fillRect(Math.round(s.x(cursor)), top, 1, bottom - top);
			g.globalAlpha = 1;
		}
	}
}
