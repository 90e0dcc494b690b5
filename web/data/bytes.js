/* SPDX-License-Identifier: MIT */
/* Bytes that stand as base64 in the page: any part of them is decoded when it is asked for. */

/** Value of a base64 character, 255 for all others. */
const base64Value = new Uint8Array(256).fill(255);

for (let i = 0; i < 64; i++)
	base64Value['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(i)] = i;

/** What bytes from outside say when they are not what they should be. */
export class DataError extends Error {}

/** Lazily decoded base64 (RFC 4648, padded, nothing but white space around it). */
export class Base64Bytes {
	/** @param {string} text */
	constructor(text) {
		/** @type {string} */
		this.text = text.trim();
		const n = this.text.length;
		let padding = 0;

		if (n % 4)
			throw new DataError('base64 text of ' + n + ' characters is cut');
		while (padding < 2 && n && this.text[n - 1 - padding] === '=')
			padding++;
		/** Decoded length in bytes. */
		this.length = n / 4 * 3 - padding;
	}

	/**
	 * Decode bytes [at, at + n).
	 * @param {number} at
	 * @param {number} n
	 * @returns {Uint8Array}
	 */
	slice(at, n) {
		if (!(at >= 0 && n >= 0 && at + n <= this.length))
			throw new DataError('bytes ' + at + ' to ' + (at + n) + ' lie beyond the end');
		const text = this.text;
		const skip = at % 3;
		const groups = Math.ceil((skip + n) / 3);
		const out = new Uint8Array(groups * 3);
		let c = (at - skip) / 3 * 4;
		let bad = 0;

		for (let o = 0; o < out.length; o += 3, c += 4) {
			const last = c + 4 === text.length;
			const v0 = base64Value[text.charCodeAt(c) & 255];
			const v1 = base64Value[text.charCodeAt(c + 1) & 255];
			let v2 = base64Value[text.charCodeAt(c + 2) & 255];
			let v3 = base64Value[text.charCodeAt(c + 3) & 255];

			if (last) {
				if (text[c + 3] === '=')
					v3 = 0;
				if (text[c + 2] === '=' && text[c + 3] === '=')
					v2 = 0;
			}
			bad |= v0 | v1 | v2 | v3;
			out[o] = v0 << 2 | v1 >> 4;
			out[o + 1] = v1 << 4 | v2 >> 2;
			out[o + 2] = v2 << 6 | v3;
		}
		if (bad & 128)
			throw new DataError('not base64 near character ' + (at - skip) / 3 * 4);
		return out.subarray(skip, skip + n);
	}
}

/**
 * @param {Uint8Array} b
 * @param {number} at
 */
export function le16(b, at) {
	return b[at] | b[at + 1] << 8;
}

/**
 * @param {Uint8Array} b
 * @param {number} at
 */
export function le32(b, at) {
	return (b[at] | b[at + 1] << 8 | b[at + 2] << 16 | b[at + 3] << 24) >>> 0;
}

/**
 * @param {Uint8Array} b
 * @param {number} at
 * @returns {bigint}
 */
export function le64(b, at) {
	return BigInt(le32(b, at + 4)) << 32n | BigInt(le32(b, at));
}
