/* SPDX-License-Identifier: MIT */
/*
 * Blocks of docs/formats/recording.md to typed arrays. Columns of 64 bits become doubles (exact up
 * to 2^53); times are made relative to an origin first, so that they stay exact on machines that
 * have been up for years. Everything outside is checked; what is wrong throws DataError.
 */

import { DataError, le16, le32, le64 } from './bytes.js';
import { crc32c } from './crc32c.js';
import { cycleColumn, runsColumn, seriesColumn } from './series.js';
import { zstdDecode } from './zstd.js';

const BLOCK_HEADER = 64;
const BLOCK_MAX_ROWS = 65536;
const BLOCK_MAX_PAYLOAD = 64 << 20;
const STREAM_MAX_RAW = 8 << 20;
const TWO32 = 2 ** 32;
/** Column of track value whose gauges are in two's complement; of counters it is the same modulo 2^64. */
const SIGNED_VALUE = 2;

const TYPE_U8 = 1;
const TYPE_U16 = 2;
const TYPE_U32 = 3;
const TYPE_I64 = 5;
const TYPE_F64 = 6;
const TYPE_TEXT = 7;

const CODEC_PLANES = 0;
const CODEC_DELTA = 1;
const CODEC_ZDELTA = 2;
const CODEC_DICT = 3;
const CODEC_AFTER = 4;
const CODEC_TEXT = 5;
const CODEC_RUNS = 6;
const CODEC_CYCLE = 7;
const CODEC_SERIES = 8;

/** Track numbers of what a page carries. */
export const TRACK_METRIC = 14;
export const TRACK_SERIES = 15;
export const TRACK_SWITCH = 16;
export const TRACK_WAKEUP = 17;
export const TRACK_KVM_EXIT = 19;
export const TRACK_KVM_ENTRY = 20;
export const TRACK_SAMPLE = 23;
export const TRACK_VALUE = 26;
export const TRACK_PROCESS = 27;
export const TRACK_CUBE_RUN = 200;
export const TRACK_CUBE_DELAY = 201;
export const TRACK_CUBE_NEXT = 202;
export const TRACK_CUBE_EXIT = 203;
export const TRACK_CUBE_SAMPLE = 204;
export const TRACK_CUBE_OFFCPU = 205;
export const TRACK_CUBE_COUNTER = 206;

/** @typedef {Uint8Array | Uint16Array | Uint32Array | Float64Array} NumberColumn */
/** @typedef {{ text: string[], at: Uint32Array }} TextColumn */

/**
 * @typedef {object} Block
 * @property {number} track
 * @property {number} cpu
 * @property {number} rows
 * @property {number} bytes of the whole block with its padding
 * @property {Float64Array} time since the origin, ns
 * @property {(NumberColumn | undefined)[]} column by number; column 0 is time
 * @property {(TextColumn | undefined)[]} text by number
 */

/**
 * Length of the block whose header starts at @at, with padding. Checks the header.
 * @param {Uint8Array} b at least 64 bytes from @at on
 * @param {number} at
 */
export function blockLength(b, at) {
	if (at + BLOCK_HEADER > b.length)
		throw new DataError('block header is cut');
	if (le32(b, at) !== 0x4b4c424b)
		throw new DataError('no block at byte ' + at);
	if (crc32c(b.subarray(at, at + 60)) !== le32(b, at + 60))
		throw new DataError('block header at byte ' + at + ' is damaged');
	const payload = le32(b, at + 40);
	const header = le16(b, at + 4);

	if (header < BLOCK_HEADER || payload > BLOCK_MAX_PAYLOAD)
		throw new DataError('block header at byte ' + at + ' is wrong');
	return header + payload + 7 & ~7;
}

/** Reads LEB128 numbers from the bytes of one stream. */
class Varints {
	/** @param {Uint8Array} b */
	constructor(b) {
		this.b = b;
		this.at = 0;
	}

	next() {
		const b = this.b;
		let low = 0;
		let scale = 1;

		for (let i = 0; i < 10; i++) {
			if (this.at >= b.length)
				throw new DataError('number is cut');
			const byte = b[this.at++];

			low += (byte & 127) * scale;
			if (!(byte & 128))
				return low;
			scale *= 128;
		}
		throw new DataError('number is too long');
	}

