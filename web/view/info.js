/* SPDX-License-Identifier: MIT */
/* What the recording is, what it covers, and what is missing in it. */

import { el, fill, icon } from '../ui/dom.js';
import { TableTwin } from '../ui/tabletwin.js';
import { fmtCount, fmtDuration, fmtPct, fmtTime } from '../ui/units.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */

/** Wall clock of time 0, or "". @param {Run} run */
export function startText(run) {
	const ns = BigInt(run.json.start_real_ns || '0');

	return ns > 0n ? new Date(Number(ns / 1000000n)).toISOString().replace('T', ' ').replace(/\.\d+Z/, ' UTC') : '';
}

/** Said above under other names. */
const metaShown = new Set(['host.name', 'host.machine', 'kernel.release', 'cpu.model', 'kymo.command', 'kymo.engine']);

/** Percent that never rounds up to 100. @param {number} coverage 0..1 */
function coverageText(coverage) {
	return fmtPct(Math.floor(coverage * 10000) / 100, coverage === 1 ? 0 : 2);
}

class InfoView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'info', title: 'Losses & info', summary: 'What was recorded, what it covers, and what is missing', tableTitle: 'Losses' });
		this.sideBySide = '';
		this.png.remove();
		this.help.remove();
		this.cpus = new TableTwin({ name: 'cpus', caption: 'Coverage by CPU', say: text => app.tip.say(text), pick: row => app.pickRow({ cpu: row.cpu }) });
		this.windowText.parentElement?.remove();
		this.cards = el('div', { class: 'cards' });
		this.figure.append(el('div', { class: 'sides' }, this.cards, el('div', null, this.table.el, this.cpus.el)));
	}

	async gather() {
		return this.app.shown();
	}

	/** @param {Run[]} runs */
	show(runs) {
		const whole = { from: 0, to: this.app.span };

		this.setWindow(whole, 1);
		this.setFacts(runs.flatMap(run => {
			const prefix = runs.length > 1 ? run.name + ': ' : '';

			return [
				{ label: prefix + 'covered', value: coverageText(run.json.coverage), note: 'of ' + run.cpus.length + ' CPUs x ' + fmtDuration(run.span) },
				{ label: 'events lost', value: fmtCount(run.json.lost), note: run.json.losses.length + ' spans' },
				{ label: 'file', value: run.json.complete ? 'complete' : 'not complete', note: run.json.damage },
			];
		}));
		this.cards.parentElement?.classList.toggle('many', runs.length > 2);
		fill(this.cards, ...runs.map(run => this.card(run)));
		const several = runs.length > 1;
		const named = /** @param {Run} run */ run => several ? { run_name: run.name } : {};
		const runColumn = several ? [{ name: 'run_name', title: 'Run', unit: '', type: 'text', key: true }] : [];

		this.table.set(() => ({ columns: [...runColumn, { name: 'from', title: 'From', unit: 'time', type: 'u64' }, { name: 'to', title: 'To', unit: 'time', type: 'u64' },
			{ name: 'length', title: 'Length', unit: 'ns', type: 'u64' }, { name: 'cpu', title: 'CPU', unit: 'id', type: 'u64' },
			{ name: 'track', title: 'Track', unit: '', type: 'text' }, { name: 'count', title: 'Events', unit: 'count', type: 'u64', help: 'empty: not known' },
			{ name: 'cause', title: 'Cause', unit: '', type: 'text' }],
		rows: runs.flatMap(run => (run.json.losses || []).map(l => ({ ...named(run), ...l, length: l.to - l.from, count: l.count || undefined }))),
		notes: runs.every(run => !(run.json.losses || []).length) ? ['Nothing was lost.'] : ['What lies in a loss is left out of all sums, not guessed.'] }));
		this.cpus.set(() => ({ columns: [...runColumn, { name: 'cpu', title: 'CPU', unit: 'id', type: 'u64', key: true }, { name: 'package', title: 'Package', unit: 'id', type: 'u64' },
			{ name: 'core', title: 'Core', unit: 'id', type: 'u64' }, { name: 'node', title: 'Node', unit: 'id', type: 'u64' },
			{ name: 'start', title: 'Covered from', unit: 'time', type: 'u64' }, { name: 'end', title: 'to', unit: 'time', type: 'u64' },
			{ name: 'covered', title: 'Covered', unit: 'pct', type: 'f64', digits: 2 }],
		rows: runs.flatMap(run => run.json.cpus.map((c, i) => ({ ...named(run), ...c, package: known(c.package), core: known(c.core), node: known(c.node),
			covered: run.span ? 100 * run.covered(i, { from: 0, to: run.span }) / run.span : 0 }))), notes: [] }));
	}

	/** @param {Run} run */
	card(run) {
		const j = run.json;
		const rows = j.events.reduce((n, e) => n + e[4], 0);
		/** @type {[string, string][]} */
		const lines = [['Run', j.name], ['File', j.file], ['Host', j.host], ['Kernel', j.kernel + ' ' + j.machine], ['Processor', j.cpu_model],
			['CPUs', String(run.cpus.length)], ['Started', startText(run)], ['Length', fmtTime(run.span, 1000)], ['Engine', j.engine], ['Command', j.command],
			['Tasks', fmtCount(run.tasks.length - run.tasks.idleOf.size)],
			['Events in this page', fmtCount(rows) + (j.events_note ? ' (' + j.events_note + ')' : '')],
			['Bins of the sums', [['run', run.bin.run], ['durations', run.bin.delay], ['successors', run.bin.next]].map(([n, b]) => n + ' ' + (Number(b) > 1 ? fmtDuration(Number(b)) : 'none (single events)')).join(', ')],
			['Run id', j.id], ...(j.meta || []).filter(([key]) => !metaShown.has(key))];
		const seen = new Set();

		return el('dl', { class: 'card' }, ...lines.filter(([k, v]) => v && !seen.has(k) && seen.add(k)).flatMap(([k, v]) => [el('dt', { text: k }), el('dd', { text: v })]));
	}
}

/** Topology numbers that are not known stay empty. @param {number} v */
function known(v) {
	return v === 0xffffffff || v < 0 ? undefined : v;
}

/**
 * The badge of the page's head: how much of the runs is there.
 * @param {Run[]} runs
 * @param {() => void} open
 */
export function coverageBadge(runs, open) {
	const lost = runs.reduce((n, r) => n + r.json.lost, 0);
	const coverage = runs.reduce((m, r) => Math.min(m, r.json.coverage), 1);
	const complete = runs.every(r => r.json.complete);
	const good = complete && !lost && coverage > 0.9995;
	const words = !complete ? 'incomplete recording' : lost ? fmtCount(lost) + ' events lost' : '';
	const text = coverageText(coverage) + ' covered' + (words ? ' · ' + words : '');

	return el('button', { type: 'button', class: 'badge ' + (complete ? good ? 'good' : 'warn' : 'bad'), title: 'Coverage and losses', on: { click: open } },
		good ? null : icon('help'), text);
}

export const infoView = { name: 'info', title: 'Losses & info', make: /** @param {App} app */ app => new InfoView(app) };
