/* SPDX-License-Identifier: MIT */
/* What the page tests share: Debian's chromium under playwright-core, and reading a report page. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const chromiumPath = process.env.CHROMIUM || '/usr/bin/chromium';

/** Playwright's chromium driver, or the reason why there is none. */
export async function findBrowser() {
	if (!fs.existsSync(chromiumPath))
		return { missing: chromiumPath + ' is not installed' };
	try {
		return { chromium: (await import('playwright-core')).chromium };
	} catch (e) {
		return { missing: 'playwright-core is not installed (npm install in tests/e2e)' };
	}
}

/** The text of axe-core, or null. */
export function axeSource() {
	const file = path.join(here, 'node_modules/axe-core/axe.min.js');

	return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}

/** A browser with a profile of its own, and all that pages complain about. */
export async function openBrowser(chromium) {
	const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-browser-'));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: chromiumPath, headless: true, acceptDownloads: true, viewport: { width: 1440, height: 900 },
		args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'],
	});
	const complaints = [];

	return {
		complaints,
		async page() {
			const page = await context.newPage();

			page.on('console', m => {
				if (['error', 'warning'].includes(m.type()))
					complaints.push(m.type() + ': ' + m.text());
			});
			page.on('pageerror', e => complaints.push('exception: ' + e.stack));
			page.on('request', r => {
				if (!/^(file|data|blob|about):/.test(r.url()))
					complaints.push('request: ' + r.url());
			});
			return page;
		},
		async close() {
			await context.close();
			fs.rmSync(profile, { recursive: true, force: true });
		},
	};
}

/** Open a report and wait until its first view stands. */
export async function openReport(page, file, hash = '') {
	await page.goto('about:blank');
	await page.goto('file://' + file + hash);
	await page.waitForSelector('.app[data-ready="1"]');
	await settled(page);
}

/** Ask again and again: waitForFunction() would evaluate text in the page, which its CSP forbids. */
export async function until(page, condition) {
	const end = Date.now() + 30000;

	while (!await page.evaluate(condition)) {
		if (Date.now() > end)
			throw new Error('waited in vain for ' + condition);
		await page.waitForTimeout(30);
	}
}

/** Frames have been drawn and tables that wait for the window to rest are built. */
export async function settled(page) {
	await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))));
	await until(page, () => !document.querySelector('.view[data-detail="loading"], .app[data-fine="pending"], .view table[data-waits]'));
	const builds = () => page.evaluate(() => [...document.querySelectorAll('table[data-view]')].map(t => t.dataset.ready).join());
	let last = await builds();

	for (;;) {
		await page.waitForTimeout(150);
		const now = await builds();

		if (now === last)
			return;
		last = now;
	}
}

export async function showView(page, name) {
	await page.click('.railitem[data-name="' + name + '"]');
	await page.waitForSelector('.view[data-view="' + name + '"]');
	await settled(page);
}

/** All rows of a table by column name, raw values; long tables are scrolled through. */
export async function readTable(page, name) {
	return page.evaluate(async view => {
		const table = document.querySelector('table[data-view="' + view + '"]');
		const scroller = table.closest('.scroller');
		const total = Number(table.getAttribute('aria-rowcount')) - 1;
		const rows = [];
		const frame = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));

		for (let top = 0; ; top += scroller.clientHeight) {
			scroller.scrollTop = top;
			await frame();
			for (const tr of table.querySelectorAll('tbody tr[data-row]')) {
				const row = {};

				for (const cell of tr.children) {
					const text = cell.dataset.value;

					if (text !== undefined)
						row[cell.dataset.col] = cell.classList.contains('number') ? Number(text) : text;
				}
				rows[Number(tr.dataset.row)] = row;
			}
			if (rows.filter(Boolean).length >= total || top > total * 30 + 1000)
				break;
		}
		scroller.scrollTop = 0;
		await frame();
		return rows;
	}, name);
}

/** The window that the numbers of the view are of. */
export async function viewWindow(page) {
	return page.evaluate(() => {
		const { from, to } = document.querySelector('.view').dataset;

		return { from: Number(from), to: Number(to) };
	});
}
