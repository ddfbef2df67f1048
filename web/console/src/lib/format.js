// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * format.js - numbers, units and times as a person reads them
 *
 * Pure functions. Null, undefined and NaN all become an en dash, so that a view never has to ask.
 */
export const NONE = '\u2013';
const THIN = '\u202f'; /* narrow no-break space between a number and its unit */
const STEPS = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/** Three significant digits below 1000, never an exponent. */
function digits(value) {
  const size = Math.abs(value);

  if (size >= 100 || Number.isInteger(value))
    return String(Math.round(value));
  return size >= 10 ? value.toFixed(1) : value.toFixed(size >= 1 ? 2 : 3).replace(/\.?0+$/, '') || '0';
}

function scaled(value, unit) {
  let step = 0;
  let rest = value;

  while (Math.abs(rest) >= 999.5 && step < STEPS.length - 1) {
    rest /= 1000;
    step++;
  }
  const suffix = STEPS[step] + unit;
  return suffix ? digits(rest) + THIN + suffix : digits(rest);
}

/** 12345 -> "12.3 k" */
export const count = (value) => (isNumber(value) ? scaled(value, '') : NONE);
/** 12345 -> "12 345", for where every unit counts. */
export const whole = (value) =>
  isNumber(value) ? Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, THIN) : NONE;
export const bytes = (value) => (isNumber(value) ? scaled(value, 'B') : NONE);
/** Octets per second as bits per second. */
export const bits = (octetsPerSecond) => (isNumber(octetsPerSecond) ? scaled(octetsPerSecond * 8, 'bit/s') : NONE);
export const perSecond = (value) => (isNumber(value) ? scaled(value, '/s') : NONE);
export const percent = (share) => (isNumber(share) ? `${Math.round(share * 100)}${THIN}%` : NONE);
export const decibans = (value) => (isNumber(value) ? value.toFixed(1) : NONE);
export const signed = (value) => (isNumber(value) ? (value < 0 ? '\u2212' : '+') + Math.abs(value).toFixed(1) : NONE);

const SUPERSCRIPT = '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079';
const raised = (n) =>
  (n < 0 ? '\u207b' : '') + [...String(Math.abs(n))].map((digit) => SUPERSCRIPT[Number(digit)]).join('');

/** 0.0000032 -> "3.2 x 10^-6" with real superscripts */
export function probability(p) {
  if (!isNumber(p))
    return NONE;
  if (p >= 0.001 || p <= 0)
    return p <= 0 ? '0' : p.toPrecision(2);
  const exponent = Math.floor(Math.log10(p));
  return `${(p / 10 ** exponent).toFixed(1)}${THIN}\u00d7${THIN}10${raised(exponent)}`;
}

const NAMED = [[1e12, 'trillion'], [1e9, 'billion'], [1e6, 'million']];

/** A p-value as a person says it: 0.00012 -> "1 in 8 300" */
export function chance(p) {
  if (!isNumber(p))
    return NONE;
  if (p >= 0.5)
    return 'nothing odd';
  const value = p > 0 ? 1 / p : Infinity;
  if (value >= 1e15)
    return 'next to never';
  for (const [size, name] of NAMED)
    if (value >= size)
      return `1 in ${digits(value / size)} ${name}`;
  return `1 in ${value < 10 ? digits(value) : whole(Number(value.toPrecision(2)))}`;
}

/** Evidence in decibans as odds in words: 62 -> "1.58 million to 1" */
export function odds(score) {
  if (!isNumber(score))
    return NONE;
  const exponent = score / 10;
  if (exponent < 0.05)
    return 'even';
  if (exponent >= 15)
    return `10${raised(Math.round(exponent))} to 1`;
  const value = 10 ** exponent;
  for (const [size, name] of NAMED)
    if (value >= size)
      return `${digits(value / size)} ${name} to 1`;
  if (value >= 1e4)
    return `${digits(value / 1e3)} thousand to 1`;
  return `${whole(Number(value.toPrecision(2)))} to 1`;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** Seconds as the two largest units: 93784 -> "1 d 2 h" */
export function duration(seconds) {
  if (!isNumber(seconds))
    return NONE;
  const s = Math.round(Math.abs(seconds));
  const pair = (a, unitA, b, unitB) => `${a}${THIN}${unitA}${b ? ` ${b}${THIN}${unitB}` : ''}`;

  if (s < MINUTE)
    return `${s}${THIN}s`;
  if (s < HOUR)
    return pair(Math.floor(s / MINUTE), 'min', s < 10 * MINUTE ? s % MINUTE : 0, 's');
  if (s < DAY)
    return pair(Math.floor(s / HOUR), 'h', Math.floor((s % HOUR) / MINUTE), 'min');
  return pair(Math.floor(s / DAY), 'd', s < 30 * DAY ? Math.floor((s % DAY) / HOUR) : 0, 'h');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n) => String(n).padStart(2, '0');

export const clock = (date, withSeconds = true) =>
  `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}${withSeconds ? `:${two(date.getUTCSeconds())}` : ''}`;

export const dayMonth = (date) => `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;

/** "14:02:11", or "22 Nov 14:02" when it was another day than @now's. */
export function shortTime(date, now) {
  const sameDay = Math.abs(now - date) < DAY * 1000 && now.getUTCDate() === date.getUTCDate();

  if (sameDay)
    return clock(date);
  const year = now.getUTCFullYear() === date.getUTCFullYear() ? '' : ` ${date.getUTCFullYear()}`;
  return `${dayMonth(date)}${year} ${clock(date, false)}`;
}

export const fullTime = (date) => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** "3 min ago", "in 2 h", "now" */
export function age(date, now) {
  const seconds = (now - date) / 1000;

  if (Math.abs(seconds) < 2)
    return 'now';
  const s = Math.abs(seconds);
  const rough = s < MINUTE ? s : s < HOUR ? Math.floor(s / MINUTE) * MINUTE : s < DAY ? Math.floor(s / HOUR) * HOUR
    : Math.floor(s / DAY) * DAY;
  return seconds > 0 ? `${duration(rough)} ago` : `in ${duration(rough)}`;
}

/** A Date, or null for what is no time. */
export function parseTime(text) {
  const ms = typeof text === 'string' ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : new Date(ms);
}

export const plural = (n, one, many = `${one}s`) => `${whole(n)} ${n === 1 ? one : many}`;
