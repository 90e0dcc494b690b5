/* SPDX-License-Identifier: MIT */
/* Counters over time in a browser: made-up pages (tests/web/counted.mjs), and recordings of which every count is known (tests/cli/known_run.c). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { counted } from '../web/counted.mjs';
import { makePage, makeRun } from '../web/page_writer.mjs';
import { simulate } from '../web/simulation.mjs';
import { axeSource, findBrowser, openBrowser, openReport, readTable, settled, until, viewWindow } from './browser.mjs';

const MS = 1e6;
const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.KYMO_BUILD || path.join(source, 'build');
const kymo = process.env.KYMO || path.join(build, 'src/cmd/kymo');
const knownRun = process.env.KNOWN_RUN || path.join(build, 'tests/cli/known_run');
const { chromium, missing } = await findBrowser();
const viewerFile = path.join(build, 'web/viewer.js');
const skip = missing || (fs.existsSync(viewerFile) ? false : viewerFile + ' is not built');
const skipReal = skip || (fs.existsSync(kymo) && fs.existsSync(knownRun) ? false : kymo + ' or ' + knownRun + ' is not built');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-e2e-counters-'));
const at = name => path.join(folder, name);
const base = () => simulate({ cpus: 4, tasks: 12, span: 2000 * MS, losses: 0, seed: 3 });
let browser;
let page;

function clean() {
	assert.deepEqual(browser.complaints.splice(0), []);
}

function run(program, ...args) {
	const done = spawnSync(program, args, { encoding: 'utf8' });

	assert.equal(done.status, 0, args.join(' ') + ': ' + done.stderr);
	return done.stdout;
}

const show = (file, ...args) => JSON.parse(run(kymo, 'show', 'counters', at(file), '--json', '--quiet', ...args)).rows;
const titles = () => page.evaluate(() => document.querySelector('.linecharts') !== null);
const tip = () => page.locator('.tip').textContent();
const said = () => page.evaluate(() => document.querySelector('[aria-live]').textContent);

/** A point of a chart: number from the left and from above, part of its width. */
async function pointIn(column, row, part, rows = 4) {
	const box = await page.locator('.linecharts .pane').boundingBox();
	const wide = box.width / 2;

	return [box.x + column * wide + 62 + (wide - 76) * part, box.y + (row + 0.5) * (box.height - 26) / rows];
}

test.before(async () => {
	if (skip)
		return;
	const js = fs.readFileSync(viewerFile, 'utf8');
	const css = fs.readFileSync(path.join(build, 'web/viewer.css'), 'utf8');
	const write = (name, ...runs) => fs.writeFileSync(at(name), makePage(runs, js, css));
	const lone = counted(base(), 10 * MS);

	write('one.html', makeRun(counted({ ...base(), losses: [{ from: 900 * MS, to: 1000 * MS, cpu: null, track: 'counter', count: 7, cause: 'ring full' }] }, 10 * MS), 'one'));
	write('two.html', makeRun(counted(base(), 10 * MS), 'before'), makeRun(counted(base(), 10 * MS, { slow: 2, seed: 9 }), 'after'));
	write('tasks.html', makeRun(counted(base(), 10 * MS, { of: 'slices' }), 'tasks'));
	/* Two readings in a pixel, and a hundred of lines. */
	write('dense.html', makeRun(counted(base(), 1 * MS), 'dense'));
	/* Counts and nothing else. */
	lone.switches = lone.switches.map(() => []);
	lone.wakeups = lone.wakeups.map(() => []);
	lone.samplesOnly = true;
	write('alone.html', makeRun(lone, 'alone'));
	if (!skipReal) {
		run(knownRun, at('cpus.kymo'), '1000', 'counters');
		run(knownRun, at('tasks.kymo'), '1000', 'tasks');
		for (const name of ['cpus', 'tasks'])
			run(kymo, 'report', at(name + '.kymo'), '-o', at('real-' + name + '.html'));
	}
	browser = await openBrowser(chromium);
	page = await browser.page();
});

