// `npm run deb`: the Debian package of this tree, in dist/.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { execa } from 'execa'
import { packageRoot } from '../../../appliance/package-root.ts'
import { buildDeb } from './build.ts'
import { refusedVersion } from './control.ts'

const USAGE = `usage: npm run deb [-- [--version VERSION] [--quick] [--into FOLDER]]
  --version VERSION  of the package, in the place of that of package.json: 0.2.0+rack3, say
  --quick            seconds where it takes minutes; the file is half as large again
  --into FOLDER      in the place of dist
The environment variable SOURCE_DATE_EPOCH is the time of all that is in it, by default that of the newest commit.
`

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`deb: ${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})

async function main(args: readonly string[]): Promise<number> {
  const root = packageRoot(import.meta.dirname, 3)
  const read = readArguments(args)
  if (read === undefined) {
    process.stderr.write(USAGE)
    return 2
  }
  const { version: own } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  const version = read.version ?? own
  const refused = refusedVersion(version)
  if (refused !== undefined) throw new Error(refused)
  const into = read.into ?? join(root, 'dist')
  const packed = await buildDeb({ root, into, version, epoch: await epochOf(root), compression: read.quick ? 'quick' : 'small' })
  process.stdout.write(`${packed}: ${((await stat(packed)).size / 1e6).toFixed(1)} MB; apt-get install ${packed}\n`)
  return 0
}

function readArguments(args: readonly string[]) {
  try {
    const options = { version: { type: 'string' }, quick: { type: 'boolean' }, into: { type: 'string' } } as const
    return parseArgs({ args: [...args], options }).values
  } catch {
    return undefined
  }
}

/** Seconds since the epoch. */
async function epochOf(root: string): Promise<number> {
  const given = process.env.SOURCE_DATE_EPOCH
  if (given !== undefined && /^\d{1,11}$/.test(given)) return Number(given)
  const { stdout, failed } = await execa('git', ['log', '-1', '--format=%ct'], { cwd: root, reject: false })
  return failed ? Math.floor((await stat(join(root, 'package.json'))).mtimeMs / 1000) : Number(stdout)
}
