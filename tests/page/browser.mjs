// Opens pages of heaps in a browser and does what people do: look, click, search, sort, copy, go back, use the keyboard.
//
//   npm --prefix tests/page install && node tests/page/browser.mjs [FOLDER FOR SCREENSHOTS]
//
// $HEAPGRAPH_BINARY names the program (default: target/debug/heapgraph), $CHROMIUM the browser, $HEAPGRAPH_PAGE_SNAPSHOT a
// snapshot of a large heap to open as well. What is missing is said, and nothing is tested then.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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

const folder = mkdtempSync(join(tmpdir(), 'heapgraph-page-'));
const shots = process.argv[2] ? resolve(process.argv[2]) : join(folder, 'shots');
mkdirSync(shots, { recursive: true });
const run = (...words) => execFileSync(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });

// ---- pages of a leaking shop, of the same with what grew, and of a heap that means harm

run('demo', '--folder', folder);
run('report', 'after.json', '-o', 'shop.html');
run('report', 'after.json', '--since', 'before.json', '-o', 'grown.html');
const python = process.env.PYTHON ?? 'python3';
execFileSync(python, [join(here, 'programs/hostile.py'), join(folder, 'hostile.json')]);
run('report', 'hostile.json', '-o', 'hostile.html');

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const problems = [];

/** A page with what goes wrong in it noted: errors, violations of the policy, requests for anything but itself. */
async function open(file, options = {}) {
  const { hash = '', width = 1400, height = 900, ...more } = options;
  const context = await browser.newContext({ viewport: { width, height }, ...more });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {});
  const page = await context.newPage();
  const url = file.startsWith('http') ? file : pathToFileURL(join(folder, file)).href;
  page.on('pageerror', (error) => problems.push(`${file}: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && problems.push(`${file}: ${message.text()}`));
  page.on('dialog', (dialog) => problems.push(`${file}: a dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    const own = file.startsWith('http') ? new URL(request.url()).origin === new URL(url).origin : request.url().startsWith(url);
    if (!own) problems.push(`${file}: asks for ${request.url()}`);
  });
  await page.goto(url + hash);
  // What is drawn when the width is known has been drawn.
  if (options.javaScriptEnabled !== false) await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50))));
  page.shot = (name, full = false) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: full });
  page.hash = () => page.evaluate(() => location.hash);
  page.closeAll = () => context.close();
  return page;
}

let passed = 0;
async function check(name, body) {
  const before = problems.length;
  await body();
  assert.deepEqual(problems.slice(before), [], name);
  passed += 1;
  console.log(`ok: ${name}`);
}

const cell = (page, name) => page.locator('.cell').filter({ hasText: name }).first();
const heading = (page) => page.locator('#panel h2').first();

await check('the first look: verdict, memory, places and types', async () => {
  const page = await open('shop.html');
  assert.match(await page.locator('h1').textContent(), /suspect|holds/);
  assert.equal(await page.locator('section:visible').count() >= 6, true);
  assert.ok(await page.locator('.cell').count() > 20);
  await page.shot('first-look', true);
  await page.closeAll();
});

await check('a click in the icicle goes in, back goes out', async () => {
  const page = await open('shop.html');
  const shop = cell(page, 'SHOP');
  const narrow = (await shop.boundingBox()).width;
  await shop.click();
  await page.waitForFunction(() => /^#place-\d+$/.test(location.hash));
  await heading(page).waitFor();
  assert.match(await heading(page).textContent(), /SHOP/);
  assert.ok((await cell(page, 'SHOP').boundingBox()).width > narrow);
  await page.shot('place');
  await page.goBack();
  await page.waitForFunction(() => document.getElementById('panel').hidden);
  assert.equal(Math.round((await cell(page, 'SHOP').boundingBox()).width), Math.round(narrow));
  await page.goForward();
  await heading(page).waitFor();
  await page.closeAll();
});

await check('the selection stands in the address, and an address opens it', async () => {
  const page = await open('shop.html');
  await page.locator('#types tbody a').filter({ hasText: 'Session' }).first().click();
  await heading(page).waitFor();
  await page.locator('#panel a[href^="#0x"]').first().click();
  await page.waitForFunction(() => location.hash.startsWith('#0x') && document.querySelector('#panel dl'));
  const hash = await page.hash();
  const text = await page.locator('#panel').innerText();
  await page.shot('object');
  const again = await open('shop.html', { hash });
  await heading(again).waitFor();
  assert.equal(await again.locator('#panel').innerText(), text);
  await again.closeAll();
  await page.closeAll();
});

await check('copying gives the very expression', async () => {
  const page = await open('shop.html');
  const paragraph = page.locator('#verdict p.copy').first();
  const expression = await paragraph.locator('code').textContent();
  await paragraph.locator('button').click();
  await page.waitForFunction(() => document.querySelector('#verdict p.copy button').textContent === 'Copied');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), expression);
  await page.closeAll();
});

