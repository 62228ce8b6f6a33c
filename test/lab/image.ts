// The dom0 image that a lab boots: built once and kept under .lab, or one that somebody wants to try before real servers do.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, link, mkdir, readdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { execa } from 'execa'
import { agentVersion, bundleAgent } from '../../images/agent-bundle/build.ts'
import { dataFolder, KEY_FILE, LAB, PROJECT } from './folders.ts'

/** What an appliance needs to serve an image. */
export interface LabImage {
  readonly dataDir: string
  readonly name: string
}

/** What decides over an image's content, beside the agent's bundle; a change of any of it asks for a new build. */
const RECIPE = ['images', 'templates/dom0']
/** What of it matters is in the bundle. */
const BUNDLED = join(PROJECT, 'images/agent')
/** Of guests' disks, which are no part of it. */
export const GUEST_RECIPE = 'images/guest'

export interface Fingerprinted {
  readonly path: string
  readonly content: Uint8Array | string
}

/** Changes with any path or byte, not with the order of the files. */
export function fingerprint(files: readonly Fingerprinted[]): string {
  const hash = createHash('sha256')
  for (const { path, content } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Who may log in: the lab, by its own key, or nobody, as in an image of somebody who gives no key. */
export type Access = 'lab' | 'nobody'

/** Both kinds are in one dataDir, signed by one key. */
export function imageName(access: Access): string {
  return access === 'lab' ? 'dom0' : 'keyless'
}

/** Whether a build is needed before `buildImage` did it: no image yet, or its recipe or the lab's key has changed. */
export async function needsBuild(suite: string, access: Access = 'lab'): Promise<boolean> {
  if (!existsSync(join(dataFolder(suite), 'images', imageName(access), 'published'))) return true
  const built = await readFile(fingerprintFile(suite, access), 'utf8').catch(() => '')
  return built !== (await recipeFingerprint(suite, access))
}

/** Builds and publishes. Its progress goes to the terminal. Rejects when the build fails; an abort ends it. */
export async function buildImage(suite: string, signal: AbortSignal, access: Access = 'lab'): Promise<void> {
  const print = await recipeFingerprint(suite, access)
  const dataDir = dataFolder(suite)
  await mkdir(dataDir, { recursive: true })
  const keys = access === 'lab' ? ['--authorized-keys', `${KEY_FILE}.pub`] : []
  const options = ['--publish', '--suite', suite, ...keys, '--data-dir', dataDir]
  const program = [process.execPath, '--import', 'tsx', 'manager/cli/main.ts', 'image', 'build', imageName(access), ...options]
  // --pdeathsig: mmdebstrap and its hundreds of megabytes end with the lab even if that is killed.
  await execa('setpriv', ['--pdeathsig', 'TERM', ...program], { cwd: PROJECT, stdio: 'inherit', cancelSignal: signal })
  await writeFile(fingerprintFile(suite, access), print)
}

/**
 * A dataDir of the lab's own with an image from `folder`, hard-linked where it can be: the original is never written to.
 * The key that checks its signature comes along, the one that signs does not. `folder` is another appliance's dataDir (its published dom0), or one generation in it, published or not.
 */
export async function borrowImage(folder: string, dataDir: string): Promise<LabImage> {
  const generation = await findGeneration(resolve(folder))
  const name = basename(dirname(generation))
  const place = join(dataDir, 'images', name)
  await copyTree(generation, join(place, basename(generation)))
  await symlink(basename(generation), join(place, 'published'))
  const publicKey = join(dirname(generation), '../../keys/image.pub')
  if (existsSync(publicKey)) await cp(publicKey, join(dataDir, 'keys/image.pub'))
  return { dataDir, name }
}

async function findGeneration(folder: string): Promise<string> {
  const candidates = [folder, join(folder, 'images/dom0/published')]
  const found = candidates.find((candidate) => existsSync(join(candidate, 'manifest.json')))
  if (!found) throw new Error(`${folder} holds no image: neither a manifest.json nor images/dom0/published`)
  return realpath(found)
}

/** Hard links share the bytes; across file systems they are copied. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    else await link(source, target).catch(() => cp(source, target))
  }
}

async function recipeFingerprint(suite: string, access: Access): Promise<string> {
  const files: Fingerprinted[] = [
    { path: 'suite', content: suite },
    { path: 'key', content: access === 'lab' ? await readFile(`${KEY_FILE}.pub`) : 'none' },
    { path: 'agent.mjs', content: await bundleAgent(PROJECT, await agentVersion(PROJECT)) },
  ]
  files.push(...(await filesIn(RECIPE, (path) => ![BUNDLED, join(PROJECT, GUEST_RECIPE)].some((folder) => path.startsWith(`${folder}/`)))))
  return fingerprint(files)
}

/** Changes with anything that runs in a lab beside what is in its images. */
export async function sourcesFingerprint(): Promise<string> {
  return fingerprint(await filesIn(['appliance', 'manager', 'templates', 'test/lab'], (path) => !/\.(test|lab)\.ts$/.test(path)))
}

export async function filesIn(folders: readonly string[], matters: (path: string) => boolean): Promise<readonly Fingerprinted[]> {
  const files: Fingerprinted[] = []
  for (const folder of folders) {
    const entries = await readdir(join(PROJECT, folder), { withFileTypes: true, recursive: true }).catch(() => [])
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const path = join(entry.parentPath, entry.name)
      if (matters(path)) files.push({ path: relative(PROJECT, path), content: await readFile(path) })
    }
  }
  return files
}

function fingerprintFile(suite: string, access: Access): string {
  return join(LAB, access === 'lab' ? `built-${suite}` : `built-${suite}-${imageName(access)}`)
}
