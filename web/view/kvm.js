/* SPDX-License-Identifier: MIT */
/* Why virtual CPUs left the guest: exits by type for each of them, as counts, time or last exits. */

import { exitKey, sumExits, sumGuests } from '../data/sums.js';
import { compareNames } from '../data/vm.js';
import { StackMark } from '../mark/stack.js';
import { el, refill } from '../ui/dom.js';
import { exitSlots } from '../ui/exitcolours.js';
import { TableTwin } from '../ui/tabletwin.js';
import { fmtCount, fmtDuration, fmtExact, fmtPct, fmtShort } from '../ui/units.js';
import { joinAnswers, taskKey } from './answers.js';
import { ExitsDiff } from './exits_diff.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */
/** @typedef {import('../data/sums.js').ExitCell} ExitCell */
/** @typedef {{ key: number, isa: number, reason: number, name: string, slot: number }} Reason */
/** @typedef {{ run: Run, cube: Cube, runs: Cube, delays: Cube, sums: ReturnType<typeof sumExits> }} Exits */
/** @typedef {{ exits: Exits, task: number, cells: Map<number, ExitCell> }} Bar */

const TOP_STACKS = 24;

const measures = /** @type {Object<string, { title: string, axis: string, of: (c: ExitCell) => number, ns: boolean }>} */ ({
	count: { title: 'Count', axis: 'Exits in the window', of: c => c.count, ns: false },
	time: { title: 'Time', axis: 'Time from exit to entry, sleep included', of: c => c.time, ns: true },
	last: { title: 'Last before switch-out', axis: 'Exits that were the last before the vCPU was switched out', of: c => c.last, ns: false },
});

/** All reasons of the page in numeric order. @param {Run[]} runs @returns {Map<number, Reason>} */
export function exitReasonsOf(runs) {
	const all = runs.flatMap(r => r.json.exit_reasons || []);
	const slots = exitSlots(all.map(([isa, reason]) => [isa, reason]));

	return new Map(all.map(([isa, reason, name]) => ({ key: exitKey(isa, reason), isa, reason, name, slot: slots.get(isa + ' ' + reason) || 0 }))
		.sort((a, b) => a.key - b.key).map(r => [r.key, r]));
}