await check('search tells how much, and what is wrong with a pattern', async () => {
  const page = await open('shop.html');
  await page.keyboard.press('/');
  await page.keyboard.type('sessions|listeners');
  assert.match(await page.locator('#icicle output').textContent(), /^\d+ places?, .* \(\d+\.\d %\)$/);
  assert.ok(await page.locator('.cell.hit').count() > 0 && await page.locator('.cell.dim').count() > 0);
  await page.shot('search');
  await page.locator('#icicle input[type=search]').fill('(');
  assert.ok(await page.locator('#icicle input.wrong').count() === 1);
  await page.closeAll();
});

await check('tables sort both ways and filter', async () => {
  const page = await open('shop.html');
  const counts = () => page.locator('#types tbody tr:visible td:nth-child(2)').evaluateAll((cells) => cells.map((one) => Number(one.dataset.value)));
  const button = page.locator('#types th button').nth(1);
  await button.click();
  const falling = await counts();
  assert.deepEqual(falling, [...falling].sort((one, other) => other - one));
  assert.equal(await page.locator('#types th').nth(1).getAttribute('aria-sort'), 'descending');
  await button.click();
  const rising = await counts();
  assert.deepEqual(rising, [...rising].sort((one, other) => one - other));
  await page.locator('#types input').fill('^__main__\\.');
  const names = await page.locator('#types tbody tr:visible a').allTextContents();
  assert.ok(names.length > 0 && names.every((name) => name.startsWith('__main__.')));
  assert.match(await page.locator('#types output').textContent(), /^\d+ of \d+$/);
  await page.locator('#types').screenshot({ path: join(shots, 'types-filtered.png') });
  await page.closeAll();
});

await check('holders open as a tree', async () => {
  const page = await open('shop.html');
  await page.locator('#verdict a[href^="#0x"]').first().click();
  const branch = page.locator('#panel .holders summary').first();
  // The rest of the line leads to the holder itself.
  await branch.click({ position: { x: 4, y: 8 } });
  await page.locator('#panel .holders .holders, #panel .holders details p').first().waitFor();
  await page.locator('#panel .holders').first().screenshot({ path: join(shots, 'holders.png') });
  await page.closeAll();
});

await check('boxes of the picture lead to their objects', async () => {
  const page = await open('shop.html');
  await page.locator('#verdict a[href^="#0x"]').first().click();
  await page.locator('#panel .picture').waitFor();
  const own = await page.hash();
  const box = page.locator(`#panel .picture g.leads:not([data-address="${own.slice(1)}"])`).first();
  const target = await box.getAttribute('data-address');
  await box.click();
  await page.waitForFunction((hash) => location.hash === hash, `#${target}`);
  await page.closeAll();
});

await check('the keyboard alone walks the icicle and leaves the panel', async () => {
  const page = await open('shop.html');
  await page.locator('.cell[tabindex="0"]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowDown');
  const walked = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
  await page.shot('keyboard');
  await page.keyboard.press('Enter');
  await heading(page).waitFor();
  assert.ok(walked.startsWith(await heading(page).textContent()), walked);
  const inside = await page.hash();
  await page.keyboard.press('Escape');
  await page.waitForFunction((hash) => location.hash !== hash, inside);
  const button = page.locator('#types th button').first();
  await button.focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#types th[aria-sort]').count() === 1);
  await page.closeAll();
});

