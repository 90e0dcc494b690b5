/* SPDX-License-Identifier: MIT */
/*
 * Flame graphs: where samples were, by call chain, or where threads blocked. One of each run, or the
 * difference of two: the widths of one, coloured by the difference of the shares.
 */

import { FN_ROOT, FrameSource, framePath, layoutFrames } from '../data/calltree.js';
import { scaleEnd, whereWords } from '../data/diff.js';
import { originNames } from '../data/profile.js';
import { FlameMark } from '../mark/flame.js';
import { FOUND, FRAME_INK, frameColour, originColour } from '../ui/callcolours.js';
import { el, refill } from '../ui/dom.js';
import { TableTwin } from '../ui/tabletwin.js';
import { fmtCount, fmtPct, withSign } from '../ui/units.js';
import { diffShade, showLegend } from './difference.js';
import { ProfileFrame, shareMeasures, weightText } from './profile.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/calltree.js').Box} Box */
/** @typedef {import('../data/calltree.js').Frame} Frame */
/** @typedef {import('./profile.js').Side} Side */
/** @typedef {import('./profile.js').Taken} Taken */
/** One picture: sides[0] gives the widths. part: of a function's picture. @typedef {{ sides: Side[], source: FrameSource, part: 'all' | 'callers' | 'callees' }} Picture */

const shapes = /** @type {[string, string][]} */ ([['flame', 'Flame'], ['icicle', 'Icicle'], ['heavy', 'Left heavy'], ['leaf', 'From leaf']]);
/** Names of the way that stay in the crumbs. */
const CRUMBS_LEFT = 6;
/** Least end of the colours of differences, percentage points. */
const POINTS_LEAST = 1;
const ONLY_ROWS = 500;

/** @param {number} n */
function functionCount(n) {
	return fmtCount(n) + (n === 1 ? ' function' : ' functions');
}

class FlameView extends ProfileFrame {
	/** @param {App} app @param {'cpu' | 'offcpu'} kind */
	constructor(app, kind) {
		super(app, kind === 'cpu' ? { name: 'flame', title: 'Flame graph', summary: 'Where the samples were, by call chain', tableTitle: 'Functions' } :
			{ name: 'offcpu', title: 'Off-CPU', summary: 'Where threads blocked, by call chain: widths are time off the CPU', tableTitle: 'Functions' }, kind);
		this.crumbs = el('nav', { class: 'crumbs', 'aria-label': 'Zoom' });
		this.findBox = el('input', { type: 'search', class: 'findbox', placeholder: 'find functions', 'aria-label': 'Find functions, a regular expression', spellcheck: 'false', autocomplete: 'off',
			on: { input: () => app.state.set({ find: this.findBox.value }), keydown: /** @param {KeyboardEvent} e */ e => this.findKey(e) } });
		this.found = el('span', { class: 'soft', role: 'status' });
		this.legend = el('div', { class: 'legend' });
		this.host = el('div', { class: 'multiples' });
		this.empty = el('p', { class: 'viewnote', hidden: true });
		this.figure.append(el('div', { class: 'flamebar' }, this.crumbs, el('span', { class: 'find' }, this.findBox, this.found)), this.empty, this.host, this.legend);
		this.onlyTable = new TableTwin({ name: this.name + '-only', caption: 'Calls in one run only', say: text => app.tip.say(text) });
		this.el.append(this.onlyTable.el);
		/** @type {Map<string, FlameMark>} */
		this.marks = new Map();
		/** @type {Picture[]} */
		this.pictures = [];
		this.matchedText = '';
		/** @type {Uint8Array | null} */
		this.matched = null;
		this.end = POINTS_LEAST;
		this.weightUnit = '';
	}

	/** @param {KeyboardEvent} e */
	findKey(e) {
		if (e.key !== 'Escape')
			return;
		this.findBox.value = '';
		this.app.state.set({ find: '' });
		e.stopPropagation();
	}

