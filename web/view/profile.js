/* SPDX-License-Identifier: MIT */
/* What the views of profiles share: which samples are taken, their sums, and the table of functions. */

import { diffColumns, joinSides, sortByDiff, whereWords } from '../data/diff.js';
import { sumSamples } from '../data/profile.js';
import { el, icon } from '../ui/dom.js';
import { fmtCount, fmtDuration, fmtPct } from '../ui/units.js';
import { joinAnswers } from './answers.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/profile.js').Samples} Samples */
/** @typedef {import('../data/profile.js').ProfileEvent} ProfileEvent */
/** @typedef {import('../data/calltree.js').Sums} Sums */
/** @typedef {import('../data/calltree.js').FunctionSums} FunctionSums */
/** @typedef {import('../data/diff.js').Measure} Measure */
/** @typedef {{ run: Run, samples: Samples }} Taken */
/** @typedef {{ run: Run, samples: Samples, sums: Sums, fns: FunctionSums, weight: number, count: number }} Side */

export const functionKeys = [{ name: 'function', title: 'Function', unit: '', type: 'text', key: true }, { name: 'module', title: 'Module', unit: '', type: 'text', key: true }];
export const shareMeasures = /** @type {Measure[]} */ ([{ name: 'self_pct', title: 'Self, % of samples', rule: 'share', unit: 'pct', digits: 2 },
	{ name: 'total_pct', title: 'Total, % of samples', rule: 'share', unit: 'pct', digits: 2 }]);

/** @param {number} weight @param {string} unit of the event */
export function weightText(weight, unit) {
	return unit === 'ns' ? fmtDuration(weight) : fmtCount(weight);
}

export class ProfileFrame extends ViewFrame {
	/**
	 * @param {App} app
	 * @param {{ name: string, title: string, summary: string, tableTitle: string }} o
	 * @param {'cpu' | 'offcpu'} kind
	 */
	constructor(app, o, kind) {
		super(app, o);
		this.kind = kind;
		this.helpName = kind === 'offcpu' ? 'offcpu' : 'hotspots';
		this.compares = true;
		this.table.o.pick = row => this.pickFunction(row);
		this.table.o.marked = row => this.app.state.look.func !== '' && this.functionOfRow(row) === Number(this.app.state.look.func);
	}

	async gather() {
		const { app, kind } = this;
		const runs = app.shown().filter(r => app.profiles.nodes.has(r) && (kind === 'cpu' || r.json.bin_ns?.offcpu));

		return Promise.all(runs.map(async run => ({ run, samples: await app.profiles.samples(run, kind) })));
	}

	/** The event whose samples are shown. @returns {ProfileEvent} */
	event() {
		const events = this.app.profiles.events();

		if (this.kind === 'offcpu')
			return { name: 'time off the CPU', unit: 'ns', number: new Map() };
		return events.find(e => e.name === this.app.state.look.event) || events[0] || { name: '', unit: '', number: new Map() };
	}

	/** What is taken of a run's samples. @param {Taken} d @param {ProfileEvent} event @returns {import('../data/profile.js').Choice} */
	choose(d, event) {
		const { app, kind } = this;
		const look = app.state.look;
		const single = look.only && look.task !== '';
		/* Idle CPUs were sampled too: what is not a task counts where tasks are not asked for. */
		const idle = !app.filter && !single && kind === 'cpu';
		const mask = app.mask(d.run).map((m, n) => d.run.tasks.idle[n] ? Number(idle) : m && (!single || app.isMarked(d.run, n)) ? 1 : 0);

		return { window: d.samples.bin > 1 ? d.run.snap(app.window(), d.samples.bin) : app.window(), event: kind === 'cpu' ? event.number.get(d.run) ?? 65536 : -1,
			mask, idle, cpu: look.cpu };
	}

