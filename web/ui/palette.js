/* SPDX-License-Identifier: MIT */
/*
 * Colours: magnitude (viridis, cividis), difference (PuOr around 0), and twelve task colours that
 * stay apart for colour-blind readers in both themes.
 */

/** @typedef {[number, number, number]} Rgb */

/**
 * @param {string} hex
 * @returns {Rgb}
 */
export function parseHex(hex) {
	const v = parseInt(hex.slice(1), 16);

	return [v >> 16, v >> 8 & 255, v & 255];
}

/** @param {string} css "#rrggbb", or a ramp's "rgb(r g b)" @returns {number} as ImageData words, little-endian RGBA */
export function cssWord(css) {
	const [r, g, b] = css[0] === '#' ? parseHex(css) : css.slice(4, -1).split(' ').map(Number);

	return (255 << 24 | b << 16 | g << 8 | r) >>> 0;
}

/** Anchor colours, evenly spaced. */
const rampAnchors = {
	viridis: ['#440154', '#482878', '#3e4989', '#31688e', '#26828e', '#1f9e89', '#35b779', '#6ece58', '#b5de2b', '#fde725'],
	cividis: ['#00224e', '#123570', '#3b496c', '#575d6d', '#707173', '#8a8678', '#a59c74', '#c3b369', '#e1cc55', '#fee838'],
	puor: ['#7f3b08', '#b35806', '#e08214', '#fdb863', '#fee0b6', '#f7f7f7', '#d8daeb', '#b2abd2', '#8073ac', '#542788', '#2d004b'],
};

/** Differences on dark pages: little fades into the page there too. The middle is the page's band. */
const puorDark = ['#fee0b6', '#fdb863', '#e08214', '#b35806', '', '#5b3494', '#8073ac', '#b2abd2', '#d8daeb'];

/** @typedef {keyof typeof rampAnchors} RampName */

const RAMP_STEPS = 256;

/** 256 colours, as bytes and as CSS. */
export class Ramp {
	/**
	 * @param {RampName | string[]} name or the anchors themselves
	 * @param {boolean} reversed more is darker, for light pages; little fades into the paper there
	 * @param {string} [paper] "#rrggbb"
	 */
	constructor(name, reversed, paper = '#ffffff') {
		const anchors = (typeof name === 'string' ? rampAnchors[name] : name).map(parseHex);

		if (reversed)
			anchors.reverse();
		this.rgb = new Uint8Array(RAMP_STEPS * 3);
		/** @type {string[]} */
		this.css = [];
		for (let i = 0; i < RAMP_STEPS; i++) {
			const at = i / (RAMP_STEPS - 1) * (anchors.length - 1);
			const k = Math.min(anchors.length - 2, Math.floor(at));
			const fade = reversed ? Math.max(0, 0.62 - i / RAMP_STEPS * 2.6) : 0;
			const white = parseHex(paper);
			const part = anchors[k].map((v, c) => Math.round((v + (anchors[k + 1][c] - v) * (at - k)) * (1 - fade) + white[c] * fade));

			this.rgb.set(part, i * 3);
			this.css.push('rgb(' + part.join(' ') + ')');
		}
	}

	/** For CSS: the whole ramp from left to right. */
	gradient() {
		return 'linear-gradient(90deg, ' + this.css.filter((_, i) => i % 15 === 0).join(', ') + ')';
	}

	/** @param {number} v 0..1 */
	step(v) {
		return Math.max(0, Math.min(RAMP_STEPS - 1, Math.round(v * (RAMP_STEPS - 1))));
	}

	/** @param {number} v 0..1 */
	at(v) {
		return this.css[this.step(v)];
	}

	/**
	 * Black or white, whichever can be read on the colour.
	 * @param {number} v 0..1
	 */
	ink(v) {
		const i = this.step(v) * 3;
		const luma = 0.299 * this.rgb[i] + 0.587 * this.rgb[i + 1] + 0.114 * this.rgb[i + 2];

		return luma > 140 ? '#10151c' : '#ffffff';
	}
}

