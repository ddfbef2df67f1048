// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * words.js - the API's names as words, and a score as a level
 *
 * The API's lists may grow: a name not listed here is shown with its underscores turned into spaces.
 */
const KINDS = {
  residential_path: 'New outbound path to a residential network',
  volume_out: 'Unusual volume sent',
  volume_in: 'Unusual volume received',
  volume: 'Unusual volume',
  new_peer: 'New peer',
  new_as: 'New network (AS)',
  new_path: 'New egress path',
  new_egress: 'New egress path',
  odd_port: 'Odd port',
  quiet_long: 'Long quiet connection',
  new_country: 'New country',
  new_service: 'New service',
  rarity: 'Rare in the fleet',
  fleet_rarity: 'Rare in the fleet',
  contact: 'New far ends',
  awakened: 'Spoke again after a long silence',
  tunnel: 'Quiet tunnel',
  home_login: 'New log-in from a home line',
  relay: 'Relay through this asset',
  beacon: 'Regular contact (beacon)',
  quiet_connection: 'Long quiet connection',
  admin_edge: 'New edge on an admin port',
  management_plane: 'Management plane from an unusual place',
  router_endpoint: 'Network equipment as an end point',
  spray: 'Log-ins tried from many addresses',
  scan: 'Scan',
  listed: 'Listed address',
  flood: 'Flood',
  slow_exfiltration: 'Data leaves for a rare destination',
  hoarding: 'Fetches much from inside',
  egress_change: 'Another way out than before',
  exporter_change: 'Exporter tells less or otherwise',
  fast_beacon: 'Calls by the clock, very often',
  standing: 'Was there from the start, and is unlike its peers',
  fan_in: 'Called by many new ends',
  fan_out: 'Calls many new ends',
  ratio: 'Unusual ratio of sent to received',
};

const CLASSES = {
  residential: 'residential', mobile: 'mobile', satellite: 'satellite', business: 'business', hosting: 'hosting',
  cdn: 'CDN', education: 'education', government: 'government', transit: 'transit', own: 'own network',
  private: 'private', unknown: 'unknown',
};

const STATES = {
  new: 'New', in_progress: 'In progress', suppressed: 'Suppressed', resolved: 'Resolved', archived: 'Archived',
};

const VERDICTS = {
  unknown: 'No verdict', true_positive: 'True positive', false_positive: 'False positive',
  benign_expected: 'Benign, expected',
};

const PROTOCOLS = {
  netflow1: 'NetFlow v1', netflow5: 'NetFlow v5', netflow7: 'NetFlow v7', netflow9: 'NetFlow v9', ipfix: 'IPFIX',
  sflow: 'sFlow v5',
};

const IP_PROTOCOLS = { 1: 'ICMP', 2: 'IGMP', 6: 'TCP', 17: 'UDP', 47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMPv6',
  89: 'OSPF', 132: 'SCTP' };

const PORTS = { 20: 'ftp-data', 21: 'ftp', 22: 'ssh', 23: 'telnet', 25: 'smtp', 53: 'dns', 67: 'dhcp', 80: 'http',
  110: 'pop3', 123: 'ntp', 135: 'wmi', 139: 'netbios', 143: 'imap', 161: 'snmp', 179: 'bgp', 389: 'ldap', 443: 'https',
  445: 'smb', 465: 'smtps', 500: 'ike', 514: 'syslog', 587: 'smtp', 636: 'ldaps', 853: 'dns-tls', 993: 'imaps',
  995: 'pop3s', 1194: 'openvpn', 1433: 'mssql', 1883: 'mqtt', 3306: 'mysql', 3389: 'rdp', 4500: 'ipsec', 5432: 'postgres',
  5985: 'winrm', 5986: 'winrm', 6379: 'redis', 8080: 'http', 8443: 'https', 51820: 'wireguard' };

/* Where a sampling rate comes from. */
const SAMPLING_SOURCES = { header: 'the header of its datagrams', domain: 'its options data', interface: 'its options data, for each interface',
  sampler: 'its sampler table', record: 'the records themselves', operator: 'the configuration' };
export const samplingSource = (source) => SAMPLING_SOURCES[source] ?? plain(source);

export const plain = (name) => (typeof name === 'string' ? name.replace(/[_-]/g, ' ') : '');
const word = (table, name) => (Object.hasOwn(table, name ?? '') ? table[name] : plain(name));
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const kindWord = (name) => capital(word(KINDS, name));
export const classWord = (name) => word(CLASSES, name) || 'unknown';
export const stateWord = (name) => capital(word(STATES, name));
export const verdictWord = (name) => capital(word(VERDICTS, name));
export const protocolWord = (name) => word(PROTOCOLS, name);
/** "IPFIX over TCP": one address may send over several */
export const sendsWord = ({ protocol, transport = 'udp' }) => `${protocolWord(protocol)} over ${transport.toUpperCase()}`;
export const ipProtocol = (n) => word(IP_PROTOCOLS, String(n)) || String(n ?? '');
export const portWord = (n) => (Object.hasOwn(PORTS, n) ? PORTS[n] : '');
export const ALERT_STATES = Object.keys(STATES);
export const ACCESS_CLASSES = Object.keys(CLASSES);
export const OPEN_STATES = 'new,in_progress';

/** The far end's network in a few words: "residential, AS64512 Example Cable, DE" */
export function placeWords(access, asn, asName, country) {
  return [access ? classWord(access) : '', [asn ? `AS${asn}` : '', asName].filter(Boolean).join(' '), country]
    .filter(Boolean).join(', ');
}

/** What a rule is about, in words: "203.0.113.0/24, AS64511, port 443" */
export const ruleWords = (rule) => [rule.assetName, rule.asset && `asset ${rule.asset}`, rule.peer && `far end ${rule.peer}`, rule.peerAsn && `far AS${rule.peerAsn}`,
  rule.peerClass && `${classWord(rule.peerClass)} network`, rule.port && `port ${rule.port}`, rule.protocol && ipProtocol(rule.protocol), rule.kind && kindWord(rule.kind)]
  .filter(Boolean).join(', ');

const LEVELS = [
  { name: 'critical', word: 'Critical', margin: 20, means: 'at least a hundred times past the threshold' },
  { name: 'high', word: 'High', margin: 10, means: 'at least ten times past the threshold' },
  { name: 'notable', word: 'Notable', margin: 0, means: 'past the threshold' },
  { name: 'low', word: 'Low', margin: -Infinity, means: 'below the threshold' },
];

/** How far a score is past the threshold at which alerts open, as a level with a word and a shape. */
export function severity(score, threshold) {
  const margin = (score ?? 0) - (threshold ?? 30);
  return LEVELS.find((level) => margin >= level.margin) ?? LEVELS[3];
}
