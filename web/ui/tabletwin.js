/* SPDX-License-Identifier: MIT */
/*
 * The numbers behind a picture: a table that sorts, scrolls and leaves as CSV. Cells carry their raw
 * values in data-value. Long tables hold only the rows that can be seen.
 */

import { download, el, fill, icon } from './dom.js';
import { fmtCell, fmtCount, fmtExact, unitSuffix, withSign } from './units.js';

/** group: common head of neighbours. signed: a difference, sorted by its size. @typedef {import('../data/run.js').ColumnJson & { group?: string, signed?: boolean }} Column */
/** @typedef {Object<string, any>} Row */
/** @typedef {{ columns: Column[], rows: Row[], notes: string[] }} Answer */

const ROW_PX = 26;
/** Up to here all rows stand in the page. */
const ROWS_ALL = 120;
const SETTLE_MS = 200;

/**
 * RFC 4180, with the raw values.
 * @param {Column[]} columns
 * @param {Row[]} rows
 */
export function tableCsv(columns, rows) {
	const cell = /** @param {any} v */ v => {
		const text = v === undefined || v === null ? '' : String(v);

		return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
	};

	return [columns.map(c => cell(c.name)), ...rows.map(r => columns.map(c => cell(r[c.name])))]
		.map(line => line.join(',')).join('\r\n') + '\r\n';
}

/**
 * Missing cells last, whatever the direction.
 * @param {any} a
 * @param {any} b
 * @param {number} sign
 */
function compareCells(a, b, sign) {
	if (a === undefined || a === null || b === undefined || b === null)
		return Number(a === undefined || a === null) - Number(b === undefined || b === null);
	if (typeof a === 'number' && typeof b === 'number')
		return sign * (a - b);
	return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
}

export class TableTwin {
	/**
	 * @param {{ name: string, caption: string, pick?: (row: Row) => void, marked?: (row: Row) => boolean, say: (text: string) => void, busy?: () => boolean }} o busy: a table that may wait waits on
	 */
	constructor(o) {
		this.o = o;
		/** @type {Answer} */
		this.answer = { columns: [], rows: [], notes: [] };
		/** @type {Row[]} */
		this.rows = [];
		/** @type {Column[]} */
		this.columns = [];
		this.sort = { column: '', sign: 1 };
		this.timer = 0;
		this.first = -1;
		this.last = -1;
		this.count = el('span', { class: 'count' });
		this.head = el('tr', null);
		this.groups = el('tr', { class: 'groups' });
		this.body = el('tbody', null);
		this.caption = el('caption', { class: 'hidden', text: o.caption });
		this.table = el('table', { 'data-view': o.name }, this.caption, el('thead', null, this.groups, this.head),
			this.body);
		this.scroller = el('div', { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': o.caption,
			on: { scroll: () => this.scrolled() } }, this.table);
		this.notes = el('ul', { class: 'notes' });
		this.heading = el('h3', { text: o.caption });
		this.el = el('section', { class: 'twin' },
			el('div', { class: 'twinhead' }, this.heading, this.count,
				el('button', { type: 'button', class: 'quiet', title: 'Save the table as CSV, with exact values',
					on: { click: () => this.save() } }, icon('save'), 'CSV'),
				el('button', { type: 'button', class: 'quiet', title: 'Copy the table', on: { click: () => this.copy() } },
					icon('copy'), 'Copy')),
			this.scroller, this.notes);
		/* As high as the style lets it be, until the observer knows better. */
		this.seenPx = 440;
		this.topPx = 0;
		this.observer = new ResizeObserver(() => {
			this.seenPx = this.scroller.clientHeight;
			this.window();
		});
		this.observer.observe(this.scroller);
	}