test.after(async () => {
	await browser?.close();
	fs.rmSync(folder, { recursive: true });
});

test('hover tells the exact value, its range, and where nothing is known', { skip }, async () => {
	await openReport(page, at('one.html'), '#view=counters');
	assert.equal(await titles(), true);
	await page.mouse.move(...await pointIn(0, 0, 0.25));
	assert.match(await tip(), /^Instructions per cycle0\.5000 s \+ 10\.0 msvalue[\d.]+ insn\/cycle$/);
	await page.mouse.move(...await pointIn(0, 2, 0.25));
	assert.match(await tip(), /^cache-misses0\.5000 s \+ 10\.0 msvalue[\d,]+ \/sbetween[\d,]+ \/sand[\d,]+ \/scounted[\d,.]+$/);
	/* Readings 36 to 39 of forty had no counter. */
	await page.mouse.move(...await pointIn(0, 2, 0.375 / 2));
	assert.match(await tip(), /^cache-misses · 0\.375\d* snot known here$/);
	await page.mouse.move(...await pointIn(0, 3, 0.5));
	assert.match(await tip(), /^bus-cycles.*not known here$/);
	await page.mouse.move(...await pointIn(1, 2, 0.25));
	assert.match(await tip(), /^task-clock.*value4 CPUscounted40\.0 ms$/);
	assert.match(await page.locator('.figure').textContent(), /Pale band.*Hatched.*Not counted: stalled-cycles-backend \(this machine does not have it\)\.$/);
	clean();
});

test('the cursor and the window are those of all views', { skip }, async () => {
	await openReport(page, at('one.html'), '#view=counters');
	const [x, y] = await pointIn(0, 1, 0.25);
	const [to] = await pointIn(0, 1, 0.5);

	await page.mouse.move(x, y);
	await page.mouse.down();
	await page.mouse.move((x + to) / 2, y);
	await page.mouse.move(to, y);
	await page.mouse.up();
	await until(page, () => /from=/.test(location.hash));
	await settled(page);
	const w = await viewWindow(page);

	assert.ok(Math.abs(w.from - 500 * MS) < 8 * MS && Math.abs(w.to - 1000 * MS) < 8 * MS, JSON.stringify(w));
	assert.ok((await readTable(page, 'readings')).every(r => r.time + r.length > w.from && r.time < w.to));
	/* In the second column too. */
	await page.mouse.move(...await pointIn(1, 1, 0.5));
	assert.match(await tip(), /^instructions0\.7[45]/);
	await page.mouse.dblclick(...await pointIn(1, 1, 0.5));
	await until(page, () => !/from=/.test(location.hash));
	clean();
});

test('keys: up and down choose the chart, left and right the time, Enter the CPU', { skip }, async () => {
	await openReport(page, at('one.html'), '#view=counters&split=cpu');
	await page.locator('.linecharts').focus();
	for (const [key, want] of [['ArrowDown', /^Instructions per cycle,.* 1\.0000 s \+ 10\.0 ms, CPU 0 [\d.]+ insn\/cycle,/], ['ArrowDown', /^Cache misses per 1000/], ['ArrowDown', /^cycles, .*CPU 0 [\d,]+ \/s, counted [\d,]+, CPU /],
		['ArrowLeft', /^cycles,.* 0\.9800 s/], ['ArrowUp', /^Cache misses/]]) {
		await page.keyboard.press(key);
		assert.match(await said(), want, key);
	}
	await page.keyboard.press('+');
	await until(page, () => /from=/.test(location.hash));
	await page.keyboard.press('Enter');
	await until(page, () => /cpu=0/.test(location.hash));
	await settled(page);
	assert.equal(await page.locator('.legend button[aria-pressed="true"]').textContent(), 'CPU 0');
	await page.keyboard.press('Enter');
	await until(page, () => !/cpu=0/.test(location.hash));
	clean();
});