	/** Functions down to the zoomed frame; numbers that are none are an old address. */
	path() {
		const path = this.app.state.look.frame.split('.').filter(Boolean).map(Number);

		return path.every(fn => this.app.profiles.name[fn] !== undefined) ? path : [];
	}

	/** The function whose callers and callees are shown, or -1. */
	func() {
		const { func } = this.app.state.look;

		return func !== '' && this.app.profiles.name[Number(func)] !== undefined ? Number(func) : FN_ROOT;
	}

	shape() {
		return shapes.some(([s]) => s === this.app.state.look.shape) ? this.app.state.look.shape : 'flame';
	}

	/** @param {Taken[]} data */
	show(data) {
		const app = this.app;
		const event = this.event();

		this.empty.hidden = data.length > 0;
		if (!data.length) {
			this.empty.textContent = this.kind === 'cpu' ? 'The shown runs have no samples (record with --profile).' :
				'The shown runs do not tell where threads blocked. Record call chains at switch-out with: kymo record --off-cpu';
			this.setFacts([]);
			this.setOne(this.host, 'none');
			refill(this.legend);
			this.table.el.hidden = this.onlyTable.el.hidden = true;
			return;
		}
		const sides = this.sum(data, event);
		const diff = app.pair !== null && sides.length === 2;

		this.table.el.hidden = false;
		this.weightUnit = event.unit;
		this.compares = diff;
		this.showSpan(data);
		this.findFunctions();
		this.showTools(data, diff);
		this.showCrumbs();
		this.draw(sides, diff);
		this.showFound(sides);
		this.onlyTable.el.hidden = !diff;
		if (diff) {
			const rows = this.functionDiff(sides);

			this.setFacts(this.diffFacts(rows));
			this.table.set(() => this.diffTable(rows), app.dragging());
			this.onlyTable.set(() => this.onlyAnswer(sides), app.dragging());
			return;
		}
		const fn = this.func();

		this.setFacts([...this.sideFacts(sides, event), ...fn < 0 ? [] : sides.map(s => ({ label: (sides.length > 1 ? app.nameOf(s.run) + ': ' : '') + 'chains through ' + this.fnName(fn),
			value: fmtPct(s.weight > 0 ? 100 * s.fns.total[fn] / s.weight : 0, 2), note: weightText(s.fns.total[fn], event.unit) }))]);
		this.table.set(() => {
			const answer = this.functionTable(sides, event);

			return { ...answer, notes: [...answer.notes, ...this.chainNotes(sides)] };
		}, app.dragging());
	}

	/** @param {Side[]} sides */
	chainNotes(sides) {
		return this.kind === 'cpu' ? [] : sides.some(s => !this.app.profiles.hasChains(s.samples)) ?
			['No call chains were recorded where threads blocked: record them with kymo record --off-cpu.'] : ["The scheduler's own functions, which all chains end with, are left out."];
	}

	/** @param {Taken[]} data @param {boolean} diff */
	showTools(data, diff) {
		const { app } = this;
		const { flip } = app.state.look;
		const func = this.func();

		this.setTools([this.sampleKey(), this.shape(), diff, flip, func].join('\n'), () => [...this.sampleTools(data),
			diff ? this.choice('Widths', [['b', 'Widths of B'], ['a', 'of A']], flip ? 'a' : 'b', v => app.state.set({ flip: v === 'a' })) : null,
			func < 0 ? this.choice('Shape', shapes, this.shape(), v => app.state.set({ shape: v, frame: (v === 'leaf') === (this.shape() === 'leaf') ? app.state.look.frame : '' })) :
				this.chip('callers and callees of ' + this.fnName(func), () => app.state.set({ func: '', frame: '' }))]);
	}

	/* ---- pictures ---- */

