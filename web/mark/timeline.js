/* SPDX-License-Identifier: MIT */
/*
 * Lanes over time: one per CPU, filled with who ran. Far out each pixel column is a bar of shares,
 * stacked by colour, from the cube; close in it is every single run, from the events. What does not
 * fill a pixel is always summed into shares, so nothing is left out at any zoom.
 */

import { cubeRange } from '../data/cube.js';
import { guestBlocks, guestPartsOf } from '../data/guestparts.js';
import { entryRows, sliceBlocks, slicesOf } from '../data/slices.js';
import { TASK_NONE } from '../data/tasklist.js';
import { cssWord } from '../ui/palette.js';
import { Surface } from '../ui/surface.js';
import { TimeScale, drawTimeAxis, fitText } from './axes.js';
import { TimeGestures } from './gestures.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */

/**
 * How the tasks of a run are drawn.
 * @typedef {object} LanePaint
 * @property {Uint8Array} slot by task: number into colours, SLOT_HIDDEN = not drawn
 * @property {string[]} colours
 * @property {number} marked slot drawn first (at the bottom of a lane), or -1
 * @property {[string, string] | null} guest colours of a vCPU's time in the guest and out of it; null = not known
 */

/** @typedef {{ run: Run, cube: Cube, paint: LanePaint, name: string }} LaneGroup */

export const SLOT_HIDDEN = 255;
const SLOTS = 16;
const T_LEFT = 62;
const T_FOOT = 28;
const T_TOP = 6;
const T_GROUP = 22;
/** Runs that are decoded and drawn one by one for one picture, at most. */
const SLICES_MAX = 400000;
/** Slices from this width on are drawn with sharp edges. */
const SHARP_PX = 2;
/** Height of the band below a vCPU's run: guest and host. */
const BAND_PX = 5;

export class TimelineMark {
	/**
	 * @param {{ label: string, theme: () => Theme, window: () => { from: number, to: number }, span: () => number, zoom: (from: number, to: number) => void,
	 *           cursor: (t: number | null) => void, getCursor: () => number | null, leave: () => void, failed: (e: unknown) => void,
	 *           hover: (group: number, cpu: number, t: number, exact: boolean, event: PointerEvent) => void,
	 *           click: (group: number, cpu: number, t: number, exact: boolean, lane: boolean) => void,
	 *           detail: (exact: boolean, loading: boolean) => void }} o
	 */
	constructor(o) {
		this.o = o;
		/** @type {LaneGroup[]} */
		this.groups = [];
		this.window = { from: 0, to: 1 };
		this.scale = new TimeScale(0, 1, 0, 1);
		this.lane = 30;
		this.hotLane = -1;
		this.gestures = new TimeGestures({ ...o, scale: () => this.scale, redraw: () => this.surface.redrawTop() });
		this.surface = new Surface({ label: o.label, painter: this, scroll: true });
		this.el = this.surface.el;
		this.picture = document.createElement('canvas');
		this.loading = 0;
		this.exact = false;
	}

	/**
	 * @param {LaneGroup[]} groups
	 * @param {{ from: number, to: number }} window
	 * @param {number} limit
	 */
	set(groups, window, limit) {
		const lanes = groups.reduce((n, g) => n + g.run.cpus.length, 0);

		this.groups = groups;
		this.window = window;
		this.lane = Math.max(14, Math.min(60, Math.floor((limit - 60) / Math.max(1, lanes))));
		this.surface.setHeight(T_TOP + this.heads() * T_GROUP * groups.length + lanes * this.lane + T_FOOT, limit);
		this.load();
	}

	heads() {
		return this.groups.length > 1 ? 1 : 0;
	}

	/** Rows of the lanes: group, CPU position and y. */
	lanes() {
		const out = [];
		let y = T_TOP;

		for (const [group, g] of this.groups.entries()) {
			y += this.heads() * T_GROUP;
			for (let cpu = 0; cpu < g.run.cpus.length; cpu++, y += this.lane)
				out.push({ group, cpu, y });
		}
		return out;
	}

