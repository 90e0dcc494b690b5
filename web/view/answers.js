/* SPDX-License-Identifier: MIT */
/*
 * Tables of the views for any window: the columns of `kymo show`, filled from the cubes. For the whole
 * capture without a filter the program's own answer is shown as it is.
 */

import { KIND_GUEST, KIND_HOST, KIND_PREEMPTED, KIND_RUN, KIND_SLEEP, KIND_WAIT, sumDelays } from '../data/sums.js';
import { compareNames } from '../data/vm.js';

/** @typedef {import('../app.js').App} App */
/** @typedef {import('../data/run.js').Run} Run */
/** @typedef {import('../data/run.js').ColumnJson} Column */
/** @typedef {import('../data/sums.js').RunSums} RunSums */
/** @typedef {Object<string, any>} Row */
/** @typedef {import('../ui/tabletwin.js').Answer} Answer */

export const kindNames = /** @type {Object<number, string>} */ ({ [KIND_RUN]: 'run', [KIND_SLEEP]: 'sleep', [KIND_WAIT]: 'wait',
	[KIND_PREEMPTED]: 'preempted', [KIND_GUEST]: 'guest', [KIND_HOST]: 'host' });

const nameTask = { name: 'task', title: 'Task', unit: '', type: 'text', key: true };
const nameTid = { name: 'tid', title: 'TID', unit: 'id', type: 'u64', key: true };

/** @param {string} name @param {string} title @returns {Column} */
function nsColumn(name, title) {
	return { name, title, unit: 'ns', type: 'u64' };
}

/** @param {string} name @param {string} title @returns {Column} */
function countColumn(name, title) {
	return { name, title, unit: 'count', type: 'u64' };
}

/** @param {string} name @param {string} title @param {number} digits @returns {Column} */
function pctColumn(name, title, digits) {
	return { name, title, unit: 'pct', type: 'f64', digits };
}

/** Columns where the page carries no answer of the program. @type {Object<string, Column[]>} */
const ownColumns = {
	coremap: [nameTask, nameTid, { name: 'cpu', title: 'CPU', unit: '', type: 'text', key: true }, nsColumn('run', 'Run time'),
		pctColumn('run_pct', 'Run time %', 1), countColumn('switches', 'Context switches')],
	switches: [nameTask, nameTid, pctColumn('run_pct', '% of one core', 2), nsColumn('run', 'Run time'), countColumn('switches', 'Switches'),
		{ name: 'switches_per_s', title: 'Switches/s', unit: 'per_s', type: 'f64', digits: 1 }],
	tasks: [nameTask, nameTid, { name: 'tgid', title: 'PID', unit: 'id', type: 'u64', key: true },
		{ name: 'comm', title: 'Name', unit: '', type: 'text', key: true }, nsColumn('run', 'Run time'), pctColumn('run_pct', '% of one core', 2),
		countColumn('switches', 'Switches'), countColumn('cpus', 'CPUs')],
	latency: [nameTask, nameTid, countColumn('waits', 'Waits'), nsColumn('mean', 'Mean'), nsColumn('p50', 'p50'), nsColumn('p90', 'p90'),
		nsColumn('p99', 'p99'), nsColumn('p999', 'p99.9'), nsColumn('max', 'Max'), nsColumn('total', 'Total')],
	durations: [nameTask, nameTid, { name: 'kind', title: 'Kind', unit: '', type: 'text', key: true }, countColumn('count', 'Count'),
		nsColumn('total', 'Total'), nsColumn('mean', 'Mean'), nsColumn('p50', 'p50'), nsColumn('p90', 'p90'), nsColumn('p99', 'p99'),
		nsColumn('max', 'Max')],
	successors: [nameTask, nameTid, { name: 'next', title: 'Next task', unit: '', type: 'text', key: true },
		{ name: 'next_tid', title: 'TID', unit: 'id', type: 'u64', key: true }, countColumn('count', 'Switches'),
		pctColumn('pct', '% of its switches', 2)],
	timeline: [nameTask, nameTid, { name: 'start', title: 'Start', unit: 'time', type: 'u64', key: true }, nsColumn('length', 'Length'),
		{ name: 'cpu', title: 'CPU', unit: 'id', type: 'u64' }, { name: 'end_state', title: 'End', unit: '', type: 'text' }],
};

