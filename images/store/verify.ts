// Looks at every byte of a generation: signature, hashes, and that the index is the one its tar gives.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Generation, ImageName } from '../../appliance/wire/generation.ts'
import { encodeIndex } from '../index-codec.ts'
import { generationPath } from '../layout.ts'
import { COMPONENTS, type Manifest } from '../manifest.ts'
import { TarError } from '../tar.ts'
import { buildTree } from '../tree-builder.ts'
import { hashOpened, openRegular, readSmall, tarSource } from './files.ts'
import { readSignedManifest } from './signed.ts'

const MAX_INDEX = 1 << 30

export type Verdict =
  | { readonly kind: 'sound'; readonly manifest: Manifest }
  /** Each problem names the file. */
  | { readonly kind: 'damaged'; readonly problems: readonly string[] }

export async function verify(dataDir: string, name: ImageName, generation: Generation): Promise<Verdict> {
  const signed = await readSignedManifest(dataDir, name, generation)
  if (signed.kind === 'refused') return { kind: 'damaged', problems: [signed.reason] }
  const { manifest } = signed
  const folder = generationPath(dataDir, name, generation)
  const problems = await strangers(folder, manifest)
  for (const component of COMPONENTS) {
    const expected = manifest.components[component]
    if (!expected) continue
    const opened = await openRegular(join(folder, component), Number.MAX_SAFE_INTEGER)
    if (opened.kind === 'refused') {
      problems.push(opened.reason)
      continue
    }
    const found = await hashOpened(opened.handle).finally(() => opened.handle.close())
    if (found.size !== expected.size) problems.push(`${component} has ${found.size} bytes instead of ${expected.size}`)
    else if (found.sha256 !== expected.sha256)
      problems.push(`${component} was altered: its SHA-256 is ${found.sha256} instead of ${expected.sha256}`)
  }
  if (problems.length === 0) problems.push(...(await indexProblems(folder)))
  return problems.length === 0 ? { kind: 'sound', manifest } : { kind: 'damaged', problems }
}

async function strangers(folder: string, manifest: Manifest): Promise<string[]> {
  const known = new Set(['manifest.json', 'manifest.sig', ...Object.keys(manifest.components)])
  return (await readdir(folder))
    .filter((file) => !known.has(file))
    .map((file) => `${JSON.stringify(file)} does not belong to the generation`)
}

async function indexProblems(folder: string): Promise<readonly string[]> {
  const tar = await openRegular(join(folder, 'root.tar'), Number.MAX_SAFE_INTEGER)
  if (tar.kind === 'refused') return [tar.reason]
  try {
    const { tree } = await buildTree(tarSource(tar.handle, tar.size))
    const same = (await readSmall(join(folder, 'root.index'), MAX_INDEX))?.equals(encodeIndex(tree))
    return same === true ? [] : ['root.index does not describe root.tar: import the image again']
  } catch (error) {
    if (error instanceof TarError) return [`root.tar: ${error.message}`]
    throw error
  } finally {
    await tar.handle.close()
  }
}
