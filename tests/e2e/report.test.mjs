/* SPDX-License-Identifier: MIT */
/*
 * Report pages in a browser: a made-up one, and (with KYMO, the program) one made by `kymo report`,
 * whose tables must show what `kymo show --json` prints, for the whole capture and for a window.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { makePage, makeRun } from '../web/page_writer.mjs';
import { exitReasons, simulate, simulatedGuests, simulatedTasks } from '../web/simulation.mjs';
import { axeSource, findBrowser, openBrowser, openReport, readTable, settled, showView, until, viewWindow } from './browser.mjs';

const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.KYMO_BUILD || path.join(source, 'build');
const kymo = process.env.KYMO;
const allViews = ['coremap', 'switches', 'timeline', 'durations', 'latency', 'successors', 'tasks', 'info'];
/** Where virtual machines ran. */
const guestViews = ['kvm', 'guest', 'vms'];
const { chromium, missing } = await findBrowser();
const viewerFile = path.join(build, 'web/viewer.js');
const skip = missing || (fs.existsSync(viewerFile) ? false : viewerFile + ' is not built');
const skipReal = skip || (kymo ? false : 'KYMO is not set');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-e2e-'));
const madeUp = path.join(folder, 'made-up.html');
const real = path.join(folder, 'real.html');
const guestPage = path.join(folder, 'guests.html');
const realGuests = path.join(folder, 'real-guests');
const recording = path.join(source, 'tests/fixtures/demo.kymo');
let sim;
let guestSim;
let browser;
let page;

function run(...args) {
	const done = spawnSync(kymo, args, { encoding: 'utf8', maxBuffer: 256 << 20 });

	assert.equal(done.status, 0, args.join(' ') + ': ' + done.stderr);
	return done.stdout;
}

function show(view, ...options) {
	return JSON.parse(run('show', view, recording, '--json', '--top', '0', ...options));
}

function clean() {
	assert.deepEqual(browser.complaints.splice(0), []);
}

test.before(async () => {
	if (skip)
		return;
	sim = simulate({ cpus: 4, tasks: 30, span: 600e6, losses: 2, seed: 5 });
	fs.writeFileSync(madeUp, makePage([makeRun(sim, 'made-up')], fs.readFileSync(viewerFile, 'utf8'),
		fs.readFileSync(path.join(build, 'web/viewer.css'), 'utf8')));
	guestSim = simulate({ cpus: 4, tasks: 30, span: 300e6, losses: 1, seed: 5, kvm: true });
	fs.writeFileSync(guestPage, makePage([makeRun(guestSim, 'guests')], fs.readFileSync(viewerFile, 'utf8'),
		fs.readFileSync(path.join(build, 'web/viewer.css'), 'utf8')));
	if (!skipReal)
		run('report', recording, '-o', real);
	browser = await openBrowser(chromium);
	page = await browser.page();
});

test.after(async () => {
	await browser?.close();
	fs.rmSync(folder, { recursive: true });
});

/** All pages, the real one only where there is the program. */
for (const [name, file, skipped, views] of [['made-up', madeUp, skip, allViews], ['real', real, skipReal, allViews], ['guests', guestPage, skip, [...allViews, ...guestViews]]]) {
	test(name + ': every view opens and shows something', { skip: skipped }, async () => {
		await openReport(page, file);
		for (const view of views) {
			await showView(page, view);
			assert.ok(await page.locator('.view[data-view="' + view + '"] .fact .value').count() > 0, view);
			if (view !== 'info') {
				const inked = await page.evaluate(() => [...document.querySelectorAll('.figure canvas.base')].every(c => {
					const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;

					return d.some(v => v);
				}));

				assert.ok(inked, view + ': the picture is empty');
			}
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, view + ' is too wide');
		}
		assert.equal(await page.locator('.banner').isVisible(), false);
		clean();
	});

	test(name + ': narrow pages have a select instead of the rail', { skip: skipped }, async () => {
		await page.setViewportSize({ width: 390, height: 844 });
		await openReport(page, file);
		assert.equal(await page.locator('.rail').isVisible(), false);
		for (const view of views) {
			await page.selectOption('.viewselect', view);
			await page.waitForSelector('.view[data-view="' + view + '"]');
			await settled(page);
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, view + ' is too wide');
		}
		await page.setViewportSize({ width: 1440, height: 900 });
		clean();
	});

	test(name + ': no serious finding of axe', { skip: skipped || (axeSource() ? false : 'axe-core is not installed') }, async () => {
		/* It takes its time with long tables: both themes on the small page only. */
		for (const colorScheme of file === real ? ['light'] : ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			await openReport(page, file);
			await page.evaluate(axeSource());
			for (const view of file === madeUp ? views : file === real ? ['latency'] : ['timeline', ...guestViews]) {
				await showView(page, view);
				if (view === 'tasks')
					await page.click('table[data-view="tasks"] tbody tr[data-row="0"]');
				const found = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations
					.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html).join(' | ')));

				assert.deepEqual(found, [], view + ', ' + colorScheme);
			}
		}
		await page.emulateMedia({ colorScheme: 'light' });
		clean();
	});
}

