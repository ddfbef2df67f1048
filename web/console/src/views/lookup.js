// SPDX-License-Identifier: GPL-3.0-or-later
/* lookup.js - what kind of network an address belongs to, and which source says so */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { useApi } from '../lib/hooks.js';
import { assetLink, go, link } from '../lib/router.js';
import { classWord, plain } from '../lib/words.js';
import { Answer, Card, Facts, Meter, Page } from '../parts/basics.js';
import { Mark } from '../parts/icons.js';
import { Table } from '../parts/table.js';

const COLUMNS = [
  { key: 'won', label: 'Taken', sort: (p) => (p.won ? 0 : 1), cell: (p) => (p.won ? html`<span class="won"><${Mark} kind="ok" /> yes</span>` : html`<span class="muted">no</span>`) },
  { key: 'attribute', label: 'Attribute', sort: (p) => p.attribute, cell: (p) => plain(p.attribute) },
  { key: 'value', label: 'Value', sort: (p) => String(p.value), cell: (p) => html`<b>${plain(String(p.value))}</b>` },
  { key: 'source', label: 'Source', sort: (p) => p.source, cell: (p) => html`${p.source} <span class="muted">${p.type}</span>` },
  { key: 'prefix', label: 'Prefix', cell: (p) => html`<span class="mono">${p.prefix}</span>` },
  { key: 'priority', label: 'Priority', num: true, sort: (p) => p.priority, cell: (p) => p.priority },
];

const Verdict = ({ place }) => html`
  <${Card} title=${place.address}>
    <p class="lookup-class"><span class=${`class class-${place.access}`}>${classWord(place.access)}</span>${place.anonymity && place.anonymity !== 'none'
      && html` <span class="class anonymity">${plain(place.anonymity)}</span>`}</p>
    <${Facts} of=${[
      ['Network', [place.asn ? `AS${place.asn}` : '', place.asName].filter(Boolean).join(' ') || 'not known'],
      ['Country', place.country || 'not known'],
      ['As an asset', html`<a href=${assetLink(place.address)}>its page, when it is one of yours</a>`],
    ]} />
    ${typeof place.confidence === 'number' && html`<${Meter} value=${place.confidence / 100} label="Confidence in the class" words=${`${place.confidence} of 100`} />`}
  <//>
  <${Card} title="Where this comes from" note="For each attribute the most specific prefix wins; among equal ones, the source with the higher priority.">
    ${place.provenance?.length ? html`<${Table} caption="Provenance" columns=${COLUMNS} rows=${place.provenance} start=${{ key: 'won', down: false }} />`
      : html`<p class="note">No source knows this address.</p>`}
  <//>`;

export function LookupView({ query }) {
  const address = query.get('address')?.trim() ?? '';
  const [text, setText] = useState(address);
  const [shownFor, setShownFor] = useState(address);
  const answer = useApi(address ? `/classify/${encodeURIComponent(address)}` : null);

  if (shownFor !== address) { /* a link to another look-up was followed */
    setShownFor(address);
    setText(address);
  }
  const submit = (event) => {
    event.preventDefault();
    go(link('lookup', { address: text.trim() }));
  };
  return html`
    <${Page} title="Look-up" lead="What kind of network an address belongs to, and who says so." />
    <form class="lookup" role="search" onSubmit=${submit}>
      <label for="lookup-address">IPv4 or IPv6 address</label>
      <div class="with-button">
        <input id="lookup-address" class="mono" value=${text} placeholder="198.51.100.7" autocomplete="off" spellcheck="false" autocapitalize="off"
          onInput=${(event) => setText(event.target.value)} />
        <button type="submit" class="primary" disabled=${!text.trim()}>Look up</button>
      </div>
    </form>
    ${address ? html`<div class="stack lookup-answer"><${Answer} of=${answer} what="Asking">${(place) => html`<${Verdict} place=${place} />`}<//></div>`
      : html`<p class="note">Nothing leaves this machine: the answer comes from the sources of the configuration and the built-in table.</p>`}`;
}
