// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * score-bars.js - how the score comes about: each contribution begins where the one before it ended
 *
 * The last bar therefore ends at the score, and the eye can check that the numbers add up.
 */
import { html } from 'htm/preact';
import { chance, decibans, probability, signed } from '../lib/format.js';
import { kindWord } from '../lib/words.js';
import { Card } from './basics.js';

export function ScoreBars({ alert }) {
  const parts = alert.detectors ?? [];
  const sum = parts.reduce((total, part) => total + part.decibans, 0);
  let at = 0;
  const steps = parts.map((part) => {
    const from = at;
    at += part.decibans;
    return { ...part, from: Math.min(from, at), to: Math.max(from, at) };
  });
  const low = Math.min(0, ...steps.map(({ from }) => from));
  const high = Math.max(alert.threshold ?? 0, alert.score, ...steps.map(({ to }) => to)) * 1.02 || 1;
  const x = (value) => `${((value - low) / (high - low)) * 100}%`;
  const adds = Math.abs(sum - alert.score) < 0.15;

  return html`
    <${Card} title="Why this score">
      <ol class="score-bars" aria-label="Contributions to the score">
        ${steps.map((part, i) => html`
          <li key=${i} data-decibans=${part.decibans}>
            <div class="score-line"><span class="score-name">${kindWord(part.name)}</span>
              <span class="num"><b class="contribution">${signed(part.decibans)}</b> <span class="muted" title=${`p = ${probability(part.p)}`}>${chance(part.p)}${part.p < 0.5 ? ' by chance' : ''}</span></span></div>
            <div class="score-track" aria-hidden="true">
              <div class=${part.decibans < 0 ? 'score-fill against' : `score-fill tone-${i % 4}`} style=${{ left: x(part.from), width: `calc(${x(part.to - part.from + low)} + 1px)` }}></div>
              ${typeof alert.threshold === 'number' && html`<div class="score-threshold" style=${{ left: x(alert.threshold) }}></div>`}
            </div>
            <p class="score-reason">${part.reason}</p>
          </li>`)}
      </ol>
      <p class="score-sum"><span>Sum</span> <b class="num" id="score-sum">${decibans(adds ? alert.score : sum)}</b> <span class="muted">decibans${adds ? '' : `; the alert says ${decibans(alert.score)}`}.
        ${typeof alert.threshold === 'number' && html` The dashed line is the threshold, ${decibans(alert.threshold)}, which follows from the budget of false alarms.`}</span></p>
      <details class="teaches"><summary>How to read this</summary>
        <p>Each bar is one question that was asked, with its answer below. At the right: how much evidence its answers are, in decibans (10 are ten to one
          that something has changed, 20 a hundred to one, 30 a thousand to one), and how often a single answer at least this odd comes when all is as before; several of them add up to more than each
          of them says.
          Each bar begins where the one above it ended, so the last one ends at the score. Hatched ones speak against the alert.</p></details>
    <//>`;
}