/** Alternating in lightness as well as in hue. */
const taskColoursLight = ['#3b6fb6', '#e07b39', '#2f8f6b', '#c2557f', '#7fb8e6', '#7a4fa3', '#c9a227', '#1fa3a8', '#8c2f39',
	'#8a9a3b', '#4a4fc4', '#e59aa9'];
const taskColoursDark = ['#6b9ee8', '#f09350', '#45b58b', '#e0769f', '#9fd0f5', '#a67fd6', '#e0bd4d', '#35bcc1', '#c4565f',
	'#adbd5c', '#8287f0', '#f0b3bf'];

/** FNV-1a. @param {string} text */
export function hashText(text) {
	let h = 0x811c9dc5;

	for (let i = 0; i < text.length; i++)
		h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
	return h >>> 0;
}

/**
 * A colour per task label. The label chooses it, so it is the same in other reports; among the
 * busiest twelve of this page a taken colour gives way to the next free one.
 */
export class TaskColours {
	/** @param {string[]} busiest labels, busiest first */
	constructor(busiest) {
		/** @type {Map<string, number>} */
		this.slot = new Map();
		const n = taskColoursLight.length;
		const taken = new Set();

		for (const label of busiest) {
			let slot = hashText(label) % n;

			if (this.slot.has(label))
				continue;
			if (taken.size === n)
				break;
			while (taken.has(slot))
				slot = (slot + 1) % n;
			taken.add(slot);
			this.slot.set(label, slot);
		}
	}

	/** Number of a label's colour in all(). @param {string} label */
	slotOf(label) {
		return this.slot.get(label) ?? hashText(label) % taskColoursLight.length;
	}

	/** @param {boolean} dark @returns {string[]} "#rrggbb" */
	all(dark) {
		return [...dark ? taskColoursDark : taskColoursLight];
	}

	/**
	 * @param {string} label
	 * @param {boolean} dark
	 */
	of(label, dark) {
		return (dark ? taskColoursDark : taskColoursLight)[this.slotOf(label)];
	}
}

/** Colours of drawing, from the page's style. */
export class Theme {
	/** @param {RampName} ramp */
	constructor(ramp) {
		const style = getComputedStyle(document.documentElement);
		const get = /** @param {string} name */ name => style.getPropertyValue('--' + name).trim();

		this.dark = get('dark') === '1';
		this.paper = get('paper');
		this.ink = get('ink');
		this.soft = get('soft');
		this.faint = get('faint');
		this.rule = get('rule');
		this.band = get('band');
		this.accent = get('accent');
		this.second = get('second');
		this.fade = get('fade');
		this.bar = get('bar');
		this.font = get('font');
		this.ramp = new Ramp(ramp, !this.dark, this.paper);
		/** Less is orange, more is purple, the middle is no difference. */
		this.difference = new Ramp(this.dark ? puorDark.map(c => c || this.band) : 'puor', false);
		this.sideA = get('sidea');
		this.sideB = get('sideb');
		this.more = get('more');
		this.less = get('less');
		/** @type {CanvasPattern | null} */
		this.hatch = null;
	}

	/**
	 * Diagonal lines for what is not known.
	 * @param {CanvasRenderingContext2D} g
	 */
	hatching(g) {
		if (!this.hatch) {
			const tile = document.createElement('canvas');
			const t = /** @type {CanvasRenderingContext2D} */ (tile.getContext('2d'));

			tile.width = tile.height = 8;
			t.strokeStyle = this.faint;
			t.lineWidth = 1.2;
			t.beginPath();
			for (let i = -8; i <= 8; i += 8) {
				t.moveTo(i - 1, 9);
				t.lineTo(i + 9, -1);
			}
			t.stroke();
			this.hatch = g.createPattern(tile, 'repeat');
		}
		return this.hatch || this.rule;
	}
}
