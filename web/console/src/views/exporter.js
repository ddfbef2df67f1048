// SPDX-License-Identifier: GPL-3.0-or-later
/* exporter.js - one exporter: what is well, what to mend and how, its books, templates and interfaces */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { bits, duration, perSecond, plural, whole } from '../lib/format.js';
import { useApi, useApp } from '../lib/hooks.js';
import { link } from '../lib/router.js';
import { samplingSource, sendsWord } from '../lib/words.js';
import { Answer, Card, Choices, ExporterState, Facts, Finding, Page, Stat, When } from '../parts/basics.js';
import { Balance } from '../parts/books.js';
import { GraphImage } from '../parts/graph-image.js';
import { Table } from '../parts/table.js';

const DOMAINS = [
  { key: 'id', label: 'Domain', sort: (d) => d.id, cell: (d) => d.id },
  { key: 'over', label: 'Over', cell: (d) => `${(d.transport ?? 'udp').toUpperCase()}${d.sourcePort ? ` from port ${d.sourcePort}` : ''}${d.agent ? `, agent ${d.agent}` : ''}` },
  { key: 'templates', label: 'Templates', num: true, sort: (d) => d.templates, cell: (d) => whole(d.templates) },
  { key: 'options', label: 'Options templates', num: true, sort: (d) => d.optionsTemplates, cell: (d) => whole(d.optionsTemplates) },
  { key: 'held', label: 'Waiting for a template', num: true, sort: (d) => d.heldSets, cell: (d) => plural(d.heldSets ?? 0, 'set') },
  { key: 'lost', label: 'Lost by sequence', num: true, sort: (d) => d.sequenceLost, cell: (d) => html`<span class=${d.sequenceLost > 0 ? 'bad' : ''}>${whole(d.sequenceLost)}</span>` },
  { key: 'state', label: 'Templates are', cell: (d) => (d.provisional ? 'restored, not yet confirmed' : 'confirmed') },
];

const SESSIONS = [
  { key: 'transport', label: 'Over', cell: (s) => s.transport.toUpperCase() },
  { key: 'name', label: 'Certificate', cell: (s) => (s.certificateName ? html`<span class="mono">${s.certificateName}</span>` : html`<span class="muted">none</span>`) },
  { key: 'port', label: 'From port', num: true, cell: (s) => s.sourcePort },
  { key: 'messages', label: 'Messages', num: true, cell: (s) => whole(s.messages) },
  { key: 'since', label: 'Since', cell: (s) => html`<${When} time=${s.since} wall />` },
];

function samplingWords({ rate, known, source, mixed } = {}) {
  if (!known)
    return 'not known: counts are taken as exported';
  return `${rate > 1 ? `1 in ${whole(rate)}` : 'none'}${source ? `, told by ${samplingSource(source)}` : ''}${mixed ? '; others have another rate' : ''}`;
}

const vendorWords = ({ code, name, percent, because = [] } = {}) => (!code || code === 'unknown' ? null
  : html`${name}${percent < 100 && html` <span class="muted">(${percent} % sure)</span>`}
    <span class="muted because">${because.join('; ')}</span>`);

const oneIn = (rate) => (rate === null ? 'not known' : rate > 1 ? `1 in ${whole(rate)}` : 'every packet');
const CHANGES = [
  { key: 'time', label: 'From', cell: (c) => c.time && html`<${When} time=${c.time} wall />` },
  { key: 'rate', label: 'Rate', cell: (c) => html`${oneIn(c.rate)} <span class="muted">(before: ${oneIn(c.before)})</span>` },
  { key: 'source', label: 'Told by', cell: (c) => `${samplingSource(c.source)}${c.of !== null && c.of !== undefined ? `: ${c.source} ${c.of}` : ''}` },
];
const History = ({ history = [] }) => history.length > 0 && html`
  <${Card} title="Sampling rates" aside=${html`<span class="muted">the last ${whole(history.length)}</span>`}>
    <${Table} caption="Changes of the sampling rate, newest first" columns=${CHANGES} rows=${history} rowKey=${(c) => `${c.time}${c.source}${c.of}${c.domain}`} />
  <//>`;

function Interfaces({ exporter }) {
  const [drawn, setDrawn] = useState(null);
  const { flowNow } = useApp();
  const to = new Date(Math.ceil(flowNow / 300e3) * 300e3);
  const range = { from: new Date(to - 86400e3).toISOString(), to: to.toISOString() };
  const columns = [
    { key: 'index', label: 'Index', sort: (i) => i.index, cell: (i) => i.index },
    { key: 'name', label: 'Name', sort: (i) => i.name, cell: (i) => i.name || html`<span class="muted">not told</span>` },
    { key: 'description', label: 'Description', sort: (i) => i.description, cell: (i) => i.description },
    { key: 'speed', label: 'Speed', num: true, sort: (i) => i.speed ?? 0, cell: (i) => (i.speed ? bits(i.speed / 8) : '') },
    { key: 'graph', label: 'Graph', cell: (i) => html`<button type="button" aria-pressed=${drawn === i.index} onClick=${() => setDrawn(drawn === i.index ? null : i.index)}><span class="sr">Graph of interface ${i.name || i.index}, </span>24 h</button>` },
  ];
  const list = exporter.interfaces ?? [];
  return html`
    <${Card} title="Interfaces" aside=${html`<span class="muted">${whole(list.length)}</span>`}>
      ${list.length ? html`<${Table} caption="Interfaces" columns=${columns} rows=${list} rowKey=${(i) => i.index} start=${{ key: 'index', down: false }} />`
        : html`<p class="note">It tells no names of interfaces. They come with options data (on IOS XE "option interface-table", on IOS XR "options interface-table"), or from a file of yours: interfaces= in the configuration.</p>`}
      ${drawn !== null && html`<${GraphImage} key=${drawn} kind="interface" name=${`${exporter.address}-${drawn}`} query=${{ metric: 'octets', ...range }} alt=${`Octets in and out of interface ${drawn}, last 24 hours`} />`}
    <//>`;
}

