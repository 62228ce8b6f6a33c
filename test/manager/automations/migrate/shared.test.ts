// Disks of a guest that lie on a LUN of both hosts, and disks with snapshots: what a plan says of them.

import type { MoveAsked } from '../../../../manager/automations/migrate/asked.ts'
import { planMigrate } from '../../../../manager/automations/migrate/several.ts'
import { stepsOf } from '../../../../manager/automations/migrate/told.ts'
import { weigh } from '../../../../manager/automations/migrate/weigh.ts'
import type { Inventory } from '../../../../manager/protocol/inventory.ts'
import { until } from '../../automation/scripted.ts'
import { onEach } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { createArgs, DISK, type Rig, rigAt, VG } from '../guests/rig.ts'
import { onLun, WWID } from './on-lun.ts'

const GIB = 2 ** 30
const HOW = { maxPauseMs: 2000, keepMs: 0 }

const lv = (name: string, more: object = {}) => ({
  uuid: `${name.replaceAll('-', '').padEnd(6, 'l').slice(0, 6)}-bbbb-cccc-dddd-eeee-ffff-llllll`,
  name,
  vg: 'data',
  vgUuid: VG,
  sizeBytes: 8 * GIB,
  attributes: '-wi-ao----',
  tags: [],
  ...more,
})

async function made(rig: Rig): Promise<void> {
  const started = await rig.automations.start({ recipe: 'create-guest', args: createArgs(), who: 'alice' })
  if (started.kind !== 'done') throw new Error(started.reason)
  await until(rig.automations, started.value.id, 'done')
}

async function weighed(rig: Rig, how: Partial<MoveAsked> = {}) {
  const { deps } = plannerOn(rig)
  const to = deps.pool.hosts().find(({ id }) => id === 'b')
  const all = await weigh(deps, { ref: 'web1', to, ...HOW, ...how })
  if (all.kind !== 'done') throw new Error(all.reason)
  return all.value
}

onEach('a disk on a LUN that both hosts see stays there: nothing is copied, claimed of space, or remembered anew', async (t, place) => {
  const rig = await rigAt(t, place, [onLun('a'), onLun('b')])
  await made(rig)
  const { args, refusals, diskBytes } = await weighed(rig)
  t.deepEqual([refusals, diskBytes], [[], 0])
  t.like(args?.disks[0], { disk: DISK, generation: 1, from: { uuid: VG }, to: { uuid: VG }, stays: { luns: [WWID] } })
  t.deepEqual([args?.guest.disks[0]?.generation, args?.remembered, args?.sharedVgs], [1, undefined, undefined])
  const said = args ? stepsOf(args).map(({ what }) => what) : []
  t.true(said.includes(`xvda stays on LUN ${WWID}, in VG data: nothing is copied`), said.join('\n'))
  t.false(
    said.some((what) => /cop(y|ied) of|mirror/.test(what)),
    said.join('\n'),
  )
  t.like(await planMigrate(plannerOn(rig).deps, { ref: 'web1', ...HOW }), { kind: 'done' })
})

onEach(
  'a VG of one UUID is no reason to write there: a copy, a clash, a LUN that is read-only, one that is seen in part',
  async (t, place) => {
    const others = {
      'vg-unclear: it is a copy': onLun('b', { disk: { wwid: WWID.replace(/1$/, '2') } }),
      'vg-unclear: the same WWID, another serial number': onLun('b', { disk: { serial: 'OTHER1' } }),
      'vg-unclear: a disk of its own': onLun('b', { disk: { transport: 'virtio' } }),
      'vg-unclear: exported': onLun('b', { vg: { exported: true } }),
      'vg-unclear: not all PVs': onLun('b', { vg: { missingPvs: 1 } }),
      'lun-read-only': onLun('b', { disk: { readOnly: true } }),
      unread: onLun('b', { disk: {} }),
    }
    const rig = await rigAt(t, place, [onLun('a', { disk: { serial: 'SERIAL1' } }), onLun('b')])
    await made(rig)
    for (const [name, other] of Object.entries(others)) {
      const inventory = other.inventory as Inventory
      const problems = name === 'unread' ? [{ section: 'pvs', source: 'pvs', reason: 'it timed out' }] : inventory.problems
      rig.hosts.set('b', { ...other, inventory: { ...inventory, problems } as Inventory })
      const { args, refusals } = await weighed(rig)
      t.deepEqual([args, refusals.map(({ code }) => code)], [undefined, [name.split(':')[0] ?? '']], name)
    }
  },
)

