// SPDX-License-Identifier: GPL-3.0-or-later
/* console-fixtures.mjs - made-up answers in the API's shapes, for console-mock.mjs; documentation addresses only */
const MINUTE = 60e3;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const iso = (ms) => new Date(ms).toISOString();
/* A wave with noise that depends on the time only, so that two answers agree. */
const noise = (t) => { const x = Math.sin(t / 7919) * 43758.5453; return x - Math.floor(x); };
const wave = (t) => 0.55 - 0.4 * Math.cos(((t % DAY) / DAY) * 2 * Math.PI) + 0.08 * noise(t);

const RES = { peer: '203.0.113.77', peerClass: 'residential', peerAsn: 64510, peerAsName: 'Example Cable', peerCountry: 'DE',
  peerSource: 'place.local, places.csv' };

function flow(start, i) {
  return { start: iso(start), end: iso(start + 212e3 + i * 7e3), exporter: '192.0.2.1', src: '198.51.100.20', dst: RES.peer,
    srcPort: 49152 + i * 13, dstPort: 443, protocol: 6, tcpFlags: 27, octets: 41200 + i * 911, packets: 61 + i,
    octetsScaled: (41200 + i * 911) * 1000, packetsScaled: (61 + i) * 1000, sampling: 1000, samplingKnown: true,
    reverseOctets: 8800 + i * 40, reversePackets: 30, inIf: 3, outIf: 17, nextHop: '192.0.2.254', srcAs: 64500, dstAs: 64510,
    endReason: 2, vlan: 0, kind: 'flow' };
}

function makeAlert(i, now, over) {
  const first = now - (i * 3.4 + 0.6) * HOUR;
  return { time: iso(first), id: `a${(0x3f2b19c0d + i * 7177).toString(16)}5e7`, state: 'new', verdict: 'unknown', threshold: 41.2,
    asset: `198.51.100.${20 + i}`, assetName: `srv-${i}`, assetRole: 'server', criticality: 4, firstSeen: iso(first),
    lastSeen: iso(now - i * 2.1 * HOUR - 4 * MINUTE), maturity: 0.93, observed: 48.2e6, expected: { low: 0.9e6, high: 6.1e6 },
    peer: null, peerClass: null, peerAsn: null, peerAsName: null, peerCountry: null, peerSource: null, path: null, note: null,
    history: [], flows: [], counterfactual: 'With 3.0 dB less it would not have reached the threshold of 41.2 dB.', demo: true, group: `g${i}`, suppression: null, port: null, protocol: null, ...over };
}