test('tables of a made-up run equal a count event by event, whole and in a window', { skip }, async () => {
	await openReport(page, madeUp, '#view=tasks');
	const check = async () => {
		const w = await viewWindow(page);
		const want = simulatedTasks(sim, w.from, w.to);
		const rows = await readTable(page, 'tasks');
		const shown = want.filter((t, n) => n >= 4 && !sim.tasks[n].self && (t.run || t.switches));

		assert.equal(rows.length, shown.length);
		for (const r of rows) {
			const t = want[sim.tasks.findIndex(x => x.tid === r.tid)];

			assert.deepEqual([r.run, r.switches], [t.run, t.switches], r.task);
		}
	};

	await check();
	await openReport(page, madeUp, '#view=tasks&from=123456789&to=234567890');
	assert.ok((await viewWindow(page)).to < 240e6);
	await check();
	clean();
});

/** Drag over the strip from one share of the capture to another. */
async function dragWindow(a, b) {
	const box = await page.locator('.brush .pane').boundingBox();
	const x = part => box.x + 62 + (box.width - 74) * part;

	await page.mouse.move(x(a), box.y + 12);
	await page.mouse.down();
	await page.mouse.move(x((a + b) / 2), box.y + 14, { steps: 4 });
	await page.mouse.move(x(b), box.y + 14, { steps: 4 });
	await page.mouse.up();
	await settled(page);
}

test('dragging on the strip sets a window on bin edges; 0 takes it back', { skip }, async () => {
	await openReport(page, madeUp, '#view=switches');
	await dragWindow(0.25, 0.5);
	const w = await viewWindow(page);
	const bin = Math.ceil(600e6 / 2048);

	assert.ok(Math.abs(w.from - 150e6) < 5e6 && Math.abs(w.to - 300e6) < 5e6, JSON.stringify(w));
	assert.ok(w.from % bin === 0 && w.to % bin === 0);
	await until(page, () => /from=\d+&to=\d+/.test(location.hash));
	await page.keyboard.press('0');
	await settled(page);
	assert.deepEqual(await viewWindow(page), { from: 0, to: 600e6 });
	clean();
});

test('the state stands in the address, and a link shows it', { skip }, async () => {
	await openReport(page, madeUp, '#view=durations&kinds=2%2C4&filter=vcpu&from=100000000&to=300000000');
	assert.deepEqual(await page.locator('.tools input').evaluateAll(boxes => boxes.map(b => b.checked)), [false, true, false, true]);
	const rows = await readTable(page, 'durations');

	assert.ok(rows.length && rows.every(r => /vcpu/.test(r.task) && ['sleep', 'preempted'].includes(r.kind)));
	await showView(page, 'tasks');
	await page.goBack();
	await page.waitForSelector('.view[data-view="durations"]');
	clean();
});

