/* SPDX-License-Identifier: MIT */
/*
 * The tree of calls, weights summed over it, and the frames of a flame graph made from it as far as they
 * can be seen. Node 0 is the root, callers have lower numbers than what they call. A frame stands for one
 * node, or for many: those that a function has under the same callers when the tree is read from its
 * leaves, or from a function in its middle.
 */

/**
 * Weights of a tree in a window. self, samples: what was sampled in each node itself; total, below it too.
 * @typedef {object} Sums
 * @property {Float64Array} self
 * @property {Float64Array} total
 * @property {Float64Array} samples
 * @property {Float64Array} totalSamples
 */

/** @typedef {{ self: Float64Array, total: Float64Array, samples: Float64Array }} FunctionSums */

/**
 * at: nodes where the frame stands; from: nodes that its weight is of, place by place; caller: the frame it stands
 * on; values: weight on each side; merged: of a box of thin frames how many.
 * @typedef {{ fn: number, at: ArrayLike<number>, from: ArrayLike<number>, caller: Frame | null, values: number[], merged: number }} Frame
 */

/** Frames that are too thin are one box without a function. */
const FN_REST = -2;
export const FN_ROOT = -1;

export class CallTree {
	constructor() {
		/** @type {number[]} */
		this.growingParent = [0];
		/** @type {number[]} */
		this.growingFn = [FN_ROOT];
		/** @type {Map<number, number>} */
		this.place = new Map();
		this.parent = new Int32Array(0);
		this.fn = new Int32Array(0);
		this.first = new Int32Array(0);
		this.child = new Int32Array(0);
		/** 1 where no caller is the same function: there its total counts for the function. */
		this.outermost = new Uint8Array(0);
		this.functions = 0;
		/** @type {Int32Array} order of the functions by name */
		this.rank = new Int32Array(0);
	}

	/** The node of a function below a node, made when it is new. @param {number} parent @param {number} fn */
	add(parent, fn) {
		const key = parent * 2 ** 22 + fn;
		let node = this.place.get(key);

		if (node === undefined) {
			node = this.growingParent.length;
			this.growingParent.push(parent);
			this.growingFn.push(fn);
			this.place.set(key, node);
		}
		return node;
	}

	get length() {
		return this.growingParent.length;
	}

	/** All is added. @param {Int32Array} rank of the functions by name */
	settle(rank) {
		const n = this.length;
		const parent = this.parent = Int32Array.from(this.growingParent);
		const fn = this.fn = Int32Array.from(this.growingFn);
		const first = this.first = new Int32Array(n + 1);
		const byName = new Int32Array(n - 1);
		const fill = new Int32Array(rank.length + 1);

		this.rank = rank;
		this.functions = rank.length;
		this.place = new Map();
		this.child = new Int32Array(n - 1);
		/* Children in the order of names: nodes by rank, then dealt out to their callers. */
		for (let i = 1; i < n; i++) {
			fill[rank[fn[i]] + 1]++;
			first[parent[i] + 1]++;
		}
		for (let r = 0; r < rank.length; r++)
			fill[r + 1] += fill[r];
		for (let i = 1; i < n; i++)
			byName[fill[rank[fn[i]]]++] = i;
		for (let i = 0; i < n; i++)
			first[i + 1] += first[i];
		const next = first.slice();

		for (const node of byName)
			this.child[next[parent[node]]++] = node;
		this.findOutermost();
	}

	findOutermost() {
		const open = new Int32Array(this.functions);
		/** @type {number[]} a node to enter, or ~node to leave */
		const stack = [];

		this.outermost = new Uint8Array(this.length);
		const enter = /** @param {number} node */ node => {
			for (let i = this.first[node]; i < this.first[node + 1]; i++)
				stack.push(this.child[i]);
		};

		enter(0);
		while (stack.length) {
			const node = /** @type {number} */ (stack.pop());

			if (node < 0) {
				open[this.fn[~node]]--;
				continue;
			}
			if (!open[this.fn[node]]++)
				this.outermost[node] = 1;
			stack.push(~node);
			enter(node);
		}
	}

	/** @returns {Sums} */
	emptySums() {
		const make = () => new Float64Array(this.length);

		return { self: make(), total: make(), samples: make(), totalSamples: make() };
	}

	/** Totals from self and samples. @param {Sums} s */
	addUp(s) {
		s.total.set(s.self);
		s.totalSamples.set(s.samples);
		for (let i = this.length - 1; i > 0; i--) {
			if (s.totalSamples[i] === 0)
				continue;
			s.total[this.parent[i]] += s.total[i];
			s.totalSamples[this.parent[i]] += s.totalSamples[i];
		}
	}

