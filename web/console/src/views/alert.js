// SPDX-License-Identifier: GPL-3.0-or-later
/* alert.js - one alert: what happened, why it counts, what was seen, and what to decide */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { bytes, decibans, odds, parseTime, percent, plural } from '../lib/format.js';
import { useApi, useApp, useKeys } from '../lib/hooks.js';
import { assetLink, go, link } from '../lib/router.js';
import { DECISIONS, decide } from '../lib/triage.js';
import { ipProtocol, kindWord, placeWords, portWord, severity } from '../lib/words.js';
import { Address, Answer, Card, Facts, Meter, Page, Severity, State, When } from '../parts/basics.js';
import { FlowTable } from '../parts/flow-table.js';
import { GraphImage } from '../parts/graph-image.js';
import { Expected } from '../parts/expected.js';
import { Meaning } from '../parts/meaning.js';
import { Nearby } from '../parts/nearby.js';
import { PathDiagram } from '../parts/path-diagram.js';
import { ScoreBars } from '../parts/score-bars.js';
import { Similar } from '../parts/similar.js';
import { SuppressButton } from '../parts/suppress-dialog.js';
import { AssetChart } from '../parts/asset-chart.js';
import { History, Triage } from '../parts/triage-panel.js';

const HOUR = 3600e3;
/* What is expected is told of the sent part; the received one would often dwarf it. */
const SENT_ONLY = ['Received'];

/* From a day before the first sign to a little after the last, so that the ways before are in the picture. */
function span(alert) {
  const first = parseTime(alert.firstSeen)?.getTime() ?? Date.now();
  const last = parseTime(alert.lastSeen)?.getTime() ?? first;
  return { from: new Date(first - 24 * HOUR).toISOString(), to: new Date(Math.max(last, first) + HOUR).toISOString() };
}

/* By which rule, and until when. */
function Suppressed({ id }) {
  const { data } = useApi(`/suppressions/${id}`);
  return data && html`<p class="note">Suppressed until <${When} time=${data.expires} wall /> by ${data.author}: ${data.reason}. <a href=${link('suppressions')}>Rules</a></p>`;
}

/* The service in words: "port 8443 (https), TCP" */
const service = ({ port, protocol }) => [port ? `port ${port}${portWord(port) ? ` (${portWord(port)})` : ''}` : '', protocol ? ipProtocol(protocol) : '']
  .filter(Boolean).join(', ');

function Head({ alert }) {
  const level = severity(alert.score, alert.threshold);
  return html`
    <div class=${`alert-head card level-${level.name}`}>
      <div class="big-score">
        <${Severity} score=${alert.score} threshold=${alert.threshold} />
        <div class="num"><b>${decibans(alert.score)}</b> <span>decibans</span></div>
        <p class="note">${odds(alert.score)} against chance</p>
      </div>
      <div>
        <p class="summary">${alert.summary}</p>
        <p><${State} state=${alert.state} verdict=${alert.verdict} /> <span class="muted">${kindWord(alert.kind)}, last seen <${When} time=${alert.lastSeen} /></span></p>
        ${alert.state === 'suppressed' && alert.suppression && html`<${Suppressed} id=${alert.suppression} />`}
      </div>
    </div>`;
}

const Who = ({ alert }) => html`
  <${Card} title="Who and when">
    <${Facts} of=${[
      ['Asset', html`<${Address} address=${alert.asset} name=${alert.assetName} />`],
      ['Role', alert.assetRole],
      ['Criticality', alert.criticality ? `${alert.criticality} of 5` : null],
      ['Far end', alert.peer && html`<a class="mono" href=${link('lookup', { address: alert.peer })}>${alert.peer}</a>`],
      ['Its network', alert.peer && placeWords(alert.peerClass, alert.peerAsn, alert.peerAsName, alert.peerCountry)],
      ['Said by', alert.peerSource],
      ['Service', service(alert)],
      ['Evidence', plural((alert.flows ?? []).length, 'flow')],
      ['First seen', html`<${When} time=${alert.firstSeen} />`],
      ['Last seen', html`<${When} time=${alert.lastSeen} />`],
    ]} />
    <${Meter} value=${alert.maturity} label="How well the asset is known" words=${percent(alert.maturity)} />
    ${alert.maturity < 1 && html`<p class="note">Its baseline is still learning; what is rare among other assets of its role carries part of the score.</p>`}
  <//>`;

/* Where no series is kept, that has been said above. */
function Archive({ alert, from, to }) {
  const [isThere, setThere] = useState(true);
  return isThere && html`
    <${Card} title="From the archive" note="Drawn by the daemon from its round-robin files; the band is what was expected.">
      <${GraphImage} kind="asset" name=${alert.asset} query=${{ metric: 'octets', from, to }} missed=${() => setThere(false)}
        alt=${`Octets of ${alert.assetName || alert.asset} around the alert, with the expected band`} />
    <//>`;
}

function Body({ alert, matchTag, show, reload }) {
  const app = useApp();
  const act = (change) => decide(alert, change, show, app, matchTag);
  const { from, to } = span(alert);
  const marks = [{ time: (parseTime(alert.firstSeen)?.getTime() ?? 0) / 1000, label: 'first seen' }];

  useKeys({ Escape: () => go(link('alerts')),
    ...Object.fromEntries(Object.entries(DECISIONS).map(([key, { change }]) => [key, () => { act(change); }])) });
  return html`
    <${Head} alert=${alert} />
    <div class="columns">
      <div class="stack">
        <${ScoreBars} alert=${alert} />
        ${alert.counterfactual && html`<${Card} title="What would have had to be different"><p class="counterfactual">${alert.counterfactual}</p><//>`}
        <${Meaning} kind=${alert.kind} />
        ${alert.path && html`<${PathDiagram} alert=${alert} />`}
        <${Card} title="Traffic of the asset" aside=${html`<a href=${assetLink(alert.asset)}>Asset page</a>`}>
          <${AssetChart} address=${alert.asset} from=${from} to=${to} marks=${marks} without=${SENT_ONLY} />
          ${typeof alert.observed === 'number' && html`<${Expected} observed=${alert.observed} low=${alert.expected?.low}
            high=${alert.expected?.high} format=${bytes} what="Sent in the window" />`}
        <//>
      </div>
      <div class="stack">
        <${Triage} alert=${alert} act=${act}><${SuppressButton} alert=${alert} changed=${reload} /><//>
        <${Who} alert=${alert} />
        <${Nearby} alert=${alert} />
        <${Similar} alert=${alert} />
        <${History} alert=${alert} />
      </div>
    </div>
    <div class="stack below">
      <${FlowTable} flows=${alert.flows ?? []} />
      <${Archive} alert=${alert} from=${from} to=${to} />
    </div>`;
}

export function AlertView({ id }) {
  const answer = useApi(`/alerts/${encodeURIComponent(id)}`, 10000);
  const [own, setOwn] = useState(null); /* what was decided here and now, until the daemon tells it */
  const alert = answer.data && own ? { ...answer.data, state: own.state, verdict: own.verdict } : answer.data;
  const show = (changed) => {
    setOwn({ state: changed.state, verdict: changed.verdict });
    answer.reload();
  };
  return html`
    <${Page} title=${alert ? alert.assetName || alert.asset : 'Alert'} lead=${alert ? html`<a href=${link('alerts')}>Alerts</a> / <span class="mono">${alert.id}</span>` : ''} />
    <${Answer} of=${answer} what="Asking for the alert">${() => html`<${Body} alert=${alert} matchTag=${answer.data.matchTag} show=${show}
      reload=${() => { setOwn(null); answer.reload(); }} />`}<//>`;
}
