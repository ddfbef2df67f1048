// SPDX-License-Identifier: GPL-3.0-or-later
/* graph-image.js - a graph drawn by the daemon's RRDtool; fetched with the token, so it cannot be a plain img address */
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { blob, withQuery } from '../lib/api.js';
import { useApp, useWidth } from '../lib/hooks.js';

/* Drawn at full size and shrunk by the browser on a narrow screen: the daemon refuses widths below 100. */
const fit = (width) => Math.max(360, Math.min(1400, Math.ceil(width / 60) * 60));

/* Why there may be none, and what to do: by kind. */
const LATER = 'No history yet: it begins with the first flows whose time is near to now, once their window has ended. A clock that is far off is told by the diagnosis;';
const MISSING = {
  asset: 'No series is kept for this one. The busiest assets, and those tagged "pinned" in the inventory, have one.',
  exporter: `${LATER} when there are as many files as max-files= in the section [series] allows, no further ones are begun.`,
  interface: `${LATER} an interface that carries nothing has none.`,
};

/** @param missed is called when there is none, which is said here otherwise */
export function GraphImage({ kind, name, query, alt, height = 200, missed = null }) {
  const { theme, refuse } = useApp();
  const [ref, width] = useWidth();
  const [state, setState] = useState({});
  const path = width ? withQuery(`/graphs/${kind}/${encodeURIComponent(name)}.svg`, { ...query, width: fit(width), height, theme }) : null;

  useEffect(() => {
    if (!path)
      return undefined;
    const leave = new AbortController();
    let address = null;
    blob(path, { signal: leave.signal }).then((image) => {
      address = URL.createObjectURL(image);
      setState({ address });
    }).catch((error) => {
      if (error.name !== 'AbortError') {
        refuse(error);
        setState({ error });
        if (error.status === 404)
          missed?.();
      }
    });
    return () => {
      leave.abort();
      if (address)
        URL.revokeObjectURL(address);
    };
  }, [path]);
  const missing = state.error?.status === 404 ? MISSING[kind] ?? MISSING.asset
    : state.error && `The graph could not be drawn. ${state.error.message}`;
  return html`<div class="graph-image" ref=${ref}>
    ${state.address && html`<img src=${state.address} alt=${alt} />`}
    ${missing && html`<p class="note">${missing}</p>`}
    ${!state.address && !missing && html`<p class="loading">Drawing\u2026</p>`}
  </div>`;
}