	/** @param {Side[]} sides @param {boolean} diff */
	draw(sides, diff) {
		const app = this.app;
		const tree = app.profiles.tree;
		const fn = this.func();
		/* Of two compared runs one picture. */
		const groups = diff ? [app.state.look.flip ? sides : [sides[1], sides[0]]] : sides.map(s => [s]);

		this.pictures = groups.flatMap(list => {
			const make = /** @param {boolean} up @param {Picture['part']} part @returns {Picture} */ (up, part) =>
				({ sides: list, part, source: new FrameSource(tree, list.map(s => s.sums), fn < 0 ? { up } : { up, fn }) });

			return fn < 0 ? [make(this.shape() === 'leaf', 'all')] : [make(true, 'callers'), make(false, 'callees')];
		});
		this.end = diff ? this.scale() : POINTS_LEAST;
		this.setMultiples(this.host, this.pictures.map((p, i) => ({ run: p.sides[0].run, node: this.markOf(i).el,
			title: p.part === 'all' ? diff ? '' : undefined : (diff || sides.length === 1 ? '' : app.nameOf(p.sides[0].run) + ': ') + (p.part === 'callers' ? 'callers' : 'callees') })));
		this.surface = this.markOf(0).surface;
		this.pictures.forEach((p, i) => this.drawOne(p, i, diff));
		this.showColours(sides, diff);
	}

	/** @param {number} i */
	markOf(i) {
		let mark = this.marks.get(String(i));

		if (!mark) {
			mark = new FlameMark({
				label: this.title + '. Arrow keys walk from caller to callee and sideways, Enter zooms in, Escape out.',
				theme: () => this.app.theme(), leave: () => this.app.tip.hide(), hover: (box, e) => this.hover(i, box, e), zoom: box => this.zoomTo(i, box), out: () => this.zoomOut(),
			});
			this.marks.set(String(i), mark);
		}
		return mark;
	}

	/** @param {Picture} p @param {number} i @param {boolean} diff */
	drawOne(p, i, diff) {
		const app = this.app;
		const shape = this.shape();
		const matched = this.matched;
		const up = p.part === 'all' ? shape === 'flame' : p.part === 'callers';
		const share = this.pictures.length > 1 ? Math.max(0.34, 1.3 / this.pictures.length) : 1;
		const path = p.part === 'all' ? this.path() : [];

		this.markOf(i).set({ up, outlined: diff, name: box => box.frame.fn === FN_ROOT ? this.rootName() : this.fnName(box.frame.fn),
			layout: width => layoutFrames(p.source, path, width, shape === 'heavy' || shape === 'leaf' || p.part !== 'all'),
			colour: box => this.colour(p, box, diff), found: matched && (box => box.frame.fn >= 0 && matched[box.frame.fn] === 1),
			empty: path.length ? 'Nothing of it in this window.' : app.filter ? 'No samples of tasks that match the filter.' : 'No samples in this window.' }, this.room() * share);
	}

	rootName() {
		return this.shape() === 'leaf' ? 'all, by the function that ran' : 'all';
	}

	/** @param {Picture} p @param {Box} box @param {boolean} diff */
	colour(p, box, diff) {
		const theme = this.app.theme();
		const fn = box.frame.fn;

		if (fn >= 0 && this.matched?.[fn])
			return { fill: FOUND, ink: FRAME_INK };
		if (diff) {
			const shade = diffShade(this.pointsOf(p, box.frame), this.end, false);

			return { fill: theme.difference.at(shade), ink: theme.difference.ink(shade) };
		}
		return fn < 0 ? { fill: theme.fade, ink: theme.ink } : { fill: frameColour(this.app.profiles.origin[fn], this.fnName(fn), theme.dark), ink: FRAME_INK };
	}

	/** Shares of a frame on A and B in percent. @param {Picture} p @param {Frame} frame */
	shares(p, frame) {
		const list = p.sides.map((s, i) => s.weight > 0 ? 100 * frame.values[i] / s.weight : NaN);

		return p.sides[0].run === this.app.pair?.[0] ? list : list.reverse();
	}

	/** B - A in percentage points. @param {Picture} p @param {Frame} frame */
	pointsOf(p, frame) {
		const [a, b] = this.shares(p, frame);

		return Number.isNaN(b - a) ? 0 : b - a;
	}

