import test from 'ava'
import { negotiate } from '../../../appliance/tftp/options.ts'

const limits = { mtu: 1500, blksize: 1468, windowsize: 32, timeout: 10 }
const accepted = (...options: (readonly [string, string])[]) =>
  negotiate(
    options.map(([name, value]) => ({ name, value })),
    70_000,
    limits,
  )

test('negotiate without options is a lock-step transfer of 512 bytes and no OACK', (t) => {
  t.deepEqual(accepted(), { blksize: 512, windowsize: 1, timeout: undefined, sizeAsked: false, accepted: [] })
})

test('negotiate accepts what EDK2 asks for', (t) => {
  t.deepEqual(accepted(['tsize', '0'], ['blksize', '1468'], ['windowsize', '4']), {
    blksize: 1468,
    windowsize: 4,
    timeout: undefined,
    sizeAsked: true,
    accepted: [
      { name: 'tsize', value: '70000' },
      { name: 'blksize', value: '1468' },
      { name: 'windowsize', value: '4' },
    ],
  })
})

test('negotiate clamps blksize to the MTU less 32 and to the cap, windowsize to its cap', (t) => {
  const options = [
    { name: 'blksize', value: '65464' },
    { name: 'windowsize', value: '65535' },
  ]
  t.like(negotiate(options, 1, { ...limits, mtu: 9000, blksize: 65464 }), { blksize: 8968, windowsize: 32 })
  t.like(negotiate(options, 1, { ...limits, mtu: 9000, blksize: 1024 }), { blksize: 1024 })
})

test('negotiate accepts blocks below 512 bytes, down to 8', (t) => {
  t.is(accepted(['blksize', '8']).blksize, 8)
  t.deepEqual(accepted(['blksize', '7']).accepted, [])
})

test('negotiate keeps the client’s spelling, compares names without case, and takes the first of two', (t) => {
  t.deepEqual(accepted(['BlkSize', '1024'], ['blksize', '8']).accepted, [{ name: 'BlkSize', value: '1024' }])
})

test('negotiate leaves out what is unknown, malformed or out of bounds', (t) => {
  for (const [name, value] of [
    ['multicast', ''],
    ['blksize', ''],
    ['blksize', '-1'],
    ['blksize', '0x400'],
    ['blksize', '1e3'],
    ['blksize', '99999999999999999999999999'],
    ['windowsize', '0'],
    ['windowsize', '65536'],
    ['timeout', '0'],
    ['timeout', '11'],
    ['tsize', 'x'],
    ['__proto__', '1'],
  ] as const) {
    t.deepEqual(accepted([name, value]).accepted, [], `${name}=${value}`)
  }
})

test('negotiate takes a timeout as the client asks or not at all', (t) => {
  t.like(accepted(['timeout', '3']), { timeout: 3, accepted: [{ name: 'timeout', value: '3' }] })
})