onEach('a disk with snapshots is refused by their names, or leaves them behind where that was asked for', async (t, place) => {
  const away = { vg: { uuid: VG.replace(/^a/, 'b') }, pv: { vgUuid: VG.replace(/^a/, 'b') } }
  const lvs = [
    lv(`disk-${DISK}`),
    lv('before', { origin: `disk-${DISK}` }),
    lv('monday', { origin: `disk-${DISK}`, pool: 'pool' }),
    lv('other', { origin: 'x' }),
  ]
  const rig = await rigAt(t, place, [onLun('a', { lvs }), onLun('b', away)])
  await made(rig)
  const { refusals, args } = await weighed(rig)
  t.is(args, undefined)
  t.deepEqual(
    refusals.map(({ code }) => code),
    ['has-snapshots'],
  )
  t.regex(refusals[0]?.reason ?? '', /data\/before and data\/monday\. --without-snapshots leaves them with the old LV on a/)
  const left = await weighed(rig, { snapshots: 'left' })
  t.deepEqual(left.args?.disks[0]?.snapshots, ['data/before', 'data/monday'])
  const said = left.args ? stepsOf(left.args).map(({ what }) => what) : []
  t.regex(said.at(-1) ?? '', /xvda there is kept for good, with its snapshots data\/before, data\/monday/)
  rig.hosts.set('b', onLun('b', { lvs }))
  const stays = await weighed(rig, { snapshots: 'left' })
  t.deepEqual(
    stays.refusals.map(({ code }) => code),
    ['has-snapshots'],
    'two hosts cannot have them at a time',
  )
  rig.hosts.set('a', onLun('a', { lvs: [lv(`disk-${DISK}`, { pool: 'pool' })] }))
  t.deepEqual(
    (await weighed(rig)).refusals.map(({ code }) => code),
    ['thin-shared'],
  )
})

onEach(
  'from a LUN that the new host does not see a disk is copied, and nobody else writes in a VG of several meanwhile',
  async (t, place) => {
    const away = { vg: { uuid: VG.replace(/^a/, 'b') }, pv: { vgUuid: VG.replace(/^a/, 'b') }, disk: { wwid: WWID.replace(/1$/, '2') } }
    const rig = await rigAt(t, place, [onLun('a'), onLun('b', away), onLun('c')])
    await made(rig)
    const { args, refusals, diskBytes } = await weighed(rig)
    t.deepEqual([refusals, diskBytes], [[], 8 * GIB])
    t.deepEqual([args?.disks[0]?.stays, args?.guest.disks[0]?.generation], [undefined, 2])
    t.deepEqual(
      args?.sharedVgs?.map(({ uuid }) => uuid),
      [VG],
      'c sees it, too',
    )
  },
)

onEach(
  'an agent that does not know how a disk stays is refused before anything is claimed, on either side, with its version',
  async (t, place) => {
    const rig = await rigAt(t, place, [onLun('a'), onLun('b')])
    await made(rig)
    const speaking = (id: string, speaks: number) => ({ ...onLun(id), connection: { address: '', agent: '1', since: 1, speaks } })
    for (const [old, request] of [
      ['a', 'fence-disk'],
      ['b', 'join-disk'],
    ] as const) {
      for (const id of ['a', 'b']) rig.hosts.set(id, speaking(id, id === old ? 10 : 11))
      const { args, refusals } = await weighed(rig)
      t.is(args, undefined)
      t.deepEqual(refusals, [
        {
          code: 'agent-too-old',
          reason: `${old}: its agent speaks version 10 of the protocol, and ${request} came with version 11: upgrade the agent`,
        },
      ])
    }
    for (const id of ['a', 'b']) rig.hosts.set(id, speaking(id, 11))
    t.deepEqual((await weighed(rig)).refusals, [])
  },
)
