/* SPDX-License-Identifier: MIT */
/*
 * Two runs against each other: A is the base, B is compared with it, every difference is B - A.
 * Rows of equal keys (labels, never thread ids) are joined; what adds up is compared per second of
 * the covered time of its own run, or as a share of it, so runs of different length and with losses
 * can be compared. Nothing is scaled beyond what was covered.
 */

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./run.js').Span} Span */
/** @typedef {import('./run.js').ColumnJson} Column */
/** @typedef {Object<string, any>} Row */

/**
 * What is compared.
 * rate: adds up, compared per second of covered time. share: adds up and is in relation to covered
 * time already (% of one core). level: does not add up (a percentile, a maximum), compared as it is.
 * @typedef {object} Measure
 * @property {string} name of the compared columns: NAME_a, NAME_b, NAME_diff, NAME_rel
 * @property {string} [from] column of the rows, where it is not the name
 * @property {string} title
 * @property {'rate' | 'share' | 'level'} rule
 * @property {string} unit of what is compared
 * @property {number} [digits]
 * @property {boolean} [plain] A and B stand in the table, their difference does not
 */

/**
 * One side of a comparison.
 * @typedef {object} Side
 * @property {Row[]} rows rows of equal keys are summed
 * @property {(row: Row) => boolean} knows is there such a thing at all in this run, at work or not?
 * @property {boolean} [cut] rows were left out: what is not among them is not known
 * @property {number} [grain] part by which its window is longer than what was asked for, since it has whole bins
 * @property {(row: Row) => number} seconds covered time that the row's measures belong to; 0 = nothing was recorded there
 */

/** Where a thing exists. @typedef {'both' | 'A' | 'B'} Where */

export const whereWords = /** @type {Object<Where, string>} */ ({ both: 'A and B', A: 'only A', B: 'only B' });

/**
 * The address's "BASE,OTHER".
 * @param {string} text
 * @param {number} runs how many there are
 * @returns {[number, number] | null} null: no difference
 */
export function parsePair(text, runs) {
	const m = /^(\d{1,6}),(\d{1,6})$/.exec(text);

	if (!m || m[1] === m[2] || Number(m[1]) >= runs || Number(m[2]) >= runs)
		return null;
	return [Number(m[1]), Number(m[2])];
}

/**
 * A difference, and in percent of A. From nothing there is no percent.
 * @param {number | undefined} a
 * @param {number | undefined} b
 * @param {number} [grain] values that differ by no more than this part of them are equal
 * @returns {{ diff: number | undefined, rel: number | undefined }}
 */
export function difference(a, b, grain = 0) {
	if (a === undefined || b === undefined)
		return { diff: undefined, rel: undefined };
	if (Math.abs(b - a) <= grain * Math.max(Math.abs(a), Math.abs(b)))
		return { diff: 0, rel: 0 };
	return { diff: b - a, rel: a ? 100 * (b - a) / a : a === b ? 0 : undefined };
}

/** Rows of one key on one side. */
class Sum {
	constructor() {
		this.rows = 0;
		/** @type {Map<string, number>} */
		this.value = new Map();
		/** Levels of several rows are no level of their sum. @type {Set<string>} */
		this.unclear = new Set();
	}

	/** @param {Row} row @param {Measure[]} measures */
	add(row, measures) {
		this.rows++;
		for (const m of measures) {
			const v = row[m.from || m.name];

			if (typeof v !== 'number' || Number.isNaN(v))
				continue;
			if (m.rule === 'level' && this.value.has(m.name))
				this.unclear.add(m.name);
			this.value.set(m.name, (this.value.get(m.name) || 0) + v);
		}
	}
}

/**
 * What a side says of a measure: a value; "none" = the thing does not exist in that run, so what adds
 * up is nothing there; undefined = not known.
 * @param {Side} side
 * @param {Sum | null} sum
 * @param {Row} key
 * @param {Measure} m
 * @returns {number | 'none' | undefined}
 */
