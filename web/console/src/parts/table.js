// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * table.js - a table that can be sorted by its heads
 *
 * columns: [{key, label, cell(row), sort(row)?, num?, hint?}]. A column without sort cannot be sorted by. The box
 * around it scrolls by itself on a narrow screen, and can be reached with the keyboard. few: so many rows are shown
 * until all are asked for.
 */
import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { whole } from '../lib/format.js';

const compare = (a, b) =>
  a === b ? 0 : a === null || a === undefined ? -1 : b === null || b === undefined ? 1 : a < b ? -1 : 1;

export function Table({ caption, columns, rows, rowKey, start, rowClass, few = Infinity }) {
  const [order, setOrder] = useState(start ?? null); /* {key, down} */
  const [all, setAll] = useState(false);
  const column = order && columns.find(({ key }) => key === order.key);
  const sorted = column?.sort
    ? [...rows].sort((a, b) => compare(column.sort(a), column.sort(b)) * (order.down ? -1 : 1)) : rows;

  const head = ({ key, label, sort, num, hint }) => {
    const active = order?.key === key;
    const turn = () => setOrder({ key, down: active ? !order.down : Boolean(num) });
    return html`
      <th key=${key} scope="col" class=${num ? 'num' : ''} title=${hint}
        aria-sort=${active ? (order.down ? 'descending' : 'ascending') : undefined}>
        ${sort ? html`<button type="button" class="sort" onClick=${turn}>${label}<span class="sort-arrow"
          aria-hidden="true">${active ? (order.down ? '\u2193' : '\u2191') : ''}</span></button>` : label}
      </th>`;
  };
  return html`
    <div class="table-box" role="region" tabindex="0" aria-label=${caption}>
      <table>
        <caption class="sr">${caption}</caption>
        <thead><tr>${columns.map(head)}</tr></thead>
        <tbody>
          ${(all ? sorted : sorted.slice(0, few)).map((row, i) => html`
            <tr key=${rowKey ? rowKey(row) : i} class=${rowClass?.(row)}>
              ${columns.map(({ key, cell, num }) => html`<td key=${key} class=${num ? 'num' : ''}>${cell(row)}</td>`)}
            </tr>`)}
        </tbody>
      </table>
    </div>
    ${rows.length > few && html`<p class="more"><button type="button" onClick=${() => setAll(!all)}>${all ? 'Show fewer' : `Show all ${whole(rows.length)}`}</button></p>`}`;
}
