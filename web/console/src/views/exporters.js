// SPDX-License-Identifier: GPL-3.0-or-later
/* exporters.js - who sends, in what state, and why nothing may be seen */
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { bits, bytes, perSecond, plural, whole } from '../lib/format.js';
import { useApp, useRested } from '../lib/hooks.js';
import { useList } from '../lib/pages.js';
import { go, link } from '../lib/router.js';
import { sendsWord } from '../lib/words.js';
import { Answer, Card, Choices, Empty, ExporterState, Finding, Page, When } from '../parts/basics.js';
import { Balance } from '../parts/books.js';
import { FirstSteps } from '../parts/first-steps.js';
import { Mark } from '../parts/icons.js';
import { Table } from '../parts/table.js';

const PAGE = 60;
const FEW = 3; /* findings on a card; the rest is on the exporter's own page */

const sampling = ({ rate, known } = {}) => (!known ? 'sampling not known' : rate > 1 ? `1 in ${whole(rate)}` : 'not sampled');

function ExporterCard({ each }) {
  const findings = (each.diagnosis ?? []).filter(({ severity }) => severity === 'error' || severity === 'warning');
  const good = (each.diagnosis ?? []).filter(({ severity }) => severity === 'ok' || severity === 'info');
  return html`
    <article class="card exporter-card">
      <header class="card-head"><h2><a href=${link('exporters', each.index)}>${each.name || html`<span class="mono">${each.address}</span>`}</a></h2>
        <div class="aside"><${ExporterState} state=${each.state} /></div></header>
      <p class="exporter-line muted">${each.name && html`<span class="mono">${each.address}</span>`}<span>${sendsWord(each)}</span><span>${sampling(each.sampling)}</span>${each.vendor && each.vendor.code !== 'unknown' && html`<span>${each.vendor.name}</span>`}<span>${plural(each.domains?.length ?? 0, 'domain')}</span></p>
      <p class="exporter-line num"><span><b>${perSecond(each.rates?.recordsPerSecond)}</b> records</span><span><b>${bits(each.rates?.octetsPerSecond)}</b></span><span class="muted">last heard <${When} time=${each.lastSeen} wall ageOnly /></span></p>
      ${findings.length > 0 ? html`<ul class="findings">${findings.slice(0, FEW).map((f, i) => html`<${Finding} key=${i} ...${f} vendor=${each.vendor?.code === 'unknown' ? null : each.vendor?.name} />`)}</ul>
        ${findings.length > FEW && html`<p class="note"><a href=${link('exporters', each.index)}>${plural(findings.length - FEW, 'more finding')}</a></p>`}`
        : html`<p class="all-good"><${Mark} kind="ok" /> ${good[0]?.text ?? 'Nothing to mend.'}</p>`}
    </article>`;
}

const SOCKET_COLUMNS = [
  { key: 'listen', label: 'Socket', cell: (s) => html`<span class="mono">${s.listen}</span>` },
  { key: 'got', label: 'Buffer', num: true, cell: (s) => html`${bytes(s.got)}${s.asked > s.got && html`<span class="muted"> of ${bytes(s.asked)}</span>`}` },
  { key: 'drops', label: 'Drops', hint: 'Datagrams that the kernel dropped because the buffer was full', num: true, cell: (s) => html`<span class=${s.drops > 0 ? 'bad' : ''}>${whole(s.drops)}</span>` },
];

const INTAKE_COLUMNS = [
  { key: 'name', label: 'Thread', cell: (t) => html`<span class="mono">${t.name}</span>` },
  { key: 'recordsPerSecond', label: 'Records', num: true, cell: (t) => perSecond(t.recordsPerSecond) },
  { key: 'imbalance', label: 'Share', hint: 'Its records against the mean of all: 1 is a fair share', num: true, cell: (t) => (t.imbalance > 0 ? t.imbalance.toFixed(2) : '–') },
  { key: 'busy', label: 'Busy', hint: 'How much of a processor it takes', num: true, cell: (t) => html`<span class=${t.busy > 0.85 ? 'bad' : ''}>${Math.round(t.busy * 100)} %</span>` },
];

