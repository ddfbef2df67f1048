// SPDX-License-Identifier: GPL-3.0-or-later
/* shell.js - what stands around every view: name, navigation, connection, clock, theme */
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { clock, duration, fullTime, shortTime } from '../lib/format.js';
import { useApp, useNow } from '../lib/hooks.js';
import { AlertIcon, AssetIcon, AutoIcon, ExporterIcon, LeaveIcon, Logo, LookupIcon, MoonIcon, OverviewIcon,
  SunIcon } from './icons.js';

const PLACES = [
  ['', 'Overview', OverviewIcon],
  ['alerts', 'Alerts', AlertIcon],
  ['assets', 'Assets', AssetIcon],
  ['exporters', 'Exporters', ExporterIcon],
  ['lookup', 'Look-up', LookupIcon],
];

const THEMES = { auto: ['dark', AutoIcon, 'as the system'], dark: ['light', MoonIcon, 'dark'], light: ['auto', SunIcon, 'light'] };

export function ThemeButton() {
  const { choice, setChoice } = useApp();
  const [next, Icon, word] = THEMES[choice] ?? THEMES.auto;
  return html`<button type="button" class="bare" onClick=${() => setChoice(next)} aria-label=${`Colours: ${word}. Change.`}
    title=${`Colours: ${word}`}><${Icon} /></button>`;
}

function Connection() {
  const { status, statusError, statusAt } = useApp();
  const now = useNow();
  const stale = statusAt ? (now - statusAt) / 1000 : 0;
  const lost = statusError || stale > 8;
  const text = lost ? `No answer${statusAt ? ` for ${duration(stale)}` : ''}` : status ? 'Live' : 'Connecting';
  return html`<span class=${`connection ${lost ? 'lost' : 'live'}`} role="status" title=${statusError?.message ?? ''}>
    <span class="dot" aria-hidden="true"></span>${text}</span>`;
}

function Clock() {
  const { flowNow, wallNow } = useApp();
  const now = useNow();
  const apart = flowNow !== wallNow;
  return html`<span class="clock num">
    <time dateTime=${now.toISOString()} title=${fullTime(now)}>${clock(now)} <abbr title="Coordinated Universal Time">UTC</abbr></time>
    ${apart && html`<span class="flow-clock" title="The time in the flow records, which scoring runs on">flows ${shortTime(flowNow, now)}</span>`}
  </span>`;
}

/* Says a new alert aloud, once, in whatever view the operator is. */
function Announcer() {
  const { status } = useApp();
  const fresh = status?.alerts?.new;
  const before = useRef(null);
  const [words, setWords] = useState('');

  useEffect(() => {
    if (typeof fresh !== 'number')
      return;
    if (before.current !== null && fresh > before.current) {
      const n = fresh - before.current;
      setWords(`${n === 1 ? 'A new alert' : `${n} new alerts`}. ${fresh} in all wait to be looked at.`);
    }
    before.current = fresh;
  }, [fresh]);
  return html`<div class="sr" role="status" aria-live="polite">${words}</div>`;
}

export function Shell({ current, children }) {
  const { status, leave } = useApp();
  const fresh = status?.alerts?.new ?? 0;
  const skip = (event) => {
    event.preventDefault();
    document.querySelector('main').focus();
  };

  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href="#/" aria-label="Talaya, overview"><${Logo} /><span>Talaya</span></a>
      ${status?.demo && html`<span class="pill demo" title="The flows shown are made by talaya demo; they are not your network's">Demo data</span>`}
      <nav aria-label="Views">
        ${PLACES.map(([place, name, Icon]) => html`
          <a key=${place} href=${`#/${place}`} aria-current=${place === (current === 'suppressions' ? 'alerts' : current) ? 'page' : undefined}>
            <${Icon} /><span>${name}</span>${place === 'alerts' && fresh > 0 && html`<span class="badge num"
              aria-label=${`${fresh} new`}>${fresh > 99 ? '99+' : fresh}</span>`}
          </a>`)}
      </nav>
      <div class="top-end">
        <${Connection} /><${Clock} /><${ThemeButton} />
        <button type="button" class="bare" onClick=${() => leave()} aria-label="Log out" title="Log out"><${LeaveIcon} /></button>
      </div>
    </header>
    <main id="main" tabindex="-1">${children}</main>
    <${Announcer} />`;
}
