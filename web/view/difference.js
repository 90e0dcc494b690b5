/* SPDX-License-Identifier: MIT */
/* What views share where two runs are compared: joined rows, their table, facts, matrix, read-out and legend. */

import { RunSide, diffColumns, extremes, joinSides, scaleEnd, sortByDiff, whereWords } from '../data/diff.js';
import { el, fill } from '../ui/dom.js';
import { fmtCell, fmtCount, fmtDiff, fmtPct, fmtShort, withSign } from '../ui/units.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').Span} Span */
/** @typedef {import('../data/run.js').ColumnJson} Column */
/** @typedef {import('../data/diff.js').Measure} Measure */
/** @typedef {import('../data/diff.js').Row} Row */
/** @typedef {import('../mark/matrix.js').MatrixPanel} MatrixPanel */

export const taskColumn = { name: 'task', title: 'Task', unit: '', type: 'text', key: true };
export const coreUse = /** @type {Measure} */ ({ name: 'run_pct', title: '% of one core', rule: 'share', unit: 'pct', digits: 2 });
export const switchRate = /** @type {Measure} */ ({ name: 'switches_per_s', from: 'switches', title: 'Switches/s', rule: 'rate', unit: 'per_s', digits: 1 });

/** @param {string} name @param {string} title @returns {Measure} */
export function levelNs(name, title) {
	return { name, title, rule: 'level', unit: 'ns' };
}

/** Formats of a measure. @param {Measure} m */
function columnOf(m) {
	return { unit: m.unit, type: 'f64', digits: m.digits };
}

/** @param {Measure} m @param {number} v */
export function valueText(m, v) {
	const unit = /** @type {Object<string, string>} */ ({ pct: ' %', per_s: ' /s' })[m.unit] || '';

	return fmtCell(v, columnOf(m)) + unit;
}

/** @param {Measure} m @param {number} v */
export function diffText(m, v) {
	return fmtDiff(v, columnOf(m));
}

/** Two runs' rows, joined. */
export class Comparison {
	/**
	 * @param {App} app
	 * @param {{ run: Run, window: Span, rows: Row[], cut?: boolean, knows?: (row: Row) => boolean }[]} parts A and B; cut: rows were left out; knows: instead of by the names of tasks
	 * @param {Column[]} keys
	 * @param {Measure[]} measures the first one orders the rows
	 */
	constructor(app, parts, keys, measures) {
		const [a, b] = parts.map(p => {
			const side = new RunSide(p.run, p.window, app.mask(p.run), p.rows, p.cut, app.window());

			side.knows = p.knows || side.knows;
			return side;
		});
		const { rows, unclear } = joinSides(a, b, keys.map(k => k.name), measures);

		this.a = a;
		this.b = b;
		this.keys = keys;
		this.measures = measures;
		this.unclear = unclear;
		this.rows = sortByDiff(rows, measures[0].name);
	}

	/** @param {string[]} [notes] @returns {import('../ui/tabletwin.js').Answer} */
	answer(notes = []) {
		const single = this.rows.some(r => r.where !== 'both');

		return {
			columns: diffColumns(this.keys, this.measures, this.rows),
			rows: this.rows.map(r => ({ ...r, where: whereWords[/** @type {import('../data/diff.js').Where} */ (r.where)] })),
			notes: [...notes, ...this.a.cut || this.b.cut ? ['The report carries only the first rows of this answer: what is not among them is left empty, and sums over equal names may be too small.'] : [],
				...single ? ['What exists in one run only has no difference in percent; what adds up is nothing in the other run.'] : [],
				...this.unclear ? ['Left empty: ' + fmtCount(this.unclear) + ' values that cannot be summed over tasks of equal names.'] : []],
		};
	}

	/**
	 * The greatest rise and fall, and what is in one run only.
	 * @param {Measure} m
	 * @param {Row[]} [rows] default: those of tasks
	 */
	facts(m, rows = this.rows.filter(r => r.task !== 'IDLE' && r.task !== 'all tasks')) {
		const { up, down } = extremes(rows, m.name);
		const only = /** @param {RunSide} a @param {RunSide} b */ (a, b) => new Set(rows.filter(r => a.knows({ task: r.task }) && !b.knows({ task: r.task })).map(r => r.task));
		const fact = /** @param {string} label @param {Row | null} r */ (label, r) => r ? [{ label, value: this.nameOf(r),
			note: diffText(m, r[m.name + '_diff']) + ': ' + valueText(m, r[m.name + '_a']) + ' → ' + valueText(m, r[m.name + '_b']) }] : [{ label, value: 'none' }];
		const [onlyA, onlyB] = [only(this.a, this.b), only(this.b, this.a)];
		const names = [...onlyA, ...onlyB];

		return [...fact('biggest increase', up), ...fact('biggest decrease', down),
			...names.length ? [{ label: 'in one run only', value: names.length === 1 ? names[0] : fmtCount(names.length) + ' tasks',
				note: names.length === 1 ? onlyA.size ? 'only A' : 'only B' : fmtCount(onlyA.size) + ' only A, ' + fmtCount(onlyB.size) + ' only B' }] : []];
	}

	/**
	 * Put rows with enough values in both runs for a percentile to say something before the others.
	 * @param {Measure} rate of the values
	 * @param {number} least
	 * @returns {Row[]} those rows
	 */
	frequentFirst(rate, least) {
		const count = /** @param {Row} r @param {string} part @param {RunSide} side */ (r, part, side) => (r[rate.name + part] || 0) * side.seconds(r);

		const enough = /** @param {Row} r */ r => r.where !== 'both' || count(r, '_a', this.a) >= least - 0.5 && count(r, '_b', this.b) >= least - 0.5;
		const rows = this.rows.filter(enough);

		this.rows = [...rows, ...this.rows.filter(r => !enough(r))];
		return rows;
	}

