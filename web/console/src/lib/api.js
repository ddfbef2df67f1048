// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * api.js - talks to /api/v1 of the daemon that served this page, and to nobody else
 *
 * Every failure becomes an ApiError with a title and a sentence an operator can act on. The token lives in
 * sessionStorage: it goes when the tab is closed.
 */
const BASE = '/api/v1';
const TOKEN = 'talaya-token';
const PATIENCE_MS = 15000;

const HELP = {
  400: 'The server did not understand the question. Check the filters.',
  401: 'The token is not known, has expired or was revoked. Log in again.',
  403: 'This token may not do that: reading needs the scope read, deciding on alerts needs triage.',
  404: 'There is nothing under this address. It may have been forgotten, or the address has a typing error.',
  409: 'Somebody else was faster. Look at the present state and decide again.',
  412: 'Somebody else changed this meanwhile. Look at the present state and decide again.',
  429: 'Too many questions in a short time. Wait a moment.',
  503: 'The part of the daemon that knows the answer is busy or restarting. It is asked again by itself.',
};

export class ApiError extends Error {
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.help = HELP[status] ?? '';
  }
}

let memory = null; /* where sessionStorage is refused, the token lives as long as the page */
export function token() {
  try {
    return sessionStorage.getItem(TOKEN) ?? memory;
  } catch {
    return memory;
  }
}

export function setToken(value) {
  memory = value;
  try {
    if (value)
      sessionStorage.setItem(TOKEN, value);
    else
      sessionStorage.removeItem(TOKEN);
  } catch { /* private mode: memory has it */ }
}

async function problem(response) {
  let body = null;
  try {
    body = await response.json();
  } catch { /* not JSON: the status has to do */ }
  const text = (value) => (typeof value === 'string' ? value : '');
  return new ApiError(response.status, text(body?.title) || `The server answered ${response.status}`, text(body?.detail));
}

async function send(path, options = {}) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE_MS);
  const stop = () => limit.abort();
  options.signal?.addEventListener('abort', stop);
  const headers = { ...options.headers };
  const secret = options.token ?? token();
  if (secret)
    headers.Authorization = `Bearer ${secret}`;
  try {
    const response = await fetch(BASE + path, { ...options, headers, signal: limit.signal, credentials: 'omit',
      cache: 'no-store', referrerPolicy: 'no-referrer' });
    if (!response.ok)
      throw await problem(response);
    return response;
  } catch (error) {
    if (error instanceof ApiError)
      throw error;
    if (options.signal?.aborted)
      throw new DOMException('left', 'AbortError');
    throw new ApiError(0, 'No connection to the daemon', limit.signal.aborted
      ? 'No answer within 15 seconds.' : 'It may be stopped or restarting, or the network between is down.');
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

/** @returns {Promise<object>} the body; its ETag, if any, under the key "etag" unless the body has one */
export async function get(path, options) {
  const response = await send(path, options);
  const body = await response.json();
  const etag = response.headers.get('ETag');
  if (etag && body && typeof body === 'object')
    Object.defineProperty(body, 'matchTag', { value: etag, enumerable: false });
  return body;
}

async function change(method, path, body, etag) {
  const headers = { 'Content-Type': 'application/json' };
  if (etag)
    headers['If-Match'] = etag;
  const response = await send(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return response.status === 204 ? null : response.json();
}

export const patch = (path, body, etag) => change('PATCH', path, body, etag);
export const post = (path, body) => change('POST', path, body);
export const remove = (path) => change('DELETE', path);

export const blob = async (path, options) => (await send(path, options)).blob();

/** "/alerts" + {state:'new', kind:''} -> "/alerts?state=new" */
export function withQuery(path, query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}
