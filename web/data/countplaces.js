/* SPDX-License-Identifier: MIT */
/* Of what counts are shown: all together, each CPU, or each task; and the values over time of such a place. */

import { OF_CPU, OF_SLICES, OF_TASK, countIn, metricOver, sumCounts } from './counts.js';
import { eventsOf, evaluate } from './formula.js';

/** @typedef {import('./run.js').Span} Span */
/** @typedef {import('./counts.js').Counts} Counts */
/** @typedef {import('./counts.js').Counted} Counted */
/** @typedef {import('./counts.js').CountSeries} CountSeries */
/** @typedef {import('./counts.js').CountedEvent} CountedEvent */
/** @typedef {import('./counts.js').Metric} Metric */
/** @typedef {import('./counts.js').WindowCount} WindowCount */
/** @typedef {'system' | 'cpu' | 'task'} Split */
/** Which tasks are taken. all: no filter says which. @typedef {{ mask: Uint8Array, row: Uint32Array, all: boolean }} Wanted */

/** Kinds of counts by what is asked for, best first. @type {Record<Split, number[]>} */
const kindsFor = { system: [OF_CPU, OF_TASK, OF_SLICES], cpu: [OF_CPU, OF_SLICES], task: [OF_TASK, OF_SLICES] };

/** @param {Counts} counts @returns {Split[]} what can be asked for */
export function splitsOf(counts) {
	return /** @type {Split[]} */ (['system', 'cpu', 'task']).filter(s => kindsFor[s].some(k => counts.has(k)));
}

/** One line in each chart. */
export class Place {
	/**
	 * @param {Counts} counts
	 * @param {number} cpu -1: none
	 * @param {number} task -1: none
	 */
	constructor(counts, cpu, task) {
		this.counts = counts;
		this.cpu = cpu;
		this.task = task;
		/** @type {Map<number, CountSeries[]>} by event */
		this.series = new Map();
		/** @type {Map<string, { window: Span, counted: Counted }>} */
		this.made = new Map();
	}

	/** @param {CountSeries} s */
	add(s) {
		const list = this.series.get(s.event);

		if (list)
			list.push(s);
		else
			this.series.set(s.event, [s]);
	}

	/** Of what the counts of an event are. @param {number} event */
	kindOf(event) {
		return this.series.get(event)?.[0].kind ?? OF_CPU;
	}

	/** Bins of run slices follow the window; all else is made once. @param {string} key @param {number} kind @param {Span} w @param {() => Counted} make */
	once(key, kind, w, make) {
		const known = this.made.get(key);

		if (known && (kind !== OF_SLICES || known.window.from === w.from && known.window.to === w.to))
			return known.counted;
		const counted = make();

		this.made.set(key, { window: w, counted });
		return counted;
	}

	/** On spans that all events of a kind share. @param {number} event @param {Span} w @param {number} [kind] */
	onGrid(event, w, kind = this.kindOf(event)) {
		return this.once('sum ' + event + ' ' + kind, kind, w, () => sumCounts(this.series.get(event) || [], this.counts.grid(kind, w), this.kindOf(event) === OF_CPU));
	}

	/** Counts of an event over time; of a single CPU its readings as they are. @param {number} event @param {Span} w @returns {Counted} */
	counted(event, w) {
		const list = this.series.get(event) || [];

		return list.length === 1 && this.kindOf(event) === OF_CPU ? list[0] : this.onGrid(event, w);
	}

	/** The same per second, in the event's unit. @param {CountedEvent} event @param {Span} w */
	rate(event, w) {
		return this.once('rate ' + event.number, this.kindOf(event.number), w, () => {
			const c = this.counted(event.number, w);
			const perSecond = /** @param {Float64Array} a */ a => a.map((v, i) => v * event.scale * 1e9 / Math.max(1, c.to[i] - c.from[i]));
			const scaled = /** @param {Float64Array | null} a */ a => a && a.map(v => v * event.scale);

			return { from: c.from, to: c.to, value: perSecond(c.value), low: perSecond(c.low), high: perSecond(c.high), least: scaled(c.least), most: scaled(c.most) };
		});
	}

