/* SPDX-License-Identifier: MIT */
/* Events that were counted, over time: a chart for each, and for what follows from them. */

import { Place, placesOf, ratePerSecond, splitsOf } from '../data/countplaces.js';
import { OF_CPU, OF_SLICES, countsOf, peakIn, upperBound } from '../data/counts.js';
import { joinSides, diffColumns, whereWords } from '../data/diff.js';
import { isRate } from '../data/formula.js';
import { pointAt } from '../mark/linedata.js';
import { LinesMark } from '../mark/lines.js';
import { el, fill } from '../ui/dom.js';
import { TableTwin } from '../ui/tabletwin.js';
import { fmtCount, fmtDuration, fmtPct, fmtShort, fmtTime, fmtValue, withSign } from '../ui/units.js';
import { joinAnswers } from './answers.js';
import { sideKeys } from './difference.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').Span} Span */
/** @typedef {import('../data/counts.js').Counts} Counts */
/** @typedef {import('../data/counts.js').Counted} Counted */
/** @typedef {import('../data/counts.js').CountedEvent} CountedEvent */
/** @typedef {import('../data/counts.js').Metric} Metric */
/** @typedef {import('../data/countplaces.js').Split} Split */
/** @typedef {import('../mark/linedata.js').LineSeries} LineSeries */
/** @typedef {import('../mark/linedata.js').LineChart} LineChart */
/** What a chart shows: an event or a metric. @typedef {{ name: string, event?: CountedEvent, metric?: Metric }} Subject */
/** @typedef {{ run: Run, counts: Counts, places: Place[] }} Side */
/** @typedef {{ side: Side, place: Place, subject: Subject, counted: Counted }} Line */
/** @typedef {Object<string, any>} Row */

/** Tasks in a chart: those with most. */
const TASK_LINES = 12;
const LEGEND_KEYS = 16;
const READINGS_MAX = 2000;
const TOLD_LINES = 8;
const clockEvents = /^(task|cpu)-clock(:\w+)?$/;
const splitTitles = /** @type {Record<Split, string>} */ ({ system: 'Together', cpu: 'By CPU', task: 'By task' });

/** How values of an event per second are called, and what they are divided by for that. @param {Subject} s @returns {{ unit: string, by: number }} */
function unitOf(s) {
	if (s.metric)
		return { unit: s.metric.unit, by: 1 };
	if (s.event?.unit === 'ns')
		return { unit: clockEvents.test(s.event.name) ? 'CPUs' : 's/s', by: 1e9 };
	return { unit: (s.event?.unit || '') + '/s', by: 1 };
}

/** Are the counts of some event of this kind? @param {Place[]} places @param {number} kind */
function isOf(places, kind) {
	return places.some(p => [...p.series.keys()].some(event => p.kindOf(event) === kind));
}

