// SPDX-License-Identifier: GPL-3.0-or-later
/* cast.js - the machines that an alert names, and what two alerts have in common */
const ADDRESS = /[0-9a-f]*[.:][0-9a-f.:]*[0-9a-f]/gi;

const ends = ({ asset, peer }) => [asset, peer].filter(Boolean);

/** Every address that an alert names: its ends, those in its words, and those in its flows where they are at hand. */
export function cast(alert) {
  const words = [alert.summary ?? '', ...(alert.detectors ?? []).map(({ reason }) => reason)].join(' ');
  return new Set([...ends(alert), ...words.match(ADDRESS) ?? [], ...(alert.flows ?? []).flatMap(({ src, dst }) => [src, dst])]);
}

/** An end of the one that the other names, be it of whichever; undefined: they have nothing in common. */
export const shared = (alert, other) => ends(other).find((end) => cast(alert).has(end)) ?? ends(alert).find((end) => cast(other).has(end));
