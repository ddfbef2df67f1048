// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * pages.js - the alert list over its cursor pages, with what was just decided shown before the daemon tells it
 *
 * The first page is asked again every few seconds, further ones are added below. A decided alert keeps its place
 * until the filter changes, even when it no longer matches, so that the list does not jump under the hand.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, withQuery } from './api.js';
import { useApi, useApp } from './hooks.js';

const TRUST_MS = 15000; /* after that the daemon's word counts more than ours */

/**
 * A list over its cursor pages: the first one is asked again every so often, further ones are added below.
 * @returns {{answer: object, items: object[], next: string|null, more: function}}
 */
export function useList(route, query, every) {
  const { notify, refuse } = useApp();
  const path = withQuery(route, query);
  const answer = useApi(path, every);
  const [rest, setRest] = useState({ path: null, items: [], next: null });
  const further = rest.path === path ? rest : null;
  const next = further ? further.next : answer.data?.next ?? null;
  const more = async () => {
    try {
      const page = await get(withQuery(route, { ...query, cursor: next }));
      setRest({ path, items: [...(further?.items ?? []), ...page.items], next: page.next });
    } catch (error) {
      refuse(error);
      notify({ text: `Could not load more. ${error.message}`, bad: true });
    }
  };
  return { answer, items: [...(answer.data?.items ?? []), ...(further?.items ?? [])], next, more };
}

function merge(served, local, order) {
  const byId = new Map(served.map((alert) => [alert.id, alert]));
  const items = [...byId.values()].map((alert) => {
    const own = local.get(alert.id);
    return own && Date.now() - own.at < TRUST_MS ? { ...alert, state: own.alert.state, verdict: own.alert.verdict } : alert;
  });
  for (const [id, { alert }] of local) {
    if (!byId.has(id))
      items.splice(Math.max(0, Math.min(order.indexOf(id), items.length)), 0, alert);
  }
  return items;
}

/** @param more gives the path of the next page for a cursor */
export function usePages(path, more) {
  const first = useApi(path, 5000);
  const [rest, setRest] = useState({ path: null, items: [], next: null });
  const [local, setLocal] = useState(new Map());
  const [busy, setBusy] = useState(false);
  const order = useRef([]);
  const { notify, refuse } = useApp();

  useEffect(() => setLocal(new Map()), [path]);
  const further = rest.path === path ? rest : null;
  const next = further ? further.next : first.data?.next ?? null;
  const items = merge([...(first.data?.items ?? []), ...(further?.items ?? [])], local, order.current);
  order.current = items.map(({ id }) => id);

  const loadMore = async () => {
    setBusy(true);
    try {
      const page = await get(more(next));
      setRest({ path, items: [...(further?.items ?? []), ...page.items], next: page.next });
    } catch (error) {
      refuse(error);
      notify({ text: `Could not load more. ${error.message}`, bad: true });
    }
    setBusy(false);
  };
  const show = (alert) => setLocal((old) => new Map(old).set(alert.id, { alert, at: Date.now() }));
  return { first, items, next, busy, loadMore, show, total: first.data?.total ?? 0 };
}
