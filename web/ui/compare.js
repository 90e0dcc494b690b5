/* SPDX-License-Identifier: MIT */
/* With several runs: which of them are shown, or which two are compared, and what the two cover. */

import { parsePair } from '../data/diff.js';
import { el, fill, icon, refill } from './dom.js';
import { fmtCount, fmtDuration, fmtPct } from './units.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').Span} Span */

/**
 * What a reader must know of a common window.
 * @param {Run} a
 * @param {Run} b
 * @param {Span} w the window, within both runs
 * @param {number} from where the window was asked to begin
 * @returns {string[]}
 */
export function windowWords(a, b, w, from) {
	const words = [];
	const [short, letter, other] = b.span < a.span ? [b, 'B', 'A'] : [a, 'A', 'B'];
	const gap = Math.abs(a.span - b.span);

	if (from >= short.span && from > 0)
		words.push('Run ' + letter + ' ends before the chosen window begins: the whole common time is shown.');
	if (gap > 0 && w.to >= short.span)
		words.push('Run ' + letter + ' is ' + fmtDuration(gap) + ' shorter: the window ends there, what follows in run ' + other + ' is not compared.');
	return words;
}

/** @param {Run} run @param {Span} w */
function coverWords(run, w) {
	const coverage = run.coverage(w);
	const lost = run.lostIn(w);

	/* Never rounded up to 100. */
	return fmtDuration(run.longestCovered(w)) + ', ' + fmtPct(Math.floor(coverage * 10000) / 100, coverage === 1 ? 0 : 2) + ' covered' +
		(lost ? ', ' + fmtCount(lost) + ' events lost' : '');
}

export class CompareBar {
	/** @param {App} app */
	constructor(app) {
		this.app = app;
		this.key = '';
		this.el = el('div', { class: 'chips' });
		this.note = el('div', { class: 'diffnote', role: 'status', hidden: true });
	}

	/** Difference on or off; with more than two runs of the first two that are shown. */
	toggle() {
		const { app } = this;

		if (app.runs.length < 2)
			return;
		if (app.pair) {
			app.state.set({ diff: '' });
			return;
		}
		const shown = app.shown();
		const [a, b] = shown.length > 1 ? shown : app.runs;

		app.state.set({ diff: a.number + ',' + b.number });
	}

	swap() {
		const pair = this.app.pair;

		if (pair)
			this.app.state.set({ diff: pair[1].number + ',' + pair[0].number });
	}

	/** @param {number} side 0 = A @param {number} run */
	choose(side, run) {
		const pair = this.app.pair;

		if (!pair)
			return;
		const old = pair.map(r => r.number);
		const next = [...old];

		next[side] = run;
		/* The other side's run changes places. */
		if (next[0] === next[1])
			next[1 - side] = old[side];
		this.app.state.set({ diff: next.join(',') });
	}

	/** A field of the state, made anew when it changed. */
	show() {
		const { app } = this;
		const pair = app.pair;
		const shown = new Set(app.shown());
		const key = [app.state.look.diff, [...shown].map(r => r.number)].join(' ');

		if (app.runs.length < 2 || key === this.key)
			return;
		this.key = key;
		const mode = el('div', { class: 'choice', role: 'group', 'aria-label': 'Several runs' },
			el('button', { type: 'button', 'aria-pressed': String(!pair), text: 'Side by side', on: { click: () => pair && this.toggle() } }),
			el('button', { type: 'button', 'aria-pressed': String(Boolean(pair)), class: 'difference', text: 'Difference', title: 'B − A (d)', on: { click: () => pair || this.toggle() } }));

		refill(this.el, mode, ...pair ? [this.side(0, pair), el('button', { type: 'button', class: 'quiet swap', title: 'Swap A and B (x)', 'aria-label': 'Swap A and B',
			on: { click: () => this.swap() } }, icon('swap')), this.side(1, pair)] :
			app.runs.map(run => el('button', { type: 'button', class: 'chip', 'aria-pressed': String(shown.has(run)), title: run.json.file, text: run.name,
				on: { click: () => app.toggleRun(run) } })));
	}

	/** @param {number} i @param {[Run, Run]} pair */
	side(i, pair) {
		const letter = 'AB'[i];
		const select = el('select', { 'aria-label': i ? 'Run B, compared' : 'Run A, the base', on: { change: () => this.choose(i, Number(select.value)) } },
			...this.app.runs.map(r => el('option', { value: r.number, text: r.name, selected: r === pair[i] })));

		return el('label', { class: 'side' + letter, title: pair[i].json.file }, el('b', { text: letter }), this.app.runs.length > 2 ? select : el('span', { text: pair[i].name }));
	}

	/** The words below the time bar. */
	showNote() {
		const { app } = this;
		const pair = app.pair;

		this.note.hidden = !pair;
		if (!pair)
			return;
		const w = app.window();
		const say = /** @param {string} letter @param {Run} run */ (letter, run) =>
			el('span', { class: 'side' + letter }, el('b', { text: letter }), run.name, el('span', { class: 'soft', text: coverWords(run, run.snap(w, run.bin.run)) }));

		fill(this.note, say('A', pair[0]), say('B', pair[1]),
			...windowWords(pair[0], pair[1], w, app.state.look.from).map(text => el('span', { class: 'cutwords', text })),
			el('span', { class: 'soft', text: 'Difference is B − A. Counts are per second of covered time; tasks of equal names are one.' }));
	}
}

/**
 * A page may ask to be opened as a difference without saying of which runs: the first two.
 * @param {any} page its description
 */
export function settleDifference(page) {
	if (page.look && page.look.diff === true)
		page.look.diff = page.runs.length > 1 ? '0,1' : '';
}

/**
 * The two compared runs of a page, or null.
 * @param {string} text of the state
 * @param {Run[]} runs
 * @returns {[Run, Run] | null}
 */
export function pairOf(text, runs) {
	const pair = text ? parsePair(text, runs.length) : null;

	return pair && [runs[pair[0]], runs[pair[1]]];
}
