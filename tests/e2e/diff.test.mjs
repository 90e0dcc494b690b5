/* SPDX-License-Identifier: MIT */
/*
 * The difference of two runs in a browser: a planned pair (one task moved from CPU 0 to CPU 1, another's
 * load doubled, one gone, one new); and with KYMO, the program: what it says of two recordings with a known
 * change, and a recording against itself, where nothing differs.
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
import { changedPair } from '../web/scenario.mjs';
import { simulate } from '../web/simulation.mjs';
import { axeSource, findBrowser, openBrowser, openReport, readTable, settled, showView, until } from './browser.mjs';

const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.KYMO_BUILD || path.join(source, 'build');
const kymo = process.env.KYMO;
const { chromium, missing } = await findBrowser();
const viewerFile = path.join(build, 'web/viewer.js');
const skip = missing || (fs.existsSync(viewerFile) ? false : viewerFile + ' is not built');
const skipReal = skip || (kymo ? false : 'KYMO is not set');
const compared = ['coremap', 'switches', 'durations', 'latency', 'successors', 'tasks'];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-diff-'));
const pair = path.join(folder, 'pair.html');
const six = path.join(folder, 'six.html');
const same = path.join(folder, 'same.html');
const two = path.join(folder, 'two.html');
const demo = path.join(source, 'tests/fixtures/demo.kymo');
/** tests/cli/known_run.c: mover changes its CPU, double does twice as much, half as long again. */
const recordings = ['before', 'after'].map(name => path.join(folder, name + '.kymo'));
const guests = path.join(folder, 'guests.html');
let browser;
let page;

function run(...args) {
	const done = spawnSync(kymo, args, { encoding: 'utf8', maxBuffer: 256 << 20 });

	assert.equal(done.status, 0, args.join(' ') + ': ' + done.stderr);
	return done.stdout;
}

function clean() {
	assert.deepEqual(browser.complaints.splice(0), []);
}

test.before(async () => {
	if (skip)
		return;
	const viewer = [fs.readFileSync(viewerFile, 'utf8'), fs.readFileSync(path.join(build, 'web/viewer.css'), 'utf8')];

	fs.writeFileSync(pair, makePage(changedPair().map((sim, i) => makeRun(sim, ['before', 'after'][i])), ...viewer));
	fs.writeFileSync(six, makePage([1, 2, 3, 4, 5, 6].map(seed => makeRun(simulate({ cpus: 2, tasks: 12, span: 100e6, seed }), 'run' + seed)), ...viewer));
	fs.writeFileSync(guests, makePage([7, 8].map((seed, i) => makeRun(simulate({ cpus: 2, tasks: 14, span: (200 + 50 * i) * 1e6, seed, kvm: true }), ['few', 'many'][i])), ...viewer));
	if (!skipReal) {
		const knownRun = process.env.KNOWN_RUN || path.join(build, 'tests/cli/known_run');

		run('report', demo, demo, '-o', same);
		for (const [i, args] of [['1000'], ['1500', 'moved', 'doubled']].entries())
			assert.equal(spawnSync(knownRun, [recordings[i], ...args]).status, 0);
		run('report', ...recordings, '--diff', '-o', two);
	}
	browser = await openBrowser(chromium);
	page = await browser.page();
});

test.after(async () => {
	await browser?.close();
	fs.rmSync(folder, { recursive: true });
});

const find = (rows, want) => rows.find(r => Object.entries(want).every(([k, v]) => r[k] === v));
const close = (got, want, words) => assert.ok(Math.abs(got - want) < 0.1, words + ': ' + got + ' for ' + want);
const chosen = () => page.locator('.chips .choice [aria-pressed="true"]').textContent();

