// Opens exports in Chromium's own Memory panel, as people do: load a profile, look at the classes, compare two snapshots.
//
//   npm --prefix tests/page install && node tests/page/memory_panel.mjs [FOLDER FOR SCREENSHOTS]
//
// $HEAPGRAPH_BINARY names the program (default: target/debug/heapgraph), $CHROMIUM the browser, $HEAPGRAPH_PAGE_SNAPSHOT a
// snapshot of a large heap to open as well. What is missing is said, and nothing is tested then.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = resolve(process.env.HEAPGRAPH_BINARY ?? join(here, '../../target/debug/heapgraph'));
const browsers = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = browsers.find((path) => path && existsSync(path));

function leaveOut(reason) {
  console.log(`left out: ${reason}`);
  process.exit(0);
}

if (!executablePath) leaveOut('no Chromium is installed');
if (!existsSync(program)) leaveOut(`${program} is not built`);
const { chromium } = await import('playwright-core').catch(() => leaveOut('playwright-core is missing: npm --prefix tests/page install'));

const folder = mkdtempSync(join(tmpdir(), 'heapgraph-panel-'));
const shots = process.argv[2] ? resolve(process.argv[2]) : join(folder, 'shots');
mkdirSync(shots, { recursive: true });
const run = (...words) => execFileSync(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
const rowsOf = (...words) => JSON.parse(run(...words, '--format', 'json')).rows;

const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** A browser that lends the front end of its developer tools: { url, close }. */
async function lender() {
  const profile = join(folder, 'lender');
  const child = spawn(executablePath, ['--headless', ...quiet, '--remote-debugging-port=0', '--remote-allow-origins=*', `--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore' });
  const told = join(profile, 'DevToolsActivePort');
  const deadline = Date.now() + 60_000;
  const wait = () => new Promise((done) => setTimeout(done, 50));
  while (!existsSync(told) || !readFileSync(told, 'utf8').includes('\n')) {
    assert.ok(Date.now() < deadline, 'the browser tells its port');
    await wait();
  }
  const host = `127.0.0.1:${readFileSync(told, 'utf8').split('\n')[0]}`;
  let page;
  while (!(page = (await (await fetch(`http://${host}/json`)).json()).find((target) => target.type === 'page'))) await wait();
  const url = `http://${host}/devtools/devtools_app.html?ws=${host}/devtools/page/${page.id}`;
  const close = () => new Promise((done) => child.once('exit', done) && child.kill());
  return { url, close };
}

/** Whether bytes are what the panel shows of them, which it rounds: "584 kB", "3,817 kB", "1.5 MB". */
function isShownAs(bytes, shown) {
  const [, digits, unit] = shown.match(/^([\d.,]+)\s*(B|kB|MB|GB)/) ?? assert.fail(`a size: ${shown}`);
  const scale = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[unit];
  const decimals = digits.split('.')[1]?.length ?? 0;
  return Math.abs(bytes - Number(digits.replaceAll(',', '')) * scale) <= (scale / 10 ** decimals) * 0.5001;
}

/** The rows of the table on the screen that have numbers in their cells. */
async function table(page) {
  const rows = await page.locator('tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  return rows.filter((cells) => cells.length > 3 && /\d/.test(cells[3]));
}

/** A number as the panel writes it: `+12 000`, `1,750`, `−3`. */
const number = (text) => Number(text.replace('−', '-').replace(/[^-\d]/g, ''));

async function load(page, file) {
  const known = await page.locator('.heap-snapshot-sidebar-tree-item').count();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: /Load profile/ }).first().click();
  await (await chooser).setFiles(join(folder, file));
  const item = page.locator('.heap-snapshot-sidebar-tree-item').nth(known);
  await item.waitFor();
  await page.locator('.heap-snapshot-sidebar-tree-item:not(.wait)').nth(known).waitFor({ timeout: 600_000 });
  await item.locator('.title').last().click();
  await page.locator('tr', { hasText: '×' }).first().waitFor({ timeout: 120_000 });
}

/** Holds the classes on the screen against what heapgraph says of the snapshot; returns how many. */
function compareClasses(shown, snapshot) {
  const ours = new Map(rowsOf('dominators', snapshot, '--group', 'type', '--limit', '0').map((row) => [row.type, row]));
  const numberOf = (text) => number(text.match(/×([\d,]+)/)?.[1] ?? '1');
  const counts = new Map(shown.map(([name]) => [name.split('×')[0], numberOf(name)]));
  // Kinds of objects for which viewers have a name of their own.
  const names = new Map([['Function', 'function'], ['(compiled code)', 'code']]);
  let compared = 0;
  for (const [name, , shallow, retained] of shown) {
    const label = name.split('×')[0];
    const row = ours.get(names.get(label) ?? label);
    // GC roots are no objects.
    if (!row) continue;
    // Texts that the snapshot knows are strings to a viewer, the others instances.
    const texts = label === 'str' ? (counts.get('(string)') ?? 0) : 0;
    assert.equal(numberOf(name) + texts, row.count, `how many ${label}`);
    compared += 1;
    if (texts) continue;
    assert.ok(isShownAs(row.shallow_bytes, shallow), `shallow size of ${label}: ${row.shallow_bytes} is shown as ${shallow}`);
    assert.ok(isShownAs(row.retained_bytes, retained), `retained size of ${label}: ${row.retained_bytes} is shown as ${retained}`);
  }
  return compared;
}

const lent = await lender();
const browser = await chromium.launch({ executablePath, args: quiet });
try {
  run('demo', '--folder', folder);
  run('export', 'before.json', 'after.json', '-o', 'shop.heapsnapshot');
  const page = await (await browser.newContext({ viewport: { width: 1400, height: 2600 } })).newPage();
  await page.goto(lent.url);
  await page.getByRole('tab', { name: 'Memory' }).click();

  await load(page, 'shop.1.heapsnapshot');
  const compared = compareClasses(await table(page), 'before.json');
  assert.ok(compared > 20, `${compared} classes are on the screen`);
  await page.screenshot({ path: join(shots, 'panel-classes.png') });
  console.log(`ok: ${compared} classes have our counts, shallow and retained sizes`);

  await load(page, 'shop.2.heapsnapshot');
  const both = compareClasses(await table(page), 'after.json');
  assert.ok(both > 20);
  await page.locator('select').filter({ hasText: 'Comparison' }).first().selectOption({ label: 'Comparison' });
  await page.locator('th', { hasText: '# Delta' }).first().waitFor();
  await page.locator('tr', { hasText: 'Session' }).first().waitFor();
  const grown = new Map((await table(page)).map(([name, , , delta]) => [name, number(delta)]));
  await page.screenshot({ path: join(shots, 'panel-comparison.png') });
  grown.set('str', grown.get('str') + (grown.get('(string)') ?? 0));
  grown.set('function', grown.get('Function'));
  let held = 0;
  for (const { type, count_growth: growth } of rowsOf('diff', 'before.json', 'after.json', '--group', 'type')) {
    if (!grown.has(type)) continue;
    assert.equal(grown.get(type), growth, `growth of ${type}`);
    held += 1;
  }
  assert.ok(held > 3, `${held} types that grew are on the screen`);
  console.log(`ok: ${held} types grew by the same numbers of objects`);

  const large = process.env.HEAPGRAPH_PAGE_SNAPSHOT;
  if (large) {
    run('export', resolve(large), '-o', 'large.heapsnapshot');
    const began = performance.now();
    await load(page, 'large.heapsnapshot');
    console.log(`ok: a large heap is there after ${((performance.now() - began) / 1000).toFixed(1)} s, ${compareClasses(await table(page), resolve(large))} classes are ours`);
    await page.screenshot({ path: join(shots, 'panel-large.png') });
  }
} finally {
  await browser.close();
  await lent.close();
  rmSync(folder, { recursive: true, force: true });
}
