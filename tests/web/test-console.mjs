// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test-console.mjs - the console in a real browser against a real daemon that has played the demo scenario
 *
 * environment: TALAYA_URL and TALAYA_TOKEN (scope triage or admin); CHROMIUM, a browser (default /usr/bin/chromium);
 * TALAYA_SHOTS, a folder for screenshots. Prints TAP; ends with 77 (skipped) when TALAYA_URL is not set.
 * Everything is asserted on content: what the API says of the alert has to stand on the page.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { canvasInk, collectFaults, hasNoSidewaysScroll, imageIsDrawn } from './browser-checks.mjs';

const { TALAYA_URL, TALAYA_TOKEN, TALAYA_SHOTS, CHROMIUM = '/usr/bin/chromium' } = process.env;
if (!TALAYA_URL) {
  console.log('1..0 # SKIP TALAYA_URL is not set');
  process.exit(77);
}
const base = TALAYA_URL.replace(/\/$/, '');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

let number = 0;
let failed = 0;
async function step(name, body) {
  number++;
  try {
    await body();
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${number} - ${name}\n${String(error.stack ?? error).replace(/^/gm, '# ')}`);
  }
}

async function api(path, options = {}) {
  const response = await fetch(`${base}/api/v1${path}`, { ...options, headers: { Authorization: `Bearer ${TALAYA_TOKEN}`, ...options.headers } });
  assert.equal(response.status, 200, `${path} answers ${response.status}`);
  return response.json();
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
const faults = [];

async function open(hash, { theme = 'dark', width = 1440, height = 900, loggedIn = true } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
  const page = await context.newPage();
  await collectFaults(page, base, faults);
  if (loggedIn)
    await page.addInitScript((token) => sessionStorage.setItem('talaya-token', token), TALAYA_TOKEN);
  await page.goto(`${base}/${hash}`);
  return page;
}

/* A view is there when its title is, nothing is being asked any more and no problem is shown. */
async function settled(page) {
  await page.waitForSelector('h1');
  await page.waitForFunction(() => !document.querySelector('main .loading'), null, { timeout: 15000 });
  assert.equal(await page.locator('.problem').count(), 0, await page.locator('.problem').allInnerTexts().then(String));
}

async function shot(page, name) {
  if (TALAYA_SHOTS)
    await page.screenshot({ path: join(TALAYA_SHOTS, `${name}.png`), fullPage: false });
}

const { items: found } = await api('/alerts?kind=residential_path&sort=score&limit=1');
assert.ok(found.length, 'the daemon has an alert on a new outbound path to a residential network');
const alert = await api(`/alerts/${found[0].id}`);
const { items: exporters } = await api('/exporters');
const VIEWS = [['overview', '#/'], ['alerts', '#/alerts?state=all'], ['alert', `#/alerts/${alert.id}`], ['asset', `#/assets/${alert.asset}`],
  ['assets', '#/assets'], ['suppressions', '#/suppressions'], ['exporters', '#/exporters'], ['exporter', `#/exporters/${exporters[0].index}`], ['look-up', `#/lookup?address=${alert.peer}`]];

await step('a wrong token is refused in words and a right one leads to the view that was asked for', async () => {
  const page = await open(`#/alerts/${alert.id}`, { loggedIn: false });
  await page.fill('#token', 'wrong.token');
  await page.click('button[type=submit]');
  await page.waitForSelector('.problem');
  assert.match(await page.locator('.problem').innerText(), /not known/);
  await page.fill('#token', TALAYA_TOKEN);
  await page.click('button[type=submit]');
  await page.waitForSelector('.summary');
  assert.ok(page.url().endsWith(`#/alerts/${alert.id}`));
  await page.context().close();
  faults.splice(0, faults.length, ...faults.filter((fault) => !/^401 /.test(fault)));
});

await step('the list leads to the alert, which says who, to whom and why', async () => {
  const page = await open('#/alerts?state=all&sort=score');
  await settled(page);
  await page.click(`a[data-alert="${alert.id}"]`);
  await page.waitForSelector('.summary');
  const text = await page.locator('main').innerText();
  for (const word of [alert.asset, alert.assetName, alert.peer, alert.summary, alert.path.exporter, 'residential'])
    assert.ok(!word || text.includes(word), `the page names ${word}`);
  await page.context().close();
});

await step('the contributions on the page are those of the API and add up to the score', async () => {
  const page = await open(`#/alerts/${alert.id}`);
  await settled(page);
  const shown = (await page.locator('.contribution').allInnerTexts()).map((text) => Number(text.replace('\u2212', '-').replace('+', '')));
  assert.equal(shown.length, alert.detectors.length);
  alert.detectors.forEach(({ decibans }, i) => assert.ok(Math.abs(decibans - shown[i]) <= 0.0501));
  const sum = shown.reduce((total, each) => total + each, 0);
  assert.ok(Math.abs(sum - alert.score) <= 0.05 * (shown.length + 1) + 0.01, `${sum} is ${alert.score}`);
  assert.equal(await page.locator('#score-sum').innerText(), alert.score.toFixed(1));
  for (const { reason } of alert.detectors)
    assert.ok((await page.locator('.score-bars').innerText()).includes(reason), reason);
  await page.context().close();
});

await step('the evidence flows are shown, each with its addresses, and can be sorted', async () => {
  const page = await open(`#/alerts/${alert.id}`);
  await settled(page);
  const rows = page.locator('table:has(caption:text("Evidence flows")) tbody tr');
  assert.equal(await rows.count(), alert.flows.length);
  assert.ok(alert.flows.length > 0);
  const texts = await rows.allInnerTexts();
  for (const flow of alert.flows)
    assert.ok(texts.some((text) => text.includes(flow.src) && text.includes(flow.dst)), `${flow.src} to ${flow.dst}`);
  await page.click('button.sort:text("Octets")');
  await page.waitForSelector('th[aria-sort=descending]');
  await page.context().close();
});

await step('graphs are drawn: the live chart, the asset\'s chart and the one from the archive', async () => {
  const page = await open(`#/alerts/${alert.id}`);
  await settled(page);
  await page.waitForSelector('.chart canvas');
  assert.ok(await canvasInk(page, '.chart canvas') > 500, 'the chart has something on it');
  await page.waitForSelector('.graph-image img');
  assert.ok(await imageIsDrawn(page, '.graph-image img'), 'the archive graph is an image');
  await shot(page, 'alert');
  await page.goto(`${base}/#/`);
  await settled(page);
  await page.waitForSelector('.chart canvas');
  assert.ok(await canvasInk(page, '.chart canvas') > 500, 'the live chart has something on it');
  await page.context().close();
});

await step('one key takes an alert and undo gives it back', async () => {
  const page = await open('#/alerts?state=all&sort=score');
  await settled(page);
  await page.focus(`a[data-alert="${alert.id}"]`);
  const wanted = alert.state === 'in_progress' ? ['r', 'resolved'] : ['a', 'in_progress'];
  await page.keyboard.press(wanted[0]);
  await page.waitForSelector('.toast button:has-text("Undo")');
  assert.equal((await api(`/alerts/${alert.id}`)).state, wanted[1]);
  await page.keyboard.press('u');
  await page.waitForTimeout(1500);
  const after = await api(`/alerts/${alert.id}`);
  assert.deepEqual([after.state, after.verdict], [alert.state, alert.verdict]);
  await page.context().close();
});

await step('what would have had to be different stands on the alert\'s page, and what each verdict teaches', async () => {
  const page = await open(`#/alerts/${alert.id}`);
  await settled(page);
  assert.ok(alert.counterfactual.length > 20);
  assert.ok((await page.locator('main').innerText()).includes(alert.counterfactual));
  await page.click('summary:has-text("What a verdict teaches")');
  assert.match(await page.locator('.teaches[open]').innerText(), /False positive/);
  await page.context().close();
});

await step('a rule made on an alert\'s page says first what it would have removed; undo takes it back', async () => {
  const page = await open(`#/alerts/${alert.id}`);
  await settled(page);
  await page.click('button:has-text("Suppress alerts like this")');
  await page.waitForSelector('.rule-preview');
  const scope = { asset: alert.asset, kind: alert.kind, ...alert.peerAsn ? { peerAsn: alert.peerAsn } : { peer: alert.peer } };
  const wanted = await api('/suppressions/preview', { method: 'POST', body: JSON.stringify(scope), headers: { 'Content-Type': 'application/json' } });
  assert.ok((await page.locator('.rule-preview').innerText()).includes(`Would have removed ${wanted.matched} of the last 90 days' ${wanted.alerts} alerts`));
  await shot(page, 'suppress');
  assert.ok(await page.locator('.rule-form button[type=submit]').isDisabled(), 'no rule without a reason');
  await page.fill('#rule-asset', 'no address');
  await page.waitForSelector('.rule-form .problem');
  assert.match(await page.locator('.rule-form .problem').innerText(), /address or a prefix/);
  await page.fill('#rule-asset', alert.asset);
  await page.waitForSelector('.rule-preview');
  await page.fill('#rule-reason', 'a rehearsal of the browser test');
  await page.click('.rule-form button[type=submit]');
  await page.waitForSelector('.toast button:has-text("Undo")');
  assert.equal((await api(`/alerts/${alert.id}`)).state, 'suppressed');
  await page.waitForSelector('main p:has-text("a rehearsal of the browser test")');
  await page.click('.toast button:has-text("Undo")');
  await page.waitForFunction(() => document.querySelector('.alert-head .pill')?.textContent === 'New', null, { timeout: 15000 });
  assert.equal((await api('/suppressions')).active, 0);
  await page.context().close();
  faults.splice(0, faults.length, ...faults.filter((fault) => !/^400 .*preview/.test(fault)));
});

await step('what counts for less because the network shows too much of it is named', async () => {
  const page = await open('#/');
  await page.route('**/api/v1/status', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: { ...body, budget: { ...body.budget, discounts: { volume_out: 1, contact: 0.82, beacon: 0.44 } } } });
  });
  await page.reload();
  await settled(page);
  await page.click('summary:has-text("2 detectors count for less")');
  assert.match(await page.locator('details:has-text("count for less")').innerText(), /beacon[\s\S]*44 %[\s\S]*New far ends[\s\S]*82 %/i);
  await page.context().close();
});

