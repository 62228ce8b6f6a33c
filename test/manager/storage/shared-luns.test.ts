// LUNs that several hosts see: which of them may become a VG of all, and why not.
import test from 'ava'
import { type OtherHost, Seers } from '../../../manager/storage/shared-luns.ts'
import { chooseDisks, whyNotOfAll } from '../../../manager/storage/vg-disks.ts'
import { disk as guestDisk, host, type Reported, running } from '../claims/hosts.ts'
import { lvmUuid, naa } from '../connectivity/inventories.ts'

const LUN = naa('a')
const OTHER = naa('b')
const SAN = lvmUuid('s')

const path = (name: string, more: object = {}) => ({ name, device: `/dev/${name}`, transport: 'fc' as const, wwid: LUN, ...more })
const seeing = (id: string, more: Reported = {}, state?: Parameters<typeof host>[2]): OtherHost => ({
  ...host(id, { blockDevices: [path('sdx')], ...more }, state),
  speaks: 11,
})

function choice(others: readonly OtherHost[], { wanted = [LUN], own = {} }: { wanted?: readonly string[] | 'empty'; own?: Reported } = {}) {
  const world = { host: host('node01', { blockDevices: [path('sdb')], ...own }), isLocal: () => false, seers: new Seers(others) }
  const chosen = chooseDisks(world, wanted)
  return { world, chosen }
}

test('a LUN that is proven empty on all that see it is taken by its WWID, and nothing on it is wiped', (t) => {
  const blind = host('node04', { blockDevices: [], problems: [] })
  const { chosen } = choice([
    seeing('node02'),
    seeing('node03', {
      blockDevices: [path('sdq', { multipath: 'mpatha' }), path('sdr', { multipath: 'mpatha' })],
      multipaths: [
        {
          name: 'mpatha',
          wwid: LUN as never,
          sizeBytes: 5 << 30,
          paths: ['sdq', 'sdr'].map((leg) => ({ device: leg, state: 'active', group: 1 })) as never,
        },
      ],
    }),
    blind,
  ])
  t.like(chosen, { kind: 'chosen', disks: [{ name: 'sdb', wwid: LUN, contents: 'none' }] })
  t.deepEqual(
    chosen.kind === 'chosen' &&
      chosen.elsewhere.map((one) => [one.host.name, one.disks.map(({ name, wwid, contents }) => [name, wwid, contents])]),
    [
      ['node02', [['sdx', LUN, 'none']]],
      ['node03', [['mpatha', LUN, 'none']]],
    ],
  )
  const { chosen: unasked } = choice([seeing('node02')], { wanted: 'empty' })
  t.regex(unasked.kind === 'refused' ? unasked.reason : '', /it is a LUN that node02 sees, too, and proven empty there: type its WWID/)
})

