// manifest.json: what a generation consists of. Its canonical bytes are signed with Ed25519 (RFC 8032);
// its content without the image's name gives the generation id. No time and no host enters either,
// so the same inputs give the same id everywhere.
import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'
import { type Generation, type ImageName, parseGeneration, parseImageName } from '../appliance/wire/generation.ts'

/** The files of a generation that the manifest lists, in the order that people read them in. */
export const COMPONENTS = ['xen', 'xen.efi', 'vmlinuz', 'initrd.img', 'root.tar', 'root.squashfs', 'root.index'] as const
export type Component = (typeof COMPONENTS)[number]

/** Memory for dom0 when the image asks for none of its own, in MiB. */
export const DOM0_MEMORY_MIB = 640

const text = z.string().min(1).max(256)
const bytes = z.number().int().nonnegative()
const component = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: bytes })
const packageEntry = z.strictObject({ name: text, version: text, size: bytes })

export const componentsSchema = z.strictObject({
  xen: component,
  'xen.efi': component.optional(),
  vmlinuz: component,
  'initrd.img': component,
  'root.tar': component,
  'root.squashfs': component,
  'root.index': component,
})

const content = {
  schema: z.literal(1),
  /** `trixie`. */
  suite: text,
  /** Debian's name: `amd64`. */
  architecture: text,
  versions: z.strictObject({ kernel: text, xen: text.optional(), 'drbd-utils': text.optional(), nodejs: text.optional() }),
  /** What `dom0_mem` should be, in MiB. */
  dom0MemoryMiB: z.number().int().min(128).max(65536),
  components: componentsSchema,
  /** Sorted by name; sizes are installed sizes in bytes. */
  packages: z.array(packageEntry).max(100_000),
}
const contentSchema = z.strictObject(content)
const manifestSchema = z.strictObject({
  ...content,
  image: z.custom<ImageName>((value) => typeof value === 'string' && parseImageName(value) !== undefined, 'is no image name'),
  generation: z.custom<Generation>((value) => typeof value === 'string' && parseGeneration(value) !== undefined, 'is no generation'),
})

export type ManifestContent = z.infer<typeof contentSchema>
export type Manifest = z.infer<typeof manifestSchema>
export type ComponentFacts = z.infer<typeof component>
export type PackageEntry = z.infer<typeof packageEntry>

/** The parsed manifest, or in a few words why it is none. */
export type ManifestResult =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'refused'; readonly reason: string }

/** First 16 hex digits of the SHA-256 of everything but the image's name and the id itself. */
export function generationOf(manifest: ManifestContent): Generation {
  const digest = createHash('sha256')
    .update(canonicalJson(contentSchema.strip().parse(manifest)))
    .digest('hex')
  const generation = parseGeneration(digest.slice(0, 16))
  if (!generation) throw new Error(`SHA-256 gave ${digest}`)
  return generation
}

/** The exact bytes that are signed and stored. Throws a ZodError for content that no manifest may have. */
export function encodeManifest(image: ImageName, manifest: ManifestContent): { readonly manifest: Manifest; readonly bytes: Buffer } {
  const whole = manifestSchema.parse({ ...contentSchema.parse(manifest), image, generation: generationOf(manifest) })
  return { manifest: whole, bytes: Buffer.from(canonicalJson(whole), 'utf8') }
}

/** Checks shape and id, not the signature. */
export function decodeManifest(raw: Uint8Array): ManifestResult {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(raw).toString('utf8'))
  } catch {
    return { kind: 'refused', reason: 'manifest.json is no JSON' }
  }
  const schema = z.looseObject({ schema: z.number() }).safeParse(value)
  if (schema.success && schema.data.schema > 1) {
    return { kind: 'refused', reason: `manifest.json has schema ${schema.data.schema}: a newer hostless made it, use that one` }
  }
  const parsed = manifestSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { kind: 'refused', reason: `manifest.json: ${issue?.path.join('.') || 'the whole'} ${issue?.message ?? 'is wrong'}` }
  }
  const expected = generationOf(parsed.data)
  if (expected !== parsed.data.generation) {
    return { kind: 'refused', reason: `manifest.json says generation ${parsed.data.generation}, its content is ${expected}` }
  }
  return { kind: 'manifest', manifest: parsed.data }
}

/** Keys sorted, no space (as RFC 8785 for what manifests hold: strings and safe integers). Undefined members vanish. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** The 64 bytes of manifest.sig. */
export function signManifest(raw: Uint8Array, privateKey: KeyObject): Buffer {
  return sign(null, raw, privateKey)
}

export function signatureHolds(raw: Uint8Array, signature: Uint8Array, publicKey: KeyObject): boolean {
  return signature.length === 64 && verify(null, raw, publicKey, signature)
}

/** Sum of all components, in bytes. */
export function manifestBytes({ components }: Pick<ManifestContent, 'components'>): number {
  return COMPONENTS.reduce((sum, name) => sum + (components[name]?.size ?? 0), 0)
}