	/** @param {Taken[]} data @param {ProfileEvent} event @returns {Side[]} */
	sum(data, event) {
		const tree = this.app.profiles.tree;

		return data.map(d => {
			const sums = sumSamples(tree, d.run, d.samples, this.choose(d, event));

			return { ...d, sums, fns: tree.byFunction(sums), weight: sums.total[0], count: sums.totalSamples[0] };
		});
	}

	/** The window that the numbers are of. @param {Taken[]} data */
	showSpan(data) {
		const app = this.app;
		const bin = data.reduce((m, d) => Math.max(m, d.samples.bin), 1);

		this.setWindow(bin > 1 && !app.pair ? data[0].run.snap(app.window(), bin) : app.window(), bin);
	}

	/** Tools that say which samples are taken. @param {Taken[]} data @returns {(HTMLElement | null)[]} */
	sampleTools(data) {
		const { app, kind } = this;
		const look = app.state.look;
		const events = app.profiles.events();

		return [
			kind === 'cpu' && events.length > 1 ? this.select('Event', events.map(e => [e.name, e.name]), this.event().name, v => app.state.set({ event: v })) : null,
			look.cpu >= 0 ? data.every(d => d.samples.cpu) ? this.chip('CPU ' + look.cpu + ' only', () => app.clearSelection()) :
				el('span', { class: 'soft', text: 'of all CPUs: the report holds sums only' }) : null,
			look.task ? this.check('only ' + look.task, look.only, on => app.state.set({ only: on })) : null,
		];
	}

	/** What the tools above depend on. */
	sampleKey() {
		const { event, cpu, task, only } = this.app.state.look;

		return [event, cpu, task, only].join('\n');
	}

	/** Something that can be taken back. @param {string} text @param {() => void} drop */
	chip(text, drop) {
		return el('button', { type: 'button', class: 'chip drop', title: 'Take back', on: { click: drop } }, el('span', { text }), icon('close'));
	}

	/** @param {number} fn */
	fnName(fn) {
		return this.app.profiles.name[fn] ?? '';
	}

	/** @param {Object<string, any>} row */
	functionOfRow(row) {
		return this.app.profiles.number.get(row.function + '\n' + (row.module ?? '')) ?? -1;
	}

	/** Callers and callees of a function; of the one that is shown: the whole graph again. @param {Object<string, any>} row */
	pickFunction(row) {
		const fn = this.functionOfRow(row);

		if (fn >= 0)
			this.showFunction(this.app.state.look.func === String(fn) ? '' : String(fn));
	}

	/** @param {string} func */
	showFunction(func) {
		this.app.state.set({ func, frame: '', ...this.kind === 'cpu' ? { view: 'flame' } : {} });
	}

	/* ---- tables ---- */

	/** Functions of a run with their shares. @param {Side} s */
	functionRows(s) {
		const { name, module } = this.app.profiles;
		const rows = [];

		for (let fn = 0; fn < name.length; fn++) {
			if (s.fns.total[fn] > 0)
				rows.push({ function: name[fn], module: module[fn] || undefined, self: s.fns.self[fn], self_pct: 100 * s.fns.self[fn] / s.weight,
					total: s.fns.total[fn], total_pct: 100 * s.fns.total[fn] / s.weight, samples: s.fns.samples[fn] });
		}
		return rows.sort((a, b) => b.self - a.self || b.total - a.total);
	}

	/** @param {Side[]} sides @param {ProfileEvent} event */
	functionTable(sides, event) {
		const unit = event.unit === 'ns' ? 'ns' : 'count';
		const off = this.kind === 'offcpu';
		const column = /** @param {string} name @param {string} title @param {string} u @param {string} help */ (name, title, u, help) =>
			({ name, title, unit: u, type: u === 'pct' ? 'f64' : 'u64', digits: 2, help });
		const columns = [...functionKeys, column('self_pct', 'Self %', 'pct', off ? 'blocked in it, % of all time off the CPU' : 'of all samples of the event'),
			column('self', 'Self', unit, off ? 'time blocked in the function itself' : 'weight of the samples in the function itself'),
			column('total_pct', 'Total %', 'pct', 'with all that it called'), column('total', 'Total', unit, 'with all that it called; recursion counts once'),
			column('samples', off ? 'Times' : 'Samples', 'count', off ? 'times off the CPU in the function itself' : 'in the function itself')];

		return joinAnswers(sides.map(s => ({ run: s.run, answer: { columns, rows: this.functionRows(s), notes: s.run.view(this.helpName)?.notes || [] } })));
	}