	/**
	 * @param {() => Answer} make
	 * @param {boolean} [soon] wait until changes settle
	 */
	set(make, soon) {
		const build = () => {
			if (soon && this.o.busy?.()) {
				this.timer = setTimeout(build, SETTLE_MS);
				return;
			}
			delete this.table.dataset.waits;
			this.answer = make();
			this.build();
		};

		clearTimeout(this.timer);
		if (soon) {
			this.table.dataset.waits = '1';
			this.timer = setTimeout(build, SETTLE_MS);
		} else {
			build();
		}
	}

	/** What the table is of now. @param {string} caption */
	setCaption(caption) {
		if (this.heading.textContent === caption)
			return;
		this.heading.textContent = this.caption.textContent = caption;
		this.scroller.setAttribute('aria-label', caption);
	}

	/** Columns that say something: not empty, and not the same as the one before. */
	usefulColumns() {
		const { columns, rows } = this.answer;

		return columns.filter(c => {
			if (c.name === 'members' && rows.every(r => r.members === 1))
				return false;
			if (c.name === 'comm' && rows.every(r => r.comm === r.task))
				return false;
			return !rows.length || rows.some(r => r[c.name] !== undefined && r[c.name] !== null);
		});
	}

	build() {
		const { rows, notes } = this.answer;

		this.columns = this.usefulColumns();
		this.buildGroups();
		fill(this.head, ...this.columns.map(c => this.headCell(c)));
		this.order();
		this.count.textContent = fmtCount(rows.length) + (rows.length === 1 ? ' row' : ' rows');
		fill(this.notes, ...notes.map(n => el('li', { text: n })));
		this.table.dataset.ready = String(Number(this.table.dataset.ready || 0) + 1);
	}

	/** The common heads of columns that belong together. */
	buildGroups() {
		/** @type {{ text: string, span: number }[]} */
		const groups = [];

		for (const c of this.columns) {
			const last = groups[groups.length - 1];

			if (last && last.text === (c.group || ''))
				last.span++;
			else
				groups.push({ text: c.group || '', span: 1 });
		}
		const some = groups.some(g => g.text);

		this.table.classList.toggle('grouped', some);
		this.groups.hidden = !some;
		fill(this.groups, ...some ? groups.map(g => g.text ? el('th', { scope: 'colgroup', colspan: g.span, text: g.text }) : el('td', { colspan: g.span })) : []);
	}

	/** @param {Column} c */
	headCell(c) {
		const sorted = this.sort.column === c.name;
		const suffix = unitSuffix[c.unit];
		const title = suffix && !c.group && !c.title.includes(suffix) ? c.title + ' ' + suffix : c.title;

		return el('th', { scope: 'col', class: c.type === 'text' ? 'text' : 'number', title: c.help || '',
			'aria-sort': sorted ? this.sort.sign > 0 ? 'ascending' : 'descending' : 'none' },
		el('button', { type: 'button', 'data-col': c.name, on: { click: () => this.sortBy(c) } }, title,
			el('span', { class: 'arrow', 'aria-hidden': 'true', text: sorted ? this.sort.sign > 0 ? '▲' : '▼' : '' })));
	}

	/** @param {Column} c */
	sortBy(c) {
		const fresh = c.type === 'text' || c.unit === 'id' ? 1 : -1;

		if (this.sort.column !== c.name)
			this.sort = { column: c.name, sign: fresh };
		else if (this.sort.sign === fresh)
			this.sort.sign = -fresh;
		else
			this.sort = { column: '', sign: 1 };
		this.build();
		/** @type {HTMLElement | null} */ (this.head.querySelector('[data-col="' + c.name + '"]'))?.focus();
		this.o.say(this.sort.column ? 'sorted by ' + c.title + (this.sort.sign > 0 ? ', rising' : ', falling') : 'order as counted');
	}

