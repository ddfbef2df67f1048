// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * rule-form.js - a rule that suppresses alerts: what it is about, why, until when, and what it would have done
 *
 * The daemon is asked at every pause of the typing what such a rule would have removed from the last 90 days, so
 * that nobody makes one blindly.
 */
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { post } from '../lib/api.js';
import { dayMonth, plural, whole } from '../lib/format.js';
import { useApp, useRested } from '../lib/hooks.js';
import { link } from '../lib/router.js';
import { ACCESS_CLASSES, classWord, kindWord } from '../lib/words.js';
import { Failure, When } from './basics.js';

/* key, label, is it a number */
const FIELDS = [
  ['asset', 'Asset: address or prefix'], ['assetName', 'Asset: name'], ['peer', 'Far end: address or prefix'], ['peerAsn', 'Far end: AS number', true],
  ['peerClass', 'Far end: network'], ['port', 'Service: port', true], ['protocol', 'Service: IP protocol', true], ['kind', 'Detector']];
const SPANS = [['1d', '1 day', 1], ['7d', '7 days', 7], ['30d', '30 days', 30], ['90d', '90 days', 90], ['365d', '1 year', 365]];
const OFTEN = 0.5; /* of all alerts: such a rule is too wide */

/** The scope as the API wants it: what is filled in, numbers as numbers. */
export function scopeOf(values) {
  const scope = {};
  for (const [key, , isNumber] of FIELDS) {
    const text = String(values[key] ?? '').trim();
    if (text)
      scope[key] = isNumber ? Number(text) : text;
  }
  return scope;
}

/** What a rule made from @alert is about at first: this asset, this network (or far end), this detector. */
export const scopeFor = ({ asset, peer, peerAsn, kind }) => ({ asset, kind, ...peerAsn ? { peerAsn } : peer ? { peer } : {} });

function Field({ field: [key, label, isNumber], values, set, known }) {
  const id = `rule-${key}`;
  const value = values[key] ?? '';
  const change = (event) => set({ [key]: event.target.value });
  const offer = known?.[key] && !value;
  return html`
    <div class="rule-field">
      <label for=${id}>${label}</label>
      ${key === 'peerClass' ? html`<select id=${id} value=${value} onChange=${change}><option value="">any</option>
          ${ACCESS_CLASSES.map((name) => html`<option key=${name} value=${name}>${classWord(name)}</option>`)}</select>`
        : html`<input id=${id} class="mono" value=${value} placeholder="any" inputmode=${isNumber ? 'numeric' : 'text'} spellcheck="false" autocomplete="off" autocapitalize="off" onInput=${change} />`}
      ${offer && html`<button type="button" class="linkish" onClick=${() => set({ [key]: known[key] })}>this: ${String(known[key])}</button>`}
    </div>`;
}

/* {preview, error}: what the daemon says of @scope. */
function usePreview(scope) {
  const [state, setState] = useState({});
  const text = useRested(JSON.stringify(scope), 350);

  useEffect(() => {
    let left = false;
    if (text === '{}') {
      setState({});
      return undefined;
    }
    post('/suppressions/preview', JSON.parse(text)).then((preview) => !left && setState({ preview }), (error) => !left && setState({ error }));
    return () => { left = true; };
  }, [text]);
  return state;
}

function Preview({ scope }) {
  const { preview, error } = usePreview(scope);
  if (error)
    return html`<${Failure} error=${{ ...error, title: 'The daemon does not take this rule', message: error.message }} />`;
  if (!preview)
    return html`<p class="note">Name at least one thing that it is about; all that is named must fit.</p>`;
  const { matched, alerts, days, open, truePositives, items } = preview;
  return html`
    <div class="rule-preview" aria-live="polite">
      <p><b>Would have removed ${whole(matched)} of the last ${days} days' ${plural(alerts, 'alert')}${open ? `, ${open} of them still open` : ''}.</b></p>
      ${truePositives > 0 && html`<p class="bad">${plural(truePositives, 'of them was', 'of them were')} judged a true positive: such a rule hides what you want to see.</p>`}
      ${matched > 3 && matched > alerts * OFTEN && html`<p class="bad">That is more than half of all alerts. Name more.</p>`}
      <ul class="rule-items">${items.slice(0, 5).map((alert) => html`<li key=${alert.id}><a href=${link('alerts', alert.id)} target="_blank" rel="noopener">${alert.assetName || alert.asset}</a> <span class="muted">${kindWord(alert.kind)}${alert.peer ? `, ${alert.peer}` : ''}, <${When} time=${alert.lastSeen} ageOnly /></span></li>`)}
        ${matched > 5 && html`<li class="muted">and ${matched - 5} more</li>`}</ul>
    </div>`;
}

/** @param known what an alert offers for each key  @param made called with the rule that was made */
export function RuleForm({ start = {}, known, made }) {
  const app = useApp();
  const [values, setValues] = useState(start);
  const [reason, setReason] = useState('');
  const [span, setSpan] = useState('7d');
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const scope = scopeOf(values);
  const days = SPANS.find(([name]) => name === span)[2];
  const until = new Date(app.wallNow.getTime() + days * 86400e3);
  const ready = Object.keys(scope).length > 0 && reason.trim().length >= 3;

  const send = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      made(await post('/suppressions', { ...scope, reason: reason.trim(), expires: `now+${span}` }));
    } catch (failure) {
      app.refuse(failure);
      setError(failure);
    }
    setBusy(false);
  };
  return html`
    <form class="rule-form" onSubmit=${send}>
      <div class="rule-fields">${FIELDS.map((field) => html`<${Field} key=${field[0]} field=${field} values=${values} known=${known}
        set=${(change) => setValues((old) => ({ ...old, ...change }))} />`)}</div>
      <${Preview} scope=${scope} />
      <div class="rule-fields">
        <div class="rule-field wide"><label for="rule-reason">Why, so that the next shift understands</label>
          <input id="rule-reason" value=${reason} maxlength="240" required onInput=${(event) => setReason(event.target.value)} /></div>
        <div class="rule-field"><label for="rule-span">Holds for</label>
          <select id="rule-span" value=${span} onChange=${(event) => setSpan(event.target.value)}>${SPANS.map(([name, text]) => html`<option key=${name} value=${name}>${text}</option>`)}</select></div>
      </div>
      ${error && html`<${Failure} error=${error} />`}
      <p class="rule-send"><button type="submit" class="primary" disabled=${!ready || busy}>Suppress until ${dayMonth(until)}</button>
        <span class="note">They are scored all the same and can be looked at under Suppressed; they teach nothing and do not count towards the budget.</span></p>
    </form>`;
}