test('tables say what the picture shows', { skip }, async () => {
	await openReport(page, at('one.html'), '#view=counters&split=cpu');
	const rows = await readTable(page, 'counters');

	assert.deepEqual([...new Set(rows.map(r => r.cpu))], [0, 1, 2, 3]);
	const ratios = await readTable(page, 'ratios');
	const of = (cpu, event) => rows.find(r => r.cpu === cpu && r.event === event);

	for (const cpu of [0, 1, 2, 3]) {
		assert.ok(Math.abs(ratios.find(r => r.cpu === cpu && r.metric === 'Instructions per cycle').value - of(cpu, 'instructions').count / of(cpu, 'cycles').count) < 1e-12);
		assert.ok(of(cpu, 'cache-misses').low < of(cpu, 'cache-misses').count && of(cpu, 'cache-misses').high > of(cpu, 'cache-misses').count);
		assert.equal(of(cpu, 'bus-cycles').note, 'never on a counter: the PMU had none free');
		assert.ok(Math.abs(of(cpu, 'cache-misses').counted_pct - 100 / 3) < 0.1);
		assert.ok(of(cpu, 'cycles').peak >= of(cpu, 'cycles').per_s);
	}
	/* No metric is listed that only repeats a rate. */
	assert.equal(ratios.some(r => r.metric === 'CPUs utilised'), false);
	const save = async selector => {
		const [download] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);

		await download.saveAs(at(download.suggestedFilename()));
		return fs.readFileSync(at(download.suggestedFilename()));
	};

	assert.match((await save('.twin:nth-of-type(3) button:has-text("CSV"), section.twin:last-of-type button:has-text("CSV")')).toString(), /^time,length,cpu,what,value,low,high,unit\r\n0,10000000,0,Instructions per cycle,/);
	assert.equal((await save('.viewtools button:has-text("PNG")')).subarray(1, 4).toString(), 'PNG');
	clean();
});

test('tasks: the filter applies, a click selects', { skip }, async () => {
	await openReport(page, at('tasks.html'), '#view=counters&split=task');
	const rows = await readTable(page, 'counters');
	const [first] = rows;

	assert.ok(rows.every((r, i) => i === 0 || r.event !== rows[i - 1].event || r.count <= rows[i - 1].count), 'most first');
	await openReport(page, at('tasks.html'), '#view=counters&split=task&filter=' + encodeURIComponent('^' + first.task.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') + '$'));
	const filtered = await readTable(page, 'counters');

	assert.ok(filtered.length < rows.length && filtered.every(r => r.task === first.task));
	await openReport(page, at('tasks.html'), '#view=counters&filter=nobody');
	assert.equal((await readTable(page, 'counters')).length, 0);
	await openReport(page, at('tasks.html'), '#view=counters&split=task');
	await page.click('.legend button.key >> nth=0');
	await until(page, () => /task=/.test(location.hash));
	clean();
});

test('two runs: lines in one chart, and the difference', { skip }, async () => {
	await openReport(page, at('two.html'), '#view=counters&diff=0,1');
	const ratios = new Map((await readTable(page, 'ratios')).map(r => [r.metric, r]));
	const ipc = ratios.get('Instructions per cycle');

	assert.ok(Math.abs(ipc.value_rel + 50) < 3, 'half as many instructions a cycle: ' + JSON.stringify(ipc));
	assert.match(await page.locator('.facts').textContent(), /Instructions per cycle−(49|50|51)\.\d %/);
	const clock = (await readTable(page, 'counters')).find(r => r.event === 'task-clock');

	assert.deepEqual([clock.rate_a, clock.rate_b, clock.rate_diff], [4e9, 4e9, 0]);
	await page.mouse.move(...await pointIn(0, 0, 0.25));
	assert.match(await tip(), /^Instructions per cycle.*[AB] (before|after)[\d.]+ insn\/cycle[AB] (before|after)[\d.]+ insn\/cycle$/);
	await openReport(page, at('two.html'), '#view=counters');
	assert.equal(await page.locator('.legend .key').count(), 2);
	assert.deepEqual([...new Set((await readTable(page, 'counters')).map(r => r.run_name))], ['before', 'after']);
	clean();
});

test('counts alone: the strip shows them, nothing of the scheduler is offered', { skip }, async () => {
	await openReport(page, at('alone.html'));
	assert.deepEqual(await page.locator('.railitem').allTextContents(), ['Counters', 'Losses & info']);
	await page.mouse.move(...await page.locator('.brush .pane').boundingBox().then(b => [b.x + 500, b.y + 6]));
	assert.match(await tip(), /CPU 0.*cycles.*of the most/);
	clean();
});

for (const [name, file, hash] of [['one', 'one.html', ''], ['by CPU', 'one.html', 'split=cpu'], ['dense', 'dense.html', 'split=cpu'], ['tasks', 'tasks.html', 'split=task'], ['difference', 'two.html', 'diff=0,1']]) {
	test(name + ': fits narrow pages and has a picture', { skip }, async () => {
		for (const [width, height] of [[390, 844], [1440, 900], [2200, 1200]]) {
			await page.setViewportSize({ width, height });
			await openReport(page, at(file), '#view=counters&' + hash);
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'too wide');
			assert.ok(await page.evaluate(() => [...document.querySelectorAll('.figure canvas.base')].every(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))), 'the picture is empty');
			assert.equal(await page.locator('.banner').isVisible(), false);
		}
		await page.setViewportSize({ width: 1440, height: 900 });
		clean();
	});
}

