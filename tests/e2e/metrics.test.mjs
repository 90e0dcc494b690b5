/* SPDX-License-Identifier: MIT */
/* The view of metrics in a browser, on a page of a machine whose rates are known (tests/web/measured.mjs). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { measured } from '../web/measured.mjs';
import { makePage, makeRun } from '../web/page_writer.mjs';
import { axeSource, findBrowser, openBrowser, openReport, readTable, settled, until, viewWindow } from './browser.mjs';

const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = process.env.KYMO_BUILD || path.join(source, 'build');
const { chromium, missing } = await findBrowser();
const viewerFile = path.join(build, 'web/viewer.js');
const skip = missing || (fs.existsSync(viewerFile) ? false : viewerFile + ' is not built');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-e2e-metrics-'));
const one = path.join(folder, 'one.html');
const two = path.join(folder, 'two.html');
const many = path.join(folder, 'many.html');
const MIB = 1 << 20;
let browser;
let page;

function clean() {
	assert.deepEqual(browser.complaints.splice(0), []);
}

const near = (v, want, what) => assert.ok(Math.abs(v - want) <= Math.abs(want) * 0.02, what + ': ' + v + ', not ' + want);
const charts = () => page.locator('.linecharts').first();
const said = () => page.evaluate(() => document.querySelector('[aria-live]').textContent);

/** The pointer on the first chart at a share of the window. */
async function pointAt(part) {
	const box = await charts().boundingBox();
	const wide = box.width / Math.max(1, Math.min(3, Math.floor(box.width / 520)));

	await page.mouse.move(box.x + 62 + (wide - 62 - 14) * part, box.y + 60);
}

/** The table of processes has followed. */
async function processesAt(text) {
	for (let i = 0; i < 100; i++) {
		if (text.test(await page.locator('.view[data-view="metrics"] .chartwords:visible').allTextContents().then(t => t.join(' '))))
			return new Map((await readTable(page, 'processes')).map(r => [r.task, r]));
		await page.waitForTimeout(50);
	}
	throw new Error('no processes of ' + text);
}

test.before(async () => {
	if (skip)
		return;
	const js = fs.readFileSync(viewerFile, 'utf8');
	const css = fs.readFileSync(path.join(build, 'web/viewer.css'), 'utf8');
	const write = (file, ...runs) => fs.writeFileSync(file, makePage(runs, js, css));

	write(one, makeRun(measured(), 'one'));
	write(two, makeRun(measured(), 'before'), makeRun(measured({ cpus: 4 }), 'after'));
	write(many, makeRun(measured({ cpus: 32, ticks: 3000, interval: 1e8, more: 40 }), 'many'));
	browser = await openBrowser(chromium);
	page = await browser.page();
});

test.after(async () => {
	await browser?.close();
	fs.rmSync(folder, { recursive: true });
});

test('metrics alone: the view comes first, and nothing of the scheduler is offered', { skip }, async () => {
	await openReport(page, one);
	assert.equal(await page.evaluate(() => document.querySelector('.view').dataset.view), 'metrics');
	assert.deepEqual(await page.locator('.railitem').allTextContents(), ['Metrics', 'Losses & info']);
	assert.match(await page.locator('.facts').textContent(), /CPUs in use34\.\d %.*memory in use2\.00 GiB.*written to disks8\.\d+ MiB\/sat most 9\.00 MiB\/s.*context switches5000\/s/);
	await page.mouse.move(...await page.locator('.brush .pane').boundingBox().then(b => [b.x + 500, b.y + 6]));
	assert.match(await page.locator('.tip').textContent(), /CPU 0.*in use30\.0 %/);
	clean();
});

test('values at the cursor and over the window', { skip }, async () => {
	await openReport(page, one, '#view=metrics&from=5000000000&to=15000000000');
	await pointAt(0.5);
	await settled(page);
	await page.waitForTimeout(300);
	const rows = new Map((await readTable(page, 'metrics')).map(r => [r.metric + ' ' + r.of, r]));

	near(rows.get('CPU time of all CPUs user').value, 25, 'user');
	near(rows.get('Use of each CPU CPU 1').mean, 40, 'CPU 1');
	near(rows.get('Disks: written vda').value, 8 * MIB, 'written');
	near(rows.get('Disks: busy vda').most, 25, 'busy');
	assert.equal(rows.has('Disks: written sdb') && rows.get('Disks: written sdb').value !== undefined, false);
	assert.match(await page.locator('.tip').textContent(), /CPU time of all CPUs.*user25\.?\d* %/);
	assert.deepEqual(await viewWindow(page), { from: 5e9, to: 15e9 });
	clean();
});

