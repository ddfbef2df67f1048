// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * path-diagram.js - the way out before and now, as a small drawing
 *
 * The boxes are laid out here: side by side where there is room, one below the other on a narrow screen. The
 * sentence under the drawing says the same in words.
 */
import { html } from 'htm/preact';
import { useNames, useWidth } from '../lib/hooks.js';
import { classWord, placeWords } from '../lib/words.js';
import { Card } from './basics.js';

const GLYPH = 7.1; /* width of a character at 13 px, on the wide side */
const LINE = 17;
const PAD = 10;

/* Breaks text into lines that fit, at most @most of them; the last ends in an ellipsis when there is more. */
function wrap(text, width, most) {
  const room = Math.max(6, Math.floor((width - 2 * PAD) / GLYPH));
  const lines = [];
  let line = '';

  for (const word of String(text).split(/\s+/)) {
    for (let rest = word; rest;) {
      const piece = rest.slice(0, room);
      rest = rest.slice(room);
      if (line && line.length + 1 + piece.length > room) {
        lines.push(line);
        line = piece;
      } else {
        line = line ? `${line} ${piece}` : piece;
      }
    }
  }
  if (line)
    lines.push(line);
  if (lines.length > most)
    lines.splice(most - 1, lines.length, `${lines[most - 1].slice(0, room - 1)}\u2026`);
  return lines;
}

const box = (label, text, kind, width, most = 2) => {
  const lines = wrap(text, width, most);
  return { label, text, kind, width, lines, height: 2 * PAD + LINE * (lines.length + 1) - 4 };
};

const Box = ({ x, y, of }) => html`
  <g class=${`node ${of.kind}`} transform=${`translate(${x} ${y})`}>
    <title>${`${of.label}: ${of.text}`}</title>
    <rect width=${of.width} height=${of.height} rx="8" />
    <text x=${PAD} y=${PAD + 9} class="node-label">${of.label}</text>
    ${of.lines.map((line, i) => html`<text key=${i} x=${PAD} y=${PAD + 9 + LINE * (i + 1)}>${line}</text>`)}
  </g>`;

const arrow = (d, kind) => html`<path d=${d} class=${`edge ${kind}`} marker-end=${`url(#tip-${kind})`} />`;

function steps(alert, width) {
  const { path } = alert;
  const out = [path.egressInterface ? `interface ${path.egressName}` : '',
    path.nextHop ? `next hop ${path.nextHop}` : path.nextAs ? `next AS${path.nextAs}` : ''].filter(Boolean).join(', ');
  const kind = classWord(path.accessClass ?? alert.peerClass);
  return [
    box('Router', path.exporterName, 'now', width),
    box('Way out', out || 'not told by the exporter', 'now', width),
    box(kind, [alert.peer, placeWords('', path.asn ?? alert.peerAsn, alert.peerAsName, alert.peerCountry)].filter(Boolean).join(' '), 'far', width, 3),
  ];
}

const asset = (alert, width) => box('Asset', alert.assetName ? `${alert.assetName} ${alert.asset}` : alert.asset, 'asset', width);
const usual = (alert, width) => box('Before', alert.path.usual || 'No way out is known from before', 'before', width, 3);

function Wide({ alert, width }) {
  const gap = 34;
  const each = Math.floor((width - 3 * gap) / 4);
  const from = asset(alert, each);
  const before = usual(alert, each * 3 + gap * 2);
  const now = steps(alert, each);
  const tall = Math.max(...now.map(({ height }) => height));
  const second = before.height + 44;
  const height = second + tall + 2;
  const middle = second / 2 + tall / 4 - from.height / 4;
  const start = each + 2;
  const bend = start + gap / 2;
  const left = each + gap;
  const mid = middle + from.height / 2;
  const low = second + tall / 2;

  return html`
    <svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} aria-hidden="true" focusable="false"><${Tips} />
      ${arrow(`M${start} ${mid}H${bend}V${before.height / 2 + 1}H${left - 3}`, 'before')}
      ${arrow(`M${start} ${mid}H${bend}V${low}H${left - 3}`, 'now')}
      <${Box} x=${1} y=${middle} of=${from} />
      <${Box} x=${left} y=${1} of=${before} />
      <text x=${left} y=${second - 8} class="lane">Now, for the first time</text>
      ${now.map((node, i) => html`<${Box} key=${i} x=${left + i * (each + gap)} y=${second + (tall - node.height) / 2} of=${node} />`)}
      ${now.slice(1).map((node, i) => arrow(`M${left + i * (each + gap) + each + 2} ${low}h${gap - 6}`, 'now'))}
    </svg>`;
}

function Narrow({ alert, width }) {
  const inner = width - 2;
  const indent = 26;
  const list = [asset(alert, inner), usual(alert, inner - indent), ...steps(alert, inner - indent)];
  const gap = 14;
  let y = 1;
  const at = list.map((node, i) => {
    const top = y + (i === 2 ? 22 : 0);
    y = top + node.height + gap;
    return top;
  });

  return html`
    <svg width=${width} height=${y} viewBox=${`0 0 ${width} ${y}`} aria-hidden="true" focusable="false"><${Tips} />
      ${list.map((node, i) => i > 0 && arrow(`M12 ${i === 1 || i === 2 ? at[0] + list[0].height + 2 : at[i - 1] + 6}V${at[i] + 20}H${indent - 3}`, i === 1 ? 'before' : 'now'))}
      <text x=${indent} y=${at[2] - 8} class="lane">Now, for the first time</text>
      ${list.map((node, i) => html`<${Box} key=${i} x=${i ? indent : 1} y=${at[i]} of=${node} />`)}
    </svg>`;
}

const Tips = () => html`
  <defs>${['before', 'now'].map((kind) => html`
    <marker key=${kind} id=${`tip-${kind}`} viewBox="0 0 8 8" refX="6" refY="4" markerWidth="8" markerHeight="8"
      markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8Z" class=${`tip ${kind}`} /></marker>`)}
  </defs>`;

const USUAL = /exporter (\S+), interface (\d+)/;

export function PathDiagram({ alert }) {
  const [ref, width] = useWidth();
  const before = USUAL.exec(alert.path.usual ?? '');
  const names = useNames([alert.path.exporter, before?.[1]]);
  /* The daemon knows interfaces by their numbers, and "before" must read like "now". */
  const usual = alert.path.usual?.replace(USUAL, (_, router, port) => `exporter ${names.router(router)}, interface ${names.port(router, Number(port))}`);
  const path = { ...alert.path, usual, exporterName: names.router(alert.path.exporter), egressName: names.port(alert.path.exporter, alert.path.egressInterface) };
  const named = { ...alert, path };
  const words = `Before: ${path.usual || 'no way out is known'}. Now: through the router ${path.exporterName}${path.egressInterface ? `, interface ${path.egressName}` : ''}${path.nextHop ? `, next hop ${path.nextHop}` : ''}${path.nextAs ? `, next AS${path.nextAs}` : ''}, to ${alert.peer ?? 'the far end'} in a network that is ${classWord(path.accessClass ?? alert.peerClass)}${path.asn ? ` (AS${path.asn})` : ''}.`;
  return html`
    <${Card} title="The way out, before and now">
      <div class="path-diagram" ref=${ref}>${width > 0 && (width > 620 ? html`<${Wide} alert=${named} width=${width} />` : html`<${Narrow} alert=${named} width=${width} />`)}</div>
      <p class="note">${words}</p>
    <//>`;
}
