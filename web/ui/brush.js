/* SPDX-License-Identifier: MIT */
/*
 * The whole capture as a strip: one row per CPU, colour = share of time that it ran something. The
 * window of all charts is drawn here: drag beside it to choose, inside it to move, on its edges to widen.
 */

import { parseHex } from './palette.js';
import { Surface } from './surface.js';
import { TimeScale, drawTimeAxis } from '../mark/axes.js';
import { TimeGestures } from '../mark/gestures.js';

/** @typedef {import('./palette.js').Theme} Theme */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */
/** @typedef {{ run: Run, cube: Cube, mask: Uint8Array, name: string, of?: string }} Strip of: what the shares are of, those of the bin with most of it */

const B_FOOT = 24;
const B_LEFT = 62;
const EDGE = 5;

export class Brush {
	/**
	 * @param {{ theme: () => Theme, span: () => number, window: () => { from: number, to: number }, zoom: (from: number, to: number) => void,
	 *           snap: (from: number, to: number) => [number, number], cursor: (t: number | null) => void, getCursor: () => number | null,
	 *           hover: (strip: Strip, cpu: number, t: number, share: number, event: PointerEvent) => void, leave: () => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {Strip[]} */
		this.strips = [];
		this.scale = new TimeScale(0, 1, 0, 1);
		/** @type {{ how: string, from: number, to: number, t: number } | null} */
		this.held = null;
		this.row = 10;
		/** @type {Float64Array[]} */
		this.heat = [];
		this.gestures = new TimeGestures({ scale: () => this.windowScale(), window: o.window, span: o.span, zoom: o.zoom, redraw: () => this.surface.redrawTop(),
			cursor: o.cursor, getCursor: o.getCursor });
		this.surface = new Surface({ label: 'Time window: arrow keys move the cursor, plus and minus zoom, 0 shows everything',
			className: 'brush', painter: this });
		this.el = this.surface.el;
		this.surface.setHeight(20 + B_FOOT);
	}

	/** The chart's window as a scale, for zooming with keys and wheel. */
	windowScale() {
		const w = this.o.window();

		return new TimeScale(w.from, w.to, this.scale.x(w.from), this.scale.x(w.to));
	}

	/** @param {Strip[]} strips */
	set(strips) {
		const rows = strips.reduce((n, s) => n + s.run.cpus.length, 0);

		this.strips = strips;
		this.row = Math.max(1, Math.min(16, Math.floor(56 / Math.max(1, rows))));
		this.heat = strips.map(s => this.shares(s));
		this.surface.setHeight(this.stripHeight() + B_FOOT + 4);
		this.surface.redraw();
	}

	stripHeight() {
		return this.strips.reduce((n, s) => n + s.run.cpus.length * this.row + 4, 0);
	}

	/** Share of each bin in which shown tasks ran, [bin * cpus + cpu]. @param {Strip} s */
	shares(s) {
		const cpus = s.run.cpus.length;
		const bin = s.cube.bin;
		const bins = Math.max(1, Math.ceil(s.run.span / bin));
		const out = new Float64Array(bins * cpus);
		const [time, cpu, task, run] = s.cube.column;

		for (let i = 0; i < s.cube.rows; i++) {
			const c = s.run.cpuIndex.get(cpu[i]);

			if (c !== undefined && s.mask[task[i]])
				out[Math.round(time[i] / bin) * cpus + c] += run[i] / bin;
		}
		return out;
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height */
	draw(g, width, height) {
		const theme = this.o.theme();
		let y = 2;

		this.scale = new TimeScale(0, this.o.span(), B_LEFT, width - 12);
		drawTimeAxis(g, theme, this.scale, height - B_FOOT, 0);
		this.strips.forEach((s, k) => {
			const h = s.run.cpus.length * this.row;

			g.fillStyle = theme.soft;
			g.font = '11px ' + theme.font;
			g.textAlign = 'right';
			g.textBaseline = 'middle';
			g.fillText(this.strips.length > 1 ? s.name.slice(0, 8) : s.run.cpus.length + ' CPU' + (s.run.cpus.length === 1 ? '' : 's'),
				B_LEFT - 8, y + h / 2 + 0.5);
			g.fillStyle = theme.band;
			g.fillRect(B_LEFT, y, this.scale.x1 - B_LEFT, h);
			this.drawStrip(g, theme, s, this.heat[k], y);
			y += h + 4;
		});
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {Strip} s
	 * @param {Float64Array} heat
	 * @param {number} y
	 */
	drawStrip(g, theme, s, heat, y) {
		const cpus = s.run.cpus.length;
		/* A longer run ends with the strip where two are compared. */
		const span = Math.min(s.run.span, this.scale.to);
		const bins = heat.length / cpus * (span / s.run.span);
		const columns = Math.max(1, Math.round(this.scale.x(span) - B_LEFT));
		const image = new ImageData(columns, cpus);
		const low = parseHex(theme.band);
		const high = parseHex(theme.bar);

		for (let c = 0; c < cpus; c++) {
			for (let x = 0; x < columns; x++) {
				const b0 = Math.floor(x * bins / columns);
				const b1 = Math.max(b0 + 1, Math.ceil((x + 1) * bins / columns));
				let sum = 0;

				for (let b = b0; b < b1 && b < bins; b++)
					sum += heat[b * cpus + c];
				const v = Math.min(1, sum / (b1 - b0));
				const at = (c * columns + x) * 4;
				const part = v > 0 ? 0.08 + 0.92 * v : 0;

				for (let k = 0; k < 3; k++)
					image.data[at + k] = low[k] + (high[k] - low[k]) * part;
				image.data[at + 3] = 255;
			}
		}
		const picture = document.createElement('canvas');

		picture.width = columns;
		picture.height = cpus;
		/** @type {CanvasRenderingContext2D} */ (picture.getContext('2d')).putImageData(image, 0, 0);
		g.imageSmoothingEnabled = false;
		g.drawImage(picture, B_LEFT, y, columns, cpus * this.row);
		if (this.row >= 6) {
			g.fillStyle = theme.paper;
			for (let c = 1; c < cpus; c++)
				g.fillRect(B_LEFT, y + c * this.row - 0.5, columns, 1);
		}
		g.fillStyle = theme.hatching(g);
		s.run.json.cpus.forEach((c, i) => {
			for (const gap of [{ from: 0, to: c.start }, { from: c.end, to: s.run.span }, ...s.run.gaps(c.cpu)]) {
				if (gap.to > gap.from)
					g.fillRect(this.scale.x(gap.from), y + i * this.row, Math.max(2, (gap.to - gap.from) * this.scale.perNs), this.row);
			}
		});
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height */
	over(g, width, height) {
		const theme = this.o.theme();
		const w = this.o.window();
		const s = this.scale;
		const bottom = height - B_FOOT;
		const x0 = s.x(w.from);
		const x1 = Math.max(x0 + 1, s.x(w.to));
		const cursor = this.o.getCursor();

		if (w.from > 0 || w.to < this.o.span()) {
			g.fillStyle = theme.paper;
			g.globalAlpha = 0.72;
			g.fillRect(s.x0, 0, x0 - s.x0, bottom);
			g.fillRect(x1, 0, s.x1 - x1, bottom);
			g.globalAlpha = 1;
			g.fillStyle = theme.accent;
			g.fillRect(x0 - 1, 0, 2, bottom);
			g.fillRect(x1 - 1, 0, 2, bottom);
			g.fillRect(x0, 0, x1 - x0, 2);
			for (const x of [x0, x1]) {
				g.beginPath();
				g.roundRect(x - 3, bottom / 2 - 8, 6, 16, 3);
				g.fill();
			}
		}
		if (cursor !== null) {
			g.fillStyle = theme.ink;
			g.globalAlpha = 0.6;
			g.fillRect(Math.round(s.x(cursor)), 0, 1, bottom);
			g.globalAlpha = 1;
		}
	}

	/** @param {number} x */
	part(x) {
		const w = this.o.window();
		const x0 = this.scale.x(w.from);
		const x1 = this.scale.x(w.to);

		if (w.from <= 0 && w.to >= this.o.span())
			return 'new';
		if (Math.abs(x - x0) <= EDGE)
			return 'from';
		if (Math.abs(x - x1) <= EDGE)
			return 'to';
		return x > x0 && x < x1 ? 'move' : 'new';
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		const s = this.scale;
		const t = s.time(x);
		let top = 2;

		this.surface.pane.style.cursor = { new: 'crosshair', move: 'grab', from: 'ew-resize', to: 'ew-resize' }[this.part(x)] || '';
		if (x < s.x0 || x > s.x1) {
			this.leave();
			return;
		}
		this.o.cursor(t);
		for (const [k, strip] of this.strips.entries()) {
			const cpus = strip.run.cpus.length;
			const c = Math.floor((y - top) / this.row);

			if (c >= 0 && c < cpus && t < strip.run.span) {
				const bin = Math.floor(t / strip.cube.bin);

				this.o.hover(strip, strip.run.cpus[c], t, this.heat[k][bin * cpus + c], e);
				return;
			}
			top += cpus * this.row + 4;
		}
		this.o.leave();
	}

	leave() {
		this.o.cursor(null);
		this.o.leave();
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	grab(x, y, e) {
		const w = this.o.window();
		const s = this.scale;

		if (x < s.x0 - EDGE || x > s.x1 + EDGE)
			return false;
		this.held = { how: e.shiftKey ? 'new' : this.part(x), from: w.from, to: w.to, t: s.time(x) };
		return true;
	}

	/** @param {number} x */
	drag(x) {
		const h = this.held;
		const span = this.o.span();

		if (!h)
			return;
		const t = Math.max(0, Math.min(span, this.scale.time(x)));
		let [from, to] = [h.from, h.to];

		if (h.how === 'move') {
			const by = Math.max(-h.from, Math.min(span - h.to, this.scale.time(x) - h.t));

			[from, to] = [h.from + by, h.to + by];
		} else {
			const other = h.how === 'new' ? h.t : h.how === 'from' ? h.to : h.from;

			[from, to] = [Math.min(other, t), Math.max(other, t)];
		}
		this.o.zoom(...this.o.snap(from, to));
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e @param {boolean} moved */
	drop(x, y, e, moved) {
		const h = this.held;

		this.held = null;
		/* A click beside the window moves its middle there. */
		if (h && !moved && h.how === 'new') {
			const w = this.o.window();

			if (w.from > 0 || w.to < this.o.span())
				this.gestures.show(h.t - (w.to - w.from) / 2, h.t + (w.to - w.from) / 2);
		}
	}

	twice() {
		this.o.zoom(0, this.o.span());
	}

	/** @param {number} x @param {number} y @param {WheelEvent} e */
	wheel(x, y, e) {
		if (x < this.scale.x0 || x > this.scale.x1)
			return false;
		if (Math.abs(e.deltaX) > Math.abs(e.deltaY))
			this.gestures.panBy(Math.max(-0.5, Math.min(0.5, e.deltaX / 600)));
		else
			this.gestures.zoomBy(Math.exp(Math.max(-0.5, Math.min(0.5, e.deltaY / 300))), this.scale.time(x));
		return true;
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		return this.gestures.key(e);
	}
}
