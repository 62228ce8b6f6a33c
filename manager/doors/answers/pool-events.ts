// What the pool tells, as events of the API: that something has changed; what it is now is asked of the other routes. Pure.
import type { PoolChange } from '../../hosts/pool-change.ts'
import { alarmKey } from '../../store/tables/alarms.ts'
import type { PoolEvent } from '../api/schema-pool.ts'

/** Undefined for what the API does not tell. */
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
