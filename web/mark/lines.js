/* SPDX-License-Identifier: MIT */
/*
 * Values over time as small multiples: charts that share one time axis, each with a scale of its own and one
 * or more lines. Where there are more points than pixels, a line becomes the mean of each pixel column with
 * the range that its points have; ranges that the data tells of are bands; what is not known is hatched.
 */

import { Surface } from '../ui/surface.js';
import { TimeScale, drawTimeAxis, fitText, ticks } from './axes.js';
import { TimeGestures } from './gestures.js';
import { anyGaps, commonGaps, extremesIn, pointAt, pointsIn, sameSeries, stacked } from './linedata.js';
import { LinePainter, LinePicture, axisY, hasArea } from './lineplot.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */
/** @typedef {import('./linedata.js').LineSpan} LineSpan */
/** @typedef {import('./linedata.js').LineSeries} LineSeries */
/** @typedef {import('./linedata.js').LineChart} LineChart */
/** @typedef {import('./lineplot.js').LineAxis} LineAxis */
/** Where the name of a part stands: row 0 is that of the title. @typedef {{ s: LineSeries, text: string, x: number, row: number }} LegendItem */

/** What is made once of a chart, and how it was drawn last. @typedef {{ stack: LineSeries[] | null, gaps: LineSpan[] | null, axis: LineAxis | null, picture: LinePicture | null }} DrawnChart */

const LINES_LEFT = 62;
const LINES_RIGHT = 14;
const LINES_HEAD = 22;
/** Between a chart and the one below. */
const LINES_BELOW = 18;
const LINES_FOOT = 26;
const LINES_LEAST = 108;
const LINES_MOST = 220;
/** Narrower charts do not stand beside each other. */
const LINES_WIDE = 520;
/** From so many points in a pixel on only their range is drawn. */
const DENSE = 1.5;
/** So many values under the cursor are written out. */
const TOLD = 3;
const BESIDE_PX = 40;
/** Names of parts: a row, its swatch, between two of them, and what stays free for the value at the right. */
const LEGEND_ROW = 15;
const LEGEND_SWATCH = 13;
const LEGEND_GAP = 12;
const LEGEND_FREE = 64;
/** The window has moved, and rests since. */
const REST_MS = 120;

/** Marks of a chart's axis. @param {LineChart} chart @param {number} least @param {number} most @param {number} about how many */
function ticksOf(chart, least, most, about) {
	const by = chart.grain ? chart.grain(Math.max(Math.abs(least), Math.abs(most))) : 1;
	const { at, step } = ticks(least / by, most / by, about);

	return { at: at.map(v => v * by), step: step * by };
}

export class LinesMark {
	/**
	 * @param {{ label: string, theme: () => Theme, window: () => LineSpan, span: () => number, zoom: (from: number, to: number) => void, cursor: (t: number | null) => void,
	 *           getCursor: () => number | null, leave: () => void, hover: (chart: number, series: number, t: number, event: PointerEvent) => void,
	 *           click: (chart: number, series: number) => void }} o series: the nearest line, -1 = none there
	 */
	constructor(o) {
		this.o = o;
		/** @type {LineChart[]} */
		this.charts = [];
		this.empty = '';
		this.window = { from: 0, to: 1 };
		this.limit = 400;
		this.columns = 1;
		this.high = LINES_LEAST;
		/** Of the first column; the others stand beside it. */
		this.scale = new TimeScale(0, 1, 0, 1);
		/** From column to column. */
		this.pitch = 0;
		/** Of the picture that is drawn, on the page or as a file. */
		this.scroll = 0;
		this.hot = -1;
		/** The line of it that the pointer is nearest to. */
		this.near = -1;
		/** Column in which something is selected. */
		this.held = 0;
		/** @type {DrawnChart[]} */
		this.drawn = [];
		/** The window moves: charts may be half a pixel beside their places, and axes stay as long as they are long enough. */
		this.moving = false;
		this.restTimer = 0;
		this.gestures = new TimeGestures({ ...o, scale: () => this.scale, redraw: () => this.surface.redrawTop() });
		this.surface = new Surface({ label: o.label, painter: this, scroll: true, className: 'linecharts' });
		this.el = this.surface.el;
	}

