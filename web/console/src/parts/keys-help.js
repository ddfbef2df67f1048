// SPDX-License-Identifier: GPL-3.0-or-later
/* keys-help.js - the keys of the alert list, in a dialog */
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { DECISIONS } from '../lib/triage.js';

const MOVES = [['j', 'Next alert'], ['k', 'Previous alert'], ['Enter', 'Open'], ['/', 'Search'], ['u', 'Undo the last decision'],
  ['Esc', 'Back to the list, or close this']];

export function KeysHelp({ open, close }) {
  const dialog = useRef(null);

  useEffect(() => {
    if (open && !dialog.current.open)
      dialog.current.showModal();
    if (!open && dialog.current.open)
      dialog.current.close();
  }, [open]);
  const row = ([key, text]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${text}</dd></div>`;
  return html`
    <dialog ref=${dialog} onClose=${close} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <div class="keys">
        <dl>${MOVES.map(row)}</dl>
        <dl>${Object.entries(DECISIONS).map(([key, { done }]) => row([key, done]))}</dl>
      </div>
      <p class="note">A decision is sent at once and can be undone for ten seconds. A closed group is decided as a whole.
        False positive and expected also teach: this far end or volume counts as known for this asset from then on.</p>
      <form method="dialog"><button class="primary" autofocus>Close</button></form>
    </dialog>`;
}