	/** The next one, which may be over 2^53. */
	nextBig() {
		let v = 0n;

		for (let shift = 0n; shift < 70n; shift += 7n) {
			if (this.at >= this.b.length)
				throw new DataError('number is cut');
			const byte = this.b[this.at++];

			v |= BigInt(byte & 127) << shift;
			if (!(byte & 128))
				return v;
		}
		throw new DataError('number is too long');
	}

	end() {
		return this.at >= this.b.length;
	}
}

/**
 * Values below 2^32 in lo; hi only when a value is greater.
 * @typedef {{ lo: Uint32Array, hi: Uint32Array | null }} Words
 */

/**
 * Put the byte planes streams[from..] together.
 * @param {Uint8Array[]} streams
 * @param {number} from
 * @param {number} rows
 * @returns {Words}
 */
function joinPlanes(streams, from, rows) {
	const lo = new Uint32Array(rows);
	let hi = null;

	if (streams.length - from > 8)
		throw new DataError('more than 8 byte planes');
	for (let s = from; s < streams.length; s++) {
		const plane = streams[s];
		const shift = (s - from) * 8 & 31;
		let into = lo;

		if (plane.length !== rows)
			throw new DataError('byte plane of ' + plane.length + ' bytes for ' + rows + ' rows');
		if (s - from >= 4)
			into = hi = hi || new Uint32Array(rows);
		if (shift === 0)
			into.set(plane);
		else
			for (let i = 0; i < rows; i++)
				into[i] |= plane[i] << shift;
	}
	return { lo, hi };
}

/**
 * @param {number} type
 * @param {number} rows
 * @returns {NumberColumn}
 */
function emptyColumn(type, rows) {
	switch (type) {
	case TYPE_U8: return new Uint8Array(rows);
	case TYPE_U16: return new Uint16Array(rows);
	case TYPE_U32: return new Uint32Array(rows);
	default: return new Float64Array(rows);
	}
}

/**
 * @param {Words} w
 * @param {number} type
 * @param {number} rows
 * @param {boolean} signed numbers of 64 bits in two's complement
 */
function planesColumn(w, type, rows, signed) {
	if (type === TYPE_F64) {
		const pair = new Uint32Array(rows * 2);

		for (let i = 0; i < rows; i++) {
			pair[2 * i] = w.lo[i];
			pair[2 * i + 1] = w.hi ? w.hi[i] : 0;
		}
		return new Float64Array(pair.buffer);
	}
	const out = emptyColumn(type, rows);

	if (!w.hi || type <= TYPE_U32) {
		out.set(w.lo);
	} else {
		for (let i = 0; i < rows; i++)
			out[i] = (signed ? w.hi[i] | 0 : w.hi[i]) * TWO32 + w.lo[i];
	}
	if (type === TYPE_I64) {
		for (let i = 0; i < rows; i++)
			out[i] = unzigzag(out[i]);
	}
	return out;
}

/** @param {number} z */
function unzigzag(z) {
	return z % 2 ? -(z + 1) / 2 : z / 2;
}

/**
 * @param {Words} w differences
 * @param {number} first value before row 0
 * @param {boolean} zigzag
 * @param {number} type
 * @param {number} rows
 */
function deltaColumn(w, first, zigzag, type, rows) {
	const out = emptyColumn(type, rows);
	const { lo, hi } = w;
	let v = first;

	if (!zigzag && !hi) {
		for (let i = 0; i < rows; i++)
			out[i] = v += lo[i];
	} else {
		for (let i = 0; i < rows; i++) {
			const d = hi ? hi[i] * TWO32 + lo[i] : lo[i];

			out[i] = v += zigzag ? unzigzag(d) : d;
		}
	}
	return out;
}

/**
 * Positions into a list of @n, checked.
 * @param {Words} w
 * @param {number} n
 */
function checkPositions(w, n) {
	const at = w.lo;
	let max = 0;

	for (let i = 0; i < at.length; i++)
		max = at[i] > max ? at[i] : max;
	if (w.hi || max >= n)
		throw new DataError('position ' + max + ' in a list of ' + n);
	return at;
}

/**
 * @param {Uint8Array[]} streams
 * @param {number} type
 * @param {number} rows
 * @param {boolean} signed
 */
function dictColumn(streams, type, rows, signed) {
	if (!streams.length)
		throw new DataError('dictionary is missing');
	const reader = new Varints(streams[0]);
	const values = [];
	const out = emptyColumn(type, rows);

	while (!reader.end())
		values.push(type === TYPE_I64 ? unzigzag(reader.next()) : signed ? Number(BigInt.asIntN(64, reader.nextBig())) : reader.next());
	const at = checkPositions(joinPlanes(streams, 1, rows), values.length);

	for (let i = 0; i < rows; i++)
		out[i] = values[at[i]];
	return out;
}

