/* SPDX-License-Identifier: MIT */
/* The core map: tasks x cores, run time and switches side by side or one of them. */

import { sumRuns } from '../data/sums.js';
import { groupOf } from '../data/vm.js';
import { MatrixMark } from '../mark/matrix.js';
import { el } from '../ui/dom.js';
import { fmtCount, fmtDuration, fmtExact, fmtPct, fmtShort } from '../ui/units.js';
import { answerOf, busyTasks, byName, joinAnswers, rowsCoremap } from './answers.js';
import { CoremapDiff } from './coremap_diff.js';
import { ViewFrame } from './frame.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/sums.js').RunSums} RunSums */

/** One core map: a run's sums as rows x columns. */
class CoreGrid {
	/**
	 * @param {Run} run
	 * @param {RunSums} sums
	 * @param {Uint8Array} mask
	 * @param {boolean} named order by name
	 */
	constructor(run, sums, mask, named) {
		const cpus = sums.cpus;

		this.run = run;
		this.sums = sums;
		const busy = busyTasks(run, sums, mask);

		this.busiest = busy[0];
		this.tasks = named ? byName(run, busy) : busy;
		/** Rows before which a group of names ends. */
		this.groups = named ? this.groupEnds() : [];
		this.cpus = cpus;
		this.longest = run.longestCovered(sums.window);
		this.covered = run.cpus.map((_, c) => run.covered(c, sums.window));
		this.rows = this.tasks.length + 2;
		/** Columns: the CPUs, all, IDLE. */
		this.columns = [...run.cpus.map(String), 'all', 'IDLE'];
		this.time = new Float64Array(this.rows * (cpus + 2)).fill(NaN);
		this.count = new Float64Array(this.rows * (cpus + 2)).fill(NaN);
		this.maxCount = 1;
		this.maxAll = 1;
		this.build();
	}

	/** Where the names of neighbours stop having something in common; single ones need no rules between them. */
	groupEnds() {
		const group = this.tasks.map(n => groupOf(this.run.tasks.label[n]));
		const single = /** @param {number} i */ i => group[i] !== group[i - 1] && group[i] !== group[i + 1];

		return group.map((_, i) => i).filter(i => i && group[i] !== group[i - 1] && !(single(i) && single(i - 1))).map(i => i + 1);
	}

	build() {
		const { cpus, sums, run } = this;
		const width = cpus + 2;
		const last = this.rows - 1;

		for (let c = 0; c < width; c++)
			this.time[c] = this.count[c] = 0;
		this.tasks.forEach((n, i) => {
			const at = (i + 1) * width;

			for (let c = 0; c < cpus; c++)
				this.cell(at + c, sums.run[n * cpus + c], sums.switches[n * cpus + c], c);
			this.time[at + cpus] = sums.taskRun[n];
			this.count[at + cpus] = sums.taskSwitches[n];
			this.time[0 + cpus] += sums.taskRun[n];
			this.count[0 + cpus] += sums.taskSwitches[n];
			this.maxAll = Math.max(this.maxAll, sums.taskSwitches[n]);
			this.time[at + cpus + 1] = Math.max(0, this.longest - sums.taskRun[n]);
		});
		this.time[last * width + cpus] = this.count[last * width + cpus] = 0;
		run.cpus.forEach((cpu, c) => {
			const idle = run.tasks.idleOf.get(cpu);

			if (idle === undefined)
				return;
			const ns = sums.run[idle * cpus + c];

			this.time[last * width + c] = ns;
			this.count[last * width + c] = sums.switches[idle * cpus + c];
			this.time[last * width + cpus] += ns;
			this.count[last * width + cpus] += sums.switches[idle * cpus + c];
			this.time[cpus + 1] += ns;
		});
		this.count[cpus + 1] = NaN;
	}

	/** @param {number} at @param {number} ns @param {number} n @param {number} c */
	cell(at, ns, n, c) {
		if (!ns && !n)
			return;
		this.time[at] = ns;
		this.count[at] = n;
		this.time[c] += ns;
		this.count[c] += n;
		this.maxCount = Math.max(this.maxCount, n);
	}

	/** @param {number} row */
	name(row) {
		return row === 0 ? 'all tasks' : row === this.rows - 1 ? 'IDLE' : this.run.tasks.unique(this.tasks[row - 1]);
	}

	/** 100 % of a column. @param {number} c */
	whole(c) {
		return c < this.cpus ? this.covered[c] : this.longest;
	}

	/** @param {number} row @param {number} c */
	pct(row, c) {
		const ns = this.time[row * (this.cpus + 2) + c];

		return this.whole(c) ? 100 * ns / this.whole(c) : NaN;
	}

	/** @param {number} row @param {number} c */
	switches(row, c) {
		return this.count[row * (this.cpus + 2) + c];
	}
}

/** A guide every so many cores. */
const GUIDE_CORES = 8;