/** Columns of a view where the program's do not apply. @param {string} name */
export function columnsOf(name) {
	return ownColumns[name] || [];
}

/**
 * The answer of one run: the program's own, or @rows in its columns.
 * @param {App} app
 * @param {Run} run
 * @param {string} name
 * @param {() => Row[]} rows from the cubes
 * @returns {Answer}
 */
export function answerOf(app, run, name, rows) {
	const json = run.view(name);
	const whole = run.whole(app.window());

	const made = rows();

	/* The program's rows may be cut to the first some hundred. */
	if (json && whole && !app.filter && !app.state.look.self && !run.tasks.merged && json.rows.length >= made.length)
		return { columns: json.columns, rows: json.rows, notes: json.notes };
	if (!json)
		return { columns: ownColumns[name] || [], rows: made, notes: [] };
	const keys = json.columns.filter(c => c.key).map(c => c.name);
	const known = new Set(made.flatMap(r => Object.keys(r)));
	const missing = json.columns.filter(c => !c.key && !known.has(c.name) && json.rows.some(r => r[c.name] !== undefined));

	if (!missing.length || !made.length)
		return { columns: json.columns, rows: made, notes: [] };
	if (!whole || run.tasks.merged) {
		return { columns: json.columns.filter(c => !missing.includes(c)), rows: made,
			notes: ['Known for single tasks of the whole capture only: ' + missing.map(c => c.title).join(', ') + '.'] };
	}
	const keyOf = /** @param {Row} r */ r => JSON.stringify(keys.map(k => r[k] ?? null));
	const given = new Map(json.rows.map(r => [keyOf(r), r]));

	for (const r of made) {
		const from = given.get(keyOf(r));

		for (const c of missing) {
			if (from && from[c.name] !== undefined)
				r[c.name] = from[c.name];
		}
	}
	return { columns: json.columns, rows: made, notes: made.length > json.rows.length && missing.length && !app.filter ?
		['Only for the first ' + json.rows.length + ' rows: ' + missing.map(c => c.title).join(', ') + '.'] : [] };
}

/**
 * Answers of all shown runs in one table.
 * @param {{ run: Run, answer: Answer }[]} answers
 * @returns {Answer}
 */
export function joinAnswers(answers) {
	if (answers.length === 1)
		return answers[0].answer;
	/** @type {Map<string, Column>} */
	const columns = new Map();
	/** What all say is said once. @type {Map<string, Set<string>>} */
	const notes = new Map();

	for (const { run, answer } of answers) {
		answer.columns.forEach(c => columns.set(c.name, c));
		answer.notes.forEach(n => notes.set(n, (notes.get(n) || new Set()).add(run.name)));
	}
	return {
		columns: [{ name: 'run_name', title: 'Run', unit: '', type: 'text', key: true }, ...columns.values()],
		rows: answers.flatMap(({ run, answer }) => answer.rows.map(r => ({ run_name: run.name, ...r }))),
		notes: [...notes].flatMap(([n, runs]) => runs.size === answers.length ? [n] : [[...runs].join(', ') + ': ' + n]),
	};
}

/**
 * Numbers of the shown tasks that ran or were switched in the window, busiest first.
 * @param {Run} run
 * @param {RunSums} sums
 * @param {Uint8Array} mask
 */
export function busyTasks(run, sums, mask) {
	const out = [];

	for (let n = 0; n < run.tasks.length; n++) {
		if (mask[n] && (sums.taskRun[n] || sums.taskSwitches[n]))
			out.push(n);
	}
	return out.sort((a, b) => sums.taskRun[b] - sums.taskRun[a] || a - b);
}

