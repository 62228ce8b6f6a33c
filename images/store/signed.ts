// Reads what a generation says of itself, and believes it only with the signature of our own key.
import { join } from 'node:path'
import type { Generation, ImageName } from '../../appliance/wire/generation.ts'
import { generationPath } from '../layout.ts'
import { decodeManifest, type ManifestResult, signatureHolds } from '../manifest.ts'
import { readSmall } from './files.ts'
import { verifyingKey } from './keys.ts'

const MAX_MANIFEST = 32 << 20

/** The signed manifest, or why it is not believed. */
export async function readSignedManifest(dataDir: string, name: ImageName, generation: Generation): Promise<ManifestResult> {
  const refused = (reason: string): ManifestResult => ({ kind: 'refused', reason: `${name}@${generation}: ${reason}` })
  const folder = generationPath(dataDir, name, generation)
  const raw = await readSmall(join(folder, 'manifest.json'), MAX_MANIFEST)
  if (!raw) return refused('manifest.json is missing or unreadable: there is no such generation, or import it again')
  const signature = await readSmall(join(folder, 'manifest.sig'), 64)
  const key = await verifyingKey(dataDir)
  if (!key) return refused('there is no keys/image.pub to check it against: restore the keys from a backup, or import it again')
  if (!signature || !signatureHolds(raw, signature, key)) {
    return refused('manifest.json is not signed by our key: it was altered, or comes from elsewhere; import it again')
  }
  const decoded = decodeManifest(raw)
  if (decoded.kind === 'refused') return refused(decoded.reason)
  if (decoded.manifest.image !== name || decoded.manifest.generation !== generation) {
    return refused(`its manifest is that of ${decoded.manifest.image}@${decoded.manifest.generation}: import it again`)
  }
  return decoded
}
