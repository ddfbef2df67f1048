// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * triage.js - what an operator can decide about an alert, and how it is sent
 *
 * A decision is shown at once and sent at once; undo sends the state and verdict from before. When the daemon
 * refuses, the old values come back and the reason is said.
 */
import { patch } from './api.js';
import { stateWord, verdictWord } from './words.js';

/** key -> {label, change, done}: one key, one decision */
export const DECISIONS = {
  a: { label: 'Take (in progress)', change: { state: 'in_progress' }, done: 'In progress' },
  r: { label: 'Resolve', change: { state: 'resolved' }, done: 'Resolved' },
  t: { label: 'True positive', change: { verdict: 'true_positive', state: 'in_progress' }, done: 'True positive, in progress' },
  f: { label: 'False positive', change: { verdict: 'false_positive', state: 'resolved' }, done: 'False positive, resolved' },
  e: { label: 'Benign, expected', change: { verdict: 'benign_expected', state: 'resolved' }, done: 'Benign and expected, resolved' },
};

const short = (alert) => alert.assetName || alert.asset;

/**
 * @param show called with the changed alert, at once and again when something else turns out to be true
 * @param app  {notify, refuse}
 */
export async function decide(alert, change, show, app, etag) {
  const before = { state: alert.state, verdict: alert.verdict };
  const path = `/alerts/${encodeURIComponent(alert.id)}`;
  const undo = async () => {
    show({ ...alert, ...before });
    try {
      const now = await patch(path, before);
      show(now ?? { ...alert, ...before });
    } catch (error) {
      app.refuse(error);
      app.notify({ text: `Could not undo: ${error.message}`, bad: true });
    }
  };

  show({ ...alert, ...change });
  try {
    const now = await patch(path, change, etag);
    const what = [change.verdict && verdictWord(change.verdict), change.state && stateWord(change.state).toLowerCase()]
      .filter(Boolean).join(', ') || 'note kept';
    app.notify({ text: `${short(alert)}: ${what}`, undo: change.state || change.verdict ? undo : null });
    if (now)
      show({ ...alert, ...change, ...now });
    return true;
  } catch (error) {
    show({ ...alert, ...before });
    app.refuse(error);
    app.notify({ text: `Not saved. ${error.message} ${error.help ?? ''}`, bad: true });
    return false;
  }
}
