// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * packages.mjs - installs what package-lock.json names into a build folder, and finds packages there
 *
 * Never into the source tree, and only when the lock file has changed since.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/* Gives a require() that finds the packages. */
export function packages(work) {
  const folder = resolve(work);
  const lock = createHash('sha256').update(readFileSync(join(here, 'package-lock.json'))).digest('hex');
  const stamp = join(folder, 'installed-lock');

  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    mkdirSync(folder, { recursive: true });
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(join(here, name), join(folder, name));
    const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
    if (npm.status !== 0)
      throw new Error(npm.error ? `npm: ${npm.error.message}` : npm.stdout + npm.stderr);
    writeFileSync(stamp, lock);
  }
  return createRequire(join(folder, 'package.json'));
}
