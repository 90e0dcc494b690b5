/* SPDX-License-Identifier: MIT */
/* Rules of the viewer's source, types by tsc where it is installed, and what the module linker refuses. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const web = path.join(source, 'web');
const weblink = path.join(process.env.KYMO_BUILD || path.join(source, 'build'), 'web/weblink');
const tsc = path.join(source, 'tests/e2e/node_modules/typescript/lib/tsc.js');
const noWeblink = fs.existsSync(weblink) ? false : 'web/weblink is not built';

function modules(folder = web) {
	return fs.readdirSync(folder, { withFileTypes: true }).flatMap(e =>
		e.isDirectory() ? modules(path.join(folder, e.name)) : e.name.endsWith('.js') ? [path.join(folder, e.name)] : []);
}

test('nothing turns text into markup, code or style attributes, and nothing leaves the page', () => {
	const banned = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\('style'|createContextualFragment|DOMParser|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|importScripts|localStorage|document\.cookie/;

	for (const file of modules()) {
		fs.readFileSync(file, 'utf8').split('\n').forEach((line, i) =>
			assert.ok(!banned.test(line), path.relative(source, file) + ':' + (i + 1) + ': ' + line.trim()));
	}
	for (const file of fs.readdirSync(path.join(web, 'style')))
		assert.doesNotMatch(fs.readFileSync(path.join(web, 'style', file), 'utf8'), /@import|url\(/);
});

test('every module is reached from main.js', () => {
	const seen = new Set();
	const visit = file => {
		if (seen.has(file))
			return;
		seen.add(file);
		for (const [, to] of fs.readFileSync(file, 'utf8').matchAll(/^import [^;]*?'(\.[^']*)';/gm))
			visit(path.resolve(path.dirname(file), to));
	};

	visit(path.join(web, 'main.js'));
	assert.deepEqual(modules().filter(f => !seen.has(f)), []);
});

test('types (tsc --checkJs --strict)', { skip: fs.existsSync(tsc) ? false : 'typescript is not installed (npm install in tests/e2e)' }, () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-types-'));

	fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { allowJs: true, checkJs: true, noEmit: true, strict: true,
		noUnusedLocals: true, target: 'es2022', module: 'es2022', moduleResolution: 'bundler', lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
	files: [path.join(web, 'main.js')] }));
	const run = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });

	fs.rmSync(folder, { recursive: true });
	assert.equal(run.stdout, '');
	assert.equal(run.status, 0);
});

/** Link modules given as { name: text }; main.js is the entry. */
function link(files) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kymo-link-'));

	try {
		for (const [name, text] of Object.entries(files))
			fs.writeFileSync(path.join(folder, name), text);
		const run = spawnSync(weblink, ['out.js', 'out.d', 'main.js'], { cwd: folder, encoding: 'utf8' });

		return { status: run.status, error: run.stderr, out: run.status === 0 ? fs.readFileSync(path.join(folder, 'out.js'), 'utf8') : '' };
	} finally {
		fs.rmSync(folder, { recursive: true });
	}
}

test('the linker orders modules by their imports and strips what is not needed', { skip: noWeblink }, () => {
	const { out, status, error } = link({
		'main.js': "/* head */\nimport { b } from './b.js';\nimport {\n\ta,\n} from './a.js';\n/** doc */\nglobalThis.kymoLinked = a + b; // tail\n",
		'a.js': "export const a = 'a';\n",
		'b.js': "import { a } from './a.js';\n\nexport const b = /** @type {string} */ (a) + 'b';\n",
	});

	assert.equal(status, 0, error);
	assert.doesNotMatch(out, /import|export|head|doc|@type/);
	(0, eval)(out);
	assert.equal(globalThis.kymoLinked, 'aab');
	delete globalThis.kymoLinked;
});

test('the linker refuses what would not survive', { skip: noWeblink }, () => {
	const refused = [
		[{ 'main.js': "import { a as b } from './a.js';\n", 'a.js': 'export const a = 1;\n' }, /renamed/],
		[{ 'main.js': "import a from './a.js';\n", 'a.js': 'export const a = 1;\n' }, /understood/],
		[{ 'main.js': "import { z } from './a.js';\n", 'a.js': 'const z = 1;\n' }, /does not export 'z'/],
		[{ 'main.js': "import { a } from './a.js';\nconst x = 1;\n", 'a.js': 'const x = 2;\nexport const a = x;\n' }, /main\.js:2: 'x' is also a top-level name of a\.js/],
		[{ 'main.js': "import { a } from './a.js';\n", 'a.js': "import { m } from './main.js';\nexport const a = 1;\n" }, /cycle/],
		[{ 'main.js': 'export default 1;\n' }, /only declarations/],
		[{ 'main.js': 'const a = `x\ny`;\n' }, /template/],
		[{ 'main.js': "const a = '</script>';\n" }, /end the script/],
		[{ 'main.js': "import { a } from './none.js';\n" }, /cannot open/],
		[{ 'main.js': "const a = 1;\nimport { b } from './b.js';\n", 'b.js': 'export const b = 1;\n' }, /imports come first/],
	];

	for (const [files, message] of refused) {
		const { status, error } = link(files);

		assert.equal(status, 1, String(message));
		assert.match(error, message);
	}
});
