// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * meanings.js - for each kind of alert: what it means, what harmless thing looks like it, what to look at next
 *
 * For who was not there when the detector was written: a night shift, a report. `attack` names the techniques of MITRE
 * ATT&CK that look like this on the wire; it does not say that one of them happened.
 */
const TECHNIQUES = {
  T1021: 'Remote Services', T1039: 'Data from Network Shared Drive', T1041: 'Exfiltration Over C2 Channel', T1046: 'Network Service Discovery',
  T1048: 'Exfiltration Over Alternative Protocol', T1071: 'Application Layer Protocol', T1074: 'Data Staged', T1078: 'Valid Accounts',
  T1090: 'Proxy', 'T1090.001': 'Internal Proxy', 'T1090.002': 'External Proxy', T1110: 'Brute Force', T1133: 'External Remote Services',
  T1498: 'Network Denial of Service', T1562: 'Impair Defenses', T1572: 'Protocol Tunneling', T1595: 'Active Scanning',
  T1599: 'Network Boundary Bridging', T1602: 'Data from Configuration Repository',
};

const VOLUME = {
  harmless: 'A backup, an update, a copy to another site, a busy day of everybody. On days on which a whole role is loud, less is made of it.',
  look: 'Which far ends carry it (the flows below); whether a job ran then; whether other assets of the role did the same.',
};

