// Makes the Debian package: stages what belongs in it with one time, one owner and plain modes, and has dpkg-deb pack that in its order.
// The same tree, modules and Node give the same bytes.
import { createHash } from 'node:crypto'
import { chmod, copyFile, cp, lstat, lutimes, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { execa } from 'execa'
import { agentVersion, BUNDLE_FILE, bundleAgent } from '../../../images/agent-bundle/build.ts'
import { LIBRARY, PACKAGED } from '../packaged.ts'
import { isWanted, type Lock, md5sums, modulesOf, READ_FOLDERS } from './contents.ts'
import { architectureOf, controlOf, fileName } from './control.ts'
import { librariesOf } from './libraries.ts'
import { changelog, type MadeFile, maintainerScripts, otherFiles, serviceFiles, TEXTS, type Texts } from './texts.ts'

export interface DebOptions {
  /** Of this repository. */
  readonly root: string
  /** Where `hostless_VERSION_ARCHITECTURE.deb` is put. */
  readonly into: string
  readonly version: string
  /** Seconds since the epoch: the time of all files. */
  readonly epoch: number
  /** `quick`: in a tenth of the time, half as large again. */
  readonly compression: 'small' | 'quick'
  /** What tsc has made of the sources; left out: it is made now. */
  readonly compiled?: string
}

/** The path of the package. Rejects with what is missing here to make one. */
export async function buildDeb(options: DebOptions): Promise<string> {
  const licence = await nodeLicence()
  const stage = await mkdtemp(join(tmpdir(), 'hostless-deb-'))
  try {
    await chmod(stage, 0o755)
    await stageAll(stage, licence, options)
    return await pack(stage, options)
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
}

/** Files of templates/ as they are. */
const COPIED = [
  ['completion/hostless.bash', '/usr/share/bash-completion/completions/hostless'],
  ['completion/hostless.zsh', '/usr/share/zsh/vendor-completions/_hostless'],
  ['monitoring/alerts.yaml', '/usr/share/doc/hostless/examples/alerts.yaml'],
  ['monitoring/dashboard.json', '/usr/share/doc/hostless/examples/dashboard.json'],
] as const

async function stageAll(stage: string, licence: string, { root, version, epoch, compiled }: DebOptions): Promise<void> {
  const library = join(stage, LIBRARY)
  await copied(process.execPath, join(stage, PACKAGED.node), 0o755)
  if (compiled === undefined) await compile(root, join(library, 'dist'))
  else await cp(compiled, join(library, 'dist'), { recursive: true })
  await write(stage, { path: join(LIBRARY, BUNDLE_FILE), content: await bundleAgent(root, await agentVersion(root)), mode: 0o644 })
  for (const folder of READ_FOLDERS) {
    await cp(join(root, folder), join(library, folder), { recursive: true, filter: (path) => !/\.ts$|\/README\.md$/.test(path) })
  }
  const modules = modulesOf(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock)
  for (const module of modules) await copyModule(root, module, library)
  const { name, type, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, string>
  await write(stage, { path: `${LIBRARY}/package.json`, content: `${JSON.stringify({ name, version, license, type })}\n`, mode: 0o644 })
  for (const [from, to] of COPIED) await copied(join(root, 'templates', from), join(stage, to), 0o644)
  const texts = Object.fromEntries(
    await Promise.all(TEXTS.map(async (one) => [one, await readFile(join(root, 'templates/debian', one), 'utf8')])),
  ) as Texts
  const { stdout: help } = await execa(join(stage, PACKAGED.node), [join(stage, PACKAGED.script), '--help'], { env: { COLUMNS: '80' } })
  const about = { version, help, licence: await readFile(join(root, 'LICENSE'), 'utf8') }
  const { command, example, copyright, manual } = otherFiles(texts, about)
  for (const made of [...serviceFiles(), ...maintainerScripts(texts), command, example, copyright]) await write(stage, made)
  for (const [path, content] of [
    [manual.path, manual.content],
    ['/usr/share/doc/hostless/changelog', changelog(version, epoch)],
  ] as const) {
    await write(stage, { path: `${path}.gz`, content: gzipSync(content, { level: 9 }), mode: 0o644 })
  }
  await copied(licence, join(stage, 'usr/share/doc/hostless/node-LICENSE'), 0o644)
}

async function pack(stage: string, { into, version, epoch, compression }: DebOptions): Promise<string> {
  const files = (await filesBelow(stage)).filter((path) => !path.startsWith('DEBIAN/'))
  const sums = new Map<string, string>()
  const programs: string[] = []
  let bytes = 0
  for (const path of files) {
    const content = await readFile(join(stage, path))
    const isProgram = content.subarray(0, 4).equals(ELF)
    bytes += content.length
    sums.set(path, createHash('md5').update(content).digest('hex'))
    if (isProgram) programs.push(content.toString('latin1'))
    const isRun = path === PACKAGED.node.slice(1) || /^(usr\/bin\/|usr\/lib\/hostless\/images\/)/.test(path)
    const { mode } = await lstat(join(stage, path))
    await chmod(join(stage, path), isRun && (mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
  const architecture = architectureOf(process.arch)
  const control = controlOf({ version, architecture, libraries: librariesOf(programs), installedSize: Math.ceil(bytes / 1024) })
  await write(stage, { path: 'DEBIAN/control', content: control, mode: 0o644 })
  await write(stage, { path: 'DEBIAN/md5sums', content: md5sums(sums), mode: 0o644 })
  await dated(stage, epoch)
  await mkdir(into, { recursive: true })
  const packed = join(into, fileName({ version, architecture }))
  // One thread: several would cut the stream where the machine's cores make them.
  const how = compression === 'quick' ? ['-Zzstd', '-z1'] : ['-Zxz', '-z6']
  await execa('dpkg-deb', ['--root-owner-group', '--threads-max=1', ...how, '--build', stage, packed], {
    env: { SOURCE_DATE_EPOCH: String(epoch), LC_ALL: 'C.UTF-8' },
  })
  return packed
}

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46])

async function compile(root: string, into: string): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  await execa(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', into], { stdout: 'inherit' })
}

/** Those of an optional package that is not for this machine are not there. */
async function copyModule(root: string, module: string, library: string): Promise<void> {
  const folder = join(root, module)
  for (const file of await filesBelow(folder)) if (isWanted(module, file)) await copied(join(folder, file), join(library, module, file))
}

/** Where Node's own archive or the packages of nodejs.org have it. */
async function nodeLicence(): Promise<string> {
  const shared = Object.entries(process.config.variables).filter(
    ([name, value]) => name.startsWith('node_shared') && String(value) === 'true',
  )
  if (shared.length > 0) {
    throw new Error(
      `the package carries its Node.js, and ${process.execPath} is not whole (${shared.map(([name]) => name).join(', ')}): take one of nodejs.org`,
    )
  }
  for (const path of [resolve(process.execPath, '../../LICENSE'), '/usr/share/doc/nodejs/LICENSE']) {
    if ((await readFile(path, 'utf8').catch(() => '')).startsWith('Node.js is licensed')) return path
  }
  throw new Error(`the licence of ${process.execPath} is not beside it, nor in /usr/share/doc/nodejs: take Node.js as nodejs.org has it`)
}

/** Paths from `folder` on, sorted; none where it is not there. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

/** Also of folders, which are there by now. */
async function dated(stage: string, epoch: number): Promise<void> {
  for (const path of ['.', ...(await readdir(stage, { recursive: true }))]) {
    const whole = join(stage, path)
    if ((await lstat(whole)).isDirectory()) await chmod(whole, 0o755)
    await lutimes(whole, epoch, epoch)
  }
}

async function write(stage: string, made: Omit<MadeFile, 'content'> & { readonly content: string | Uint8Array }): Promise<void> {
  const path = join(stage, made.path)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, made.content)
  await chmod(path, made.mode)
}

async function copied(from: string, to: string, mode?: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
  if (mode !== undefined) await chmod(to, mode)
}
