// SPDX-License-Identifier: GPL-3.0-or-later
/* meaning.js - what this kind of alert means, what harmless thing looks like it, and what to look at next */
import { html } from 'htm/preact';
import { meaning } from '../lib/meanings.js';
import { Card, Facts } from './basics.js';

export function Meaning({ kind }) {
  const of = meaning(kind);
  return of && html`
    <${Card} title="What this kind of alert is">
      <p class="meaning">${of.means}</p>
      <${Facts} of=${[
        ['Look at', of.look],
        ['May be harmless', of.harmless],
        ['Looks like', of.attack.length === 0 ? null : html`${of.attack.join(', ')} <span class="muted">(MITRE ATT\u0026CK)</span>`],
      ]} />
    <//>`;
}
