import test from 'ava'
import { AddressBook, FORGOTTEN_AFTER, STEP } from '../../../../images/agent/addresses/book.ts'
import { guest } from '../../../../manager/protocol/guests.ts'
import { MAC } from './frames.ts'

const START = 1_700_000_100_000
const UUID = '6a1437ba-1c67-49ec-a46f-ed26f0248e7b'

const web1 = guest.parse({
  ...{ domid: 7, uuid: UUID, name: 'web1', type: 'pvh', state: 'running', vcpus: 1, maxVcpus: 1, memoryBytes: 1, maxMemoryBytes: 1 },
  ...{ disks: [], nics: [{ devid: 0, mac: MAC, bridge: 'xenbr0', vif: 'vif7.0' }] },
})

const heard = (book: AddressBook, address: string, now = START, { vif = 'vif7.0', mac = MAC, read = 'yes' as 'yes' | 'no' } = {}) =>
  book.heard(vif, { mac, address }, read === 'yes' ? MAC : undefined, now)
const addresses = (book: AddressBook, now = START) => book.report([web1], now).flatMap((nic) => nic.addresses.map(({ address }) => address))

test('an address is known since it was first heard of, and its last is told in steps of five minutes', (t) => {
  const book = new AddressBook()
  t.is(heard(book, '10.0.0.5'), 'new')
  const of = (last: number) => [{ uuid: UUID, mac: MAC, addresses: [{ address: '10.0.0.5', how: 'seen', since: START, last }] }]
  t.deepEqual(book.report([web1], START) as unknown, of(START))
  t.is(heard(book, '10.0.0.5', START + 60_000), 'known')
  t.deepEqual(book.report([web1], START + 60_000) as unknown, of(START), 'no news')
  heard(book, '10.0.0.5', START + 3 * STEP)
  t.deepEqual(book.report([web1], START + 3 * STEP) as unknown, of(Math.floor((START + 3 * STEP) / STEP) * STEP))
})

test('an address is forgotten an hour after it was heard of last, or with its domain; tools forget at once', (t) => {
  const book = new AddressBook()
  heard(book, '10.0.0.5')
  heard(book, '10.0.0.6', START + 1000)
  t.deepEqual(addresses(book, START + FORGOTTEN_AFTER - 1), ['10.0.0.5', '10.0.0.6'])
  t.deepEqual(addresses(book, START + FORGOTTEN_AFTER), ['10.0.0.6'])
  t.deepEqual(book.report([], START + FORGOTTEN_AFTER), [])
  t.deepEqual(addresses(book, START + FORGOTTEN_AFTER), [], 'the domain has gone, and with it what was known')
  book.told(new Map([['vif7.0', ['10.0.0.7']]]), START)
  t.deepEqual(addresses(book), ['10.0.0.7'])
  book.told(new Map(), START)
  t.deepEqual(addresses(book), [])
})

test('at most eight of a family are kept, those that were heard of last, however many a guest claims', (t) => {
  const book = new AddressBook()
  heard(book, '2001:db8::1')
  for (let index = 0; index < 300; index += 1) heard(book, `10.1.${index >> 8}.${index & 255}`, START + index)
  t.deepEqual(addresses(book), [...Array.from({ length: 8 }, (_, index) => `10.1.1.${36 + index}`), '2001:db8::1'])
})

test('a guest whose tools tell others than it is heard of has no more than are taken of it', (t) => {
  const book = new AddressBook()
  book.told(new Map([['vif7.0', ['10.0.0.8', ...[1, 2, 3, 4, 5, 6, 7].map((last) => `10.0.1.${last}`)]]]), START)
  for (let last = 1; last <= 6; last += 1) heard(book, `10.0.0.${last}`)
  t.deepEqual(addresses(book), ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.8', '10.0.1.1'])
})

test('what comes from another MAC is none of its own, also where its guest is read only later', (t) => {
  const book = new AddressBook()
  t.is(heard(book, '10.0.0.9', START, { mac: '00:16:3e:00:00:08' }), 'foreign')
  t.is(heard(book, '10.0.0.9', START, { mac: '00:16:3e:00:00:08', read: 'no' }), 'new')
  t.is(heard(book, '10.0.0.5', START, { read: 'no' }), 'new')
  t.deepEqual(addresses(book), ['10.0.0.5'])
})

test('a vif may speak before its guest is read: for two minutes it is remembered, and of so many vifs', (t) => {
  const book = new AddressBook()
  heard(book, '10.0.0.5', START, { read: 'no' })
  book.report([], START + 119_999)
  t.deepEqual(addresses(book, START + 119_999), ['10.0.0.5'])
  book.report([], START + 120_000)
  t.deepEqual(addresses(book, START + 120_000), [])
  for (let vif = 0; vif < 8192; vif += 1) heard(book, '10.0.0.5', START, { vif: `vif${vif + 10}.0`, read: 'no' })
  t.is(heard(book, '10.0.0.5'), 'foreign')
})

test('what is told and seen says so, once, since the first of them', (t) => {
  const book = new AddressBook()
  book.told(new Map([['vif7.0', ['10.0.0.5', '2001:db8::5']]]), START)
  heard(book, '10.0.0.5', START + 5000)
  book.told(new Map([['vif7.0', ['10.0.0.5', '2001:db8::5']]]), START + 9000)
  const [nic] = book.report([web1], START + 9000)
  t.deepEqual(
    nic?.addresses.map(({ address, how, since }) => [address, how, since]),
    [
      ['10.0.0.5', 'both', START],
      ['2001:db8::5', 'told', START],
    ],
  )
})