test('the change between two runs stands in the tables', { skip }, async () => {
	await openReport(page, pair, '#diff=0%2C1&view=coremap');
	const cores = await readTable(page, 'coremap');
	const [from, to] = ['0', '1'].map(cpu => find(cores, { task: 'mover', cpu }));

	close(from.run_pct_a, 40, 'mover on core 0, before');
	close(from.run_pct_b, 0, 'mover on core 0, after');
	close(from.run_pct_diff, -40, 'mover on core 0');
	close(to.run_pct_diff, 40, 'mover on core 1');
	assert.equal(from.run_pct_diff < 0 && to.run_pct_diff > 0, true);
	/* From nothing there is no percent. */
	assert.deepEqual([from.run_pct_rel, to.run_pct_rel], [-100, undefined]);
	await showView(page, 'switches');
	const tasks = await readTable(page, 'switches');
	const double = find(tasks, { task: 'double' });

	close(double.run_pct_a, 10, 'double, before');
	close(double.run_pct_b, 20, 'double, after');
	assert.ok(Math.abs(double.run_pct_rel - 100) < 1);
	close(double.switches_per_s_a, 200, 'its switches');
	assert.ok(Math.abs(double.switches_per_s_diff) < 0.5, 'B is longer, but not busier');
	assert.deepEqual([find(tasks, { task: 'old' }).where, find(tasks, { task: 'fresh' }).where, double.where], ['only A', 'only B', 'A and B']);
	assert.deepEqual([find(tasks, { task: 'old' }).run_pct_b, find(tasks, { task: 'old' }).run_pct_rel], [undefined, undefined]);
	assert.match(await page.locator('.facts').textContent(), /biggest increasedouble\+(9|10)\.\d+ pp.*in one run only2 tasks1 only A, 1 only B/);
	clean();
});

test('a task that moved is one orange and one purple cell', { skip }, async () => {
	await openReport(page, pair, '#diff=0%2C1&view=coremap&measure=run');
	/* Its row is the second one, below "all tasks": the greatest difference comes first. */
	const seen = await page.evaluate(() => {
		const canvas = document.querySelector('.figure canvas.base');
		const scale = canvas.width / canvas.clientWidth;
		const { data } = canvas.getContext('2d').getImageData(0, Math.round((44 + 21 + 4 + 4) * scale), canvas.width, 1);
		const found = { orange: [], purple: [] };

		for (let x = 0; x < canvas.width; x++) {
			const [r, g, b] = data.subarray(x * 4, x * 4 + 3);

			if (r > b + 60)
				found.orange.push(x);
			if (b > g + 40 && b > r)
				found.purple.push(x);
		}
		return found;
	});

	assert.ok(seen.orange.length > 20 && seen.purple.length > 20, JSON.stringify([seen.orange.length, seen.purple.length]));
	assert.ok(Math.max(...seen.orange) < Math.min(...seen.purple), 'less on core 0, more on core 1');
	const box = await page.locator('.figure .pane').first().boundingBox();

	await page.mouse.move(box.x + seen.purple[5], box.y + 44 + 21 + 14);
	assert.match(await page.locator('.tip').textContent(), /mover · on core 1.*A0\.00 %B(39|40)\.\d+ %B − A\+(39|40)\.\d+ pp/);
	clean();
});

test('percentiles and medians of both runs', { skip }, async () => {
	await openReport(page, pair, '#diff=0%2C1&view=durations&kinds=1');
	const run = find(await readTable(page, 'durations'), { task: 'double', kind: 'run' });

	assert.deepEqual([run.max_a, run.max_b, run.max_diff, run.max_rel], [5e5, 1e6, 5e5, 100]);
	/* The pictures stay when the window moves and kinds come and go. */
	await page.keyboard.press('+');
	await settled(page);
	assert.equal(await page.locator('.figure canvas.base:visible').count(), 1);
	await page.locator('.tools input').nth(1).check();
	await settled(page);
	await page.keyboard.press('0');
	await settled(page);
	assert.equal(await page.locator('.figure canvas.base:visible').count(), 2);
	await showView(page, 'latency');
	const rows = await readTable(page, 'percentiles');

	/* Every wake-up of the plan waits 1 us. */
	assert.deepEqual(rows.map(r => [r.what, r.value_a, r.value_b, r.value_diff, r.value_rel]), ['mean', 'p50', 'p90', 'p99', 'p99.9', 'max'].map(what => [what, 1000, 1000, 0, 0]));
	clean();
});

