// VGs of hosts: what there is, what may become one, and the automations that make and remove them.
import type { MakeVgArgs, RemoveVgArgs } from '../../automations/vg.ts'
import { MAKE_VG, REMOVE_VG } from '../../automations/vg.ts'
import type { Claims } from '../../claims/service.ts'
import { storage } from '../../contract/storage.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import type { Done } from '../../outcome.ts'
import { vgRef } from '../../protocol/guest-disk.ts'
import { sayUnread, uncountedOf } from '../../protocol/unread.ts'
import { chooseDisks, type DiskWorld, whyNotOfAll } from '../../storage/vg-disks.ts'
import { findVg, type HostVg, vgsOf } from '../../storage/vgs.ts'
import { sayNames } from '../../wording.ts'
import { disksAnswer, seersIn, vgsAnswer } from '../answers/storage-answer.ts'
import { done, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'
import { type Plan, type Starter, startAutomation } from './starting.ts'

export interface StorageDeps {
  readonly pool: Pool
  readonly claims: Pick<Claims, 'on'>
  readonly automations: Starter
}

export function storageHandlers({ pool, claims, automations }: StorageDeps): HandlersOf<typeof storage> {
  /** What a plan rests on, of a host that can be asked. */
  const planned = async (ref: string, plan: (on: OnHost) => Promise<Done<Plan>> | Done<Plan>): Promise<Done<Plan>> => {
    const view = pool.find(ref)
    if (!view) return missing(noHost(ref))
    if (!view.connection) return { kind: 'refused', reason: `${view.name} is ${view.state}, and its agent is not connected` }
    const matrix = await pool.matrix()
    const inventory = await pool.inventory(view.id)
    const local = new Set(matrix.localStorage(view.id)?.disks.map(({ name }) => name))
    const world = { host: { ...view, inventory }, isLocal: (disk: string) => local.has(disk), seers: seersIn(pool) }
    return plan({ view, world, vgs: inventory ? vgsOf(inventory) : [] })
  }
  const taking = (
    { view, world }: OnHost,
    wanted: Parameters<typeof chooseDisks>[1],
    more: Pick<MakeVgArgs, 'name' | 'uuid' | 'pool'>,
  ): Done<Plan> => {
    const chosen = chooseDisks(world, wanted)
    if (chosen.kind === 'refused') return chosen
    const odd = whyNotOfAll(more, chosen, world)
    if (odd) return odd
    const elsewhere = chosen.elsewhere.map((one) => ({ host: one.host, disks: [...one.disks] }))
    const args: MakeVgArgs = { host: named(view), disks: [...chosen.disks], ...more, ...(elsewhere.length > 0 ? { elsewhere } : {}) }
    return done({ recipe: MAKE_VG.name, args })
  }
  return {
    async vgs() {
      await pool.matrix()
      return done({ hosts: await Promise.all(reporting(pool).map((one) => vgsAnswer(one, claims))) })
    },
    async disks() {
      const matrix = await pool.matrix()
      const seers = seersIn(pool)
      return done({ hosts: reporting(pool).map((one) => disksAnswer(one, matrix, seers)) })
    },
    createVg: (input, by) =>
      startAutomation(automations, storage.createVg, input, by, () =>
        planned(input.host, (on) => {
          const { name, pool: called, disks } = input
          if (on.vgs.some(({ vg }) => vg.name === name)) {
            return { kind: 'refused', reason: `${on.view.name} has a VG ${name} already: hostless storage vg extend adds disks to it` }
          }
          return taking(on, disks, { name, ...(called === undefined || called === name ? {} : { pool: called }) })
        }),
      ),
    extendVg: (input, by) =>
      startAutomation(automations, storage.extendVg, input, by, () =>
        planned(input.host, (on) => {
          const found = findVg(on.vgs, input.vg)
          const ref = vgRef.safeParse({ name: found?.vg.name, uuid: found?.vg.uuid })
          return ref.success ? taking(on, input.disks, ref.data) : missing(noVg(input.vg, on.view))
        }),
      ),
    removeVg: (input, by) =>
      startAutomation(automations, storage.removeVg, input, by, () =>
        planned(input.host, async (on) => {
          const found = findVg(on.vgs, input.vg)
          const ref = vgRef.safeParse({ name: found?.vg.name, uuid: found?.vg.uuid })
          if (!found || !ref.success) return missing(noVg(input.vg, on.view))
          const reason = await whyKept(found, on, claims)
          const args: RemoveVgArgs = { host: named(on.view), vg: ref.data }
          return reason ?? done({ recipe: REMOVE_VG.name, args })
        }),
      ),
  }
}

interface OnHost {
  readonly view: HostView
  readonly world: DiskWorld
  readonly vgs: readonly HostVg[]
}

/** Undefined: nothing that is known is in it. Its host looks again. */
async function whyKept(
  { vg, lvs }: HostVg,
  { view, world }: OnHost,
  claims: Pick<Claims, 'on'>,
): Promise<Extract<Done<Plan>, { kind: 'refused' }> | undefined> {
  const of = `VG ${vg.name} of ${view.name}`
  const unread = world.host.inventory && sayUnread(uncountedOf(world.host.inventory, ['lvs']))
  if (unread !== undefined) return { kind: 'refused', code: 'unread', reason: `what is in ${of} could not be read: ${unread}` }
  if (lvs.length > 0) return { kind: 'refused', code: 'held', reason: `${of} has ${lvs.length === 1 ? 'an LV' : 'LVs'}: ${sayNames(lvs)}` }
  const holders = new Set((await claims.on({ kind: 'vg', uuid: vg.uuid })).map(({ holder }) => holder.name))
  return holders.size === 0 ? undefined : { kind: 'refused', code: 'held', reason: `space of ${of} is held by ${sayNames([...holders])}` }
}

function reporting(pool: Pool) {
  return pool.hosts().flatMap((view) => {
    const inventory = pool.knownInventory(view.id)
    return inventory && view.trust !== 'rejected' ? [{ view, inventory }] : []
  })
}

function named({ id, name }: HostView): MakeVgArgs['host'] {
  return { id, name }
}

const noVg = (ref: string, { name }: HostView): string => `VG ${JSON.stringify(ref)} on ${name}`