const TEE_COLUMNS = [
  { key: 'to', label: 'Sent on to', cell: (t) => html`<span class="mono">${t.to}</span>${t.keepSource && html` <span class="muted">as the exporter</span>`}` },
  { key: 'sent', label: 'Sent', num: true, cell: (t) => whole(t.sent) },
  { key: 'dropped', label: 'Not sent', hint: 'Datagrams that the queue or the socket could not take', num: true, cell: (t) => html`<span class=${t.dropped + t.queueDropped > 0 ? 'bad' : ''}>${whole(t.dropped + t.queueDropped)}</span>` },
];

function Tees({ tees }) {
  const problems = tees.filter(({ problem }) => problem);
  return html`
    <${Card} title="Other collectors">
      <${Table} caption="Other collectors" columns=${TEE_COLUMNS} rows=${tees} />
      ${problems.length > 0 && html`<ul class="findings">${problems.map(({ name, to, problem }) => html`<${Finding} key=${name} severity="warning" text=${`${to}: ${problem}`} />`)}</ul>`}
    <//>`;
}

const REFUSED_COLUMNS = [
  { key: 'address', label: 'Sender', cell: (s) => html`<span class="mono">${s.address}</span>` },
  { key: 'datagrams', label: 'Datagrams', num: true, cell: (s) => whole(s.datagrams) },
  { key: 'hint', label: 'To let it in', cell: (s) => s.hint },
];

/* Who knocks and is not let in: mostly a router that was forgotten in exporters=. */
const Refused = ({ senders }) => html`
  <${Card} title="Refused senders" aside=${html`<span class="muted">${whole(senders.length)}</span>`}>
    <${Table} caption="Refused senders" columns=${REFUSED_COLUMNS} rows=${senders} rowKey=${(s) => s.address} />
  <//>`;

const STREAM_COLUMNS = [
  { key: 'listen', label: 'Socket', cell: (s) => html`<span class="mono">${s.listen}</span>` },
  { key: 'connections', label: 'Open', num: true, cell: (s) => whole(s.connections) },
  { key: 'messages', label: 'Messages', num: true, cell: (s) => whole(s.messages) },
];

/* IPFIX over TCP and TLS: what is open, and why connections came to nothing. */
function Streams({ streams }) {
  const ended = streams.listeners.flatMap(({ listen, ended: ends }) => ends.filter(({ fix }) => fix).map((end) => ({ listen, ...end })));
  return html`
    <${Card} title="Connections">
      <${Table} caption="Connections" columns=${STREAM_COLUMNS} rows=${streams.listeners} />
      ${streams.pushedBackSeconds > 0 && html`<p class="note">Senders were made to wait for ${streams.pushedBackSeconds.toFixed(1)} s, as scoring did not keep up; nothing was lost.</p>`}
      ${ended.length > 0 && html`<ul class="findings">${ended.map((end) => html`<${Finding} key=${end.listen + end.reason} severity="warning"
        text=${`${plural(end.count, 'connection')} to ${end.listen}: ${end.text} (last from ${end.lastFrom}).`} fix=${end.fix} />`)}</ul>`}
    <//>`;
}

function Daemon({ status }) {
  const hints = (status.sockets ?? []).filter(({ hint }) => hint);
  return html`
    <${Card} title="Sockets">
      <${Table} caption="Sockets" columns=${SOCKET_COLUMNS} rows=${status.sockets ?? []} />
      ${hints.length > 0 && html`<ul class="findings">${hints.map(({ listen, hint }) => html`<${Finding} key=${listen} severity="warning" text=${`The buffer of ${listen} is smaller than asked.`} fix=${hint} />`)}</ul>`}
    <//>
    ${status.intakes?.length > 0 && html`<${Card} title="Receiving threads"><${Table} caption="Receiving threads" columns=${INTAKE_COLUMNS} rows=${status.intakes} /><//>`}
    ${status.tees?.length > 0 && html`<${Tees} tees=${status.tees} />`}
    ${status.refusedSenders?.length > 0 && html`<${Refused} senders=${status.refusedSenders} />`}
    ${status.streams?.listeners.length > 0 && html`<${Streams} streams=${status.streams} />`}
    <${Card} title="The books of all"><${Balance} books=${status.books} /><//>`;
}

const STATES = [['', 'All', 'total'], ['warning', 'Need a look', 'warning'], ['silent', 'Silent', 'silent'], ['ok', 'Sending', 'ok']];
const SORTS = [['state', 'worst first'], ['records', 'most records'], ['name', 'name']];

