// SPDX-License-Identifier: GPL-3.0-or-later
/* recent-table.js - an asset's last windows, as numbers: what the charts are made of */
import { html } from 'htm/preact';
import { bytes, count, decibans, NONE, plural } from '../lib/format.js';
import { Card, When } from './basics.js';
import { Table } from './table.js';

const FEW = 12;
const above = (w) => typeof w.high === 'number' && w.octetsOut > w.high;
const COLUMNS = [
  { key: 'time', label: 'Window', sort: (w) => w.time, cell: (w) => html`<${When} time=${w.time} timeOnly />` },
  { key: 'out', label: 'Sent', num: true, sort: (w) => w.octetsOut, cell: (w) => html`${bytes(w.octetsOut)}${above(w) && html` <span class="pill above">above</span>`}` },
  { key: 'band', label: 'Expected', num: true, cell: (w) => (typeof w.high === 'number' ? `${bytes(w.low)} \u2013 ${bytes(w.high)}` : NONE) },
  { key: 'in', label: 'Received', num: true, sort: (w) => w.octetsIn, cell: (w) => bytes(w.octetsIn) },
  { key: 'flows', label: 'Flows', num: true, sort: (w) => w.flows, cell: (w) => count(w.flows) },
  { key: 'score', label: 'Score', num: true, sort: (w) => w.score, cell: (w) => decibans(w.score) },
];

export function RecentTable({ windows }) {
  const newest = [...windows].reverse();
  return html`
    <${Card} title="Recent windows" aside=${html`<span class="muted">${plural(windows.length, 'window')}, ${windows.filter(above).length} above the band</span>`}>
      ${windows.length ? html`<${Table} caption="Recent windows" columns=${COLUMNS} rows=${newest} few=${FEW} rowKey=${(w) => w.time} />`
        : html`<p class="note">No window closed yet.</p>`}
    <//>`;
}
