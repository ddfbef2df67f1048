// SPDX-License-Identifier: GPL-3.0-or-later
/* similar.js - the other alerts of the same cause */
import { html } from 'htm/preact';
import { withQuery } from '../lib/api.js';
import { plural } from '../lib/format.js';
import { useApi } from '../lib/hooks.js';
import { link } from '../lib/router.js';
import { Card, State, When } from './basics.js';

const SHOWN = 5;

/** What alerts of one group have in common, in words. */
export const causeWords = ({ peer, peerAsn, peerAsName, peerClass, asset, assetName }) =>
  (peerAsn && !['own', 'private'].includes(peerClass) ? `to AS${peerAsn}${peerAsName ? ` ${peerAsName}` : ''}` : peer ? `with ${peer}` : `of ${assetName || asset}`);

export function Similar({ alert }) {
  const { data } = useApi(alert.group ? withQuery('/alerts', { group: alert.group, limit: SHOWN + 1 }) : null, 30000);
  const others = (data?.items ?? []).filter(({ id }) => id !== alert.id).slice(0, SHOWN);
  if (!others.length)
    return null;
  return html`
    <${Card} title="Of the same cause" note=${`${plural(data.total - 1, 'other alert')} of this day and kind, ${causeWords(alert)}.`}
      aside=${html`<a href=${link('alerts', { state: 'all', group: alert.group })}>All of them</a>`}>
      <ul class="similar">${others.map((each) => html`<li key=${each.id}><a href=${link('alerts', each.id)}>${each.assetName || each.asset}</a>
        <${State} state=${each.state} verdict=${each.verdict} /> <span class="muted"><${When} time=${each.lastSeen} ageOnly /></span></li>`)}</ul>
    <//>`;
}
