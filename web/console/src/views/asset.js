// SPDX-License-Identifier: GPL-3.0-or-later
/* asset.js - one asset: what is normal for it, how well that is known, its ways out and the others it talks to */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { bytes, count, decibans, percent, plural } from '../lib/format.js';
import { useApi, useApp, useNames } from '../lib/hooks.js';
import { assetLink, link } from '../lib/router.js';
import { classWord, placeWords, portWord } from '../lib/words.js';
import { AlertRow } from '../parts/alert-row.js';
import { AssetChart } from '../parts/asset-chart.js';
import { Answer, Card, Choices, Empty, Facts, Meter, Page, When } from '../parts/basics.js';
import { Expected } from '../parts/expected.js';
import { GraphImage } from '../parts/graph-image.js';
import { RecentTable } from '../parts/recent-table.js';
import { Table } from '../parts/table.js';
import { WeekStrip } from '../parts/week-strip.js';

const SPANS = [[6, '6 h'], [24, '24 h'], [168, '7 d'], [336, '14 d']];

const Class = ({ name }) => html`<span class=${`class class-${name ?? 'unknown'}`}>${classWord(name)}</span>`;

const pathColumns = (names) => [
  { key: 'new', label: 'First seen', sort: (p) => p.firstSeen, cell: (p) => html`${p.isNew && html`<span class="pill new-path">new</span> `}<${When} time=${p.firstSeen} />` },
  { key: 'class', label: 'Far network', sort: (p) => p.accessClass, cell: (p) => html`<${Class} name=${p.accessClass} /> ${placeWords('', p.asn, p.asName)}` },
  { key: 'exporter', label: 'Router', sort: (p) => p.exporter, cell: (p) => (names.router(p.exporter) === p.exporter ? html`<span class="mono">${p.exporter}</span>` : names.router(p.exporter)) },
  { key: 'if', label: 'Interface', sort: (p) => p.egressInterface, cell: (p) => names.port(p.exporter, p.egressInterface) },
  { key: 'hop', label: 'Next hop', sort: (p) => p.nextHop, cell: (p) => html`<span class="mono">${p.nextHop}</span>${p.nextAs ? html` <span class="muted">AS${p.nextAs}</span>` : ''}` },
  { key: 'flows', label: 'Flows', num: true, sort: (p) => p.flows, cell: (p) => count(p.flows) },
  { key: 'octets', label: 'Octets', num: true, sort: (p) => p.octets, cell: (p) => bytes(p.octets) },
  { key: 'last', label: 'Last seen', sort: (p) => p.lastSeen, cell: (p) => html`<${When} time=${p.lastSeen} ageOnly />` },
];

const services = (ports) => (ports ?? []).map((port) => `${port}${portWord(port) ? ` ${portWord(port)}` : ''}`).join(', ');
const PEER_COLUMNS = [
  { key: 'address', label: 'Peer', sort: (p) => p.address, cell: (p) => html`<a class="mono" href=${link('lookup', { address: p.address })}>${p.address}</a>` },
  { key: 'class', label: 'Network', sort: (p) => p.class, cell: (p) => html`<${Class} name=${p.class} /> ${placeWords('', p.asn, p.asName, p.country)}` },
  { key: 'services', label: 'Ports', cell: (p) => services(p.services) },
  { key: 'out', label: 'Sent', num: true, sort: (p) => p.octetsOut, cell: (p) => bytes(p.octetsOut) },
  { key: 'in', label: 'Received', num: true, sort: (p) => p.octetsIn, cell: (p) => bytes(p.octetsIn) },
  { key: 'flows', label: 'Flows', num: true, sort: (p) => p.flows, cell: (p) => count(p.flows) },
  { key: 'first', label: 'First seen', sort: (p) => p.firstSeen, cell: (p) => html`<${When} time=${p.firstSeen} timeOnly />` },
  { key: 'last', label: 'Last seen', sort: (p) => p.lastSeen, cell: (p) => html`<${When} time=${p.lastSeen} ageOnly />` },
];

function Learning({ asset }) {
  const { daysSeen = 0, daysNeeded = 1, hoursCovered = 0 } = asset.learning ?? {};
  const days = daysSeen >= daysNeeded ? `${Math.floor(daysSeen)} days, ${daysNeeded} needed` : `${Math.floor(daysSeen)} of ${daysNeeded} days`;
  return html`
    <${Card} title="How well it is known">
      <${Meter} value=${daysSeen / daysNeeded} label="Days seen" words=${days} />
      <${Meter} value=${hoursCovered / 168} label="Hours of the week covered" words=${percent(hoursCovered / 168)} />
      <p class="note">${asset.maturity >= 1 ? 'Mature: its own past decides what is normal.'
        : `${percent(asset.maturity)} mature: until its own past is enough, assets of the same role speak for it.`}</p>
    <//>`;
}

