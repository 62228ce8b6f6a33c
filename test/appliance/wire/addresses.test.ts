import test from 'ava'
import fc from 'fast-check'
import {
  broadcastOf,
  type Ipv4,
  ipv4FromNumber,
  ipv4ToNumber,
  macFromBytes,
  macToBytes,
  netmask,
  parseInterfaceAddress,
  parseIpv4,
  parseMac,
  parseRange,
  rangeContains,
  subnetContains,
  subnetOf,
} from '../../../appliance/wire/addresses.ts'

const ip = (text: string) => parseIpv4(text) as Ipv4

test('parseMac takes the three spellings and gives one', (t) => {
  for (const text of ['52:54:00:AB:00:01', '52-54-00-ab-00-01', '525400AB0001']) t.is(String(parseMac(text)), '52:54:00:ab:00:01')
})

test('parseMac refuses everything else', (t) => {
  for (const text of [
    '',
    '52:54:00:ab:00',
    '52:54:00:ab:00:01:02',
    '52:54-00:ab:00:01',
    '52:5400:ab:00:01',
    'g2:54:00:ab:00:01',
    ' 525400ab0001',
    '525400ab0001\n',
  ]) {
    t.is(parseMac(text), undefined, JSON.stringify(text))
  }
})

test('a MAC survives its bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => t.deepEqual([...macToBytes(macFromBytes(bytes))], [...bytes])),
  )
  t.throws(() => macFromBytes(Buffer.alloc(5)), { instanceOf: RangeError })
})

test('parseIpv4 refuses leading zeros, signs, and numbers out of range', (t) => {
  for (const text of ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.-4', '1.2.3.4 ', '1.2.3.4\n', '0x1.2.3.4', '1..2.3']) {
    t.is(parseIpv4(text), undefined, JSON.stringify(text))
  }
  for (const text of ['0.0.0.0', '255.255.255.255', '10.77.0.1']) t.is(String(parseIpv4(text)), text)
})

test('an address survives its number', (t) => {
  fc.assert(fc.property(fc.nat(0xffffffff), (value) => t.is(ipv4ToNumber(ipv4FromNumber(value)), value)))
})

test('a subnet knows its edges for every prefix', (t) => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(32), (value, prefix) => {
      const subnet = subnetOf(ipv4FromNumber(value), prefix)
      const size = 2 ** (32 - prefix)
      const first = ipv4ToNumber(subnet.network)
      t.is(first % size, 0)
      t.is(ipv4ToNumber(broadcastOf(subnet)), first + size - 1)
      t.is(ipv4ToNumber(netmask(subnet)), 2 ** 32 - size)
      t.true(subnetContains(subnet, ipv4FromNumber(value)))
      if (first > 0) t.false(subnetContains(subnet, ipv4FromNumber(first - 1)))
      if (first + size < 2 ** 32) t.false(subnetContains(subnet, ipv4FromNumber(first + size)))
    }),
  )
})

test('parseInterfaceAddress gives address and subnet', (t) => {
  t.deepEqual(parseInterfaceAddress('10.77.0.1/24'), { address: ip('10.77.0.1'), subnet: { network: ip('10.77.0.0'), prefix: 24 } })
  for (const text of ['10.77.0.1', '10.77.0.1/33', '10.77.0.1/', '10.77.0.1/024', '10.77.0.1/24/1', '10.77.0/24', '10.77.0.1/-1'])
    t.is(parseInterfaceAddress(text), undefined, text)
})

test('a range holds both its ends', (t) => {
  const range = parseRange('10.77.0.100-10.77.0.199')
  if (!range) return t.fail()
  for (const [address, inside] of [
    ['10.77.0.99', false],
    ['10.77.0.100', true],
    ['10.77.0.199', true],
    ['10.77.0.200', false],
  ] as const)
    t.is(rangeContains(range, ip(address)), inside)
  for (const text of ['10.77.0.2-10.77.0.1', '10.77.0.1', '10.77.0.1-10.77.0.2-10.77.0.3', 'a-b', '']) t.is(parseRange(text), undefined)
})
