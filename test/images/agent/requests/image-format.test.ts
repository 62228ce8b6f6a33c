import test from 'ava'
import fc from 'fast-check'
import { parseFound } from '../../../../images/agent/requests/disk-images.ts'
import { formatOf, HEAD_BYTES, isLikely } from '../../../../images/agent/requests/image-format.ts'

const head = (text: string, more: { readonly [at: number]: number } = {}) => {
  const bytes = Buffer.alloc(HEAD_BYTES)
  bytes.write(text, 'latin1')
  for (const [at, value] of Object.entries(more)) bytes[Number(at)] = value
  return bytes
}
const format = (path: string, bytes: Uint8Array, sizeBytes = 1 << 20) => formatOf({ path, sizeBytes }, bytes)
const MBR = { 510: 0x55, 511: 0xaa, 446: 0x80, 450: 0x83 }

test('images are known by their first bytes, whatever they are called', (t) => {
  t.is(format('a', head('QFI\xfb\0\0\0\x03')), 'qcow2')
  t.is(format('a', head('QFI\xfb\0\0\0\x01')), undefined)
  t.is(format('a', head('KDMV')), 'vmdk')
  t.is(format('a.img', head('# Disk DescriptorFile')), 'vmdk')
  t.is(format('a.vhd', head('vhdxfile')), 'vhdx')
  t.is(format('a', head('conectix')), 'vhd')
  t.is(format('a', head('', MBR)), 'raw')
  t.is(format('a', Buffer.concat([Buffer.alloc(512), Buffer.from('EFI PART')])), 'raw')
})

test('where these say nothing the name does; a boot sector without partitions and a size of no sectors are no disk', (t) => {
  t.is(format('a.IMG', head('')), 'raw')
  t.is(format('a.raw', head(''), (1 << 20) + 1), undefined)
  t.is(format('a.vhd', head('')), 'vhd')
  t.is(format('a.iso', head('')), undefined)
  t.is(format('a', head('', { ...MBR, 462: 0x41 })), undefined)
  t.is(format('a', head('', { 510: 0x55, 511: 0xaa })), undefined)
  t.deepEqual(
    [
      ['a', 65_536],
      ['a', 65_537],
      ['a.qcow2', 65_537],
      ['a.qcow2', 512],
    ].map(([path, sizeBytes]) => isLikely({ path: String(path), sizeBytes: Number(sizeBytes) })),
    [true, false, true, false],
  )
})

test('any bytes and any name have a format or none', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array({ maxLength: HEAD_BYTES }), fc.nat(), (path, bytes, size) => void format(path, bytes, size)),
  )
  t.pass()
})

test('what find prints is read to its last whole entry, with whatever is in a name; anything else is none', (t) => {
  t.deepEqual(parseFound('512 8 a b\nc\0' + '1024 0 d\0' + '77 1 cut'), [
    { path: 'a b\nc', sizeBytes: 512, allocatedBytes: 4096 },
    { path: 'd', sizeBytes: 1024, allocatedBytes: 0 },
  ])
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('0', '9', ' ', '\0', '\n', 'a') }), (text) =>
      parseFound(text).every(({ path }) => path !== ''),
    ),
  )
  t.deepEqual(parseFound('99999999999999999999 1 a\0'), [])
})