test('no serious finding of axe', { skip: skip || (axeSource() ? false : 'axe-core is not installed') }, async () => {
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		for (const [file, hash] of [['one.html', ''], ['one.html', 'split=cpu&cpu=1'], ['tasks.html', 'split=task'], ['two.html', 'diff=0,1']]) {
			await openReport(page, at(file), '#view=counters&' + hash);
			await page.evaluate(axeSource());
			const found = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations
				.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html).join(' | ')));

			assert.deepEqual(found, [], file + hash + ', ' + colorScheme);
		}
	}
	await page.emulateMedia({ colorScheme: 'light' });
	clean();
});

/* ---- the program and the page count alike ---- */

const same = (got, want, what) => assert.ok(got === want || Math.abs(got - want) <= 1e-9 * Math.abs(want) + 1.5, what + ': ' + got + ', not ' + want);

for (const [file, split, by] of [['cpus', 'system', 'event'], ['cpus', 'cpu', 'cpu'], ['tasks', 'task', 'task'], ['tasks', 'system', 'event']]) {
	test('real: ' + file + ' ' + split + ' shows what kymo show counters prints, whole and in windows', { skip: skipReal }, async () => {
		for (const [from, to] of [[0, 1000], [100, 350], [500, 1000]]) {
			await openReport(page, at('real-' + file + '.html'), '#view=counters&split=' + split + '&from=' + from * MS + '&to=' + to * MS);
			const rows = await readTable(page, 'counters');
			const want = show(file + '.kymo', '--by', by, '--from', from + 'ms', '--for', to - from + 'ms').filter(r => r.count !== undefined || r.counted_pct !== undefined);
			const key = r => [r.cpu, r.tid, r.event].join();
			const known = new Map(rows.map(r => [key(r), r]));

			assert.equal(rows.length, want.length);
			for (const r of want) {
				const got = known.get(key(r));

				assert.ok(got, 'row of ' + JSON.stringify(r));
				if (r.count === undefined) {
					assert.equal(got.count, undefined);
					continue;
				}
				/* The program sees a window alone: of what was counted part of the time, the first reading tells of more in the page. */
				if (to - from < 1000 && r.low < r.count) {
					assert.ok(Math.abs(got.count - r.count) <= 2 * 30000 * (r.cpu === undefined ? 2 : 1), 'count of ' + key(r) + ': ' + got.count + ', not ' + r.count);
					continue;
				}
				same(got.count, r.count, 'count of ' + key(r));
				same(got.per_s, r.per_s, 'rate of ' + key(r));
				same(got.low ?? got.count, r.low, 'least of ' + key(r));
				same(got.high ?? got.count, r.high, 'most of ' + key(r));
			}
		}
		clean();
	});
}