test('a shorter run ends the window, and it is said', { skip }, async () => {
	await openReport(page, pair, '#diff=0%2C1&view=tasks');
	assert.match(await page.locator('.diffnote').textContent(), /Run A is 500 ms shorter: the window ends there/);
	assert.match(await page.locator('.diffnote').textContent(), /A.*before.*1\.00 s, 100 % covered.*B.*after.*1\.00 s, 100 % covered/);
	assert.equal(await page.evaluate(() => Number(document.querySelector('.view').dataset.to)), 1e9);
	/* A window that lies behind it cannot be compared. */
	await openReport(page, pair, '#diff=0%2C1&view=tasks&from=1200000000&to=1400000000');
	assert.match(await page.locator('.diffnote').textContent(), /Run A ends before the chosen window begins/);
	await openReport(page, pair, '#view=tasks&from=1200000000&to=1400000000');
	assert.equal(await page.locator('.diffnote').isVisible(), false);
	clean();
});

test('switch, keys and address: difference, swap, side by side', { skip }, async () => {
	await openReport(page, pair, '#view=switches');
	assert.equal(await chosen(), 'Side by side');
	await page.keyboard.press('d');
	await settled(page);
	assert.equal(await chosen(), 'Difference');
	await until(page, () => /diff=0%2C1/.test(location.hash));
	assert.ok(find(await readTable(page, 'switches'), { task: 'double' }).run_pct_diff > 9);
	assert.deepEqual([await page.locator('.controls input[type=checkbox]').last().isChecked(), await page.locator('.controls input[type=checkbox]').last().isDisabled()], [true, true]);
	await page.keyboard.press('x');
	await settled(page);
	assert.ok(find(await readTable(page, 'switches'), { task: 'double' }).run_pct_diff < -9);
	await until(page, () => /diff=1%2C0/.test(location.hash));
	const link = await page.evaluate(() => location.hash);

	await page.keyboard.press('d');
	await settled(page);
	assert.equal(await chosen(), 'Side by side');
	assert.equal(find(await readTable(page, 'switches'), { task: 'double', run_name: 'before' }).tid, 21);
	/* The link shows what its sender saw. */
	await openReport(page, pair, link);
	assert.equal(await chosen(), 'Difference');
	assert.match(await page.locator('.sideA').first().textContent(), /after/);
	assert.ok(find(await readTable(page, 'switches'), { task: 'double' }).run_pct_diff < -9);
	await page.click('.swap');
	await settled(page);
	assert.ok(find(await readTable(page, 'switches'), { task: 'double' }).run_pct_diff > 9);
	await page.focus('.view .surface');
	await page.keyboard.press('ArrowDown');
	assert.match(await page.locator('[role="status"][aria-live]').textContent(), /A .*, B .*, B − A/);
	await page.keyboard.press('?');
	assert.match(await page.locator('dialog.help').textContent(), /difference B − A/);
	await page.keyboard.press('Escape');
	await page.click('.viewtools button[title="How it is counted"]');
	await page.keyboard.press('Escape');
	/* What is no pair is no difference. */
	await openReport(page, pair, '#diff=0%2C7&view=switches');
	assert.equal(await chosen(), 'Side by side');
	clean();
});

test('of many runs any two can be chosen; columns sort by the size of the difference', { skip }, async () => {
	await openReport(page, six, '#view=tasks');
	assert.equal(await page.locator('.chip').count(), 6);
	await page.click('.choice .difference');
	await settled(page);
	await page.selectOption('.sideB select', '4');
	await settled(page);
	await until(page, () => /diff=0%2C4/.test(location.hash));
	/* The run of the other side changes places. */
	await page.selectOption('.sideA select', '4');
	await settled(page);
	await until(page, () => /diff=4%2C0/.test(location.hash));
	await page.click('table[data-view="tasks"] thead button[data-col="switches_per_s_diff"]');
	await settled(page);
	const sizes = (await readTable(page, 'tasks')).map(r => Math.abs(r.switches_per_s_diff));

	assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
	assert.ok(sizes[0] > 0);
	clean();
});