function Graphs({ exporter }) {
  const { flowNow } = useApp();
  const [hours, setHours] = useState(24);
  const to = new Date(Math.ceil(flowNow / 300e3) * 300e3);
  return html`
    <${Card} title="Traffic it reported" aside=${html`<${Choices} label="Span" value=${hours} choices=${[[6, '6 h'], [24, '24 h'], [168, '7 d']]} onChange=${setHours} />`}>
      <${GraphImage} kind="exporter" name=${exporter.address} query=${{ metric: 'octets', from: new Date(to - hours * 3600e3).toISOString(), to: to.toISOString() }}
        alt=${`Octets reported by ${exporter.address}`} />
    <//>`;
}

function Body({ exporter }) {
  const { rates = {} } = exporter;
  return html`
    <div class="columns">
      <div class="stack">
        <${Card} title="Diagnosis" aside=${html`<${ExporterState} state=${exporter.state} />`}>
          <ul class="findings">${(exporter.diagnosis ?? []).map((f, i) => html`<${Finding} key=${i} ...${f} vendor=${exporter.vendor?.code === 'unknown' ? null : exporter.vendor?.name} />`)}</ul>
        <//>
        <${Card} title="Rates"><div class="stats">
          <${Stat} label="Records" value=${perSecond(rates.recordsPerSecond)} />
          <${Stat} label="Datagrams" value=${perSecond(rates.datagramsPerSecond)} />
          <${Stat} label="Traffic reported" value=${bits(rates.octetsPerSecond)} />
        </div><//>
        <${Graphs} exporter=${exporter} />
        <${Interfaces} exporter=${exporter} />
        ${exporter.transport !== undefined && exporter.transport !== 'udp' && html`<${Card} title="Connections"><${Table} caption="Connections" columns=${SESSIONS} rows=${exporter.sessions ?? []} rowKey=${(s) => s.sourcePort} /><//>`}
        <${Card} title="Observation domains"><${Table} caption="Observation domains" columns=${DOMAINS} rows=${exporter.domains ?? []} rowKey=${(d) => `${d.transport}-${d.sourcePort}-${d.agent}-${d.id}`} /><//>
      </div>
      <div class="stack">
        <${Card} title="Facts">
          <${Facts} of=${[
            ['Address', html`<span class="mono">${exporter.address}</span>`],
            ['Sends', sendsWord(exporter)],
            ['Is', vendorWords(exporter.vendor)],
            ['Sampling', samplingWords(exporter.sampling)],
            ['Rate by hand', exporter.sampling?.operator && html`${exporter.sampling.operator.rate ? oneIn(exporter.sampling.operator.rate) : `on ${plural(exporter.sampling.operator.interfaces, 'interface')}`}, in <code>[${exporter.sampling.operator.section}]</code>`],
            ['Clock', typeof exporter.clockSkewSeconds === 'number' ? (Math.abs(exporter.clockSkewSeconds) < 1 ? 'right' : `${duration(exporter.clockSkewSeconds)} ${exporter.clockSkewSeconds > 0 ? 'ahead' : 'behind'}${exporter.clockCorrectedSeconds ? ', corrected' : ''}`) : null],
            ['Started', exporter.bootTime && html`<${When} time=${exporter.bootTime} wall />`],
            ['First heard', html`<${When} time=${exporter.firstSeen} wall />`],
            ['Last heard', html`<${When} time=${exporter.lastSeen} wall />`],
          ]} />
        <//>
        <${Card} title="Its books"><${Balance} books=${exporter.books} /><//>
        <${History} history=${exporter.sampling?.history} />
      </div>
    </div>`;
}

export function ExporterView({ id }) {
  const answer = useApi(`/exporters/${encodeURIComponent(id)}`, 3000);
  const { data } = answer;
  return html`
    <${Page} title=${data ? data.name || data.address : `Exporter ${id}`} lead=${html`<a href=${link('exporters')}>Exporters</a> / ${data ? html`<span class="mono">${data.address}</span>` : id}`} />
    <${Answer} of=${answer} what="Asking for the exporter">${(exporter) => html`<${Body} exporter=${exporter} />`}<//>`;
}