test('keys: filter, help, views, cursor read-out, escape', { skip }, async () => {
	await openReport(page, madeUp, '#view=timeline');
	await page.keyboard.press('/');
	await page.keyboard.type('vm_(router');
	await settled(page);
	assert.match(await page.locator('.filternote').textContent(), /no valid/);
	await page.keyboard.type(')');
	await settled(page);
	assert.equal(await page.locator('.filternote').textContent(), '');
	await page.keyboard.press('Escape');
	await settled(page);
	assert.equal(await page.inputValue('.filterbox'), '');
	await page.keyboard.press('?');
	assert.ok(await page.locator('dialog.help').isVisible());
	await page.keyboard.press('Escape');
	assert.equal(await page.locator('dialog.help').isVisible(), false);
	await page.focus('.view .surface');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowRight');
	assert.match(await page.locator('[role="status"][aria-live]').textContent(), /CPU 0/);
	for (let i = 0; i < 3; i++)
		await page.keyboard.press('+');
	await settled(page);
	const w = await viewWindow(page);

	assert.ok(w.to - w.from < 600e6 * 0.3);
	await page.keyboard.press(']');
	await page.waitForSelector('.view[data-view="durations"]');
	clean();
});

test('sorting, CSV, PNG, selection', { skip }, async () => {
	await openReport(page, madeUp, '#view=tasks');
	await page.click('table[data-view="tasks"] thead button[data-col="switches"]');
	await settled(page);
	const rows = await readTable(page, 'tasks');
	const counts = rows.map(r => r.switches);

	assert.deepEqual(counts, [...counts].sort((a, b) => b - a));
	const [csv] = await Promise.all([page.waitForEvent('download'), page.click('.view .twin button[title*="CSV"]')]);
	const text = fs.readFileSync(await csv.path(), 'utf8').split('\r\n');

	assert.equal(text.length, rows.length + 2);
	assert.equal(text[1].split(',')[0], rows[0].task);
	await page.click('table[data-view="tasks"] tbody tr[data-row="0"]');
	await settled(page);
	assert.match(await page.locator('.panel h3').textContent(), new RegExp(rows[0].task.replace(/[/.]/g, '.')));
	await page.keyboard.press('Escape');
	await settled(page);
	assert.equal(await page.locator('.panel').isVisible(), false);
	await openReport(page, guestPage);
	for (const view of ['coremap', 'switches', 'timeline', 'durations', 'latency', 'successors', ...guestViews]) {
		await showView(page, view);
		const [png] = await Promise.all([page.waitForEvent('download'), page.click('.viewtools button[title*="PNG"]')]);
		const bytes = fs.readFileSync(await png.path());

		assert.deepEqual([...bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47], view);
		assert.ok(bytes.length > 5000, view);
	}
	clean();
});

test('dark and light', { skip }, async () => {
	const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

	await page.emulateMedia({ colorScheme: 'light' });
	await openReport(page, madeUp);
	const light = await paper();

	await page.emulateMedia({ colorScheme: 'dark' });
	const dark = await paper();

	assert.notEqual(light, dark);
	await page.click('button[title="Light or dark"]');
	await settled(page);
	assert.equal(await paper(), light);
	await page.emulateMedia({ colorScheme: 'light' });
	clean();
});

test('the worst wait leads to its moment', { skip }, async () => {
	await openReport(page, madeUp, '#view=latency');
	const [worst] = await readTable(page, 'worst');

	await page.click('table[data-view="worst"] tbody tr[data-row="0"]');
	await page.waitForSelector('.view[data-view="timeline"]');
	await settled(page);
	const w = await viewWindow(page);

	assert.ok(w.from <= worst.ended - worst.wait && w.to >= worst.ended && w.to - w.from < 600e6, JSON.stringify(w));
	assert.equal(await page.locator('.panel h3').textContent(), worst.task);
	clean();
});

test('no virtual machines, no views of them', { skip }, async () => {
	await openReport(page, madeUp);
	assert.deepEqual(await page.locator('.railitem').evaluateAll(items => items.map(i => i.dataset.name)), [...allViews.slice(0, 6), 'vms', ...allViews.slice(6)]);
	clean();
});

/** Exits of a window by tid and reason: [count, last]. */
function countedExits(from, to) {
	const out = new Map();

	for (const g of simulatedGuests(guestSim)) {
		const at = g.kind === 'exit' ? 0 : 1;

		if (g.kind !== 'exit' && g.kind !== 'last' || g.at < from || g.at >= to)
			continue;
		const key = guestSim.tasks[g.task].tid + ' ' + g.reason;

		if (!out.has(key))
			out.set(key, [0, 0]);
		out.get(key)[at]++;
	}
	return out;
}

