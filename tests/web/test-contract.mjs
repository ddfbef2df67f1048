// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test-contract.mjs - every response of the running server is what openapi.json says; speaks TAP
 *
 * usage: node test-contract.mjs --work DIR --server FIXTURE
 *    or: node test-contract.mjs --work DIR --url http://HOST:PORT --token TOKEN   (a real daemon; read only)
 * Checks the status, the media type, the body against its schema, and that the description leaves no operation and
 * no documented status without a test (fixture only). Examples are checked against their schemas as well.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { packages } from './packages.mjs';

const { values: args } = parseArgs({
  options: { work: { type: 'string' }, server: { type: 'string' }, url: { type: 'string' }, token: { type: 'string' } },
});
const require = packages(args.work);
const Ajv = require('ajv/dist/2020.js').default;
const addFormats = require('ajv-formats').default;

let count = 0;
let failed = 0;
function report(name, problems) {
  count += 1;
  if (problems.length === 0) {
    console.log(`ok ${count} - ${name}`);
  } else {
    failed += 1;
    console.log(`not ok ${count} - ${name}`);
    for (const line of problems.slice(0, 8)) console.log(`# ${line}`);
  }
}

async function start() {
  if (args.url) return { url: args.url, read: args.token };
  const child = spawn(args.server, { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const where = JSON.parse(line);
    return { ...where, child, url: `http://127.0.0.1:${where.port}` };
  }
  throw new Error('the fixture did not start');
}

const where = await start();
const description = await (await fetch(`${where.url}/openapi.json`)).json();

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(description, 'api');
const pointer = (...names) =>
  'api#/' + names.map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');

function resolve(object) {
  let found = object;
  while (found && found.$ref)
    found = found.$ref.slice(2).split('/').reduce((at, name) => at[name], description);
  return found;
}

function check(reference, value) {
  const validate = ajv.compile({ $ref: reference });
  return validate(value) ? [] : validate.errors.map((error) => `${error.instancePath} ${error.message}`);
}

const seen = new Set();

/* One request; what comes back must be documented, and be what was documented. */
async function call(path, method, target, expected, options = {}) {
  const headers = { ...options.headers };
  if (options.token !== null) headers.authorization = `Bearer ${options.token ?? where.read}`;
  if (options.body !== undefined) headers['content-type'] ??= 'application/json';
  const answer = await fetch(where.url + target, { method: method.toUpperCase(), headers, body: options.body });
  const problems = [];
  const operation = description.paths[path][method];
  const documented = resolve(operation.responses[String(answer.status)]);

  seen.add(`${method} ${path} ${answer.status}`);
  if (answer.status !== expected) problems.push(`status is ${answer.status}, expected ${expected}`);
  if (!documented) problems.push(`status ${answer.status} is not documented`);
  const type = (answer.headers.get('content-type') ?? '').split(';')[0];
  const text = await answer.text();
  if (documented && documented.content) {
    if (!documented.content[type]) problems.push(`type ${type} is not documented`);
    else if (type.endsWith('json')) {
      const body = JSON.parse(text);
      const own = operation.responses[String(answer.status)].$ref;
      const reference = own
        ? pointer(...own.slice(2).split('/'), 'content', type, 'schema')
        : pointer('paths', path, method, 'responses', String(answer.status), 'content', type, 'schema');
      problems.push(...check(reference, body));
      if (body.status !== undefined && type === 'application/problem+json' && body.status !== answer.status)
        problems.push('status of the problem is not that of the answer');
    }
  } else if (text !== '') {
    problems.push('a body where none is documented');
  }
  report(`${method.toUpperCase()} ${target} is ${expected}`, problems);
  return { answer, text };
}

function checkExamples() {
  for (const [path, item] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(item)) {
      for (const [status, response] of Object.entries(operation.responses))
        for (const [type, content] of Object.entries(resolve(response).content ?? {}))
          if (content.example !== undefined)
            report(`the example of ${method} ${path} ${status} fits its schema`,
              check(pointer('paths', path, method, 'responses', status, 'content', type, 'schema'), content.example));
      const body = operation.requestBody?.content['application/json'];
      if (body)
        report(`the example body of ${method} ${path} fits its schema`,
          check(pointer('paths', path, method, 'requestBody', 'content', 'application/json', 'schema'), body.example));
    }
}

/* Every parameter in a path is described, and every reference leads somewhere. */
function checkDescription() {
  const problems = [];
  for (const [path, item] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(item)) {
      const names = (operation.parameters ?? []).map(resolve).filter((one) => one.in === 'path').map((one) => one.name);
      for (const [, name] of path.matchAll(/{(\w+)}/g))
        if (!names.includes(name)) problems.push(`${method} ${path}: {${name}} is not described`);
    }
  for (const [, name] of JSON.stringify(description).matchAll(/"\$ref":"#\/([^"]+)"/g))
    if (name.split('/').reduce((at, part) => at?.[part], description) === undefined) problems.push(`#/${name} is not there`);
  report('the description is whole', problems);
}

async function readEverything() {
  const api = '/api/v1';
  const anonymous = { token: null };
  for (const path of ['/livez', '/openapi.json', `${api}/openapi.json`, '/metrics', '/readyz'])
    await call(path, 'get', path, 200, anonymous);
  await call(`${api}/status`, 'get', `${api}/status`, 200);
  for (const sort of ['index', 'state', 'name', 'records'])
    await call(`${api}/exporters`, 'get', `${api}/exporters?sort=${sort}&state=ok&query=1&limit=2`, 200);
  const { text: exporters } = await call(`${api}/exporters`, 'get', `${api}/exporters`, 200);
  for (const one of JSON.parse(exporters).items.slice(0, 20))
    await call(`${api}/exporters/{index}`, 'get', `${api}/exporters/${one.index}`, 200);
  for (const sort of ['score', 'octets', 'name', 'lastSeen'])
    await call(`${api}/assets`, 'get', `${api}/assets?sort=${sort}&limit=2`, 200);
  const { text: assets } = await call(`${api}/assets`, 'get', `${api}/assets?limit=20&query=`, 200);
  for (const one of JSON.parse(assets).items.slice(0, 5)) {
    await call(`${api}/assets/{address}`, 'get', `${api}/assets/${one.address}`, 200);
    await call(`${api}/classify/{address}`, 'get', `${api}/classify/${one.address}`, 200);
  }
  await call(`${api}/alerts`, 'get', `${api}/alerts?sort=score&limit=2&minScore=1&since=now-520w&until=now%2B520w`, 200);
  const { text: alerts } = await call(`${api}/alerts`, 'get', `${api}/alerts`, 200);
  for (const one of JSON.parse(alerts).items.slice(0, 5)) {
    await call(`${api}/alerts/{id}`, 'get', `${api}/alerts/${one.id}`, 200);
    await call(`${api}/alerts/{id}/flows`, 'get', `${api}/alerts/${one.id}/flows`, 200);
  }
  const { text: folded } = await call(`${api}/alerts`, 'get', `${api}/alerts?fold=group`, 200);
  for (const one of JSON.parse(folded).items.slice(0, 5))
    await call(`${api}/alerts`, 'get', `${api}/alerts?group=${one.group ?? one.id}`, 200);
  const { text: rules } = await call(`${api}/suppressions`, 'get', `${api}/suppressions`, 200);
  for (const one of JSON.parse(rules).items.slice(0, 5)) {
    where.rule = one.id;
    await call(`${api}/suppressions/{id}`, 'get', `${api}/suppressions/${one.id}`, 200);
  }
}

/* The status with which an operation says that it is done. */
const doneStatus = (operation) => (operation.responses['201'] ? 201 : 200);

async function refuseEverything() {
  const fill = (path) => path.replace('{index}', '0').replace('{address}', '203.0.113.25')
    .replace('{id}', path.includes('/suppressions/') ? where.rule : where.alert)
    .replace('{kind}', 'asset').replace('{file}', '203.0.113.25.svg');
  const missing = { '{index}': '77', '{address}': '192.0.2.99', '{id}': 'abcdef', '{kind}': 'host' };
  for (const [path, item] of Object.entries(description.paths))
    for (const [method, operation] of Object.entries(item)) {
      const change = method !== 'get';
      const body = operation.requestBody ? JSON.stringify(operation.requestBody.content['application/json'].example) : undefined;
      const token = change ? where.triage : where.read;
      const has = (status) => operation.responses[status] !== undefined;
      const go = (status, target, options) => call(path, method, target, status, { token, body, ...options });
      if (has('401')) await go(401, fill(path), { token: null });
      if (has('403') && change) await go(403, fill(path), { token: where.read });
      if (has('400')) await go(400, `${fill(path)}?nothing=1`, {});
      if (has('415')) await go(415, fill(path), { headers: { 'content-type': 'text/plain' } });
      if (has('413')) await go(413, fill(path), { body: ' '.repeat(70000) });
      if (has('412')) await go(412, fill(path), { headers: { 'if-match': '"old"' } });
      for (const [name, other] of Object.entries(missing))
        if (has('404') && path.includes(name)) { await go(404, fill(path.replace(name, other)), {}); break; }
      if (change) await go(doneStatus(operation), fill(path), {});
      if (has('304')) {
        const { answer } = await go(200, fill(path), {});
        await go(304, fill(path), { headers: { 'if-none-match': answer.headers.get('etag') } });
      }
    }
}

/* Another process is asked for these, and does not answer. */
async function waitForNobody() {
  where.child.stdin.write('s');
  await new Promise((done) => setTimeout(done, 100));
  for (const path of ['/api/v1/status', '/api/v1/exporters', '/api/v1/assets'])
    await call(path, 'get', path, 503);
  for (const path of ['/metrics', '/readyz']) await call(path, 'get', path, 503, { token: null });
}

checkDescription();
checkExamples();
await readEverything();
if (where.child) {
  await refuseEverything();
  const untested = [];
  for (const [path, item] of Object.entries(description.paths))
    for (const method of Object.keys(item))
      if (!seen.has(`${method} ${path} ${doneStatus(item[method])}`)) untested.push(`${method} ${path}`);
  report('no operation is left out', untested);
  await waitForNobody();
  where.child.stdin.end();
}
console.log(`1..${count}`);
process.exitCode = failed === 0 ? 0 : 1;