	/** @param {Row} r */
	nameOf(r) {
		return (r.task ?? '') + (r.reason !== undefined ? ' · ' + r.reason : '') + (r.next !== undefined ? ' → ' + r.next : '') + (r.cpu !== undefined ? ' on CPU ' + r.cpu : '') + (r.kind !== undefined ? ' (' + r.kind + ')' : '');
	}
}

/** "only A" where a row is not in both. @param {Row | undefined} r */
export function whereNote(r) {
	return r && r.where !== 'both' ? whereWords[/** @type {import('../data/diff.js').Where} */ (r.where)] : '';
}

/**
 * A, B, difference and relative difference of each measure, for the tooltip.
 * @param {Row} row
 * @param {Measure[]} measures
 * @returns {[string, string][]}
 */
export function diffLines(row, measures) {
	/** @type {[string, string][]} */
	const lines = [];
	const value = /** @param {Measure} m @param {string} side */ (m, side) =>
		row[m.name + side] === undefined ? row.where === 'both' ? 'not known' : 'not in this run' : valueText(m, row[m.name + side]);

	for (const m of measures) {
		const [diff, rel] = [row[m.name + '_diff'], row[m.name + '_rel']];

		if (measures.length > 1)
			lines.push(['', m.title]);
		lines.push(['A', value(m, '_a')], ['B', value(m, '_b')]);
		if (diff !== undefined)
			lines.push(['B − A', diffText(m, diff)]);
		if (rel !== undefined)
			lines.push(['relative', withSign(rel, fmtPct(Math.abs(rel) < 0.05 ? 0 : rel))]);
	}
	return lines;
}

/** A difference on a colour scale, 0.5 = none. @param {number} v @param {number} end @param {boolean} log */
export function diffShade(v, end, log) {
	const part = log ? Math.log1p(Math.abs(v)) / Math.log1p(end) : Math.abs(v) / end;

	return 0.5 + Math.sign(v) * Math.min(1, part) / 2;
}

/** Joined rows as a matrix. */
export class DiffMatrix {
	/**
	 * @param {Row[]} rows
	 * @param {string} down column that names the rows
	 * @param {string} across column that names the columns
	 * @param {string[]} rowNames those that are shown, in order
	 * @param {string[]} columnNames
	 */
	constructor(rows, down, across, rowNames, columnNames) {
		this.rowNames = rowNames;
		this.columnNames = columnNames;
		/** @type {Map<string, Row>} */
		this.cells = new Map(rows.map(r => [r[down] + '\n' + r[across], r]));
		/** @type {Map<string, Row>} */
		this.some = new Map(rows.map(r => [String(r[down]), r]));
	}

	/** @param {number} r @param {number} c */
	at(r, c) {
		return this.cells.get(this.rowNames[r] + '\n' + this.columnNames[c]);
	}

	notes() {
		return this.rowNames.map(name => whereNote(this.some.get(name)));
	}

	/** @param {Measure} m @param {number} least */
	end(m, least) {
		const shown = [];

		for (let r = 0; r < this.rowNames.length; r++) {
			for (let c = 0; c < this.columnNames.length; c++)
				shown.push(this.at(r, c)?.[m.name + '_diff']);
		}
		return scaleEnd(shown, least);
	}

	/**
	 * @param {Measure} m
	 * @param {{ title: string, end: number, log: boolean, breaks: number[], labels?: string[] }} o
	 * @returns {MatrixPanel}
	 */
	panel(m, o) {
		return {
			title: o.title, columns: o.labels || this.columnNames, breaks: o.breaks, diverging: true,
			value: (r, c) => this.at(r, c)?.[m.name + '_diff'] ?? NaN,
			shade: v => diffShade(v, o.end, o.log),
			text: v => withSign(v, m.unit === 'ns' ? fmtCell(v, columnOf(m)) : shortDiff(v)),
		};
	}
}

/** Few digits for a cell. @param {number} v */
export function shortDiff(v) {
	const a = Math.abs(v);

	if (a >= 1e6)
		return (v / 1e6).toFixed(1) + ' M';
	if (a >= 1e4)
		return (v / 1e3).toFixed(a >= 1e5 ? 0 : 1) + ' k';
	return v.toFixed(a >= 99.95 ? 0 : 1);
}

/**
 * The colour scales of a picture.
 * @param {App} app
 * @param {HTMLElement} node
 * @param {{ m: Measure, end: number, log: boolean }[]} scales
 */
export function showLegend(app, node, scales) {
	fill(node, ...scales.map(({ m, end, log }) => {
		const bar = el('span', { class: 'gradient', 'aria-hidden': 'true' });
		const text = /** @param {number} v */ v => withSign(v, m.unit === 'ns' ? fmtCell(v, columnOf(m)) : fmtShort(v));

		bar.style.background = app.theme().difference.gradient();
		return el('span', { class: 'scale' }, el('span', { class: 'soft', text: m.title + (log ? ', log:' : ':') }),
			el('span', { class: 'lesshere', text: 'less in B' }), el('span', { text: text(-end) }), bar, el('span', { text: text(end) + (m.unit === 'pct' ? ' pp' : m.unit === 'per_s' ? ' /s' : '') }),
			el('span', { class: 'morehere', text: 'more in B' }));
	}));
}

/** The two colours of the runs. @param {App} app */
export function sideKeys(app) {
	const pair = /** @type {[Run, Run]} */ (app.pair);

	return pair.map((run, i) => {
		const swatch = el('span', { class: 'swatch' });

		swatch.style.background = i ? app.theme().sideB : app.theme().sideA;
		return el('span', { class: 'key' }, swatch, 'AB'[i] + ' ' + run.name);
	});
}