export function alerts() {
  const now = Date.now();
  const lead = makeAlert(0, now, { ...RES, assetName: 'billing-db', criticality: 5, kind: 'residential_path', score: 71.4,
    summary: 'billing-db (198.51.100.20) opened a new outbound path to 203.0.113.77, a residential line of AS64510 Example Cable in DE, through interface 17 of edge1; in 14 days it had never talked to any residential network.',
    detectors: [
      { name: 'residential_path', decibans: 38.6, p: 3.1e-6, reason: 'First outbound path of this asset to a residential network; 0 of 46 assets with the role server use one.' },
      { name: 'new_path', decibans: 17.3, p: 8.4e-4, reason: 'Interface 17 with next hop 192.0.2.254 was never used; in 14 days the asset used 2 paths.' },
      { name: 'volume_out', decibans: 15.5, p: 2.2e-3, reason: '48.2 MB out in the window; 0.9 to 6.1 MB were expected for Tuesday 02:00.' }],
    path: { exporter: '192.0.2.1', egressInterface: 17, nextHop: '192.0.2.254', nextAs: 64510, accessClass: 'residential', asn: 64510,
      usual: 'interface 2 of 192.0.2.1 to next hop 192.0.2.9, transit AS64499 Example Transit' },
    counterfactual: 'Had the far end been a business or transit network that other servers use, the score would have been 21.7, below the threshold.',
    flows: Array.from({ length: 14 }, (each, i) => flow(now - 34 * MINUTE - (14 - i) * 9 * MINUTE, i)) });
  const desks = Array.from({ length: 12 }, (each, i) => makeAlert(40 + i, now - i * MINUTE, { kind: 'new_peer', assetName: `desk-${i + 1}`, assetRole: 'client', score: 44 - i * 0.4, group: 'update', port: 443, protocol: 6,
    peer: `198.18.9.${i + 1}`, peerClass: 'cdn', peerAsn: 64540, peerAsName: 'Example Updates', summary: `desk-${i + 1} opened a path to 198.18.9.${i + 1} in AS 64540 Example Updates (cdn), which it never did before`,
    detectors: [{ name: 'new_peer', decibans: 30, p: 1e-3, reason: 'It had never called into AS 64540 Example Updates.' }, { name: 'odd_port', decibans: 14 - i * 0.4, p: 0.02, reason: 'port 443' }] }));
  const others = [
    ['volume_out', 'mail-relay', 53.9, 'mail-relay sent 1.9 GB in five minutes; 40 to 210 MB were expected at this hour.', 'new'],
    ['new_as', 'ntp-2', 47.1, 'ntp-2 talked to AS64530 Example Hosting for the first time; no other asset of its role does.', 'in_progress'],
    ['new_peer', 'hmi-port-gate-with-a-rather-long-name-in-the-inventory', 42.3, 'hmi-port-gate reached 198.18.4.9, which no OT asset has ever contacted.', 'new'],
    ['residential_path', 'vpn-gw', 58.2, 'vpn-gw uses a new way out to a residential line of AS64511.', 'resolved'],
    ['volume_in', '', 35.0, 'An asset without a name received far more than usual.', 'suppressed']];
  return [lead, ...desks, ...others.map(([kind, assetName, score, summary, state], i) => makeAlert(i + 1, now, { kind, assetName, score, summary, state,
    verdict: state === 'resolved' ? 'false_positive' : 'unknown', ...(i % 2 ? { peer: `198.18.4.${i}`, peerClass: 'hosting', peerAsn: 64530, peerAsName: 'Example Hosting', peerCountry: 'NL', peerSource: 'built-in' } : i === 3 ? RES : {}),
    detectors: [{ name: kind, decibans: score - 6.2, p: 1e-4, reason: summary }, { name: 'fleet_rarity', decibans: 6.2, p: 0.04, reason: 'Rare among assets of the same role.' }] }))];
}

const books = (scale, more = {}) => ({ received: 812000 * scale, decoded: 811988 * scale, refused: 12 * scale, difference: 0, records: 20300412 * scale,
  lateRecords: 31 * scale, optionsRecords: 410 * scale, missingTemplateSets: 0, sequenceLost: 0, kernelDrops: 0, queueFull: 0, lateForScoring: 0,
  malformed: {}, refusedBy: { not_allowed: 12 * scale }, ...more });