	/** @param {Sums} s @returns {FunctionSums} recursion counts once */
	byFunction(s) {
		const out = { self: new Float64Array(this.functions), total: new Float64Array(this.functions), samples: new Float64Array(this.functions) };

		for (let i = 1; i < this.length; i++) {
			if (s.totalSamples[i] === 0)
				continue;
			out.self[this.fn[i]] += s.self[i];
			out.samples[this.fn[i]] += s.samples[i];
			if (this.outermost[i])
				out.total[this.fn[i]] += s.total[i];
		}
		return out;
	}

	/** Weight of all chains with a function for which @matched is 1. @param {Float64Array} total @param {Uint8Array} matched */
	matchedWeight(total, matched) {
		const above = new Uint8Array(this.length);
		let sum = 0;

		for (let i = 1; i < this.length; i++) {
			if (above[this.parent[i]]) {
				above[i] = 1;
			} else if (matched[this.fn[i]]) {
				above[i] = 1;
				sum += total[i];
			}
		}
		return sum;
	}

	/** Nodes of a function that no other of it calls. @param {number} fn */
	nodesOf(fn) {
		const nodes = [];

		for (let i = 1; i < this.length; i++) {
			if (this.fn[i] === fn && this.outermost[i])
				nodes.push(i);
		}
		return nodes;
	}

	/** Functions from the outermost caller to the node. @param {number} node */
	pathOf(node) {
		const path = [];

		for (let i = node; i > 0; i = this.parent[i])
			path.unshift(this.fn[i]);
		return path;
	}
}

/**
 * Where frames come from: from the root to what it calls ("down"), or from leaves, or from one function,
 * to the callers ("up").
 */
export class FrameSource {
	/**
	 * @param {CallTree} tree
	 * @param {Sums[]} sides the first gives the widths
	 * @param {{ up: boolean, fn?: number }} o fn: begin with this function
	 */
	constructor(tree, sides, o) {
		this.tree = tree;
		this.sides = sides;
		this.up = o.up;
		this.fn = o.fn ?? FN_ROOT;
		/* Read from the leaves what counts is what was sampled in them. */
		this.weights = sides.map(s => this.up && this.fn < 0 ? s.self : s.total);
	}

	/** @returns {Frame} */
	root() {
		if (this.fn < 0 && this.up) {
			const at = [];

			for (let i = 1; i < this.tree.length; i++) {
				if (this.weights.some(w => w[i]))
					at.push(i);
			}
			return this.frame(FN_ROOT, at, at, null);
		}
		const at = this.fn < 0 ? [0] : this.tree.nodesOf(this.fn);

		return this.frame(this.fn, at, at, null);
	}

	/** @param {number} fn @param {ArrayLike<number>} at @param {ArrayLike<number>} from @param {Frame | null} caller @returns {Frame} */
	frame(fn, at, from, caller) {
		const values = this.weights.map(w => {
			let sum = 0;

			for (let i = 0; i < from.length; i++)
				sum += w[from[i]];
			return sum;
		});

		return { fn, at, from, caller, values, merged: 0 };
	}

	/**
	 * Frames on a frame, those with weight on some side.
	 * @param {Frame} frame
	 * @param {number} [least] neighbours of less weight are one
	 * @param {boolean} [heavy] the heaviest first, instead of by name
	 * @returns {Frame[]}
	 */
	children(frame, least = 0, heavy = false) {
		const { rank } = this.tree;

		if (!this.up && frame.at.length === 1)
			return this.single(frame, frame.at[0], least, heavy);
		const frames = this.groups(frame).filter(f => f.values.some(v => v > 0));

		frames.sort(heavy ? (a, b) => b.values[0] - a.values[0] || rank[a.fn] - rank[b.fn] : (a, b) => rank[a.fn] - rank[b.fn]);
		if (!least)
			return frames;
		/** @type {Frame[]} */
		const out = [];

		for (const f of frames) {
			if (f.values[0] >= least)
				out.push(f);
			else
				joinRest(out, frame, this.weights.map((_, k) => f.values[k]));
		}
		return out;
	}

