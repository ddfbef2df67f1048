// SPDX-License-Identifier: GPL-3.0-or-later
/* alert-row.js - an alert in two lines, as it stands in every list; the whole row leads to it */
import { html } from 'htm/preact';
import { decibans, odds } from '../lib/format.js';
import { link } from '../lib/router.js';
import { classWord, kindWord, severity } from '../lib/words.js';
import { State, When } from './basics.js';
import { Shape } from './icons.js';

export function AlertRow({ alert, onFocus }) {
  const level = severity(alert.score, alert.threshold);
  return html`
    <article class=${`alert-row level-${level.name}`}>
      <div class="alert-score" title=${`Odds against chance ${odds(alert.score)}`}>
        <${Shape} level=${level.name} /><b class="num">${decibans(alert.score)}</b><span class="alert-level">${level.word}</span>
      </div>
      <div class="alert-what">
        <h3><a href=${link('alerts', alert.id)} onFocus=${onFocus} data-alert=${alert.id}>${alert.assetName || alert.asset}</a>
          <span class="alert-kind">${kindWord(alert.kind)}</span></h3>
        <p>${alert.summary}</p>
      </div>
      <div class="alert-meta">
        <span><${State} state=${alert.state} verdict=${alert.verdict} /></span>
        ${alert.peer && html`<span class="nowrap"><span class="sr">Far end: </span><span class="mono">${alert.peer}</span></span>`}
        <span>${alert.peer && html`<span class=${`class class-${alert.peerClass ?? 'unknown'}`}>${classWord(alert.peerClass)}</span> `}<span class="muted"><${When} time=${alert.lastSeen} ageOnly /></span></span>
      </div>
    </article>`;
}