/**
 * Gaps between packages and nodes, guides between groups of cores.
 * @param {Run} run
 * @param {number[]} after columns behind the cores that are set apart
 */
function coreBreaks(run, after) {
	const cpus = run.json.cpus;
	const borders = cpus.map((_, i) => i).filter(i => i && (cpus[i].package !== cpus[i - 1].package || cpus[i].node !== cpus[i - 1].node));
	/* Where neighbours take turns (one package even, the other odd) borders would be everywhere. */
	const breaks = borders.length > cpus.length / 2 ? [] : borders;

	return { breaks: [...breaks, ...after], guides: cpus.map((_, i) => i).filter(i => i && i % GUIDE_CORES === 0 && !breaks.includes(i)) };
}

class CoremapView extends ViewFrame {
	/** @param {App} app */
	constructor(app) {
		super(app, { name: 'coremap', title: 'Core map', summary: 'Which task used which core, and how often it was switched out there' });
		/** @type {{ grid: CoreGrid, mark: MatrixMark }[]} */
		this.maps = [];
		this.compares = true;
		this.diff = new CoremapDiff(app);
		this.host = el('div', { class: 'multiples' });
		this.figure.append(this.host);
		this.observer = new ResizeObserver(() => this.arrange());
		this.observer.observe(this.host);
		this.wide = true;
	}

	async gather() {
		return Promise.all(this.app.shown().map(async run => ({ run, cube: await run.runCube() })));
	}

	/** @param {{ run: Run, cube: import('../data/cube.js').Cube }[]} data */
	show(data) {
		const app = this.app;

		if (app.pair) {
			this.showDiff(data);
			return;
		}
		while (this.maps.length > data.length)
			this.maps.pop();
		data.forEach(({ run, cube }, i) => {
			const grid = new CoreGrid(run, sumRuns(run, cube, app.window()), app.mask(run), app.state.look.order === 'name');

			if (this.maps[i])
				this.maps[i].grid = grid;
			else
				this.maps.push({ grid, mark: this.makeMark(i) });
		});
		this.setMultiples(this.host, this.maps.map(m => ({ run: m.grid.run, node: m.mark.el })));
		this.surface = this.maps[0]?.mark.surface || null;
		this.arrange();
		this.setSnapped(data);
		this.showFacts();
		this.table.set(() => joinAnswers(this.maps.map(({ grid }) => ({ run: grid.run,
			answer: answerOf(app, grid.run, 'coremap', () => rowsCoremap(grid.run, grid.sums, app.mask(grid.run))) }))), app.dragging());
	}

	/** @param {{ run: Run, cube: import('../data/cube.js').Cube }[]} data */
	showDiff(data) {
		const joined = this.diff.set(data);

		this.setOne(this.host, 'difference', this.diff.el);
		this.surface = this.diff.mark.surface;
		this.arrange();
		this.setSnapped(data);
		this.setFacts(this.diff.facts());
		this.table.set(() => joined.answer(), this.app.dragging());
	}

	/** @param {number} i */
	makeMark(i) {
		return new MatrixMark({
			label: 'Core map: tasks by cores. Arrow keys read cells, Enter selects.',
			theme: () => this.app.theme(),
			leave: () => this.app.tip.hide(),
			hover: (panel, row, column, e) => this.hover(i, row, column, e),
			click: (row, column) => this.click(i, row, column),
		});
	}

	/** @returns {('run' | 'switches')[]} */
	measures() {
		const want = this.app.state.look.measure;
		const columns = this.app.pair ? this.diff.matrix.columnNames.length : this.maps[0]?.grid.columns.length;

		if (want === 'run' || want === 'switches')
			return [want];
		return columns && this.mapWidth() >= MatrixMark.twoPanelWidth(columns) ? ['run', 'switches'] : ['run'];
	}

	/** Width of one map; many stand in two columns where there is room. */
	mapWidth() {
		return this.host.clientWidth / (this.host.classList.contains('many') && this.host.clientWidth > 900 ? 2 : 1);
	}

	/** Two measures beside each other where there is room. */
	arrange() {
		const app = this.app;
		const measures = this.measures();
		const look = app.state.look;

		const current = look.measure === 'both' && measures.length === 1 ? 'run' : look.measure;

		this.setTools([current, look.order, app.pair !== null].join(), () => [app.pair ? null : this.orderChoice(), this.choice('Measure', [['both', 'Both'], ['run', 'Run time'], ['switches', 'Switches']],
			current, v => app.state.set({ measure: v }))]);
		if (app.pair) {
			this.diff.draw(measures, this.room());
			return;
		}
		for (const { grid, mark } of this.maps) {
			const rows = Array.from({ length: grid.rows }, (_, r) => grid.name(r));
			const marked = grid.tasks.findIndex(n => app.isMarked(grid.run, n));

			mark.set({ rows: grid.tasks.length ? rows : [], breaks: [1, ...grid.groups, grid.rows - 1], marked: marked + (marked < 0 ? 0 : 1),
				empty: app.filter ? 'No task that ran matches the filter.' : 'Nothing ran in this window.',
				panels: measures.map(m => m === 'run' ? this.runPanel(grid) : this.switchPanel(grid)) }, this.room());
		}
	}

