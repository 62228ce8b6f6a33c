import test from 'ava'
import fc from 'fast-check'
import {
  decodeAdvertisement,
  decodeSolicitation,
  encodeAdvertisement,
  encodeSolicitation,
  type RouterSolicitation,
} from '../../../appliance/ra/codec.ts'
import { EMPTY_ADVERTISEMENT } from '../../../appliance/ra/decide.ts'
import { WireError } from '../../../appliance/wire/cursor.ts'
import { captureNames, icmpv6In } from '../wire/pcap.ts'

const solicitations = captureNames().flatMap((name) => icmpv6In(name, 133))

test('every captured solicitation round-trips to its bytes', (t) => {
  t.true(solicitations.length > 20)
  for (const { bytes } of solicitations) t.deepEqual(encodeSolicitation(decodeSolicitation(bytes)), bytes)
})

test('iPXE solicits with its MAC as the source link-layer address', (t) => {
  const [first] = icmpv6In('uuid-bios-ipxe-1.0.0-2019.pcap', 133)
  if (!first) return t.fail()
  t.deepEqual(decodeSolicitation(first.bytes), {
    code: 0,
    checksum: 0xd993,
    reserved: 0,
    options: [{ type: 1, data: Buffer.from('525400780001', 'hex') }],
  })
})

test('a solicitation cut at every byte, or mutated, gives a record or a WireError', (t) => {
  const decode = (bytes: Buffer) => {
    try {
      decodeSolicitation(bytes)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
    }
  }
  for (const { bytes } of solicitations) for (let length = 0; length < bytes.length; length += 1) decode(bytes.subarray(0, length))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => decode(Buffer.concat([Buffer.of(133, 0, 0, 0, 0, 0, 0, 0), tail]))))
  t.pass()
})

test('any solicitation round-trips', (t) => {
  const option = fc.record({
    type: fc.nat(255),
    data: fc
      .nat(6)
      .chain((units) => fc.uint8Array({ minLength: units * 8 + 6, maxLength: units * 8 + 6 }))
      .map((bytes) => Buffer.from(bytes)),
  })
  const record = fc.record({
    code: fc.nat(255),
    checksum: fc.nat(0xffff),
    reserved: fc.nat(0xffffffff),
    options: fc.array(option, { maxLength: 5 }),
  })
  fc.assert(
    fc.property(record, (solicitation: RouterSolicitation) =>
      t.deepEqual(decodeSolicitation(encodeSolicitation(solicitation)), solicitation),
    ),
  )
})

test('decodeSolicitation rejects another type and an option of length 0', (t) => {
  t.throws(() => decodeSolicitation(Buffer.of(134, 0, 0, 0, 0, 0, 0, 0)), { instanceOf: WireError, message: /^type/ })
  t.throws(() => decodeSolicitation(Buffer.of(133, 0, 0, 0, 0, 0, 0, 0, 1, 0)), { instanceOf: WireError, message: /^option length/ })
})

test('encodeSolicitation refuses option data that is no multiple of 8', (t) => {
  t.throws(() => encodeSolicitation({ code: 0, checksum: 0, reserved: 0, options: [{ type: 1, data: Buffer.alloc(5) }] }), {
    instanceOf: RangeError,
  })
})

test('the empty advertisement is 16 bytes: no lifetime, no prefix', (t) => {
  const bytes = encodeAdvertisement(EMPTY_ADVERTISEMENT)
  t.is(bytes.toString('hex'), `86${'00'.repeat(15)}`)
  t.deepEqual(decodeAdvertisement(bytes), EMPTY_ADVERTISEMENT)
})

test('a captured advertisement of dnsmasq reads as one without lifetime', (t) => {
  const [first] = icmpv6In('uuid-bios-ipxe-1.0.0-2019.pcap', 134)
  if (!first) return t.fail()
  t.deepEqual(decodeAdvertisement(first.bytes), { ...EMPTY_ADVERTISEMENT, currentHopLimit: 64 })
})
