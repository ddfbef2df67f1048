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

/** What each verdict teaches, as scoring/scorer.h has it. */
export const TEACHES = [
  ['Benign, expected', 'It is new, and wanted. The far end counts as known from now on, a volume joins the baseline, and what detectors held against them is dropped for ninety days. It does not count as a false alarm.'],
  ['False positive', 'The same, and it counts as a false alarm: a detector that gives too many is made quieter, so that the budget holds.'],
  ['True positive', 'Nothing of it becomes usual: a volume stays out of the baseline, and the far end counts as new again when this is over.'],
];

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

/** The same decision about each of @alerts, in turn; one message, and one undo, for all of them. */
export async function decideAll(alerts, change, show, app) {
  const before = alerts.map((alert) => [alert, { state: alert.state, verdict: alert.verdict }]);
  const send = async (pairs) => {
    let failed = 0;
    for (const [alert, wanted] of pairs) {
      show({ ...alert, ...wanted });
      try {
        show(await patch(`/alerts/${encodeURIComponent(alert.id)}`, wanted) ?? { ...alert, ...wanted });
      } catch (error) {
        failed++;
        show(alert);
        app.refuse(error);
      }
    }
    return failed;
  };
  const failed = await send(alerts.map((alert) => [alert, change]));
  const what = [change.verdict && verdictWord(change.verdict), change.state && stateWord(change.state).toLowerCase()].filter(Boolean).join(', ');
  app.notify({ text: `${alerts.length - failed} alerts of this group: ${what}${failed ? `; ${failed} could not be saved` : ''}`, bad: failed > 0,
    undo: () => send(before) });
}
