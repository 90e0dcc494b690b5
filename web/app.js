/* SPDX-License-Identifier: MIT */
/* The page: its head, the time brush, the rail of views, and the one state that they share. */

import { Base64Bytes, DataError } from './data/bytes.js';
import { pause } from './data/chunks.js';
import { countActivity, countsOf } from './data/counts.js';
import { metricsOf } from './data/metrics.js';
import { busyCube } from './data/metricsets.js';
import { Profiles, activityCube } from './data/profile.js';
import { canRefine, refineRun } from './data/refine.js';
import { Run } from './data/run.js';
import { sumRuns } from './data/sums.js';
import { zstdDecode } from './data/zstd.js';
import { Brush } from './ui/brush.js';
import { CompareBar, pairOf, settleDifference } from './ui/compare.js';
import { el, fill, icon } from './ui/dom.js';
import { TaskColours, Theme } from './ui/palette.js';
import { Panel } from './ui/panel.js';
import { State } from './ui/state.js';
import { Tooltip } from './ui/tooltip.js';
import { fmtDuration, fmtPct, fmtTime } from './ui/units.js';
import { genericView } from './view/generic.js';
import { coverageBadge, startText } from './view/info.js';
import { lastView, viewList } from './view/list.js';

/** @typedef {import('./view/frame.js').ViewFrame} ViewFrame */
/** @typedef {{ kymo_page: number, kymo_version: string, title: string, created: string, look?: Object<string, any>, runs: import('./data/run.js').RunJson[] }} PageJson */
/** @typedef {{ name: string, title: string, make: (app: App) => ViewFrame, needs?: (run: Run) => boolean }} ViewEntry needs: shown only where a run has that */

const helpKeys = /** @type {[string, string][]} */ ([
	['drag', 'on the strip or a chart over time: choose the window'], ['shift + drag', 'move it'], ['wheel', 'zoom around the pointer; sideways: move; where charts scroll, zoom with Ctrl'],
	['double click', 'whole capture'], ['+  −  0', 'zoom in, out, whole capture'], ['← →', 'move the cursor, or read the next value'],
	['↑ ↓', 'choose the row, chart or CPU'], ['Enter, click', 'select what is read out: a task or CPU'], ['pointer', 'values of that time in all charts; tables at the cursor stay there when it goes to them'], ['/', 'filter tasks'], ['d', 'several runs: side by side, or difference B − A'], ['x', 'swap A and B'], ['[  ]', 'previous, next view'], ['Esc', 'clear filter field or selection'],
	['?', 'this list']]);

const diffHelp = 'Difference B − A: tasks are found in the other run by their names, tasks of equal names are one. The window counts from the start of each run and ends ' +
	'with the shorter one. Counts are per second and run time is in percent of the covered time of its own run; nothing is extrapolated. Percentages differ in percentage ' +
	'points (pp), percentiles as they are. A task of one run only has no difference in percent.';

const PAGE_JSON_MAX = 1 << 28;

/** @param {string} id */
function embeddedText(id) {
	return document.getElementById(id)?.textContent || '';
}

export class App {
	/** @param {PageJson} page */
	constructor(page) {
		this.page = page;
		this.state = new State(page.look);
		this.runs = page.runs.map((json, i) => new Run(json, i, () => embeddedText('kymo-cube-' + i), () => embeddedText('kymo-events-' + i)));
		this.title = page.title || this.runs.map(r => r.name).join(', ');
		this.tip = new Tooltip();
		this.taskColours = new TaskColours([]);
		/** @type {Theme | null} */
		this.themeNow = null;
		/** @type {RegExp | null} the last filter that was valid */
		this.filter = null;
		/** @type {Map<Run, Uint8Array>} */
		this.masks = new Map();
		/** @type {number | null} time under the pointer, on all charts */
		this.cursor = null;
		this.zooming = false;
		this.changes = 0;
		/** A button of the pointer is down: tables wait until it is not. */
		this.pressed = false;
		/** @type {Profiles | null} */
		this.profilesMade = null;
		/** @type {Map<string, ViewFrame>} */
		this.made = new Map();
		/** @type {ViewFrame | null} */
		this.view = null;
		this.views = this.allViews();
		this.compare = new CompareBar(this);
		this.brush = this.makeBrush();
		this.panel = new Panel(this);
		this.root = el('div', { class: 'app' });
		this.build();
		this.state.listeners.push(changed => this.changed(changed));
	}