test('exits by type equal a count event by event', { skip }, async () => {
	for (const [hash, which] of [['', 0], ['&from=40000000&to=90000000', 0], ['&exits=last', 1], ['&filter=vcpu1', 0]]) {
		await openReport(page, guestPage, '#view=kvm' + hash);
		const w = await viewWindow(page);
		const want = countedExits(w.from, w.to);
		const rows = await readTable(page, 'kvm');
		let n = 0;

		assert.ok(rows.length > 1);
		for (const r of rows) {
			let total = 0;

			for (const [isa, reason] of exitReasons) {
				const v = r['r' + (isa * 2 ** 32 + reason)] || 0;

				assert.equal(v, (want.get(r.tid + ' ' + reason) || [0, 0])[which], r.task + ' ' + reason);
				total += v;
			}
			assert.equal(r.total, total);
			assert.ok(!hash.includes('vcpu1') || /vcpu1/.test(r.task));
			n += total;
		}
		const reasons = await readTable(page, 'reasons');

		assert.equal(reasons.reduce((s, r) => s + r[which ? 'last' : 'count'], 0), n);
	}
	clean();
});

test('exits: keys read parts, a click selects, the legend leaves reasons out', { skip }, async () => {
	await openReport(page, guestPage, '#view=kvm');
	await page.focus('.view .surface');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowRight');
	assert.match(await page.locator('[role="status"][aria-live]').textContent(), /vcpu\d · external interrupt, exits/);
	await page.keyboard.press('Enter');
	await settled(page);
	assert.match(await page.locator('.panel h3').textContent(), /vcpu/);
	const before = await page.locator('.view canvas.base').first().evaluate(c => c.toDataURL());

	await page.click('.legend button:has-text("HLT")');
	await settled(page);
	assert.notEqual(await page.locator('.view canvas.base').first().evaluate(c => c.toDataURL()), before);
	assert.equal(await page.locator('.legend button:has-text("HLT")').getAttribute('aria-pressed'), 'false');
	await until(page, () => /less=4294967308/.test(location.hash));
	clean();
});

test('exit durations: kinds, charts of single tasks with the same axes, dots', { skip }, async () => {
	await openReport(page, guestPage, '#view=guest');
	const counts = () => page.locator('.tools .check .soft').allTextContents();
	const spans = kind => [...simulatedGuests(guestSim)].filter(g => g.kind === kind).length;

	assert.deepEqual((await counts()).slice(0, 2).map(t => Number(t.replace(/,/g, ''))), [spans(5), spans(6)]);
	await page.selectOption('.tools select', 'each');
	await settled(page);
	assert.equal(await page.locator('.multiples.grid .multiple').count(), 4);
	await page.click('.more button');
	await settled(page);
	assert.ok(await page.locator('.multiples.grid .multiple').count() > 4);
	const option = await page.locator('.tools select option').nth(2).textContent();

	await page.selectOption('.tools select', { label: option });
	await settled(page);
	assert.equal(await page.locator('.multiples .multiple').count(), 1);
	assert.deepEqual([...new Set((await readTable(page, 'guest')).map(r => r.task))], [option]);
	/* Few events in sight: single dots, which are read out. */
	const dot = [...simulatedGuests(guestSim)].find(g => g.kind === 5 && g.at > 60e6);

	await openReport(page, guestPage, '#view=guest&layers=5&filter=' + guestSim.tasks[dot.task].role.replace(/\./g, '%5C.') + '&from=' + (dot.at - 100000) + '&to=' + (dot.at + 100001));
	const box = await page.locator('.view .surface').boundingBox();
	const x = box.x + 62 + (box.width - 62 - 118) / 2;
	let text = '';

	for (let y = 14; y < 372 && !/guest/.test(text); y += 6) {
		await page.mouse.move(x, box.y + y);
		text = await page.locator('.tip').evaluate(t => t.hidden ? '' : t.textContent);
	}
	assert.ok(text.includes('guest' + dot.length.toString().replace(/\B(?=(\d{3})+$)/g, ',') + ' ns'), text);
	clean();
});

