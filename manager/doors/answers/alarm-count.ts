// How many open alarms each host has, counted once and kept until an alarm is raised or cleared.
import { hostsOf, type StoredAlarm } from '../../store/tables/alarms.ts'

/** By host id. */
export type AlarmsOf = ReadonlyMap<string, number>

export class AlarmCount {
  readonly #read: () => Promise<readonly StoredAlarm[]>
  #kept: Promise<AlarmsOf> | undefined

  constructor(read: () => Promise<readonly StoredAlarm[]>) {
    this.#read = read
  }

  now(): Promise<AlarmsOf> {
    if (this.#kept) return this.#kept
    const reading = this.#read().then(countAlarms)
    this.#kept = reading
    reading.catch(() => {
      if (this.#kept === reading) this.#kept = undefined
    })
    return reading
  }

  forget(): void {
    this.#kept = undefined
  }
}

function countAlarms(alarms: readonly StoredAlarm[]): AlarmsOf {
  const of = new Map<string, number>()
  for (const alarm of alarms) for (const host of hostsOf(alarm)) of.set(host, (of.get(host) ?? 0) + 1)
  return of
}