	/** @param {CoreGrid} grid */
	runPanel(grid) {
		const w = grid.cpus + 2;

		return {
			title: 'Run time, % of the core', columns: grid.columns, ...coreBreaks(grid.run, [grid.cpus, grid.cpus + 1]),
			value: /** @param {number} r @param {number} c */ (r, c) => Number.isNaN(grid.time[r * w + c]) ? NaN : grid.pct(r, c),
			shade: /** @param {number} v */ v => v / 100,
			grey: /** @param {number} r @param {number} c */ (r, c) => c === grid.cpus + 1 || r === grid.rows - 1,
			text: /** @param {number} v */ v => v === 0 ? '0' : v < 0.05 ? '<0.1' : v.toFixed(v >= 99.95 ? 0 : 1),
		};
	}

	/** @param {CoreGrid} grid */
	switchPanel(grid) {
		return {
			title: 'Context switches', columns: grid.columns.slice(0, -1), ...coreBreaks(grid.run, [grid.cpus]),
			value: /** @param {number} r @param {number} c */ (r, c) => grid.switches(r, c),
			shade: /** @param {number} v @param {number} r @param {number} c */ (v, r, c) =>
				Math.log1p(v) / Math.log1p(Math.max(1, c < grid.cpus ? grid.maxCount : grid.maxAll)),
			grey: /** @param {number} r */ r => r === grid.rows - 1,
			text: fmtShort,
		};
	}

	/** @param {number} i @param {number} row @param {number} column @param {PointerEvent} e */
	hover(i, row, column, e) {
		const { grid } = this.maps[i];
		const task = row > 0 && row < grid.rows - 1 ? grid.tasks[row - 1] : -1;
		const name = grid.columns[column];
		const c = column < 0 ? grid.cpus : column;
		const ns = grid.time[row * (grid.cpus + 2) + c];
		const where = c < grid.cpus ? 'on core ' + name : c === grid.cpus ? 'on all cores' : 'ran nowhere';
		/** @type {[string, string][]} */
		const lines = [];

		if (Number.isNaN(ns)) {
			lines.push(['', 'never ' + where]);
		} else {
			lines.push([c < grid.cpus ? '% of the core' : '% of one core', fmtPct(grid.pct(row, c), 2)], ['time', fmtExact(ns)]);
			if (!Number.isNaN(grid.switches(row, c)))
				lines.push(['switches', fmtCount(grid.switches(row, c))]);
		}
		this.app.tip.show(e, grid.name(row) + ' · ' + where, lines, task < 0 ? '' : this.app.colourOf(grid.run, task));
	}

	/** @param {number} i @param {number} row @param {number} column */
	click(i, row, column) {
		const { grid } = this.maps[i];

		if (row > 0 && row < grid.rows - 1)
			this.app.selectTask(grid.run, grid.tasks[row - 1]);
		else if (column >= 0 && column < grid.cpus)
			this.app.state.set({ cpu: grid.run.cpus[column], task: '', tid: 0 });
	}

	showFacts() {
		this.setFacts(this.maps.flatMap(({ grid }) => {
			const covered = grid.covered.reduce((a, b) => a + b, 0) || 1;
			const prefix = this.maps.length > 1 ? grid.run.name + ': ' : '';
			const busiest = grid.busiest;
			let hot = -1;

			for (let c = 0; c < grid.cpus; c++) {
				if (hot < 0 || grid.pct(0, c) > grid.pct(0, hot))
					hot = c;
			}
			return [
				{ label: prefix + 'cores in use', value: fmtPct(100 * grid.time[grid.cpus] / covered),
					note: 'of ' + grid.cpus + (grid.cpus === 1 ? ' core' : ' cores') },
				...busiest === undefined ? [] : [{ label: 'busiest task', value: grid.run.tasks.unique(busiest),
					note: fmtPct(100 * grid.sums.taskRun[busiest] / (grid.longest || 1)) + ' of one core' }],
				...hot < 0 || this.maps.length > 1 ? [] : [{ label: 'busiest core', value: 'CPU ' + grid.run.cpus[hot],
					note: fmtPct(grid.pct(0, hot)) + ', ' + fmtDuration(grid.time[hot]) }],
			];
		}));
	}

	cursorMoved() {
	}

	repaint() {
		this.maps.forEach(m => m.mark.surface.redraw());
		if (this.app.pair)
			this.arrange();
	}
}

export const coremapView = { name: 'coremap', title: 'Core map', make: /** @param {App} app */ app => new CoremapView(app) };
