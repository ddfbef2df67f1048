// SPDX-License-Identifier: GPL-3.0-or-later
/* test-console-format.mjs - how the console writes numbers, units and times; needs node only */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { shared } from '../../web/console/src/lib/cast.js';
import * as format from '../../web/console/src/lib/format.js';
import { meaning } from '../../web/console/src/lib/meanings.js';
import { severity } from '../../web/console/src/lib/words.js';

const plain = (text) => text.replaceAll('\u202f', ' ');
const noon = new Date('2026-03-04T12:00:00Z');
const before = (seconds) => new Date(noon - seconds * 1000);

/* What alerts can be called: the detectors that do not only add to what others found. */
const kinds = [...readFileSync(new URL('../../scoring/detector.c', import.meta.url), 'utf8').matchAll(/\{ (?:QUESTION|WATCH)\((\w+), (\w+)/g)]
  .filter(([, , what]) => what !== 'DETECTOR_SUPPORT').map(([, name]) => name);

const tests = {
  'every kind of alert is explained': () => {
    assert.ok(kinds.length >= 20 && kinds.includes('beacon') && !kinds.includes('odd_port'), kinds.join());
    for (const kind of kinds) {
      const { means, harmless, look, attack } = meaning(kind) ?? {};
      assert.ok([means, harmless, look].every((text) => text?.length > 40 && text.endsWith('.')), kind);
      assert.ok(attack.every((words) => /^T1\d{3}(\.\d{3})? [A-Z]/.test(words)), `${kind}: ${attack}`);
    }
    assert.equal(meaning('of_tomorrow'), undefined);
    assert.equal(meaning('toString'), undefined);
  },
  'alerts have in common what one is about and the other names': () => {
    const login = { asset: '198.51.100.5', peer: '92.0.2.7', summary: 'somebody logged in.' };
    const pivot = { asset: '10.0.9.9', peer: null, summary: '10.0.9.9 opened SSH to 10.0.0.1; before, 92.0.2.7 logged in to 198.51.100.5.' };
    const server = { asset: '2001:db8::1', peer: null, detectors: [{ reason: 'from 10.0.9.9, it accepts calls' }] };
    assert.equal(shared(login, pivot), '198.51.100.5');
    assert.equal(shared(pivot, login), '198.51.100.5');
    assert.equal(shared(server, pivot), '10.0.9.9');
    assert.equal(shared(server, login), undefined);
    assert.equal(shared({ ...login, flows: [{ src: '10.0.3.3', dst: '2001:db8::1' }] }, server), '2001:db8::1');
    assert.equal(shared({ asset: '10.0.9.99', peer: null, summary: '' }, pivot), undefined);
  },
  'counts have three digits and a prefix': () => {
    for (const [value, text] of [[0, '0'], [7, '7'], [999, '999'], [999.7, '1 k'], [12345, '12.3 k'], [5e6, '5 M'], [0.04, '0.04'], [1e21, '1000 E']])
      assert.equal(plain(format.count(value)), text);
  },
  'octets a second are told as bits': () => assert.equal(plain(format.bits(44812500)), '359 Mbit/s'),
  'what is no number is a dash': () => {
    for (const write of [format.count, format.bytes, format.bits, format.percent, format.decibans, format.duration, format.probability])
      for (const value of [null, undefined, NaN, 'x'])
        assert.equal(write(value), format.NONE);
  },
  'large counts are grouped by thousands': () => assert.equal(plain(format.whole(20300412)), '20 300 412'),
  'decibans become odds': () => {
    for (const [score, text] of [[0, 'even'], [10, '10 to 1'], [30.6, '1\u202f100 to 1'], [45, '31.6 thousand to 1'], [71.4, '13.8 million to 1'], [200, '10\u00b2\u2070 to 1']])
      assert.equal(format.odds(score), text);
  },
  'small probabilities are powers of ten': () => {
    assert.equal(plain(format.probability(3.1e-6)), '3.1 \u00d7 10\u207b\u2076');
    assert.equal(format.probability(0.0022), '0.0022');
  },
  'a p-value is said as one in so many': () => {
    for (const [p, text] of [[1, 'nothing odd'], [0.4, '1 in 2.5'], [0.00012, '1 in 8 300'], [3.1e-7, '1 in 3.23 million'], [0, 'next to never'], [null, '\u2013']])
      assert.equal(plain(format.chance(p)), text);
  },
  'durations have their two largest units': () => {
    for (const [seconds, text] of [[4, '4 s'], [212, '3 min 32 s'], [3600, '1 h'], [93784, '1 d 2 h'], [40 * 86400, '40 d']])
      assert.equal(plain(format.duration(seconds)), text);
  },
  'ages are rough and know the future': () => {
    assert.equal(plain(format.age(before(61), noon)), '1 min ago');
    assert.equal(plain(format.age(before(-7300), noon)), 'in 2 h');
    assert.equal(format.age(before(1), noon), 'now');
  },
  'a time of another day tells the day, one of another year the year': () => {
    assert.equal(format.shortTime(before(60), noon), '11:59:00');
    assert.equal(format.shortTime(before(86400), noon), '3 Mar 12:00');
    assert.equal(format.shortTime(new Date('2025-12-31T23:59:00Z'), noon), '31 Dec 2025 23:59');
  },
  'a level is the distance from the threshold': () => {
    assert.deepEqual([61.3, 51.3, 41.2, 41.1].map((score) => severity(score, 41.2).name), ['critical', 'high', 'notable', 'low']);
  },
};

let number = 0;
let failed = 0;
for (const [name, body] of Object.entries(tests)) {
  number++;
  try {
    body();
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${number} - ${name}\n# ${error.message.replaceAll('\n', '\n# ')}`);
  }
}
console.log(`1..${number}`);
process.exitCode = failed ? 1 : 0;
