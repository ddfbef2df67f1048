// SPDX-License-Identifier: GPL-3.0-or-later
/* triage-panel.js - what to decide about an alert, and what was decided before */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { DECISIONS, TEACHES } from '../lib/triage.js';
import { plain, stateWord, verdictWord } from '../lib/words.js';
import { Card, State, When } from './basics.js';

const KINDS = { a: 'take', r: 'resolve', t: 'bad', f: 'calm', e: 'calm' };

export function Triage({ alert, act, children }) {
  const [note, setNote] = useState('');
  const text = note.trim();
  const send = async (change) => {
    if (await act(text ? { ...change, note: text } : change))
      setNote('');
  };
  const holds = ({ change }) => alert.state === change.state && (!change.verdict || alert.verdict === change.verdict);

  return html`
    <${Card} title="Decide" aside=${html`<${State} state=${alert.state} verdict=${alert.verdict} />`}>
      <label for="note">Note <span class="muted">(goes with the next decision)</span></label>
      <textarea id="note" rows="2" maxlength="2000" value=${note} onInput=${(event) => setNote(event.target.value)}></textarea>
      <div class="decisions">
        ${Object.entries(DECISIONS).map(([key, decision]) => html`
          <button type="button" key=${key} class=${KINDS[key]} disabled=${holds(decision)} onClick=${() => send(decision.change)}>
            <span>${decision.label}</span> <kbd>${key}</kbd></button>`)}
        ${text && html`<button type="button" onClick=${() => send({})}>Keep the note only</button>`}
        ${alert.state !== 'new' && html`<button type="button" onClick=${() => send({ state: 'new', verdict: 'unknown' })}>Open again</button>`}
        ${children}
      </div>
      <details class="teaches"><summary>What a verdict teaches</summary><dl>${TEACHES.map(([name, text]) => html`<div key=${name}><dt>${name}</dt><dd>${text}</dd></div>`)}</dl></details>
      ${alert.note && html`<p class="kept-note">${alert.note}</p>`}
    <//>`;
}

const VERDICTS = ['true_positive', 'false_positive', 'benign_expected', 'unknown'];
const words = (name) => (!name ? '' : VERDICTS.includes(name) ? verdictWord(name) : stateWord(name));

/* Decisions happen by the clock on the wall, the opening by flow time. */
export function History({ alert }) {
  const opened = (alert.history ?? []).find(({ action }) => action === 'opened');
  const rows = (alert.history ?? []).filter(({ action, from, to, note }) => action !== 'opened' && (from !== to || note));
  return html`
    <${Card} title="History">
      <ol class="history">
        ${[...rows].reverse().map((row, i) => html`
          <li key=${i}>
            <div>${plain(row.action)}${row.to && html`: ${row.from && html`<span class="muted">${words(row.from)} \u2192 </span>`}${words(row.to)}`}</div>
            ${row.note && html`<p class="kept-note">${row.note}</p>`}
            <div class="muted">${row.actor && `${row.actor}, `}<${When} time=${row.time} wall /></div>
          </li>`)}
        <li><div>opened by scoring${opened?.note ? `, ${opened.note}` : ''}</div><div class="muted"><${When} time=${alert.firstSeen} /></div></li>
      </ol>
    <//>`;
}
