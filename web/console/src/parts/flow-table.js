// SPDX-License-Identifier: GPL-3.0-or-later
/* flow-table.js - the flows that are an alert's evidence, raw counts beside scaled ones */
import { html } from 'htm/preact';
import { bytes, clock, duration, parseTime, plural, whole } from '../lib/format.js';
import { useNames } from '../lib/hooks.js';
import { ipProtocol, portWord } from '../lib/words.js';
import { Card, When } from './basics.js';
import { Table } from './table.js';

const FLAGS = [[1, 'F'], [2, 'S'], [4, 'R'], [8, 'P'], [16, 'A'], [32, 'U'], [64, 'E'], [128, 'C']];
const flagWords = (flags) => (typeof flags === 'number' ? FLAGS.filter(([bit]) => flags & bit).map(([, letter]) => letter).join('')
  : flags ?? '');
const seconds = (flow) => ((parseTime(flow.end) ?? 0) - (parseTime(flow.start) ?? 0)) / 1000;

const end = (address, port) => html`<span class="mono">${address}</span>${port ? html`<span class="muted">:</span><span class="num">${port}</span>${portWord(port)
  && html` <span class="muted">${portWord(port)}</span>`}` : ''}`;
const scaled = (raw, value, format, known) => html`${format(value ?? raw)}${known && value !== raw
  && html`<div class="muted raw">${format(raw)} raw</div>`}`;

const columns = (names) => [
  { key: 'start', label: 'Start', sort: (f) => f.start, cell: (f) => html`<${When} time=${f.start} timeOnly />` },
  { key: 'for', label: 'Lasted', num: true, sort: seconds, cell: (f) => html`<span title=${`to ${parseTime(f.end) ? clock(parseTime(f.end)) : ''}`}>${duration(seconds(f))}</span>` },
  { key: 'src', label: 'From', sort: (f) => f.src, cell: (f) => end(f.src, f.srcPort) },
  { key: 'dst', label: 'To', sort: (f) => f.dst, cell: (f) => end(f.dst, f.dstPort) },
  { key: 'protocol', label: 'Protocol', sort: (f) => f.protocol, cell: (f) => html`${ipProtocol(f.protocol)} <span class="muted mono">${flagWords(f.tcpFlags)}</span>` },
  { key: 'octets', label: 'Octets', num: true, sort: (f) => f.octetsScaled ?? f.octets, cell: (f) => scaled(f.octets, f.octetsScaled, bytes, f.samplingKnown) },
  { key: 'packets', label: 'Packets', num: true, sort: (f) => f.packetsScaled ?? f.packets, cell: (f) => scaled(f.packets, f.packetsScaled, whole, f.samplingKnown) },
  { key: 'back', label: 'Back', num: true, hint: 'Octets of the opposite direction, where the exporter tells', sort: (f) => f.reverseOctets, cell: (f) => bytes(f.reverseOctets) },
  { key: 'sampling', label: 'Sampling', num: true, sort: (f) => f.sampling, cell: (f) => (!f.samplingKnown ? html`<span class="muted">not known</span>` : f.sampling > 1 ? `1 in ${whole(f.sampling)}` : 'none') },
  { key: 'exporter', label: 'Exporter', sort: (f) => f.exporter, cell: (f) => html`<span class="mono">${f.exporter}</span>` },
  { key: 'if', label: 'In \u2192 out', cell: (f) => html`<span class="num nowrap">${f.inIf ? names.port(f.exporter, f.inIf) : '\u2013'} \u2192 ${f.outIf ? names.port(f.exporter, f.outIf) : '\u2013'}</span>` },
  { key: 'hop', label: 'Next hop', sort: (f) => f.nextHop, cell: (f) => html`<span class="mono">${f.nextHop}</span>` },
  { key: 'as', label: 'AS', cell: (f) => html`<span class="num nowrap">${f.srcAs || '\u2013'} \u2192 ${f.dstAs || '\u2013'}</span>` },
];

export function FlowTable({ flows }) {
  const names = useNames(flows.map(({ exporter }) => exporter));
  const unknown = flows.some(({ samplingKnown }) => !samplingKnown);
  return html`
    <${Card} title="Evidence" aside=${html`<span class="muted">${plural(flows.length, 'flow')}</span>`}
      note=${unknown ? 'The sampling of some flows is not known: their counts are as exported, and may stand for more.' : ''}>
      ${flows.length ? html`<${Table} caption="Evidence flows" columns=${columns(names)} rows=${flows} start=${{ key: 'start', down: false }} />`
        : html`<p class="note">No flow was kept for this alert.</p>`}
    <//>`;
}