	/** Single runs can be shown: few enough, and closer than the bins of the cube. @param {LaneGroup} g */
	wantsSlices(g) {
		const { from, to } = this.window;
		const width = Math.max(300, this.surface.width);
		let rows = 0;

		if ((to - from) / g.cube.bin > width / 1.5)
			return false;
		for (const cpu of g.run.cpus)
			rows += entryRows(sliceBlocks(g.run, cpu, from, to));
		return rows > 0 && rows <= SLICES_MAX;
	}

	/** The band of guest time can be shown: few enough events. @param {LaneGroup} g */
	wantsGuests(g) {
		const { from, to } = this.window;

		return g.paint.guest !== null && this.lane >= 14 && g.run.cpus.reduce((n, cpu) => n + entryRows(guestBlocks(g.run, cpu, from, to)), 0) <= SLICES_MAX;
	}

	/** Decode what the window needs, in pieces. */
	async load() {
		const ticket = ++this.loading;
		const { from, to } = this.window;
		let missing = false;

		this.exact = this.groups.length > 0 && this.groups.every(g => this.wantsSlices(g));
		for (const g of this.groups) {
			if (!this.wantsSlices(g))
				continue;
			for (const cpu of g.run.cpus) {
				const entries = [...sliceBlocks(g.run, cpu, from, to), ...this.wantsGuests(g) ? guestBlocks(g.run, cpu, from, to) : []].filter(e => !g.run.events.peek(e));

				if (!entries.length)
					continue;
				if (!missing)
					this.o.detail(false, true);
				missing = true;
				try {
					await g.run.events.load(entries, () => ticket === this.loading, () => this.surface.redraw());
				} catch (e) {
					this.o.failed(e);
					return;
				}
				if (ticket !== this.loading)
					return;
			}
		}
		this.o.detail(this.exact, false);
		this.surface.redraw();
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	draw(g, width, height, scroll) {
		const theme = this.o.theme();
		const bottom = height - T_FOOT;

		this.scale = new TimeScale(this.window.from, this.window.to, T_LEFT, width - 12);
		drawTimeAxis(g, theme, this.scale, bottom, T_TOP);
		g.save();
		g.beginPath();
		g.rect(0, 0, width, bottom);
		g.clip();
		let head = -1;

		for (const lane of this.lanes()) {
			const y = lane.y - scroll;
			const group = this.groups[lane.group];

			if (this.heads() && lane.group !== head) {
				head = lane.group;
				g.font = '600 12px ' + theme.font;
				g.fillStyle = theme.ink;
				g.textAlign = 'left';
				g.textBaseline = 'middle';
				g.fillText(group.name, T_LEFT, y - T_GROUP / 2 + 1);
			}
			if (y < -this.lane || y > bottom)
				continue;
			this.drawLane(g, theme, group, lane.cpu, y);
		}
		g.restore();
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {LaneGroup} group
	 * @param {number} index of the CPU
	 * @param {number} y
	 */
	drawLane(g, theme, group, index, y) {
		const cpu = group.run.cpus[index];
		const h = this.lane - (this.lane > 18 ? 4 : 2);
		const s = this.scale;
		const every = this.lane >= 14 || index % 2 === 0;

		g.fillStyle = theme.soft;
		g.font = '11px ' + theme.font;
		g.textAlign = 'right';
		g.textBaseline = 'middle';
		if (every)
			g.fillText('CPU ' + cpu, T_LEFT - 8, y + h / 2);
		g.fillStyle = theme.band;
		g.fillRect(s.x0, y, s.x1 - s.x0, h);
		const slices = this.wantsSlices(group) ? slicesOf(group.run, cpu, this.window.from, this.window.to) : null;
		const dpr = g.getTransform().a || 1;
		const columns = Math.max(1, Math.round((s.x1 - s.x0) * dpr));
		const share = new Float64Array(columns * SLOTS);
		/** @type {number[]} */
		const sharp = [];

		if (slices)
			this.shareSlices(slices, group.paint, columns, share, sharp);
		else
			this.shareCube(group, cpu, columns, share);
		this.paintShares(g, group.paint, columns, share, y, h, dpr);
		if (slices)
			this.drawSharp(g, theme, group, slices, sharp, y, h);
		if (slices && this.wantsGuests(group) && guestBlocks(group.run, cpu, this.window.from, this.window.to).every(e => group.run.events.peek(e)))
			this.drawGuests(g, theme, group, cpu, slices, sharp, y, h);
		this.drawUnknown(g, theme, group.run, index, y, h);
	}

	/**
	 * Spread the time of [from, to) over pixel columns.
	 * @param {Float64Array} share
	 * @param {number} columns
	 * @param {number} slot
	 * @param {number} a begin in columns
	 * @param {number} b end in columns
	 * @param {number} part share of that time, 0..1
	 */
	spread(share, columns, slot, a, b, part) {
		const first = Math.max(0, Math.floor(a));
		const last = Math.min(columns - 1, Math.ceil(b) - 1);

		for (let c = first; c <= last; c++)
			share[c * SLOTS + slot] += (Math.min(b, c + 1) - Math.max(a, c)) * part;
	}

	/**
	 * @param {{ n: number, start: Float64Array, end: Float64Array, task: Int32Array }} slices
	 * @param {LanePaint} paint
	 * @param {number} columns
	 * @param {Float64Array} share
	 * @param {number[]} sharp numbers of slices that are wide enough to be drawn by themselves
	 */
	shareSlices(slices, paint, columns, share, sharp) {
		const { from, to } = this.window;
		const scale = columns / (to - from);
		const wide = SHARP_PX * columns / (this.scale.x1 - this.scale.x0);

		for (let i = 0; i < slices.n; i++) {
			const task = slices.task[i];
			const slot = task === TASK_NONE ? SLOTS - 1 : paint.slot[task];
			const a = (slices.start[i] - from) * scale;
			const b = (slices.end[i] - from) * scale;

			if (slot === SLOT_HIDDEN || b <= 0 || a >= columns)
				continue;
			if (b - a >= wide)
				sharp.push(i);
			else
				this.spread(share, columns, slot, a, b, 1);
		}
	}

	/** @param {LaneGroup} group @param {number} cpu @param {number} columns @param {Float64Array} share */
	shareCube(group, cpu, columns, share) {
		const { from, to } = this.window;
		const [, cpus, task, run] = group.cube.column;
		const bin = group.cube.bin;
		const scale = columns / (to - from);
		const first = Math.floor(from / bin) * bin;
		const [lo, hi] = cubeRange(group.cube, first, to);

		for (let i = lo; i < hi; i++) {
			const slot = cpus[i] === cpu ? group.paint.slot[task[i]] : SLOT_HIDDEN;

			if (slot === SLOT_HIDDEN || slot === undefined)
				continue;
			const t = group.cube.time[i];
			const end = Math.min(t + bin, group.run.span);

			this.spread(share, columns, slot, (t - from) * scale, (end - from) * scale, run[i] / (end - t));
		}
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {LanePaint} paint
	 * @param {number} columns
	 * @param {Float64Array} share
	 * @param {number} y
	 * @param {number} h
	 * @param {number} dpr
	 */
	paintShares(g, paint, columns, share, y, h, dpr) {
		const rows = Math.max(1, Math.round(h * dpr));
		const image = new ImageData(columns, rows);
		const words = new Uint32Array(image.data.buffer);
		const colour = paint.colours.map(cssWord);
		const order = [...colour.keys()].sort((a, b) => Number(b === paint.marked) - Number(a === paint.marked) || a - b);
		let any = false;

		for (let c = 0; c < columns; c++) {
			let used = 0;
			let at = rows;

			for (const slot of order) {
				const part = share[c * SLOTS + slot];

				if (!part)
					continue;
				used += part;
				const top = Math.max(0, Math.round(rows * (1 - used)));

				for (let r = at - 1; r >= top; r--)
					words[r * columns + c] = colour[slot];
				at = Math.min(at, top);
				any = true;
			}
		}
		if (!any)
			return;
		this.picture.width = columns;
		this.picture.height = rows;
		/** @type {CanvasRenderingContext2D} */ (this.picture.getContext('2d')).putImageData(image, 0, 0);
		g.imageSmoothingEnabled = false;
		g.drawImage(this.picture, this.scale.x0, y, this.scale.x1 - this.scale.x0, h);
	}

	/**
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {LaneGroup} group
	 * @param {{ start: Float64Array, end: Float64Array, task: Int32Array }} slices
	 * @param {number[]} sharp
	 * @param {number} y
	 * @param {number} h
	 */
	drawSharp(g, theme, group, slices, sharp, y, h) {
		const s = this.scale;
		const { slot, colours } = group.paint;

		g.textAlign = 'left';
		g.font = '11px ' + theme.font;
		for (const i of sharp) {
			const task = slices.task[i];
			const colour = colours[task === TASK_NONE ? SLOTS - 1 : slot[task]];
			const x0 = Math.max(s.x0, s.x(slices.start[i]));
			const x1 = Math.min(s.x1, s.x(slices.end[i]));

			g.fillStyle = colour;
			g.fillRect(x0, y, Math.max(0.5, x1 - x0 - (x1 - x0 > 5 ? 1 : 0)), h);
			/* Clear of the band of guest time. */
			const room = h - (group.paint.guest && h > 24 ? BAND_PX : 0);

			if (x1 - x0 > 46 && h >= 12 && task !== TASK_NONE) {
				const v = parseInt(colour.slice(1), 16);

				g.fillStyle = 0.299 * (v >> 16) + 0.587 * (v >> 8 & 255) + 0.114 * (v & 255) > 140 ? '#10151c' : '#ffffff';
				g.fillText(fitText(g, group.run.tasks.unique(task), x1 - x0 - 12), x0 + 6, y + room / 2 + 0.5);
			}
		}
	}

	/**
	 * Below the runs of vCPUs: when they were in the guest.
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {LaneGroup} group
	 * @param {number} cpu
	 * @param {{ start: Float64Array, end: Float64Array, task: Int32Array }} slices
	 * @param {number[]} sharp
	 * @param {number} y
	 * @param {number} h
	 */
	drawGuests(g, theme, group, cpu, slices, sharp, y, h) {
		const s = this.scale;
		const [inside, outside] = group.paint.guest || ['', ''];
		const parts = guestPartsOf(group.run, cpu, this.window.from, this.window.to);
		let k = 0;

		for (const i of sharp) {
			while (k < parts.length && parts[k].end <= slices.start[i])
				k++;
			let begun = false;

			for (let p = k; p < parts.length && parts[p].start < slices.end[i]; p++) {
				const part = parts[p];
				const x0 = Math.max(s.x0, s.x(Math.max(part.start, slices.start[i])));
				const x1 = Math.min(s.x1, s.x(Math.min(part.end, slices.end[i])));

				if (part.task !== slices.task[i] || x1 <= x0)
					continue;
				if (!begun) {
					g.fillStyle = theme.paper;
					g.fillRect(x0, y + h - BAND_PX - 1, Math.min(s.x1, s.x(slices.end[i])) - x0, 1);
					begun = true;
				}
				g.fillStyle = part.guest ? inside : outside;
				g.fillRect(x0, y + h - BAND_PX, x1 - x0, BAND_PX);
			}
		}
	}

	/**
	 * Hatching where the CPU was not recorded or events were lost.
	 * @param {CanvasRenderingContext2D} g
	 * @param {Theme} theme
	 * @param {Run} run
	 * @param {number} index
	 * @param {number} y
	 * @param {number} h
	 */
	drawUnknown(g, theme, run, index, y, h) {
		const s = this.scale;
		const c = run.json.cpus[index];
		const spans = [{ from: -1, to: c.start }, { from: c.end, to: Infinity }, ...run.gaps(c.cpu)];

		g.fillStyle = theme.hatching(g);
		for (const span of spans) {
			const x0 = Math.max(s.x0, s.x(span.from));
			const x1 = Math.min(s.x1, s.x(span.to));

			if (span.to > span.from && x1 > x0)
				g.fillRect(x0, y, Math.max(2, x1 - x0), h);
		}
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	over(g, width, height, scroll) {
		const theme = this.o.theme();
		const lane = this.lanes()[this.hotLane];

		if (lane) {
			g.strokeStyle = theme.ink;
			g.globalAlpha = 0.25;
			g.strokeRect(this.scale.x0 - 0.5, lane.y - scroll - 1.5, this.scale.x1 - this.scale.x0 + 1, this.lane - 1);
			g.globalAlpha = 1;
		}
		this.gestures.drawOver(g, theme, T_TOP, height - T_FOOT);
	}

	/** @param {number} y */
	laneAt(y) {
		const at = y + this.surface.scroll;

		if (y > this.surface.height - T_FOOT)
			return -1;
		return this.lanes().findIndex(l => at >= l.y - 1 && at < l.y + this.lane - 1);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		const s = this.scale;

		this.hotLane = this.laneAt(y);
		this.o.cursor(x >= s.x0 && x <= s.x1 ? s.time(x) : null);
		if (this.hotLane < 0 || x < s.x0 || x > s.x1) {
			this.o.leave();
			return;
		}
		this.read(s.time(x), e);
	}

	/** @param {number} t @param {PointerEvent} e */
	read(t, e) {
		const lane = this.lanes()[this.hotLane];
		const group = lane && this.groups[lane.group];

		if (group)
			this.o.hover(lane.group, group.run.cpus[lane.cpu], t, this.wantsSlices(group), e);
	}

	leave() {
		this.hotLane = -1;
		this.o.cursor(null);
		this.o.leave();
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	grab(x, y, e) {
		return this.gestures.grab(x, e);
	}

	/** @param {number} x */
	drag(x) {
		this.gestures.drag(x);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e @param {boolean} moved */
	drop(x, y, e, moved) {
		this.gestures.drop(moved);
	}

	/** @param {number} x @param {number} y */
	click(x, y) {
		const at = this.laneAt(y);
		const lane = this.lanes()[at];

		if (!lane)
			return;
		const group = this.groups[lane.group];

		this.o.click(lane.group, group.run.cpus[lane.cpu], this.scale.time(x), this.wantsSlices(group), x < this.scale.x0);
	}

	/** @param {number} x @param {number} y @param {WheelEvent} e */
	wheel(x, y, e) {
		return this.gestures.wheel(x, e);
	}

	twice() {
		this.gestures.show(0, this.o.span());
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		const lanes = this.lanes().length;

		if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
			this.hotLane = Math.max(0, Math.min(lanes - 1, this.hotLane + (e.key === 'ArrowUp' ? -1 : 1)));
			this.surface.redrawTop();
			this.read(this.o.getCursor() ?? (this.window.from + this.window.to) / 2, /** @type {any} */ (null));
			return true;
		}
		const used = this.gestures.key(e);
		const t = this.o.getCursor();

		if (used && t !== null && e.key.startsWith('Arrow')) {
			this.hotLane = Math.max(0, this.hotLane);
			this.read(t, /** @type {any} */ (null));
		}
		return used;
	}
}
