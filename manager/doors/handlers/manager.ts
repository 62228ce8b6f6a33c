// The manager, of itself.
import type { manager } from '../../contract/manager.ts'
import type { Rebuilder } from '../../guests/rebuild/service.ts'
import { lvOf } from '../../protocol/guest-disk.ts'
import type { TaskStatus } from '../../reconcile/driver.ts'
import { describeApi } from '../openapi.ts'
import { done, type HandlersOf } from './handlers.ts'
import { byUser } from './hosts.ts'

export interface ManagerDeps {
  readonly tasks: () => readonly TaskStatus[]
  readonly rebuilder: Pick<Rebuilder, 'rebuild'>
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>
}

export function managerHandlers({ tasks, metrics, rebuilder }: ManagerDeps): HandlersOf<typeof manager> {
  let description: ReturnType<typeof describeApi> | undefined
  return {
    async rebuild({ mode, takeOver }, { who }) {
      const rebuilt = await rebuilder.rebuild(mode, takeOver, byUser(who.user))
      if (rebuilt.kind !== 'done') return rebuilt
      const { guests, networks, hosts, disagree, unknown, unread, done: how } = rebuilt.value
      return done({
        done: how,
        guests: guests.map(({ uuid, name, hostName, power, disks, by }) => ({
          ...{ uuid, name, host: hostName, power, by },
          disks: disks.map(({ vdev, vg, disk }) => `${vdev} ${vg.name}/${lvOf(disk)}`),
        })),
        networks: networks.map(({ name, bridge }) => ({ name, bridge })),
        ...{ hosts: [...hosts], disagree: [...disagree], unknown: [...unknown], unread: [...unread] },
      })
    },
    tasks: async () => done({ tasks: tasks().map((one) => ({ ...one, waitsFor: [...one.waitsFor] })) }),
    metrics: async () => done(await metrics()),
    async description() {
      description ??= describeApi()
      return done(description)
    },
  }
}