	/**
	 * @param {LineChart[]} charts
	 * @param {LineSpan} window
	 * @param {number} limit of the height
	 * @param {string} empty what is said when there are no charts
	 */
	set(charts, window, limit, empty) {
		const same = charts.length > 0 && charts.length === this.charts.length && charts.every((c, i) => c.stack === this.charts[i].stack && c.series.length === this.charts[i].series.length && c.series.every((s, k) => sameSeries(s, this.charts[i].series[k])));

		if (!same)
			this.drawn = charts.map(() => ({ stack: null, gaps: null, axis: null, picture: null }));
		this.settle(same, window);
		this.charts = charts;
		this.window = window;
		this.limit = limit;
		this.empty = empty;
		if (this.hot >= charts.length)
			this.hot = -1;
		this.lay(this.surface.width);
	}

	/** Has the window only moved? @param {boolean} same the charts are the same @param {LineSpan} window */
	settle(same, window) {
		const { from, to } = this.window;

		if (!same || Math.abs(window.to - window.from - (to - from)) > 2)
			this.moving = false;
		else if (window.from !== from)
			this.moving = true;
		clearTimeout(this.restTimer);
		if (this.moving) {
			this.restTimer = setTimeout(() => {
				this.moving = false;
				this.surface.redraw();
			}, REST_MS);
		}
	}

	/** The parts of a chart on each other, or null. @param {number} i */
	stackOf(i) {
		const { series, stack } = this.charts[i];
		const d = this.drawn[i];

		if (stack && series.every(s => s.times.length === series[0].times.length))
			d.stack = d.stack || stacked(series);
		return d.stack;
	}

	/** When nothing is known of a chart; of parts of a whole: not of all of them. @param {number} i */
	gapsOf(i) {
		const d = this.drawn[i];

		d.gaps = d.gaps || (this.stackOf(i) ? anyGaps : commonGaps)(this.charts[i].series);
		return d.gaps;
	}

	/** @param {number} width */
	columnsIn(width) {
		return Math.max(1, Math.min(3, this.charts.length, Math.floor(width / LINES_WIDE)));
	}

	/** @param {number} width */
	lay(width) {
		this.columns = this.columnsIn(width || LINES_WIDE);
		const rows = Math.max(1, Math.ceil(this.charts.length / this.columns));

		/* On narrow pages names of parts take rows of their own. */
		const least = LINES_LEAST + (this.columns === 1 && this.charts.some(c => c.stack) ? 2 * LEGEND_ROW : 0);

		this.high = Math.max(least, Math.min(LINES_MOST, Math.floor((this.limit - LINES_FOOT) / rows)));
		/* A chart that is cut in half says that there is more. */
		this.surface.setHeight(rows * this.high + LINES_FOOT, this.limit);
	}

	/** Are there more points in a window than can be drawn one by one? @param {LineSeries} s @param {LineSpan} w */
	isDense(s, w) {
		const [first, last] = pointsIn(s, w);
		const width = this.surface.width || LINES_WIDE;

		return last - first > DENSE * (width / this.columnsIn(width) - LINES_LEFT - LINES_RIGHT);
	}

