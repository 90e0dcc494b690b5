/* SPDX-License-Identifier: MIT */
/* The views of profiles in a browser, on pages of a program whose split is known (tests/web/profiled.mjs). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { makePage, makeRun } from '../web/page_writer.mjs';
import { profiled } from '../web/profiled.mjs';
import { simulate } from '../web/simulation.mjs';
import { axeSource, findBrowser, openBrowser, openReport, readTable, settled, showView, until, viewWindow } from './browser.mjs';

const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.KYMO_BUILD || path.join(source, 'build');
const { chromium, missing } = await findBrowser();
const viewerFile = path.join(build, 'web/viewer.js');
const skip = missing || (fs.existsSync(viewerFile) ? false : viewerFile + ' is not built');
const views = ['flame', 'hotspots', 'timemap', 'offcpu'];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-e2e-profile-'));
const one = path.join(folder, 'one.html');
const two = path.join(folder, 'two.html');
const bare = path.join(folder, 'bare.html');
const alone = path.join(folder, 'alone.html');
const base = () => simulate({ cpus: 4, tasks: 12, span: 3000e6, losses: 0, seed: 3 });
let browser;
let page;
let serverName;

function clean() {
	assert.deepEqual(browser.complaints.splice(0), []);
}

const near = (v, want, what) => assert.ok(Math.abs(v - want) < 0.02, what + ': ' + v + ', not ' + want);

async function shares(name, column = 'self_pct') {
	return new Map((await readTable(page, name)).map(r => [r.function, r[column]]));
}

/** A point of the first flame graph: part of its width, row from its first frame. */
async function pointAt(part, row, up = true) {
	const box = await page.locator('.flame .pane').first().boundingBox();

	return [box.x + box.width * part, up ? box.y + box.height - 1 - (row + 0.5) * 19 : box.y + 1 + (row + 0.5) * 19];
}

const said = () => page.evaluate(() => document.querySelector('[aria-live]').textContent);
const crumbs = () => page.evaluate(() => document.querySelector('.crumbs').textContent);

test.before(async () => {
	if (skip)
		return;
	const js = fs.readFileSync(viewerFile, 'utf8');
	const css = fs.readFileSync(path.join(build, 'web/viewer.css'), 'utf8');
	const sim = profiled(base(), { period: 2e6 });
	const users = sim.tasks.filter(t => t.idle_cpu === null);

	serverName = users[0].role || users[0].comm;
	assert.notEqual(serverName, users[1].role || users[1].comm);
	const write = (file, ...runs) => fs.writeFileSync(file, makePage(runs, js, css));

	write(one, makeRun(sim, 'one'));
	write(two, makeRun(sim, 'before'), makeRun(profiled(base(), { period: 2e6, change: 3, extra: 'spin_wait' }), 'after'));
	write(bare, makeRun(profiled(base(), { period: 2e6, cube: true, chains: false }), 'bare'));
	const lone = profiled(base(), { period: 2e6 });

	/* Samples and nothing else. */
	lone.switches = lone.switches.map(() => []);
	lone.wakeups = lone.wakeups.map(() => []);
	lone.offcpu = undefined;
	lone.samplesOnly = true;
	write(alone, makeRun(lone, 'alone'));
	browser = await openBrowser(chromium);
	page = await browser.page();
});

test.after(async () => {
	await browser?.close();
	fs.rmSync(folder, { recursive: true });
});

