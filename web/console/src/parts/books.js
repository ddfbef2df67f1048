// SPDX-License-Identifier: GPL-3.0-or-later
/* books.js - received = decoded + refused, and where the rest went */
import { html } from 'htm/preact';
import { whole } from '../lib/format.js';
import { plain } from '../lib/words.js';
import { Mark } from './icons.js';

const LINES = [
  ['records', 'Records decoded'],
  ['lateRecords', 'Records decoded late, after their template came'],
  ['optionsRecords', 'Options records'],
  ['missingTemplateSets', 'Sets whose template was missing'],
  ['sequenceLost', 'Lost before us, by sequence number'],
  ['lostRecords', 'Lost before us, in records'],
  ['unseenRecords', 'Lost behind the last datagram, in records'],
  ['kernelDrops', 'Dropped by the kernel, socket buffer full'],
  ['queueFull', 'Dropped, queue to scoring full'],
  ['scored', 'Records scored'],
  ['lateForScoring', 'Too late for their window'],
];
/* These being above zero is worth a colour. */
const LOSSES = new Set(['missingTemplateSets', 'sequenceLost', 'lostRecords', 'unseenRecords', 'kernelDrops', 'queueFull', 'lateForScoring']);

const reasons = (table) => Object.entries(table ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);

export function Balance({ books }) {
  const { received = 0, decoded = 0, refused = 0 } = books ?? {};
  const difference = books?.difference ?? received - decoded - refused;
  const balanced = difference === 0;
  return html`
    <p class=${balanced ? 'balance' : 'balance off'}>
      <${Mark} kind=${balanced ? 'ok' : 'error'} />
      <span><span class="nowrap"><b class="num">${whole(received)}</b> datagrams received</span> = <span class="nowrap"><b class="num">${whole(decoded)}</b> decoded</span> + <span class="nowrap"><b class="num">${whole(refused)}</b> refused</span>${balanced ? '' : html`; <b class="num">${whole(difference)}</b> unaccounted for`}</span>
    </p>
    <dl class="ledger">
      ${LINES.filter(([key]) => books?.[key] > 0 || key === 'records').map(([key, label]) => html`
        <div key=${key} class=${LOSSES.has(key) ? 'loss' : ''}><dt>${label}</dt><dd class="num">${whole(books?.[key] ?? 0)}</dd></div>`)}
      ${[['refusedBy', 'Refused'], ['malformed', 'Malformed']].flatMap(([key, label]) => reasons(books?.[key]).map(([reason, n]) => html`
        <div key=${key + reason} class="loss"><dt>${label}: ${plain(reason)}</dt><dd class="num">${whole(n)}</dd></div>`))}
    </dl>`;
}