/**
 * @param {Uint8Array[]} streams
 * @param {(NumberColumn | undefined)[]} columns decoded before this one
 * @param {number} type
 * @param {number} rows
 */
function afterColumn(streams, columns, type, rows) {
	if (streams.length !== 1)
		throw new DataError('AFTER column needs one stream');
	const reader = new Varints(streams[0]);
	const from = columns[reader.next()];
	const out = emptyColumn(type, rows);
	let row = 0;

	if (!from)
		throw new DataError('AFTER column follows a column that is not there');
	for (let i = 1; i < rows; i++)
		out[i] = from[i - 1];
	for (let n = 0; !reader.end(); n++) {
		const step = reader.next();

		row += step;
		if (row >= rows || n && !step || !n && step)
			throw new DataError('AFTER column has a wrong row');
		out[row] = reader.next();
	}
	return out;
}

/**
 * @param {Uint8Array[]} streams
 * @param {number} rows
 * @returns {TextColumn}
 */
function textColumn(streams, rows) {
	if (!streams.length || streams[0].length && streams[0][streams[0].length - 1])
		throw new DataError('texts are missing or cut');
	const text = new TextDecoder().decode(streams[0]).split('\0');

	text.pop();
	return { text, at: checkPositions(joinPlanes(streams, 1, rows), text.length) };
}

/**
 * @param {Uint8Array} stored
 * @param {number} raw
 * @param {number} method
 */
function streamBytes(stored, raw, method) {
	if (method === 0 && stored.length === raw)
		return stored;
	if (method === 1)
		return zstdDecode(stored, raw);
	if (method === 2 && stored.length === 1)
		return new Uint8Array(raw).fill(stored[0]);
	throw new DataError('stream of unknown method ' + method);
}

/**
 * Column directory and place of each stream.
 * @param {Uint8Array} p payload
 * @param {number} columns
 */
function readDirectory(p, columns) {
	const directory = [];
	let at = 0;

	for (let c = 0; c < columns; c++) {
		if (at + 4 > p.length)
			throw new DataError('column directory is cut');
		const entry = { number: p[at], type: p[at + 1], codec: p[at + 2],
			streams: /** @type {{ raw: number, stored: number, method: number, at: number }[]} */ ([]) };
		const n = p[at + 3];

		at += 4;
		if (n > 10 || at + 8 * n > p.length || entry.type < TYPE_U8 || entry.type > TYPE_TEXT)
			throw new DataError('column directory is wrong');
		for (let s = 0; s < n; s++, at += 8) {
			const raw = le32(p, at);
			const word = le32(p, at + 4);

			if (raw > STREAM_MAX_RAW)
				throw new DataError('stream is too long');
			entry.streams.push({ raw, stored: word & 0xfffffff, method: word >>> 28, at: 0 });
		}
		directory.push(entry);
	}
	for (const entry of directory) {
		for (const s of entry.streams) {
			s.at = at;
			at += s.stored;
			if (at > p.length)
				throw new DataError('stream is cut');
		}
	}
	return directory;
}

/**
 * Decode the block at @at.
 * @param {Uint8Array} b
 * @param {number} at
 * @param {bigint} origin subtracted from times
 * @param {number[]} [want] column numbers to decode beside time; all when left out
 * @returns {Block}
 */
export function blockDecode(b, at, origin, want) {
	const work = blockDecoding(b, at, origin, want);

	for (;;) {
		const step = work.next();

		if (step.done)
			return step.value;
	}
}

/**
 * The same in small steps, for who has to give way in between.
 * @param {Uint8Array} b
 * @param {number} at
 * @param {bigint} origin
 * @param {number[]} [want]
 * @returns {Generator<void, Block, void>}
 */