const MEANINGS = {
  residential_path: {
    means: 'The asset called an address in a home or mobile network that it had not called before, and it or its role hardly ever does so. Intruders hide behind hacked home routers, so that their traffic seems to come from and go to the neighbourhood.',
    harmless: 'Staff at home who run a server, a supplier at a small line, peer-to-peer programs, an address that the place table tells wrongly.',
    look: 'Who is at that address (Lookup says which source calls it a home line); which program of the asset called; whether it goes on by the clock, or at night; whether the asset had a log-in from outside shortly before.',
    attack: ['T1090.002', 'T1071'],
  },
  new_peer: {
    means: 'The asset called a network that it had not called before, and it seldom does.',
    harmless: 'A new supplier, a moved service, an update from another place.',
    look: 'Whether others of the role call there too; what the service is; whether it comes again.',
    attack: ['T1071'],
  },
  volume_out: { ...VOLUME, means: 'The asset sent more than this hour of the week explains, by its own past and that of its role.', attack: ['T1041', 'T1048'] },
  volume_in: { ...VOLUME, means: 'The asset received more than this hour of the day explains.', attack: ['T1074', 'T1498'] },
  ratio: { ...VOLUME, means: 'The asset sent more for each octet received than it usually does.', attack: ['T1041', 'T1048'] },
  fan_in: {
    means: 'More far ends than usual at this hour called the asset that it had never met.',
    harmless: 'A page that many read, a scan of the whole Internet, a mailing.',
    look: 'Whether they were answered, and on which port; whether they come for one short try (then see sprays).',
    attack: ['T1595', 'T1498'],
  },
  fan_out: {
    means: 'The asset called more far ends than usual at this hour that it had never met.',
    harmless: 'A crawler, a mail queue, peer-to-peer programs, a monitor with a new list.',
    look: 'Whether most answered; whether they lie in one prefix or use one port (then see scans).',
    attack: ['T1046'],
  },
  awakened: {
    means: 'Two that had not spoken for a week or more did so again, and that seldom happens here.',
    harmless: 'A yearly job, a colleague back from holiday, a supplier who looks in.',
    look: 'Whether it does the same as before the silence (service, amount), and who may use that way.',
    attack: ['T1071', 'T1078'],
  },
  home_login: {
    means: 'Somebody logged in from a home line that this service had never seen, or the asset looked around in the house right after such a log-in.',
    harmless: 'Somebody works from a new place; a guest; a line that got another address.',
    look: 'Whose account it was (the log of the VPN or the host); where that line was before; what the asset called in the half hour after it, and the alerts of the same machines.',
    attack: ['T1133', 'T1078'],
  },
  beacon: {
    means: 'The asset calls a far end by the clock, as few others do there. Programs that wait for orders ask for them regularly.',
    harmless: 'Updates, monitors, time, telemetry and mail that poll; most have company, and then count little.',
    look: 'Which program calls; since when; whether the sizes are as even as the times; whether anybody else calls that network.',
    attack: ['T1071', 'T1090.002'],
  },
  fast_beacon: {
    means: 'The asset opens a new connection to one far end by the clock, more often than each two minutes, for hundreds of times.',
    harmless: 'A monitor, a program that cannot reach its server and tries again.',
    look: 'Whether the far end answers; which program it is; whether it sleeps at night.',
    attack: ['T1071'],
  },
  relay: {
    means: 'What comes in from one end goes out to another, with the same octets at the same time: the asset stands between two who do not want to be seen with each other.',
    harmless: 'Balancers, proxies, mail that is sent on, application tiers: known ones count little.',
    look: 'Both ends; which process holds both connections; whether a port was opened for it (an alert of the same machines).',
    attack: ['T1090.001', 'T1090'],
  },
  tunnel: {
    means: 'The asset opened a conversation that goes on for hours and says little, as a reverse proxy does that waits for its master.',
    harmless: 'Push services, chat, remote support, a VPN of a supplier: kept up by others too, they count little.',
    look: 'Which process holds it; whether anything comes in through it (alerts of the same machines); whether it is opened anew when cut.',
    attack: ['T1572', 'T1090'],
  },
  admin_edge: {
    means: 'The asset opened an administration or plant protocol to another asset for the first time, and perhaps to the next ones after it.',
    harmless: 'A new administrator, a new tool, a migration. A jump host that goes to one more host counts little.',
    look: 'Who was logged in at the asset then; whether a change was planned; in which order the hosts were visited.',
    attack: ['T1021', 'T1078'],
  },
  router_endpoint: {
    means: 'Network equipment itself spoke to somebody new, or answered on a port as it never did. Routers forward; they hardly ever talk.',
    harmless: 'A new collector, time, log or log-in server; a new neighbour; maintenance.',
    look: 'The log-ins and the configuration of the device, against a copy known to be good; new tunnels, mirrors, users and files on it.',
    attack: ['T1599', 'T1602'],
  },
  new_service: {
    means: 'The asset began to accept calls on a port that it never served, or strangers came to one that only the house had used. With a leg behind each call it passes them on.',
    harmless: 'A new program, a test, a firewall rule that was opened on purpose.',
    look: 'Which process listens; who started it, and when; on Windows `netsh interface portproxy show all`.',
    attack: ['T1090.001', 'T1572'],
  },
  scan: {
    means: 'Many were tried that do not answer, however slowly: by an asset, or by a stranger.',
    harmless: 'The house\'s own scanner, a monitor with an old list, a service that went away. Strangers who scan the Internet are counted as a whole.',
    look: 'Which ports and prefixes, and who answered in the end; from inside: which process.',
    attack: ['T1046', 'T1595'],
  },
  spray: {
    means: 'More sources than ever came to a service for one short try and never more: passwords tried from many hacked lines, each of which stays below any limit.',
    harmless: 'A wrong client that was sent out to many, a short breakdown of the service.',
    look: 'Failed log-ins in the service\'s own log, and the one that did not fail; which accounts.',
    attack: ['T1110'],
  },
  flood: {
    means: 'Loud in octets and in far ends at once, and to much of it there is no answer: the asset is attacked, or attacks.',
    harmless: 'A release, an evening on which everybody watches: those are answered.',
    look: 'Protocol and port of the flows; at which router it comes in; what the line can take.',
    attack: ['T1498'],
  },
  slow_exfiltration: {
    means: 'The asset sent one far end more than it ever sent to any as new to it, at once or over days.',
    harmless: 'A new place for backups, an upload to a customer, a video call.',
    look: 'What the amount fits (a database, a mailbox); whether much was fetched from inside before (hoarding); who owns the far end.',
    attack: ['T1041', 'T1048'],
  },
  hoarding: {
    means: 'The asset fetched more from other assets within a day than it ever did.',
    harmless: 'A backup, a search index, a new disk, a move to another machine.',
    look: 'From whom it fetched; who was logged in; whether data left the house since.',
    attack: ['T1039', 'T1074'],
  },
  egress_change: {
    means: 'What the asset sends to a network leaves by a way that nobody else takes there: a route for one alone, or a tunnel.',
    harmless: 'A policy for this asset, a test, a move to another line that begins with it.',
    look: 'Routes, policies and tunnels of the routers on both ways, and who changed them.',
    attack: ['T1599'],
  },
  exporter_change: {
    means: 'An exporter is silent, tells fewer flows, samples otherwise, or tells other fields: what it sees is worth less until then. Whoever watches must know that he is blind.',
    harmless: 'Maintenance, a new configuration, a broken line.',
    look: 'Whether a change was planned; the device itself; what happened behind it meanwhile.',
    attack: ['T1562'],
  },
  standing: {
    means: 'The pair has been there since before the first record, and is unlike what others of the role keep up. Nothing changed: it is a question, not a sign of change.',
    harmless: 'A machine with a task of its own. Say so with a verdict, and the next oddest is asked about.',
    look: 'What the pair is for, who set it up, and what the flows below are made of.',
    attack: ['T1071', 'T1572'],
  },
  listed: {
    means: 'The far end stands on a list that you named, and something else speaks against the pair too.',
    harmless: 'An old entry, an address with another owner since, a name server that many use.',
    look: 'Since when it is listed, by whom, and for what; what the asset did there.',
    attack: [],
  },
};

/** { means, harmless, look, attack: ["T1090 Proxy"] }; undefined for a kind that is not known here */
export function meaning(kind) {
  const known = Object.hasOwn(MEANINGS, kind ?? '') ? MEANINGS[kind] : undefined;
  return known && { ...known, attack: known.attack.map((id) => `${id} ${TECHNIQUES[id]}`) };
}