class KvmView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'kvm', title: 'KVM exits', summary: 'Why virtual CPUs left the guest, and what it cost', tableTitle: 'Exits by task and reason' });
		this.mark = new StackMark({
			label: 'Exits by type per task. Up and down choose the task, left and right the reason, Enter selects.',
			theme: () => app.theme(), leave: () => app.tip.hide(),
			hover: (row, part, e) => this.hover(row, part, e), click: row => this.click(row),
		});
		this.surface = this.mark.surface;
		this.legend = el('div', { class: 'legend' });
		this.host = el('div', null);
		this.figure.append(this.host);
		this.diff = new ExitsDiff(app, c => this.reasonOf(c).name);
		this.reasonTable = new TableTwin({ name: 'reasons', caption: 'Reasons of all shown tasks', say: text => app.tip.say(text) });
		this.el.append(this.reasonTable.el);
		this.reasons = exitReasonsOf(app.runs);
		/** @type {Reason[]} of the bars */
		this.present = [];
		/** @type {Bar[]} */
		this.bars = [];
		/** @type {Exits[]} */
		this.data = [];
	}

	async gather() {
		return Promise.all(this.app.shown().filter(r => r.hasExits()).map(async run =>
			({ run, cube: await run.exitCube(), runs: await run.runCube(), delays: await run.delayCube() })));
	}

	measure() {
		return measures[this.app.state.look.exits] || measures.count;
	}

	/** @param {Omit<Exits, 'sums'>[]} data */
	show(data) {
		const app = this.app;
		const w = app.window();

		this.data = data.map(d => ({ ...d, sums: sumExits(d.run, d.cube, w, app.mask(d.run)) }));
		if (data.length)
			this.setSnapped(data);
		/* Of two runs without exits in one there is no difference. */
		this.compares = data.length === 2;
		this.note.hidden = !app.pair || this.compares;
		if (app.pair && this.compares) {
			this.showDiff();
			return;
		}
		this.setOne(this.host, 'bars', this.mark.el, this.legend);
		this.surface = this.mark.surface;
		this.drawBars();
		this.showFacts();
		this.table.set(() => joinAnswers(this.data.map(d => ({ run: d.run, answer: this.answer(d) }))), app.dragging());
		this.reasonTable.set(() => joinAnswers(this.data.map(d => ({ run: d.run, answer: this.reasonAnswer(d) }))), app.dragging());
	}

	showDiff() {
		const app = this.app;
		const wanted = measures[app.state.look.exits] ? app.state.look.exits : 'count';
		const joined = this.diff.set(this.data, wanted, this.room());

		this.setOne(this.host, 'difference', this.diff.el);
		this.surface = this.diff.mark.surface;
		this.setTools('difference ' + wanted, () => [this.choice('Measure', Object.entries(measures).map(([k, v]) => [k, v.title]), wanted, v => app.state.set({ exits: v }))]);
		this.setFacts(this.diff.facts);
		this.table.set(() => joined.answer(), app.dragging());
		this.reasonTable.set(() => this.diff.reasons(this.data, wanted).answer(), app.dragging());
	}

	/** A reason of the data, named or not. @param {ExitCell} c @returns {Reason} */
	reasonOf(c) {
		const key = exitKey(c.isa, c.reason);

		return this.reasons.get(key) || { key, isa: c.isa, reason: c.reason, name: 'reason 0x' + c.reason.toString(16), slot: 9 };
	}

	/** Rows by what they measure; with several runs those of a name stand together. */
	drawBars() {
		const app = this.app;
		const m = this.measure();
		const several = this.data.length > 1;
		const named = app.state.look.order === 'name';
		const all = app.state.look.everything || named;
		const colours = app.taskColours.all(app.theme().dark);
		/** @type {Map<string, Bar[]>} */
		const groups = new Map();
		const present = new Set();
		const less = new Set(app.state.look.less.split(',').filter(Boolean).map(Number));
		const measured = /** @param {Bar} b */ b => [...b.cells].reduce((s, [key, c]) => s + (less.has(key) ? 0 : m.of(c)), 0);

		for (const exits of this.data) {
			for (const [task, cells] of exits.sums.byTask) {
				const name = several ? exits.run.tasks.label[task] : exits.run.tasks.unique(task);

				groups.set(name, [...groups.get(name) || [], { exits, task, cells }]);
				cells.forEach((c, key) => m.of(c) && present.add(key));
			}
		}
		const list = [...groups].map(([name, bars]) => ({ name, bars, most: bars.reduce((x, b) => Math.max(x, measured(b)), 0) }))
			.sort((a, b) => app.state.look.order === 'name' ? compareNames(a.name, b.name) : b.most - a.most || compareNames(a.name, b.name));
		const shown = all ? list : list.slice(0, TOP_STACKS);

		this.bars = shown.flatMap(g => g.bars);
		this.present = [...present].sort((a, b) => a - b).map(key => this.reasonOf(this.cellOf(key)));
		const rows = shown.flatMap(({ name, bars }) => bars.map((b, i) => ({ name, note: several ? b.exits.run.name : '', colour: '', value: measured(b), second: NaN,
			text: m.ns ? fmtDuration(measured(b)) : fmtCount(measured(b)), marked: app.isMarked(b.exits.run, b.task), first: several && i === 0,
			parts: this.present.map(r => ({ value: b.cells.has(r.key) && !less.has(r.key) ? m.of(/** @type {ExitCell} */ (b.cells.get(r.key))) : 0, colour: colours[r.slot] })) })));
		const left = list.length - shown.length;

		this.setTools([app.state.look.exits, app.state.look.order, left > 0 || all, all].join(), () => [
			this.choice('Measure', Object.entries(measures).map(([k, v]) => [k, v.title]), measures[app.state.look.exits] ? app.state.look.exits : 'count', v => app.state.set({ exits: v })),
			this.orderChoice(), !named && (left > 0 || all) ? this.check('all tasks', all, on => app.state.set({ everything: on })) : null]);
		this.mark.set({ rows, title: m.axis, secondTitle: '', full: 0, label: v => m.ns ? fmtDuration(v) : fmtShort(v), secondLabel: fmtShort,
			empty: app.filter ? 'No task with exits matches the filter.' : 'No exits in this window.' }, this.room());
		this.showLegend(colours, less);
	}

	/** A cell of any run for a reason. @param {number} key @returns {ExitCell} */
	cellOf(key) {
		return /** @type {ExitCell} */ (this.data.map(d => d.sums.byReason.get(key)).find(Boolean));
	}

	/** Reasons can be left out of the bars. @param {string[]} colours @param {Set<number>} less */
	showLegend(colours, less) {
		const m = this.measure();
		const sums = this.present.map(r => this.data.reduce((s, d) => s + (d.sums.byReason.has(r.key) ? m.of(/** @type {ExitCell} */ (d.sums.byReason.get(r.key))) : 0), 0));
		const all = sums.reduce((a, b) => a + b, 0) || 1;

		refill(this.legend, ...this.present.map((r, i) => {
			const swatch = el('span', { class: 'swatch' });

			swatch.style.background = colours[r.slot];
			return el('button', { type: 'button', class: less.has(r.key) ? 'key toggle off' : 'key toggle', 'aria-pressed': String(!less.has(r.key)), title: 'Show or leave out',
				on: { click: () => this.app.state.set({ less: [...less, r.key].filter(k => k !== r.key || !less.has(k)).join(',') }) } },
			swatch, r.name, el('span', { class: 'soft', text: fmtPct(100 * sums[i] / all, 0) }));
		}));
	}

	/** @param {number} row @param {number} part @param {PointerEvent} e */
	hover(row, part, e) {
		const { exits, task, cells } = this.bars[row];
		const app = this.app;
		const name = exits.run.tasks.unique(task) + (this.data.length > 1 ? ' · ' + exits.run.name : '');
		const list = [...cells.values()];
		const count = list.reduce((s, c) => s + c.count, 0);
		const r = this.present[part];
		const c = r && cells.get(r.key);

		if (!c) {
			app.tip.show(e, name, [['exits', fmtCount(count)], ['exits/s', fmtCount(count * 1e9 / this.covered(exits))],
				['exit to entry', fmtDuration(list.reduce((s, x) => s + x.time, 0))], ['last before a switch-out', fmtCount(list.reduce((s, x) => s + x.last, 0))]]);
			return;
		}
		app.tip.show(e, name + ' · ' + r.name, [['exits', fmtCount(c.count) + ', ' + fmtPct(100 * c.count / (count || 1))], ['time to entry', fmtExact(c.time)],
			...c.ended ? /** @type {[string, string][]} */ ([['mean', fmtDuration(c.time / c.ended)], ['longest', fmtExact(c.max)]]) : [], ['last before a switch-out', fmtCount(c.last)], ['reason number', String(r.reason)]],
		app.taskColours.all(app.theme().dark)[r.slot]);
	}

	/** @param {Exits} d */
	covered(d) {
		return d.run.guestCovered(d.sums.window) || 1;
	}

	/** @param {number} row */
	click(row) {
		this.app.selectTask(this.bars[row].exits.run, this.bars[row].task);
	}

	showFacts() {
		this.setFacts(this.data.flatMap(d => {
			const { run, sums } = d;
			const prefix = this.data.length > 1 ? run.name + ': ' : '';
			const count = [...sums.byReason.values()].reduce((s, c) => s + c.count, 0);
			const frequent = [...sums.byReason.values()].sort((a, b) => b.count - a.count)[0];
			const busiest = [...sums.byTask].map(([task, cells]) => ({ task, n: [...cells.values()].reduce((s, c) => s + c.count, 0) })).sort((a, b) => b.n - a.n)[0];
			const outside = this.outside(d);

			return [
				{ label: prefix + 'exits', value: fmtCount(count), note: fmtCount(count * 1e9 / this.covered(d)) + ' per second' },
				...frequent ? [{ label: 'most frequent', value: this.reasonOf(frequent).name, note: fmtPct(100 * frequent.count / count) + ' of all' }] : [],
				...busiest && this.data.length === 1 ? [{ label: 'most exits', value: run.tasks.unique(busiest.task), note: fmtCount(busiest.n) }] : [],
				...outside === null ? [] : [{ label: 'outside the guest', value: fmtPct(100 * outside), note: "of the vCPUs' CPU time" }],
			];
		}));
	}

	/** Share of the tasks' CPU time that was not guest time, where that is known; null = guest time is not known. @param {Exits} d */
	outside(d) {
		const { run, sums } = d;
		const w = run.snap(this.app.window(), Math.max(d.runs.bin, d.delays.bin));
		const [s] = sumGuests(run, { run: d.runs, delay: d.delays }, w, n => sums.byTask.has(run.tasks.row[n]) ? 0 : -1, 1);

		return s.spans && s.guest ? s.outside / (s.guest + s.outside) : null;
	}

	/** A row per task, a column per reason. @param {Exits} d */
	answer(d) {
		const m = this.measure();
		const unit = m.ns ? 'ns' : 'count';
		const reasons = [...d.sums.byReason.values()].filter(c => m.of(c)).map(c => this.reasonOf(c)).sort((a, b) => a.key - b.key);
		const column = /** @param {string} name @param {string} title */ (name, title) => ({ name, title, unit, type: 'u64' });
		const rows = [...d.sums.byTask].map(([n, cells]) => {
			/** @type {Object<string, any>} */
			const row = { ...taskKey(d.run, n), total: [...cells.values()].reduce((s, c) => s + m.of(c), 0) };

			for (const [key, c] of cells) {
				if (m.of(c))
					row['r' + key] = m.of(c);
			}
			return row;
		});

		rows.sort((a, b) => b.total - a.total || compareNames(a.task, b.task));
		return { columns: [{ name: 'task', title: 'Task', unit: '', type: 'text', key: true }, { name: 'tid', title: 'TID', unit: 'id', type: 'u64', key: true },
			column('total', 'Total'), ...reasons.map(r => column('r' + r.key, r.name))], rows, notes: [] };
	}

	/** @param {Exits} d */
	reasonAnswer(d) {
		const cells = [...d.sums.byReason.values()];
		const count = cells.reduce((s, c) => s + c.count, 0) || 1;
		const last = cells.reduce((s, c) => s + c.last, 0) || 1;
		const switches = d.runs.rows > 0;
		const u64 = /** @param {string} name @param {string} title @param {string} unit @param {string} [help] */ (name, title, unit, help) =>
			({ name, title, unit, type: unit === 'pct' ? 'f64' : 'u64', digits: 2, help });

		return { columns: [{ name: 'reason', title: 'Reason', unit: '', type: 'text', key: true }, u64('number', 'No', 'id'), u64('count', 'Exits', 'count'), u64('pct', '% of exits', 'pct'),
			u64('last', 'Last', 'count', 'the last exit before a switch-out'), u64('last_pct', '% of last', 'pct'),
			u64('total', 'Time', 'ns', 'from exit to entry, sleep included'), u64('mean', 'Mean', 'ns'), u64('max', 'Max', 'ns')],
		rows: cells.sort((a, b) => b.count - a.count).map(c => ({ reason: this.reasonOf(c).name, number: c.reason, count: c.count, pct: 100 * c.count / count,
			...switches ? { last: c.last, last_pct: 100 * c.last / last } : {}, ...c.ended ? { total: c.time, mean: Math.floor(c.time / c.ended), max: c.max } : {} })),
		notes: d.run.view('kvm')?.notes || [] };
	}

	cursorMoved() {
	}
}

export const kvmView = { name: 'kvm', title: 'KVM exits', needs: /** @param {Run} run */ run => run.hasExits(),
	make: /** @param {App} app */ app => new KvmView(app) };