function Filters({ text, setText, sort, state, counts, change }) {
  const choices = STATES.map(([value, words, key]) => [value, html`${words} <span class="num muted">${whole(counts?.[key] ?? 0)}</span>`]);
  return html`
    <div class="filters" role="search" aria-label="Filter exporters">
      <${Choices} label="State" value=${state} choices=${choices} onChange=${(value) => change({ state: value })} />
      <div class="filter-fields">
        <label class="grow"><span>Search</span><input type="search" value=${text} placeholder="name, address, maker, format" spellcheck="false" onInput=${(event) => setText(event.target.value)} /></label>
        <label><span>Order</span><select value=${sort} onChange=${(event) => change({ sort: event.target.value })}>
          ${SORTS.map(([name, words]) => html`<option key=${name} value=${name}>${words}</option>`)}</select></label>
      </div>
    </div>`;
}

/* Who is well needs a line, not a card: a network may have thousands. */
const WELL_COLUMNS = [
  { key: 'name', label: 'Exporter', cell: (e) => html`<a href=${link('exporters', e.index)}>${e.name || html`<span class="mono">${e.address}</span>`}</a>${e.name && html` <span class="mono muted">${e.address}</span>`}` },
  { key: 'sends', label: 'Sends', cell: (e) => sendsWord(e) },
  { key: 'is', label: 'Is', cell: (e) => (e.vendor && e.vendor.code !== 'unknown' ? e.vendor.name : html`<span class="muted">not known</span>`) },
  { key: 'sampling', label: 'Sampling', cell: (e) => (!e.sampling?.known ? html`<span class="muted">not known</span>` : e.sampling.rate > 1 ? `1 in ${whole(e.sampling.rate)}` : 'none') },
  { key: 'records', label: 'Records', num: true, cell: (e) => perSecond(e.rates?.recordsPerSecond) },
  { key: 'traffic', label: 'Traffic', num: true, cell: (e) => bits(e.rates?.octetsPerSecond) },
  { key: 'seen', label: 'Last heard', cell: (e) => html`<${When} time=${e.lastSeen} wall ageOnly />` },
];

function Found({ items, total, next, more }) {
  const bad = items.filter(({ state }) => state !== 'ok');
  const well = items.filter(({ state }) => state === 'ok');
  return html`
    ${bad.length > 0 && html`<div class="cards">${bad.map((each) => html`<${ExporterCard} key=${each.index} each=${each} />`)}</div>`}
    ${well.length > 0 && html`<div class=${bad.length ? 'stack below' : ''}><${Card} title="Sending as they should"><${Table} caption="Exporters that are well" columns=${WELL_COLUMNS} rows=${well} rowKey=${(e) => e.index} /><//></div>`}
    ${items.length === 0 && html`<${Card}><${Empty} title="No exporter matches."><p>Clear the search or the state to see all.</p><//><//>`}
    ${next && html`<p class="more"><button type="button" onClick=${more}>Load more</button> <span class="muted">${whole(items.length)} of ${whole(total)}</span></p>`}`;
}

export function ExportersView({ query }) {
  const { status } = useApp();
  const [text, setText] = useState(query.get('query') ?? '');
  const rested = useRested(text.trim());
  const among = (table, name, preset) => (table.some(([each]) => each === name) ? name : preset);
  const sort = among(SORTS, query.get('sort'), 'state');
  const state = among(STATES, query.get('state'), '');
  const { answer, items, next, more } = useList('/exporters', { query: rested, state, sort, limit: PAGE }, 4000);
  const counts = status?.exporters;
  const bad = counts ? counts.total - counts.ok : 0;
  const change = (what) => go(link('exporters', { query: rested, state, sort: sort === 'state' ? '' : sort, ...what }), true);

  useEffect(() => change({}), [rested]);
  return html`
    <${Page} title="Exporters" lead=${counts?.total ? `${plural(counts.total, 'exporter')}; ${bad ? `${whole(bad)} ${bad === 1 ? 'needs' : 'need'} a look` : 'all send as they should'}.` : ''} />
    ${counts?.total > 0 && html`<${Filters} text=${text} setText=${setText} sort=${sort} state=${state} counts=${counts} change=${change} />`}
    <${Answer} of=${answer} what="Asking for exporters">
      ${({ total }) => html`
        ${counts?.total === 0 ? html`<${FirstSteps} status=${status} />` : html`<${Found} items=${items} total=${total} next=${next} more=${more} />`}
        ${status && html`<div class="cards below"><${Daemon} status=${status} /></div>`}`}
    <//>`;
}