test('virtual machines: table, filter, window', { skip }, async () => {
	await openReport(page, guestPage, '#view=vms');
	const rows = (await readTable(page, 'vms')).sort((a, b) => a.vm < b.vm ? -1 : 1);

	assert.deepEqual(rows.map(r => [r.vm, r.vcpus]), [['Firewall.01', 2], ['Firewall.02', 2], ['Firewall.03', 1]]);
	const exits = [...countedExits(0, Infinity).values()].reduce((n, [count]) => n + count, 0);

	assert.equal(rows.reduce((n, r) => n + r.exits, 0), exits);
	for (const r of rows)
		assert.ok(r.guest_pct > 0 && r.outside_pct > 0 && r.guest <= r.run && r.wake_max >= r.wake_p99, r.vm);
	await page.click('table[data-view="vms"] tbody tr[data-row="1"]');
	await settled(page);
	assert.equal(await page.inputValue('.filterbox'), '^Firewall\\.02\\.');
	assert.equal((await readTable(page, 'vms')).length, 1);
	clean();
});

test('the timeline tells of the guest', { skip }, async () => {
	const exit = [...simulatedGuests(guestSim)].find(g => g.kind === 5 && g.at > 100e6 && g.length > 30000);
	const cpu = guestSim.exits.findIndex(list => list.some(e => e[0] === exit.at));
	const reason = exitReasons.find(r => r[1] === guestSim.exits[cpu].find(e => e[0] === exit.at)[3])[2];

	await openReport(page, guestPage, '#view=timeline&from=' + (exit.at - exit.length) + '&to=' + exit.at);
	await page.focus('.view .surface');
	for (let i = 0; i <= cpu; i++)
		await page.keyboard.press('ArrowDown');
	assert.match(await page.locator('[role="status"][aria-live]').textContent(), new RegExp('in the guest for .*, left it by ' + reason));
	assert.match(await page.locator('.legend').textContent(), /in the guest.*out of it/);
	clean();
});

/** A capture with exits, beside the sources, where the program knows what to make of it. */
function findGuests() {
	const packed = path.join(process.env.KYMO_SHARED || path.join(source, '../shared'), 'data/traces/kvm_exit_synth.perf.data.zst');

	if (!fs.existsSync(packed))
		return packed + ' is not there';
	if (spawnSync(kymo, ['show', 'kvm', '--help']).status !== 0)
		return 'kymo show has no view kvm';
	return spawnSync('zstd', ['-dqf', packed, '-o', realGuests + '.perf.data']).status === 0 ? false : 'zstd is not installed';
}

test('real guests: the views show what kymo show prints, whole and in windows', { skip: skipReal }, async t => {
	const missing = findGuests();

	if (missing) {
		t.skip(missing);
		return;
	}
	run('report', realGuests + '.perf.data', '-o', realGuests + '.html');
	const span = JSON.parse(run('show', 'kvm', realGuests + '.perf.data', '--json')).window.to;

	for (const [a, b] of [[0, 1], [0.2, 0.4], [0.5, 0.51]]) {
		const hash = a || b < 1 ? '&from=' + Math.round(a * span) + '&to=' + Math.round(b * span) : '';

		await openReport(page, realGuests + '.html', '#view=kvm' + hash);
		/* Each view has its own bins. */
		const ask = async view => {
			const w = await viewWindow(page);

			return JSON.parse(run('show', view, realGuests + '.perf.data', '--json', '--top', '0', ...hash ? ['--from', w.from + 'ns', '--for', w.to - w.from + 'ns'] : [])).rows;
		};
		const table = await readTable(page, 'kvm');
		const want = await ask('kvm');

		assert.ok(want.length > 3);
		for (const r of want) {
			const row = table.find(x => x.tid === r.tid);

			assert.equal(r.reason === undefined ? row.total : Object.entries(row).find(([k]) => /^r\d/.test(k) && Number(k.slice(1)) % 2 ** 32 === r.code)[1], r.exits, JSON.stringify(r));
		}
		const reasons = await readTable(page, 'reasons');

		for (const r of want.filter(x => x.reason !== undefined)) {
			const row = reasons.find(x => x.number === r.code);

			assert.deepEqual([row.reason, row.count, row.last, row.total, row.mean, row.max], [r.reason, r.exits, r.last, r.host, r.mean, r.max], r.reason);
		}
		await openReport(page, realGuests + '.html', '#view=vms' + hash);
		const vms = await readTable(page, 'vms');

		for (const [i, r] of (await ask('vms')).entries()) {
			for (const c of ['vm', 'vcpus', 'threads', 'guest', 'host', 'run', 'other_run', 'steal', 'exits'])
				assert.equal(vms[i][c], r[c], c);
			for (const c of ['guest_pct', 'steal_pct', 'exits_per_s'])
				assert.ok(Math.abs(vms[i][c] - r[c]) <= r[c] * 1e-6, c + ': ' + vms[i][c] + ' for ' + r[c]);
		}
	}
	clean();
});