	/** Rows of A and B, joined by name and module. @param {Side[]} sides A and B */
	functionDiff(sides) {
		const { profiles } = this.app;
		const [a, b] = sides.map(s => ({ rows: this.functionRows(s), seconds: () => s.weight > 0 ? 1 : 0,
			knows: /** @param {Object<string, any>} row */ row => Boolean(profiles.known.get(s.run)?.has(this.functionOfRow(row))) }));

		return sortByDiff(joinSides(a, b, functionKeys.map(k => k.name), shareMeasures).rows, 'self_pct');
	}

	/** @param {Object<string, any>[]} rows joined */
	diffTable(rows) {
		return { columns: diffColumns(functionKeys, shareMeasures, rows), rows: rows.map(r => ({ ...r, where: whereWords[/** @type {import('../data/diff.js').Where} */ (r.where)] })),
			notes: ["Shares in % of each run's own samples; their difference is in percentage points. Functions are the same when name and module are."] };
	}

	/* ---- facts ---- */

	/** @param {Side[]} sides @param {ProfileEvent} event @returns {import('./frame.js').Fact[]} */
	sideFacts(sides, event) {
		const off = this.kind === 'offcpu';

		return sides.flatMap(s => {
			const prefix = sides.length > 1 ? this.app.nameOf(s.run) + ': ' : '';
			const top = /** @param {Float64Array} v */ v => v.reduce((m, x, fn) => fn && x > v[m] ? fn : m, 0);
			const hot = top(s.fns.self);

			return [{ label: prefix + (off ? 'times off the CPU' : 'samples'), value: fmtCount(s.count), note: event.unit === 'ns' ? fmtDuration(s.weight) + ' in all' : fmtCount(s.weight) + ' ' + event.name },
				...s.weight > 0 ? [{ label: off ? 'most time blocked in' : 'hottest function', value: this.fnName(hot), note: fmtPct(100 * s.fns.self[hot] / s.weight) + (off ? '' : ' of samples in it') }] : []];
		});
	}

	/** @param {Object<string, any>[]} rows joined @returns {import('./frame.js').Fact[]} */
	diffFacts(rows) {
		const of = /** @param {Object<string, any>} r */ r => r.self_pct_diff ?? 0;
		const up = rows.reduce((m, r) => of(r) > of(m) ? r : m, rows[0] || {});
		const down = rows.reduce((m, r) => of(r) < of(m) ? r : m, rows[0] || {});
		const only = /** @param {string} where */ where => rows.filter(r => r.where === where).length;
		const fact = /** @param {string} label @param {Object<string, any>} r @param {number} sign */ (label, r, sign) => sign * of(r) > 0 ? { label, value: r.function,
			note: (sign > 0 ? '+' : '−') + Math.abs(of(r)).toFixed(2) + ' pp: ' + fmtPct(r.self_pct_a ?? 0, 2) + ' → ' + fmtPct(r.self_pct_b ?? 0, 2) } : { label, value: 'none' };

		return [fact('biggest increase', up, 1), fact('biggest decrease', down, -1),
			...only('A') + only('B') ? [{ label: 'functions in one run only', value: fmtCount(only('A') + only('B')), note: fmtCount(only('A')) + ' only A, ' + fmtCount(only('B')) + ' only B' }] : []];
	}
}
