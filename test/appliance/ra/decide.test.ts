import test from 'ava'
import { decodeSolicitation } from '../../../appliance/ra/codec.ts'
import { decideAdvertisement } from '../../../appliance/ra/decide.ts'
import { captureNames, icmpv6In } from '../wire/pcap.ts'

const SOURCE = Buffer.from('fe80000000000000505400fffe780001', 'hex')
const PLAIN = { code: 0, checksum: 0, reserved: 0, options: [] }

test('every captured solicitation is answered with an empty advertisement', (t) => {
  for (const { bytes, source, hopLimit } of captureNames().flatMap((name) => icmpv6In(name, 133))) {
    const decision = decideAdvertisement(decodeSolicitation(bytes), source, hopLimit)
    t.like(decision, { kind: 'advertise', advertisement: { routerLifetimeSeconds: 0 } })
  }
})

test('a solicitation that came through a router, or with a code, is not answered', (t) => {
  t.like(decideAdvertisement(PLAIN, SOURCE, 254), { kind: 'silent', reason: 'hop limit 254: it came through a router' })
  t.like(decideAdvertisement({ ...PLAIN, code: 1 }, SOURCE, 255), { kind: 'silent' })
})

test('an unspecified source is answered, unless it names a link-layer address', (t) => {
  t.like(decideAdvertisement(PLAIN, Buffer.alloc(16), 255), { kind: 'advertise' })
  t.like(decideAdvertisement({ ...PLAIN, options: [{ type: 1, data: Buffer.alloc(6) }] }, Buffer.alloc(16), 255), { kind: 'silent' })
})