	/** @param {Metric} metric */
	knows(metric) {
		return eventsOf(metric.formula).every(e => this.series.has(e));
	}

	/** A derived metric over time. @param {Metric} metric @param {Span} w */
	metric(metric, w) {
		const events = eventsOf(metric.formula);
		const kind = this.kindOf(events[0]);

		return this.once('metric ' + metric.name + metric.title, kind, w, () => metricOver(metric, new Map(events.map(e =>
			[e, { counted: this.onGrid(e, w, kind), scale: this.counts.events.find(k => k.number === e)?.scale ?? 1 }])), this.counts.grid(kind, w)));
	}

	/** @param {number} event @param {Span} w */
	countIn(event, w) {
		return countIn(this.series.get(event) || [], w, this.counts.run.span);
	}

	/** Seconds of which the readings in a window tell: of CPUs not quite the window's, whose edges cut some. @param {number} event @param {Span} w */
	secondsIn(event, w) {
		const c = this.countIn(event, w);

		return this.kindOf(event) === OF_CPU && c.enabled > 0 ? c.enabled / c.places / 1e9 : (Math.min(w.to, this.counts.run.span) - w.from) / 1e9;
	}

	/** Counts per second of time in a window, in the event's unit. @param {CountedEvent} event @param {Span} w */
	rateIn(event, w) {
		const c = this.countIn(event.number, w);

		return c.known && c.places ? c.value * event.scale / this.secondsIn(event.number, w) : undefined;
	}

	/** Of the whole window. @param {Metric} metric @param {Span} w */
	metricIn(metric, w) {
		return evaluate(metric.formula, event => {
			const scale = this.counts.events.find(k => k.number === event)?.scale ?? 1;
			const c = this.countIn(event, w);

			return c.known && c.places ? { value: c.value * scale, low: c.low * scale, high: c.high * scale } : null;
		}, this.secondsIn(eventsOf(metric.formula)[0], w));
	}

	/** Times in which an event was on no counter, of any series of it. @param {number} event @returns {Span[]} */
	blind(event) {
		const list = this.series.get(event) || [];

		return list.length === 1 ? list[0].blind : list.flatMap(s => s.blind);
	}

	/** Was the event on a counter part of the time only? @param {number} event */
	inexact(event) {
		return (this.series.get(event) || []).some(s => s.inexact);
	}
}

/**
 * @param {Counts} counts
 * @param {Split} split
 * @param {Wanted} wanted
 * @returns {Place[]} by CPU, or by task in order of numbers; none where that was not counted
 */
export function placesOf(counts, split, wanted) {
	/** @type {Map<number, Place>} */
	const places = new Map();
	/** Kind that is taken of each event. @type {Map<number, number | undefined>} */
	const kinds = new Map(counts.events.map(e => [e.number, kindsFor[split].find(k => counts.series.some(s => s.event === e.number && s.kind === k))]));

	for (const s of counts.series) {
		const task = s.task < 0 ? -1 : wanted.row[s.task];

		if (s.kind !== kinds.get(s.event) || s.task >= 0 && !wanted.mask[s.task] && (split === 'task' || !wanted.all))
			continue;
		const key = split === 'cpu' ? s.cpu : split === 'task' ? task : -1;
		let place = places.get(key);

		if (!place) {
			place = new Place(counts, split === 'cpu' ? key : -1, split === 'task' ? key : -1);
			places.set(key, place);
		}
		place.add(s);
	}
	return [...places.values()].sort((a, b) => a.cpu - b.cpu || a.task - b.task);
}

/** Counts per second as the program tells them: of CPUs of time, all of them together, of tasks of their time on counters. @param {WindowCount} c @param {number} kind */
export function ratePerSecond(c, kind) {
	return c.enabled > 0 ? c.value * 1e9 * (kind === OF_CPU ? c.places : 1) / c.enabled : undefined;
}
