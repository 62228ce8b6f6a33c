// The tree once more below .compiled, each source file beside the JavaScript that tsc made of it while it checked the types: tests start
// from there in half the time, as no process of theirs compiles anything. Everything else stands there as a hard link, so that what is
// read by its path is read there too.
import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const COMPILED = join(ROOT, '.compiled')
const FOLDERS = ['.ci', 'appliance', 'images', 'manager', 'templates', 'test']
const STATE = 'tsc.json'
const PACKAGE = 'package.json'

const sources = new Set([...FOLDERS.flatMap((folder) => filesBelow(ROOT, folder)), ...filesIn(ROOT)])
forget()
for (const path of sources) if (path !== PACKAGE) link(path)
writePackage()
process.exitCode = compile()

function filesBelow(root: string, folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

function filesIn(root: string): string[] {
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? entry.name : []))
}

/** What stands there without its source: it must be neither run nor imported any more. */
function forget(): void {
  mkdirSync(COMPILED, { recursive: true })
  for (const path of [...filesBelow(COMPILED, '.')]) {
    const isMade = path === STATE || path === PACKAGE || (path.endsWith('.js') && sources.has(path.replace(/\.js$/, '.ts')))
    if (!isMade && !sources.has(path)) rmSync(join(COMPILED, path))
  }
}

/** An editor or git may have put another file in the place of the one that is linked. */
function link(path: string): void {
  const [from, to] = [join(ROOT, path), join(COMPILED, path)]
  const there = statSync(to, { throwIfNoEntry: false })
  if (there?.ino === statSync(from).ino) return
  if (there) rmSync(to)
  mkdirSync(dirname(to), { recursive: true })
  linkSync(from, to)
}

/** The same package; its tests are the compiled ones. */
function writePackage(): void {
  const { ava, ...rest } = JSON.parse(readFileSync(join(ROOT, PACKAGE), 'utf8')) as { ava: { workerThreads: boolean; timeout: string } }
  const { workerThreads, timeout } = ava
  const compiled = { files: ['test/**/*.test.js'], nodeArguments: ['--enable-source-maps'], workerThreads, timeout }
  writeFileSync(join(COMPILED, PACKAGE), JSON.stringify({ ...rest, ava: compiled }))
}

function compile(): number {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const made = ['--noEmit', 'false', '--outDir', COMPILED, '--rootDir', ROOT, '--inlineSourceMap']
  const kept = ['--incremental', '--tsBuildInfoFile', join(COMPILED, STATE)]
  return spawnSync(process.execPath, [tsc, '-p', ROOT, ...made, ...kept], { stdio: 'inherit' }).status ?? 1
}
