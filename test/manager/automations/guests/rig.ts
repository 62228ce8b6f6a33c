// The recipes of guests on a real database with real claims, over hosts that answer as a test says.

import type { ExecutionContext } from 'ava'
import { after } from '../../../../appliance/wire/timers.ts'
import type { Asked } from '../../../../manager/agents/questions.ts'
import type { Tagged } from '../../../../manager/automation/effect.ts'
import { type Automations, openAutomations } from '../../../../manager/automation/service.ts'
import { automationClaims } from '../../../../manager/automation/store/claiming.ts'
import type { CreateArgs } from '../../../../manager/automations/guests/create.ts'
import { ownLater, withOwn } from '../../../../manager/automations/own/broker.ts'
import { RECIPES } from '../../../../manager/automations/recipes.ts'
import type { KnownHost } from '../../../../manager/claims/claim.ts'
import { Claims } from '../../../../manager/claims/service.ts'
import type { HostState } from '../../../../manager/protocol/host.ts'
import type { Store } from '../../../../manager/store/database.ts'
import { newHostId } from '../../../../manager/store/tables/hosts.ts'
import { nextEpoch } from '../../../../manager/store/tables/settings.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { host, type Reported } from '../../claims/hosts.ts'
import { storeAt } from '../../store/dialects.ts'

export const GUEST = '6b1f0000-0000-4000-8000-000000000001'
export const DISK = '6b1f0000-0000-4000-8000-00000000000d'
export const VG = 'aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg'
const GIB = 2 ** 30
const MIB = 2 ** 20

const PV = 'pppppp-bbbb-cccc-dddd-eeee-ffff-gggggg'
const SPACE = { sizeBytes: 100 * GIB, freeBytes: 100 * GIB }

/** Of the VG of a host: each its own. */
export const vgUuidOn = (id: string): string => (id === 'a' ? VG : VG.replace(/^a/, id.slice(0, 1)))

const storageOn = (id: string) => ({
  blockDevices: [{ name: 'vda', device: '/dev/vda', serial: 'V', transport: 'virtio', sizeBytes: 100 * GIB }],
  pvs: [{ uuid: PV, device: '/dev/vda', vg: 'data', vgUuid: vgUuidOn(id), ...SPACE, missing: false, tags: [] }],
  vgs: [{ uuid: vgUuidOn(id), name: 'data', ...SPACE, extentBytes: 4 * MIB }],
})

export function node(id: string, given: Reported = {}, state: HostState = 'up'): KnownHost {
  return host(id, { ...(storageOn(id) as unknown as Reported), ...given }, state)
}

export interface Rig {
  readonly store: Store
  readonly claims: Claims
  readonly automations: Automations
  readonly hosts: Map<string, KnownHost>
  /** Kinds and hosts, in the order of their coming. */
  readonly asked: string[]
  answer: (body: Tagged) => 'done' | 'silence' | Asked
  /** What recipes ask of the manager itself: whoever tests such a one says who does it. */
  readonly own: ReturnType<typeof ownLater>
}

export async function rigAt(t: ExecutionContext, place: Parameters<typeof storeAt>[1], hosts: readonly KnownHost[]): Promise<Rig> {
  const store = await storeAt(t, place)
  const epoch = await store.write((transaction) => nextEpoch(transaction))
  const known = new Map(hosts.map((one) => [one.id, one]))
  const claims = new Claims(store.db, { hosts: () => [...known.values()], knownInventory: (id) => known.get(id)?.inventory })
  const own = ownLater()
  const rig: { -readonly [Key in keyof Rig]: Rig[Key] } = {
    ...{ store, claims, own, hosts: known, asked: [], answer: () => 'done' },
    automations: await openAutomations({
      ...{ store, epoch, recipes: RECIPES, claims: automationClaims(claims), clock: { now: Date.now, after } },
      hooks: { run: () => ({ ended: Promise.resolve({ kind: 'value', value: {} }), kill: () => undefined }) },
      broker: withOwn(
        {
          subscribe: () => () => undefined,
          ask(on, id, body) {
            rig.asked.push(`${body.kind} ${on}`)
            let settle: (asked: Asked) => void = () => undefined
            const ended = new Promise<Asked>((resolve) => {
              settle = resolve
            })
            const answer = rig.answer(body)
            if (answer === 'done') settle({ kind: 'answered', answer: { kind: 'collected', revision: 1, problems: [] } })
            else if (answer !== 'silence') settle(answer)
            const cancel = () => settle({ kind: 'answered', answer: { kind: 'refused', cause: 'cancelled', reason: 'cancelled' } })
            return { id, ended, progress: () => undefined, watch: () => () => undefined, cancel }
          },
        },
        own.promise,
      ),
      feed: { current: () => undefined, subscribe: () => () => undefined },
      ...{ newId: newHostId, log: collectingLog().log, hostName: (id: string) => id },
    }),
  }
  t.teardown(() => rig.automations.close())
  return rig
}

/** As `planCreate` makes them. */
export function createArgs(changed: Partial<CreateArgs> = {}, name = 'web1', uuid = GUEST): unknown {
  const vg = { name: 'data', uuid: VG }
  return {
    guest: {
      ...{ uuid, name, type: 'pvh', boot: { kind: 'grub' }, memoryMiB: 1024, maxMemoryMiB: 1024, vcpus: 1, maxVcpus: 1, xl: [] },
      disks: [{ disk: DISK, vg, generation: 1, vdev: 'xvda', access: 'read-write' }],
      nics: [{ mac: '00:16:3e:01:02:03', bridge: 'xenbr0' }],
    },
    ...{ restart: 'on-failure', host: { id: 'a', name: 'a' }, memoryBytes: GIB, leftover: 'none' },
    ...{ spec: JSON.stringify({ name, memory: '1G' }), power: 'on', epoch: 1, who: 'alice' },
    disks: [{ disk: DISK, vdev: 'xvda', vg, sizeBytes: 8 * GIB, access: 'read-write' }],
    ...changed,
  }
}
