import test from 'ava'
import { EMPTY_INVENTORY } from '../../../../images/agent/collect.ts'
import { vmAnswer, vmDetailAnswer } from '../../../../manager/doors/answers/vm-answer.ts'
import type { GuestView, Seen } from '../../../../manager/guests/book.ts'
import { guestSpec } from '../../../../manager/protocol/guest-spec.ts'
import { guest } from '../../../../manager/protocol/guests.ts'
import { inventory as inventorySchema } from '../../../../manager/protocol/inventory.ts'
import { mac, uuid } from '../../../../manager/protocol/values.ts'
import { shownIn } from '../../hosts/conditions.ts'

const [GUEST, DISK, VG] = [
  '00000000-0000-4000-8000-000000000001',
  '11111111-2222-4333-8444-555555555555',
  'Zx0ldv-aaaa-aaaa-aaaa-aaaa-aaaa-aaaaaa',
]
const MAC = '00:16:3e:00:00:01'

const host = { id: 'aaaaaaaaaaaaaaab', name: 'node01', ...shownIn('up'), since: 0, groups: [], notes: '', created: 0, macs: [] } as const

const reporting = (lvs: readonly string[], problems: readonly object[] = []) =>
  inventorySchema.parse({
    ...EMPTY_INVENTORY,
    problems,
    vgs: [{ uuid: VG, name: 'data', sizeBytes: 100, freeBytes: 50, extentBytes: 4, pvs: 1, missingPvs: 0, exported: false, tags: [] }],
    pvs: [{ uuid: VG, device: '/dev/sdb', vg: 'data', vgUuid: VG, sizeBytes: 100, freeBytes: 50, missing: false, tags: [] }],
    blockDevices: [
      {
        ...{ name: 'sdb', device: '/dev/sdb', serial: 'WD-1', sizeBytes: 100, readOnly: false, removable: false, transport: 'sata' },
        ...{ byPath: [], byId: [] },
      },
    ],
    lvs: lvs.map((name) => ({ uuid: VG, name, vg: 'data', vgUuid: VG, sizeBytes: 8, active: true, attributes: '-wi-ao----', tags: [] })),
  })

const domain = guest.parse({
  ...{ domid: 3, uuid: GUEST, name: 'web1', type: 'pvh', state: 'running', vcpus: 1, maxVcpus: 1, memoryBytes: 1, maxMemoryBytes: 1 },
  disks: [{ vdev: 'xvda', target: `/dev/mapper/hostless-${DISK}`, readOnly: false }],
  nics: [{ devid: 0, mac: MAC, bridge: 'xenbr0', vif: 'vif3.0' }],
})

function view(seen: readonly Seen[]): GuestView {
  const spec = guestSpec.parse({
    ...{ name: 'web1', memory: '1G', disks: [{ size: '8G', pool: 'data', image: 'debian13' }] },
    nics: [{ network: 'lan', mac: MAC }, { network: 'dmz' }],
  })
  const id = uuid.parse(GUEST)
  return {
    ...{ uuid: GUEST, name: 'web1', state: 'running', why: undefined, host, seen, holding: undefined },
    record: {
      ...{ uuid: id, name: 'web1', spec, host: host.id, power: 'on', since: 0, created: 0, createdBy: 'ada', cpu: undefined },
      disks: [
        {
          ...{ id: uuid.parse(DISK), vdev: 'xvda', host: host.id, vg: { name: 'data', uuid: VG }, sizeBytes: 8, generation: 1 },
          ...{ access: 'read-write', state: 'ready', image: undefined },
        },
      ],
    },
  }
}

test('a disk has what lies below it, and whether its LV is there: yes, no, or not known', (t) => {
  const found = (inventory: ReturnType<typeof reporting> | undefined) => vmDetailAnswer(view([]), () => inventory).disks[0]
  t.like(found(reporting([`disk-${DISK}`])), { found: 'yes', below: [{ device: 'sdb', serial: 'WD-1' }] })
  t.is(found(reporting([]))?.found, 'no')
  t.is(found(reporting([], [{ section: 'lvs', source: 'lvs', reason: 'stopped' }]))?.found, 'unread')
  t.like(found(undefined), { found: 'unread', below: undefined })
})

test('NICs of the spec are joined by MAC with those that the host reports; each domain that is seen is told', (t) => {
  const answer = vmDetailAnswer(view([{ host, domain }]), () => undefined)
  t.deepEqual(answer.nics, [{ network: 'lan', mac: MAC, bridge: 'xenbr0', vif: 'vif3.0' }, { network: 'dmz' }])
  t.like(answer.seen?.[0], { hostName: 'node01', domid: 3, disks: [{ vdev: 'xvda', access: 'read-write' }] })
  t.is(answer.image, 'debian13')
})

test('a guest has the addresses that its host tells of, none where it says so, and nothing where it does not tell', (t) => {
  const address = { address: '10.0.0.5', how: 'seen', since: 1, last: 2 } as const
  const of = (addresses: Seen['addresses']) => vmAnswer(view([{ host, domain, addresses }]), ['web2 uses it, too'])
  t.like(of([{ ...address, mac: mac.parse(MAC) }]), { addresses: [{ ...address, mac: MAC }], clashes: ['web2 uses it, too'] })
  t.deepEqual(of([]).addresses, [])
  t.false('addresses' in of(undefined))
  t.false('addresses' in vmAnswer(view([{ host: { ...host, id: 'aaaaaaaaaaaaaaac' }, domain, addresses: [] }])), 'of another host')
})

test('a domain whose configuration was not read says so, and a stranger has the NICs that its host reports', (t) => {
  const unread = guest.parse({ ...domain, configured: false, disks: [], nics: [] })
  t.true(vmDetailAnswer(view([{ host, domain: unread }]), () => undefined).seen?.[0]?.unread)
  const stranger = { ...view([{ host, domain }]), record: undefined, state: 'unmanaged' as const }
  t.deepEqual(vmDetailAnswer(stranger, () => undefined).nics, [{ mac: MAC, bridge: 'xenbr0', vif: 'vif3.0' }])
})
