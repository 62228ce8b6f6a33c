import test from 'ava'
import { chooseGuests, guestQuery, guestsPath } from '../../../../../../manager/doors/web/views/guests/query.ts'
import { fakeGuest } from '../../fake-guests.ts'
import { fakePool } from '../../fake-pool.ts'

const GUESTS = [
  fakeGuest(1, { notes: 'The shop, for <all>' }),
  fakeGuest(2, { state: 'lost', memoryBytes: 2 ** 33 }),
  fakeGuest(3, { state: 'stopped', tags: ['owner:kim'] }),
  fakeGuest(12, { state: 'unmanaged' }),
]

function names(query: string) {
  const chosen = chooseGuests(GUESTS, fakePool(4).hosts(), guestQuery(new URLSearchParams(query)))
  return { ...chosen, guests: chosen.guests.map(({ name }) => name) }
}

test('a query without anything is all guests', (t) => {
  t.deepEqual(names('').guests, ['web1', 'web2', 'web3', 'web12'])
  t.is(names('').said, '4 guests')
})

test('selectors of the command line and a state narrow together: names, all on a host, all but one', (t) => {
  t.deepEqual(names('q=web[1-2]').guests, ['web1', 'web2'])
  t.deepEqual(names('q=node0001/*').guests, ['web12'])
  t.deepEqual(names('q=web*,-web2&state=stopped').guests, ['web3'])
  t.regex(names('q=web[1-5]').said, /2 names of the ranges nobody has/)
})

test('other text is looked for in notes, tags, MACs, images and hosts', (t) => {
  t.deepEqual(names('q=the+shop').guests, ['web1'])
  t.deepEqual(names('q=owner:kim').guests, ['web3'])
  t.deepEqual(names('q=3e:00:00:02').guests, ['web2'])
  t.deepEqual(names('q=debian').guests.length, 4)
  t.regex(names('q=we').said, /with we in what is known of them/)
})

test('text that means nothing is refused with the nearest name, and a broken selector with its place', (t) => {
  const nothing = names('q=wob1')
  t.true(nothing.isRefused)
  t.regex(nothing.said, /did you mean web1/)
  t.regex(names('q=web[').said, /at character 5/)
})

test('what somebody has to see to comes first by state, the greatest by memory', (t) => {
  t.deepEqual(names('sort=state').guests, ['web2', 'web1', 'web3', 'web12'])
  t.is(names('sort=memory').guests[0], 'web2')
  t.is(names('sort=nonsense').guests[0], 'web1')
})

test('guestsPath leaves out what is not asked, and is read back', (t) => {
  t.is(guestsPath(guestQuery(new URLSearchParams('state=<b>&sort=x'))), '/guests')
  const path = guestsPath(guestQuery(new URLSearchParams('q=a*,@b&state=lost&sort=host')))
  t.is(guestsPath(guestQuery(new URL(path, 'https://x').searchParams)), path)
})