function valueOf(side, sum, key, m) {
	const v = sum?.value.get(m.name);

	if (m.rule === 'level')
		return sum?.unclear.has(m.name) ? undefined : v;
	const seconds = side.seconds(key);

	if (!(seconds > 0))
		return undefined;
	if (sum)
		return v === undefined ? undefined : m.rule === 'rate' ? v / seconds : v;
	if (side.cut)
		return undefined;
	return side.knows(key) ? 0 : 'none';
}

/**
 * Join the rows of both sides.
 * @param {Side} a
 * @param {Side} b
 * @param {string[]} keys columns that must be equal
 * @param {Measure[]} measures
 * @returns {{ rows: Row[], unclear: number }} rows: the keys, "where", and the columns of the measures;
 * unclear: levels left out because a key had several rows
 */
export function joinSides(a, b, keys, measures) {
	/** @type {Map<string, { key: Row, sum: [Sum | null, Sum | null] }>} */
	const joined = new Map();
	let unclear = 0;

	[a, b].forEach((side, i) => {
		for (const row of side.rows) {
			const id = JSON.stringify(keys.map(k => row[k] ?? null));
			let entry = joined.get(id);

			if (!entry) {
				entry = { key: Object.fromEntries(keys.filter(k => row[k] !== undefined).map(k => [k, row[k]])), sum: [null, null] };
				joined.set(id, entry);
			}
			(entry.sum[i] = entry.sum[i] || new Sum()).add(row, measures);
		}
	});
	const rows = [...joined.values()].map(({ key, sum }) => {
		const inA = sum[0] !== null || a.knows(key);
		const inB = sum[1] !== null || b.knows(key);
		/** @type {Row} */
		const row = { ...key, where: inA && inB ? 'both' : inA ? 'A' : 'B' };

		for (const m of measures) {
			const x = valueOf(a, sum[0], key, m);
			const y = valueOf(b, sum[1], key, m);
			/* Whole bins reach a little further than the window: what that can make is no difference. */
			const d = difference(x === 'none' ? 0 : x, y === 'none' ? 0 : y, m.rule === 'level' ? 0 : (a.grain || 0) + (b.grain || 0));

			row[m.name + '_a'] = x === 'none' ? undefined : x;
			row[m.name + '_b'] = y === 'none' ? undefined : y;
			row[m.name + '_diff'] = d.diff;
			/* All or nothing is said by "where", not as +-100 %. */
			row[m.name + '_rel'] = row.where === 'both' ? d.rel : undefined;
			unclear += Number(Boolean(sum[0]?.unclear.has(m.name))) + Number(Boolean(sum[1]?.unclear.has(m.name)));
		}
		return row;
	});

	return { rows, unclear };
}

/**
 * Greatest differences first; ties keep their order.
 * @param {Row[]} rows
 * @param {string} name of the measure
 */
export function sortByDiff(rows, name) {
	const size = /** @param {Row} r */ r => Math.abs(r[name + '_diff'] ?? 0);

	return [...rows].sort((x, y) => size(y) - size(x));
}

/**
 * The greatest rise and fall among what exists in both runs.
 * @param {Row[]} rows
 * @param {string} name of the measure
 * @returns {{ up: Row | null, down: Row | null }}
 */
export function extremes(rows, name) {
	const of = /** @param {Row | null} r */ r => r ? r[name + '_diff'] : 0;
	/** @type {Row | null} */
	let up = null;
	/** @type {Row | null} */
	let down = null;

	for (const r of rows) {
		if (r.where !== 'both' || r[name + '_diff'] === undefined)
			continue;
		if (of(r) > of(up))
			up = r;
		if (of(r) < of(down))
			down = r;
	}
	return { up, down };
}

/**
 * Columns of a table of differences: the keys, where, and four per measure under a common head.
 * @param {Column[]} keys
 * @param {Measure[]} measures
 * @param {Row[]} rows
 */
