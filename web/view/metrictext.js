/* SPDX-License-Identifier: MIT */
/* Values of metrics in words. */

import { fmtBytes, fmtDuration, fmtShort, fmtValue } from '../ui/units.js';

/** @typedef {import('../data/metricsets.js').Unit} Unit */

/** Short. @param {number} v @param {Unit} unit */
export function metricText(v, unit) {
	if (unit.bytes)
		return fmtBytes(Math.round(v)) + unit.unit.replace('bytes', '');
	if (unit.unit === 's')
		return fmtDuration(v * 1e9);
	return fmtShort(Number((v * unit.by).toPrecision(3))) + (unit.unit && !unit.unit.startsWith('/') ? ' ' : '') + unit.unit;
}

/** @param {number} v @param {Unit} unit */
export function metricExact(v, unit) {
	const text = fmtValue(Number((v * unit.by).toPrecision(9))) + (unit.unit ? ' ' + unit.unit : '');

	return unit.bytes && Math.abs(v) >= 1024 ? text + ' (' + metricText(v, unit) + ')' : text;
}
