/* SPDX-License-Identifier: MIT */
/*
 * Colours of frames: a hue by what the function belongs to (kernel, program, library, made at run time,
 * other), a shade by its name, so that neighbours can be told apart and stay the same in every picture.
 */

import { hashText, parseHex } from './palette.js';

/** By origin (data/profile.js). Dark words can be read on all of them. */
const originsLight = ['#f4b183', '#9fc5ee', '#a9d8b0', '#d4b5ea', '#cfd5dc'];
const originsDark = ['#e09a63', '#7fb0e6', '#7cc193', '#b797dc', '#98a3b0'];
const FRAME_SHADES = 4;

export const FRAME_INK = '#10151c';
export const FOUND = '#ffe14d';

/** @param {number} origin @param {boolean} isDark */
export function originColour(origin, isDark) {
	return (isDark ? originsDark : originsLight)[origin];
}

/** Shades by origin, made once. @type {Map<string, string>} */
const madeShades = new Map();

/** @param {number} origin @param {string} name @param {boolean} isDark */
export function frameColour(origin, name, isDark) {
	const shade = hashText(name) % FRAME_SHADES;
	const key = origin + ' ' + shade + isDark;
	let css = madeShades.get(key);

	if (!css) {
		const part = shade * (isDark ? 0.06 : 0.09);

		css = 'rgb(' + parseHex(originColour(origin, isDark)).map(v => Math.round(v + (255 - v) * part)).join(' ') + ')';
		madeShades.set(key, css);
	}
	return css;
}
