// `npm run ok`: lint, types and all unit tests. `npm run ok -- --changed[=REF]`: of the tests those nearest to what has changed since REF
// (default: where this branch left main, on main the last commit), in the time that one waits for; says what it left out.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Reached, reached } from './reach.ts'
import { makeScratch } from './scratch.ts'

const ROOT = join(import.meta.dirname, '..')
const BIN = join(ROOT, 'node_modules/.bin')
/** Two cores run so many in half a minute. */
const MOST = 16

const [flag, ...rest] = process.argv.slice(2)
const asked = flag === undefined ? undefined : /^--changed(?:=(.+))?$/.exec(flag)
if (asked === null || rest.length > 0) {
  process.stderr.write('usage: npm run ok [-- --changed[=REF]]\n')
  process.exit(2)
}
process.exitCode = asked ? okOfChange(asked[1] ?? base()) : run('biome', ['check', '--error-on-warnings', '.']) || unit([])

function okOfChange(since: string): number {
  const changed = [...git('diff', '--name-only', since), ...git('ls-files', '--others', '--exclude-standard')]
  const sources = git('ls-files', '--cached', '--others', '--exclude-standard', '*.ts').flatMap((path) => textOf(path))
  const all = reached(sources, changed)
  const near = all.slice(0, MOST)
  say(`${changed.length} files have changed since ${since}; they reach ${all.length} of the test files${leftOut(all, near)}`)
  const there = changed.filter((path) => textOf(path).length > 0)
  const lint = ['check', '--error-on-warnings', '--no-errors-on-unmatched', ...there]
  return (there.length > 0 ? run('biome', lint) : 0) || unit(near.map(({ test }) => test))
}

function leftOut(all: readonly Reached[], near: readonly Reached[]): string {
  if (all.length === near.length) return ''
  return `, the nearest ${near.length} of which run now (up to ${near.at(-1)?.distance} imports away): npm test runs the others`
}

/** No test: types alone. */
function unit(tests: readonly string[]): number {
  const failed = run('tsx', ['test/compile.ts'])
  if (failed !== 0 || (flag !== undefined && tests.length === 0)) return failed
  const files = tests.map((path) => path.replace(/\.ts$/, '.js'))
  const scratch = makeScratch()
  // The tests hear it, too, and end; what they have left in memory is removed after them.
  process.once('SIGINT', () => {})
  try {
    return run('ava', files, { folder: '.compiled', environment: { TMPDIR: scratch.folder } })
  } finally {
    scratch.remove()
  }
}

function base(): string {
  const branch = git('rev-parse', '--abbrev-ref', 'HEAD')[0]
  if (branch === 'main') return git('status', '--porcelain').length > 0 ? 'HEAD' : 'HEAD~1'
  return git('merge-base', 'HEAD', 'main')[0] ?? 'HEAD'
}

function textOf(path: string): { readonly path: string; readonly text: string }[] {
  try {
    return [{ path, text: readFileSync(join(ROOT, path), 'utf8') }]
  } catch {
    return [] // it is gone, or a folder
  }
}

function git(...args: string[]): string[] {
  const said = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  return said.split('\n').filter((line) => line !== '')
}

interface Where {
  /** Of this checkout. */
  readonly folder?: string
  /** Beside our own. */
  readonly environment?: Readonly<Record<string, string>>
}

function run(program: string, args: readonly string[], { folder = '.', environment = {} }: Where = {}): number {
  const env = { ...process.env, ...environment }
  return spawnSync(join(BIN, program), args, { cwd: join(ROOT, folder), env, stdio: 'inherit' }).status ?? 1
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
