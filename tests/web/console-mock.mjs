// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * console-mock.mjs - a daemon that is not there: the API's shapes with made-up numbers
 *
 * For looking at the console while working on it. The tests that count run against a real daemon (test-console.mjs).
 * usage: node console-mock.mjs DIR [PORT]    DIR holds index.html, app.js and app.css; the token is demo.demo
 * TALAYA_MOCK=empty shows a daemon to which nothing has come yet.
 */
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alerts, asset, assets, classify, exporters, graph, series, status } from './console-fixtures.mjs';

const [dir, port = '8099'] = process.argv.slice(2);
const empty = process.env.TALAYA_MOCK === 'empty';
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
  + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const FILES = { '/': ['index.html', 'text/html; charset=utf-8'], '/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/app.css': ['app.css', 'text/css; charset=utf-8'], '/icon.svg': ['icon.svg', 'image/svg+xml'] };
const store = new Map(alerts().map((alert) => [alert.id, alert]));

function problem(response, code, title, detail) {
  response.writeHead(code, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify({ type: 'about:blank', title, status: code, detail }));
}

function listAlerts(query) {
  const states = (query.get('state') ?? '').split(',').filter(Boolean);
  const items = [...store.values()].filter((alert) => (!states.length || states.includes(alert.state))
    && (!query.get('class') || alert.peerClass === query.get('class'))
    && (!query.get('asset') || alert.asset === query.get('asset')) && (!query.get('group') || alert.group === query.get('group')));
  items.sort((a, b) => (query.get('sort') === 'score' ? b.score - a.score : b.lastSeen.localeCompare(a.lastSeen)));
  const limit = Number(query.get('limit') ?? 50);
  const from = Number(query.get('cursor') ?? 0);
  const sizes = items.reduce((all, alert) => all.set(alert.group, [...all.get(alert.group) ?? [], alert]), new Map());
  const folded = query.get('fold') ? [...sizes.values()].map((each) => ({ ...each[0], groupSize: each.length, groupAssets: new Set(each.map(({ asset }) => asset)).size })) : items;
  if (query.get('fold'))
    items.splice(0, items.length, ...folded);
  return { items: empty ? [] : items.slice(from, from + limit).map(({ flows, history, ...rest }) => rest), total: empty ? 0 : items.length,
    next: from + limit < items.length ? String(from + limit) : null };
}

function listExporters(query) {
  const items = empty ? [] : exporters().filter((each) => (!query.get('state') || each.state === query.get('state'))
    && `${each.address} ${each.name}`.includes(query.get('query') ?? ''));
  return { items, total: items.length, next: null };
}

async function changeAlert(request, response, id) {
  const chunks = [];
  for await (const chunk of request)
    chunks.push(chunk);
  const change = JSON.parse(Buffer.concat(chunks).toString());
  const alert = store.get(id);
  const time = new Date().toISOString();
  for (const key of ['state', 'verdict']) {
    if (change[key] && change[key] !== alert[key])
      alert.history.push({ time, actor: 'night shift', action: key, note: change.note ?? '', from: alert[key], to: change[key] });
  }
  Object.assign(alert, change);
  return alert;
}

/* Rules: made, tried on all alerts, deleted. */
const rules = new Map();
const fits = (rule, alert) => ['asset', 'assetName', 'peer', 'peerAsn', 'peerClass', 'port', 'protocol', 'kind'].every((key) => !rule[key] || rule[key] === alert[key]);
async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request)
    chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function tryRule(request) {
  const rule = await bodyOf(request);
  const items = [...store.values()].filter((alert) => fits(rule, alert));
  return { days: 90, alerts: store.size, matched: items.length, open: items.filter(({ state }) => state === 'new').length,
    truePositives: items.filter(({ verdict }) => verdict === 'true_positive').length, items };
}

async function changeRules(request) {
  if (request.method === 'GET')
    return { items: [...rules.values()], active: rules.size, most: 256 };
  const rule = await bodyOf(request);
  const made = { ...rule, id: String(rules.size + 1), author: 'night shift', created: new Date().toISOString(), expires: new Date(Date.now() + 7 * 864e5).toISOString(),
    active: true, suppressed: [...store.values()].filter((alert) => fits(rule, alert)).length, lastSuppressed: null };
  rules.set(made.id, made);
  return made;
}

function oneRule(id, request) {
  const rule = rules.get(id);
  if (request.method === 'DELETE')
    rules.delete(id);
  return rule && { ...rule, restored: rule.suppressed };
}

const routes = [
  [/^\/suppressions\/preview$/, (match, query, request) => tryRule(request)],
  [/^\/suppressions$/, (match, query, request) => changeRules(request)],
  [/^\/suppressions\/([^/]+)$/, ([, id], query, request) => oneRule(id, request)],
  [/^\/status$/, () => status(store, empty)],
  [/^\/exporters$/, (_, query) => listExporters(query)],
  [/^\/exporters\/(\d+)$/, ([, index]) => exporters().find((each) => each.index === Number(index))],
  [/^\/assets$/, (match, query) => assets(query)],
  [/^\/assets\/([^/]+)$/, ([, address]) => asset(address)],
  [/^\/assets\/([^/]+)\/series$/, ([, address], query) => series(address, query)],
  [/^\/alerts$/, (match, query) => listAlerts(query)],
  [/^\/alerts\/([^/]+)$/, ([, id], query, request, response) =>
    (request.method === 'PATCH' && store.has(id) ? changeAlert(request, response, id) : store.get(id))],
  [/^\/classify\/([^/]+)$/, ([, address]) => classify(address)],
];

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  response.setHeader('Content-Security-Policy', CSP);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (Object.hasOwn(FILES, url.pathname)) {
    const [name, type] = FILES[url.pathname];
    response.setHeader('Content-Type', type);
    response.end(readFileSync(join(dir, name)));
    return;
  }
  const path = decodeURIComponent(url.pathname.replace(/^\/api\/v1/, ''));
  if (request.headers.authorization !== 'Bearer demo.demo') {
    problem(response, 401, 'Unauthorized', 'This token is not known.');
    return;
  }
  if (path.startsWith('/graphs/')) {
    response.setHeader('Content-Type', 'image/svg+xml');
    response.end(graph(url.searchParams));
    return;
  }
  for (const [pattern, answer] of routes) {
    const match = path.match(pattern);
    const body = match && await answer(match, url.searchParams, request, response);
    if (body) {
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('ETag', '"1"');
      response.end(JSON.stringify(body));
      return;
    }
  }
  problem(response, 404, 'Not found', `There is nothing at ${path}.`);
}).listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/  token demo.demo`));
