// SPDX-License-Identifier: GPL-3.0-or-later
/* expected.js - one observed value beside the band in which it was expected, on a scale that fits both */
import { html } from 'htm/preact';
import { NONE } from '../lib/format.js';

/* A root keeps a small band visible beside a value a hundred times as large, and zero at the left. */
const bend = (value) => Math.cbrt(Math.max(0, value));

export function Expected({ observed, low, high, format, what }) {
  const known = typeof low === 'number' && typeof high === 'number';
  const top = bend(Math.max(observed, known ? high : 0)) * 1.06 || 1;
  const x = (value) => `${(bend(value) / top) * 100}%`;
  const times = known && observed > high && high > 0 ? observed / high : null;
  const words = !known ? `${what}: ${format(observed)}; what is usual is not known yet.`
    : `${what}: ${format(observed)}, expected ${format(low)} to ${format(high)}${times ? `, ${times >= 10 ? Math.round(times) : times.toFixed(1)} times the upper end` : observed < low ? ', below the band' : ', inside the band'}.`;

  return html`
    <div class="expected">
      <div class="expected-track" role="img" aria-label=${words}>
        ${known && html`<div class="expected-band" style=${{ left: x(low), width: `calc(${x(high)} - ${x(low)})` }}></div>`}
        <div class="expected-mark" style=${{ left: x(observed) }}></div>
      </div>
      <p>${what} <b class="num">${format(observed)}</b>; expected <b class="num">${known ? `${format(low)} \u2013 ${format(high)}` : NONE}</b>${times
        && html` <span class="muted">(${times >= 10 ? Math.round(times) : times.toFixed(1)} times the upper end)</span>`}</p>
    </div>`;
}