test('exits per second of each run, by task and reason', { skip }, async () => {
	await openReport(page, guests, '#view=kvm&merge=1&to=200000000');
	const counted = await readTable(page, 'kvm');

	await openReport(page, guests, '#view=kvm&diff=0%2C1');
	const rows = await readTable(page, 'kvm');

	assert.ok(counted.length >= 4 && rows.length > 8);
	for (const [part, name] of [['_a', 'few'], ['_b', 'many']]) {
		for (const want of counted.filter(r => r.run_name === name)) {
			const got = rows.filter(r => r.task === want.task).reduce((n, r) => n + (r['count_per_s' + part] || 0), 0) * 0.2;

			/* The bins of the longer run are not those of the window. */
			assert.ok(Math.abs(got - want.total) <= want.total * 0.01 + (part === '_b' ? 3 : 0), name + ' ' + want.task + ': ' + got + ' for ' + want.total);
		}
	}
	for (const r of rows)
		assert.ok(Math.abs(r.count_per_s_b - r.count_per_s_a - r.count_per_s_diff) < 1e-6);
	const reasons = await readTable(page, 'reasons');

	assert.equal(Math.round(reasons.reduce((n, r) => n + r.pct_a, 0)), 100);
	await showView(page, 'vms');
	const [vm] = await readTable(page, 'vms');

	assert.ok(Math.abs(vm.steal_pct_b - vm.steal_pct_a - vm.steal_pct_diff) < 1e-6);
	clean();
});

test('views without a difference say so', { skip }, async () => {
	await openReport(page, pair, '#diff=0%2C1&view=timeline');
	assert.match(await page.locator('.viewnote').textContent(), /A difference of timelines has no meaning/);
	await showView(page, 'tasks');
	assert.equal(await page.locator('.viewnote').isVisible(), false);
	clean();
});

test('there and back again: both modes show their pictures and tables', { skip }, async () => {
	for (const view of compared) {
		await openReport(page, pair, '#view=' + view);
		const before = await page.locator('.figure canvas.base').count();

		for (const difference of [true, false, true, false]) {
			await page.keyboard.press('d');
			await settled(page);
			const rows = await readTable(page, view);

			assert.ok(rows.length && rows.every(r => (r.run_name === undefined) === difference), view);
			assert.ok(view === 'tasks' || await page.locator('.figure canvas.base:visible').count() > 0, view);
		}
		assert.equal(await page.locator('.figure canvas.base:visible').count(), before, view);
	}
	clean();
});

test('every view in both modes: fits narrow pages, pictures are not empty', { skip }, async () => {
	for (const [width, height] of [[1440, 900], [390, 844]]) {
		await page.setViewportSize({ width, height });
		for (const [file, hash] of [[pair, '#diff=0%2C1'], [six, '#diff=1%2C3'], [six, '#'], [guests, '#diff=0%2C1']]) {
			for (const view of file === guests ? ['kvm', 'guest', 'vms'] : [...compared, 'timeline', 'info']) {
				await openReport(page, file, hash + '&view=' + view);
				assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, [hash, view, width, 'is too wide'].join(' '));
				if (view !== 'tasks' && view !== 'info')
					assert.ok(await page.locator('.figure canvas.base').count() > 0, [hash, view].join(' '));
				assert.ok(await page.evaluate(() => [...document.querySelectorAll('.figure canvas.base')].every(c =>
					c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))), [hash, view, width, 'is empty'].join(' '));
			}
		}
	}
	await page.setViewportSize({ width: 1440, height: 900 });
	clean();
});