test('order by name', { skip }, async () => {
	await openReport(page, guestPage, '#view=switches');
	await page.click('.tools button:has-text("By name")');
	await settled(page);
	await page.focus('.view .surface');
	await page.keyboard.press('ArrowDown');
	assert.match(await page.locator('[role="status"][aria-live]').textContent(), /^Firewall\.01\.vcpu0/);
	await showView(page, 'coremap');
	await page.focus('.view .surface');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowDown');
	assert.match(await page.locator('[role="status"][aria-live]').textContent(), /^Firewall\.01\.vcpu0/);
	clean();
});

test('a damaged page says so', { skip }, async () => {
	const text = fs.readFileSync(madeUp, 'utf8');
	const at = text.indexOf('id="kymo-cube-0">') + 3000;
	const bad = path.join(folder, 'bad.html');

	fs.writeFileSync(bad, text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1));
	await page.goto('file://' + bad);
	await page.waitForSelector('.banner:visible');
	assert.match(await page.locator('.banner').textContent(), /damaged/);
	clean();
});

/** Rows as objects that can be compared: known columns only, floats to 9 digits. */
function comparable(rows, columns) {
	return rows.map(r => Object.fromEntries(columns.filter(c => r[c] !== undefined && r[c] !== null).map(c =>
		[c, typeof r[c] === 'number' && !Number.isInteger(r[c]) ? Number(r[c].toPrecision(9)) : r[c]])));
}

const percentiles = new Set(['p50', 'p90', 'p99', 'p999']);
/** Columns that the cubes do not tell. */
const fromAnswer = new Set(['voluntary', 'preempted', 'mean_run', 'longest_run', 'wakeups', 'migrations', 'first', 'last', 'max_at', 'no_wakeup']);

/**
 * The page's table against the program's answer: the same rows (whatever the order of equals), all
 * columns that the page shows. @whole: the answer that the page was made with. Percentiles of a window may differ by what a bucket can hide.
 */
async function compare(view, json, exact, whole = json) {
	const rows = await readTable(page, view);
	const columns = [...new Set(rows.flatMap(r => Object.keys(r)))];
	const keys = json.columns.filter(c => c.key).map(c => c.name);
	const keyOf = r => JSON.stringify(keys.map(k => r[k] ?? null));
	const want = new Map(comparable(json.rows, columns).map(r => [keyOf(r), r]));

	assert.ok(rows.length > 0 || !json.rows.length, view + ' has no rows');
	/* The page carries the program's first 500 rows; the rest is summed up from the cubes alone. */
	const cut = whole.rows.length > 500;

	for (const row of comparable(rows, columns)) {
		const other = want.get(keyOf(row));

		assert.ok(other, view + ': no such row in kymo show: ' + JSON.stringify(row));
		for (const c of columns) {
			if (cut && row[c] === undefined && fromAnswer.has(c))
				continue;
			if (!exact && percentiles.has(c) && row[c] !== undefined)
				assert.ok(Math.abs(row[c] - other[c]) <= other[c] * 0.0625 + 1, view + ' ' + c + ': ' + row[c] + ' for ' + other[c]);
			else
				assert.deepEqual(row[c], other[c], view + ' ' + c + ' of ' + JSON.stringify(row));
		}
		want.delete(keyOf(row));
	}
	/* Tasks that only woke up have no cells in the cubes, and nothing to show but that. */
	for (const r of want.values())
		assert.ok(!r.run && !r.switches && !r.count && !r.waits, view + ': missing row ' + JSON.stringify(r));
}