await step('the page of rules lists one, and deletes it', async () => {
  const page = await open('#/suppressions');
  await settled(page);
  await page.fill('#rule-port', '8443');
  await page.fill('#rule-reason', 'the new line of the chief');
  await page.waitForSelector('.rule-preview');
  await page.click('.rule-form button[type=submit]');
  await page.waitForSelector('td:has-text("the new line of the chief")');
  assert.match(await page.locator('tbody tr').first().innerText(), /port 8443/);
  await shot(page, 'rules');
  await page.click('button[aria-label^="Delete the rule"]');
  await page.waitForSelector('.empty-title');
  assert.equal((await api('/suppressions')).active, 0);
  await page.context().close();
});

await step('alerts of one cause are one line, which can be opened', async () => {
  const page = await open('#/', { loggedIn: true });
  await page.route('**/api/v1/alerts?*', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const query = new URL(route.request().url()).searchParams;
    const one = { ...found[0], group: 'f00d' };
    const items = query.get('fold') ? [{ ...one, groupSize: 3, groupAssets: 2 }]
      : query.get('group') === 'f00d' ? [one, { ...one, id: 'f00d1', assetName: 'twin one' }, { ...one, id: 'f00d2', assetName: 'twin two' }] : body.items;
    await route.fulfill({ response, json: { ...body, items, next: null, total: items.length } });
  });
  await page.goto(`${base}/#/alerts?state=all`);
  await page.waitForSelector('.group-line');
  assert.equal(await page.locator('.alert-row').count(), 1);
  assert.match(await page.locator('.group-line').innerText(), /2 more alerts.*2 assets in all/s);
  await page.click('.group-line button');
  await page.waitForSelector('.member');
  assert.equal(await page.locator('.alert-row').count(), 3);
  assert.match(await page.locator('.rows').innerText(), /twin one[\s\S]*twin two/);
  await page.click('.group-line button');
  await page.waitForFunction(() => document.querySelectorAll('.alert-row').length === 1);
  await page.context().close();
});