export function diffColumns(keys, measures, rows) {
	/** @type {(Column & { group?: string, signed?: boolean })[]} */
	const columns = keys.map(k => ({ ...k, key: true }));

	if (rows.some(r => r.where !== 'both'))
		columns.push({ name: 'where', title: 'In', unit: '', type: 'text', key: true, help: 'Runs in which the task exists, at work or not' });
	for (const m of measures) {
		const of = /** @param {string} part @param {string} title @param {string} help */ (part, title, help) =>
			({ name: m.name + part, title, help, unit: m.unit, type: 'f64', digits: m.digits, group: m.title });

		columns.push(of('_a', 'A', m.title + ' in run A, the base'), of('_b', 'B', m.title + ' in run B'));
		if (m.plain)
			continue;
		columns.push({ ...of('_diff', 'B − A', 'Difference of ' + m.title + (m.unit === 'pct' ? ', percentage points' : '')), signed: true },
		{ name: m.name + '_rel', title: 'in %', unit: 'pct', type: 'f64', digits: 1, group: m.title, signed: true, help: 'Difference in percent of A; empty where A has none' });
	}
	return columns;
}

/**
 * The least 1, 2 or 5 times a power of ten that holds all differences: the end of a colour scale.
 * @param {Iterable<number | undefined>} values
 * @param {number} least
 */
export function scaleEnd(values, least) {
	let most = least;

	for (const v of values) {
		if (v !== undefined && Number.isFinite(v))
			most = Math.max(most, Math.abs(v));
	}
	const power = 10 ** Math.floor(Math.log10(most) + 1e-12);
	const unit = most / power;

	return power * (unit <= 1 + 1e-9 ? 1 : unit <= 2 + 1e-9 ? 2 : unit <= 5 + 1e-9 ? 5 : 10);
}

/** A run as a side: which tasks there are, and the covered time of a window. */
export class RunSide {
	/**
	 * @param {Run} run
	 * @param {Span} window snapped to the bins of the cube that the rows are from
	 * @param {Uint8Array} mask tasks that are shown
	 * @param {Row[]} rows
	 * @param {boolean} [cut] rows were left out
	 * @param {Span} [asked] window before it was snapped
	 */
	constructor(run, window, mask, rows, cut = false, asked = window) {
		this.run = run;
		this.window = window;
		this.rows = rows;
		this.cut = cut;
		this.grain = asked.to > asked.from ? Math.max(0, (window.to - window.from) / (asked.to - asked.from) - 1) : 0;
		/** @type {Set<string>} */
		this.labels = new Set(['IDLE', 'all tasks']);
		run.tasks.label.forEach((label, n) => {
			if (mask[n])
				this.labels.add(label);
		});
		this.nexts = new Set([...this.labels, ...run.tasks.label]);
		this.longest = run.longestCovered(window);
		/** @type {Map<string, number>} */
		this.coveredOf = new Map(run.cpus.map((cpu, i) => [String(cpu), run.covered(i, window)]));
		this.knows = /** @param {Row} row */ row => (row.task === undefined || this.labels.has(row.task)) &&
			(row.next === undefined || this.nexts.has(row.next));
		this.seconds = /** @param {Row} row */ row => this.covered(row.cpu) / 1e9;
	}

	/** Covered time that belongs to a CPU, else (all, none) the longest. @param {any} cpu */
	covered(cpu) {
		if (cpu === undefined || cpu === 'all' || cpu === 'IDLE')
			return this.longest;
		return this.coveredOf.get(String(cpu)) ?? 0;
	}
}

/**
 * Counts by bucket per second of covered time.
 * @param {Float64Array} bucket
 * @param {number} seconds
 */
export function bucketsPerSecond(bucket, seconds) {
	return seconds > 0 ? bucket.map(n => n / seconds) : new Float64Array(bucket.length);
}