const compared = ['coremap', 'switches', 'durations', 'latency', 'successors', 'tasks'];
const options = view => view === 'durations' ? '&kinds=1%2C2%2C3%2C4' : '';

for (const view of compared) {
	test('real: ' + view + ' shows what kymo show prints, whole capture', { skip: skipReal }, async () => {
		await openReport(page, real, '#view=' + view + options(view));
		await compare(view, show(view), show(view).rows.length <= 500);
		clean();
	});

	test('real: ' + view + ' shows what kymo show prints, windows', { skip: skipReal }, async () => {
		const span = show('tasks').window.to;

		for (const [a, b] of [[0.2, 0.4], [0.5, 0.51], [0, 0.3], [0.7, 1]]) {
			await openReport(page, real, '#view=' + view + options(view) + '&from=' + Math.round(a * span) + '&to=' + Math.round(b * span));
			const w = await viewWindow(page);

			await compare(view, show(view, '--from', w.from + 'ns', '--for', w.to - w.from + 'ns'), false);
		}
		clean();
	});

	test('real: ' + view + ' shows what kymo show prints, filtered', { skip: skipReal }, async () => {
		const [busiest] = show('tasks').rows;
		const filter = '^' + busiest.task.slice(0, 3).replace(/\W/g, '.');

		await openReport(page, real, '#view=' + view + options(view) + '&filter=' + encodeURIComponent(filter));
		await compare(view, show(view, '--task', filter), false, show(view));
		clean();
	});
}

test('real: a page of a window holds that window, and opens as was asked', { skip: skipReal }, async () => {
	const file = path.join(folder, 'cut.html');
	const [from, length] = ['700ms', '400ms'];

	run('report', recording, '-o', file, '--from', from, '--for', length, '--task', '^s', '--view', 'switches', '--views', 'tasks,switches');
	assert.ok(fs.statSync(file).size < fs.statSync(real).size);
	await openReport(page, file);
	assert.deepEqual(await page.locator('.railitem').evaluateAll(items => items.map(i => i.dataset.name)), ['switches', 'tasks']);
	assert.equal(await page.locator('.view').getAttribute('data-view'), 'switches');
	assert.equal(await page.inputValue('.filterbox'), '^s');
	const w = await viewWindow(page);

	assert.ok(w.from <= 700e6 && w.from > 690e6 && w.to >= 1100e6 && w.to < 1110e6, JSON.stringify(w));
	const want = show('switches', '--from', from, '--for', length, '--task', '^s');

	await compare('switches', want, false, want);
	/* The address wins, and a filter that was taken away stays away. */
	await openReport(page, file, '#view=tasks&filter=');
	assert.equal(await page.inputValue('.filterbox'), '');
	assert.equal(await page.locator('.view').getAttribute('data-view'), 'tasks');
	clean();
});

test('real: merged names', { skip: skipReal }, async () => {
	await openReport(page, real, '#view=tasks&merge=1');
	await compare('tasks', show('tasks', '--merge'), false);
	clean();
});

test('real: single runs of a small window', { skip: skipReal }, async () => {
	const span = show('tasks').window.to;
	const from = Math.round(span * 0.31);

	await openReport(page, real, '#view=timeline&from=' + from + '&to=' + (from + 2000000));
	const json = show('timeline', '--from', from + 'ns', '--for', '2000000ns');

	assert.equal(await page.locator('.detail').textContent(), 'every run is shown');
	const rows = (await readTable(page, 'timeline')).map(r => [r.task, r.tid, r.start, r.length, r.cpu, r.end_state]);
	const want = json.rows.filter(r => r.length).slice(0, 500).map(r => [r.task, r.tid, r.start, r.length, r.cpu, r.end_state]);

	assert.deepEqual(rows, want);
	clean();
});
