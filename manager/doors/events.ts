// What changes in the pool, as events of the contract: that something has changed; what it is now is asked of the operations.
import type { Automations } from '../automation/service.ts'
import type { PoolEvent } from '../contract/events.ts'
import type { PoolChange } from '../hosts/pool-change.ts'
import type { Pool } from '../hosts/service.ts'
import type { ScanBook } from '../storage/scan-book.ts'
import { alarmKey } from '../store/tables/alarms.ts'
import type { Tasks } from '../tasks/tasks.ts'
import type { BootBook } from './handlers/hosts.ts'

export interface EventSources {
  readonly pool: Pick<Pool, 'subscribe'>
  readonly boots: Pick<BootBook, 'subscribe'>
  readonly scans: Pick<ScanBook, 'subscribe'>
  readonly automations: Pick<Automations, 'subscribe'>
  readonly work: Pick<Tasks, 'subscribe'>
}

export interface PoolEvents {
  /** Until the function that it returns is called. */
  subscribe(listener: (event: PoolEvent) => void): () => void
}

export function poolEvents({ pool, boots, scans, automations, work }: EventSources): PoolEvents {
  return {
    subscribe(listener) {
      const ends = [
        pool.subscribe((change) => {
          const event = eventOf(change)
          if (event) listener(event)
        }),
        automations.subscribe((automation) => listener({ kind: 'automation', automation })),
        boots.subscribe((mac) => listener({ kind: 'boot', mac })),
        scans.subscribe(({ kind, key }) => {
          if (kind === 'scanned' || kind === 'failed') listener({ kind: 'scan', thing: key })
        }),
        work.subscribe((task) => listener({ kind: 'task', task })),
      ]
      return () => {
        for (const end of ends) end()
      }
    },
  }
}

/** Undefined for what is not told. */
export function eventOf(change: PoolChange): PoolEvent | undefined {
  switch (change.kind) {
    case 'host':
      return { kind: 'host', host: change.host.id, name: change.host.name, state: change.host.state }
    case 'inventory':
      return { kind: 'inventory', host: change.host, sections: [...change.sections] }
    case 'sample':
      return { kind: 'sample', host: change.host }
    case 'alarm':
      return { kind: 'alarm', alarm: alarmKey(change.alarm) }
    case 'alarm-cleared':
      return { kind: 'alarm-cleared', alarm: change.key }
    case 'connected':
    case 'event':
      return undefined
  }
}