	/** Frames of many nodes: those of a function together. @param {Frame} frame */
	groups(frame) {
		const { tree } = this;
		const { at, from } = frame;
		/** @type {Map<number, { at: number[], from: number[] }>} */
		const groups = new Map();
		const add = /** @param {number} node @param {number} source */ (node, source) => {
			const fn = tree.fn[node];
			let g = groups.get(fn);

			if (!g)
				groups.set(fn, g = { at: [], from: [] });
			g.at.push(node);
			g.from.push(source);
		};

		for (let i = 0; i < at.length; i++) {
			if (this.up) {
				const node = frame.fn < 0 ? at[i] : tree.parent[at[i]];

				if (node)
					add(node, from[i]);
				continue;
			}
			for (let k = tree.first[at[i]]; k < tree.first[at[i] + 1]; k++) {
				const node = tree.child[k];

				if (this.weights.some(w => w[node]))
					add(node, node);
			}
		}
		return [...groups].map(([fn, g]) => this.frame(fn, g.at, g.from, frame));
	}

	/** The same of one node: most are like that, and most of what they call is too thin to be seen. @param {Frame} frame @param {number} node @param {number} least @param {boolean} heavy */
	single(frame, node, least, heavy) {
		const { tree, weights } = this;
		const [first] = weights;
		/** @type {Frame[]} */
		const out = [];
		let nodes = tree.child.subarray(tree.first[node], tree.first[node + 1]);

		if (heavy)
			nodes = nodes.slice().sort((a, b) => first[b] - first[a] || tree.rank[tree.fn[a]] - tree.rank[tree.fn[b]]);
		for (const child of nodes) {
			if (first[child] < least || weights.length > 1) {
				const values = weights.map(w => w[child]);

				if (first[child] < least) {
					if (values.some(v => v > 0))
						joinRest(out, frame, values);
					continue;
				}
				if (!values.some(v => v > 0))
					continue;
			} else if (!(first[child] > 0)) {
				continue;
			}
			const at = [child];

			out.push({ fn: tree.fn[child], at, from: at, caller: frame, values: weights.length > 1 ? weights.map(w => w[child]) : [first[child]], merged: 0 });
		}
		return out;
	}

	/** The way to the frame that a path leads to; of no weight where nothing of it is in the window. @param {number[]} path */
	find(path) {
		/** @type {Frame[]} */
		const way = [this.root()];

		for (const fn of path) {
			const last = way[way.length - 1];

			way.push(this.children(last).find(f => f.fn === fn) || { fn, at: [], from: [], caller: last, values: this.weights.map(() => 0), merged: 0 });
		}
		return way;
	}

	/** What was sampled in a frame itself, and how many samples it stands for, by side. @param {Frame} frame */
	details(frame) {
		return this.sides.map(s => {
			let self = 0;
			let samples = 0;

			for (let i = 0; i < frame.from.length; i++) {
				self += this.up ? 0 : s.self[frame.at[i]];
				samples += (this.up && this.fn < 0 ? s.samples : s.totalSamples)[frame.from[i]];
			}
			return { self, samples };
		});
	}
}

/** A thin frame at the end of a list. @param {Frame[]} list @param {Frame} caller @param {number[]} values */
function joinRest(list, caller, values) {
	const last = list[list.length - 1];

	if (!last?.merged) {
		list.push({ fn: FN_REST, at: [], from: [], caller, values, merged: 1 });
		return;
	}
	last.merged++;
	values.forEach((v, i) => {
		last.values[i] += v;
	});
}

/** Functions from the first frame to this one. @param {Frame} frame */
export function framePath(frame) {
	const path = [];

	for (let f = frame; f.caller; f = f.caller)
		path.unshift(f.fn);
	return path;
}

/** x0, x1: 0..1; row: 0 = the first frame; above: one that was zoomed past. @typedef {{ frame: Frame, x0: number, x1: number, row: number, above: boolean }} Box */

/**
 * Boxes of what can be seen.
 * @param {FrameSource} source
 * @param {number[]} path of the frame that takes the whole width
 * @param {number} width in pixels
 * @param {boolean} heavy the heaviest first, instead of by name
 * @returns {Box[][]} by row, from left to right
 */
export function layoutFrames(source, path, width, heavy) {
	const way = source.find(path);
	/** @type {Box[][]} */
	const rows = way.map((frame, row) => [{ frame, x0: 0, x1: 1, row, above: row < way.length - 1 }]);
	const all = way[way.length - 1].values[0];
	const least = all / Math.max(1, width);
	let level = all > 0 ? rows[rows.length - 1] : [];

	while (level.length) {
		/** @type {Box[]} */
		const next = [];
		const row = level[0].row + 1;

		for (const box of level) {
			if (box.frame.merged)
				continue;
			let x = box.x0;

			for (const frame of source.children(box.frame, least, heavy)) {
				const wide = frame.values[0] / all;

				if (wide > 0)
					next.push({ frame, x0: x, x1: x + wide, row, above: false });
				x += wide;
			}
		}
		if (next.length)
			rows.push(next);
		level = next;
	}
	return rows;
}
