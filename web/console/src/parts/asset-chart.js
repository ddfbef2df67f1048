// SPDX-License-Identifier: GPL-3.0-or-later
/* asset-chart.js - what an asset sent and received, with the band in which the sent part was expected */
import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import { withQuery } from '../lib/api.js';
import { bits, parseTime } from '../lib/format.js';
import { useApi } from '../lib/hooks.js';
import { Failure, Loading } from './basics.js';
import { Chart } from './chart.js';

const column = (rows, name) => rows.map((row) => (typeof row[name] === 'number' ? row[name] : null));
const most = (values) => values.reduce((top, value) => Math.max(top, value ?? 0), 0);

export function AssetChart({ address, from, to, marks, without, height = 240, points = 400 }) {
  const answer = useApi(withQuery(`/assets/${encodeURIComponent(address)}/series`, { from, to, points }), 60000);
  const rows = answer.data?.rows;
  const chart = useMemo(() => rows && {
    times: rows.map(({ time }) => (parseTime(time)?.getTime() ?? 0) / 1000),
    lines: [{ label: 'Sent', colour: 'series-1', values: column(rows, 'octetsOut') },
      { label: 'Received', colour: 'series-2', values: column(rows, 'octetsIn'), dash: [5, 3] }],
    band: { label: 'Expected to send', low: column(rows, 'expectedLow'), high: column(rows, 'expectedHigh') },
  }, [rows]);

  if (answer.error?.status === 404)
    return html`<p class="note">No series is kept for this asset. The busiest assets, and those tagged "pinned" in the inventory, have one.</p>`;
  if (answer.error && !rows)
    return html`<${Failure} error=${answer.error} retry=${answer.reload} />`;
  if (!rows)
    return html`<${Loading} what="Asking for the series" />`;
  if (rows.length < 2)
    return html`<p class="note">Not enough history in this span yet.</p>`;
  const over = rows.filter((row) => typeof row.expectedHigh === 'number' && row.octetsOut > row.expectedHigh).length;
  const summary = `Sent at most ${bits(most(chart.lines[0].values))}, received at most ${bits(most(chart.lines[1].values))}; ${over} of ${rows.length} points above the expected band.`;
  return html`
    <${Chart} ...${chart} marks=${marks} without=${without} format=${bits} height=${height} summary=${summary} />
    <p class="note">${summary}</p>`;
}
