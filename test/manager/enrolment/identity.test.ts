import test from 'ava'
import { type ClaimedIdentity, compareIdentity } from '../../../manager/enrolment/identity.ts'
import type { MachineIdentity } from '../../../manager/store/tables/hosts.ts'

const UUID = '4c4c4544-0058-4a10-8030-b7c04f515832'
const SWAPPED = '44454c4c-5800-104a-8030-b7c04f515832'
const BOOT = 'b4:96:91:aa:00:10'
const [NEXT, THIRD, FOURTH] = ['b4:96:91:aa:00:11', 'b4:96:91:aa:00:12', 'b4:96:91:aa:00:13']
const [CARD1, CARD2, CARD3] = ['00:1b:21:55:00:01', '00:1b:21:55:00:02', '00:1b:21:55:00:03']

const known = (others: readonly string[], more: Partial<MachineIdentity> = {}): MachineIdentity => ({
  uuid: UUID,
  serial: 'JXTQX2X',
  macs: [{ mac: BOOT, boot: true }, ...others.map((mac) => ({ mac, boot: false }))],
  ...more,
})
const claimed = (others: readonly string[], more: Partial<ClaimedIdentity> = {}): ClaimedIdentity => ({
  bootMac: BOOT,
  uuid: UUID,
  serial: 'JXTQX2X',
  product: undefined,
  macs: [BOOT, ...others],
  ...more,
})

const RULES: readonly [what: string, known: MachineIdentity, claimed: ClaimedIdentity, is: 'same' | 'told' | 'changed', word?: RegExp][] = [
  ['all as it was', known([NEXT]), claimed([NEXT]), 'same'],
  ['its list lacks the NIC that it boots from', known([NEXT]), claimed([NEXT], { macs: [NEXT] }), 'same'],
  ['another UUID', known([]), claimed([], { uuid: UUID.replace('4', '5') }), 'changed', /its UUID is 5c4c.*and was 4c4c/],
  ['no UUID where one is known', known([]), claimed([], { uuid: undefined }), 'changed', /tells no UUID/],
  ['a UUID where none was known', known([], { uuid: undefined }), claimed([]), 'told', /its UUID is/],
  ['its UUID in the other byte order', known([]), claimed([], { uuid: SWAPPED }), 'told', /byte order/],
  ['another serial number', known([]), claimed([], { serial: 'ABC' }), 'changed', /its serial number is ABC, and was JXTQX2X/],
  ['no serial number where one is known', known([]), claimed([], { serial: undefined }), 'changed', /tells no serial number/],
  ['a serial number where none was known', known([], { serial: undefined }), claimed([]), 'told', /its serial number is/],
  ['a boot from a spare NIC', known([NEXT]), claimed([NEXT], { bootMac: NEXT }), 'changed', /boots from the NIC .*:11/],
  ['a boot from a NIC of nobody', known([]), claimed([], { bootMac: CARD1 }), 'changed', /boots from the NIC/],
  ['a NIC was added', known([NEXT]), claimed([NEXT, CARD1]), 'told', /added: 00:1b/],
  ['NICs, of which none was known', known([]), claimed([NEXT, CARD1]), 'same'],
  [
    'its card of two ports was taken out, the ports on the board are there',
    known([NEXT, THIRD, CARD1, CARD2]),
    claimed([NEXT, THIRD]),
    'told',
    /2 of the 4/,
  ],
  ['one of three others broke', known([NEXT, THIRD, CARD1]), claimed([NEXT, THIRD]), 'told', /1 of the 3/],
  ['most of the others are missing', known([NEXT, CARD1, CARD2, CARD3]), claimed([NEXT]), 'changed', /3 of the 4/],
  [
    'the ports beside the boot NIC are missing',
    known([NEXT, CARD1, CARD2, CARD3]),
    claimed([CARD1, CARD2, CARD3]),
    'changed',
    /1 of the 4/,
  ],
  ['the only other NIC is missing', known([NEXT]), claimed([]), 'changed', /1 of the 1/],
  ['it tells no NIC at all', known([NEXT, CARD1]), claimed([], { macs: [] }), 'changed', /2 of the 2/],
  ['other NICs in the place of all', known([NEXT, THIRD, FOURTH]), claimed([CARD1, CARD2, CARD3]), 'changed', /3 of the 3/],
]

for (const [what, was, is, verdict, word = /^$/] of RULES) {
  test(`compareIdentity: ${what}: ${verdict}`, (t) => {
    const { changed, told } = compareIdentity(was, is)
    t.is(changed.length > 0 ? 'changed' : told.length > 0 ? 'told' : 'same', verdict, [...changed, ...told].join('; '))
    t.regex([...changed, ...told].join('; '), word)
  })
}

test('compareIdentity takes a member of the bond that the config gives a host for its boot NIC', (t) => {
  t.deepEqual(compareIdentity(known([NEXT]), claimed([NEXT], { bootMac: NEXT }), [BOOT, NEXT]).changed, [])
})
