/* SPDX-License-Identifier: MIT */
/* CRC-32C (Castagnoli, reflected; RFC 3720 appendix B.4), four bytes at a time. */

const crcTable = new Uint32Array(4 * 256);

for (let i = 0; i < 256; i++) {
	let c = i;

	for (let bit = 0; bit < 8; bit++)
		c = c & 1 ? c >>> 1 ^ 0x82f63b78 : c >>> 1;
	crcTable[i] = c;
}
for (let i = 256; i < crcTable.length; i++)
	crcTable[i] = crcTable[i - 256] >>> 8 ^ crcTable[crcTable[i - 256] & 255];

/**
 * @param {Uint8Array} b
 * @returns {number} unsigned 32 bits
 */
export function crc32c(b) {
	const t = crcTable;
	const n = b.length;
	let c = -1;
	let i = 0;

	for (; i + 4 <= n; i += 4) {
		c ^= b[i] | b[i + 1] << 8 | b[i + 2] << 16 | b[i + 3] << 24;
		c = t[768 + (c & 255)] ^ t[512 + (c >>> 8 & 255)] ^ t[256 + (c >>> 16 & 255)] ^ t[c >>> 24];
	}
	for (; i < n; i++)
		c = c >>> 8 ^ t[(c ^ b[i]) & 255];
	return (c ^ -1) >>> 0;
}