test('no serious finding of axe', { skip: skip || (axeSource() ? false : 'axe-core is not installed') }, async () => {
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		for (const [file, hash, views] of [[pair, '#diff=0%2C1', [...compared, 'timeline']], [guests, '#diff=0%2C1', ['kvm', 'guest', 'vms']], [six, '#diff=2%2C5', ['coremap']], [six, '#', ['latency']]]) {
			await openReport(page, file, hash);
			await page.evaluate(axeSource());
			for (const view of views) {
				await showView(page, view);
				const found = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations
					.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html).join(' | ')));

				assert.deepEqual(found, [], view + ', ' + colorScheme);
			}
		}
	}
	await page.emulateMedia({ colorScheme: 'light' });
	clean();
});

test('real: a recording does not differ from itself', { skip: skipReal }, async () => {
	await openReport(page, same, '#diff=0%2C1&view=tasks');
	for (const view of [...compared, 'wakers']) {
		await showView(page, view);
		const rows = await readTable(page, view);

		assert.ok(rows.length > 0, view);
		for (const r of rows) {
			assert.ok(r.where === undefined, view);
			for (const [name, v] of Object.entries(r))
				assert.ok(!/_(diff|rel)$/.test(name) || v === 0, view + ': ' + JSON.stringify(r));
		}
	}
	clean();
});

test('real: kymo report --diff opens the difference; side by side is a link of its own', { skip: skipReal }, async () => {
	await openReport(page, two);
	assert.equal(await chosen(), 'Difference');
	await page.keyboard.press('d');
	await settled(page);
	await until(page, () => location.hash === '#diff=');
	await openReport(page, two, '#diff=');
	assert.equal(await chosen(), 'Side by side');
	clean();
});

/** Columns of the page by those of `kymo show --diff`, without the part behind the point. */
const sameColumns = {
	coremap: [['run_pct', 'run_pct'], ['switches/s', 'switches_per_s']],
	switches: [['run_pct', 'run_pct'], ['switches/s', 'switches_per_s']],
	tasks: [['run_pct', 'run_pct'], ['switches/s', 'switches_per_s']],
	latency: [['waits/s', 'waits_per_s'], ['p50', 'p50'], ['p99', 'p99'], ['max', 'max']],
	successors: [['count/s', 'count_per_s'], ['pct', 'pct']],
};

for (const [view, columns] of Object.entries(sameColumns)) {
	test('real: ' + view + ' differs as kymo show --diff says', { skip: skipReal }, async () => {
		const json = JSON.parse(run('show', view, ...recordings, '--diff', '--json', '--top', '0'));
		const keyOf = r => [r.task, r.cpu, r.next].join('\t');
		const want = new Map(json.rows.map(r => [keyOf(r), r]));
		const [a, b] = json.runs.map(r => r.name);
		let checked = 0;

		await openReport(page, two, '#view=' + view);
		for (const row of await readTable(page, view)) {
			const told = want.get(keyOf(row));

			for (const [theirs, ours] of columns) {
				for (const [from, to] of [['.' + a, '_a'], ['.' + b, '_b'], ['.diff', '_diff'], ['.diff_pct', '_rel']]) {
					const [x, y] = [told?.[theirs + from], row[ours + to]];

					/* The program leaves out what did nothing; the page knows that it was there and shows 0. */
					if (x === undefined || y === undefined)
						continue;
					/* The longer run is summed to the end of the bin in which the common window ends, one of 1365. */
					const most = to === '_a' ? 0 : to === '_rel' ? 200 : Math.max(row[ours + '_a'] || 0, row[ours + '_b'] || 0);

					assert.ok(Math.abs(x - y) <= most * 1e-3 + Math.abs(x) * 1e-6 + 1e-6, [view, keyOf(row), ours + to, y, 'for', x].join(' '));
					checked++;
				}
			}
		}
		assert.ok(checked > 20, view + ': ' + checked);
		clean();
	});
}