await step('a closed group is decided as a whole, and undone as a whole', async () => {
  const pair = (await api('/alerts?limit=2')).items;
  assert.equal(pair.length, 2, 'the daemon has two alerts');
  const stored = async () => Promise.all(pair.map(async ({ id }) => (await api(`/alerts/${id}`)).state));
  const before = await stored();
  const page = await open('#/', { loggedIn: true });
  await page.route('**/api/v1/alerts?*', async (route) => {
    const response = await route.fetch();
    const query = new URL(route.request().url()).searchParams;
    const both = pair.map((each) => ({ ...each, group: 'f00d' }));
    const items = query.get('fold') ? [{ ...both[0], groupSize: 2, groupAssets: 2 }] : both;
    await route.fulfill({ response, json: { items, next: null, total: items.length } });
  });
  await page.goto(`${base}/#/alerts?state=all`);
  await page.waitForSelector('.group-line');
  await page.focus(`a[data-alert="${pair[0].id}"]`);
  await page.keyboard.press('r');
  await page.waitForSelector('.toast:has-text("2 alerts of this group: resolved")');
  assert.deepEqual(await stored(), ['resolved', 'resolved']);
  await page.click('.toast button:has-text("Undo")');
  for (let tries = 0; tries < 50 && String(await stored()) !== String(before); tries++)
    await page.waitForTimeout(100);
  assert.deepEqual(await stored(), before);
  await page.context().close();
});