test('parts of a whole lie on each other, and each is read out exactly', { skip }, async () => {
	await openReport(page, one, '#view=metrics&from=5000000000&to=15000000000');
	const box = await charts().boundingBox();
	const told = async part => {
		/* Eight charts in two columns; the plot goes to 100 %: user is 25 %, system 10 % above it. */
		const high = (box.height - 26) / 4;

		await page.mouse.move(box.x + 300, box.y + high - 18 - part / 100 * (high - 18 - 22));
		return page.locator('.tip').textContent();
	};

	assert.match(await told(12), /CPU time of all CPUs.*user25\.?\d* %system10\.?\d* %together35\.?\d* %/);
	assert.match(await told(30), /CPU time of all CPUs.*system10\.?\d* %user25\.?\d* %together35\.?\d* %/);
	/* Above all parts the uppermost one. */
	assert.match(await told(80), /system10\.?\d* %user/);
	clean();
});

test('the process table is of the frame at the cursor; a click selects', { skip }, async () => {
	await openReport(page, one, '#view=metrics&from=20000000000&to=29000000000');
	await pointAt(0.53);
	/* 24.77 s: between tick 24, which was late, and tick 25. */
	const rows = await processesAt(/Processes from 24\.301 s to 25\.001 s/);

	assert.deepEqual([...rows.keys()], ['server', 'brief', 'late', 'again']);
	near(rows.get('server').cpu_pct, 50, 'server');
	near(rows.get('server').rss, 64 * MIB, 'its memory');
	near(rows.get('server').read, MIB, 'its reads');
	assert.equal(rows.get('brief').note, 'ended');
	assert.equal(rows.get('brief').read, undefined);
	/* The table stays when the pointer goes to it. */
	await page.click('table[data-view="processes"] tr[data-row="0"]');
	await until(page, () => /task=server&tid=100/.test(location.hash));
	await page.waitForSelector('.panel h3');
	assert.match(await page.locator('.panel').textContent(), /server.*tid100/);
	assert.equal(await page.locator('table[data-view="processes"] tr.marked').count(), 1);
	await page.fill('.filterbox', 'late');
	await until(page, () => document.querySelectorAll('table[data-view="processes"] tr[data-row]').length === 1);
	clean();
});

test('sets, search, many lines', { skip }, async () => {
	await openReport(page, many, '#view=metrics&set=cpu');
	assert.match(await page.locator('.view[data-view="metrics"]').textContent(), /the 12 with most are shown/);
	assert.equal((await readTable(page, 'metrics')).length, 12 + 12 + 12 + 1);
	await page.check('.tools input[type="checkbox"]');
	await settled(page);
	assert.equal((await readTable(page, 'metrics')).length, 3 * 32 + 1);
	await page.selectOption('.tools select', 'memory');
	await settled(page);
	assert.ok((await readTable(page, 'metrics')).every(r => r.metric === 'memory.bytes'));
	await page.fill('.tools .findbox', 'nvme1$|nvme1\\]|busy');
	await until(page, () => /metric=/.test(location.hash));
	await settled(page);
	assert.deepEqual((await readTable(page, 'metrics')).map(r => r.metric + ' ' + r.of), ['disk.written nvme1', 'disk.busy vda']);
	await page.fill('.tools .findbox', '[');
	await settled(page);
	await page.fill('.tools .findbox', '');
	await until(page, () => !/metric=/.test(location.hash));
	clean();
});

test('keys move the cursor and read out; a click on the line of a CPU selects it', { skip }, async () => {
	await openReport(page, one, '#view=metrics&set=cpu');
	await page.locator('.surface.linecharts').focus();
	for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight'])
		await page.keyboard.press(key);
	assert.match(await said(), /cpu\.user/);
	await page.keyboard.press('Enter');
	await until(page, () => /cpu=\d/.test(location.hash));
	clean();
});

test('two runs side by side', { skip }, async () => {
	await openReport(page, two, '#view=metrics');
	const rows = await readTable(page, 'metrics');

	assert.deepEqual([...new Set(rows.map(r => r.run_name))], ['before', 'after']);
	assert.equal((await readTable(page, 'processes')).filter(r => r.task === 'server').length, 2);
	clean();
});

