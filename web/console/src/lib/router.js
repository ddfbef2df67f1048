// SPDX-License-Identifier: GPL-3.0-or-later
/* router.js - the view and its filters live in the address after the #, so that every view can be sent as a link */
import { useEffect, useState } from 'preact/hooks';
import { withQuery } from './api.js';

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function read() {
  const hash = location.hash.replace(/^#\/?/, '');
  const [path, search = ''] = hash.split('?');
  return { parts: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(search), hash: `#/${hash}` };
}

/** link('alerts', id) -> "#/alerts/ID"; the last argument may be an object of query values. */
export function link(...parts) {
  const query = typeof parts.at(-1) === 'object' && parts.at(-1) !== null ? parts.pop() : {};
  return withQuery(`#/${parts.map((part) => encodeURIComponent(part)).join('/')}`, query);
}

/* A colon is legal after the hash, and an IPv6 address should be readable there. */
export const assetLink = (address) => `#/assets/${encodeURIComponent(address).replaceAll('%3A', ':')}`;

export function go(to, replace = false) {
  if (replace) {
    history.replaceState(null, '', to);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = to;
  }
}

export function useRoute() {
  const [route, setRoute] = useState(read);

  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}
