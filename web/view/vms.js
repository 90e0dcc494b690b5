/* SPDX-License-Identifier: MIT */
/* Virtual machines: what their vCPUs got of the time that they wanted, and when it was taken from them. */

import { sumVms, vmsOf } from '../data/vm.js';
import { StackMark } from '../mark/stack.js';
import { StripsMark } from '../mark/strips.js';
import { el, refill } from '../ui/dom.js';
import { TableTwin } from '../ui/tabletwin.js';
import { fmtCount, fmtDuration, fmtExact, fmtPct, fmtTime } from '../ui/units.js';
import { joinAnswers } from './answers.js';
import { Comparison, levelNs } from './difference.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/cube.js').Cube} Cube */
/** @typedef {import('../data/vm.js').VmSums} VmSums */
/** @typedef {{ run: Run, cubes: { run: Cube, delay: Cube, exit: Cube | null } }} Source */
/** @typedef {{ run: Run, sums: VmSums, whole: number, known: number }} Row whole: covered time of its vCPUs in the window; known: time without losses */

const STRIP_BINS = 300;

/** Parts of a bar: title and slot of the colour, -1 = grey. */
const vmParts = /** @type {[string, number][]} */ ([['guest', 0], ['host: on a CPU outside the guest', 1], ['on a CPU, not known where', -1],
	['steal: wanted to run and did not', 8]]);
const STEAL = 3;

/** @param {string} name @param {string} title @param {string} unit @param {string} [help] @returns {import('../data/run.js').ColumnJson} */
function vmColumn(name, title, unit, help) {
	return { name, title, unit, type: unit === 'pct' || unit === 'per_s' ? 'f64' : unit ? 'u64' : 'text', digits: unit === 'pct' ? 2 : 1, key: !unit, help };
}

/** Names as in `kymo show vms`. */
const measureColumns = [vmColumn('run', 'vCPU run', 'ns', 'time of the vCPU threads on CPUs'), vmColumn('run_pct', 'On CPU', 'pct', 'of it, % of vCPUs x covered time'),
	vmColumn('guest_pct', 'Guest', 'pct', 'guest time / (vCPUs x time without losses)'), vmColumn('outside_pct', 'Host', 'pct', 'on a CPU outside the guest, % of vCPUs x covered time'),
	vmColumn('steal_pct', 'Steal', 'pct', 'wanted to run and did not: waits after a wake-up, and preemption'), vmColumn('wake_p50', 'Wake-up p50', 'ns', 'from wake-up to run'),
	vmColumn('wake_p99', 'p99', 'ns'), vmColumn('wake_max', 'max', 'ns'), vmColumn('exits', 'Exits', 'count'), vmColumn('exits_per_s', 'Exits', 'per_s'),
	vmColumn('guest', 'Guest time', 'ns', 'from entries to exits'), vmColumn('host', 'Host time', 'ns', 'from exits to entries, with sleep'), vmColumn('steal', 'Steal time', 'ns')];
const vmColumns = [vmColumn('vm', 'VM', ''), vmColumn('vcpus', 'vCPUs', 'count'), ...measureColumns, vmColumn('other_run', 'Other threads', 'ns', 'time of its other threads on CPUs'),
	vmColumn('threads', 'Threads', 'count'), vmColumn('halts', 'Halts', 'count', 'ends of HLT'), vmColumn('halt_polls', 'polled', 'count', 'of these, ended while KVM polled')];
const vcpuColumns = [vmColumn('vm', 'VM', ''), vmColumn('task', 'Task', ''), vmColumn('tid', 'TID', 'id'), ...measureColumns];

/** Machines of a run, found once: who had exits is known from the whole run. @type {WeakMap<Run, import('../data/vm.js').Vm[]>} */
const machines = new WeakMap();

