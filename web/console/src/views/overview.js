// SPDX-License-Identifier: GPL-3.0-or-later
/* overview.js - is all well, what came in, what waits: the view that stays open all night */
import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import { bits, count, decibans, parseTime, perSecond, plural, whole } from '../lib/format.js';
import { useApi, useApp } from '../lib/hooks.js';
import { link } from '../lib/router.js';
import { kindWord, OPEN_STATES } from '../lib/words.js';
import { AlertRow } from '../parts/alert-row.js';
import { Answer, Card, Empty, ExporterState, Finding, Loading, Meter, Page, Stat, When } from '../parts/basics.js';
import { Balance } from '../parts/books.js';
import { Chart } from '../parts/chart.js';
import { FirstSteps } from '../parts/first-steps.js';

function lead(status) {
  const { exporters, problems } = status;
  const alerts = status.alerts ?? {};
  const fresh = alerts.new ?? 0;
  const open = fresh + (alerts.in_progress ?? 0);
  const waiting = fresh ? `${plural(fresh, 'alert')} ${fresh === 1 ? 'waits' : 'wait'} to be looked at.`
    : open ? `No new alert; ${open} in progress.` : 'No open alert.';
  const sending = exporters.total === 0 ? ' No exporter has been heard yet.'
    : ` ${exporters.ok + exporters.warning} of ${plural(exporters.total, 'exporter')} sending.`;
  return waiting + sending + (problems?.length ? ` ${plural(problems.length, 'thing')} of the daemon itself to mend.` : '');
}

function Traffic({ status }) {
  const history = status.rateHistory ?? [];
  const { rates } = status;
  const chart = useMemo(() => ({
    times: history.map(({ time }) => (parseTime(time)?.getTime() ?? 0) / 1000),
    lines: [{ label: 'Traffic reported', colour: 'series-1', fill: 'series-1-fill', values: history.map(({ octets }) => octets) }],
    records: [{ label: 'Records', colour: 'series-2', values: history.map(({ records }) => records) },
      { label: 'Lost', colour: 'bad', values: history.map(({ lost }) => lost) }],
  }), [history]);
  const highest = Math.max(0, ...history.map(({ records }) => records ?? 0));
  const lost = history.reduce((sum, row) => sum + (row.lost ?? 0), 0);

  return html`
    <${Card} title="Coming in now" aside=${html`<span class="muted">last 10 minutes</span>`}>
      <div class="live-traffic"><div class="stats">
        <${Stat} label="Records" value=${perSecond(rates.recordsPerSecond)} />
        <${Stat} label="Datagrams" value=${perSecond(rates.datagramsPerSecond)} />
        <${Stat} label="Traffic reported" value=${bits(rates.octetsPerSecond)} />
        <${Stat} label="Lost on the way" value=${perSecond(rates.lostPerSecond)} tone=${rates.lostPerSecond > 0 ? 'bad' : ''} />
      </div>
      ${history.length > 1 ? html`
        <${Chart} times=${chart.times} lines=${chart.records} format=${(v) => perSecond(v)} height=${150}
          summary=${`Records per second over the last ten minutes: now ${count(rates.recordsPerSecond)}, highest ${count(highest)}. ${lost > 0 ? 'Some were lost.' : 'None lost.'}`} />`
        : html`<p class="note">The chart begins as soon as something arrives.</p>`}
      </div>
    <//>`;
}

function OpenAlerts() {
  const alerts = useApi(`/alerts?state=${OPEN_STATES}&sort=score&limit=5`, 4000);
  return html`
    <${Card} title="Open alerts" aside=${html`<a href=${link('alerts')}>All alerts</a>`}>
      <${Answer} of=${alerts} what="Asking for alerts">
        ${({ items, total }) => (items.length === 0
          ? html`<${Empty} title="Nothing waits for you."><p>Talaya keeps learning and says here when an asset leaves its ways.</p><//>`
          : html`<ul class="rows">${items.map((alert) => html`<li key=${alert.id}><${AlertRow} alert=${alert} /></li>`)}</ul>
            ${total > items.length && html`<p class="note"><a href=${link('alerts')}>${plural(total - items.length, 'more open alert')}</a></p>`}`)}
      <//>
    <//>`;
}