	/** End of the colour scale: the greatest difference that can be seen, the same while zooming. */
	scale() {
		return scaleEnd(this.pictures.flatMap(p => layoutFrames(p.source, [], 400, false).flat().map(box => box.frame.merged ? 0 : this.pointsOf(p, box.frame))), POINTS_LEAST);
	}

	/** @param {Side[]} sides @param {boolean} diff */
	showColours(sides, diff) {
		const { app } = this;

		this.legend.className = diff ? 'difflegend' : 'legend';
		if (diff) {
			showLegend(app, this.legend, [{ m: { ...shareMeasures[1], title: 'Share of samples' }, end: this.end, log: false }]);
			return;
		}
		const all = sides.reduce((n, s) => n + s.weight, 0) || 1;
		const by = originNames.map(() => 0);

		for (const s of sides)
			s.fns.self.forEach((v, fn) => {
				by[app.profiles.origin[fn]] += v;
			});
		refill(this.legend, ...originNames.map((name, i) => {
			const swatch = el('span', { class: 'swatch' });

			swatch.style.background = originColour(i, app.theme().dark);
			return by[i] > 0 || sides.some(s => s.fns.total.some((v, fn) => v > 0 && app.profiles.origin[fn] === i)) ?
				el('span', { class: 'key' }, swatch, name, by[i] > 0 ? el('span', { class: 'soft', text: fmtPct(100 * by[i] / all) + ' self' }) : null) : null;
		}));
	}

	/* ---- zoom, search, read-out ---- */

	/** @param {number} i @param {Box} box */
	zoomTo(i, box) {
		const p = this.pictures[i];

		if (p.part !== 'all') {
			if (box.frame.fn >= 0)
				this.showFunction(String(box.frame.fn));
			return;
		}
		this.app.tip.hide();
		this.app.state.set({ frame: framePath(box.frame).join('.') });
	}

	zoomOut() {
		const path = this.path();

		if (!path.length && this.func() < 0)
			return false;
		this.app.state.set(path.length ? { frame: path.slice(0, -1).join('.') } : { func: '' });
		return true;
	}

	showCrumbs() {
		const path = this.func() < 0 ? this.path() : [];
		const crumb = /** @param {string} text @param {number} n */ (text, n) => n === path.length ? el('b', { text, 'aria-current': 'location' }) :
			el('button', { type: 'button', text, title: text, on: { click: () => this.app.state.set({ frame: path.slice(0, n).join('.') }) } });
		const first = Math.max(0, path.length - CRUMBS_LEFT);

		refill(this.crumbs, ...path.length ? [crumb('all', 0), first ? el('span', { class: 'soft', text: '› … ' + first + ' more' }) : null,
			...path.slice(first).flatMap((fn, i) => [el('span', { class: 'soft', 'aria-hidden': 'true', text: '›' }), crumb(this.fnName(fn), first + i + 1)])] :
			[el('span', { class: 'soft', text: this.func() < 0 ? 'Click a frame to zoom in.' : 'Click a function to go to its callers and callees.' })]);
	}

	/** Which functions match the search. */
	findFunctions() {
		const text = this.app.state.look.find;

		if (document.activeElement !== this.findBox)
			this.findBox.value = text;
		if (text === this.matchedText)
			return;
		this.matchedText = text;
		let test = /** @param {string} name */ name => name.includes(text);

		try {
			const pattern = new RegExp(text, 'i');

			test = name => pattern.test(name);
		} catch (e) {
			/* Half-written patterns, and names with brackets, are taken as they stand. */
		}
		this.matched = text ? Uint8Array.from(this.app.profiles.name, name => test(name) ? 1 : 0) : null;
	}

	/** @param {Side[]} sides */
	showFound(sides) {
		const { matched } = this;
		const tree = this.app.profiles.tree;

		this.found.textContent = !matched ? '' : sides.map(s => (sides.length > 1 ? this.app.nameOf(s.run) + ': ' : '') +
			fmtPct(s.weight > 0 ? 100 * tree.matchedWeight(s.sums.total, matched) / s.weight : 0)).join(', ') + ' of samples, ' + functionCount(matched.reduce((a, b) => a + b, 0));
	}

