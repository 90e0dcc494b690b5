/* SPDX-License-Identifier: MIT */
/*
 * What all views have in common: title and window, the two or three numbers that answer the question,
 * tools, the picture, the table twin. A view fills these in update().
 */

import { el, fill, icon, refill } from '../ui/dom.js';
import { TableTwin } from '../ui/tabletwin.js';
import { fmtDuration, fmtTime } from '../ui/units.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').Span} Span */
/** @typedef {import('../ui/surface.js').Surface} Surface */
/** @typedef {{ label: string, value: string, note?: string }} Fact */

export class ViewFrame {
	/**
	 * @param {App} app
	 * @param {{ name: string, title: string, summary: string, tableTitle?: string }} o
	 */
	constructor(app, o) {
		this.app = app;
		this.name = o.name;
		this.title = o.title;
		/** @type {Surface | null} the picture that is saved as PNG */
		this.surface = null;
		/** The answer whose words say how it is counted. */
		this.helpName = o.name;
		this.ticket = 0;
		this.toolsKey = '';
		this.factShape = 'none';
		/** The view shows the difference of two runs itself. */
		this.compares = false;
		/** What is said where it does not. */
		this.sideBySide = 'This view has no difference: the runs stand side by side.';
		this.note = el('p', { class: 'viewnote', hidden: true });
		this.windowText = el('p', { class: 'windowtext' });
		this.facts = el('dl', { class: 'facts' });
		this.tools = el('div', { class: 'tools' });
		this.figure = el('div', { class: 'figure' });
		this.png = el('button', { type: 'button', class: 'quiet', title: 'Save the picture as PNG', on: { click: () => this.savePng() } },
			icon('save'), 'PNG');
		this.heading = el('h2', { text: o.title, tabindex: '-1' });
		this.table = new TableTwin({ name: o.name, caption: o.tableTitle || 'Table', say: text => app.tip.say(text),
			pick: row => app.pickRow(row), marked: row => app.isMarkedRow(row), busy: () => app.pressed });
		this.help = el('button', { type: 'button', class: 'quiet', title: 'How it is counted', 'aria-label': 'How it is counted',
			on: { click: () => app.showHelp(this.helpName) } }, icon('help'));
		this.el = el('section', { class: 'view', 'data-view': o.name },
			el('header', { class: 'viewhead' }, el('div', { class: 'viewtitle' }, this.heading, el('p', { class: 'summary', text: o.summary })),
				el('div', { class: 'viewtools' }, this.png, this.help)),
			this.facts, el('div', { class: 'toolbar' }, this.windowText, this.tools), this.note, this.figure, this.table.el);
	}

	/** @param {Fact[]} facts */
	setFacts(facts) {
		const old = this.facts.querySelectorAll('dt, .value, .note');
		const runs = this.app.shown().length;
		const each = runs > 2 && !this.app.pair && facts.length % runs === 0 ? facts.length / runs : 0;
		const texts = facts.flatMap(f => f.note ? [f.label, f.value, f.note] : [f.label, f.value]);

		/* Of many runs each has a line of its own, or two of them where there are two facts. */
		this.facts.classList.toggle('many', each > 0);
		this.facts.style.setProperty('--facts', String(each <= 2 ? each * 2 : each));
		/* While the window moves only the words change. */
		if (this.factShape === facts.map(f => Number(Boolean(f.note))).join('')) {
			texts.forEach((text, i) => {
				if (old[i].textContent !== text)
					old[i].textContent = text;
			});
			return;
		}
		this.factShape = facts.map(f => Number(Boolean(f.note))).join('');
		fill(this.facts, ...facts.map(f => el('div', { class: 'fact' }, el('dt', { text: f.label }),
			el('dd', null, el('span', { class: 'value', text: f.value }), f.note ? el('span', { class: 'note', text: f.note }) : null))));
	}

	/**
	 * Say which window the numbers are of.
	 * @param {Span} w snapped
	 * @param {number} bin
	 */
	setWindow(w, bin) {
		const span = this.app.span;
		const whole = w.from <= 0 && w.to >= span;
		const all = this.app.pair ? 'Whole common time, ' : 'Whole capture, ';
		const step = Math.max(bin / 10, (w.to - w.from) / 1000);

		this.el.dataset.from = String(w.from);
		this.el.dataset.to = String(w.to);
		this.windowText.textContent = whole ? all + fmtDuration(span) :
			fmtTime(w.from, step) + ' to ' + fmtTime(w.to, step) + ' (' + fmtDuration(w.to - w.from) + ')' + (bin > 1 ? ', whole bins of ' + fmtDuration(bin) : '');
	}

