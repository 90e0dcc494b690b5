/* SPDX-License-Identifier: MIT */
/* Rows of numbers that grow, until they are a cube. */

/** @typedef {import('./cube.js').Cube} Cube */

export class GrowingColumns {
	/** @param {number} columns */
	constructor(columns) {
		this.rows = 0;
		this.column = Array.from({ length: columns }, () => new Float64Array(4096));
	}

	/** @param {...number} values */
	add(...values) {
		if (this.rows === this.column[0].length)
			this.column = this.column.map(c => {
				const bigger = new Float64Array(c.length * 2);

				bigger.set(c);
				return bigger;
			});
		for (let c = 0; c < values.length; c++)
			this.column[c][this.rows] = values[c];
		this.rows++;
	}

	/** @param {number} bin @returns {Cube} */
	cube(bin) {
		const column = this.column.map(c => c.subarray(0, this.rows));

		return { rows: this.rows, bin, time: column[0], column };
	}

	/** Cells that did not come in order of time. @param {number} bin @returns {Cube} */
	sorted(bin) {
		const raw = this.cube(bin);
		const order = Uint32Array.from({ length: raw.rows }, (_, i) => i).sort((a, b) => raw.time[a] - raw.time[b]);
		const column = raw.column.map(c => Float64Array.from(order, i => c[i]));

		return { ...raw, time: column[0], column };
	}
}
