/* SPDX-License-Identifier: MIT */
/* Numbers as people read them; the words of src/base/quantity.h. */

/**
 * Three digits.
 * @param {number} v
 */
function three(v) {
	const a = Math.abs(v);

	return v.toFixed(a >= 99.95 ? 0 : a >= 9.995 ? 1 : 2);
}

/** @param {number} n */
export function fmtCount(n) {
	return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * A duration: "1.25 ms".
 * @param {number} ns
 */
export function fmtDuration(ns) {
	const a = Math.abs(ns);

	if (a === 0)
		return '0 s';
	if (a < 999.5)
		return Math.round(ns) + ' ns';
	if (a < 999500)
		return three(ns / 1e3) + ' µs';
	if (a < 999500000)
		return three(ns / 1e6) + ' ms';
	return a < 1e12 ? three(ns / 1e9) + ' s' : fmtCount(ns / 1e9) + ' s';
}

/**
 * Every nanosecond of a duration: "1,250,117 ns" or "1.250117 ms".
 * @param {number} ns
 */
export function fmtExact(ns) {
	if (ns < 1e6)
		return fmtCount(ns) + ' ns';
	return ns < 1e9 ? (ns / 1e6).toFixed(6) + ' ms' : (ns / 1e9).toFixed(9) + ' s';
}

/**
 * A point in time since the start, as fine as @step needs.
 * @param {number} ns
 * @param {number} [step]
 */
export function fmtTime(ns, step = 1e6) {
	const digits = Math.min(9, Math.max(0, Math.ceil(9 - Math.log10(Math.max(1, step)) - 1e-9)));

	return (ns / 1e9).toFixed(digits) + ' s';
}

/** @param {number} bytes */
export function fmtBytes(bytes) {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let u = 0;

	while (bytes >= 1024 && u < units.length - 1) {
		bytes /= 1024;
		u++;
	}
	return (u ? three(bytes) : String(bytes)) + ' ' + units[u];
}

/**
 * Percent with few digits where they tell nothing.
 * @param {number} v
 * @param {number} [digits]
 */
export function fmtPct(v, digits = 1) {
	if (v > 0 && v < 0.5 * 10 ** -digits)
		return '<' + (10 ** -digits).toFixed(digits) + ' %';
	return v.toFixed(digits) + ' %';
}

/**
 * "12 k", "3.4 M" for axes.
 * @param {number} v
 */
export function fmtShort(v) {
	const a = Math.abs(v);
	const trim = /** @param {number} x */ x => String(Number(x.toPrecision(3)));

	if (a >= 1e9)
		return trim(v / 1e9) + ' G';
	if (a >= 1e6)
		return trim(v / 1e6) + ' M';
	return a >= 1e4 ? trim(v / 1e3) + ' k' : trim(v);
}

/**
 * A number of any size: whole ones with commas, others with four digits.
 * @param {number} v
 */
export function fmtValue(v) {
	const a = Math.abs(v);

	if (a >= 1000 || Number.isInteger(v))
		return fmtCount(v);
	return a < 1e-4 && a > 0 ? v.toExponential(2) : String(Number(v.toPrecision(4)));
}

/**
 * A cell of a table.
 * @param {any} v
 * @param {{ unit: string, type: string, digits?: number }} column
 */
export function fmtCell(v, column) {
	if (v === undefined || v === null)
		return '';
	if (column.type === 'text' || typeof v !== 'number')
		return String(v);
	switch (column.unit) {
	case 'ns': return fmtDuration(v);
	case 'time': return fmtTime(v, 1000);
	case 'pct': return Math.abs(v) >= 1e4 ? fmtCount(v) : v.toFixed(column.digits ?? 1);
	case 'bytes': return fmtBytes(v);
	case 'ratio': return v.toFixed(column.digits ?? 3);
	case 'id': return String(v);
	case 'value': return fmtValue(v);
	case 'per_s': return Math.abs(v) >= 1000 ? fmtCount(v) : v.toFixed(column.digits ?? 1);
	default: return column.type === 'f64' && (column.digits ?? 2) > 0 ? v.toFixed(column.digits ?? 2) : fmtCount(v);
	}
}

/**
 * With its sign, also above zero; nothing that is written as zero has one.
 * @param {number} v
 * @param {string} text of v
 */
export function withSign(v, text) {
	const bare = text.replace(/^-/, '');

	return /[1-9]/.test(bare) ? (v < 0 ? '−' : '+') + bare : bare;
}

/**
 * A difference with its unit: "+12.3 pp", "−120 /s", "+1.25 ms".
 * @param {number} v
 * @param {{ unit: string, type: string, digits?: number }} column
 */
export function fmtDiff(v, column) {
	const unit = /** @type {Object<string, string>} */ ({ pct: ' pp', per_s: ' /s' })[column.unit] || '';

	return withSign(v, fmtCell(v, column)) + unit;
}

/** What stands behind a column's title. @type {Object<string, string>} */
export const unitSuffix = { pct: '%', per_s: '/s' };