	/**
	 * The window in whole bins of the longest run.
	 * @param {{ run: Run, cube: import('../data/cube.js').Cube }[]} data
	 */
	setSnapped(data) {
		const { run, cube } = data.reduce((a, b) => b.run.span > a.run.span ? b : a);

		/* Each of two compared runs has bins of its own; what they cover stands below the strip. */
		if (this.app.pair) {
			this.setWindow(this.app.window(), data.reduce((m, d) => Math.max(m, d.cube.bin), 1));
			return;
		}

		this.setWindow(run.snap(this.app.window(), cube.bin), cube.bin);
	}

	/** Height that a picture may take. */
	room() {
		return this.app.shown().length > 2 ? Math.max(260, Math.min(860, innerHeight * 0.8)) : Math.max(260, Math.min(640, innerHeight * 0.62));
	}

	/**
	 * Tools are made anew only when what they show has changed.
	 * @param {string} key
	 * @param {() => (HTMLElement | null)[]} make
	 */
	setTools(key, make) {
		if (key === this.toolsKey)
			return;
		this.toolsKey = key;
		refill(this.tools, ...make());
	}

	/**
	 * A row of buttons of which one is on.
	 * @param {string} label
	 * @param {[string, string][]} choices value and title
	 * @param {string} current
	 * @param {(value: string) => void} pick
	 */
	choice(label, choices, current, pick) {
		return el('div', { class: 'choice', role: 'group', 'aria-label': label }, ...choices.map(([value, title]) =>
			el('button', { type: 'button', 'aria-pressed': String(value === current), text: title, on: { click: () => pick(value) } })));
	}

	/**
	 * @param {string} label
	 * @param {[string, string][]} choices value and title
	 * @param {string} current
	 * @param {(value: string) => void} pick
	 */
	select(label, choices, current, pick) {
		const box = el('select', { 'aria-label': label, on: { change: () => pick(box.value) } }, ...choices.map(([value, title]) => el('option', { value, text: title })));

		box.value = current;
		return box;
	}

	/** Busiest first, or by name with group numbers in front. */
	orderChoice() {
		const order = this.app.state.look.order;

		return this.choice('Order', [['use', 'By use'], ['name', 'By name']], order === 'name' ? order : 'use', v => this.app.state.set({ order: v }));
	}

	/**
	 * @param {string} label
	 * @param {boolean} on
	 * @param {(on: boolean) => void} change
	 */
	check(label, on, change) {
		const box = el('input', { type: 'checkbox', on: { change: () => change(box.checked) } });

		box.checked = on;
		return el('label', { class: 'check' }, box, label);
	}

	/**
	 * Pictures of the runs below each other. They stay where they are while the runs do: an element that
	 * is moved forgets how far it was scrolled.
	 * @param {HTMLElement} host
	 * @param {{ run: Run, node: HTMLElement | null, title?: string }[]} pictures title: instead of the run's name
	 */
	setMultiples(host, pictures) {
		const key = pictures.map(p => (p.title ?? this.app.nameOf(p.run)) + p.run.number).join();

		host.classList.toggle('many', pictures.length > 2);
		if (host.dataset.runs === key)
			return;
		host.dataset.runs = key;
		fill(host, ...pictures.map(p => el('div', { class: 'multiple' }, p.title ?? (pictures.length > 1 ? this.app.nameOf(p.run) : '') ? el('h4', { text: p.title ?? this.app.nameOf(p.run) }) : null, p.node)));
	}

	/**
	 * One picture of all runs instead of multiples.
	 * @param {HTMLElement} host
	 * @param {string} key
	 * @param {...(HTMLElement | null)} nodes
	 */
	setOne(host, key, ...nodes) {
		host.classList.remove('many');
		if (host.dataset.runs === key)
			return;
		host.dataset.runs = key;
		fill(host, ...nodes);
	}

	/** Fetch cubes, then show, unless something newer has begun. */
	async update() {
		const ticket = ++this.ticket;

		try {
			const data = await this.gather();

			if (ticket !== this.ticket)
				return;
			this.note.hidden = !this.app.pair || this.compares || !this.sideBySide;
			this.note.textContent = this.note.hidden ? '' : this.sideBySide;
			this.show(data);
		} catch (e) {
			this.app.failed(e);
		}
	}

	/** @returns {Promise<any>} */
	async gather() {
		return null;
	}

	/** @param {any} data */
	show(data) {
		void data;
	}

	/** The shared cursor moved. */
	cursorMoved() {
		this.surface?.redrawTop();
	}

	/** The page's colours changed. */
	repaint() {
		this.surface?.redraw();
	}

	savePng() {
		const pair = this.app.pair;
		const sides = pair ? 'A ' + pair[0].name + ', B ' + pair[1].name + (this.compares ? ', B − A: orange is less in B, purple is more' : '') + ' · ' : '';

		this.surface?.savePng('kymo-' + this.name + (pair && this.compares ? '-difference' : '') + '.png', this.title + ' · ' + this.app.title,
			sides + (this.windowText.textContent || ''), this.app.theme());
	}
}