export function status(store, empty) {
  const now = Date.now();
  const counts = { new: 0, in_progress: 0, suppressed: 0, resolved: 0, archived: 0 };
  for (const { state } of store.values())
    counts[state]++;
  const step = Math.floor(now / 2000) * 2000;
  const rateHistory = Array.from({ length: 300 }, (each, i) => {
    const t = step - (299 - i) * 2000;
    const base = 7200 + 900 * Math.sin(t / 47e3) + 1400 * noise(t / 2000);
    return { time: iso(t), records: base, octets: base * 5100, lost: i > 200 && i < 208 ? 420 : 0 };
  });
  const last = rateHistory.at(-1);
  return { time: iso(now), version: '0.1.0', started: iso(now - 3.2 * DAY), uptimeSeconds: 276480, demo: !empty, flowTime: empty ? null : iso(now - 3000),
    rates: empty ? { datagramsPerSecond: 0, recordsPerSecond: 0, octetsPerSecond: 0, lostPerSecond: 0 } : { datagramsPerSecond: last.records / 25, recordsPerSecond: last.records, octetsPerSecond: last.octets, lostPerSecond: last.lost },
    rateHistory: empty ? [] : rateHistory, exporters: empty ? { total: 0, ok: 0, warning: 0, silent: 0 } : { total: 4, ok: 2, warning: 1, silent: 1 },
    assets: empty ? { total: 0, mature: 0, learning: 0 } : { total: 248, mature: 201, learning: 47 }, alerts: empty ? { new: 0, in_progress: 0 } : counts,
    budget: { perDay: 5, thresholdDecibans: 41.2, discounts: { volume_out: 1, contact: 0.82, beacon: 0.44 } }, books: empty ? books(0) : books(1, { sequenceLost: 3360 }),
    processes: ['sense', 'series', 'web'].map((name, i) => ({ name, pid: 4100 + i, restarts: 0, since: iso(now - 3.2 * DAY), state: 'running' })),
    sockets: [['udp:0.0.0.0:2055', 8388608, 425984], ['udp:0.0.0.0:4739', 8388608, 8388608]].map(([listen, asked, got]) => ({ listen, asked, got, drops: 0,
      hint: got < asked ? 'sysctl -w net.core.rmem_max=8388608' : null })),
    intakes: [0, 1].map((i) => ({ name: `udp-${i}`, datagrams: 406000, records: 10150206, datagramsPerSecond: 144, recordsPerSecond: 3600 - i * 400, busy: 0.04 + i * 0.01, imbalance: 1.06 - i * 0.12 })),
    tees: empty ? [] : [{ name: 'old', to: 'udp:192.0.2.20:2055', keepSource: true, sent: 90211, dropped: 0, queueDropped: 0, errors: 12, problem: 'Nobody listens there: its machine sends datagrams back as unreachable.' }],
    streams: { pushedBackSeconds: 0, ended: { unknown_ca: 3, closed: 1 }, listeners: [{ listen: 'tls:0.0.0.0:4740', transport: 'tls', connections: 1, accepted: 2, messages: 90211, bytes: 8.1e7,
      ended: [{ reason: 'unknown_ca', text: 'its certificate is by an authority that is not in [tls] ca=', fix: 'Add that authority to the file in [tls] ca=.', count: 3, lastFrom: '192.0.2.77', lastTime: iso(now - 9 * MINUTE) },
        { reason: 'closed', text: 'it closed the connection', fix: null, count: 1, lastFrom: '192.0.2.1', lastTime: iso(now - 2 * DAY) }] }] },
    series: { files: 61, samples: 90211, written: 90211, paused: false },
    refusedSenders: empty ? [] : [{ address: '203.0.113.9', datagrams: 4711, reason: 'not_allowed', hint: 'If it is a router of yours, add 203.0.113.9 to exporters= in the section [collector], and reload.' }],
    problems: empty ? [] : [{ severity: 'warning', text: 'The receive buffer of udp:0.0.0.0:2055 is 416 KiB; 8 MiB were asked for.', hint: 'sysctl -w net.core.rmem_max=8388608, then restart.' }] };
}

