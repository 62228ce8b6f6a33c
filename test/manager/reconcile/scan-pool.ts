// Hosts that share file systems on LUNs, for the scanner: a matrix that is told what each sees, and requests that the test answers.

import type { Asked } from '../../../manager/agents/questions.ts'
import { ConnectivityMatrix } from '../../../manager/connectivity/matrix.ts'
import type { HostView, PoolChange } from '../../../manager/hosts/pool-change.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import type { RequestBody } from '../../../manager/protocol/requests.ts'
import type { Driver } from '../../../manager/reconcile/driver.ts'
import { ScanTask } from '../../../manager/reconcile/scans.ts'
import type { ScanNews } from '../../../manager/storage/scan-book.ts'
import type { ScanRecord } from '../../../manager/store/tables/scans.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { iqn, naa, report } from '../connectivity/inventories.ts'
import { hostIn, shownIn } from '../hosts/conditions.ts'
import { testDriver } from './test-driver.ts'

export const FOUND: Asked = {
  kind: 'answered',
  answer: { kind: 'file-system-scanned', sizeBytes: 100, freeBytes: 10, images: [], leftOut: [] },
}

/** A LUN for each file system, `fs-1` on sda and so on; `guestHas`: a device that is a guest's disk. */
export function seeing(
  numbers: readonly number[],
  more: { readonly type?: string; readonly guestHas?: string; readonly mountPoints?: string[] } = {},
): Inventory {
  const target = { kind: 'iscsi' as const, target: iqn('t'), lun: 1 }
  const device = (number: number) => `sd${'abcdefgh'[number - 1]}`
  const guest = {
    ...{ domid: 1, uuid: '00000000-0000-4000-8000-000000000001', name: 'web', type: 'pvh' as const, state: 'running' as const },
    ...{ vcpus: 1, maxVcpus: 1, memoryBytes: 1, maxMemoryBytes: 1, nics: [] },
    disks: [{ target: more.guestHas ?? '', vdev: 'xvda', readOnly: false }],
  }
  return report({
    blockDevices: numbers.map((one) => ({
      ...{ name: device(one), device: `/dev/${device(one)}`, wwid: naa(String(one)), transport: 'iscsi' as const, target },
    })),
    fileSystems: numbers.map((one) => ({
      on: device(one),
      uuid: `fs-${one}`,
      type: more.type ?? 'ext4',
      mountPoints: more.mountPoints ?? [],
    })),
    guests: more.guestHas === undefined ? [] : [guest],
  })
}

export class ScanPool {
  readonly clock = new TestClock()
  readonly matrix = new ConnectivityMatrix()
  readonly asked: { readonly host: string; readonly body: RequestBody; readonly answer: (asked: Asked) => void }[] = []
  readonly records: ScanRecord[] = []
  readonly failures: string[] = []
  /** `key host` of each look that was begun. */
  readonly begun: string[] = []
  readonly driver: Driver
  readonly #views = new Map<string, HostView>()
  readonly #poolListeners: ((change: PoolChange) => void)[] = []
  readonly #bookListeners: ((news: ScanNews) => void)[] = []

  constructor(before: readonly ScanRecord[] = []) {
    this.driver = testDriver(this.clock).driver
    const task = new ScanTask({
      pool: {
        hosts: () => [...this.#views.values()],
        subscribe: (listener) => listen(this.#poolListeners, listener),
        matrix: async () => this.matrix,
      },
      request: (host, body) => new Promise((answer) => this.asked.push({ host, body, answer })),
      book: {
        all: () => before,
        begin: (key, host) => void this.begun.push(`${key} ${host}`),
        keep: async (record) => void this.records.push(record),
        fail: (key, { host, reason }) => void this.failures.push(`${key} ${host}: ${reason}`),
        subscribe: (listener) => listen(this.#bookListeners, listener),
      },
      now: () => this.clock.now,
      after: (milliseconds, action) => this.clock.after(milliseconds, action),
    })
    this.driver.start(task)
  }

  host(id: string, inventory: Inventory, state: HostView['state'] = 'up', isConnected: 'connected' | 'away' = 'connected'): void {
    const connection = isConnected === 'connected' ? { connection: { address: '10.0.0.1', agent: '1', since: 0 } } : {}
    const host: HostView = { id, name: id, ...shownIn(state), since: 0, groups: [], notes: '', created: 0, macs: [], ...connection }
    this.#views.set(id, host)
    this.matrix.update({ id, name: id, ...hostIn(state), inventory })
    for (const listener of this.#poolListeners) listener({ kind: 'host', host })
  }

  want(key: string): void {
    this.#news({ kind: 'wanted', key, who: 'ada' })
  }

  unwant(key: string): void {
    this.#news({ kind: 'unwanted', key, who: 'ada' })
  }

  #news(news: ScanNews): void {
    for (const listener of this.#bookListeners) listener(news)
  }

  /** `host fs-1`, of those asked for, in their order. */
  get said(): readonly string[] {
    return this.asked.map(({ host, body }) => {
      const what = body.kind === 'scan-file-system' && body.fileSystem
      return `${host} ${what && (what.kind === 'uuid' ? what.uuid : `${what.server}:${what.export}`)}`
    })
  }
}

function listen<Listener>(listeners: Listener[], listener: Listener): () => void {
  listeners.push(listener)
  return () => void listeners.splice(listeners.indexOf(listener), 1)
}
