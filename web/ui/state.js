/* SPDX-License-Identifier: MIT */
/* What the reader looks at. It stands in the URL hash, so a link shows what its sender saw. */

/**
 * @typedef {object} Look
 * @property {string} view
 * @property {string} hide numbers of runs not shown, "1,3"
 * @property {string} diff numbers of base and compared run, "0,1"; "" = side by side
 * @property {number} from ns since the start
 * @property {number} to ns; 0 = the end
 * @property {string} filter regular expression on labels
 * @property {boolean} self also kymo's own threads
 * @property {boolean} merge tasks of equal names are one
 * @property {string} task label of the selected task, "" = none
 * @property {number} tid of it, 0 = unknown
 * @property {number} cpu selected CPU, -1 = none
 * @property {string} theme auto, light or dark
 * @property {string} ramp viridis or cividis
 * @property {string} measure of the core map: both, run or switches
 * @property {string} kinds of the durations view, "1,2"
 * @property {boolean} only the selected task in the durations view
 * @property {boolean} everything all rows instead of the top ones
 * @property {string} exits measure of the exits: count, time or last
 * @property {string} less exits that are left out, by key
 * @property {string} layers kinds of the exit durations, "5,6"
 * @property {number} charts of single tasks that are shown, 0 = all tasks in one chart
 * @property {string} order of tasks: use or name
 * @property {string} event name of the one whose samples are shown, "" = the first
 * @property {string} shape of the flame graph: flame, icicle, heavy or leaf
 * @property {string} frame functions down to the frame that is zoomed to, by number, "4.8.15"
 * @property {string} func number of the function whose callers and callees are shown, "" = none
 * @property {string} find regular expression on functions
 * @property {boolean} flip in a difference the widths are those of run A
 * @property {number} column of the time map, ns; 0 = what fits
 * @property {string} set of metrics: a collector, all, "" = overview
 * @property {string} metric regular expression on metrics and things
 * @property {string} hot functions by self or total, or matrix: of all events
 * @property {string} split counters: system (all together), cpu or task
 */

/** @type {Look} */
const lookDefault = { view: '', hide: '', diff: '', from: 0, to: 0, filter: '', self: false, merge: false, task: '', tid: 0, cpu: -1, theme: 'auto',
	ramp: 'viridis', measure: 'both', kinds: '1,3', only: false, everything: false,
	exits: 'count', less: '', layers: '5,6', charts: 0, order: 'use', event: '', shape: 'flame', frame: '', func: '', find: '', flip: false, hot: 'self', column: 0, split: 'system', set: '', metric: '' };

/** Changes that a reader would want to go back from. */
const lookSteps = new Set(['view', 'frame', 'func']);

/**
 * How the page wants to be opened (docs/formats/page.md, "look"): what it says of keys that are known here, in their types.
 * @param {Object<string, any> | undefined} wish
 * @returns {Look}
 */
export function lookInitial(wish) {
	const look = /** @type {Object<string, any>} */ ({ ...lookDefault });

	for (const [key, fallback] of Object.entries(lookDefault)) {
		if (wish && typeof wish[key] === typeof fallback)
			look[key] = wish[key];
	}
	return /** @type {Look} */ (look);
}

/**
 * @param {string} hash wins over the look that the page begins with
 * @param {Look} initial
 * @returns {Look}
 */
export function lookParse(hash, initial = lookDefault) {
	const look = { ...initial };
	const params = new URLSearchParams(hash.replace(/^#/, ''));
	const out = /** @type {Object<string, any>} */ (look);

	for (const [key, fallback] of Object.entries(initial)) {
		const text = params.get(key);

		if (text === null)
			continue;
		if (typeof fallback === 'number') {
			const v = Number(text);

			out[key] = Number.isFinite(v) ? Math.round(v) : fallback;
		} else {
			out[key] = typeof fallback === 'boolean' ? text === '1' : text;
		}
	}
	return look;
}

/**
 * @param {Look} look
 * @param {Look} initial what goes without saying
 * @returns {string} with its "#"
 */
export function lookFormat(look, initial = lookDefault) {
	const params = new URLSearchParams();

	for (const [key, value] of Object.entries(look)) {
		if (value !== /** @type {Object<string, any>} */ (initial)[key])
			params.set(key, value === true ? '1' : value === false ? '0' : String(value));
	}
	return '#' + params.toString();
}

/** The look and who wants to know of its changes. */
export class State {
	/** @param {Object<string, any>} [wish] look of the page */
	constructor(wish) {
		this.initial = lookInitial(wish);
		this.look = lookParse(location.hash, this.initial);
		/** @type {((changed: Set<string>) => void)[]} */
		this.listeners = [];
		/** @type {Set<string>} */
		this.changed = new Set();
		this.scheduled = false;
		this.step = false;
		this.timer = 0;
		addEventListener('hashchange', () => {
			if (location.hash !== this.hash() && !(location.hash === '' && this.hash() === '#'))
				this.set(lookParse(location.hash, this.initial));
		});
	}

	hash() {
		return lookFormat(this.look, this.initial);
	}

	/** @param {Partial<Look>} change */
	set(change) {
		const look = /** @type {Object<string, any>} */ (this.look);

		for (const [key, value] of Object.entries(change)) {
			if (look[key] === value)
				continue;
			look[key] = value;
			this.changed.add(key);
			this.step = this.step || lookSteps.has(key);
		}
		if (this.changed.size && !this.scheduled) {
			this.scheduled = true;
			requestAnimationFrame(() => this.tell());
		}
	}

	tell() {
		const changed = this.changed;

		this.changed = new Set();
		this.scheduled = false;
		/* Browsers refuse more than some hundred history entries in a row, so dragging waits. */
		clearTimeout(this.timer);
		if (this.step)
			this.write();
		else
			this.timer = setTimeout(() => this.write(), 250);
		for (const listener of this.listeners)
			listener(changed);
	}

	write() {
		const hash = this.hash();

		if (hash !== location.hash && !(hash === '#' && !location.hash))
			history[this.step ? 'pushState' : 'replaceState'](null, '', hash);
		this.step = false;
	}
}
