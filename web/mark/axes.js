/* SPDX-License-Identifier: MIT */
/* Ticks and axes: linear numbers, time since the start, and log durations in SI seconds. */

import { fmtDuration, fmtTime } from '../ui/units.js';

/** @typedef {import('../ui/palette.js').Theme} Theme */

/**
 * A round step (1, 2 or 5 times a power of ten) that gives at most @n parts of @span.
 * @param {number} span
 * @param {number} n
 */
export function niceStep(span, n) {
	const raw = span / Math.max(1, n);
	const power = 10 ** Math.floor(Math.log10(raw || 1));
	const unit = raw / power;

	return power * (unit <= 1.0001 ? 1 : unit <= 2.0001 ? 2 : unit <= 5.0001 ? 5 : 10);
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} n
 */
export function ticks(from, to, n) {
	const step = niceStep(to - from, n);
	const out = [];

	for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9 && out.length < 1000; i++)
		out.push(i * step);
	return { step, at: out };
}

/** Time to pixels. */
export class TimeScale {
	/**
	 * @param {number} from ns
	 * @param {number} to ns
	 * @param {number} x0
	 * @param {number} x1
	 */
	constructor(from, to, x0, x1) {
		this.from = from;
		this.to = Math.max(to, from + 1);
		this.x0 = x0;
		this.x1 = Math.max(x1, x0 + 1);
		this.perNs = (this.x1 - this.x0) / (this.to - this.from);
	}

	/** @param {number} t */
	x(t) {
		return this.x0 + (t - this.from) * this.perNs;
	}

	/** @param {number} x */
	time(x) {
		return this.from + (x - this.x0) / this.perNs;
	}

	/** Time of one pixel. */
	get pixel() {
		return 1 / this.perNs;
	}
}

/**
 * Labels below and light lines above y. Far in, ticks count from a moment that is written out once.
 * @param {CanvasRenderingContext2D} g
 * @param {Theme} theme
 * @param {TimeScale} scale
 * @param {number} y
 * @param {number} gridTop
 */
export function drawTimeAxis(g, theme, scale, y, gridTop) {
	const { step, at } = ticks(scale.from, scale.to, (scale.x1 - scale.x0) / 95);
	const far = step < 1e6 && at.length > 1 && scale.from > 1000 * step;
	const base = far ? at[0] : 0;

	g.font = '11px ' + theme.font;
	g.textBaseline = 'top';
	g.textAlign = 'center';
	g.lineWidth = 1;
	at.forEach((t, i) => {
		const x = Math.round(scale.x(t)) + 0.5;
		const text = far ? i ? '+' + fmtDuration(t - base) : fmtTime(t, step) : step >= 1e6 || t < 1e6 * step ? tickTime(t, step) :
			fmtTime(t, step);
		const half = g.measureText(text).width / 2;

		g.strokeStyle = theme.rule;
		g.beginPath();
		g.moveTo(x, gridTop);
		g.lineTo(x, y + 4);
		g.stroke();
		g.fillStyle = theme.soft;
		if (x <= scale.x1 + 1)
			g.fillText(text, Math.min(Math.max(x, scale.x0 + half - 30), scale.x1 + 10 - half), y + 7);
	});
	g.strokeStyle = theme.faint;
	g.beginPath();
	g.moveTo(scale.x0, y + 0.5);
	g.lineTo(scale.x1, y + 0.5);
	g.stroke();
}

/**
 * @param {number} t
 * @param {number} step
 */
function tickTime(t, step) {
	if (t === 0)
		return '0';
	if (step >= 1e9 || t >= 1e9)
		return fmtTime(t, Math.min(step, 1e9));
	return Number((t / 1e6).toPrecision(6)) + ' ms';
}

/** Durations on a log scale to pixels; y grows downwards, so y0 is the bottom. */
export class LogScale {
	/**
	 * @param {number} low ns, > 0
	 * @param {number} high
	 * @param {number} p0 pixel of low
	 * @param {number} p1 pixel of high
	 */
	constructor(low, high, p0, p1) {
		this.low = Math.log10(Math.max(1, low));
		this.high = Math.max(Math.log10(Math.max(2, high)), this.low + 0.3);
		this.p0 = p0;
		this.p1 = p1;
	}

	/** @param {number} v */
	at(v) {
		return this.p0 + (Math.log10(Math.max(1, v)) - this.low) / (this.high - this.low) * (this.p1 - this.p0);
	}

	/** @param {number} p */
	value(p) {
		return 10 ** (this.low + (p - this.p0) / (this.p1 - this.p0) * (this.high - this.low));
	}

	/** Powers of ten in range; where there are too few, round numbers between them. */
	ticks() {
		const decades = this.decades();
		const from = 10 ** Math.floor(this.low);
		const all = [1, 2, 5].flatMap(m => [m * from, m * from * 10, m * from * 100]).filter(v => v >= 10 ** this.low * 0.999 && v <= 10 ** this.high * 1.001);

		return decades.length > 1 ? decades : all;
	}

	/** Powers of ten in range. */
	decades() {
		const out = [];

		for (let e = Math.ceil(this.low - 1e-9); e <= this.high + 1e-9; e++)
			out.push(10 ** e);
		return out;
	}
}

/**
 * "1 µs", "100 ms": a power of ten.
 * @param {number} ns
 */
export function decadeLabel(ns) {
	const e = Math.round(Math.log10(ns));
	const unit = Math.min(3, Math.floor(e / 3));

	return 10 ** (e - 3 * unit) + ' ' + ['ns', 'µs', 'ms', 's'][unit];
}

/**
 * Cut a text in its middle so that it fits: names differ at their ends too.
 * @param {CanvasRenderingContext2D} g
 * @param {string} text
 * @param {number} width
 */
export function fitText(g, text, width) {
	if (g.measureText(text).width <= width)
		return text;
	let low = 0;
	let high = text.length;

	while (low < high) {
		const mid = low + high + 1 >> 1;

		if (g.measureText(shorten(text, mid)).width <= width)
			low = mid;
		else
			high = mid - 1;
	}
	return low ? shorten(text, low) : '';
}

/**
 * @param {string} text
 * @param {number} n characters that stay
 */
function shorten(text, n) {
	const tail = Math.floor(n * 0.45);

	return text.slice(0, n - tail) + '…' + (tail ? text.slice(-tail) : '');
}
