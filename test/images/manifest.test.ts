import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import {
  canonicalJson,
  decodeManifest,
  encodeManifest,
  generationOf,
  type ManifestContent,
  signatureHolds,
  signManifest,
} from '../../images/manifest.ts'
import { imageName } from './fake-image.ts'

const component = (digit: string) => ({ sha256: digit.repeat(64), size: 10 })
const CONTENT: ManifestContent = {
  schema: 1,
  suite: 'trixie',
  architecture: 'amd64',
  versions: { kernel: '6.12', xen: '4.20' },
  dom0MemoryMiB: 640,
  components: {
    xen: component('a'),
    vmlinuz: component('b'),
    'initrd.img': component('c'),
    'root.tar': component('d'),
    'root.squashfs': component('e'),
    'root.index': component('f'),
  },
  packages: [{ name: 'bash', version: '5.2', size: 7 }],
}

test('generationOf depends on the content alone: not on the name, nor the order of keys', (t) => {
  const reordered = Object.fromEntries(Object.entries(CONTENT).reverse())
  t.regex(generationOf(CONTENT), /^[0-9a-f]{16}$/)
  t.is(generationOf({ ...CONTENT, ...reordered }), generationOf(CONTENT))
  t.is(encodeManifest(imageName('dom0'), CONTENT).manifest.generation, encodeManifest(imageName('other'), CONTENT).manifest.generation)
})

test('generationOf changes with every part of the content', (t) => {
  const others: ManifestContent[] = [
    { ...CONTENT, suite: 'bookworm' },
    { ...CONTENT, versions: { kernel: '6.13', xen: '4.20' } },
    { ...CONTENT, dom0MemoryMiB: 641 },
    { ...CONTENT, packages: [] },
    ...Object.keys(CONTENT.components).map((name) => ({ ...CONTENT, components: { ...CONTENT.components, [name]: component('0') } })),
    { ...CONTENT, components: { ...CONTENT.components, 'xen.efi': component('1') } },
  ]
  t.is(new Set([CONTENT, ...others].map(generationOf)).size, others.length + 1)
})

test('decodeManifest gives back what encodeManifest wrote', (t) => {
  const { manifest, bytes } = encodeManifest(imageName('dom0'), CONTENT)
  t.deepEqual(decodeManifest(bytes), { kind: 'manifest', manifest })
  t.is(canonicalJson(JSON.parse(bytes.toString())), bytes.toString())
})

test('decodeManifest refuses with a reason', (t) => {
  const { manifest } = encodeManifest(imageName('dom0'), CONTENT)
  const reasonOf = (value: unknown) => {
    const decoded = decodeManifest(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))
    return decoded.kind === 'refused' ? decoded.reason : 'accepted'
  }
  t.regex(reasonOf('{'), /no JSON/)
  t.regex(reasonOf({ ...manifest, schema: 2 }), /schema 2: a newer hostless/)
  t.regex(reasonOf({ ...manifest, suite: 'other' }), /says generation [0-9a-f]{16}, its content is/)
  t.regex(reasonOf({ ...manifest, generation: 'x' }), /generation is no generation/)
  t.regex(reasonOf({ ...manifest, image: '../etc' }), /image is no image name/)
  t.regex(reasonOf({ ...manifest, created: '2026' }), /Unrecognized key/)
  t.regex(reasonOf({ ...manifest, components: { ...manifest.components, xen: { sha256: 'short', size: 1 } } }), /components\.xen\.sha256/)
  t.regex(reasonOf([]), /manifest\.json/)
})

test('signatureHolds for the signed bytes and the right key alone', (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { bytes } = encodeManifest(imageName('dom0'), CONTENT)
  const signature = signManifest(bytes, privateKey)
  t.true(signatureHolds(bytes, signature, publicKey))
  t.false(signatureHolds(bytes, signature, generateKeyPairSync('ed25519').publicKey))
  t.false(signatureHolds(Buffer.concat([bytes, Buffer.from(' ')]), signature, publicKey))
  t.false(signatureHolds(bytes, signature.subarray(1), publicKey))
})