export function* blockDecoding(b, at, origin, want) {
	const bytes = blockLength(b, at);
	const header = le16(b, at + 4);
	const rows = le32(b, at + 12);
	const length = le32(b, at + 40);

	if (at + header + length > b.length || rows < 1 || rows > BLOCK_MAX_ROWS || le16(b, at + 46) > 32)
		throw new DataError('block at byte ' + at + ' is cut or wrong');
	const payload = b.subarray(at + header, at + header + length);

	if (crc32c(payload) !== le32(b, at + 52))
		throw new DataError('block at byte ' + at + ' is damaged');
	const first = Number(le64(b, at + 24) - origin);
	/** @type {Block} */
	const block = { track: le16(b, at + 6), cpu: le32(b, at + 8), rows, bytes,
		time: new Float64Array(0), column: [], text: [] };
	const directory = readDirectory(payload, le16(b, at + 46));
	/* AFTER needs the column it follows, so what others may build on is decoded too. */
	const all = !want || directory.some(e => (e.codec === CODEC_AFTER || e.codec === CODEC_SERIES) && want.includes(e.number));

	for (const e of directory) {
		if (!all && e.number !== 0 && !want.includes(e.number))
			continue;
		const streams = [];

		for (const s of e.streams) {
			streams.push(streamBytes(payload.subarray(s.at, s.at + s.stored), s.raw, s.method));
			yield;
		}
		if (e.type === TYPE_TEXT) {
			if (e.codec !== CODEC_TEXT)
				throw new DataError('text column of unknown codec ' + e.codec);
			block.text[e.number] = textColumn(streams, rows);
		} else {
			block.column[e.number] = decodeColumn(e, streams, block.column, first, rows, block.track === TRACK_VALUE && e.number === SIGNED_VALUE);
		}
		yield;
	}
	const time = block.column[0];

	if (!(time instanceof Float64Array))
		throw new DataError('block without times');
	block.time = time;
	return block;
}

/**
 * @param {Uint8Array[]} streams
 * @param {number} first
 * @param {number} rows
 */
function manyRuns(streams, first, rows) {
	if (!streams.length)
		throw new DataError('RUNS column needs lengths');
	let n = 0;

	for (const byte of streams[0])
		n += byte & 128 ? 0 : 1;
	if (n > rows)
		throw new DataError('more runs than rows');
	return runsColumn(new Varints(streams[0]), joinPlanes(streams, 1, n), first, rows);
}

/**
 * @param {Uint8Array[]} streams
 * @param {number} type
 * @param {number} rows
 */
function cycle(streams, type, rows) {
	const out = emptyColumn(type, rows);

	if (streams.length !== 1)
		throw new DataError('CYCLE column needs one stream');
	cycleColumn(new Varints(streams[0]), out);
	return out;
}

/**
 * @param {Uint8Array[]} streams
 * @param {(NumberColumn | undefined)[]} columns decoded before this one
 * @param {number} type
 * @param {number} rows
 * @param {boolean} signed
 */
function manySeries(streams, columns, type, rows, signed) {
	if (streams.length < 2 || !streams[0].length)
		throw new DataError('SERIES column needs two streams');
	const keys = columns[streams[0][0]];
	const out = emptyColumn(type, rows);
	const n = streams.length > 2 ? streams[2].length : -1;
	const kinds = streams[0].subarray(1);

	if (!keys)
		throw new DataError('SERIES column is of series that are not there');
	/* Without planes all residuals are 0, as many as there should be. */
	seriesColumn(kinds, new Varints(streams[1]), n < 0 ? null : joinPlanes(streams, 2, n), n, keys, out, signed);
	return out;
}

/**
 * @param {{ number: number, type: number, codec: number }} e
 * @param {Uint8Array[]} streams
 * @param {(NumberColumn | undefined)[]} before
 * @param {number} first time of the first row
 * @param {number} rows
 * @param {boolean} signed
 */
function decodeColumn(e, streams, before, first, rows, signed) {
	switch (e.codec) {
	case CODEC_PLANES:
		return planesColumn(joinPlanes(streams, 0, rows), e.type, rows, signed);
	case CODEC_DELTA:
		return deltaColumn(joinPlanes(streams, 0, rows), e.number === 0 ? first : 0, false, e.type, rows);
	case CODEC_ZDELTA:
		return deltaColumn(joinPlanes(streams, 0, rows), 0, true, e.type, rows);
	case CODEC_DICT:
		return dictColumn(streams, e.type, rows, signed);
	case CODEC_AFTER:
		return afterColumn(streams, before, e.type, rows);
	case CODEC_RUNS:
		return manyRuns(streams, e.number === 0 ? first : 0, rows);
	case CODEC_CYCLE:
		return cycle(streams, e.type, rows);
	case CODEC_SERIES:
		return manySeries(streams, before, e.type, rows, signed);
	default:
		throw new DataError('unknown codec ' + e.codec);
	}
}