test('the split of the known program, filtered, in a window', { skip }, async () => {
	await openReport(page, one, '#view=flame');
	const all = await shares('flame');

	for (const [name, want] of [['compute', 35], ['memcpy', 10], ['copy_page_to_iter', 5], ['Interpreter', 0]])
		near(all.get(name), want, name);
	near((await shares('flame', 'total_pct')).get('main'), 50, 'main');
	await openReport(page, one, '#view=flame&from=1000000000&to=1020000000&filter=' + encodeURIComponent('^' + serverName.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') + '$'));
	const mine = await shares('flame');

	for (const [name, want] of [['compute', 70], ['memcpy', 20], ['copy_page_to_iter', 10]])
		near(mine.get(name), want, name);
	assert.deepEqual(await viewWindow(page), { from: 1000000000, to: 1020000000 });
	assert.equal((await readTable(page, 'flame')).reduce((n, r) => n + r.samples, 0), 10);
	await openReport(page, one, '#view=flame&event=cache-misses');
	near((await shares('flame')).get('memcpy'), 70, 'cache misses of memcpy');
	await openReport(page, one, '#view=flame&cpu=3');
	assert.equal((await shares('flame')).has('compute'), false);
	clean();
});

test('a click zooms, crumbs and Escape go back; keys walk and read out', { skip }, async () => {
	await openReport(page, one, '#view=flame');
	await page.mouse.move(...await pointAt(0.3, 2));
	assert.match(await page.locator('.tip').textContent(), /^mainmoduleservertotal50\.00 %/);
	await page.mouse.click(...await pointAt(0.3, 2));
	await until(page, () => /frame=\d+\.\d+(&|$)/.test(location.hash));
	await settled(page);
	assert.match(await crumbs(), /^all›_start›main$/);
	/* main takes the whole width now: what it calls are 20, 50, 10 and 20 of 100. */
	await page.mouse.move(...await pointAt(0.65, 4));
	assert.match(await page.locator('.tip').textContent(), /^handle_request.*of main50\.00 %/);
	await page.locator('.surface.flame').focus();
	await page.keyboard.press('Escape');
	await until(page, () => /frame=\d+(&|$)/.test(location.hash));
	await settled(page);
	await page.click('.crumbs button');
	await until(page, () => !/frame=/.test(location.hash));
	await settled(page);
	await page.locator('.surface.flame').focus();
	for (const [key, want] of [['ArrowUp', /^all, /], ['ArrowUp', /^_start, /], ['ArrowRight', /^clone3, module libc/], ['ArrowLeft', /^_start, /], ['ArrowUp', /^main, /], ['ArrowUp', /^run_loop, /], ['ArrowUp', /^handle_request, .*total 25\.00 %/],
		['ArrowDown', /^run_loop, /]]) {
		await page.keyboard.press(key);
		assert.match(await said(), want, key);
	}
	await page.keyboard.press('Enter');
	await until(page, () => document.querySelector('.crumbs b')?.textContent === 'run_loop');
	clean();
});

test('functions by events, and what follows from them', { skip }, async () => {
	await openReport(page, one, '#view=hotspots&hot=matrix');
	const rows = new Map((await readTable(page, 'hotspots')).map(r => [r.function, r]));

	/* A thousand misses every 4 ms of the server, seven of ten in memcpy, which has two of ten samples. */
	near(rows.get('memcpy')['cache-misses'], 70, 'cache misses of memcpy');
	near(rows.get('memcpy').mpms, 1000 / 4 * 0.7 / 0.2, 'misses per ms of memcpy');
	near(rows.get('compute').mpms, 1000 / 4 * 0.3 / 0.7, 'misses per ms of compute');
	assert.equal(rows.get('copy_page_to_iter').mpms, 0);
	await page.locator('.figure .surface').focus();
	await page.keyboard.press('ArrowDown');
	for (let i = 0; i < 3; i++)
		await page.keyboard.press('ArrowRight');
	assert.match(await said(), /^memcpy · Cache misses per ms, module libc\.so\.6, value 875 \/ms$/);
	clean();
});

test('search tells the share of chains that match', { skip }, async () => {
	await openReport(page, one, '#view=flame');
	for (const [text, want] of [['memcpy|compute', /^45\.0 % of samples, 2 functions$/], ['run_loop', /^50\.0 % of samples, 1 function$/], ['Node;::s', /^15\.\d % of samples, 1 function$/], ['[', /of samples/], ['nowhere', /^0\.0 % of samples, 0 functions$/]]) {
		await page.fill('.findbox', text);
		await page.waitForTimeout(120);
		assert.match(await page.locator('.find [role="status"]').textContent(), want, text);
	}
	await page.press('.findbox', 'Escape');
	await until(page, () => !/find=/.test(location.hash) && document.querySelector('.findbox').value === '');
	clean();
});

test('shapes: from the leaves, heaviest first', { skip }, async () => {
	await openReport(page, one, '#view=flame&shape=leaf');
	await page.mouse.move(...await pointAt(0.1, 1, false));
	assert.match(await page.locator('.tip').textContent(), /^compute.*35\.00 %/);
	await page.mouse.move(...await pointAt(0.1, 2, false));
	assert.match(await page.locator('.tip').textContent(), /^handle_request.*15\.00 %/);
	await page.click('.tools button:has-text("Left heavy")');
	await settled(page);
	await page.mouse.move(...await pointAt(0.1, 1, false));
	assert.match(await page.locator('.tip').textContent(), /^_start.*50\.00 %/);
	clean();
});

test('hotspots lead to callers and callees', { skip }, async () => {
	await openReport(page, one, '#view=hotspots');
	near((await shares('hotspots')).get('compute'), 35, 'compute');
	const box = await page.locator('.view[data-view="hotspots"] .pane').boundingBox();

	await page.mouse.click(box.x + 300, box.y + 44 + 12);
	await page.waitForSelector('.view[data-view="flame"] .chip.drop');
	await settled(page);
	assert.equal(await page.locator('.chip.drop').textContent(), 'callers and callees of compute');
	assert.deepEqual(await page.locator('.multiple h4').allTextContents(), ['callers', 'callees']);
	assert.match(await page.locator('.facts').textContent(), /chains through compute35\.00 %/);
	/* What calls it stands above it: 3 of 7 by handle_request. */
	await page.mouse.move(...await pointAt(0.2, 1));
	assert.match(await page.locator('.tip').textContent(), /^handle_request.*15\.00 %/);
	await page.click('.chip.drop');
	await until(page, () => !/func=/.test(location.hash));
	await openReport(page, one, '#view=hotspots&hot=matrix');
	const rows = await readTable(page, 'hotspots');
	const memcpy = rows.find(r => r.function === 'memcpy');

	near(memcpy['cpu-clock'], 10, 'memcpy');
	near(memcpy['cache-misses'], 70, 'memcpy');
	clean();
});

test('a span of the time map is the window of the flame graph', { skip }, async () => {
	await openReport(page, one, '#view=timemap');
	assert.match(await page.locator('.view[data-view="timemap"] .difflegend').textContent(), /^Each column is 1 s, each cell 20 ms\./);
	assert.deepEqual((await readTable(page, 'timemap')).map(r => r.samples), [1000, 1000, 1000]);
	const box = await page.locator('.timemap .pane').boundingBox();
	const high = (box.height - 30) / 50;
	const at = (column, row) => [box.x + 66 + (column + 0.5) * 72, box.y + 6 + (row + 0.5) * high];

	await page.mouse.move(...at(1, 10));
	await page.mouse.down();
	await page.mouse.move(...at(2, 3), { steps: 4 });
	await page.mouse.up();
	await until(page, () => /from=1200000000&to=2080000000/.test(location.hash));
	await settled(page);
	await showView(page, 'flame');
	assert.equal((await readTable(page, 'flame')).reduce((n, r) => n + r.samples, 0), 880);
	await openReport(page, one, '#view=timemap');
	await page.locator('.surface.timemap').focus();
	for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowDown', 'Enter'])
		await page.keyboard.press(key);
	assert.match(await said(), /^1\.02\d* s/);
	await until(page, () => /from=1000000000&to=1040000000/.test(location.hash));
	clean();
});

test('off CPU: where threads blocked, or what to record', { skip }, async () => {
	await openReport(page, one, '#view=offcpu');
	near((await shares('offcpu', 'total_pct')).get('do_poll'), 75, 'do_poll');
	assert.match(await page.locator('.facts').textContent(), /times off the CPU900.*2\.40 s in all/);
	await openReport(page, bare, '#view=offcpu');
	assert.match(await page.locator('.view[data-view="offcpu"] .twin .notes').first().textContent(), /kymo record --off-cpu/);
	near((await shares('offcpu')).get('[no chain]'), 100, 'no chain');
	await openReport(page, alone, '#view=offcpu');
	assert.match(await page.locator('.viewnote:visible').textContent(), /kymo record --off-cpu/);
	clean();
});

test('the difference of two runs', { skip }, async () => {
	await openReport(page, two, '#view=flame&diff=0,1');
	const rows = new Map((await readTable(page, 'flame')).map(r => [r.function, r]));

	for (const [name, a, b] of [['memcpy', 10, 25], ['compute', 35, 15], ['copy_page_to_iter', 5, 5]]) {
		near(rows.get(name).self_pct_a, a, name);
		near(rows.get(name).self_pct_b, b, name);
		near(rows.get(name).self_pct_diff, b - a, name);
	}
	assert.deepEqual([rows.get('spin_wait').where, rows.get('spin_wait').self_pct_a, rows.get('memcpy').where], ['only B', undefined, 'A and B']);
	const only = await readTable(page, 'flame-only');

	assert.deepEqual(only.map(r => [r.path.split(' ← ')[0], r.where]), [['compute', 'only A'], ['spin_wait', 'only B']]);
	near(only[0].share, 15, 'handle_request calls compute in A only');
	/* Widths are those of B: memcpy is 25 of 100; then of A, 10 of 100. */
	const tip = async part => {
		await page.mouse.move(...await pointAt(part, 5));
		return page.locator('.tip').textContent();
	};

	assert.match(await tip(0.35), /^memcpymodulelibc\.so\.6A10\.00 %B25\.00 %B − A\+15\.00 pp/);
	await page.click('.tools button:has-text("of A")');
	await settled(page);
	assert.match(await tip(0.35), /^plan|^compute/);
	assert.match(await tip(0.5), /^memcpymodulelibc\.so\.6A10\.00 %/);
	await showView(page, 'hotspots');
	assert.match(await page.locator('.facts').textContent(), /biggest increasememcpy\+15\.00 pp.*biggest decreasecompute−20\.00 pp/);
	await showView(page, 'offcpu');
	assert.ok((await readTable(page, 'offcpu')).every(r => r.self_pct_diff === 0));
	clean();
});

test('side by side: a flame graph of each run', { skip }, async () => {
	await openReport(page, two, '#view=flame');
	assert.equal(await page.locator('.surface.flame').count(), 2);
	const rows = await readTable(page, 'flame');

	assert.deepEqual(rows.filter(r => r.function === 'memcpy').map(r => r.run_name), ['before', 'after']);
	clean();
});

test('samples alone: profiles come first, and nothing of the scheduler is offered', { skip }, async () => {
	await openReport(page, alone);
	assert.equal(await page.evaluate(() => document.querySelector('.view').dataset.view), 'flame');
	assert.deepEqual(await page.locator('.railitem').allTextContents(), ['Flame graph', 'Hotspots', 'Time map', 'Off-CPU', 'Losses & info']);
	await page.mouse.move(...await page.locator('.brush .pane').boundingBox().then(b => [b.x + 500, b.y + 6]));
	assert.match(await page.locator('.tip').textContent(), /CPU 0.*samples/);
	clean();
});

test('CSV and PNG', { skip }, async () => {
	await openReport(page, one, '#view=flame');
	const save = async selector => {
		const [download] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
		const file = path.join(folder, download.suggestedFilename());

		await download.saveAs(file);
		return fs.readFileSync(file);
	};

	assert.match((await save('.twinhead button:has-text("CSV")')).toString(), /^function,module,self_pct,self,total_pct,total,samples\r\ncompute,server,35,/);
	assert.equal((await save('.viewtools button:has-text("PNG")')).subarray(1, 4).toString(), 'PNG');
	clean();
});

for (const [name, file, hash] of [['one', one, ''], ['difference', two, 'diff=0,1'], ['bare', bare, '']]) {
	test(name + ': every view fits narrow pages and has a picture', { skip }, async () => {
		for (const [width, height] of [[390, 844], [1440, 900]]) {
			await page.setViewportSize({ width, height });
			for (const view of views) {
				await openReport(page, file, '#view=' + view + '&' + hash);
				assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, view + ' is too wide');
				assert.ok(await page.evaluate(() => [...document.querySelectorAll('.figure canvas.base')].every(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))), view + ': the picture is empty');
				assert.equal(await page.locator('.banner').isVisible(), false);
			}
		}
		clean();
	});
}

test('no serious finding of axe', { skip: skip || (axeSource() ? false : 'axe-core is not installed') }, async () => {
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		for (const [file, hash] of [[one, 'view=flame&find=main&frame=1.2'], [one, 'view=flame&func=4'], [one, 'view=hotspots'], [one, 'view=timemap'], [one, 'view=offcpu'], [two, 'view=flame&diff=0,1'], [alone, 'view=offcpu']]) {
			await openReport(page, file, '#' + hash);
			await page.evaluate(axeSource());
			const found = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations
				.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html).join(' | ')));

			assert.deepEqual(found, [], hash + ', ' + colorScheme);
		}
	}
	await page.emulateMedia({ colorScheme: 'light' });
	clean();
});