test('the difference of two runs: means, how many times as much, and its interval', { skip }, async () => {
	await openReport(page, two, '#view=metrics&diff=0,1');
	assert.equal(await page.locator('.viewnote:visible').count(), 0);
	assert.match(await page.locator('.facts').textContent(), /context switches0\.0 %5000\/s → 5000\/s/);
	const list = await readTable(page, 'metrics');
	const rows = new Map(list.map(r => [r.metric + ' ' + r.of, r]));
	const user = rows.get('CPU time of all CPUs user');

	/* CPU 0 alone for 10 of 59 s: 24.x; four CPUs 35 less the same. */
	near(user.mean_b - user.mean_a, user.mean_diff, 'difference');
	near(user.ratio, user.mean_b / user.mean_a, 'ratio');
	assert.ok(user.mean_diff > 8 && user.ratio > 1.3);
	assert.ok(user.low === undefined || user.low < user.mean_diff && user.high > user.mean_diff);
	assert.equal(rows.get('Use of each CPU CPU 3').where, 'only B');
	assert.equal(rows.get('Use of each CPU CPU 3').mean_diff, undefined);
	const same = rows.get('Memory free');

	assert.deepEqual([same.mean_diff, same.ratio, same.low, same.high], [0, 1, 0, 0]);
	/* Those that differ first, the greatest of them first; what has no difference last. */
	const rank = r => r.mean_diff === undefined ? 2 : r.low > 0 || r.high < 0 ? 0 : 1;

	assert.deepEqual(list.map(rank), list.map(rank).sort());
	await page.locator('.figure .surface').first().focus();
	await page.keyboard.press('ArrowDown');
	assert.match(await said(), /CPU time of all CPUs · user, A 24\.?\d* %, B 35\.?\d* %, B − A \+11\.\d pp, .*95 % interval \+[\d.]+ pp to \+[\d.]+ pp/);
	await page.keyboard.press('d');
	await until(page, () => !/diff=/.test(location.hash));
	await settled(page);
	assert.equal((await readTable(page, 'metrics'))[0].value > 0, true);
	clean();
});

test('moving the window costs little with many series', { skip }, async () => {
	await openReport(page, many, '#view=metrics&set=all&everything=1&from=50000000000&to=250000000000');
	await pointAt(0.5);
	for (let i = 0; i < 10; i++)
		await page.mouse.wheel(60, 0);
	await until(page, () => !/from=50000000000&/.test(location.hash));
	await settled(page);
	const w = await viewWindow(page);

	assert.equal(Math.round((w.to - w.from) / 1e9), 200);
	clean();
});

test('a picture that was moved is, at rest, the one of a page that is opened there', { skip }, async () => {
	const picture = () => page.evaluate(() => document.querySelector('.linecharts canvas.base').toDataURL());

	for (const hash of ['set=all&from=50000000000&to=250000000000', 'from=50000000000&to=250000000000', 'from=50000000000&to=60000000000']) {
		await openReport(page, many, '#view=metrics&' + hash);
		const first = await picture();
		const box = await charts().boundingBox();

		await page.keyboard.down('Shift');
		await page.mouse.move(box.x + 400, box.y + 60);
		await page.mouse.down();
		for (let i = 1; i <= 12; i++)
			await page.mouse.move(box.x + 400 - 9 * i, box.y + 60);
		await page.mouse.up();
		await page.keyboard.up('Shift');
		/* The address follows, and what was moved is drawn anew. */
		await page.waitForTimeout(600);
		await settled(page);
		const moved = await picture();

		assert.notEqual(moved, first, hash);
		await openReport(page, many, await page.evaluate(() => location.hash));
		assert.ok(moved === await picture(), hash + ': not the same picture');
	}
	clean();
});

for (const [name, file, hash] of [['one', one, ''], ['two', two, ''], ['difference', two, 'diff=0,1'], ['many', many, 'set=all']]) {
	test(name + ': fits narrow pages and has a picture', { skip }, async () => {
		for (const [width, height] of [[390, 844], [1440, 900]]) {
			await page.setViewportSize({ width, height });
			await openReport(page, file, '#view=metrics&' + hash);
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'too wide at ' + width);
			assert.ok(await page.evaluate(() => [...document.querySelectorAll('.figure canvas.base')].every(c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v))), 'the picture is empty');
			assert.equal(await page.locator('.banner').isVisible(), false);
		}
		clean();
	});
}

test('no serious finding of axe', { skip: skip || (axeSource() ? false : 'axe-core is not installed') }, async () => {
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme });
		for (const [file, hash] of [[one, 'view=metrics'], [one, 'view=metrics&task=server&tid=100'], [many, 'view=metrics&set=cpu&cpu=1'], [two, 'view=metrics'], [two, 'view=metrics&diff=0,1'], [one, 'view=metrics&metric=nothing']]) {
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