/** @param {Run} run @param {Cube | null} exits */
function machinesOf(run, exits) {
	let list = machines.get(run);

	if (!list) {
		const tasks = new Set(exits ? exits.column[1] : []);

		list = vmsOf(run, n => tasks.has(n));
		machines.set(run, list);
	}
	return list;
}

class VmsView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'vms', title: 'VMs', summary: 'What virtual machines got of the CPUs, and how long their vCPUs waited', tableTitle: 'Virtual machines' });
		this.mark = new StackMark({
			label: 'Guest, host and steal time per virtual machine. Up and down choose the machine, left and right the part, Enter filters.',
			theme: () => app.theme(), leave: () => app.tip.hide(), hover: (row, part, e) => this.hover(row, e), click: row => this.click(row),
		});
		this.strips = new StripsMark({
			label: 'Steal over time per virtual machine. Up and down choose the machine, left and right the time.', title: 'Steal, % of the time of all vCPUs',
			theme: () => app.theme(), window: () => app.window(), span: () => app.span, zoom: (from, to) => app.zoom(from, to), cursor: t => app.setCursor(t),
			getCursor: () => app.cursor, leave: () => app.tip.hide(), click: row => this.click(row), hover: (row, bin, t, e) => this.hoverStrip(row, bin, e),
		});
		this.sideBySide = 'The pictures stand side by side; the table is the difference.';
		this.surface = this.mark.surface;
		this.legend = el('div', { class: 'legend' });
		this.figure.append(this.mark.el, this.legend, this.strips.el);
		this.table.o.pick = row => this.filterTo(row.vm);
		this.vcpuTable = new TableTwin({ name: 'vcpus', caption: 'Virtual CPUs', say: text => app.tip.say(text), pick: row => app.pickRow(row), marked: row => app.isMarkedRow(row) });
		this.el.append(this.vcpuTable.el);
		/** @type {Row[]} */
		this.rows = [];
		this.strip = { from: 0, to: 1 };
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => ({ run,
			cubes: { run: await run.runCube(), delay: await run.delayCube(), exit: run.hasExits() ? await run.exitCube() : null } })));
	}

	/** @param {Source[]} data */
	show(data) {
		const app = this.app;
		const several = data.length > 1;
		const widest = data.map(d => Math.max(d.cubes.run.bin, d.cubes.delay.bin, d.cubes.exit?.bin || 1));
		const longest = data.reduce((m, d, i) => d.run.span > data[m].run.span ? i : m, 0);
		const byRun = data.map(({ run, cubes }, i) => {
			const w = run.snap(app.window(), widest[i]);
			const covered = run.longestCovered(w) || 1;
			const known = run.guestCovered(w);
			const bins = Math.max(1, Math.min(STRIP_BINS, Math.floor((w.to - w.from) / (cubes.delay.bin > 1 ? cubes.delay.bin : 1000))));

			const rows = /** @param {import('../data/vm.js').Vm[]} vms @param {number} n */ (vms, n) =>
				sumVms(run, cubes, vms, w, app.mask(run), n).map(sums => ({ run, sums, whole: (sums.ran ? covered : known || 1) * sums.vcpus, known }));
			const vms = machinesOf(run, cubes.exit);

			return { run, vms: rows(vms, bins), vcpus: rows(vms.flatMap(vm => vm.vcpus.map(n => ({ name: vm.name, vcpus: [n], others: [] }))), 1) };
		});

		this.strip = data[longest].run.snap(app.window(), widest[longest]);
		this.rows = byRun.flatMap(r => r.vms).sort((a, b) => app.state.look.order === 'name' || several ? 0 : b.sums.run - a.sums.run);
		if (several) {
			const first = new Map();

			this.rows.forEach((r, i) => first.has(r.sums.vm.name) || first.set(r.sums.vm.name, i));
			this.rows.sort((a, b) => first.get(a.sums.vm.name) - first.get(b.sums.vm.name) || a.run.number - b.run.number);
		}
		this.setWindow(this.strip, widest[longest]);
		this.setTools([app.state.look.order, several].join(), () => [several ? null : this.orderChoice()]);
		this.drawBars(several);
		this.strips.set(this.rows.map(r => ({ name: r.sums.vm.name + (several ? ' · ' + r.run.name : ''), value: this.shares(r), gaps: r.run.guestGaps() })), this.strip, this.room() / 2);
		this.strips.el.hidden = !this.rows.some(r => r.sums.ran);
		this.showFacts();
		if (app.pair && byRun.length === 2) {
			this.showDiff(byRun);
			return;
		}
		this.table.set(() => joinAnswers(byRun.map(({ run, vms }) => ({ run, answer: this.answer(run, vms, false) }))), app.dragging());
		this.vcpuTable.set(() => joinAnswers(byRun.map(({ run, vcpus }) => ({ run, answer: this.answer(run, vcpus, true) }))), app.dragging());
	}

	/** Both tables as differences. @param {{ run: Run, vms: Row[], vcpus: Row[] }[]} byRun A and B */
	showDiff(byRun) {
		/** @type {[string, string][]} */
		const shares = [['steal_pct', 'Steal %'], ['run_pct', 'On CPU %'], ['guest_pct', 'Guest %'], ['outside_pct', 'Outside %']];
		/** @type {import('../data/diff.js').Measure[]} */
		const measures = [...shares.map(([name, title]) => ({ name, title, rule: /** @type {'share'} */ ('share'), unit: 'pct', digits: 2 })),
			levelNs('wake_p99', 'Wake-up p99'), levelNs('wake_max', 'Wake-up max'), { name: 'exits_per_s', title: 'Exits/s', rule: 'share', unit: 'per_s', digits: 1 }];
		const vmColumn = { name: 'vm', title: 'VM', unit: '', type: 'text', key: true };
		const join = /** @param {boolean} single */ single => {
			const answers = byRun.map(({ run, vms, vcpus }) => this.answer(run, single ? vcpus : vms, single));
			const keys = single ? [vmColumn, { name: 'task', title: 'vCPU', unit: '', type: 'text', key: true }] : [vmColumn];
			const idOf = /** @param {Object<string, any>} r */ r => r.vm + '\n' + (single ? r.task : '');

			return new Comparison(this.app, byRun.map(({ run }, i) => {
				const names = new Set(answers[i].rows.map(idOf));

				return { run, window: run.snap(this.app.window(), run.bin.run), rows: answers[i].rows, knows: r => names.has(idOf(r)) };
			}), keys, measures).answer([...new Set(answers.flatMap(a => a.notes))]);
		};

		this.table.set(() => join(false), this.app.dragging());
		this.vcpuTable.set(() => join(true), this.app.dragging());
	}

	/** Steal of the machine by bin of the strip, 0..1. @param {Row} r */
	shares(r) {
		const width = (this.strip.to - this.strip.from) / r.sums.strip.length * r.sums.vcpus;

		return r.sums.strip.map(ns => Math.min(1, ns / width));
	}

	/** Parts of a bar in ns. @param {VmSums} s */
	partsOf(s) {
		return [s.guest, s.outside, s.unknown, s.steal];
	}

	/** @param {boolean} several */
	drawBars(several) {
		const app = this.app;
		const colours = [...app.taskColours.all(app.theme().dark), app.theme().faint];
		const used = vmParts.map((_, k) => this.rows.some(r => this.partsOf(r.sums)[k] > 0));

		this.mark.set({ rows: this.rows.map((r, i) => {
			const ns = this.partsOf(r.sums);
			const pct = ns.map(v => 100 * v / r.whole);
			const total = pct.reduce((a, b) => a + b, 0);

			return { name: r.sums.vm.name, note: several ? r.run.name : r.sums.vcpus + (r.sums.vcpus === 1 ? ' vCPU' : ' vCPUs'), colour: '', value: total, second: NaN,
				text: fmtPct(total) + (ns[STEAL] ? ', steal ' + fmtPct(pct[STEAL]) : ''), marked: false, first: !several || this.rows[i - 1]?.sums.vm.name !== r.sums.vm.name,
				parts: pct.map((value, k) => ({ value, colour: colours.at(vmParts[k][1]) || '' })) };
		}), title: 'Time of the vCPUs, % of their number x the window', secondTitle: '', full: 5, label: v => v + ' %', secondLabel: String,
		empty: app.filter ? 'No virtual machine matches the filter.' : 'No virtual machine is known here.' }, this.room() * 0.7);
		refill(this.legend, ...vmParts.filter((_, k) => used[k]).map(([title, slot]) => {
			const swatch = el('span', { class: 'swatch' });

			swatch.style.background = colours.at(slot) || '';
			return el('span', { class: 'key' }, swatch, title);
		}));
	}

	/** @param {number} row @param {PointerEvent} e */
	hover(row, e) {
		const { run, sums: s, whole, known } = this.rows[row];
		const share = /** @param {number} ns */ ns => fmtPct(100 * ns / whole, 2) + ', ' + fmtDuration(ns);
		/** @type {[string, string][]} */
		const lines = [['vCPUs', String(s.vcpus)], ...s.ran ? /** @type {[string, string][]} */ ([['on a CPU', share(s.run)]]) : []];

		if (s.guest)
			lines.push(['in the guest', share(s.guest)], ...s.ran ? /** @type {[string, string][]} */ ([['outside it', share(s.outside)]]) : [], ...s.unknown ? /** @type {[string, string][]} */ ([['not known where', share(s.unknown)]]) : []);
		if (s.ran)
			lines.push(['steal', share(s.steal)]);
		if (s.waits.count)
			lines.push(['wake-up to run', 'p50 ' + fmtDuration(s.waits.quantile(0.5)) + ', p99 ' + fmtDuration(s.waits.quantile(0.99)) + ', max ' + fmtDuration(s.waits.max)]);
		if (run.hasExits())
			lines.push(['exits/s', fmtCount(s.exits * 1e9 / (known || 1))]);
		if (s.others)
			lines.push(['its other threads', fmtDuration(s.others)]);
		this.app.tip.show(e, s.vm.name + (this.app.shown().length > 1 ? ' · ' + run.name : ''), lines);
	}

	/** @param {number} row @param {number} bin @param {PointerEvent} e */
	hoverStrip(row, bin, e) {
		const r = this.rows[row];
		const width = (this.strip.to - this.strip.from) / r.sums.strip.length;
		const share = this.shares(r)[bin];

		this.app.tip.show(e, r.sums.vm.name, [['steal', fmtPct(100 * share) + ', ' + fmtExact(Math.round(share * width * r.sums.vcpus))],
			['in', fmtTime(this.strip.from + bin * width, width / 10) + ' + ' + fmtDuration(width)]]);
	}

	/** @param {number} row */
	click(row) {
		this.filterTo(this.rows[row].sums.vm.name);
	}

	/** Only the machine's tasks in all views, where names tell who they are; again: all. @param {string} name */
	filterTo(name) {
		const row = this.rows.find(r => r.sums.vm.name === name);
		const text = '^' + name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') + '\\.';

		if (this.app.state.look.filter === text)
			this.app.state.set({ filter: '' });
		else if (row && row.sums.vm.vcpus.some(n => new RegExp(text).test(row.run.tasks.label[n])))
			this.app.state.set({ filter: text });
		else if (row)
			this.app.selectTask(row.run, row.run.tasks.row[row.sums.vm.vcpus[0]]);
	}

	showFacts() {
		const rows = this.rows;
		const vcpus = rows.reduce((n, r) => n + r.sums.vcpus, 0);
		const robbed = rows.reduce((/** @type {Row | null} */ m, r) => !m || r.sums.steal / r.whole > m.sums.steal / m.whole ? r : m, null);
		const worst = rows.reduce((/** @type {Row | null} */ m, r) => !m || r.sums.waits.max > m.sums.waits.max ? r : m, null);
		const run = rows.reduce((s, r) => s + r.sums.guest + r.sums.outside, 0);
		const guest = rows.reduce((s, r) => s + r.sums.guest, 0);

		this.setFacts([
			{ label: 'virtual machines', value: fmtCount(rows.length), note: vcpus + (vcpus === 1 ? ' vCPU' : ' vCPUs') },
			...robbed && robbed.sums.steal ? [{ label: 'most steal', value: fmtPct(100 * robbed.sums.steal / robbed.whole), note: robbed.sums.vm.name }] : [],
			...worst && worst.sums.waits.count ? [{ label: 'worst wake-up to run', value: fmtDuration(worst.sums.waits.max), note: worst.sums.vm.name }] : [],
			...guest && run > guest ? [{ label: 'of their CPU time in the guest', value: fmtPct(100 * guest / run) }] : [],
		]);
	}

	/**
	 * A row per machine, or per vCPU.
	 * @param {Run} run
	 * @param {Row[]} rows
	 * @param {boolean} single
	 */
	answer(run, rows, single) {
		const gaps = run.guestGaps().length > 0;
		const given = new Map(run.whole(this.app.window()) && !this.app.filter && !single ? (run.view('vms')?.rows || []).map(r => [r.vm, r]) : []);

		return { columns: single ? vcpuColumns : vmColumns, rows: [...rows].sort((a, b) => b.sums.run - a.sums.run).map(r => ({ ...this.keysOf(r, single), ...this.cellsOf(r, single),
			halts: given.get(r.sums.vm.name)?.halts, halt_polls: given.get(r.sums.vm.name)?.halt_polls })),
		notes: [...single ? [] : run.view('vms')?.notes || [],
			...gaps && rows.some(r => r.sums.guest) ? ['% of the time in the guest is of the time in which no events were lost; where vCPUs were around losses is not known.'] : []] };
	}

	/** @param {Row} r @param {boolean} single @returns {Object<string, any>} */
	keysOf({ run, sums: s }, single) {
		if (!single)
			return { vm: s.vm.name, vcpus: s.vcpus, threads: s.vm.vcpus.length + s.vm.others.length };
		return { vm: s.vm.name, task: run.tasks.label[s.vm.vcpus[0]], tid: run.tasks.all[s.vm.vcpus[0]].tid };
	}

	/** @param {Row} r @param {boolean} single @returns {Object<string, any>} */
	cellsOf({ run, sums: s, whole, known }, single) {
		return { ...s.ran ? { run: s.run, run_pct: 100 * s.run / whole, steal: s.steal, steal_pct: 100 * s.steal / whole } : {},
			...s.guest ? { guest: s.inside, guest_pct: 100 * s.inside / (known * s.vcpus || 1) } : {}, ...s.guest && s.ran ? { outside_pct: 100 * s.outside / whole } : {}, ...s.host ? { host: s.host } : {},
			...s.waits.count ? { wake_p50: s.waits.quantile(0.5), wake_p99: s.waits.quantile(0.99), wake_max: s.waits.max } : {},
			...run.hasExits() ? { exits: s.exits, exits_per_s: s.exits * 1e9 / (known || 1) } : {}, ...single || !s.ran ? {} : { other_run: s.others } };
	}

	cursorMoved() {
		this.strips.surface.redrawTop();
	}

	repaint() {
		this.mark.surface.redraw();
		this.strips.surface.redraw();
	}
}

export const vmsView = { name: 'vms', title: 'VMs', needs: /** @param {Run} run */ run => run.hasExits() || run.hasScheduling() && vmsOf(run, () => false).length > 0,
	make: /** @param {App} app */ app => new VmsView(app) };
