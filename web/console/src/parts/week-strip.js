// SPDX-License-Identifier: GPL-3.0-or-later
/* week-strip.js - the baseline by hour of the week: seven days of 24 cells, the fuller the cell the more is usual */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { bytes, plural } from '../lib/format.js';
import { useApp } from '../lib/hooks.js';
import { Card } from './basics.js';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const CELL = 12;
const LEFT = 34;
const TOP = 14;

/* Hour 0 of the API's week is Monday 00:00 UTC. */
const hourOfWeek = (date) => ((date.getUTCDay() + 6) % 7) * 24 + date.getUTCHours();
const name = (hour) => `${DAYS[Math.floor(hour / 24)]} ${String(hour % 24).padStart(2, '0')}:00`;

export function WeekStrip({ baseline }) {
  const { flowNow } = useApp();
  const [over, setOver] = useState(null);
  const week = baseline?.week ?? [];
  const known = week.filter(({ samples }) => samples > 0);
  const top = Math.max(1, ...known.map(({ expected }) => expected ?? 0));
  const now = hourOfWeek(flowNow);
  const busiest = known.reduce((best, cell) => (best && best.expected >= cell.expected ? best : cell), null);
  const words = busiest ? `${plural(known.length, 'hour')} of 168 known; the busiest is ${name(busiest.hour)} UTC with ${bytes(busiest.expected)} expected per window.`
    : 'No hour of the week is known yet.';
  const told = week.find(({ hour }) => hour === over);

  if (!week.length)
    return html`<${Card} title="Its usual week"><p class="note">${words}</p><//>`;
  return html`
    <${Card} title="Its usual week">
      <svg class="week" viewBox=${`0 0 ${LEFT + 24 * CELL} ${TOP + 7 * CELL}`} role="img" aria-label=${words} onMouseLeave=${() => setOver(null)}>
        ${[0, 6, 12, 18].map((hour) => html`<text key=${hour} x=${LEFT + hour * CELL} y="9">${String(hour).padStart(2, '0')}</text>`)}
        ${DAYS.map((day, i) => html`<text key=${day} x="0" y=${TOP + i * CELL + 9}>${day}</text>`)}
        ${week.map(({ hour, expected, samples }) => html`
          <rect key=${hour} x=${LEFT + (hour % 24) * CELL} y=${TOP + Math.floor(hour / 24) * CELL} width=${CELL - 1.5} height=${CELL - 1.5} rx="2"
            class=${`cell${samples > 0 ? '' : ' unknown'}${hour === now ? ' now' : ''}`} fill-opacity=${samples > 0 ? 0.1 + 0.9 * Math.sqrt((expected ?? 0) / top) : 1}
            onMouseEnter=${() => setOver(hour)} />`)}
      </svg>
      <p class="note week-words">${told ? `${name(told.hour)} UTC: ${told.samples > 0 ? `${bytes(told.expected)} expected, ${bytes(told.low)} to ${bytes(told.high)}, from ${plural(told.samples, 'window')}` : 'not seen yet'}.` : words}</p>
    <//>`;
}
