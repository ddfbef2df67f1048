// SPDX-License-Identifier: GPL-3.0-or-later
/* hooks.js - asking the API once or again and again, the theme, keys, and the size of an element */
import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { get, withQuery } from './api.js';

/** What the whole page shares: {status, theme, notify, refuse, flowNow} */
export const App = createContext(null);
export const useApp = () => useContext(App);

/**
 * Asks @path and, when @every is given, again after so many milliseconds while the page is visible. What was
 * answered last stays while a later question fails, so that a restart of the daemon does not empty the screen.
 * @param {string|null} path null: ask nothing
 */
export function useApi(path, every = 0) {
  const { refuse } = useApp();
  const [state, setState] = useState({ path: null, data: null, error: null });
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (!path)
      return undefined;
    const leave = new AbortController();
    let timer = 0;
    const ask = async () => {
      clearTimeout(timer);
      try {
        const data = await get(path, { signal: leave.signal });
        setState({ path, data, error: null, at: Date.now() });
      } catch (error) {
        if (error.name === 'AbortError')
          return;
        refuse(error);
        setState((old) => ({ path, data: old.path === path ? old.data : null, error, at: old.at }));
      }
      if (every && !document.hidden)
        timer = setTimeout(ask, every);
    };
    const shown = () => { if (every && !document.hidden) ask(); };
    document.addEventListener('visibilitychange', shown);
    ask();
    return () => {
      leave.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [path, every, turn]);

  const reload = useCallback(() => setTurn((n) => n + 1), []);
  /* Data of the former path is not shown under the new one. */
  const current = state.path === path ? state : { data: null, error: null };
  return { data: current.data, error: current.error, at: current.at, loading: !current.data && !current.error, reload };
}

const ROUTERS_MOST = 20; /* of one page: who asks for the names of all has a list of them */

/** All exporters with this address: one that sends over UDP and over TCP is two. */
async function askExporters(address, options) {
  const { items } = await get(withQuery('/exporters', { query: address, limit: 200 }), options);
  return Promise.all(items.filter((each) => each.address === address).map(({ index }) => get(`/exporters/${index}`, options)));
}

/**
 * What the routers with these addresses and their interfaces are called: {router(address), port(address, index)}.
 * Without a name, and until it has come, there is the address, or the number.
 */
export function useNames(addresses) {
  const [exporters, setExporters] = useState([]);
  const wanted = [...new Set(addresses)].filter(Boolean).slice(0, ROUTERS_MOST).join(' ');

  useEffect(() => {
    const leave = new AbortController();
    const all = wanted.split(' ').filter(Boolean).map((address) => askExporters(address, { signal: leave.signal }));
    Promise.all(all).then((found) => setExporters(found.flat())).catch(() => {}); /* the numbers do, then */
    return () => leave.abort();
  }, [wanted]);
  return useMemo(() => {
    const of = (address) => exporters.filter((each) => each.address === address);
    const port = (address, index) => {
      const known = of(address).flatMap(({ interfaces = [] }) => interfaces).find((each) => each.index === index);
      return known?.name || known?.description || `${index}`;
    };
    return { router: (address) => of(address).find(({ name }) => name)?.name || address, port };
  }, [exporters]);
}

const THEME = 'talaya-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** [choice, setChoice, shown]: choice is auto, dark or light and is remembered; shown is dark or light. */
export function useTheme() {
  const [choice, setChoice] = useState(() => {
    try {
      return localStorage.getItem(THEME) ?? 'auto';
    } catch {
      return 'auto';
    }
  });
  const [systemDark, setSystemDark] = useState(dark.matches);
  const shown = choice === 'auto' ? (systemDark ? 'dark' : 'light') : choice;

  useEffect(() => {
    const changed = () => setSystemDark(dark.matches);
    dark.addEventListener('change', changed);
    return () => dark.removeEventListener('change', changed);
  }, []);
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = shown;
    try {
      localStorage.setItem(THEME, choice);
    } catch { /* not remembered, then */ }
  }, [choice, shown]);
  return [choice, setChoice, shown];
}

/** Calls handlers[key] for a key pressed outside of a form field. */
export function useKeys(handlers) {
  const latest = useRef(handlers);
  latest.current = handlers;

  useEffect(() => {
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented)
        return;
      if (event.target.closest?.('input, textarea, select, dialog[open]') && event.key !== 'Escape')
        return;
      const handler = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : null;
      if (handler && handler(event) !== false)
        event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

/** [ref, width]: the width of the element in CSS pixels, 0 before it is known. */
export function useWidth() {
  const ref = useRef(null);
  const [width, setWidth] = useState(0);

  useLayoutEffect(() => {
    if (!ref.current)
      return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    setWidth(Math.floor(ref.current.getBoundingClientRect().width));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** A value that follows @value once it has rested for @ms: for search fields. */
export function useRested(value, ms = 250) {
  const [rested, setRested] = useState(value);

  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}

/** Now, each second. */
export function useNow() {
  const [now, setNow] = useState(() => new Date());

  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
