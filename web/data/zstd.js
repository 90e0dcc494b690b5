/* SPDX-License-Identifier: MIT */
/*
 * A decoder for one Zstandard frame after RFC 8878, without dictionaries: what the streams of a
 * kymo block need. The length of the result is known beforehand, so the output is its own window.
 * Section numbers in comments are the RFC's. Hostile input throws DataError; every loop is bounded
 * by the input's or the output's length.
 */

import { DataError, le16, le32 } from './bytes.js';

const ZSTD_BLOCK_MAX = 128 * 1024;
const HUFFMAN_MAX_BITS = 11;
/** Output is at most 8 MiB long, so no valid offset has a greater code. */
const OFFSET_CODE_MAX = 24;

/** @param {string} what @returns {never} */
function zstdFail(what) {
	throw new DataError('zstd: ' + what);
}

/* 3.1.1.3.2.1.1: base values and extra bits of literal length and match length codes. */
const llExtra = new Uint8Array([
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12,
	13, 14, 15, 16]);
const mlExtra = new Uint8Array([
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

/**
 * Each code begins where the one before it ends.
 * @param {Uint8Array} extra
 * @param {number} first
 */
function codeBases(extra, first) {
	const base = new Uint32Array(extra.length);
	let next = first;

	for (let i = 0; i < extra.length; i++) {
		base[i] = next;
		next += 1 << extra[i];
	}
	return base;
}

const llBase = codeBases(llExtra, 0);
const mlBase = codeBases(mlExtra, 3);

/* Reading bits backwards: a stream ends with a 1 bit, and its last bits are read first. The state is
 * one number, the count of bits left; a reader takes the bits just below it. */

/**
 * @param {Uint8Array} b
 * @param {number} from first byte
 * @param {number} to behind the last byte
 * @returns {number} bits below the end mark, counted from the start of @b
 */
function backwardStart(b, from, to) {
	if (to <= from || b[to - 1] === 0)
		zstdFail('bit stream without end mark');
	return to * 8 - (Math.clz32(b[to - 1]) - 24) - 1;
}

/**
 * The @n <= 24 bits that start at bit @at; bits below bit @floor read as 0.
 * @param {Uint8Array} b
 * @param {number} at
 * @param {number} n
 * @param {number} floor
 * @returns {number}
 */
function bitsAt(b, at, n, floor) {
	if (at < floor) {
		const have = at + n - floor;

		return have <= 0 ? 0 : bitsAt(b, floor, have, floor) << (n - have);
	}
	const i = at >>> 3;

	return (b[i] | b[i + 1] << 8 | b[i + 2] << 16 | b[i + 3] << 24) >>> (at & 7) & (1 << n) - 1;
}

/** An FSE decoding table: for each state its symbol, bits to read and base of the next state. */
class FseTable {
	/**
	 * @param {Int16Array} probability normalised counts, -1 = less than one
	 * @param {number} symbols
	 * @param {number} log
	 */
	constructor(probability, symbols, log) {
		const size = 1 << log;

		this.log = log;
		this.symbol = new Uint8Array(size);
		this.bits = new Uint8Array(size);
		this.base = new Uint16Array(size);
		this.build(probability, symbols, size);
	}

	/* 4.1.1: symbols of probability -1 stand at the end, the others are spread by a fixed step. */
	/**
	 * @param {Int16Array} probability
	 * @param {number} symbols
	 * @param {number} size
	 */
	build(probability, symbols, size) {
		const next = new Uint16Array(symbols);
		const step = (size >> 1) + (size >> 3) + 3;
		let high = size;
		let at = 0;

		for (let s = 0; s < symbols; s++) {
			if (probability[s] === -1) {
				this.symbol[--high] = s;
				next[s] = 1;
			}
		}
		for (let s = 0; s < symbols; s++) {
			if (probability[s] <= 0)
				continue;
			next[s] = probability[s];
			for (let i = 0; i < probability[s]; i++) {
				this.symbol[at] = s;
				do
					at = at + step & size - 1;
				while (at >= high);
			}
		}
		for (let i = 0; i < size; i++) {
			const state = next[this.symbol[i]]++;
			const bits = this.log - (31 - Math.clz32(state));

			this.bits[i] = bits;
			this.base[i] = (state << bits) - size;
		}
	}
}

/**
 * A table with one symbol that needs no bits (RLE mode).
 * @param {number} symbol
 */
function fseSingle(symbol) {
	const t = new FseTable(new Int16Array([1]), 1, 0);

	t.symbol[0] = symbol;
	return t;
}

/**
 * 4.1.1: read a table description that starts at byte @at.
 * @param {Uint8Array} b
 * @param {number} at
 * @param {number} end
 * @param {number} maxSymbol
 * @param {number} maxLog
 * @returns {{ table: FseTable, at: number }}
 */
function fseRead(b, at, end, maxSymbol, maxLog) {
	const stop = end * 8;
	let bit = at * 8;
	/** @param {number} n */
	const peek = n => bitsAt(b, bit, n, 0);
	const log = peek(4) + 5;
	const probability = new Int16Array(maxSymbol + 1);
	let left = (1 << log) + 1;
	let symbol = 0;

	if (log > maxLog)
		zstdFail('FSE table of 2^' + log);
	bit += 4;
	while (left > 1) {
		if (symbol > maxSymbol || bit >= stop)
			zstdFail('FSE table is cut or has too many symbols');
		const width = 32 - Math.clz32(left);
		const low = (1 << width) - 1 - left;
		let value = peek(width);

		/* The values that need not all bits take one less. */
		if ((value & (1 << width - 1) - 1) < low) {
			value &= (1 << width - 1) - 1;
			bit += width - 1;
		} else {
			if (value >= 1 << width - 1)
				value -= low;
			bit += width;
		}
		const p = value - 1;

		probability[symbol++] = p;
		left -= Math.abs(p);
		if (p === 0) {
			let repeat;

			do {
				repeat = peek(2);
				bit += 2;
				symbol += repeat;
			} while (repeat === 3 && symbol <= maxSymbol + 3 && bit < stop);
			if (symbol > maxSymbol + 1)
				zstdFail('FSE table has too many symbols');
		}
	}
	if (left !== 1 || bit > stop)
		zstdFail('FSE table does not add up');
	return { table: new FseTable(probability, symbol, log), at: bit + 7 >>> 3 };
}

/* 3.1.1.3.2.2: the predefined tables. */
const llDefault = new FseTable(new Int16Array([
	4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
	-1, -1, -1, -1]), 36, 6);
const mlDefault = new FseTable(new Int16Array([
	1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1]), 53, 6);
const ofDefault = new FseTable(new Int16Array([
	1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1]), 29, 5);

/** A Huffman table: the next maxBits bits index symbol and length. */
class HuffmanTable {
	/**
	 * 4.2.1: weights of all symbols but the last, whose weight completes a power of two.
	 * @param {Uint8Array} weight room for one more
	 * @param {number} n
	 */
	constructor(weight, n) {
		let total = 0;

		for (let i = 0; i < n; i++) {
			if (weight[i] > HUFFMAN_MAX_BITS)
				zstdFail('Huffman weight ' + weight[i]);
			total += weight[i] ? 1 << weight[i] - 1 : 0;
		}
		if (!total)
			zstdFail('Huffman table without weights');
		const maxBits = 32 - Math.clz32(total);
		const rest = (1 << maxBits) - total;

		if (maxBits > HUFFMAN_MAX_BITS || rest & rest - 1)
			zstdFail('Huffman weights do not add up');
		weight[n++] = 32 - Math.clz32(rest);
		this.maxBits = maxBits;
		/** Symbol in the low byte, bits above it. */
		this.entry = new Uint16Array(1 << maxBits);
		this.fill(weight, n);
	}

	/**
	 * 4.2.1.3: codes are given by rising weight, then by symbol.
	 * @param {Uint8Array} weight
	 * @param {number} n
	 */
	fill(weight, n) {
		let at = 0;

		for (let w = 1; w <= this.maxBits; w++) {
			for (let s = 0; s < n; s++) {
				if (weight[s] !== w)
					continue;
				const cells = 1 << w - 1;

				this.entry.fill(s | this.maxBits + 1 - w << 8, at, at + cells);
				at += cells;
			}
		}
	}
}

/**
 * 4.2.1: read a tree description.
 * @param {Uint8Array} b
 * @param {number} at
 * @param {number} end
 * @returns {{ table: HuffmanTable, at: number }}
 */
function huffmanRead(b, at, end) {
	const weight = new Uint8Array(257);

	if (at >= end)
		zstdFail('Huffman tree is cut');
	const head = b[at++];

	if (head >= 128) {
		const n = head - 127;
		const stop = at + (n + 1 >> 1);

		if (stop > end)
			zstdFail('Huffman tree is cut');
		for (let i = 0; i < n; i++)
			weight[i] = i & 1 ? b[at + (i >> 1)] & 15 : b[at + (i >> 1)] >> 4;
		return { table: new HuffmanTable(weight, n), at: stop };
	}
	const stop = at + head;

	if (stop > end)
		zstdFail('Huffman tree is cut');
	return { table: new HuffmanTable(weight, huffmanWeights(b, at, stop, weight)), at: stop };
}

/**
 * 4.2.1.2: weights as two FSE streams that take turns. They end when a state cannot be fed any more.
 * @param {Uint8Array} b
 * @param {number} from
 * @param {number} stop
 * @param {Uint8Array} weight
 * @returns {number} how many
 */
function huffmanWeights(b, from, stop, weight) {
	const { table, at } = fseRead(b, from, stop, 255, 6);
	const floor = at * 8;
	let bit = backwardStart(b, at, stop);
	let n = 0;
	/** @param {number} width */
	const take = width => {
		bit -= width;
		return bitsAt(b, bit, width, floor);
	};
	const state = [take(table.log), take(table.log)];

	if (bit < floor)
		zstdFail('Huffman weights are cut');
	for (let turn = 0; ; turn ^= 1) {
		if (n >= 254)
			zstdFail('too many Huffman weights');
		const s = state[turn];

		weight[n++] = table.symbol[s];
		state[turn] = table.base[s] + take(table.bits[s]);
		if (bit < floor) {
			weight[n++] = table.symbol[state[turn ^ 1]];
			return n;
		}
	}
}

/**
 * Decode one Huffman stream b[from, to) into out[at, end).
 * @param {HuffmanTable} table
 * @param {Uint8Array} b
 * @param {number} from
 * @param {number} to
 * @param {Uint8Array} out
 * @param {number} at
 * @param {number} end
 */
function huffmanStream(table, b, from, to, out, at, end) {
	const entry = table.entry;
	const width = table.maxBits;
	const mask = (1 << width) - 1;
	const floor = from * 8;
	let bit = backwardStart(b, from, to);

	/* Two symbols need at most 22 bits, and 25 can be had at once. */
	while (end - at >= 2 && bit - floor >= 25) {
		const low = bit - 25;
		const i = low >>> 3;
		const v = (b[i] | b[i + 1] << 8 | b[i + 2] << 16 | b[i + 3] << 24) >>> (low & 7);
		const e0 = entry[v >>> 25 - width & mask];
		const n0 = e0 >>> 8;
		const e1 = entry[v >>> 25 - width - n0 & mask];

		out[at] = e0;
		out[at + 1] = e1;
		at += 2;
		bit -= n0 + (e1 >>> 8);
	}
	while (at < end) {
		const e = entry[bitsAt(b, bit - width, width, floor)];

		out[at++] = e;
		bit -= e >>> 8;
		if (bit < floor)
			break;
	}
	if (bit !== floor || at !== end)
		zstdFail('Huffman stream does not end where it should');
}

/** Decoder state that lives from block to block of one frame. */
class ZstdFrame {
	/**
	 * @param {Uint8Array} src
	 * @param {Uint8Array} dst
	 */
	constructor(src, dst) {
		this.src = src;
		this.dst = dst;
		this.out = 0;
		/** @type {HuffmanTable | null} */
		this.huffman = null;
		/** @type {(FseTable | null)[]} literal length, offset, match length */
		this.table = [null, null, null];
		this.repeat = [1, 4, 8];
		/** @type {Uint8Array} */
		this.literals = new Uint8Array(0);
		this.literalCount = 0;
	}

	/**
	 * 3.1.1.3: a compressed block src[at, end).
	 * @param {number} at
	 * @param {number} end
	 */
	block(at, end) {
		const limit = Math.min(this.dst.length, this.out + ZSTD_BLOCK_MAX);

		this.sequences(this.readLiterals(at, end), end, limit);
	}

	/**
	 * 3.1.1.3.1: the literals section. Returns the place behind it.
	 * @param {number} at
	 * @param {number} end
	 */
	readLiterals(at, end) {
		const b = this.src;

		if (at >= end)
			zstdFail('block is empty');
		const type = b[at] & 3;
		const format = b[at] >> 2 & 3;

		if (type < 2) {
			const head = format === 1 ? 2 : format === 3 ? 3 : 1;

			if (at + head > end)
				zstdFail('literals are cut');
			const n = head === 1 ? b[at] >> 3 :
				head === 2 ? le16(b, at) >> 4 : (le16(b, at) | b[at + 2] << 16) >> 4;

			return this.plainLiterals(at + head, end, n, type === 1);
		}
		const head = format < 2 ? 3 : format + 2;
		const width = format < 2 ? 10 : format === 2 ? 14 : 18;

		if (at + head > end)
			zstdFail('literals are cut');
		const low = bitsAt(b, at * 8 + 4, width, 0);
		const size = bitsAt(b, at * 8 + 4 + width, width, 0);

		at += head;
		if (low > ZSTD_BLOCK_MAX || at + size > end)
			zstdFail('literals are too long');
		this.huffmanLiterals(at, at + size, low, type === 3, format === 0);
		return at + size;
	}

	/**
	 * @param {number} at
	 * @param {number} end
	 * @param {number} n
	 * @param {boolean} fill
	 */
	plainLiterals(at, end, n, fill) {
		const size = fill ? 1 : n;

		if (n > ZSTD_BLOCK_MAX || at + size > end)
			zstdFail('literals are too long');
		this.literals = fill ? new Uint8Array(n).fill(this.src[at]) : this.src.subarray(at, at + n);
		this.literalCount = n;
		return at + size;
	}

	/**
	 * @param {number} at
	 * @param {number} end
	 * @param {number} n
	 * @param {boolean} treeless
	 * @param {boolean} single
	 */
	huffmanLiterals(at, end, n, treeless, single) {
		const b = this.src;

		if (!treeless) {
			const read = huffmanRead(b, at, end);

			this.huffman = read.table;
			at = read.at;
		}
		if (!this.huffman)
			zstdFail('literals without Huffman tree');
		const table = /** @type {HuffmanTable} */ (this.huffman);
		const out = new Uint8Array(n);

		this.literals = out;
		this.literalCount = n;
		if (single) {
			huffmanStream(table, b, at, end, out, 0, n);
			return;
		}
		if (at + 6 > end)
			zstdFail('literals are cut');
		const part = n + 3 >> 2;
		let from = at + 6;

		if (part * 3 > n)
			zstdFail('too few literals for four streams');
		for (let i = 0; i < 4; i++) {
			const to = i < 3 ? from + le16(b, at + 2 * i) : end;

			if (to > end)
				zstdFail('literal stream is cut');
			huffmanStream(table, b, from, to, out, part * i, i < 3 ? part * (i + 1) : n);
			from = to;
		}
	}

	/**
	 * 3.1.1.3.2.1: the table of one code in the mode that the block names.
	 * @param {number} which 0 literal length, 1 offset, 2 match length
	 * @param {number} mode
	 * @param {number} at
	 * @param {number} end
	 */
	readTable(which, mode, at, end) {
		const maxSymbol = [35, 31, 52][which];

		if (mode === 0) {
			this.table[which] = [llDefault, ofDefault, mlDefault][which];
		} else if (mode === 1) {
			if (at >= end || this.src[at] > maxSymbol)
				zstdFail('wrong symbol of an RLE table');
			this.table[which] = fseSingle(this.src[at++]);
		} else if (mode === 2) {
			const read = fseRead(this.src, at, end, maxSymbol, which === 1 ? 8 : 9);

			this.table[which] = read.table;
			at = read.at;
		} else if (!this.table[which]) {
			zstdFail('repeated table that was never given');
		}
		return at;
	}

	/**
	 * 3.1.1.3.2: the sequences section, and with it the block's output.
	 * @param {number} at
	 * @param {number} end
	 * @param {number} limit
	 */
	sequences(at, end, limit) {
		const b = this.src;

		if (at >= end)
			zstdFail('sequences are cut');
		let count = b[at++];

		if (count >= 128) {
			const more = count === 255 ? 2 : 1;

			if (at + more > end)
				zstdFail('sequences are cut');
			count = count === 255 ? le16(b, at) + 0x7f00 : (count - 128 << 8) + b[at];
			at += more;
		}
		if (!count) {
			if (at !== end)
				zstdFail('bytes behind the last sequence');
			this.copyLiterals(0, this.literalCount, limit);
			return;
		}
		if (at >= end || b[at] & 3)
			zstdFail('reserved bits are set');
		const modes = b[at++];

		at = this.readTable(0, modes >> 6, at, end);
		at = this.readTable(1, modes >> 4 & 3, at, end);
		at = this.readTable(2, modes >> 2 & 3, at, end);
		this.run(at, end, count, limit);
	}

	/**
	 * @param {number} from
	 * @param {number} n
	 * @param {number} limit
	 */
	copyLiterals(from, n, limit) {
		if (from + n > this.literalCount || this.out + n > limit)
			zstdFail('more output than announced');
		this.dst.set(this.literals.subarray(from, from + n), this.out);
		this.out += n;
	}

	/**
	 * 3.1.1.4, 3.1.1.5: execute the sequences of the bit stream src[from, end).
	 * @param {number} from
	 * @param {number} end
	 * @param {number} count
	 * @param {number} limit
	 */
	run(from, end, count, limit) {
		const b = this.src;
		const dst = this.dst;
		const [ll, of, ml] = /** @type {FseTable[]} */ (this.table);
		const floor = from * 8;
		const lit = this.literals;
		const litCount = this.literalCount;
		let [r0, r1, r2] = this.repeat;
		let bit = backwardStart(b, from, end);
		let out = this.out;
		let used = 0;
		let n;

		const llStateAt = bit -= ll.log;
		let llState = bitsAt(b, llStateAt, ll.log, floor);
		const ofStateAt = bit -= of.log;
		let ofState = bitsAt(b, ofStateAt, of.log, floor);
		const mlStateAt = bit -= ml.log;
		let mlState = bitsAt(b, mlStateAt, ml.log, floor);

		for (let i = 0; i < count; i++) {
			const ofCode = of.symbol[ofState];

			if (bit < floor || ofCode > OFFSET_CODE_MAX)
				zstdFail('sequences are cut or an offset is too great');
			bit -= ofCode;
			const ofValue = (1 << ofCode) + bitsAt(b, bit, ofCode, floor);
			const mlCode = ml.symbol[mlState];

			bit -= n = mlExtra[mlCode];
			let match = mlBase[mlCode] + (n ? bitsAt(b, bit, n, floor) : 0);
			const llCode = ll.symbol[llState];

			bit -= n = llExtra[llCode];
			let length = llBase[llCode] + (n ? bitsAt(b, bit, n, floor) : 0);
			let offset;

			if (ofValue > 3) {
				offset = ofValue - 3;
				r2 = r1;
				r1 = r0;
				r0 = offset;
			} else {
				/* 3.1.1.5: without literals the first repeated offset would be useless. */
				const which = length ? ofValue : ofValue + 1;

				offset = which === 1 ? r0 : which === 2 ? r1 : which === 3 ? r2 : r0 - 1;
				if (which > 2)
					r2 = r1;
				if (which > 1) {
					r1 = r0;
					r0 = offset;
				}
			}
			if (i + 1 < count) {
				bit -= n = ll.bits[llState];
				llState = ll.base[llState] + bitsAt(b, bit, n, floor);
				bit -= n = ml.bits[mlState];
				mlState = ml.base[mlState] + bitsAt(b, bit, n, floor);
				bit -= n = of.bits[ofState];
				ofState = of.base[ofState] + bitsAt(b, bit, n, floor);
			}
			if (used + length > litCount || out + length + match > limit)
				zstdFail('more output than announced');
			if (length > 32) {
				dst.set(lit.subarray(used, used + length), out);
				out += length;
				used += length;
			} else {
				while (length--)
					dst[out++] = lit[used++];
			}
			if (offset > out || offset <= 0)
				zstdFail('offset points before the start');
			if (match > 48 && offset >= match) {
				dst.copyWithin(out, out - offset, out - offset + match);
				out += match;
			} else {
				while (match--) {
					dst[out] = dst[out - offset];
					out++;
				}
			}
		}
		if (bit !== floor)
			zstdFail('sequences do not end where they should');
		this.repeat = [r0, r1, r2];
		this.out = out;
		this.copyLiterals(used, litCount - used, limit);
	}
}

/**
 * 3.1.1.1: check the frame header. Returns the place of the first block and whether a checksum
 * follows the last.
 * @param {Uint8Array} src
 * @param {number} rawLength
 */
function zstdHeader(src, rawLength) {
	if (src.length < 6 || le32(src, 0) !== 0xfd2fb528)
		zstdFail('no frame');
	const flags = src[4];
	const single = flags >> 5 & 1;
	const sizeBytes = [single, 2, 4, 8][flags >> 6];
	const idBytes = [0, 1, 2, 4][flags & 3];
	const sizeAt = 5 + (single ? 0 : 1) + idBytes;

	if (flags & 8)
		zstdFail('reserved bit is set');
	if (sizeAt + sizeBytes > src.length)
		zstdFail('header is cut');
	for (let i = 0; i < idBytes; i++) {
		if (src[sizeAt - idBytes + i])
			zstdFail('needs a dictionary');
	}
	if (sizeBytes) {
		const low = sizeBytes === 1 ? src[sizeAt] : sizeBytes === 2 ? le16(src, sizeAt) + 256 : le32(src, sizeAt);
		const high = sizeBytes === 8 ? le32(src, sizeAt + 4) : 0;

		if (low !== rawLength || high)
			zstdFail('frame holds another length');
	}
	return { at: sizeAt + sizeBytes, checksum: flags >> 2 & 1 };
}

/**
 * Decode one frame that holds exactly @rawLength bytes.
 * @param {Uint8Array} src the frame, nothing behind it
 * @param {number} rawLength at most 8 MiB
 * @returns {Uint8Array}
 */
export function zstdDecode(src, rawLength) {
	const dst = new Uint8Array(rawLength);
	const head = zstdHeader(src, rawLength);
	const frame = new ZstdFrame(src, dst);
	let at = head.at;
	let last = 0;

	while (!last) {
		if (at + 3 > src.length)
			zstdFail('block is cut');
		const word = le16(src, at) | src[at + 2] << 16;
		const type = word >> 1 & 3;
		const size = word >> 3;
		const stored = type === 1 ? 1 : size;

		last = word & 1;
		at += 3;
		if (type === 3 || size > ZSTD_BLOCK_MAX || at + stored > src.length)
			zstdFail('wrong block');
		if (type === 2) {
			frame.block(at, at + size);
		} else {
			if (frame.out + size > rawLength)
				zstdFail('more output than announced');
			if (type === 0)
				dst.set(src.subarray(at, at + size), frame.out);
			else
				dst.fill(src[at], frame.out, frame.out + size);
			frame.out += size;
		}
		at += stored;
	}
	if (frame.out !== rawLength || at + 4 * head.checksum !== src.length)
		zstdFail('frame does not end where it should');
	return dst;
}