	/** @returns {ViewEntry[]} */
	allViews() {
		/* A profile without a recording of the scheduler says nothing of who ran. */
		const scheduling = this.runs.some(r => r.hasScheduling());
		const list = /** @type {ViewEntry[]} */ (viewList).filter(v => v.needs ? this.runs.some(v.needs) : scheduling);
		const known = new Set([...list, lastView].map(v => v.name));
		/** @type {Map<string, ViewEntry>} */
		const more = new Map();

		for (const run of this.runs) {
			for (const v of run.json.views || []) {
				if (!known.has(v.view) && !more.has(v.view))
					more.set(v.view, genericView(v));
			}
		}
		const all = [...list, ...more.values(), lastView];
		const only = this.page.look?.views || [];
		const wanted = all.filter(v => only.includes(v.name));

		return wanted.length ? wanted : all;
	}

	/* ---- building the page ---- */

	build() {
		const look = this.state.look;

		this.applyTheme();
		this.filterBox = el('input', { type: 'search', class: 'filterbox', placeholder: 'filter tasks: regular expression', 'aria-label': 'Task filter, a regular expression',
			spellcheck: 'false', autocomplete: 'off', on: { input: () => this.state.set({ filter: this.filterBox?.value || '' }) } });
		this.filterBox.value = look.filter;
		this.filterNote = el('span', { class: 'filternote', role: 'alert' });
		this.selfBox = el('input', { type: 'checkbox', on: { change: () => this.state.set({ self: Boolean(this.selfBox?.checked) }) } });
		this.selfBox.checked = look.self;
		this.mergeBox = el('input', { type: 'checkbox', on: { change: () => this.state.set({ merge: Boolean(this.mergeBox?.checked) }) } });
		this.mergeBox.checked = look.merge;
		this.rail = el('nav', { class: 'rail', 'aria-label': 'Views' });
		this.viewSelect = el('select', { class: 'viewselect', 'aria-label': 'View', on: { change: () => this.state.set({ view: this.viewSelect?.value || '' }) } },
			...this.views.map(v => el('option', { value: v.name, text: v.title })));
		for (const v of this.views) {
			this.rail.append(el('button', { type: 'button', class: 'railitem', 'data-name': v.name, text: v.title,
				on: { click: () => this.state.set({ view: v.name }) } }));
		}
		this.banner = el('div', { class: 'banner', role: 'alert', hidden: true });
		this.main = el('main', { class: 'main', id: 'main' });
		this.dialog = el('dialog', { class: 'help', 'aria-label': 'Help', on: { click: /** @param {MouseEvent} e */ e => {
			if (e.target === this.dialog)
				this.dialog?.close();
		} } });
		this.zoomOut = el('button', { type: 'button', class: 'quiet whole', title: 'Whole capture (0)', on: { click: () => this.zoom(0, this.span) } },
			icon('zoomOut'), 'whole capture');
		this.windowNote = el('span', { class: 'windownote' });
		fill(this.root, this.head(), el('div', { class: 'timebar' }, this.brush.el, el('div', { class: 'timenote' }, this.windowNote, this.zoomOut)), this.compare.note, this.banner,
			el('div', { class: 'body' }, this.rail, this.main, this.panel.el), this.foot(), this.dialog);
		document.body.append(el('a', { class: 'skip', href: '#main', text: 'Skip to the view', on: { click: /** @param {Event} e */ e => {
			e.preventDefault();
			this.view?.heading.focus();
		} } }), this.root);
		this.listen();
	}

