// SPDX-License-Identifier: GPL-3.0-or-later
/* basics.js - the small pieces that every view is made of */
import { html } from 'htm/preact';
import { useApp } from '../lib/hooks.js';
import { age, fullTime, NONE, odds, parseTime, shortTime } from '../lib/format.js';
import { assetLink } from '../lib/router.js';
import { severity, stateWord, verdictWord } from '../lib/words.js';
import { Mark, Shape } from './icons.js';

/** A titled part of a page. @aside stands at the right of the title. */
export const Card = ({ title, aside, note, wide, children, id }) => html`
  <section class=${wide ? 'card wide' : 'card'} id=${id} aria-label=${title}>
    ${title && html`<header class="card-head"><h2>${title}</h2>${aside && html`<div class="aside">${aside}</div>`}</header>`}
    ${note && html`<p class="note">${note}</p>`}
    ${children}
  </section>`;

export const Empty = ({ title, children }) => html`
  <div class="empty"><p class="empty-title">${title}</p>${children}</div>`;

export const Loading = ({ what = 'Loading' }) => html`<p class="loading" role="status">${what}\u2026</p>`;

/** An error as a person needs it: what, why, what next. */
export const Failure = ({ error, retry }) => html`
  <div class="problem error" role="alert">
    <${Mark} kind="error" />
    <div>
      <strong>${error.title ?? 'Something went wrong'}</strong>
      ${error.message && error.message !== error.title && html`<p>${error.message}</p>`}
      ${error.help && html`<p class="note">${error.help}</p>`}
      ${retry && html`<button type="button" onClick=${retry}>Try again</button>`}
    </div>
  </div>`;

/** Shows @children(data) of what useApi gave; the error above it when a later question failed. */
export const Answer = ({ of, children, what }) => html`
  ${of.error && html`<${Failure} error=${of.error} retry=${of.reload} />`}
  ${of.loading && html`<${Loading} what=${what} />`}
  ${of.data && children(of.data)}`;

/** A hint from the daemon: {severity, text, hint|fix}; of an exporter also {commands, since, vendor} */
export const Finding = ({ severity: kind, text, fix, commands, since, vendor }) => html`
  <li class=${`finding ${kind}`}>
    <${Mark} kind=${kind} />
    <div><span class="sr">${kind === 'ok' ? 'Good: ' : `${kind}: `}</span>${text}${since && html` <span class="muted since">since <${When} time=${since} wall /></span>`}
      ${fix && html`<p class="fix">${fix}</p>`}
      ${commands && html`<details class="commands"><summary>What to type${vendor ? ` on ${vendor}` : ''}</summary><pre tabindex="0">${commands}</pre></details>`}</div>
  </li>`;

export function Severity({ score, threshold, withWord = true }) {
  const level = severity(score, threshold);
  return html`<span class=${`severity level-${level.name}`} title=${`${level.word}: ${level.means}. Odds against chance ${odds(score)}.`}>
    <${Shape} level=${level.name} />${withWord ? html` <span>${level.word}</span>` : html`<span class="sr">${level.word}</span>`}
  </span>`;
}

export const State = ({ state, verdict }) => html`
  <span class=${`pill state-${state}`}>${stateWord(state)}</span>${verdict && verdict !== 'unknown'
    && html` <span class=${`pill verdict-${verdict}`}>${verdictWord(verdict)}</span>`}`;

const EXPORTER_STATES = { ok: 'Sending', warning: 'Needs a look', silent: 'Silent' };
export const ExporterState = ({ state }) => html`
  <span class=${`pill exporter-${state}`}><${Mark} kind=${state} /> ${EXPORTER_STATES[state] ?? state}</span>`;

/** A time with its age. Flow times are compared with flow time's now, which a replay may have set to last year. */
export function When({ time, wall, ageOnly, timeOnly }) {
  const { wallNow, flowNow } = useApp();
  const date = parseTime(time);

  if (!date)
    return html`<span class="muted">${NONE}</span>`;
  const now = wall ? wallNow : flowNow;
  return html`<time dateTime=${date.toISOString()} title=${fullTime(date)} class="when">${!ageOnly
    && html`<span class="nowrap">${shortTime(date, now)}</span>`}${!ageOnly && !timeOnly && ' '}${!timeOnly
    && html`<span class="nowrap muted">${ageOnly ? '' : '('}${age(date, now)}${ageOnly ? '' : ')'}</span>`}</time>`;
}

/** A list of [name, value] pairs; pairs without a value are left out. */
export const Facts = ({ of }) => html`
  <dl class="facts">
    ${of.filter(([, value]) => value !== null && value !== undefined && value !== '')
      .map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;

/** A share from 0 to 1 as a bar with its meaning in words. */
export function Meter({ value, label, words }) {
  const share = Math.max(0, Math.min(1, Number(value) || 0));
  return html`
    <div class="meter-box">
      ${label && html`<div class="meter-label"><span>${label}</span><span class="num">${words}</span></div>`}
      <div class="meter" role="meter" aria-label=${label ?? words} aria-valuemin="0" aria-valuemax="100"
        aria-valuenow=${Math.round(share * 100)} aria-valuetext=${words}>
        <div class=${share >= 1 ? 'meter-fill full' : 'meter-fill'} style=${{ width: `${share * 100}%` }}></div>
      </div>
    </div>`;
}

export const Address = ({ address, name }) => html`
  <a class="address" href=${assetLink(address)}>${name || html`<span class="mono">${address}</span>`}</a>${name
    && html` <span class="mono muted">${address}</span>`}`;

export const Stat = ({ label, value, sub, tone }) => html`
  <div class=${tone ? `stat ${tone}` : 'stat'}>
    <div class="stat-label">${label}</div><div class="stat-value num">${value}</div>
    ${sub && html`<div class="stat-sub">${sub}</div>`}
  </div>`;

/** A row of choices of which one holds. @choices [[value, text], ...] */
export const Choices = ({ label, value, choices, onChange }) => html`
  <div class="choices" role="group" aria-label=${label}>
    ${choices.map(([each, text]) => html`
      <button type="button" key=${each} aria-pressed=${each === value} onClick=${() => onChange(each)}>${text}</button>`)}
  </div>`;

export const Page = ({ title, lead, aside, children }) => html`
  <div class="page-head">
    <div><h1 tabindex="-1">${title}</h1>${lead && html`<p class="lead">${lead}</p>`}</div>
    ${aside && html`<div class="page-aside">${aside}</div>`}
  </div>
  ${children}`;
