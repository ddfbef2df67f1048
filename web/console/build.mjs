// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * build.mjs - makes the console's files (index.html, app.js, app.css) with its icon, and their .gz siblings
 *
 * usage: node build.mjs --work DIR --out DIR [--depfile FILE]
 * Packages are installed from package-lock.json into DIR of --work, never into the source tree, and only when
 * the lock file has changed. The output is the same byte for byte for the same input: names carry no time,
 * and the gzip headers carry neither time nor system.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const { values: args } = parseArgs({
  options: { work: { type: 'string' }, out: { type: 'string' }, depfile: { type: 'string' } },
});
if (!args.work || !args.out) {
  console.error('usage: node build.mjs --work DIR --out DIR [--depfile FILE]');
  process.exit(2);
}
const work = resolve(args.work);
const out = resolve(args.out);

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/* npm ci, unless the packages of this very lock file are there already. */
function install() {
  const lock = digest(readFileSync(join(here, 'package-lock.json')));
  const stamp = join(work, 'installed-lock');

  if (existsSync(stamp) && existsSync(join(work, 'node_modules')) && readFileSync(stamp, 'utf8') === lock)
    return;
  mkdirSync(work, { recursive: true });
  for (const name of ['package.json', 'package-lock.json', '.npmrc'])
    copyFileSync(join(here, name), join(work, name));
  /* esbuild's install script only speeds up its command, which is not used here. */
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: work, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (npm.status !== 0) {
    console.error(npm.error ? `npm: ${npm.error.message}` : npm.stdout + npm.stderr);
    console.error('The console needs npm and, once, the npm registry. To build without it: meson configure -Dconsole=off');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

function gzip(bytes) {
  const packed = gzipSync(bytes, { level: 9 });
  packed[9] = 255; /* operating system: unknown (RFC 1952, 2.3.1) */
  return packed;
}

function emit(name, bytes) {
  writeFileSync(join(out, name), bytes);
  const packed = gzip(bytes);
  writeFileSync(join(out, `${name}.gz`), packed);
  return packed.length;
}

install();
const esbuild = createRequire(join(work, 'package.json'))('esbuild');
const options = {
  entryPoints: { app: join(here, 'src/app.js'), style: join(here, 'src/style/app.css') },
  absWorkingDir: here,
  nodePaths: [join(work, 'node_modules')],
  outdir: out,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'esm',
  target: ['es2021', 'chrome100', 'firefox100', 'safari15'],
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
};
const result = await esbuild.build(options).catch(() => process.exit(1)); /* esbuild has said what is wrong */

mkdirSync(out, { recursive: true });
const named = (end) => Buffer.from(result.outputFiles.find((file) => file.path.endsWith(end)).contents);
const js = named('app.js');
const css = named('style.css');
const icon = readFileSync(join(here, 'src/icon.svg'));
const html = readFileSync(join(here, 'src/index.html'), 'utf8')
  .replace('icon.svg', `icon.svg?v=${digest(icon).slice(0, 12)}`)
  .replace('app.css', `app.css?v=${digest(css).slice(0, 12)}`)
  .replace('app.js', `app.js?v=${digest(js).slice(0, 12)}`);
const total = emit('app.js', js) + emit('app.css', css) + emit('index.html', Buffer.from(html)) + emit('icon.svg', icon);

if (args.depfile) {
  const inputs = Object.keys(result.metafile.inputs).map((name) => resolve(here, name))
    .filter((name) => !name.startsWith(work));
  inputs.push(join(here, 'src/index.html'), join(here, 'src/icon.svg'), join(here, 'package-lock.json'));
  const target = relative(process.cwd(), join(out, 'app.js'));
  writeFileSync(args.depfile, `${target}: ${inputs.map((name) => name.replaceAll(' ', '\\ ')).join(' ')}\n`);
}
const limit = 80 * 1024; /* a console page must not become heavy without somebody noticing */
if (total > limit) {
  console.error(`The console has grown to ${total} bytes compressed; the limit is ${limit}.`);
  process.exit(1);
}