function Traffic({ asset }) {
  const { flowNow } = useApp();
  const [hours, setHours] = useState(24);
  /* Whole steps of five minutes, so that the question stays the same between two windows. */
  const to = new Date(Math.ceil(flowNow / 300e3) * 300e3);
  const from = new Date(to - hours * 3600e3);
  const range = { from: from.toISOString(), to: to.toISOString() };
  const [drawn, setDrawn] = useState(false);
  const { now } = asset.baseline ?? {};
  const last = asset.recent?.at(-1);

  return html`
    <${Card} title="Traffic" aside=${html`<${Choices} label="Span" value=${hours} choices=${SPANS} onChange=${setHours} />`}>
      <${AssetChart} address=${asset.address} ...${range} height=${260} />
      ${last && html`<${Expected} observed=${last.octetsOut} low=${last.low ?? now?.low} high=${last.high ?? now?.high} format=${bytes} what="Sent in the last window" />`}
      <details class="more-graphs" onToggle=${(event) => setDrawn(event.target.open)}>
        <summary>Graphs from the archive (RRD)</summary>
        ${drawn && ['octets', 'packets', 'flows', 'score'].map((metric) => html`
          <${GraphImage} key=${metric} kind="asset" name=${asset.address} query=${{ metric, ...range }} alt=${`${metric} of ${asset.address}`} />`)}
      </details>
    <//>`;
}

function Alerts({ address }) {
  const alerts = useApi(`/alerts?asset=${encodeURIComponent(address)}&sort=time&limit=5`, 10000);
  return html`
    <${Card} title="Alerts" aside=${html`<a href=${link('alerts', { asset: address, state: 'all' })}>All of this asset</a>`}>
      <${Answer} of=${alerts}>
        ${({ items }) => (items.length ? html`<ul class="rows">${items.map((alert) => html`<li key=${alert.id}><${AlertRow} alert=${alert} /></li>`)}</ul>`
          : html`<p class="note">None so far.</p>`)}
      <//>
    <//>`;
}

function Body({ asset }) {
  const { paths = [], peers = [], place } = asset;
  const names = useNames(paths.map(({ exporter }) => exporter));
  const fresh = paths.filter(({ isNew }) => isNew).length;
  return html`
    <div class="columns">
      <div class="stack">
        <${Traffic} asset=${asset} />
        ${asset.openAlerts > 0 && html`<${Alerts} address=${asset.address} />`}
        <${Card} title="Ways out" aside=${html`<span class="muted">${plural(paths.length, 'path')}${fresh ? `, ${fresh} new` : ''}</span>`}>
          ${paths.length ? html`<${Table} caption="Outbound paths" columns=${pathColumns(names)} rows=${paths} few=${15} start=${{ key: 'new', down: true }} rowClass=${(p) => (p.isNew ? 'is-new' : '')} />`
            : html`<${Empty} title="No way out seen yet." />`}
        <//>
      </div>
      <div class="stack">
        <${Card} title="Who it is">
          <${Facts} of=${[
            ['Address', html`<span class="mono">${asset.address}</span>`],
            ['Name', asset.name], ['Role', asset.roleLearned ? `${asset.role} (learned)` : asset.role],
            ['Criticality', asset.criticality ? `${asset.criticality} of 5` : null],
            ['Tags', Array.isArray(asset.tags) ? asset.tags.join(', ') : asset.tags],
            ['Place', place && placeWords(place.access, place.asn, place.asName, place.country)],
            ['Score now', html`<span class="num">${decibans(asset.score)} decibans</span>`],
            ['Last seen', html`<${When} time=${asset.lastSeen} />`],
          ]} />
        <//>
        <${Learning} asset=${asset} />
        <${WeekStrip} baseline=${asset.baseline} />
        ${!(asset.openAlerts > 0) && html`<${Alerts} address=${asset.address} />`}
      </div>
    </div>
    <div class="stack below">
      <${Card} title="Peers" aside=${html`<span class="muted">${plural(peers.length, 'peer')}</span>`}>
        ${peers.length ? html`<${Table} caption="Peers" columns=${PEER_COLUMNS} rows=${peers} few=${15} start=${{ key: 'out', down: true }} />`
          : html`<${Empty} title="No peer seen yet." />`}
      <//>
      <${RecentTable} windows=${asset.recent ?? []} />
    </div>`;
}

export function AssetView({ id }) {
  const answer = useApi(`/assets/${encodeURIComponent(id)}`, 15000);
  const asset = answer.data;
  return html`
    <${Page} title=${asset?.name || id} lead=${html`<a href=${link('assets')}>Assets</a> / <a class="mono" href=${assetLink(id)}>${id}</a>`} />
    <${Answer} of=${answer} what="Asking for the asset">${(data) => html`<${Body} asset=${data} />`}<//>`;
}