	head() {
		const one = this.runs[0].json;
		const hosts = new Set(this.runs.map(r => r.json.host));
		const several = this.runs.length > 1;
		const facts = [hosts.size === 1 ? one.host : hosts.size + ' hosts', several ? '' : one.kernel && 'Linux ' + one.kernel,
			several ? '' : this.runs[0].cpus.length + (this.runs[0].cpus.length === 1 ? ' CPU' : ' CPUs'), fmtDuration(this.runs.reduce((m, r) => Math.max(m, r.span), 1)),
			several ? '' : startText(this.runs[0])].filter(Boolean);

		return el('header', { class: 'pagehead' },
			el('div', { class: 'brand' }, el('span', { class: 'wordmark', text: 'kymo' }), el('h1', { text: several ? this.title : this.runs[0].name, title: this.title })),
			this.compare.el, el('p', { class: 'machine' }, ...facts.map(f => el('span', { text: f }))),
			coverageBadge(this.runs, () => this.state.set({ view: 'info' })),
			el('div', { class: 'controls' }, el('label', { class: 'filter' }, icon('filter'), this.filterBox, el('kbd', { text: '/' }), this.filterNote),
				this.runs.some(r => r.json.tasks.some(t => t.self)) ? el('label', { class: 'check', title: "Count kymo's own threads too" }, this.selfBox, 'recorder') : null,
				el('label', { class: 'check', title: 'Count tasks of equal names as one' }, this.mergeBox, 'merge names'),
				el('button', { type: 'button', class: 'quiet', title: 'Colours: viridis or cividis', 'aria-label': 'Switch between viridis and cividis',
					on: { click: () => this.state.set({ ramp: this.state.look.ramp === 'viridis' ? 'cividis' : 'viridis' }) } }, el('span', { class: 'rampicon', 'aria-hidden': 'true' })),
				el('button', { type: 'button', class: 'quiet', title: 'Light or dark', 'aria-label': 'Light or dark', on: { click: () => this.switchTheme() } }, icon('theme')),
				el('button', { type: 'button', class: 'quiet', title: 'Keys (?)', 'aria-label': 'Help', on: { click: () => this.showHelp('') } }, icon('help')),
				this.viewSelect));
	}

	foot() {
		return el('footer', { class: 'foot', text: 'kymo ' + this.page.kymo_version + ' · made ' + (this.page.created || '').replace('T', ' ').replace('Z', ' UTC') });
	}

	makeBrush() {
		return new Brush({
			theme: () => this.theme(), span: () => this.span, window: () => this.window(), zoom: (from, to) => this.zoom(from, to),
			snap: (from, to) => {
				const w = this.longest().snap({ from, to }, this.longest().bin.run);

				return [w.from, w.to];
			},
			cursor: t => this.setCursor(t), getCursor: () => this.cursor, leave: () => this.tip.hide(),
			hover: (strip, cpu, t, share, e) => this.tip.show(e, (this.runs.length > 1 ? strip.name + ' · ' : '') + 'CPU ' + cpu,
				[['at', fmtTime(Math.floor(t / strip.cube.bin) * strip.cube.bin, strip.cube.bin / 10)], strip.of ? [strip.of, fmtPct(100 * (share || 0)) + ' of the most'] : ['in use', fmtPct(100 * (share || 0))]]),
		});
	}

	/** The shown run that lasts longest. */
	longest() {
		return this.shown().reduce((a, b) => b.span > a.span ? b : a);
	}

