// The command `hostless` of these sources, compiled once for a rack into its runtime folder: appliance, manager and every command then
// start with half of the CPU time that they would take with tsx, on the cores that the emulated servers need. Types are not looked at.

import { existsSync } from 'node:fs'
import { mkdir, readdir, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { PROJECT } from './folders.ts'

const SOURCES = ['appliance', 'images', 'manager']
/** What they read beside themselves. */
const BESIDE = ['package.json', 'templates']
/** Wherever this file finds its own. */
const PACKAGES = dirname(dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json')))

/** What to start, before the command's own words. */
export function hostlessIn(runtime: string): readonly string[] {
  return [process.execPath, '--enable-source-maps', join(runtime, 'program/manager/cli/main.js')]
}

/** Nothing, where it has been done. Rejects when a source is not TypeScript. */
export async function compileInto(runtime: string): Promise<void> {
  const outdir = join(runtime, 'program')
  if (existsSync(outdir)) return
  const entryPoints = (await Promise.all(SOURCES.map(sourcesIn))).flat()
  await mkdir(outdir)
  await symlink(PACKAGES, join(outdir, 'node_modules'))
  await Promise.all(BESIDE.map((name) => symlink(join(PROJECT, name), join(outdir, name))))
  await build({
    absWorkingDir: PROJECT,
    entryPoints,
    outdir,
    outbase: PROJECT,
    // Only so that each import goes through `eachItself`.
    bundle: true,
    packages: 'external',
    plugins: [eachItself],
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
  })
  // A manager bundles the agent of these sources.
  await Promise.all(entryPoints.map((path) => symlink(join(PROJECT, path), join(outdir, path))))
}

/** A file each, where its source is: they find each other and what they read by their own path. */
const eachItself: Plugin = {
  name: 'each-itself',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
    )
  },
}

async function sourcesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(PROJECT, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(PROJECT, join(entry.parentPath, entry.name)))
}