	/** Place of a chart in the visible part. @param {number} i @returns {{ x: number, y: number }} */
	place(i) {
		return { x: i % this.columns * this.pitch, y: Math.floor(i / this.columns) * this.high - this.scroll };
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	draw(g, width, height, scroll) {
		const theme = this.o.theme();
		const bottom = height - LINES_FOOT;

		this.scroll = scroll;
		if (this.columnsIn(width) !== this.columns)
			requestAnimationFrame(() => this.lay(width));
		this.pitch = width / this.columns;
		const left = this.pitch < 420 ? LINES_LEFT - 10 : LINES_LEFT;

		this.scale = new TimeScale(this.window.from, this.window.to, left, this.pitch - LINES_RIGHT);
		if (!this.charts.length) {
			g.fillStyle = theme.soft;
			g.font = '13px ' + theme.font;
			g.textBaseline = 'top';
			g.fillText(this.empty, left, 14);
			return;
		}
		for (let c = 0; c < Math.min(this.columns, this.charts.length); c++) {
			g.save();
			g.translate(c * this.pitch, 0);
			drawTimeAxis(g, theme, this.scale, bottom, LINES_HEAD);
			/* No grid where there is no chart. */
			const below = (Math.floor((this.charts.length - 1 - c) / this.columns) + 1) * this.high - scroll;

			if (below < bottom)
				g.clearRect(0, below, this.pitch, bottom - below);
			g.restore();
		}
		g.save();
		g.beginPath();
		g.rect(0, 0, width, bottom);
		g.clip();
		this.charts.forEach((chart, i) => {
			const { x, y } = this.place(i);

			if (y > bottom || y + this.high < 0) {
				/* Pictures that are not seen would take much room. */
				if (this.drawn[i])
					this.drawn[i].picture = null;
				return;
			}
			g.save();
			g.translate(x, y);
			this.drawChart(g, theme, i);
			g.restore();
		});
		g.restore();
	}

	/** Ends of the axis: round, around all that is seen. @param {number} i @param {number} top @returns {LineAxis} */
	axisOf(i, top) {
		const chart = this.charts[i];
		const { axis } = this.drawn[i];
		const stack = this.stackOf(i);
		let [least, most] = extremesIn(stack ? stack.slice(-1) : chart.series, this.window);

		if (chart.zero || stack) {
			least = Math.min(0, least);
			most = Math.max(0, most);
		}
		if (chart.full !== undefined)
			most = Math.max(most, chart.full);
		if (!(least > -Infinity && least < Infinity))
			least = 0;
		if (!(most > least))
			most = least + (Math.abs(least) || 1);
		if (this.moving && axis && axis.top === top && axis.bottom === this.high - LINES_BELOW && axis.least <= least && axis.most >= most)
			return axis;
		const { step } = ticksOf(chart, least, most, 3);

		return { least: Math.floor(least / step + 1e-9) * step, most: most <= 0 ? 0 : most === chart.full ? most : Math.max(most, most * 1.06), top, bottom: this.high - LINES_BELOW };
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} i */
	drawChart(g, theme, i) {
		const { x0, x1 } = this.scale;
		const chart = this.charts[i];
		const stack = this.stackOf(i);
		const gaps = this.gapsOf(i);
		const legend = this.drawTitle(g, theme, chart, stack !== null);
		const axis = this.axisOf(i, LINES_HEAD + LEGEND_ROW * (legend[legend.length - 1]?.row || 0));

		this.drawn[i].axis = axis;
		this.drawLegend(g, theme, legend);
		this.drawGrid(g, theme, chart, axis);
		g.save();
		g.beginPath();
		g.rect(x0, axis.top - 2, x1 - x0, axis.bottom - axis.top + 4);
		g.clip();
		this.drawLines(g, theme, i, axis, stack);
		g.fillStyle = theme.hatching(g);
		for (const gap of gaps) {
			const a = Math.max(x0, this.scale.x(gap.from));
			const b = Math.min(x1, this.scale.x(gap.to));

			if (b > a || a < x1 && gap.to > this.window.from && gap.from < this.window.to)
				g.fillRect(a, axis.top, Math.max(1, b - a), axis.bottom - axis.top);
		}
		g.restore();
	}

	/** On the page by way of a picture that is kept, into a file directly. @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} i @param {LineAxis} axis @param {LineSeries[] | null} stack */
	drawLines(g, theme, i, axis, stack) {
		const chart = this.charts[i];
		const d = this.drawn[i];
		const dense = new Map((stack || chart.series).map(s => [s, this.isDense(s, this.window)]));
		const paint = /** @param {CanvasRenderingContext2D} to @param {TimeScale} scale */ (to, scale) => new LinePainter(to, scale, axis, s => dense.get(s) === true).draw(chart, stack, theme);

		if (g.canvas !== this.surface.base) {
			paint(g, this.scale);
			return;
		}
		d.picture = d.picture || new LinePicture();
		d.picture.show(g, { scale: this.scale, axis, key: [theme.dark, ...dense.values()].join(), moving: this.moving, paint });
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {LineChart} chart @param {LineAxis} axis */
	drawGrid(g, theme, chart, axis) {
		const { x0, x1 } = this.scale;

		g.textBaseline = 'middle';
		g.textAlign = 'right';
		g.font = '11px ' + theme.font;
		g.lineWidth = 1;
		const about = axis.bottom - axis.top > 108 ? 4 : 2;
		const few = ticksOf(chart, axis.least, axis.most, about).at;

		/* One mark says nothing of the scale. */
		for (const v of few.length > 1 ? few : ticksOf(chart, axis.least, axis.most, 2 * about).at) {
			const y = Math.round(axisY(axis, v)) + 0.5;

			g.strokeStyle = v === 0 ? theme.faint : theme.rule;
			g.beginPath();
			g.moveTo(x0, y);
			g.lineTo(x1, y);
			g.stroke();
			g.fillStyle = theme.soft;
			g.fillText(chart.axis(v), x0 - 8, y);
		}
	}

	/** Title and unit. @param {CanvasRenderingContext2D} g @param {Theme} theme @param {LineChart} chart @param {boolean} parts @returns {LegendItem[]} where the names of parts stand */
	drawTitle(g, theme, chart, parts) {
		const { x0, x1 } = this.scale;

		g.textBaseline = 'middle';
		g.textAlign = 'left';
		g.fillStyle = theme.ink;
		g.font = '600 12px ' + theme.font;
		const title = fitText(g, chart.title, (x1 - x0) * 0.7);
		let end = x0 + g.measureText(title).width;

		g.fillText(title, x0, 10);
		g.fillStyle = theme.soft;
		g.font = '11px ' + theme.font;
		if (chart.unit && end + 6 < x1 - BESIDE_PX) {
			const unit = fitText(g, chart.unit, x1 - BESIDE_PX - end);

			g.fillText(unit, end + 6, 10.5);
			end += 6 + g.measureText(unit).width;
		}
		return parts ? this.legendOf(g, chart, end + 2 * LEGEND_GAP) : [];
	}

	/** Names of the parts of a whole: behind the title, or in rows of their own below it. @param {CanvasRenderingContext2D} g @param {LineChart} chart @param {number} from */
	legendOf(g, chart, from) {
		const { x0, x1 } = this.scale;
		const seen = chart.series.filter(hasArea).map(s => ({ s, wide: LEGEND_SWATCH + g.measureText(s.label).width + LEGEND_GAP }));
		const beside = from + seen.reduce((n, p) => n + p.wide, 0) < x1 - LEGEND_FREE;
		let [x, row] = beside ? [from, 0] : [x0, 1];

		return seen.map(({ s, wide }) => {
			if (!beside && x > x0 && x + wide - LEGEND_GAP > x1)
				[x, row] = [x0, row + 1];
			x += wide;
			return { s, text: s.label, x: x - wide, row };
		});
	}

	/** @param {CanvasRenderingContext2D} g @param {Theme} theme @param {LegendItem[]} legend */
	drawLegend(g, theme, legend) {
		for (const { s, text, x, row } of legend) {
			g.fillStyle = s.colour;
			g.fillRect(x, 6 + row * LEGEND_ROW, 9, 9);
			g.fillStyle = theme.soft;
			g.fillText(text, x + LEGEND_SWATCH, 10.5 + row * LEGEND_ROW);
		}
	}

	/** @param {CanvasRenderingContext2D} g @param {number} width @param {number} height @param {number} scroll */
	over(g, width, height, scroll) {
		const theme = this.o.theme();
		const bottom = height - LINES_FOOT;
		const cursor = this.o.getCursor();
		const held = this.gestures.held;

		this.scroll = scroll;
		for (let c = 0; c < Math.min(this.columns, this.charts.length); c++) {
			g.save();
			g.translate(c * this.pitch, 0);
			/* What is being selected is drawn where it is. */
			this.gestures.held = c === this.held ? held : null;
			this.gestures.drawOver(g, theme, 0, bottom);
			this.gestures.held = held;
			g.restore();
		}
		g.save();
		g.beginPath();
		g.rect(0, 0, width, bottom);
		g.clip();
		this.charts.forEach((chart, i) => {
			const { x, y } = this.place(i);

			const { axis } = this.drawn[i];

			if (y > bottom || y + this.high < 0 || !axis)
				return;
			g.save();
			g.translate(x, y);
			if (i === this.hot) {
				g.fillStyle = theme.accent;
				g.fillRect(this.scale.x0 - 1, axis.top, 2, axis.bottom - axis.top);
				if (chart.series.length > 1)
					this.drawNear(g, i, axis);
			}
			this.drawTold(g, theme, i, axis, cursor);
			g.restore();
		});
		g.restore();
	}

	/** Of several lines the one that is read out. @param {CanvasRenderingContext2D} g @param {number} i @param {LineAxis} axis */
	drawNear(g, i, axis) {
		const s = this.charts[i].series[this.near];
		const stack = this.stackOf(i);

		if (!s)
			return;
		const painter = new LinePainter(g, this.scale, axis, k => this.isDense(k, this.window));

		g.save();
		g.beginPath();
		g.rect(this.scale.x0, axis.top - 2, this.scale.x1 - this.scale.x0, axis.bottom - axis.top + 4);
		g.clip();
		if (stack) {
			painter.drawPart(stack, this.near, 1);
		} else {
			painter.drawSeries(s, 1, 1);
			painter.drawSeries(s, 1, 1);
		}
		g.restore();
	}

	/** Values under the cursor: points, and in words at the right of the title. @param {CanvasRenderingContext2D} g @param {Theme} theme @param {number} i number of the chart @param {LineAxis} axis @param {number | null} cursor */
	drawTold(g, theme, i, axis, cursor) {
		const chart = this.charts[i];
		const stack = this.stackOf(i);
		const inside = cursor !== null && cursor >= this.window.from && cursor <= this.window.to;
		const t = cursor ?? 0;
		/* Of parts of a whole: their sum. */
		const told = inside ? (stack ? stack.slice(-1) : chart.series).map(s => ({ s, at: pointAt(s, t) })).filter(p => p.at >= 0) : [];

		g.font = (inside ? '600 ' : '') + '12px ' + theme.font;
		g.textBaseline = 'middle';
		g.textAlign = 'right';
		let right = this.scale.x1;
		const write = /** @param {string} text @param {string} colour */ (text, colour) => {
			const wide = g.measureText(text).width;

			g.fillStyle = theme.paper;
			g.fillRect(right - wide - 4, 2, wide + 6, 17);
			g.fillStyle = colour;
			g.fillText(text, right, 10.5);
			right -= wide + 12;
		};

		for (const { s, at } of stack ? [] : told) {
			const x = s.begins ? this.scale.x(t) : this.scale.x(s.times[at]);

			g.fillStyle = theme.paper;
			g.beginPath();
			g.arc(x, axisY(axis, s.values[at]), 3.5, 0, 7);
			g.fill();
			g.fillStyle = s.colour;
			g.beginPath();
			g.arc(x, axisY(axis, s.values[at]), 2.5, 0, 7);
			g.fill();
		}
		if (!inside && chart.named && !stack)
			this.writeNames(g, theme, chart, write);
		else if (!inside)
			write(chart.note, theme.soft);
		else if (!told.length)
			write(this.gapsOf(i).some(gap => gap.from <= t && t < gap.to) ? 'not known' : '', theme.soft);
		else if (told.length <= TOLD)
			told.reverse().forEach(({ s, at }) => write(chart.text(s.values[at]), chart.series.length > 1 && !stack ? s.colour : theme.ink));
	}

	/** As many as there is room for. @param {CanvasRenderingContext2D} g @param {Theme} theme @param {LineChart} chart @param {(text: string, colour: string) => void} write from right to left */
	writeNames(g, theme, chart, write) {
		let room = (this.scale.x1 - this.scale.x0) * 0.96 - g.measureText(chart.title + chart.unit).width * 1.1;
		const fit = chart.series.filter(s => (room -= g.measureText(s.label).width + 12) > (chart.note ? 90 : 0));
		const rest = chart.series.length - fit.length;

		write(chart.note || (rest > 0 ? '+' + rest : ''), theme.soft);
		fit.reverse().forEach(s => write(s.label, s.colour));
	}

	/* ---- pointer and keys ---- */

	/** Chart at a place of the visible part. @param {number} x @param {number} y */
	chartAt(x, y) {
		const column = Math.max(0, Math.min(this.columns - 1, Math.floor(x / (this.pitch || 1))));
		const i = Math.floor((y + this.surface.scroll) / this.high) * this.columns + column;

		return y < this.surface.height - LINES_FOOT && i < this.charts.length ? i : -1;
	}

	/** x within its column. @param {number} x */
	local(x) {
		return x - Math.floor(x / (this.pitch || 1)) * this.pitch;
	}

	/** The line nearest to a height, or the part of a whole that is there. @param {number} chart @param {number} t @param {number} y within the chart */
	nearest(chart, t, y) {
		const { axis } = this.drawn[chart];
		const stack = this.stackOf(chart);
		let best = -1;
		let distance = Infinity;

		if (axis && stack) {
			const p = pointAt(stack[0], t);
			const there = stack.flatMap((s, k) => p >= 0 && s.values[p] > (k ? stack[k - 1].values[p] : 0) ? [k] : []);

			return there.find(k => axisY(axis, stack[k].values[p]) <= y) ?? there[there.length - 1] ?? (p < 0 ? -1 : 0);
		}
		this.charts[chart].series.forEach((s, i) => {
			const p = pointAt(s, t);
			const d = p < 0 || !axis ? Infinity : Math.abs(axisY(axis, s.values[p]) - y);

			if (d < distance)
				[best, distance] = [i, d];
		});
		return best;
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	move(x, y, e) {
		const at = this.local(x);
		const { x0, x1 } = this.scale;

		this.hot = this.chartAt(x, y);
		if (at < x0 || at > x1) {
			this.o.cursor(null);
			this.o.leave();
			return;
		}
		const t = this.scale.time(at);

		this.near = this.hot < 0 ? -1 : this.nearest(this.hot, t, y - this.place(this.hot).y);
		this.o.cursor(t);
		this.surface.redrawTop();
		if (this.hot < 0)
			this.o.leave();
		else
			this.o.hover(this.hot, this.near, t, e);
	}

	leave() {
		this.hot = this.near = -1;
		this.o.cursor(null);
		this.surface.redrawTop();
		this.o.leave();
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e */
	grab(x, y, e) {
		this.held = Math.floor(x / (this.pitch || 1));
		return this.gestures.grab(this.local(x), e);
	}

	/** @param {number} x */
	drag(x) {
		this.gestures.drag(x - this.held * this.pitch);
	}

	/** @param {number} x @param {number} y @param {PointerEvent} e @param {boolean} moved */
	drop(x, y, e, moved) {
		this.gestures.drop(moved);
	}

	/** @param {number} x @param {number} y */
	click(x, y) {
		const chart = this.chartAt(x, y);

		if (chart >= 0)
			this.o.click(chart, this.nearest(chart, this.scale.time(this.local(x)), y - this.place(chart).y));
	}

	/** @param {number} x @param {number} y @param {WheelEvent} e */
	wheel(x, y, e) {
		/* More charts than can be seen: the wheel brings them; with Ctrl it zooms. */
		if (this.surface.content > this.surface.limit && !e.ctrlKey && Math.abs(e.deltaY) >= Math.abs(e.deltaX) && !e.shiftKey)
			return false;
		return this.gestures.wheel(this.local(x), e);
	}

	twice() {
		this.gestures.show(0, this.o.span());
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		const n = this.charts.length;

		if (!n)
			return false;
		if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
			const by = e.key === 'ArrowUp' ? -1 : 1;

			this.hot = this.hot < 0 ? 0 : Math.max(0, Math.min(n - 1, this.hot + by));
			this.show(this.hot);
			if (this.o.getCursor() === null)
				this.o.cursor((this.window.from + this.window.to) / 2);
			this.read();
			return true;
		}
		if (e.key === 'Enter' && this.hot >= 0) {
			this.o.click(this.hot, this.hotSeries());
			return true;
		}
		const used = this.gestures.key(e);

		if (used && e.key.startsWith('Arrow')) {
			this.hot = Math.max(0, this.hot);
			this.read();
		}
		return used;
	}

	/** Scroll to a chart. @param {number} i */
	show(i) {
		const top = Math.floor(i / this.columns) * this.high;
		const seen = this.surface.height - LINES_FOOT;

		if (top < this.surface.scroll)
			this.el.scrollTop = top;
		else if (top + this.high > this.surface.scroll + seen)
			this.el.scrollTop = top + this.high - seen;
		this.surface.redrawTop();
	}

	/** For the keyboard: the line that stands out, or the first. */
	hotSeries() {
		return Math.max(0, this.charts[this.hot].series.findIndex(s => s.marked));
	}

	read() {
		this.near = this.hotSeries();
		this.surface.redrawTop();
		this.o.hover(this.hot, this.near, this.o.getCursor() ?? (this.window.from + this.window.to) / 2, /** @type {any} */ (null));
	}
}
