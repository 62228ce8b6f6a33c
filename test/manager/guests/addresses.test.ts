import test from 'ava'
import { EMPTY_INVENTORY } from '../../../images/agent/collect.ts'
import { addressesOn } from '../../../manager/guests/addresses.ts'
import type { GuestView } from '../../../manager/guests/book.ts'
import { clashesIn } from '../../../manager/guests/clashes.ts'
import { guestSpec } from '../../../manager/protocol/guest-spec.ts'
import { guest } from '../../../manager/protocol/guests.ts'
import { inventory } from '../../../manager/protocol/inventory.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import { shownIn } from '../hosts/conditions.ts'

const uuidOf = (index: number): string => `0000000${index}-0000-4000-8000-000000000000`
const macOf = (index: number): string => `00:16:3e:00:00:0${index}`
const host = { id: 'aaaaaaaaaaaaaaab', name: 'node01', ...shownIn('up'), since: 0, groups: [], notes: '', created: 0, macs: [] } as const
const MINUTE = 60_000

interface Given {
  readonly address: string
  readonly since?: number
  readonly last?: number
}

const reporting = (nics: readonly object[], ways = ['vif'], problems: readonly object[] = []) =>
  inventory.parse({ ...EMPTY_INVENTORY, guestAddresses: { ways, nics }, problems })

const nicOf = (index: number, addresses: readonly Given[]) => ({
  ...{ uuid: uuidOf(index), mac: macOf(index) },
  addresses: addresses.map(({ address, since = 0, last = 60 * MINUTE }) => ({ address, how: 'seen', since, last })),
})

function view(index: number, network: string | undefined, addresses: readonly Given[]): GuestView {
  const name = `web${index}`
  const spec = guestSpec.parse({ name, memory: '1G', nics: network === undefined ? [] : [{ network, mac: macOf(index) }] })
  const record = {
    uuid: uuid.parse(uuidOf(index)),
    name,
    spec,
    host: host.id,
    power: 'on',
    since: 0,
    created: 0,
    createdBy: 'ada',
    cpu: undefined,
    disks: [],
  } as const
  const domain = guest.parse({
    ...{ domid: index, uuid: uuidOf(index), name, type: 'pvh', state: 'running', vcpus: 1, maxVcpus: 1, memoryBytes: 1, maxMemoryBytes: 1 },
    ...{ disks: [], nics: [{ devid: 0, mac: macOf(index) }] },
  })
  const known = addressesOn(reporting([nicOf(index, addresses)]))?.(uuidOf(index))
  return {
    ...{ uuid: uuidOf(index), name, state: 'running', why: undefined, host, holding: undefined },
    ...{ record: network === undefined ? undefined : record, seen: [{ host, domain, addresses: known }] },
  }
}

test('a host that did not listen, or could not, tells nothing of addresses: that is not the same as none', (t) => {
  t.is(addressesOn(undefined), undefined)
  t.is(addressesOn(reporting([], [])), undefined, 'an older agent')
  t.is(addressesOn(reporting([], ['vif'], [{ section: 'guestAddresses', source: 'x', reason: 'not read yet' }])), undefined)
  t.deepEqual(addressesOn(reporting([]))?.(uuidOf(1)), [])
  const known = addressesOn(reporting([nicOf(1, [{ address: '10.0.0.5' }])]))
  t.like(known?.(uuidOf(1))[0], { address: '10.0.0.5', mac: macOf(1), how: 'seen' })
  t.deepEqual(known?.(uuidOf(2)), [])
})

test('two guests with one address on one network are told of each other, and only these', (t) => {
  const five = [{ address: '10.0.0.5' }]
  const clashes = clashesIn([view(1, 'lan', five), view(2, 'lan', five), view(3, 'dmz', five), view(4, 'lan', [{ address: '10.0.0.6' }])])
  t.deepEqual(
    [...clashes].map(([guest, said]) => [guest, ...said]),
    [
      [uuidOf(1), 'web2 uses its address 10.0.0.5 on network lan, too'],
      [uuidOf(2), 'web1 uses its address 10.0.0.5 on network lan, too'],
    ],
  )
  t.is(clashesIn([view(1, 'lan', five), view(2, undefined, five)]).size, 0, 'on which network a stranger is nobody has said')
})

test('an address that one has got after another has let go of it is no clash', (t) => {
  const before = view(1, 'lan', [{ address: '10.0.0.5', last: 20 * MINUTE }])
  const now = (since: number) => view(2, 'lan', [{ address: '10.0.0.5', since }])
  t.is(clashesIn([before, now(21 * MINUTE)]).size, 0)
  t.is(clashesIn([before, now(19 * MINUTE)]).size, 2)
})
