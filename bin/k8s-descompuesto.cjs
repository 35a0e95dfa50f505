#!/usr/bin/env node
'use strict';
// The start: checks Node, then loads dist/main.cjs through a cache of compiled code and hands it the command line.
// Node 20 has no compile cache of its own, so each bundle's code is kept in the user's cache directory; the cache is
// only ever a help: unreadable, damaged or unwritable, everything still works.
const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { createRequire } = require('node:module');
const { homedir } = require('node:os');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `k8s-descompuesto needs Node 20.19 or newer; this is ${process.version}: install it from https://nodejs.org\n`,
  );
  process.exit(1);
}

const dist = join(__dirname, '..', 'dist');
const cacheDirectory = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'k8s-descompuesto');
const nativeRequire = createRequire(join(dist, 'main.cjs'));
const loaded = new Map();
const uncached = [];

/** Loads a bundle of dist/ once, from compiled code where we have it. */
function load(name) {
  const known = loaded.get(name);
  if (known) return known.exports;
  const filename = join(dist, name);
  const source = readFileSync(filename, 'latin1');
  const cacheFile = join(cacheDirectory, `${name}-${process.version}-${process.arch}-${source.slice(2, 18)}.code`);
  let cachedData;
  try {
    cachedData = readFileSync(cacheFile);
  } catch {}
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename,
    cachedData,
  });
  if (!cachedData || script.cachedDataRejected) uncached.push({ script, cacheFile });
  const module = { exports: {} };
  loaded.set(name, module);
  const requireHere = (id) => (id.startsWith('./') ? load(id.slice(2)) : nativeRequire(id));
  script.runInThisContext()(module.exports, requireHere, module, filename, dist);
  return module.exports;
}

/** What other versions left behind is of no use after a month. */
function forgetOldCode() {
  const monthAgo = Date.now() - 30 * 24 * 3_600_000;
  for (const name of readdirSync(cacheDirectory)) {
    const file = join(cacheDirectory, name);
    if (statSync(file).mtimeMs < monthAgo) rmSync(file, { force: true });
  }
}

/** Keeps what was compiled in this run, functions that ran included, for the next one. */
function keepCompiledCode() {
  const isNew = uncached.length > 0;
  for (const { script, cacheFile } of uncached.splice(0)) {
    try {
      if (!existsSync(dirname(cacheDirectory))) mkdirSync(dirname(cacheDirectory));
      if (!existsSync(cacheDirectory)) mkdirSync(cacheDirectory);
      const temporary = `${cacheFile}.${process.pid}`;
      writeFileSync(temporary, script.createCachedData());
      renameSync(temporary, cacheFile);
    } catch {
      return;
    }
  }
  try {
    if (isNew) forgetOldCode();
  } catch {}
}

process.on('exit', keepCompiledCode);
load('main.cjs').run(process.argv.slice(2), keepCompiledCode);