await step('an empty list says so in words, whatever is filtered', async () => {
  const page = await open('#/', { loggedIn: true });
  await page.route('**/api/v1/alerts?*', (route) => route.fulfill({ json: { items: [], next: null, total: 0 } }));
  for (const [state, words] of [['', 'No alert is open.'], ['new', 'No alert is new.'], ['suppressed', 'No alert is suppressed.'], ['all', 'There has been no alert yet.']]) {
    await page.goto(`${base}/#/alerts?state=${state}`);
    await page.waitForSelector(`.empty-title:has-text("${words}")`);
  }
  await page.goto(`${base}/#/alerts?state=all&class=mobile`);
  await page.waitForSelector('.empty:has-text("None under this filter")');
  await page.context().close();
});

await step('thousands of exporters are pages that can be searched; only the first is drawn', async () => {
  const page = await open('#/', { loggedIn: true });
  const asked = [];
  await page.route('**/api/v1/exporters?*', async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const limit = Number(query.get('limit'));
    const from = Number(query.get('cursor') ?? 0);
    asked.push(query);
    const items = Array.from({ length: limit }, (_, i) => ({ ...exporters[0], index: from + i, address: `192.0.2.${from + i}`, name: null,
      state: from + i === 0 ? 'silent' : 'ok', diagnosis: [{ severity: 'ok', code: 'ok', text: 'All that it sends is understood.', fix: null }] }));
    await route.fulfill({ json: { items, next: String(from + limit), total: 3000 } });
  });
  await page.goto(`${base}/#/exporters`);
  const lines = page.locator('table:has(caption:text("Exporters that are well")) tbody tr');
  await lines.first().waitFor();
  const first = await lines.count();
  assert.ok(first > 20 && first < 200, `${first} lines`);
  assert.equal(await page.locator('.exporter-card').count(), 1, 'one that needs a look has a card');
  await page.click('button:has-text("Load more")');
  await page.waitForFunction((n) => document.querySelectorAll('tbody tr').length > n, first + 20);
  await page.fill('input[type=search]', 'core-7');
  await page.click('.choices button:has-text("Silent")');
  for (let tries = 0; tries < 50 && !asked.some((query) => query.get('query') === 'core-7' && query.get('state') === 'silent'); tries++)
    await page.waitForTimeout(100);
  assert.ok(asked.some((query) => query.get('query') === 'core-7' && query.get('state') === 'silent'), 'search and state go to the daemon');
  assert.match(page.url(), /query=core-7/);
  await page.context().close();
});

