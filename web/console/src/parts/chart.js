// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * chart.js - a time chart drawn by uPlot, with an expected band, marked moments and a summary in words
 *
 * times: seconds since 1970. lines: [{label, values, colour, fill, dash, bars}], colour being the name of a CSS
 * variable. band: {label, low, high}. marks: [{time, label}]. The picture is one image to a screen reader, so the
 * summary has to say what it shows. The theme is read when the chart is made; another theme makes another chart.
 */
import { html } from 'htm/preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { clock, dayMonth, NONE } from '../lib/format.js';
import { useApp, useWidth } from '../lib/hooks.js';

const cssColour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || '#888';
const utc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC');

function drawMarks(plot, marks, colour) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;

  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = 1.5 * ratio;
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  for (const { time, label } of marks) {
    if (time < plot.scales.x.min || time > plot.scales.x.max)
      continue;
    const x = Math.round(plot.valToPos(time, 'x', true));
    const toLeft = x > bbox.left + bbox.width * 0.7;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.textAlign = toLeft ? 'right' : 'left';
    ctx.fillText(label, x + (toLeft ? -5 : 5) * ratio, bbox.top + 11 * ratio);
  }
  ctx.restore();
}

function axes(format, span) {
  const base = { stroke: cssColour('muted'), font: '11px system-ui, sans-serif',
    grid: { stroke: cssColour('grid'), width: 1 }, ticks: { show: false } };
  const label = (seconds) => {
    const date = new Date(seconds * 1000);
    return seconds % 86400 === 0 ? dayMonth(date) : clock(date, span < 3600);
  };
  return [
    { ...base, space: 70, size: 28, values: (plot, splits) => splits.map(label) },
    { ...base, size: 78, gap: 6, space: 34, values: (plot, splits) => splits.map((value) => (value === null ? '' : format(value))) },
  ];
}

const highest = (rows) => rows.reduce((top, values) => values.reduce((most, value) => Math.max(most, value ?? 0), top), 0);

/* The lines have to be seen: a band many times as high as they are is cut off at the top. */
function ceiling(rows, bandHigh) {
  const top = highest(rows);
  const band = bandHigh ? highest([bandHigh]) : 0;
  return (Math.max(top, top > 0 ? Math.min(band, 2.5 * top) : band) || 1) * 1.12;
}

function options({ lines, band, marks, format, width, height, span, onPoint }) {
  const series = [{}];
  if (band) {
    series.push({ label: 'low', stroke: 'transparent', width: 0, points: { show: false } },
      { label: 'high', stroke: 'transparent', width: 0, points: { show: false } });
  }
  for (const { label, colour, fill, dash, bars } of lines) {
    series.push({ label, stroke: cssColour(colour), width: bars ? 0 : 1.75, dash, points: { show: false }, spanGaps: false,
      fill: fill || bars ? cssColour(fill || colour) : undefined,
      paths: bars ? uPlot.paths.bars({ size: [0.8, 24] }) : undefined });
  }
  return {
    width, height, tzDate: utc, series, legend: { show: false }, pxAlign: 1, padding: [10, 8, 0, 0],
    cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (plot) => [0, ceiling(plot.data.slice(band ? 3 : 1), band && plot.data[2])] } },
    bands: band ? [{ series: [2, 1], fill: cssColour('band') }] : [],
    axes: axes(format, span),
    hooks: {
      draw: [(plot) => marks?.length && drawMarks(plot, marks, cssColour('mark'))],
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
    },
  };
}

const key = ({ colour, dash }) => html`<span class=${dash ? 'key dashed' : 'key'} style=${{ color: `var(--${colour})` }}></span>`;
const isSet = (value) => value !== null && value !== undefined;

/* What each line means; a press takes a line out, so that a small one is not dwarfed by a large one. */
function Legend({ lines, band, times, at, format, hidden, toggle }) {
  const value = (text) => html` <b class="num" aria-hidden="true">${text}</b>`;
  return html`
    <figcaption class="legend">
      ${lines.map((each) => html`
        <button type="button" key=${each.label} class="legend-item" aria-pressed=${!hidden.includes(each.label)} onClick=${() => toggle(each.label)}>
          ${key(each)}${each.label}${at !== null && value(isSet(each.values[at]) ? format(each.values[at]) : NONE)}</button>`)}
      ${band && html`<span class="legend-item"><span class="key band"></span>${band.label}${at !== null && isSet(band.low[at])
        && value(`${format(band.low[at])}\u2009\u2013\u2009${format(band.high[at])}`)}</span>`}
      ${at !== null && isSet(times[at]) && html`<span class="legend-time num" aria-hidden="true">${clock(new Date(times[at] * 1000))} UTC</span>`}
    </figcaption>`;
}

/** @param without labels of the lines that are out at first */
export function Chart({ times, lines: all, band, marks, format, height = 220, summary, without = [] }) {
  const { theme } = useApp();
  const [ref, width] = useWidth();
  const plot = useRef(null);
  const [at, setAt] = useState(null);
  const [hidden, setHidden] = useState(without);
  const lines = useMemo(() => all.filter(({ label }) => !hidden.includes(label)), [all, hidden]);
  const toggle = (label) => setHidden((old) => (old.includes(label) ? old.filter((each) => each !== label) : [...old, label]));
  const data = [times, ...(band ? [band.low, band.high] : []), ...lines.map(({ values }) => values)];
  const span = times.length > 1 ? times.at(-1) - times[0] : 0;
  const shape = `${theme} ${lines.map(({ label }) => label)} ${Boolean(band)} ${height} ${JSON.stringify(marks ?? [])} ${span > 3600}`;

  useEffect(() => {
    if (!width)
      return undefined;
    plot.current = new uPlot(options({ lines, band, marks, format, width, height, span, onPoint: setAt }), data, ref.current);
    return () => {
      plot.current.destroy();
      plot.current = null;
    };
  }, [shape, width > 0]);
  useEffect(() => { if (width) plot.current?.setSize({ width, height }); }, [width, height]);
  useEffect(() => { plot.current?.setData(data); }, [times, lines, band]);

  return html`
    <figure class="chart">
      <div class="chart-box" ref=${ref} role="img" aria-label=${summary} style=${{ height: `${height}px` }}></div>
      <${Legend} lines=${all} band=${band} times=${times} at=${at} format=${format} hidden=${hidden} toggle=${toggle} />
    </figure>`;
}