export function exporters() {
  const now = Date.now();
  const one = (index, name, address, state, protocol, diagnosis, more) => ({ index, address, name, protocol, state, firstSeen: iso(now - 14 * DAY),
    lastSeen: iso(now - (state === 'silent' ? 47 * MINUTE : 900)), domains: [{ id: 0, templates: 4, optionsTemplates: 2, provisional: false, heldSets: 0, sequenceLost: 0 },
      { id: 256, templates: 2, optionsTemplates: 1, provisional: index === 2, heldSets: index === 1 ? 3 : 0, sequenceLost: index === 1 ? 3360 : 0 }],
    sampling: { rate: 1000, source: 'sampler', known: true, mixed: false, operator: null, history: [{ time: iso(now - 3 * DAY), rate: 1000, before: 4096, source: 'sampler', of: 1, domain: 256 },
      { time: iso(now - 14 * DAY), rate: 4096, before: null, source: 'sampler', of: 1, domain: 256 }] }, clockSkewSeconds: 0.4, clockCorrectedSeconds: 0, applications: 0, vrfs: [],
    vendor: { code: 'cisco-xr', name: 'Cisco IOS XR', percent: 97, because: ['the shape of its sampler table', 'the names of its interfaces'] }, bootTime: iso(now - 211 * DAY),
    rates: state === 'silent' ? { datagramsPerSecond: 0, recordsPerSecond: 0, octetsPerSecond: 0 } : { datagramsPerSecond: 120, recordsPerSecond: 2911.2, octetsPerSecond: 14.2e6 },
    books: books(0.25), interfaces: [{ index: 2, name: 'HundredGigE0/0/0/1', description: 'to transit AS64499' }, { index: 3, name: 'Bundle-Ether10', description: 'server room' },
      { index: 17, name: 'GigabitEthernet0/0/1/7', description: '' }], diagnosis, ...more });
  const fine = [{ severity: 'ok', code: 'sending', text: 'Sends steadily; templates are known; no loss; its clock is right.', fix: null }];
  return [
    one(0, 'edge1', '192.0.2.1', 'ok', 'ipfix', fine, { transport: 'tls', sessions: [{ transport: 'tls', sourcePort: 40112, since: iso(now - 2 * DAY), certificateName: 'edge1.example.net', messages: 90211, bytes: 8.1e7 }] }),
    one(1, 'edge2', '192.0.2.2', 'warning', 'netflow9', [{ severity: 'warning', code: 'sequence_loss', text: '3 360 records were lost before they reached this machine (1.1 % in the last hour).', fix: 'Look for drops on the way: on the router "show flow exporter statistics", here the socket buffer.',
        commands: 'show flow exporter-map TALAYA\nshow flow exporter TALAYA location 0/0/CPU0', since: iso(now - 2 * DAY), last: iso(now - MINUTE), count: 3360 },
      { severity: 'ok', code: 'sampling', text: 'Sampling 1 in 1000, told by its options data.', fix: null }]),
    one(2, null, '2001:db8:ff::9', 'silent', 'sflow', [{ severity: 'error', code: 'silent', text: 'Nothing has come for 47 minutes; before that it sent every second.', fix: 'Is the router up, and does it still have the exporter configured? "show sflow" or "show flow exporter" tells.' }], { sampling: { rate: null, source: null, known: false }, clockSkewSeconds: 3611 }),
    one(3, 'softflowd', '127.0.0.1', 'ok', 'netflow5', fine, { sampling: { rate: 1, source: 'header', known: true }, interfaces: [] })];
}

const NAMES = ['billing-db', 'mail-relay', 'ntp-2', 'hmi-port-gate', 'vpn-gw', '', 'dns-1', 'dns-2', 'web-front', 'core-rtr-mgmt'];
function row(i) {
  const now = Date.now();
  return { address: i === 5 ? '2001:db8:20::105' : `198.51.100.${20 + i}`, name: NAMES[i % 10] ?? '', role: ['server', 'server', 'server', 'ot', 'network'][i % 5], criticality: 5 - (i % 4),
    score: i === 0 ? 71.4 : Math.max(0, 22 - i * 1.7), maturity: Math.min(1, 0.4 + i * 0.09), lastSeen: iso(now - i * 40e3), octetsOut: 9.1e9 / (i + 1), octetsIn: 4.2e9 / (i + 1),
    peers: 41 + i * 13, openAlerts: i === 0 ? 1 : 0 };
}
export function assets(query) {
  const text = (query.get('query') ?? '').toLowerCase();
  const items = Array.from({ length: 24 }, (each, i) => row(i)).filter(({ address, name, role }) => `${address} ${name} ${role}`.includes(text));
  return { items, next: null, total: items.length };
}

