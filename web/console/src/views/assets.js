// SPDX-License-Identifier: GPL-3.0-or-later
/* assets.js - all assets, the ones with the most evidence first */
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { bytes, count, decibans, percent, plural } from '../lib/format.js';
import { useRested } from '../lib/hooks.js';
import { useList } from '../lib/pages.js';
import { go, link } from '../lib/router.js';
import { Address, Answer, Card, Empty, Page, When } from '../parts/basics.js';
import { Table } from '../parts/table.js';

const SORTS = [['score', 'highest score'], ['octets', 'most traffic'], ['name', 'name'], ['lastSeen', 'last seen']];
const PAGE = 100;

const COLUMNS = [
  { key: 'asset', label: 'Asset', cell: (a) => html`<${Address} address=${a.address} name=${a.name} />` },
  { key: 'role', label: 'Role', cell: (a) => a.role },
  { key: 'score', label: 'Score', num: true, hint: 'decibans', cell: (a) => decibans(a.score) },
  { key: 'alerts', label: 'Open alerts', num: true, cell: (a) => (a.openAlerts ? html`<a class="pill open-alerts" href=${link('alerts', { asset: a.address })}>${a.openAlerts}<span class="sr"> open alerts of ${a.name || a.address}</span></a>` : html`<span class="muted">0</span>`) },
  { key: 'maturity', label: 'Known', num: true, hint: 'How much of its learning is done', cell: (a) => html`<span class="mini-meter" aria-hidden="true"><span style=${{ width: `${Math.min(1, a.maturity ?? 0) * 100}%` }}></span></span><span class="mini-words">${percent(a.maturity)}</span>` },
  { key: 'out', label: 'Sent', num: true, hint: 'in the last window', cell: (a) => bytes(a.octetsOut) },
  { key: 'in', label: 'Received', num: true, hint: 'in the last window', cell: (a) => bytes(a.octetsIn) },
  { key: 'peers', label: 'Peers', num: true, cell: (a) => count(a.peers) },
  { key: 'criticality', label: 'Criticality', num: true, cell: (a) => a.criticality },
  { key: 'seen', label: 'Last seen', cell: (a) => html`<${When} time=${a.lastSeen} ageOnly />` },
];

export function AssetsView({ query }) {
  const [text, setText] = useState(query.get('query') ?? '');
  const sort = SORTS.some(([name]) => name === query.get('sort')) ? query.get('sort') : 'score';
  const rested = useRested(text.trim());
  const { answer, items, next, more } = useList('/assets', { query: rested, sort, limit: PAGE }, 10000);

  useEffect(() => go(link('assets', { query: rested, sort: sort === 'score' ? '' : sort }), true), [rested]);
  return html`
    <${Page} title="Assets" lead=${answer.data ? `${plural(answer.data.total, 'asset')}${rested ? ' found' : ' seen'}.` : ''} />
    <div class="filters" role="search" aria-label="Filter assets">
      <div class="filter-fields">
        <label class="grow"><span>Search</span><input type="search" value=${text} placeholder="name, address, role" spellcheck="false" onInput=${(event) => setText(event.target.value)} /></label>
        <label><span>Order</span><select value=${sort} onChange=${(event) => go(link('assets', { query: rested, sort: event.target.value }), true)}>
          ${SORTS.map(([name, words]) => html`<option key=${name} value=${name}>${words}</option>`)}</select></label>
      </div>
    </div>
    <${Answer} of=${answer} what="Asking for assets">
      ${() => html`<${Card}>
        ${items.length ? html`<${Table} caption="Assets" columns=${COLUMNS} rows=${items} rowKey=${(a) => a.address} />`
          : html`<${Empty} title=${rested ? 'No asset matches.' : 'No asset seen yet.'}><p>Assets are the addresses inside <code>prefixes=</code> of the section <code>[assets]</code>, once a flow shows them.</p><//>`}
        ${next && html`<p class="more"><button type="button" onClick=${more}>Load more</button></p>`}
      <//>`}
    <//>`;
}
