// SPDX-License-Identifier: GPL-3.0-or-later
/* suppress-dialog.js - makes a rule from an alert, in a dialog */
import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { remove } from '../lib/api.js';
import { plural } from '../lib/format.js';
import { useApp } from '../lib/hooks.js';
import { RuleForm, scopeFor } from './rule-form.js';

/** Says that @rule was made, and how to take it back. */
export function tellMade(app, rule, changed) {
  app.notify({ text: `The rule holds${rule.suppressed ? `; ${plural(rule.suppressed, 'alert')} suppressed` : ''}.`,
    undo: async () => {
      try {
        await remove(`/suppressions/${rule.id}`);
      } catch (error) {
        app.refuse(error);
        app.notify({ text: `Could not undo: ${error.message}`, bad: true });
      }
      changed();
    } });
}

export function SuppressButton({ alert, changed }) {
  const app = useApp();
  const dialog = useRef(null);
  const [open, setOpen] = useState(false);

  useEffect(() => {
    if (open && !dialog.current.open)
      dialog.current.showModal();
  }, [open]);
  const made = (rule) => {
    dialog.current.close();
    tellMade(app, rule, changed);
    changed();
  };
  return html`
    <button type="button" onClick=${() => setOpen(true)}>Suppress alerts like this\u2026</button>
    <dialog ref=${dialog} class="rule-dialog" onClose=${() => setOpen(false)} aria-labelledby="suppress-title">
      <h2 id="suppress-title">Suppress alerts like this, for a time</h2>
      ${open && html`<${RuleForm} start=${scopeFor(alert)} known=${alert} made=${made} />`}
      <form method="dialog"><button>Cancel</button></form>
    </dialog>`;
}