	listen() {
		matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.recolour());
		document.addEventListener('keydown', e => this.key(e));
		/* Menus swallow the end of a press: the next movement tells. */
		for (const type of /** @type {const} */ (['pointerdown', 'pointermove', 'pointerup', 'pointercancel'])) {
			document.addEventListener(type, e => {
				this.pressed = (e.buttons & 1) === 1 && (type === 'pointerdown' || this.pressed);
			}, { capture: true, passive: true });
		}
		addEventListener('resize', () => {
			clearTimeout(this.resizeTimer);
			this.resizeTimer = setTimeout(() => void this.view?.update(), 150);
		});
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		const target = /** @type {HTMLElement} */ (e.target);
		const typing = /^(input|select|textarea)$/i.test(target.tagName) && /** @type {HTMLInputElement} */ (target).type !== 'checkbox';

		if (e.key === 'Escape') {
			this.escape(target);
			return;
		}
		if (typing || e.ctrlKey || e.metaKey || e.altKey || this.dialog?.open)
			return;
		const at = this.views.findIndex(v => v.name === this.state.look.view);

		if (e.key === '/')
			this.filterBox?.focus();
		else if (e.key === '?')
			this.showHelp('');
		else if (e.key === 'd')
			this.compare.toggle();
		else if (e.key === 'x')
			this.compare.swap();
		else if (e.key === '[' || e.key === ']')
			this.state.set({ view: this.views[(Math.max(0, at) + (e.key === ']' ? 1 : -1) + this.views.length) % this.views.length].name });
		else if (target.closest('.scroller') || !this.brush.gestures.key(e))
			return;
		e.preventDefault();
	}

	/** @param {HTMLElement} target */
	escape(target) {
		if (target === this.filterBox) {
			this.filterBox.value = '';
			this.state.set({ filter: '' });
			this.filterBox.blur();
		} else if (!this.dialog?.open) {
			this.clearSelection();
		}
		this.tip.hide();
	}

	/* ---- what views ask for ---- */

	/** @returns {Theme} */
	theme() {
		return this.themeNow = this.themeNow || new Theme(this.state.look.ramp === 'cividis' ? 'cividis' : 'viridis');
	}

	/** The two runs whose difference is shown, A and B, or null. */
	get pair() {
		return pairOf(this.state.look.diff, this.runs);
	}

	/** What samples refer to, of all runs. */
	get profiles() {
		return this.profilesMade = this.profilesMade || new Profiles(this.runs);
	}

	/** Name among the shown runs. @param {Run} run */
	nameOf(run) {
		const i = this.pair ? this.pair.indexOf(run) : -1;

		return i < 0 ? run.name : 'AB'[i] + ' ' + run.name;
	}

	/** Length of the longest run; of two compared ones what both have. */
	get span() {
		const pair = this.pair;

		return pair ? Math.max(1, Math.min(pair[0].span, pair[1].span)) : this.runs.reduce((m, r) => Math.max(m, r.span), 1);
	}

	/** Runs that are shown, at least one. */
	shown() {
		const pair = this.pair;

		if (pair)
			return pair;
		const hidden = new Set(this.state.look.hide.split(',').filter(Boolean).map(Number));
		const list = this.runs.filter(r => !hidden.has(r.number));

		return list.length ? list : [this.runs[0]];
	}

	/** @returns {{ from: number, to: number }} */
	window() {
		const { from, to } = this.state.look;
		const end = to > 0 && to <= this.span ? to : this.span;

		return from >= 0 && from < end ? { from, to: end } : { from: 0, to: this.span };
	}

	/** @param {number} from @param {number} to */
	zoom(from, to) {
		this.state.set(from <= 0 && to >= this.span ? { from: 0, to: 0 } : { from: Math.max(0, from), to: Math.min(this.span, to) });
	}

	/** The window is on the move: tables may wait. */
	dragging() {
		return this.zooming;
	}

	/** @param {Run} run */
	mask(run) {
		let mask = this.masks.get(run);

		if (!mask) {
			mask = run.tasks.mask(this.filter, this.state.look.self);
			this.masks.set(run, mask);
		}
		return mask;
	}

	/** @param {Run} run @param {number} task */
	colourOf(run, task) {
		return this.taskColours.of(run.tasks.label[task], this.theme().dark);
	}

	/** @param {number | null} t */
	setCursor(t) {
		if (t === this.cursor)
			return;
		this.cursor = t;
		this.brush.surface.redrawTop();
		this.view?.cursorMoved();
	}

	/** @param {Run} run @param {number} n */
	selectTask(run, n) {
		const look = this.state.look;
		const tid = run.tasks.several(n) ? 0 : run.tasks.all[n].tid;

		if (look.task === run.tasks.label[n] && look.tid === tid)
			this.clearSelection();
		else
			this.state.set({ task: run.tasks.label[n], tid, cpu: -1 });
	}

	clearSelection() {
		this.state.set({ task: '', tid: 0, cpu: -1 });
	}

	/**
	 * Is the task the selected one? In other runs than the one where it was selected tids differ, and the
	 * label alone decides.
	 * @param {Run} run
	 * @param {number} n
	 */
	isMarked(run, n) {
		const { task, tid } = this.state.look;

		if (!task || run.tasks.label[n] !== task)
			return false;
		return !tid || run.tasks.merged || run.tasks.all[n].tid === tid || !(run.tasks.byTid.get(tid) || []).some(m => run.tasks.label[m] === task);
	}

	/** @param {Object<string, any>} row of a table */
	isMarkedRow(row) {
		const { task, tid, cpu } = this.state.look;

		if (task)
			return row.task === task && (!tid || row.tid === undefined || row.tid === tid);
		return cpu >= 0 && row.task === undefined && row.cpu === cpu;
	}

	/** @param {string} name "label:tid" */
	isMarkedName(name) {
		const { task, tid } = this.state.look;

		return task !== '' && (name === task + ':' + tid || name === task);
	}

	/** @param {Object<string, any>} row */
	pickRow(row) {
		if (row.task !== undefined && row.task !== 'IDLE' && row.task !== 'all tasks')
			this.state.set(this.isMarkedRow(row) ? { task: '', tid: 0 } : { task: row.task, tid: row.tid || 0, cpu: -1 });
		else if (row.task === undefined && typeof row.cpu === 'number')
			this.state.set({ cpu: row.cpu, task: '', tid: 0 });
	}

	/** @param {string} label exactly this one */
	filterTo(label) {
		const text = '^' + label.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') + '$';

		if (this.filterBox)
			this.filterBox.value = text;
		this.state.set({ filter: text });
	}

	/** @param {unknown} e */
	failed(e) {
		const text = e instanceof Error ? e.message : String(e);

		if (!this.banner)
			return;
		fill(this.banner, e instanceof DataError ? 'This report is damaged: ' + text : 'The viewer failed: ' + text);
		this.banner.hidden = false;
		if (!(e instanceof DataError))
			throw e;
	}

	/** @param {string} name of a view, "" = keys only */
	showHelp(name) {
		const json = this.runs.map(r => r.view(name)).find(Boolean);
		const dialog = /** @type {HTMLDialogElement} */ (this.dialog);

		fill(dialog, el('header', null, el('h2', { text: json ? json.title : 'Keys and pointer' }),
			el('button', { type: 'button', class: 'quiet', 'aria-label': 'Close', on: { click: () => dialog.close() } }, icon('close'))),
		...json ? [el('p', { text: json.help }), this.pair ? el('p', { text: diffHelp }) : null, el('p', { class: 'soft', text: name === 'counters' ? 'A line shows what was counted per second of time between two readings; a window holds the readings that end in it.' :
			'Windows are widened to whole bins of the sums that the report carries; only the timeline goes closer, with the events themselves.' }),
			json.columns.some(c => c.help) ? el('dl', { class: 'lines' }, ...json.columns.filter(c => c.help).flatMap(c => [el('dt', { text: c.title }), el('dd', { text: c.help })])) : null] :
			[el('dl', { class: 'keys' }, ...helpKeys.flatMap(([k, v]) => [el('dt', null, el('kbd', { text: k })), el('dd', { text: v })]))]);
		dialog.showModal();
	}

	/* ---- state to page ---- */

	/** @param {Set<string>} changed */
	changed(changed) {
		const has = /** @param {...string} keys */ (...keys) => keys.some(k => changed.has(k));

		const number = ++this.changes;
		/** @type {Promise<void> | undefined} */
		let shown;

		this.zooming = has('from', 'to') && !has('view');
		if (has('theme', 'ramp'))
			this.recolour();
		if (has('filter', 'self', 'merge', 'diff'))
			this.applyFilter();
		if (has('hide', 'diff'))
			this.compare.show();
		if (has('filter', 'self', 'hide', 'diff'))
			this.showBrush();
		this.showWindow();
		if (has('view'))
			this.showView();
		else if (changed.size && !(changed.size === 1 && has('theme')))
			shown = this.view?.update();
		if (has('task', 'tid', 'cpu'))
			this.view?.table.remark();
		void this.panel.update();
		/* Views show what changed when they have fetched their data. */
		void Promise.resolve(shown).finally(() => {
			if (number === this.changes)
				this.zooming = false;
		});
	}

	applyFilter() {
		const text = this.state.look.filter;

		this.masks.clear();
		/* Runs are aligned by names. */
		const merge = this.state.look.merge || this.pair !== null;

		this.runs.forEach(run => run.tasks.merge(merge));
		if (this.mergeBox) {
			this.mergeBox.checked = merge;
			this.mergeBox.disabled = this.pair !== null;
		}
		try {
			this.filter = text ? new RegExp(text) : null;
			if (this.filterNote)
				this.filterNote.textContent = '';
			this.filterBox?.removeAttribute('aria-invalid');
		} catch (e) {
			if (this.filterNote)
				this.filterNote.textContent = 'no valid regular expression' + (this.filter ? '; the last valid one applies' : '');
			this.filterBox?.setAttribute('aria-invalid', 'true');
		}
		if (this.filterBox && document.activeElement !== this.filterBox)
			this.filterBox.value = text;
	}

	applyTheme() {
		const theme = this.state.look.theme;

		if (theme === 'light' || theme === 'dark')
			document.documentElement.dataset.theme = theme;
		else
			delete document.documentElement.dataset.theme;
		this.themeNow = null;
	}

	recolour() {
		this.applyTheme();
		this.brush.surface.redraw();
		for (const view of this.made.values())
			view.repaint();
		void this.view?.update();
	}

	switchTheme() {
		this.state.set({ theme: this.theme().dark ? 'light' : 'dark' });
	}

	/** @param {Run} run */
	toggleRun(run) {
		const shown = new Set(this.shown());

		if (shown.has(run) && shown.size > 1)
			shown.delete(run);
		else
			shown.add(run);
		this.state.set({ hide: this.runs.filter(r => !shown.has(r)).map(r => r.number).join(',') });
	}

	showWindow() {
		const w = this.window();
		const whole = w.from <= 0 && w.to >= this.span;

		if (this.windowNote)
			this.windowNote.textContent = whole ? (this.pair ? 'Whole common time' : 'Whole capture') + ':\ndrag to choose a window' : fmtTime(w.from, (w.to - w.from) / 100) + ' +\n' + fmtDuration(w.to - w.from);
		if (this.zoomOut)
			this.zoomOut.hidden = whole;
		this.compare.showNote();
		this.brush.surface.redrawTop();
	}

	/** What the strip shows of a run: who ran, else how much of each CPU was in use as its metrics say, else what it counted or sampled. @param {Run} run @returns {Promise<import('./ui/brush.js').Strip>} */
	async stripOf(run) {
		const name = this.nameOf(run);

		if (run.hasScheduling())
			return { run, cube: await run.runCube(), mask: this.mask(run), name };
		const measured = !run.json.profile && run.hasMetrics() ? busyCube(await metricsOf(run)) : null;

		if (measured?.rows)
			return { run, cube: measured, mask: new Uint8Array(1).fill(1), name };
		const counted = !run.json.profile && run.json.counters ? countActivity(await countsOf(run)) : null;

		if (counted)
			return { run, cube: counted.cube, mask: new Uint8Array(1).fill(1), name, of: counted.event };
		return { run, cube: activityCube(run, await this.profiles.samples(run, 'cpu')), mask: this.mask(run).map(m => m || Number(!this.filter)), name, of: 'samples' };
	}

	async showBrush() {
		const strips = [];

		try {
			for (const run of this.shown()) {
				strips.push(await this.stripOf(run));
			}
			this.brush.set(strips);
		} catch (e) {
			this.failed(e);
		}
	}

	showView() {
		const entry = this.views.find(v => v.name === this.state.look.view) || this.views[0];
		let view = this.made.get(entry.name);

		if (!view) {
			view = entry.make(this);
			this.made.set(entry.name, view);
		}
		this.tip.hide();
		this.setCursor(null);
		if (this.main && this.view !== view)
			fill(this.main, view.el);
		this.view = view;
		for (const item of this.rail?.children || [])
			item.setAttribute('aria-current', /** @type {HTMLElement} */ (item).dataset.name === entry.name ? 'page' : 'false');
		if (this.viewSelect)
			this.viewSelect.value = entry.name;
		void view.update();
	}

	/** Decode what the first picture needs, then show it. */
	async start() {
		const busy = new Map();

		this.applyFilter();
		this.compare.show();
		this.showWindow();
		await pause();
		for (const run of this.runs) {
			const cube = await run.runCube();
			const sums = sumRuns(run, cube, { from: 0, to: run.span });

			run.learnLifetimes(cube);
			sums.taskRun.forEach((ns, n) => {
				if (!run.tasks.idle[n])
					busy.set(run.tasks.label[n], (busy.get(run.tasks.label[n]) || 0) + ns);
			});
		}
		this.taskColours = new TaskColours([...busy].sort((a, b) => b[1] - a[1]).map(e => e[0]));
		this.showView();
		await this.showBrush();
		void this.panel.update();
		this.root.dataset.fine = 'pending';
		this.root.dataset.ready = '1';
		await this.refine();
		this.root.dataset.fine = '1';
	}

	/** With few enough events the cubes are made anew from them: exact for every window. */
	async refine() {
		const list = this.runs.filter(canRefine);

		await pause();
		for (const run of list)
			await refineRun(run);
		if (!list.length)
			return;
		void this.showBrush();
		void this.view?.update();
		void this.panel.update();
	}
}

/** @param {string} text */
function showFailure(text) {
	document.body.append(el('main', { class: 'failure' }, el('h1', { text: 'kymo report' }), el('p', { role: 'alert', text })));
}

/** The page's description: JSON in a zstd frame in base64. */
function embeddedPage() {
	const packed = new Base64Bytes(embeddedText('kymo-page'));
	const bytes = Number(document.getElementById('kymo-page')?.dataset.bytes);

	if (!(bytes > 0 && bytes <= PAGE_JSON_MAX))
		throw new DataError('the description of the page is missing');
	return JSON.parse(new TextDecoder().decode(zstdDecode(packed.slice(0, packed.length), bytes)));
}

export async function startApp() {
	/** @type {App | null} */
	let app = null;

	try {
		const page = embeddedPage();

		if (page.kymo_page !== 1) {
			showFailure('This page needs a newer viewer (kymo_page ' + page.kymo_page + ').');
			return;
		}
		if (!page.runs.length) {
			showFailure('This report holds no run.');
			return;
		}
		settleDifference(page);
		app = new App(page);
		await app.start();
	} catch (e) {
		if (app)
			app.failed(e);
		else
			showFailure('This report cannot be read: ' + (e instanceof Error ? e.message : e));
	}
}
