/* SPDX-License-Identifier: MIT */
/* What the reader looks at. It stands in the URL hash, so a link shows what its sender saw. */

/**
 * @typedef {object} Look
 * @property {string} view
 * @property {string} hide numbers of runs not shown, "1,3"
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
 */

/** @type {Look} */
const lookDefault = { view: '', hide: '', from: 0, to: 0, filter: '', self: false, merge: false, task: '', tid: 0, cpu: -1, theme: 'auto',
	ramp: 'viridis', measure: 'both', kinds: '1,3', only: false, everything: false };

/** Changes that a reader would want to go back from. */
const lookSteps = new Set(['view']);

/**
 * @param {string} hash
 * @returns {Look}
 */
export function lookParse(hash) {
	const look = { ...lookDefault };
	const params = new URLSearchParams(hash.replace(/^#/, ''));
	const out = /** @type {Object<string, any>} */ (look);

	for (const [key, fallback] of Object.entries(lookDefault)) {
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
 * @returns {string} with its "#"
 */
export function lookFormat(look) {
	const params = new URLSearchParams();

	for (const [key, value] of Object.entries(look)) {
		if (value !== /** @type {Object<string, any>} */ (lookDefault)[key])
			params.set(key, value === true ? '1' : value === false ? '0' : String(value));
	}
	return '#' + params.toString();
}

/** The look and who wants to know of its changes. */
export class State {
	constructor() {
		this.look = lookParse(location.hash);
		/** @type {((changed: Set<string>) => void)[]} */
		this.listeners = [];
		/** @type {Set<string>} */
		this.changed = new Set();
		this.scheduled = false;
		this.step = false;
		this.timer = 0;
		addEventListener('hashchange', () => {
			if (location.hash !== lookFormat(this.look) && !(location.hash === '' && lookFormat(this.look) === '#'))
				this.set(lookParse(location.hash));
		});
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
		const hash = lookFormat(this.look);

		if (hash !== location.hash && !(hash === '#' && !location.hash))
			history[this.step ? 'pushState' : 'replaceState'](null, '', hash);
		this.step = false;
	}
}