class CountersView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'counters', title: 'Counters', summary: 'Events that were counted, over time', tableTitle: 'Counts in this window' });
		this.mark = new LinesMark({
			label: 'Counters over time. Left and right move the cursor, up and down choose the chart, plus and minus zoom, Enter selects.',
			theme: () => app.theme(), window: () => app.window(), span: () => app.span, zoom: (from, to) => app.zoom(from, to), cursor: t => app.setCursor(t),
			getCursor: () => app.cursor, leave: () => app.tip.hide(), hover: (chart, series, t, e) => this.hover(chart, series, t, e), click: (chart, series) => this.click(chart, series),
		});
		this.surface = this.mark.surface;
		this.legend = el('div', { class: 'legend', hidden: true });
		this.words = el('p', { class: 'chartwords' });
		this.missing = el('p', { class: 'chartwords', hidden: true });
		this.detail = el('span', { class: 'detail' });
		this.figure.append(this.legend, this.mark.el, this.words, this.missing);
		this.ratios = new TableTwin({ name: 'ratios', caption: 'Derived in this window', say: text => app.tip.say(text), pick: row => this.pick(row), marked: row => app.isMarkedRow(row), busy: () => app.pressed });
		this.readings = new TableTwin({ name: 'readings', caption: 'Values over time', say: text => app.tip.say(text), pick: row => app.zoom(row.time, row.time + row.length), busy: () => app.pressed });
		this.el.append(this.ratios.el, this.readings.el);
		this.table.o.pick = row => this.pick(row);
		/** @type {Side[]} */
		this.sides = [];
		/** @type {Line[][]} of each chart */
		this.lines = [];
		/** @type {{ key: string, places: Map<Run, Place[]>, together: Map<Run, Place>, gaps: Map<Place, Map<string, Span[]>> } | null} */
		this.known = null;
	}

	async gather() {
		return Promise.all(this.app.shown().filter(r => r.json.counters).map(async run => ({ run, counts: await countsOf(run) })));
	}

	/** @param {Counts[]} all @returns {Split} */
	split(all) {
		const wanted = /** @type {Split} */ (this.app.state.look.split);

		return all.some(c => splitsOf(c).includes(wanted)) ? wanted : 'system';
	}

	/** Places stay while nothing changes but the window: what was summed stays with them. @param {{ run: Run, counts: Counts }[]} data @param {Split} split @returns {Side[]} */
	place(data, split) {
		const { app } = this;
		const key = [split, app.state.look.filter, app.state.look.self, data[0]?.run.tasks.merged].join('\n');

		if (this.known?.key !== key)
			this.known = { key, places: new Map(), together: new Map(), gaps: new Map() };
		return data.map(({ run, counts }) => {
			let places = this.known?.places.get(run);

			if (!places) {
				places = placesOf(counts, split, { mask: app.mask(run), row: run.tasks.row, all: !app.filter });
				this.known?.places.set(run, places);
			}
			return { run, counts, places };
		});
	}

	/** @param {{ run: Run, counts: Counts }[]} data */
	show(data) {
		const { app } = this;
		const w = app.window();
		const split = this.split(data.map(d => d.counts));
		const splits = [...new Set(data.flatMap(d => splitsOf(d.counts)))];

		this.compares = app.pair !== null && data.length === 2;
		this.note.hidden = !app.pair || this.compares;
		this.setWindow(w, 1);
		this.sides = this.place(data, split);
		this.showDetail();
		this.setTools([split, splits, this.detail.textContent].join('\n'), () => [this.detail, splits.length > 1 ? this.choice('Counts', /** @type {Split[]} */ (['system', 'cpu', 'task']).filter(s => splits.includes(s)).map(s =>
			[s, splitTitles[s]]), split, v => app.state.set({ split: v })) : null]);
		this.draw(w, split);
		this.showWords(w);
		this.showFacts(w);
		this.showTables(w, split);
	}

	/** How often was counted. */
	showDetail() {
		this.detail.textContent = [...new Set(this.sides.map(({ counts, places }) => counts.bin > 1 ? 'sums of ' + fmtDuration(counts.bin) : isOf(places, OF_SLICES) ? 'by run of each task' :
			counts.interval ? 'every ' + fmtDuration(counts.interval) : 'each reading'))].join(', ');
	}

	/** Metrics first, then events; of several runs those of one name are one. @returns {Subject[]} */
	subjects() {
		/** @type {Map<string, Subject>} */
		const found = new Map();

		for (const { counts } of this.sides) {
			for (const m of counts.metrics)
				found.set('m ' + m.title, { name: m.title, metric: m });
		}
		for (const { counts } of this.sides) {
			for (const event of counts.events.filter(e => !e.missing))
				found.set('e ' + event.name, found.get('e ' + event.name) || { name: event.name, event });
		}
		return [...found.values()].filter(s => !s.metric || !isRate(s.metric.formula));
	}

	/** The same in this run, whose numbers are its own. @param {Side} side @param {Subject} s @returns {Subject | null} */
	own(side, s) {
		const event = s.event && side.counts.events.find(e => e.name === s.name && !e.missing);
		const metric = s.metric && side.counts.metrics.find(m => m.title === s.name);

		return event || metric ? { name: s.name, event, metric } : null;
	}

	/* ---- the picture ---- */

	/** @param {Span} w @param {Split} split */
	draw(w, split) {
		/** @type {LineChart[]} */
		const charts = [];

		this.lines = [];
		for (const subject of this.subjects()) {
			const lines = this.sides.map(side => this.linesOf(side, subject, w, split)).filter(l => l.length);

			/* Runs share a chart where each has one line. */
			for (const group of split === 'system' && lines.length ? [lines.flat()] : lines) {
				charts.push(this.chart(subject, group, w, split, lines.length > 1 && split !== 'system'));
				this.lines.push(group);
			}
		}
		this.mark.set(charts, w, this.room(), this.app.filter && !charts.length ? 'No counts of tasks that match the filter.' : 'Nothing was counted.');
		this.showLegend(split);
	}

	/** @param {Side} side @param {Subject} subject @param {Span} w @param {Split} split @returns {Line[]} */
	linesOf(side, subject, w, split) {
		const own = this.own(side, subject);
		const has = /** @param {Place} p */ p => own?.metric ? p.knows(own.metric) : p.series.has(own?.event?.number ?? -1);
		let places = own ? side.places.filter(has) : [];

		if (split === 'task' && places.length > TASK_LINES) {
			const event = own?.event?.number ?? [...places[0].series.keys()][0];

			places = places.map(p => ({ p, n: p.countIn(event, w).value })).sort((a, b) => b.n - a.n).slice(0, TASK_LINES).map(x => x.p);
		}
		return own ? places.map(place => ({ side, place, subject: own, counted: own.metric ? place.metric(own.metric, w) : place.rate(/** @type {CountedEvent} */ (own.event), w) })) : [];
	}

	/** @param {Subject} subject @param {Line[]} lines @param {Span} w @param {Split} split @param {boolean} named @returns {LineChart} */
	chart(subject, lines, w, split, named) {
		const { unit, by } = unitOf(subject);
		const text = /** @param {number} v */ v => fmtShort(v / by) + ' ' + unit;
		const only = lines.length === 1 ? this.valueIn(lines[0].place, lines[0].subject, w) : undefined;

		return { title: subject.name + (named ? ' · ' + this.app.nameOf(lines[0].side.run) : ''), unit: unit === '/s' ? 'per second' : unit, zero: true, axis: v => fmtShort(v / by), text,
			note: only !== undefined ? 'mean ' + text(only) : '', series: lines.map((l, i) => this.series(l, i, split)) };
	}

	/** Of the whole window. @param {Place} place @param {Subject} subject its own @param {Span} w */
	valueIn(place, subject, w) {
		if (subject.metric)
			return place.metricIn(subject.metric, w)?.value;
		return place.rateIn(/** @type {CountedEvent} */ (subject.event), w);
	}

	/** @param {Line} l @param {number} i @param {Split} split @returns {LineSeries} */
	series(l, i, split) {
		const { counted: c, place, side } = l;
		const { look } = this.app.state;

		return { label: this.nameOfPlace(l), colour: this.colour(l, i, split), times: c.to, begins: c.from, values: c.value, low: c.low, high: c.high, least: c.least, most: c.most, gaps: this.gapsOf(l),
			marked: split === 'cpu' ? look.cpu === place.cpu : split === 'task' && this.app.isMarked(side.run, place.task) };
	}

	/** When nothing is known: no counter, lost, or not recorded. @param {Line} l @returns {Span[]} */
	gapsOf({ place, side, subject }) {
		const known = this.known?.gaps.get(place) || new Map();
		let gaps = known.get(subject.name);

		if (!gaps) {
			gaps = [...side.run.gapsOn(/^(counter|any|)$/, place.cpu >= 0 ? place.cpu : undefined), ...subject.event ? place.blind(subject.event.number) : [],
				...isOf([place], OF_CPU) ? this.uncovered(side.run, place.cpu) : []];
			known.set(subject.name, gaps);
			this.known?.gaps.set(place, known);
		}
		return gaps;
	}

	/** Times in which a CPU, or none of them, was watched. @param {Run} run @param {number} cpu -1: all @returns {Span[]} */
	uncovered(run, cpu) {
		const list = run.json.cpus.filter(c => cpu < 0 || c.cpu === cpu);
		const start = list.reduce((m, c) => Math.min(m, c.start), run.span);
		const end = list.reduce((m, c) => Math.max(m, c.end), 0);

		return [{ from: 0, to: start }, { from: end, to: run.span }].filter(s => s.to - s.from > run.span / 1000);
	}

	/** @param {Line} l */
	nameOfPlace(l) {
		return l.place.cpu >= 0 ? 'CPU ' + l.place.cpu : l.place.task >= 0 ? l.side.run.tasks.unique(l.place.task) : this.app.nameOf(l.side.run);
	}

	/** @param {Line} l @param {number} i @param {Split} split */
	colour(l, i, split) {
		const { app } = this;
		const theme = app.theme();
		const all = app.taskColours.all(theme.dark);
		const cpu = l.side.run.cpuIndex.get(l.place.cpu) ?? 0;

		if (split === 'cpu')
			return l.side.run.cpus.length <= all.length ? all[cpu] : theme.ramp.at(0.2 + 0.75 * cpu / (l.side.run.cpus.length - 1));
		if (split === 'task')
			return app.colourOf(l.side.run, l.place.task);
		if (app.pair)
			return i ? theme.sideB : theme.sideA;
		return this.sides.length > 1 ? all[[0, 1, 2, 5, 6, 8][this.sides.indexOf(l.side) % 6]] : theme.bar;
	}

	/** @param {Split} split */
	showLegend(split) {
		const { app } = this;
		/** @type {Map<string, { line: Line, colour: string }>} */
		const keys = new Map();

		this.lines.forEach((lines, chart) => lines.forEach((line, i) => keys.set(this.nameOfPlace(line), { line, colour: this.mark.charts[chart].series[i].colour })));
		const one = split === 'system';

		this.legend.hidden = one && !app.pair && keys.size < 2;
		if (one && app.pair) {
			fill(this.legend, ...sideKeys(app));
			return;
		}
		fill(this.legend, ...[...keys].slice(0, LEGEND_KEYS).map(([label, { line, colour }]) => {
			const swatch = el('span', { class: 'swatch' });

			swatch.style.background = colour;
			return one ? el('span', { class: 'key' }, swatch, label) : el('button', { type: 'button', class: 'key', 'aria-pressed': String(this.isSelected(line)), on: { click: () => this.selectLine(line) } }, swatch, label);
		}), keys.size > LEGEND_KEYS ? el('span', { class: 'soft', text: 'and ' + fmtCount(keys.size - LEGEND_KEYS) + ' more' }) : null);
	}

	/** What bands and hatching mean, where there are some; what could not be counted. @param {Span} w */
	showWords(w) {
		const all = this.mark.charts.flatMap(c => c.series);
		const ranges = this.lines.flat().some(l => l.subject.event && l.place.inexact(l.subject.event.number));
		const dense = all.some(s => this.mark.isDense(s, w));
		const gaps = all.some(s => s.gaps.some(gap => gap.from < w.to && gap.to > w.from));
		const filtered = this.app.filter && this.sides.some(s => isOf(s.places, OF_CPU));
		/** @type {Map<string, string[]>} events by why they are not there */
		const why = new Map();

		this.words.textContent = [ranges ? 'Pale band: the event had a counter part of the time only, and its rate lies in there.' : '', dense ? 'Several readings in a pixel: their mean, and from the least to the most of them.' : '',
			gaps ? 'Hatched: on no counter, lost, or not recorded.' : '', filtered ? 'Counts of CPUs do not tell tasks apart: the filter does not apply.' : ''].filter(Boolean).join(' ');
		for (const { counts } of this.sides) {
			for (const e of counts.events.filter(k => k.missing))
				why.set(e.note, [...new Set([...why.get(e.note) || [], e.name])]);
		}
		this.missing.hidden = !why.size;
		this.missing.textContent = 'Not counted: ' + [...why].map(([note, names]) => names.join(', ') + ' (' + (note || 'not to be had on that machine') + ')').join('; ') + '.';
	}

	/* ---- numbers ---- */

	/** @param {Span} w */
	showFacts(w) {
		/* All places together, whatever the picture tells apart. */
		const facts = this.subjects().slice(0, this.sides.length > 2 ? 1 : this.sides.length > 1 ? 3 : 4).flatMap(subject => {
			const { unit, by } = unitOf(subject);
			const text = /** @param {number} v */ v => fmtShort(v / by) + ' ' + unit;
			const values = this.sides.map(side => {
				const own = this.own(side, subject);
				const place = this.together(side);
				const value = own ? this.valueIn(place, own, w) : undefined;

				return { side, value, count: own?.event ? place.countIn(own.event.number, w).value * own.event.scale : undefined };
			});

			if (this.compares) {
				const [a, b] = values.map(v => v.value);

				if (a === undefined || b === undefined)
					return [];
				return [{ label: subject.name, value: a > 0 ? withSign(b - a, Math.abs(100 * (b - a) / a).toFixed(1)) + ' %' : text(b), note: text(a) + ' → ' + text(b) }];
			}
			return values.filter(v => v.value !== undefined).map(v => ({ label: (values.length > 1 ? this.app.nameOf(v.side.run) + ': ' : '') + subject.name, value: text(v.value ?? 0),
				note: v.count === undefined ? '' : subject.event?.unit === 'ns' ? fmtDuration(v.count) + ' in all' : fmtCount(v.count) + (subject.event?.unit ? ' ' + subject.event.unit : '') + ' in all' }));
		});

		this.setFacts(facts);
	}

	/** @param {Side} side */
	together(side) {
		let all = side.places.length === 1 ? side.places[0] : this.known?.together.get(side.run);

		if (!all) {
			const sum = new Place(side.counts, -1, -1);

			side.places.forEach(p => p.series.forEach(list => list.forEach(s => sum.add(s))));
			this.known?.together.set(side.run, sum);
			all = sum;
		}
		return all;
	}

	/** @param {Side} side @param {Place} place @returns {Row} */
	keyOf(side, place) {
		const { tasks } = side.run;

		return place.cpu >= 0 ? { cpu: place.cpu } : place.task >= 0 ? { task: tasks.label[place.task], tid: tasks.several(place.task) ? undefined : tasks.all[place.task].tid } : {};
	}

	/** @param {Split} split */
	keyColumns(split) {
		return split === 'cpu' ? [{ name: 'cpu', title: 'CPU', unit: 'id', type: 'u64', key: true }] : split === 'task' ?
			[{ name: 'task', title: 'Task', unit: '', type: 'text', key: true }, { name: 'tid', title: 'TID', unit: 'id', type: 'u64', key: true, local: true }] : [];
	}

	/** @param {Side} side @param {Span} w @returns {Row[]} */
	countRows(side, w) {
		/** @type {Row[]} */
		const rows = side.places.flatMap(place => side.counts.events.filter(e => place.series.has(e.number)).map(e => {
			const c = place.countIn(e.number, w);
			const list = place.series.get(e.number) || [];
			const row = { ...this.keyOf(side, place), event: e.name, unit: e.unit || undefined, counted_pct: c.enabled > 0 ? 100 * (c.enabled - c.off) / c.enabled : undefined };
			const rate = ratePerSecond(c, place.kindOf(e.number));

			if (!c.known || !c.places)
				return { ...row, note: c.known ? 'no reading ends in this window' : 'never on a counter: the PMU had none free' };
			return { ...row, count: c.value * e.scale, ...c.off > 0 ? { low: c.low * e.scale, high: c.high * e.scale } : {}, per_s: rate === undefined ? undefined : rate * e.scale, mean: place.rateIn(e, w),
				peak: list.length === 1 ? peakIn(list[0], w, side.run.span) * e.scale : undefined };
		}));

		/* Of tasks those with most first, event by event. */
		return rows.some(r => r.task !== undefined) ? side.counts.events.flatMap(e => rows.filter(r => r.event === e.name).sort((a, b) => (b.count ?? 0) - (a.count ?? 0))) : rows;
	}

	/** @param {Side} side @param {Span} w @returns {Row[]} */
	ratioRows(side, w) {
		return side.places.flatMap(place => side.counts.metrics.filter(m => !isRate(m.formula) && place.knows(m)).map(m => {
			const r = place.metricIn(m, w);

			return { ...this.keyOf(side, place), metric: m.title, unit: m.unit, value: r?.value, ...r && (r.low < r.value || r.high > r.value) ? { low: Number.isFinite(r.low) ? r.low : undefined, high: Number.isFinite(r.high) ? r.high : undefined } : {} };
		}));
	}

	/** @param {Span} w @param {Split} split */
	showTables(w, split) {
		const { app } = this;
		const soon = app.dragging();
		const some = this.sides.some(s => s.counts.metrics.some(m => !isRate(m.formula)));

		this.ratios.el.hidden = !some;
		if (this.compares) {
			this.table.set(() => this.diffAnswer(w, split, false), soon);
			if (some)
				this.ratios.set(() => this.diffAnswer(w, split, true), soon);
		} else {
			const number = /** @param {string} name @param {string} title @param {string} help */ (name, title, help) => ({ name, title, unit: 'count', type: 'f64', digits: 0, help });
			const tasks = this.sides.some(s => !isOf(s.places, OF_CPU));
			const exact = this.sides.every(s => s.places.every(p => [...p.series.keys()].every(event => !p.inexact(event))));

			this.table.set(() => joinAnswers(this.sides.map(side => ({ run: side.run, answer: { rows: this.countRows(side, w), notes: side.run.view('counters')?.notes || [], columns: [...this.keyColumns(split),
				{ name: 'event', title: 'Event', unit: '', type: 'text', key: true }, number('count', 'Count', 'estimate where the event was counted part of the time; missing: never counted'),
				number('low', 'At least', 'the rate while it was not counted lies between those seen around'), number('high', 'At most', "as 'at least'"), { name: 'unit', title: 'Unit', unit: '', type: 'text' },
				{ name: 'per_s', title: tasks ? 'Count/s of CPU time' : 'Count/s', unit: 'per_s', type: 'f64', digits: 1, help: 'of CPUs: of time, all of them together; of tasks: of their CPU time' },
				{ name: 'peak', title: 'Peak/s', unit: 'per_s', type: 'f64', digits: 1, help: 'of time, in the reading with most' },
				...exact ? [] : [{ name: 'counted_pct', title: 'Counted %', unit: 'pct', type: 'f64', digits: 1, help: 'time that the event was on a counter / time that it should have been' }], { name: 'note', title: 'Note', unit: '', type: 'text' }] } }))), soon);
			const value = /** @param {string} name @param {string} title */ (name, title) => ({ name, title, unit: 'value', type: 'f64' });

			if (some)
				this.ratios.set(() => joinAnswers(this.sides.map(side => ({ run: side.run, answer: { notes: [], rows: this.ratioRows(side, w), columns: [...this.keyColumns(split), { name: 'metric', title: 'Metric', unit: '', type: 'text', key: true },
					value('value', 'Value'), value('low', 'At least'), value('high', 'At most'), { name: 'unit', title: 'Unit', unit: '', type: 'text' }] } }))), soon);
		}
		this.readings.set(() => this.readingsAnswer(w, split), soon);
	}

	/** A and B by event and place. @param {Span} w @param {Split} split @param {boolean} ratios */
	diffAnswer(w, split, ratios) {
		const keys = [...this.keyColumns(split).filter(k => k.name !== 'tid'), { name: ratios ? 'metric' : 'event', title: ratios ? 'Metric' : 'Event', unit: '', type: 'text', key: true }];
		const measures = /** @type {import('../data/diff.js').Measure[]} */ ([ratios ? { name: 'value', title: 'Value', rule: 'level', unit: 'value' } : { name: 'rate', from: 'mean', title: 'Per second', rule: 'share', unit: 'per_s', digits: 1 }]);
		const [a, b] = this.sides.map(side => ({ rows: ratios ? this.ratioRows(side, w) : this.countRows(side, w), seconds: () => 1,
			knows: /** @param {Row} row */ row => ratios || side.counts.events.some(e => e.name === row.event && !e.missing) }));
		const { rows } = joinSides(a, b, keys.map(k => k.name), measures);

		return { columns: diffColumns(keys, measures, rows), rows: rows.map(r => ({ ...r, where: whereWords[/** @type {import('../data/diff.js').Where} */ (r.where)] })), notes: ratios ? [] : ['Counts per second of time, as far as readings of the window tell of it.'] };
	}

	/** What the lines show. @param {Span} w @param {Split} split */
	readingsAnswer(w, split) {
		const several = this.sides.length > 1;
		const heads = this.lines.flat().map(line => ({ line, at: upperBound(line.counted.to, w.from), end: upperBound(line.counted.from, w.to - 1) })).filter(h => h.at < h.end);
		const all = heads.reduce((n, h) => n + h.end - h.at, 0);
		/** @type {Row[]} */
		const rows = [];

		/* The earliest first; there may be a great many. */
		for (let taken = 0; taken < READINGS_MAX && heads.some(h => h.at < h.end); taken++) {
			const h = heads.reduce((a, b) => b.at < b.end && (a.at >= a.end || b.line.counted.from[b.at] < a.line.counted.from[a.at]) ? b : a);
			const { side, place, subject, counted: c } = h.line;
			const { unit, by } = unitOf(subject);
			const i = h.at++;

			if (!Number.isNaN(c.value[i])) {
				rows.push({ ...several ? { run_name: side.run.name } : {}, time: c.from[i], length: c.to[i] - c.from[i], ...this.keyOf(side, place), what: subject.name, value: c.value[i] / by,
					...c.high[i] > c.low[i] ? { low: c.low[i] / by, high: c.high[i] / by } : {}, unit });
			}
		}
		const value = /** @param {string} name @param {string} title */ (name, title) => ({ name, title, unit: 'value', type: 'f64' });

		return { columns: [...several ? [{ name: 'run_name', title: 'Run', unit: '', type: 'text', key: true }] : [], { name: 'time', title: 'From', unit: 'time', type: 'u64', key: true }, { name: 'length', title: 'Length', unit: 'ns', type: 'u64' },
			...this.keyColumns(split), { name: 'what', title: 'Event or metric', unit: '', type: 'text', key: true }, value('value', 'Value'), value('low', 'At least'), value('high', 'At most'), { name: 'unit', title: 'Unit', unit: '', type: 'text' }],
		rows, notes: all > READINGS_MAX ? [fmtCount(all - READINGS_MAX) + ' later values are not listed: choose a shorter window.'] : [] };
	}

	/* ---- pointer ---- */

	/** @param {number} chart @param {number} series @param {number} t @param {PointerEvent} e */
	hover(chart, series, t, e) {
		const drawn = this.mark.charts[chart];
		const line = this.lines[chart][series];
		const point = line ? pointAt(drawn.series[series], t) : -1;

		if (!line || point < 0) {
			this.app.tip.show(e, drawn.title + ' · ' + fmtTime(t, (this.app.window().to - this.app.window().from) / 1000), [['', 'not known here']]);
			return;
		}
		const { counted: c, subject } = line;
		const { unit, by } = unitOf(subject);
		const exact = /** @param {number} v */ v => fmtValue(by === 1 ? v : Number((v / by).toPrecision(6))) + ' ' + unit;
		const length = c.to[point] - c.from[point];
		const several = drawn.series.length > 1;
		/** @type {[string, string][]} */
		const lines = [['', fmtTime(c.from[point], Math.max(1, length / 100)) + ' + ' + fmtDuration(length)], [several ? this.nameOfPlace(line) : 'value', exact(c.value[point])]];

		if (c.high[point] > c.low[point])
			lines.push(['between', exact(c.low[point])], ['and', exact(c.high[point])]);
		if (c.least && c.most && c.most[point] > c.least[point])
			lines.push(['least', exact(c.least[point])], ['most', exact(c.most[point])]);
		this.addCount(line, point, lines);
		if (several) {
			const others = drawn.series.map((s, i) => ({ i, p: pointAt(s, t), s })).filter(o => o.i !== series && o.p >= 0 && (line.place.task < 0 || o.s.values[o.p] > 0)).sort((x, y) => y.s.values[y.p] - x.s.values[x.p]);

			lines.push(...others.slice(0, TOLD_LINES).map(o => /** @type {[string, string]} */ ([o.s.label, exact(o.s.values[o.p])])));
			if (others.length > TOLD_LINES)
				lines.push(['', fmtCount(others.length - TOLD_LINES) + ' more']);
		}
		this.app.tip.show(e, drawn.title, lines, several ? drawn.series[series].colour : '');
	}

	/** The count behind a rate, and how long it was on a counter. @param {Line} line @param {number} point @param {[string, string][]} lines */
	addCount(line, point, lines) {
		const { event } = line.subject;

		if (!event)
			return;
		const counted = line.place.counted(event.number, this.app.window());
		const one = line.place.series.get(event.number);

		lines.push(['counted', event.unit === 'ns' ? fmtDuration(counted.value[point] * event.scale) : fmtValue(counted.value[point] * event.scale) + (event.unit ? ' ' + event.unit : '')]);
		if (one?.length === 1 && one[0].from === counted.from && one[0].off[point] > 0)
			lines.push(['on a counter', fmtPct(100 * (one[0].enabled[point] - one[0].off[point]) / one[0].enabled[point])]);
	}

	/** @param {number} chart @param {number} series */
	click(chart, series) {
		const line = this.lines[chart]?.[series];

		if (line)
			this.selectLine(line);
	}

	/** @param {Line} line */
	isSelected(line) {
		return line.place.cpu >= 0 ? this.app.state.look.cpu === line.place.cpu : line.place.task >= 0 && this.app.isMarked(line.side.run, line.place.task);
	}

	/** @param {Line} line */
	selectLine(line) {
		const { app } = this;

		if (line.place.cpu >= 0)
			app.state.set(this.isSelected(line) ? { cpu: -1 } : { cpu: line.place.cpu, task: '', tid: 0 });
		else if (line.place.task >= 0)
			app.selectTask(line.side.run, line.place.task);
	}

	/** @param {Row} row */
	pick(row) {
		if (row.task !== undefined || row.cpu !== undefined)
			this.app.pickRow(row);
	}
}

export const countersView = { name: 'counters', title: 'Counters', needs: /** @param {Run} run */ run => Boolean(run.json.counters) && !run.view('results'),
	make: /** @param {App} app */ app => new CountersView(app) };
