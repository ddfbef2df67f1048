// SPDX-License-Identifier: GPL-3.0-or-later
/* nearby.js - other alerts of the same days about the same machines: steps of one intrusion are alerts of many kinds */
import { html } from 'htm/preact';
import { withQuery } from '../lib/api.js';
import { shared } from '../lib/cast.js';
import { parseTime } from '../lib/format.js';
import { useApi } from '../lib/hooks.js';
import { link } from '../lib/router.js';
import { kindWord } from '../lib/words.js';
import { Card, State, When } from './basics.js';

const SHOWN = 8;
const ASKED = 200;
const DAY = 86400e3;

export function Nearby({ alert }) {
  const began = parseTime(alert.firstSeen)?.getTime() ?? 0;
  const { data } = useApi(withQuery('/alerts', { since: new Date(began - DAY).toISOString(), limit: ASKED }), 30000);
  const others = (data?.items ?? []).map((other) => ({ ...other, common: shared(alert, other) }))
    .filter((other) => other.common && other.id !== alert.id && (!alert.group || other.group !== alert.group)
      && Math.abs((parseTime(other.firstSeen)?.getTime() ?? 0) - began) <= DAY)
    .sort((a, b) => a.firstSeen.localeCompare(b.firstSeen)).slice(0, SHOWN);
  if (!others.length)
    return null;
  return html`
    <${Card} title="Of the same machines" note="Other alerts that began within a day of this one and name a machine that it names, oldest first: they may be steps of one thing.">
      <ol class="similar">${others.map((each) => html`<li key=${each.id}><a href=${link('alerts', each.id)}>${kindWord(each.kind)}</a>
        <span class="mono">${each.assetName || each.asset}</span> <${State} state=${each.state} verdict=${each.verdict} />
        <span class="muted"><${When} time=${each.firstSeen} timeOnly /></span></li>`)}</ol>
    <//>`;
}