/** What the network shows so much of that it counts for less: not a fault, but who misses an alert wants to know. */
function Held({ discounts }) {
  const held = Object.entries(discounts ?? {}).filter(([, share]) => share < 0.9).sort((a, b) => a[1] - b[1]);
  if (!held.length)
    return null;
  return html`
    <details class="note"><summary>${plural(held.length, 'detector')} ${held.length === 1 ? 'counts' : 'count'} for less</summary>
      <p>This network shows so much of the following that it would break the budget; their evidence is scaled down.</p>
      <dl class="ledger">${held.map(([name, share]) => html`<div key=${name}><dt>${kindWord(name)}</dt><dd class="num">${Math.round(share * 100)} %</dd></div>`)}</dl>
    </details>`;
}

function Learning({ status }) {
  const { budget } = status;
  const assets = status.assets ?? { total: 0, mature: 0, learning: 0 };
  const share = assets.total ? assets.mature / assets.total : 0;
  return html`
    <${Card} title="Learning" aside=${html`<a href=${link('assets')}>Assets</a>`}>
      ${assets.total ? html`
        <${Meter} value=${share} label="Assets whose normal is known" words=${`${whole(assets.mature)} of ${whole(assets.total)}`} />
        <p class="note">${assets.learning ? `${plural(assets.learning, 'asset')} still ${assets.learning === 1 ? 'learns' : 'learn'}; until then their scores lean on what is rare among assets of the same role.`
          : 'All assets have finished learning.'}</p>`
        : html`<p class="note">No asset seen yet. Assets are the addresses inside the prefixes of the configuration.</p>`}
      ${budget && html`<p class="note">Budget: ${count(budget.perDay)} false alarms a day at most${typeof budget.thresholdDecibans === 'number' ? html`, so an alert opens at <b class="num">${decibans(budget.thresholdDecibans)}</b> decibans` : ''}.</p>`}
      <${Held} discounts=${budget?.discounts} />
    <//>`;
}

function Exporters() {
  const exporters = useApi('/exporters?sort=state&limit=8', 5000);
  const worst = ({ diagnosis }) => diagnosis?.find(({ severity }) => severity === 'error')
    ?? diagnosis?.find(({ severity }) => severity === 'warning');
  return html`
    <${Card} title="Exporters" aside=${html`<a href=${link('exporters')}>All exporters</a>`}>
      <${Answer} of=${exporters} what="Asking for exporters">
        ${({ items, total }) => html`<ul class="rows">
          ${items.map((each) => html`
            <li key=${each.index} class="exporter-row">
              <div class="row-line">
                <a href=${link('exporters', each.index)}>${each.name || html`<span class="mono">${each.address}</span>`}</a>
                <${ExporterState} state=${each.state} />
                <span class="end muted num">${each.state === 'silent' ? html`<${When} time=${each.lastSeen} wall ageOnly />` : perSecond(each.rates?.recordsPerSecond)}</span>
              </div>
              ${worst(each) && html`<p class="note">${worst(each).text}</p>`}
            </li>`)}
        </ul>
        ${total > items.length && html`<p class="note"><a href=${link('exporters')}>${plural(total - items.length, 'more exporter')}</a></p>`}`}
      <//>
    <//>`;
}

export function OverviewView() {
  const { status } = useApp();
  if (!status)
    return html`<${Page} title="Overview"><${Loading} what="Asking the daemon" /><//>`;
  const empty = status.exporters.total === 0;
  return html`
    <${Page} title="Overview" lead=${lead(status)} />
    <div class="columns">
      <div class="stack">
        ${empty ? html`<${FirstSteps} status=${status} />` : html`<${Traffic} status=${status} /><${OpenAlerts} />`}
      </div>
      <div class="stack">
        ${status.problems?.length > 0 && html`
          <${Card} title="To mend"><ul class="findings">${status.problems.map((each, i) => html`
            <${Finding} key=${i} severity=${each.severity} text=${each.text} fix=${each.hint} />`)}</ul><//>`}
        ${!empty && html`<${Exporters} />`}
        <${Learning} status=${status} />
        <${Card} title="The books" note="Everything that arrived is accounted for."><${Balance} books=${status.books} /><//>
      </div>
    </div>`;
}
