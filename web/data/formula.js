/* SPDX-License-Identifier: MIT */
/*
 * Derived metrics: postfix programs over counts (docs/formats/page.md, "METRIC"), with the arithmetic of
 * docs/formats/metrics.md. Every value has a range in which the truth lies.
 */

/** @typedef {{ value: number, low: number, high: number }} Reading */
/** @typedef {number | string | { event: number }} FormulaWord */

/** @param {number} v @returns {Reading} */
export function exactly(v) {
	return { value: v, low: v, high: v };
}

/** An end that is 0 times an unbounded one says nothing. @param {number} value @param {number} low @param {number} high @returns {Reading} */
function withEnds(value, low, high) {
	return { value, low: Number.isNaN(low) ? -Infinity : Math.min(low, value), high: Number.isNaN(high) ? Infinity : Math.max(high, value) };
}

/** @param {Reading} r */
function isExact(r) {
	return r.low === r.value && r.high === r.value;
}

/** The outermost of four combined ends. @param {number} value @param {number[]} ends @returns {Reading} */
function outermost(value, ends) {
	return ends.some(Number.isNaN) ? withEnds(value, -Infinity, Infinity) : withEnds(value, Math.min(...ends), Math.max(...ends));
}

/** @param {Reading} a @param {Reading} b @returns {Reading | null} */
function divide(a, b) {
	if (b.value === 0)
		return null;
	const v = a.value / b.value;

	if (isExact(a) && isExact(b))
		return exactly(v);
	if (b.low <= 0 && b.high >= 0)
		return withEnds(v, -Infinity, Infinity);
	return outermost(v, [a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high]);
}

/** 1, 0, or a range of both where the ends do not decide. @param {Reading} a @param {Reading} b @param {boolean} less @param {boolean} equal @param {boolean} more which make it true */
function compareReadings(a, b, less, equal, more) {
	const v = Number(a.value < b.value ? less : a.value > b.value ? more : equal);

	if (isExact(a) && isExact(b))
		return exactly(v);
	const may = /** @type {[boolean, boolean][]} */ ([[a.low < b.high, less], [a.low <= b.high && a.high >= b.low, equal], [a.high > b.low, more]]);

	return withEnds(v, may.some(([can, makes]) => can && !makes) ? 0 : 1, may.some(([can, makes]) => can && makes) ? 1 : 0);
}

/** @param {Reading} c @param {Reading | null} a @param {Reading | null} b @returns {Reading | null} */
function choose(c, a, b) {
	const [taken, other] = c.value !== 0 ? [a, b] : [b, a];
	const sure = c.value !== 0 ? c.low > 0 || c.high < 0 : isExact(c);

	if (!taken || sure)
		return taken;
	return other ? withEnds(taken.value, Math.min(taken.low, other.low), Math.max(taken.high, other.high)) : withEnds(taken.value, -Infinity, Infinity);
}

/** @type {Object<string, (a: Reading, b: Reading) => Reading | null>} */
const binaryWords = {
	'+': (a, b) => withEnds(a.value + b.value, a.low + b.low, a.high + b.high),
	'-': (a, b) => withEnds(a.value - b.value, a.low - b.high, a.high - b.low),
	'*': (a, b) => isExact(a) && isExact(b) ? exactly(a.value * b.value) : outermost(a.value * b.value, [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]),
	'/': divide,
	'<': (a, b) => compareReadings(a, b, true, false, false),
	'<=': (a, b) => compareReadings(a, b, true, true, false),
	'>': (a, b) => compareReadings(a, b, false, false, true),
	'>=': (a, b) => compareReadings(a, b, false, true, true),
	'==': (a, b) => compareReadings(a, b, false, true, false),
	'!=': (a, b) => compareReadings(a, b, true, false, true),
	min: (a, b) => withEnds(Math.min(a.value, b.value), Math.min(a.low, b.low), Math.min(a.high, b.high)),
	max: (a, b) => withEnds(Math.max(a.value, b.value), Math.max(a.low, b.low), Math.max(a.high, b.high)),
};

/**
 * @param {FormulaWord[]} formula
 * @param {(event: number) => Reading | null} countOf null: not known
 * @param {number} seconds of the span
 * @returns {Reading | null} null: what it needs is missing, or a divisor is 0
 */
export function evaluate(formula, countOf, seconds) {
	/** @type {(Reading | null)[]} */
	const stack = [];
	const pop = () => stack.pop() ?? null;

	for (const word of formula) {
		if (typeof word === 'number') {
			stack.push(exactly(word));
		} else if (typeof word === 'object') {
			stack.push(countOf(word.event));
		} else if (word === 'interval') {
			stack.push(exactly(seconds));
		} else if (word === 'neg') {
			const a = pop();

			stack.push(a && withEnds(-a.value, -a.high, -a.low));
		} else if (word === 'known') {
			stack.push(exactly(Number(pop() !== null)));
		} else if (word === 'if') {
			const [b, a, c] = [pop(), pop(), pop()];

			stack.push(c && choose(c, a, b));
		} else {
			const [b, a] = [pop(), pop()];

			stack.push(a && b && binaryWords[word] ? binaryWords[word](a, b) : null);
		}
	}
	const r = pop();

	return r && Number.isFinite(r.value) ? r : null;
}

/** The events of a formula, each once. @param {FormulaWord[]} formula @returns {number[]} */
export function eventsOf(formula) {
	return [...new Set(formula.flatMap(w => typeof w === 'object' ? [w.event] : []))];
}

/** Only another name for the rate of one event. @param {FormulaWord[]} formula */
export function isRate(formula) {
	return eventsOf(formula).length < 2 && formula.includes('interval');
}
