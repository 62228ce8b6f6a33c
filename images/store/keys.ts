// The key that signs images: <dataDir>/keys/image.key (PKCS #8, 0600) and image.pub (SPKI), both PEM.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { link, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../appliance/wire/log.ts'
import { keysPath } from '../layout.ts'
import { codeOf, readSmall, sync } from './files.ts'
import { sweep, unfinishedPath } from './unfinished.ts'

const MAX_KEY = 64 << 10

/** Made on first use. Throws when the key is readable by others, or is not the one of image.pub. */
export async function signingKey(dataDir: string, log: Log): Promise<KeyObject> {
  const folder = keysPath(dataDir)
  const path = join(folder, 'image.key')
  await sweep(folder, log)
  if (!(await exists(path))) await makeKey(folder, path)
  const mode = (await stat(path)).mode & 0o777
  if ((mode & 0o077) !== 0) throw new Error(`${path} can be read by others (mode ${mode.toString(8)}): chmod 600 it, or make a new key`)
  const key = createPrivateKey((await readSmall(path, MAX_KEY)) ?? Buffer.alloc(0))
  await keepPublicKey(folder, createPublicKey(key))
  return key
}

/** What manifests are checked against; undefined before the first import. */
export async function verifyingKey(dataDir: string): Promise<KeyObject | undefined> {
  const pem = await readSmall(join(keysPath(dataDir), 'image.pub'), MAX_KEY)
  return pem === undefined ? undefined : createPublicKey(pem)
}

async function makeKey(folder: string, path: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const draft = await write(folder, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  try {
    await link(draft, path) // unlike rename it never takes the place of a key that another process made
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  await rm(draft)
  await sync(folder)
}

async function keepPublicKey(folder: string, key: KeyObject): Promise<void> {
  const path = join(folder, 'image.pub')
  const pem = key.export({ type: 'spki', format: 'pem' })
  const kept = await readSmall(path, MAX_KEY)
  if (kept?.toString('latin1') === pem) return
  if (kept !== undefined)
    throw new Error(`${path} is not the public half of image.key: restore the pair from a backup, or delete both and import again`)
  await rename(await write(folder, pem, 0o644), path)
  await sync(folder)
}

async function write(folder: string, content: string | Buffer, mode: number): Promise<string> {
  const path = await unfinishedPath(folder)
  const handle = await open(path, 'wx', mode)
  try {
    await handle.chmod(mode) // whatever the umask: others check by image.pub
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return path
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