/**
 * Tasks by name instead, with group numbers in front.
 * @param {Run} run
 * @param {number[]} tasks
 */
export function byName(run, tasks) {
	return [...tasks].sort((a, b) => compareNames(run.tasks.label[a], run.tasks.label[b]) || a - b);
}

/**
 * vCPUs that no switch tells of, since they never left their CPU: their guest time is taken for run time.
 * @param {Run} run
 * @param {RunSums} sums changed
 * @param {import('../data/cube.js').Cube | null} delays
 * @param {Uint8Array} mask
 * @returns {Set<number>} whose
 */
export function addSpinning(run, sums, delays, mask) {
	const spinning = new Set();

	if (!delays)
		return spinning;
	for (const [n, h] of sumDelays(run, delays, sums.window, KIND_GUEST, mask).byTask) {
		if (sums.taskRun[n] || sums.taskSwitches[n])
			continue;
		sums.taskRun[n] = h.sum;
		spinning.add(n);
	}
	return spinning;
}

/** @param {Run} run @param {number} n */
export function taskKey(run, n) {
	return run.tasks.idle[n] ? { task: 'IDLE' } : { task: run.tasks.label[n], tid: run.tasks.several(n) ? undefined : run.tasks.all[n].tid };
}

/** @param {Run} run @param {RunSums} sums @param {Uint8Array} mask @returns {Row[]} */
export function rowsTasks(run, sums, mask) {
	const longest = run.longestCovered(sums.window);

	return busyTasks(run, sums, mask).map(n => {
		let cpus = 0;

		for (let c = 0; c < sums.cpus; c++)
			cpus += Number(sums.run[n * sums.cpus + c] > 0 || sums.switches[n * sums.cpus + c] > 0);
		const t = run.tasks.all[n];

		return { ...taskKey(run, n), tgid: run.tasks.several(n) || !t.tgid ? undefined : t.tgid, members: run.tasks.members[n], comm: t.comm, run: sums.taskRun[n],
			run_pct: longest ? 100 * sums.taskRun[n] / longest : undefined, switches: sums.taskSwitches[n], cpus };
	});
}

/** @param {Run} run @param {RunSums} sums @param {Uint8Array} mask @returns {Row[]} */
export function rowsSwitches(run, sums, mask) {
	const longest = run.longestCovered(sums.window);

	return busyTasks(run, sums, mask).map(n => ({ ...taskKey(run, n), run_pct: longest ? 100 * sums.taskRun[n] / longest : undefined,
		run: sums.taskRun[n], switches: sums.taskSwitches[n], switches_per_s: longest ? sums.taskSwitches[n] * 1e9 / longest : undefined }));
}

/** @param {Run} run @param {RunSums} sums @param {Uint8Array} mask @returns {Row[]} */
export function rowsCoremap(run, sums, mask) {
	const cpus = sums.cpus;
	const longest = run.longestCovered(sums.window);
	const covered = run.cpus.map((_, i) => run.covered(i, sums.window));
	const busy = busyTasks(run, sums, mask);
	/** @type {Row[]} */
	const rows = [];
	/** @param {Row} key @param {number[]} time @param {number[]} count @param {boolean} every @param {number | null} idle */
	const add = (key, time, count, every, idle) => {
		const cell = /** @param {string} cpu @param {number} ns @param {number} of @param {number | undefined} n */ (cpu, ns, of, n) =>
			rows.push({ ...key, cpu, run: ns, run_pct: of ? 100 * ns / of : undefined, switches: n });
		const sum = /** @param {number[]} a */ a => a.reduce((x, y) => x + y, 0);

		for (let c = 0; c < cpus; c++) {
			if (every || time[c] || count[c])
				cell(String(run.cpus[c]), time[c], covered[c], count[c]);
		}
		cell('all', sum(time), longest, sum(count));
		if (idle !== null)
			cell('IDLE', idle, longest, undefined);
	};
	const row = /** @param {Float64Array} a @param {number} n */ (a, n) => Array.from(a.subarray(n * cpus, (n + 1) * cpus));
	const column = /** @param {Float64Array} a */ a => run.cpus.map((_, c) => busy.reduce((s, n) => s + a[n * cpus + c], 0));
	const idleOf = /** @param {Float64Array} a */ a => run.cpus.map((cpu, c) => {
		const n = run.tasks.idleOf.get(cpu);

		return n === undefined ? 0 : a[n * cpus + c];
	});

	add({ task: 'all tasks' }, column(sums.run), column(sums.switches), true, idleOf(sums.run).reduce((a, b) => a + b, 0));
	for (const n of busy)
		add(taskKey(run, n), row(sums.run, n), row(sums.switches, n), false, Math.max(0, longest - sums.taskRun[n]));
	add({ task: 'IDLE' }, idleOf(sums.run), idleOf(sums.switches), false, null);
	return rows;
}

