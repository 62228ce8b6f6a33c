import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import fc from 'fast-check'
import { encodePcapng } from '../../../appliance/capture/pcapng.ts'
import { discover, HOST, TO_HOST, tcp } from './wires.ts'

interface Block {
  readonly type: number
  readonly body: Buffer
}

/** Reads as the draft has it, and throws at the first thing that it does not allow. */
function blocksOf(file: Buffer): readonly Block[] {
  const blocks: Block[] = []
  for (let at = 0; at < file.length; ) {
    const [type, length] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)]
    if (length % 4 !== 0 || length < 12 || file.readUInt32LE(at + length - 4) !== length) throw new Error(`block at ${at}`)
    blocks.push({ type, body: file.subarray(at + 8, at + length - 4) })
    at += length
  }
  return blocks
}

const T = 1_796_059_203_745_292

test('tshark and capinfos read what was written: times, lengths, interface, comment, and what was missed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-pcapng-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'boot.pcapng')
  const large = tcp(TO_HOST, Buffer.alloc(5000, 'x'))
  const packets = [
    { at: T, original: discover(HOST).length, bytes: discover(HOST) },
    { at: T + 1_000_001, original: large.length, bytes: large.subarray(0, 195) },
  ]
  await writeFile(file, encodePcapng({ interface: 'eth1', comment: 'of node07 – a boot', packets, passed: 14, missed: 12 }))
  const fields = ['frame.time_epoch', 'frame.len', 'frame.cap_len', 'frame.interface_name', 'dhcp.option.dhcp', 'tcp.len']
  const [read, told] = await Promise.all([
    execa('tshark', ['-r', file, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])]),
    execa('capinfos', [file]),
  ])
  t.deepEqual(
    read.stdout.split('\n').map((line) => line.split('\t')),
    [
      ['1796059203.745292000', String(discover(HOST).length), String(discover(HOST).length), 'eth1', '1', ''],
      ['1796059204.745293000', String(large.length), '195', 'eth1', '', '5000'],
    ],
  )
  t.regex(told.stdout, /of node07 – a boot/)
  t.regex(told.stdout, /Capture application: +hostless/)
  t.regex(told.stdout, /Number of stat entries = 1/)
})

test('whatever the packets are, blocks are whole and aligned, and hold what was given', (t) => {
  const packet = fc.record({ at: fc.integer({ min: 0, max: 2 ** 52 }), original: fc.nat(100_000), bytes: fc.uint8Array({ maxLength: 50 }) })
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 5 }), fc.string(), (given, comment) => {
      const packets = given.map((one) => ({ ...one, bytes: Buffer.from(one.bytes) }))
      const blocks = blocksOf(encodePcapng({ interface: 'eth1', comment, packets, passed: 2 ** 40, missed: 1 }))
      t.deepEqual(
        blocks.map(({ type }) => type),
        [0x0a0d0d0a, 1, ...packets.map(() => 6), 5],
      )
      const read = blocks.slice(2, -1).map(({ body }) => ({
        at: body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8),
        original: body.readUInt32LE(16),
        bytes: Buffer.from(body.subarray(20, 20 + body.readUInt32LE(12))),
      }))
      t.deepEqual(read, packets)
    }),
  )
})