await check('what a screen reader is told', async () => {
  const page = await open('shop.html');
  await cell(page, 'SHOP').click();
  await heading(page).waitFor();
  const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, a, [role=treeitem], [role=link]')]
    .filter((one) => !(one.getAttribute('aria-label') ?? one.textContent).trim()).map((one) => one.outerHTML));
  assert.deepEqual(unnamed, []);
  assert.match(await page.locator('.announcer[role=status]').textContent(), /^Selected: /);
  assert.equal(await page.locator('[role=tree] [role=treeitem][aria-selected=true]').count(), 1);
  await page.closeAll();
});

await check('dark where the reader prefers it, and by the button', async () => {
  const luminance = (page) => page.evaluate(() => {
    const parts = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
    return parts[0] + parts[1] + parts[2];
  });
  const dark = await open('shop.html', { colorScheme: 'dark' });
  assert.ok(await luminance(dark) < 150);
  await dark.locator('#verdict a[href^="#0x"]').first().click();
  await dark.locator('#panel .picture').waitFor();
  await dark.shot('dark');
  await dark.closeAll();
  const light = await open('shop.html', { colorScheme: 'light' });
  assert.ok(await luminance(light) > 700);
  await light.locator('header button').click();
  assert.ok(await luminance(light) < 150);
  await light.closeAll();
});

await check('an earlier snapshot colours what grew', async () => {
  const page = await open('grown.html');
  assert.ok(await page.locator('.cell.grew4, .cell.grew3').count() > 0);
  assert.ok(await page.locator('#types th').filter({ hasText: 'grew' }).count() > 0);
  await page.shot('grown', true);
  await page.locator('#icicle input[type=radio]').nth(1).check();
  assert.ok(await page.locator('.cell.owner0').count() > 0 && await page.locator('.cell.grew4').count() === 0);
  await page.closeAll();
});

await check('without scripts the verdict reads', async () => {
  const page = await open('shop.html', { javaScriptEnabled: false });
  const text = await page.locator('#verdict').innerText();
  assert.match(text, /in Python|sys\.modules/);
  assert.match(text, /To free it|No single cut frees it/);
  assert.ok(await page.locator('#types tbody tr').count() > 10);
  assert.equal(await page.locator('#icicle').isVisible(), false);
  await page.shot('without-script', true);
  await page.closeAll();
});

for (const width of [400, 1600]) {
  await check(`at ${width} pixels nothing is wider than the page`, async () => {
    const page = await open('shop.html', { width });
    const room = () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    let [wide, inside] = await room();
    assert.ok(wide <= inside, `${wide} > ${inside}`);
    await page.shot(`width-${width}`);
    await page.locator('#verdict a[href^="#0x"]').first().click();
    await page.locator('#panel .picture').waitFor();
    [wide, inside] = await room();
    assert.ok(wide <= inside, `${wide} > ${inside}`);
    await page.shot(`width-${width}-object`);
    await page.closeAll();
  });
}

await check('it prints', async () => {
  const page = await open('shop.html');
  await page.locator('#verdict a[href^="#0x"]').first().click();
  await page.locator('#panel .picture').waitFor();
  const file = await page.pdf({ path: join(shots, 'print.pdf'), format: 'A4' });
  assert.ok(file.length > 20_000);
  await page.closeAll();
});

/** Everything that can be selected, and whether a heap that means harm did any. */
async function walkHostile(page) {
  const hashes = await page.evaluate(() => {
    const data = JSON.parse(document.getElementById('data').textContent);
    const some = (all, number) => all.filter((_, index) => index % Math.ceil(all.length / number) === 0);
    return [
      ...data.types.name.map((_, index) => `type-${index}`),
      ...some(data.places.text.map((_, index) => `place-${index}`), 150),
      ...some(Object.keys(data.cards), 60),
    ];
  });
  for (const hash of hashes) {
    await page.evaluate((one) => { location.hash = one; }, hash);
    await page.waitForFunction((one) => document.title.includes('·') && !document.getElementById('panel').hidden && location.hash === `#${one}`, hash);
  }
  assert.equal(await page.evaluate(() => document.title.includes('harmed')), false);
  assert.equal(await page.locator('iframe, img, base, link, object, embed, form, [onclick], [onload], [onerror]').count(), 0);
  assert.equal(await page.locator('a:not([href^="#"])').count(), 0);
  return hashes.length;
}

