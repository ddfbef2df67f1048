// SPDX-License-Identifier: GPL-3.0-or-later
/* toasts.js - short messages at the bottom, some of which can be undone for ten seconds */
import { html } from 'htm/preact';
import { useCallback, useRef, useState } from 'preact/hooks';
import { useKeys } from '../lib/hooks.js';

const STAY_MS = 10000;
const MOST = 3;

/** [notify({text, undo?, bad?}), element]; undo() is called at most once */
export function useToasts() {
  const [list, setList] = useState([]);
  const next = useRef(1);

  const drop = useCallback((id) => setList((old) => old.filter((each) => each.id !== id)), []);
  const notify = useCallback((toast) => {
    const id = next.current++;
    setList((old) => [...old.slice(1 - MOST), { ...toast, id }]);
    setTimeout(() => drop(id), STAY_MS);
  }, []);
  const undo = (toast) => {
    drop(toast.id);
    toast.undo();
  };
  useKeys({ u: () => {
    const newest = [...list].reverse().find((toast) => toast.undo);
    return newest ? undo(newest) : false;
  } });
  return [notify, html`
    <div class="toasts" role="status" aria-live="polite">
      ${list.map((toast) => html`
        <div key=${toast.id} class=${toast.bad ? 'toast bad' : 'toast'}>
          <span>${toast.text}</span>
          ${toast.undo && html`<button type="button" onClick=${() => undo(toast)}>Undo <kbd>u</kbd></button>`}
          <button type="button" class="bare" aria-label="Close this message" onClick=${() => drop(toast.id)}>\u2715</button>
        </div>`)}
    </div>`];
}