	order() {
		const { column, sign } = this.sort;

		const signed = this.columns.some(c => c.name === column && c.signed);
		const size = /** @param {any} v */ v => signed && typeof v === 'number' ? Math.abs(v) : v;

		this.rows = this.answer.rows;
		if (column && this.columns.some(c => c.name === column))
			this.rows = [...this.rows].sort((a, b) => compareCells(size(a[column]), size(b[column]), sign));
		/** Greatest value of each column that gets bars. */
		this.most = new Map(this.columns.filter(c => c.unit === 'pct' && !c.group).map(c =>
			[c.name, this.rows.reduce((m, r) => Math.max(m, r[c.name] || 0), 0)]));
		this.first = -1;
		this.window();
	}

	scrolled() {
		this.topPx = this.scroller.scrollTop;
		this.window();
	}

	/** Put the rows that can be seen into the table. */
	window() {
		const n = this.rows.length;
		const long = n > ROWS_ALL;
		const seen = Math.ceil((this.seenPx || 440) / ROW_PX);
		const first = long ? Math.max(0, Math.min(n - seen, Math.floor(this.topPx / ROW_PX) - 8)) : 0;
		const last = long ? Math.min(n, first + seen + 16) : n;

		if (first === this.first && this.last === last)
			return;
		this.first = first;
		this.last = last;
		const gap = /** @param {number} rows */ rows => {
			const tr = el('tr', { class: 'gap', 'aria-hidden': 'true' }, el('td', { colspan: this.columns.length }));

			/** @type {HTMLElement} */ (tr.firstChild).style.height = rows * ROW_PX + 'px';
			return tr;
		};

		this.table.setAttribute('aria-rowcount', String(n + 1));
		fill(this.body, first > 0 && gap(first), ...this.rows.slice(first, last).map((r, i) => this.rowOf(r, first + i)),
			last < n && gap(n - last));
	}

	/** @param {Row} r @param {number} i */
	rowOf(r, i) {
		const pick = this.o.pick;
		const tr = el('tr', { 'data-row': i, 'aria-rowindex': i + 2, class: this.o.marked?.(r) ? 'marked' : null,
			on: pick ? { click: () => pick(r) } : {} });

		for (const [k, c] of this.columns.entries()) {
			const v = r[c.name];
			const td = el(k === 0 ? 'th' : 'td', { class: c.type === 'text' ? 'text' : 'number', 'data-col': c.name,
				text: c.signed && typeof v === 'number' ? withSign(v, fmtCell(v, c)) : fmtCell(v, c),
				scope: k === 0 ? 'row' : null, 'data-value': v === undefined || v === null ? null : v,
				title: c.unit === 'ns' && typeof v === 'number' ? fmtExact(v) : null });
			const most = this.most?.get(c.name);

			if (most && typeof v === 'number') {
				td.classList.add('bar');
				td.style.setProperty('--part', (v / Math.max(100, most) * 100).toFixed(2) + '%');
			}
			if (c.signed && v)
				td.classList.add(v > 0 ? 'rise' : 'fall');
			if (c.group && this.columns[k - 1]?.group !== c.group)
				td.classList.add('first');
			tr.appendChild(td);
		}
		return tr;
	}

	/** Marks changed. */
	remark() {
		this.first = -1;
		this.window();
	}

	csv() {
		return tableCsv(this.answer.columns, this.rows);
	}

	save() {
		download(new Blob([this.csv()], { type: 'text/csv' }), 'kymo-' + this.o.name + '.csv');
	}

	copy() {
		const text = this.csv();
		/* The clipboard API needs a secure origin, which file:// is not everywhere. */
		const area = el('textarea', { class: 'hidden', 'aria-hidden': 'true' });

		area.value = text;
		this.el.appendChild(area);
		area.select();
		const done = document.execCommand('copy');

		area.remove();
		this.o.say(done ? 'table copied' : 'the browser refused to copy');
		this.count.textContent = done ? 'copied' : 'not copied';
		setTimeout(() => {
			this.count.textContent = fmtCount(this.answer.rows.length) + ' rows';
		}, 1500);
	}
}