/**
 * @param {Run} run
 * @param {ReturnType<typeof sumDelays>} sums
 * @returns {Row[]}
 */
export function rowsLatency(run, sums) {
	return [...sums.byTask].map(([n, h]) => ({ ...taskKey(run, n), waits: h.count, mean: Math.floor(h.sum / h.count), p50: h.quantile(0.5),
		p90: h.quantile(0.9), p99: h.quantile(0.99), p999: h.quantile(0.999), max: h.max, total: h.sum }))
		.sort((a, b) => b.max - a.max);
}

/**
 * @param {Run} run
 * @param {Map<number, ReturnType<typeof sumDelays>>} byKind
 * @returns {Row[]}
 */
export function rowsDurations(run, byKind) {
	/** @type {Set<number>} */
	const tasks = new Set([...byKind.values()].flatMap(s => [...s.byTask.keys()]));
	const total = /** @param {number} n */ n => byKind.get(KIND_RUN)?.byTask.get(n)?.sum || 0;
	/** @type {Row[]} */
	const rows = [];

	for (const n of [...tasks].sort((a, b) => total(b) - total(a) || a - b)) {
		for (const kind of byKind.keys()) {
			const h = byKind.get(kind)?.byTask.get(n);

			if (h)
				rows.push({ ...taskKey(run, n), kind: kindNames[kind], count: h.count, total: h.sum, mean: Math.floor(h.sum / h.count),
					p50: h.quantile(0.5), p90: h.quantile(0.9), p99: h.quantile(0.99), max: h.max });
		}
	}
	return rows;
}

/**
 * Idle of all CPUs is one; it stands among the tasks where no filter asks for others.
 * @param {Run} run
 * @param {{ task: number, next: number, count: number }[]} pairs
 * @param {Uint8Array} mask
 * @param {boolean} withIdle
 * @returns {Row[]}
 */
export function rowsSuccessors(run, pairs, mask, withIdle) {
	const IDLE = -1;
	/** @type {Map<string, { task: number, next: number, count: number }>} */
	const joined = new Map();
	/** @type {Map<number, number>} */
	const total = new Map();

	for (const p of pairs) {
		const idle = run.tasks.idle[p.task];

		if (idle ? !withIdle : !mask[p.task])
			continue;
		const task = idle ? IDLE : p.task;
		const next = run.tasks.idle[p.next] ? IDLE : p.next;
		const key = task + ' ' + next;
		const known = joined.get(key);

		if (known)
			known.count += p.count;
		else
			joined.set(key, { task, next, count: p.count });
		total.set(task, (total.get(task) || 0) + p.count);
	}
	return [...joined.values()].sort((a, b) => b.count - a.count || a.task - b.task || a.next - b.next).map(p => {
		const next = p.next === IDLE ? { task: 'IDLE', tid: undefined } : taskKey(run, p.next);

		return { ...p.task === IDLE ? { task: 'IDLE' } : taskKey(run, p.task), next: next.task, next_tid: next.tid, count: p.count,
			pct: 100 * p.count / (total.get(p.task) || 1) };
	});
}