await check('a heap that means harm does none', async () => {
  const page = await open('hostile.html');
  await page.locator('#types input').fill('Kind');
  await page.shot('hostile', true);
  await walkHostile(page);
  await page.shot('hostile-object');
  const [wide, inside] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= inside, `${wide} > ${inside}`);
  // Nothing lies over something else.
  const overlaps = await page.evaluate(() => {
    const cells = [...document.querySelectorAll('.cell')].map((one) => one.getBoundingClientRect());
    return cells.filter((one, index) => cells.some((other, place) => place > index && one.left < other.right - 0.6 && other.left < one.right - 0.6 && one.top < other.bottom - 0.6 && other.top < one.bottom - 0.6)).length;
  });
  assert.equal(overlaps, 0);
  await page.closeAll();
});

/** A server of `explore`: its address, and how it is ended. */
function explore(...words) {
  const child = spawn(program, ['explore', ...words, '--no-browser'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const address = new Promise((done, failed) => {
    child.stdout.once('data', (line) => done(String(line).trim()));
    child.once('exit', () => failed(new Error('explore has ended')));
  });
  return { address, end: () => child.kill('SIGINT') };
}

await check('explore: any object, what else holds it, and finding', async () => {
  const server = explore('after.json');
  const page = await open(await server.address);
  await page.locator('#verdict a[href^="#0x"]').first().click();
  await page.locator('#panel .picture').waitFor();
  await page.locator('#panel .path button').last().click();
  await page.locator('#panel h4').waitFor();
  await page.shot('explore-around');
  await page.locator('#find input[name=type]').fill('__main__.Session');
  await page.locator('#find form').last().locator('button').click();
  await page.locator('#find li a').first().waitFor();
  assert.match(await page.locator('#find').innerText(), /1,100 objects, those that retain most first/);
  await page.locator('#find').scrollIntoViewIfNeeded();
  await page.shot('explore-find');
  await page.locator('#find li a').last().click();
  await page.waitForFunction(() => /Session/.test(document.querySelector('#panel h2').textContent));
  server.end();
  await page.closeAll();
});

await check('explore: a heap that means harm does none', async () => {
  const server = explore('hostile.json');
  const page = await open(await server.address);
  await walkHostile(page);
  await page.locator('#find input[name=text]').fill('<');
  await page.locator('#find form').last().locator('button').click();
  await page.locator('#find li a').first().waitFor();
  assert.equal(await page.evaluate(() => document.title.includes('harmed')), false);
  server.end();
  await page.closeAll();
});

if (process.env.HEAPGRAPH_PAGE_SNAPSHOT) {
  await check('a large heap opens in less than two seconds', async () => {
    run('report', resolve(process.env.HEAPGRAPH_PAGE_SNAPSHOT), '-o', 'large.html');
    const size = statSync(join(folder, 'large.html')).size;
    assert.ok(size < 2_000_000, `${size} bytes`);
    const begin = performance.now();
    const page = await open('large.html');
    await page.locator('.cell').first().waitFor();
    const took = performance.now() - begin;
    console.log(`    ${(size / 1e6).toFixed(2)} MB, opened in ${Math.round(took)} ms`);
    assert.ok(took < 2000, `${took} ms`);
    await page.shot('large', true);
    await page.locator('#verdict a[href^="#0x"]').first().click();
    await heading(page).waitFor();
    await page.shot('large-object');
    await page.closeAll();
  });
} else {
  console.log('left out: a large heap ($HEAPGRAPH_PAGE_SNAPSHOT names its snapshot)');
}

await browser.close();
rmSync(folder, { recursive: true });
console.log(`${passed} checks passed; pictures of them: ${shots}`);
