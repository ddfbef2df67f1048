// SPDX-License-Identifier: GPL-3.0-or-later
/* icons.js - small drawings of our own; all take their colour from the text around them */
import { html } from 'htm/preact';

/** A watchtower whose light is a cast net: the two meanings of the name. */
export const Logo = () => html`
  <svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
    <g fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">
      <path class="logo-net" stroke-width="1.4"
        d="M16 9 3 20M16 9 9.5 23M16 9v15M16 9l6.5 14M16 9l13 11M9.6 14.4q6.4 3.4 12.8 0M6.3 17.2q9.7 5.6 19.4 0M3 20q13 8 26 0" />
      <path stroke-width="2" d="M12.5 5.8h7l-1.2 3.6h-4.6zM16 5.8V2.8M10.5 29h11M13 29l.9-4M19 29l-.9-4" />
    </g>
  </svg>`;

const line = (d) => () => html`
  <svg class="icon" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" focusable="false">
    <path d=${d} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
  </svg>`;

export const OverviewIcon = line('M3 14.5 7 9l3 3.5L17 5M3 17.5h14');
export const AlertIcon = line('M10 3a4.5 4.5 0 0 0-4.5 4.5V11L4 14h12l-1.5-3V7.5A4.5 4.5 0 0 0 10 3ZM8.5 17h3');
export const AssetIcon = line('M4 4h12v5H4zM4 11h12v5H4zM7 6.5h.01M7 13.5h.01');
export const ExporterIcon = line('M10 17v-6M6.5 7.5a5 5 0 0 1 7 0M4 5a8.5 8.5 0 0 1 12 0M10 10.5h.01');
export const LookupIcon = line('M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM13 13l4 4');
export const AutoIcon = line('M10 3a7 7 0 1 0 0 14ZM10 3a7 7 0 0 1 0 14');
export const MoonIcon = line('M16 12A7 7 0 0 1 8 4a7 7 0 1 0 8 8Z');
export const SunIcon = line('M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1');
export const LeaveIcon = line('M8 4H4v12h4M9 10h8M14 7l3 3-3 3');

/* Each level has a shape of its own, so that colour is never the only sign. */
const SHAPES = {
  critical: 'M6 1.5h4L14.5 6v4L10 14.5H6L1.5 10V6Z',
  high: 'M8 1.5 15 14H1Z',
  notable: 'M8 1 15 8 8 15 1 8Z',
  low: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Z',
};

export const Shape = ({ level }) => html`
  <svg class=${`shape level-${level}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
    <path d=${SHAPES[level]} fill=${level === 'low' ? 'none' : 'currentColor'} stroke="currentColor" stroke-width="1.5" />
  </svg>`;

const MARKS = {
  ok: 'M2.5 8.5 6 12l7.5-8',
  info: 'M8 7v6M8 3.5h.01',
  warning: 'M8 2.5v7M8 13h.01',
  error: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  silent: 'M3 8h10',
};
export const Mark = ({ kind }) => html`
  <svg class=${`mark mark-${kind}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
    <path d=${MARKS[kind] ?? MARKS.info} fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" />
  </svg>`;