export function asset(address) {
  const now = Date.now();
  const base = row(Math.max(0, Number(address.split('.').at(-1)) - 20) % 24 || 0);
  const path = (i, more) => ({ exporter: '192.0.2.1', egressInterface: 2, nextHop: '192.0.2.9', nextAs: 64499, accessClass: 'transit', asn: 64499 + i, asName: 'Example Transit',
    firstSeen: iso(now - 14 * DAY + i * DAY), lastSeen: iso(now - i * HOUR), flows: 182340 / (i + 1), octets: 8.1e10 / (i + 1), isNew: false, ...more });
  const slot = Math.floor(now / (5 * MINUTE)) * 5 * MINUTE;
  return { ...base, address, tags: 'pinned pci', place: { access: 'own', asn: 64500, asName: 'Example Regional Telecom', country: 'DE' }, learning: { daysSeen: 9, daysNeeded: 14, hoursCovered: 104 },
    baseline: { metric: 'octetsOut', window: 300, now: { expected: 3.1e6, low: 0.9e6, high: 6.1e6 },
      week: Array.from({ length: 168 }, (each, hour) => ({ hour, expected: 8e6 * wave(hour * HOUR) * (hour >= 120 ? 0.4 : 1), low: 1e6, high: 9e6, samples: hour < 104 ? 12 : 0 })) },
    paths: [path(0), path(1, { egressInterface: 3, accessClass: 'business' }), path(2, { egressInterface: 17, nextHop: '192.0.2.254', nextAs: 64510, accessClass: 'residential', asn: 64510, asName: 'Example Cable', firstSeen: iso(now - 36 * MINUTE), lastSeen: iso(now - 4 * MINUTE), flows: 14, octets: 6.6e8, isNew: true })],
    peers: Array.from({ length: 9 }, (each, i) => ({ address: i ? `198.18.0.${i}` : RES.peer, class: i ? ['business', 'hosting', 'cdn'][i % 3] : 'residential', asn: 64510 + i, asName: i ? 'Example Hosting' : 'Example Cable', country: 'DE',
      firstSeen: iso(now - i * DAY - 36 * MINUTE), lastSeen: iso(now - i * 9 * MINUTE), flows: 14 + i * 900, octetsOut: 6.6e8 / (i + 1), octetsIn: 1.2e8, services: i ? [443, 5432] : [443] })),
    recent: Array.from({ length: 288 }, (each, i) => { const t = slot - (287 - i) * 5 * MINUTE; const hot = i > 280; return { time: iso(t), octetsOut: (hot ? 48e6 : 6e6) * wave(t), octetsIn: 3e6 * wave(t), flows: 140 + i % 9, score: hot ? 60 + i % 5 : noise(t) * 8, low: 0.9e6, high: 7.4e6 }; }) };
}

const when = (text, now) => { const match = /^now-(\d+)h$/.exec(text ?? ''); return match ? now - match[1] * HOUR : Date.parse(text) || now; };
export function series(address, query) {
  const now = Date.now();
  const from = when(query.get('from'), now);
  const to = when(query.get('to'), now);
  const step = Math.max(300, Math.ceil((to - from) / 1000 / Number(query.get('points') ?? 300) / 300) * 300);
  const rows = [];
  for (let t = Math.ceil(from / (step * 1000)) * step * 1000; t < to; t += step * 1000) {
    const hot = now - t < 36 * MINUTE && now - t > 0;
    const normal = 2.1e4 * wave(t);
    rows.push({ time: iso(t), octetsIn: 1.3e4 * wave(t + HOUR), octetsOut: t > now ? null : hot ? 1.6e5 : normal, packetsIn: 40, packetsOut: 52, flowsIn: 3, flowsOut: 4,
      lost: 0, score: hot ? 70 : 3, expectedLow: 2.1e4 * (0.55 - 0.4 * Math.cos(((t % DAY) / DAY) * 2 * Math.PI)) * 0.6, expectedHigh: 2.1e4 * (0.55 - 0.4 * Math.cos(((t % DAY) / DAY) * 2 * Math.PI)) * 1.7 + 3e3 });
  }
  return { step, rows };
}

export const classify = (address) => (/^[0-9a-f.:]+$/i.test(address) ? { address, access: 'residential', anonymity: 'residential_proxy', asn: 64510, asName: 'Example Cable', country: 'DE', confidence: 88, provenance: [
  { attribute: 'access', value: 'residential', source: 'local', type: 'csv', prefix: '203.0.113.0/25', priority: 50, won: true },
  { attribute: 'access', value: 'business', source: 'built-in', type: 'table', prefix: '203.0.113.0/24', priority: 0, won: false },
  { attribute: 'asn', value: 64510, source: 'asn', type: 'mmdb', prefix: '203.0.113.0/24', priority: 50, won: true },
  { attribute: 'anonymity', value: 'residential_proxy', source: 'proxies', type: 'list', prefix: '203.0.113.77/32', priority: 60, won: true }] } : null);

export function graph(query) {
  const [width, height, dark] = [Number(query.get('width') ?? 600), Number(query.get('height') ?? 200), query.get('theme') === 'dark'];
  const points = Array.from({ length: 60 }, (each, i) => `${(i * width) / 59},${height - 20 - (height - 40) * wave((i / 59) * DAY)}`).join(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${dark ? '#141c20' : '#fff'}"/><polyline points="${points}" fill="none" stroke="#1b6cb3" stroke-width="2"/></svg>`;
}