await step('other alerts about the same machines are named, and lead on', async () => {
  const page = await open('#/', { loggedIn: true });
  await page.route('**/api/v1/alerts?*', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const step = { ...found[0], id: 'f00d', group: 'f00d', kind: 'admin_edge', asset: '203.0.113.77', assetName: null, peer: alert.asset };
    const items = [...body.items, step, { ...step, id: 'f00e', peer: '203.0.113.78', summary: '', detectors: [] }];
    await route.fulfill({ response, json: { ...body, items, next: null, total: items.length } });
  });
  await page.goto(`${base}/#/alerts/${alert.id}`);
  const card = page.locator('.card:has-text("Of the same machines")');
  await card.waitFor();
  assert.match(await card.innerText(), /New edge on an admin port\s+203\.0\.113\.77/);
  assert.equal(await card.locator('a[href$="#/alerts/f00d"]').count(), 1);
  assert.equal(await card.locator('a[href$="#/alerts/f00e"]').count(), 0, 'nothing in common');
  await page.context().close();
});

await step('a kind of alert is explained to who does not know it', async () => {
  const page = await open('#/', { loggedIn: true });
  await page.goto(`${base}/#/alerts/${alert.id}`);
  const card = page.locator('.card:has-text("What this kind of alert is")');
  await card.waitFor();
  assert.match(await card.innerText(), /home or mobile network[\s\S]*Look at[\s\S]*May be harmless[\s\S]*T1090\.002 External Proxy/);
  await page.context().close();
});

await step('the way before is told with the same names as the way now', async () => {
  const page = await open('#/', { loggedIn: true });
  const { items: [router] } = await api(`/exporters?query=${alert.path.exporter}&limit=1`);
  const { interfaces } = await api(`/exporters/${router.index}`);
  const { index, name } = interfaces.find((each) => each.name);
  await page.route(`**/api/v1/alerts/${alert.id}`, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: { ...body, path: { ...body.path, usual: `exporter ${router.address}, interface ${index}, next hop 192.0.2.1` } } });
  });
  await page.goto(`${base}/#/alerts/${alert.id}`);
  await page.waitForSelector(`.note:has-text("Before: exporter ${router.name ?? router.address}, interface ${name}, next hop 192.0.2.1")`);
  await page.context().close();
});

await step('text of the API is text, whatever stands in it', async () => {
  const page = await open('#/', { loggedIn: true });
  const hostile = '<img src=x onerror="window.bitten=1"><script>window.bitten=1</script>';
  await page.route('**/api/v1/alerts?*', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: { ...body, items: body.items.map((each) => ({ ...each, assetName: hostile, summary: hostile })) } });
  });
  await page.goto(`${base}/#/alerts?state=all`);
  await page.waitForSelector('.alert-row');
  await page.waitForFunction((text) => document.querySelector('.alert-row h3 a')?.textContent === text, hostile);
  assert.equal(await page.evaluate(() => window.bitten), undefined);
  await page.context().close();
});

for (const theme of ['dark', 'light']) {
  await step(`every view is there in ${theme} and has no serious finding of axe`, async () => {
    const page = await open('#/', { theme });
    for (const [name, hash] of VIEWS) {
      await page.goto(`${base}/${hash}`);
      await page.waitForTimeout(300);
      await settled(page);
      await page.waitForTimeout(300);
      await shot(page, `${name}-${theme}`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
      assert.deepEqual(grave, [], `${name} in ${theme}`);
    }
    await page.context().close();
  });
}

await step('nothing is wider than a screen of 360 pixels', async () => {
  const page = await open('#/', { width: 360, height: 780 });
  for (const [name, hash] of VIEWS) {
    await page.goto(`${base}/${hash}`);
    await page.waitForTimeout(300);
    await settled(page);
    await shot(page, `${name}-narrow`);
    assert.ok(await hasNoSidewaysScroll(page), `${name} scrolls sideways`);
  }
  await page.context().close();
});

await step('no error, no breach of the page\'s policy, no failed or foreign request in all of this', async () => {
  assert.deepEqual(faults, []);
});

await browser.close();
console.log(`1..${number}`);
process.exit(failed ? 1 : 0);
