// SPDX-License-Identifier: GPL-3.0-or-later
/* suppressions.js - the rules that suppress alerts: which, why, whose, until when, and a new one */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { post, remove } from '../lib/api.js';
import { plural, whole } from '../lib/format.js';
import { useApi, useApp } from '../lib/hooks.js';
import { link } from '../lib/router.js';
import { ruleWords } from '../lib/words.js';
import { Answer, Card, Empty, Page, When } from '../parts/basics.js';
import { RuleForm, scopeOf } from '../parts/rule-form.js';
import { tellMade } from '../parts/suppress-dialog.js';
import { Table } from '../parts/table.js';

const columns = (drop) => [
  { key: 'about', label: 'About', sort: ruleWords, cell: (rule) => html`<b>${ruleWords(rule)}</b>` },
  { key: 'reason', label: 'Why', sort: (rule) => rule.reason, cell: (rule) => rule.reason },
  { key: 'author', label: 'Whose', sort: (rule) => rule.author, cell: (rule) => html`${rule.author} <span class="muted"><${When} time=${rule.created} wall ageOnly /></span>` },
  { key: 'expires', label: 'Until', sort: (rule) => rule.expires, cell: (rule) => html`<${When} time=${rule.expires} wall />${!rule.active && html` <span class="pill">expired</span>`}` },
  { key: 'suppressed', label: 'Suppressed', num: true, sort: (rule) => rule.suppressed, cell: (rule) => html`${whole(rule.suppressed)}${rule.lastSuppressed
    && html`<div class="muted raw"><${When} time=${rule.lastSuppressed} ageOnly /></div>`}` },
  { key: 'drop', label: '', cell: (rule) => html`<button type="button" onClick=${() => drop(rule)} aria-label=${`Delete the rule about ${ruleWords(rule)}`}>Delete</button>` },
];

export function SuppressionsView() {
  const app = useApp();
  const answer = useApi('/suppressions', 10000);
  const [making, setMaking] = useState(0);

  const made = (rule) => {
    setMaking((n) => n + 1); /* an empty form again */
    tellMade(app, rule, answer.reload);
    answer.reload();
  };
  const drop = async (rule) => {
    try {
      const { restored } = await remove(`/suppressions/${rule.id}`);
      app.notify({ text: `Rule deleted${restored ? `; ${plural(restored, 'alert')} new again` : ''}.`,
        undo: rule.active ? async () => {
          await post('/suppressions', { ...scopeOf(rule), reason: rule.reason, expires: rule.expires });
          answer.reload();
        } : null });
    } catch (error) {
      app.refuse(error);
      app.notify({ text: `Not deleted. ${error.message}`, bad: true });
    }
    answer.reload();
  };
  return html`
    <${Page} title="Suppressions" lead=${html`<a href=${link('alerts')}>Alerts</a> / rules by which alerts are not raised, for a time`} />
    <div class="stack">
      <${Answer} of=${answer} what="Asking for the rules">
        ${({ items, active, most }) => html`
          <${Card} title="Rules" aside=${html`<span class="muted">${active} of at most ${most} in force</span>`}
            note="A deleted rule gives back what it has suppressed; one that expires leaves the past as it is. Expired ones are shown for a month.">
            ${items.length ? html`<${Table} caption="Rules that suppress alerts" columns=${columns(drop)} rows=${items} rowKey=${(rule) => rule.id} rowClass=${(rule) => (rule.active ? '' : 'expired')} />`
              : html`<${Empty} title="No rule suppresses anything."><p>Make one from an alert's page, or below.</p><//>`}
          <//>`}
      <//>
      <${Card} title="A new rule"><${RuleForm} key=${making} made=${made} /><//>
    </div>`;
}