	/** @param {number} i @param {Box} box @param {PointerEvent} e */
	hover(i, box, e) {
		const p = this.pictures[i];
		const { tip, profiles } = this.app;
		const { frame } = box;
		const diff = p.sides.length > 1;
		const width = weightText(frame.values[0], this.weightUnit);
		const share = fmtPct(100 * frame.values[0] / (p.sides[0].weight || 1), 2);

		if (frame.merged) {
			tip.show(e, fmtCount(frame.merged) + (frame.merged === 1 ? ' thin frame' : ' thin frames'), [['together', share + ', ' + width], ['', 'zoom in to see them']]);
			return;
		}
		const [own] = p.source.details(frame);
		const off = this.kind === 'offcpu';
		const path = this.path();
		const zoomed = path.length && p.part === 'all' ? p.source.find(path)[path.length].values[0] : 0;
		/** @type {[string, string][]} */
		const lines = frame.fn >= 0 ? [['module', profiles.module[frame.fn] || 'none']] : [];

		if (diff) {
			const [a, b] = this.shares(p, frame);

			lines.push(['A', fmtPct(a, 2)], ['B', fmtPct(b, 2)], ['B − A', withSign(b - a, (b - a).toFixed(2)) + ' pp']);
		}
		lines.push([p.source.up ? 'by way of it' : 'total', share + ', ' + width], ...p.source.up ? [] : /** @type {[string, string][]} */ ([['self',
			fmtPct(100 * own.self / (p.sides[0].weight || 1), 2) + ', ' + weightText(own.self, this.weightUnit)]]), [off ? 'times' : 'samples', fmtCount(own.samples)]);
		if (zoomed > 0)
			lines.push(['of ' + this.fnName(path[path.length - 1]), fmtPct(100 * frame.values[0] / zoomed, 2)]);
		tip.show(e, frame.fn < 0 ? this.rootName() : this.fnName(frame.fn), lines);
	}

	/* ---- what is in one run only ---- */

	/** Calls that have samples in one run and none in the other: the outermost of each. @param {Side[]} sides A and B */
	onlyAnswer(sides) {
		const { tree } = this.app.profiles;
		const [a, b] = sides.map(s => s.sums.total);
		const nodes = [];

		for (let i = 1; i < tree.length; i++) {
			if (a[i] > 0 !== b[i] > 0 && a[tree.parent[i]] > 0 && b[tree.parent[i]] > 0)
				nodes.push(i);
		}
		const share = /** @param {number} i */ i => 100 * (a[i] / (sides[0].weight || 1) + b[i] / (sides[1].weight || 1));
		const pct = { unit: 'pct', type: 'f64', digits: 2 };

		nodes.sort((x, y) => share(y) - share(x));
		return { columns: [{ name: 'path', title: 'Call chain', unit: '', type: 'text', key: true }, { name: 'where', title: 'In', unit: '', type: 'text' }, { name: 'share', title: 'Share', ...pct }],
			rows: nodes.slice(0, ONLY_ROWS).map(i => ({ path: tree.pathOf(i).map(fn => this.fnName(fn)).reverse().join(' ← '), where: whereWords[a[i] > 0 ? 'A' : 'B'], share: share(i) })),
			notes: nodes.length > ONLY_ROWS ? ['Only the ' + ONLY_ROWS + ' greatest of ' + fmtCount(nodes.length) + '.'] : [] };
	}

	cursorMoved() {
	}

	repaint() {
		this.marks.forEach(m => m.surface.redraw());
	}
}

export const flameView = { name: 'flame', title: 'Flame graph', needs: /** @param {Run} run */ run => (run.json.profile?.events || []).some(e => !e.off_cpu),
	make: /** @param {App} app */ app => new FlameView(app, 'cpu') };
export const offcpuView = { name: 'offcpu', title: 'Off-CPU', needs: /** @param {Run} run */ run => Boolean(run.json.profile),
	make: /** @param {App} app */ app => new FlameView(app, 'offcpu') };
