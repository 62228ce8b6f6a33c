// Alarms as they are told: with their severity and the names of their hosts, by what is asked for.
import { byGravity, isAtLeast, isDataAtRisk, severityOf } from '../../alarms/severity.ts'
import type { Alarm, AlarmFilter, alarms } from '../../contract/alarms.ts'
import type { Done } from '../../outcome.ts'
import { hostsOf, type StoredAlarm } from '../../store/tables/alarms.ts'
import { done, found, type HandlersOf, missing } from './handlers.ts'
import { byUser } from './hosts.ts'

export interface AlarmDeps {
  /** Open ones, newest first. */
  alarms(): Promise<readonly StoredAlarm[]>
  /** Newest first. */
  acknowledgedAlarms(): Promise<readonly StoredAlarm[]>
  /** False: none of this key is open. */
  clearAlarm(key: string, who: string, comment?: string): Promise<boolean>
  host(id: string): { readonly name: string } | undefined
  /** By id or name. */
  find(ref: string): { readonly id: string } | undefined
}

export function alarmHandlers(pool: AlarmDeps): HandlersOf<typeof alarms> {
  return {
    async list({ which, sort, ...filter }): Promise<Done<{ alarms: Alarm[] }>> {
      const host = filter.host === undefined ? undefined : pool.find(filter.host)?.id
      if (filter.host !== undefined && host === undefined) return missing(`host ${filter.host}`)
      const stored = [
        ...(which === 'acknowledged' ? [] : await pool.alarms()),
        ...(which === 'open' ? [] : await pool.acknowledgedAlarms()),
      ].filter((alarm) => isMeant(alarm, filter, host))
      // Sorting keeps the order of what is alike: the newest first.
      const sorted = sort === 'severity' ? stored.toSorted(byGravity) : stored.toSorted((a, b) => b.last - a.last)
      return done({ alarms: sorted.map((alarm) => told(alarm, pool)) })
    },
    async acknowledge({ keys, comment }, { who }) {
      const answer: { acknowledged: string[]; missing: string[] } = { acknowledged: [], missing: [] }
      for (const key of new Set(keys)) {
        const isOpen = await pool.clearAlarm(key, byUser(who.user), comment.trim())
        answer[isOpen ? 'acknowledged' : 'missing'].push(key)
      }
      return done(answer)
    },
    clear: async ({ key }, { who }) =>
      found((await pool.clearAlarm(key, byUser(who.user))) ? null : undefined, `open alarm ${JSON.stringify(key)}`),
  }
}

function isMeant(alarm: StoredAlarm, { severity, kind }: Pick<AlarmFilter, 'severity' | 'kind'>, host: string | undefined): boolean {
  if (severity !== undefined && !isAtLeast(severityOf(alarm.kind), severity)) return false
  if (kind !== undefined && alarm.kind !== kind) return false
  return host === undefined || hostsOf(alarm).includes(host)
}

function told(alarm: StoredAlarm, pool: Pick<AlarmDeps, 'host'>): Alarm {
  const { key, kind, host, text, raised, last, times, acknowledged } = alarm
  const hosts = hostsOf(alarm).flatMap((id) => {
    const name = pool.host(id)?.name
    return name === undefined ? [] : [{ id, name }]
  })
  const hostName = host === null ? undefined : pool.host(host)?.name
  return {
    ...{ key, kind, severity: severityOf(kind), dataAtRisk: isDataAtRisk(kind) },
    ...(host === null ? {} : { host }),
    ...(hostName === undefined ? {} : { hostName }),
    hosts: hosts.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    ...{ text, raised, last, times },
    ...(acknowledged ? { acknowledged: { ...acknowledged } } : {}),
  }
}
