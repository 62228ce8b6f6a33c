// Open alarms, with the names of their hosts.
import type { Alarm, alarms } from '../../contract/alarms.ts'
import type { StoredAlarm } from '../../store/tables/alarms.ts'
import { done, found, type HandlersOf } from './handlers.ts'
import { byUser } from './hosts.ts'

export interface AlarmDeps {
  alarms(): Promise<readonly StoredAlarm[]>
  /** False: none of this key is open. */
  clearAlarm(key: string, who: string): Promise<boolean>
  host(id: string): { readonly name: string } | undefined
}

export function alarmHandlers(pool: AlarmDeps): HandlersOf<typeof alarms> {
  const told = ({ host, ...alarm }: StoredAlarm): Alarm => {
    if (host === null) return alarm
    const hostName = pool.host(host)?.name
    return { ...alarm, host, ...(hostName === undefined ? {} : { hostName }) }
  }
  return {
    list: async () => done({ alarms: (await pool.alarms()).map(told) }),
    clear: async ({ key }, { who }) =>
      found((await pool.clearAlarm(key, byUser(who.user))) ? null : undefined, `open alarm ${JSON.stringify(key)}`),
  }
}