test('whatever is on it there, or could not be read, leaves it alone, and says which host', (t) => {
  const problem = (section: 'guests' | 'lvs' | 'blockDevices') => ({ section, source: 'a tool', reason: 'it hung' })
  const cases: readonly (readonly [OtherHost, string, RegExp])[] = [
    [
      seeing('node02', { partitions: [{ name: 'sdx1', disk: 'sdx', startBytes: 0, sizeBytes: 1 }] as never }),
      'held',
      /node02 sees it, too: it has 1 partition/,
    ],
    [seeing('node02', { fileSystems: [{ on: 'sdx', type: 'ext4' }] as never }), 'held', /node02 sees it, too: it carries ext4/],
    [seeing('node02', { fileSystems: [{ on: 'sdx', type: 'ext4', mountPoints: ['/srv'] }] as never }), 'held', /\/srv of node02 is on it/],
    [seeing('node02', { guests: [running(1, { disks: [guestDisk('/dev/sdx')] })] }), 'held', /guest hand1 on node02 is on it/],
    [seeing('node02', { pvs: [{ uuid: lvmUuid('p') as never, device: '/dev/sdx' }] }), 'held', /PV of no VG/],
    [
      seeing('node02', {
        pvs: [{ uuid: lvmUuid('p') as never, device: '/dev/sdx', vg: 'x', vgUuid: SAN as never }],
        vgs: [{ uuid: SAN as never, name: 'x' }],
      }),
      'held',
      /VG x is on it/,
    ],
    [seeing('node02', { blockDevices: [path('sdx', { sizeBytes: 5 << 20 })] }), 'held', /different disks have the WWID/],
    [seeing('node02', { problems: [problem('guests')] }), 'unread', /what is on it on node02 could not be read: guests/],
    [seeing('node02', { problems: [problem('lvs')] }), 'unread', /could not be read: lvs/],
    [seeing('node02', { blockDevices: [], problems: [problem('blockDevices')] }), 'unread', /whether node02 sees it is not known/],
    [
      seeing('node02', { guests: [running(1, { disks: [guestDisk('/dev/gone')] })] }),
      'unread',
      /which disk a guest of node02 has is not known/,
    ],
    [seeing('node02', {}, 'lost'), 'unread', /node02 sees it, too, and what is on it there is not known while it is lost/],
    [seeing('node02', {}, 'pending'), 'held', /node02, which is pending, sees it, too/],
    [
      { ...seeing('node02'), speaks: 10 },
      'agent-too-old',
      /node02 sees it, too: its agent speaks version 10 .* prove-empty came with version 11: upgrade the agent/,
    ],
  ]
  for (const [other, code, reason] of cases) {
    const { chosen } = choice([other])
    t.is(chosen.kind === 'refused' ? chosen.code : chosen.kind, code as never, String(reason))
    t.regex(chosen.kind === 'refused' ? chosen.reason : '', reason)
    const { chosen: empty } = choice([other], { wanted: 'empty' })
    t.is(empty.kind, 'refused')
  }
})

test('what is on it here is not wiped either, and a disk of one host alone is, as ever', (t) => {
  const own = { fileSystems: [{ on: 'sdb', type: 'xfs' }] } as never
  const { chosen } = choice([seeing('node02')], { own })
  t.regex(
    chosen.kind === 'refused' ? chosen.reason : '',
    /it is a LUN that other hosts may see, too, and it carries xfs: wipe it by hand first/,
  )
  const alone = chooseDisks(
    {
      host: host('node01', { blockDevices: [path('sdb')], ...(own as Reported) }),
      isLocal: () => true,
      seers: new Seers([host('node02')]),
    },
    [LUN],
  )
  t.like(alone, { kind: 'chosen', disks: [{ contents: 'typed' }], elsewhere: [] })
})

test('all disks of a VG are seen by the same hosts, and its name is free on each', (t) => {
  const both = [path('sdb'), path('sdc', { wwid: OTHER })]
  const { chosen } = choice([seeing('node02')], { wanted: [LUN, OTHER], own: { blockDevices: both } })
  t.like(chosen, { kind: 'refused', code: 'not-shared' }, 'nobody else sees the second one')
  const third = seeing('node03', { blockDevices: [path('sdx', { wwid: OTHER })] })
  const odd = choice([seeing('node02'), third], { wanted: [LUN, OTHER], own: { blockDevices: both } }).chosen
  t.like(odd, { kind: 'refused', code: 'not-shared' })
  const named = seeing('node02', { vgs: [{ uuid: SAN as never, name: 'san' }] })
  const { chosen: one, world } = choice([named])
  if (one.kind !== 'chosen') return t.fail(one.reason)
  t.like(whyNotOfAll({ name: 'san' }, one, world), { code: 'held' })
  t.is(whyNotOfAll({ name: 'other' }, one, world), undefined)
  t.is(whyNotOfAll({ name: 'san', uuid: SAN }, one, world), undefined, 'it has the VG, and sees the disk')
  const { chosen: two, world: more } = choice([seeing('node02')])
  if (two.kind !== 'chosen') return t.fail(two.reason)
  t.like(whyNotOfAll({ name: 'san', uuid: SAN }, two, more), { code: 'not-shared' }, 'it sees the disk, and not the VG')
  t.like(
    whyNotOfAll({ name: 'san', uuid: SAN }, { elsewhere: [] }, { ...world, seers: new Seers([named]) }),
    { code: 'not-shared' },
    'the VG, and not the disk',
  )
})
