// What is wrong in the pool, by what its hosts report: kept as they report, and told as what begins, changes and ends since it was
// last told. Pure; book.ts writes it down. A report costs in the order of its host, not of the pool.
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import { uncountedOf } from '../protocol/unread.ts'
import { CONDITION_KINDS, type ConditionKind } from '../store/tables/alarm-kinds.ts'
import { wordsOf } from '../store/tables/alarms.ts'
import type { KnownMaps } from '../store/tables/multipaths.ts'
import { Clocks } from './clocks.ts'
import { type Condition, type Finding, keyOfCondition, type ReportingHost, type Source } from './condition.ts'
import { DiskClashes } from './disk-clashes.ts'
import { Duplicates } from './duplicates.ts'
import { PathFaults } from './faults/paths.ts'
import { Faults } from './faults.ts'
import { lastKnown } from './last-known.ts'
import { PathMemory } from './path-memory.ts'
import { Siblings } from './siblings.ts'

export type ConditionChange =
  /** It is true: raised when that is new, its text put right when it was known. */
  { readonly kind: 'holds'; readonly key: string; readonly condition: Condition } | { readonly kind: 'ends'; readonly key: string }

/** These are about one host, whose id comes first in `about`; the others are about what several share. */
const OF_THE_POOL: ReadonlySet<ConditionKind> = new Set(['shared-uuid', 'shared-mac', 'shared-initiator', 'shared-wwid', 'sibling-differs'])

/** What a condition of each kind is seen in: as long as that could not be read, it may still be so. */
const RESTS_ON: { readonly [Kind in ConditionKind]: readonly SectionName[] } = {
  'shared-uuid': ['dmi'],
  'shared-mac': ['nics'],
  'shared-initiator': ['iscsi'],
  'shared-wwid': ['blockDevices'],
  'sibling-differs': ['dmi', 'nics', 'blockDevices'],
  'disk-failing': ['diskHealth'],
  'disk-defects': ['diskHealth'],
  // What maps had is remembered by itself.
  'path-failed': [],
  'sensor-alarm': ['sensors'],
  'clock-differs': [],
  'pv-missing': ['pvs', 'vgs'],
  'thin-pool-full': ['lvs'],
  'lv-degraded': ['lvs'],
  'drbd-degraded': ['drbd'],
}

export class Conclusions {
  readonly #clocks = new Clocks()
  /** What maps have had: written down with the conditions. */
  readonly paths: PathMemory
  readonly #sources: readonly Source[]
  /** As they were last known. */
  readonly #seen = new Map<string, Pick<ReportingHost, 'name' | 'inventory'>>()
  /** Sections of each host that have not been read whole since it was first told of. */
  readonly #unread = new Map<string, ReadonlySet<SectionName>>()
  /** What is true of each subject, by source and subject: the keys of its conditions. */
  readonly #subjects = new Map<string, readonly string[]>()
  readonly #true = new Map<string, Condition>()
  /** What is written down as true: key to words. */
  readonly #written: Map<string, string>
  readonly #open = new Set<string>()
  #complete = false

  /** `written`: what was true when the manager last ran. `maps`: what multipath maps had, by host. */
  constructor(written: ReadonlyMap<string, string>, maps: ReadonlyMap<string, KnownMaps> = new Map()) {
    this.#written = new Map(written)
    this.paths = new PathMemory(maps, [...written].flatMap(pathAlarm))
    this.#sources = [new Faults(written.keys()), new PathFaults(this.paths), new Duplicates(), new DiskClashes(), new Siblings()]
  }

  update(reporting: ReportingHost): void {
    const { id, name } = reporting
    const before = this.#seen.get(id)
    const inventory = lastKnown(before?.inventory, reporting.inventory)
    const host = { id, name, inventory }
    this.#seen.set(id, { name, inventory })
    this.#unread.set(id, new Set([...(this.#unread.get(id) ?? RESTED_ON)].filter((section) => isUnread(inventory, section))))
    for (const source of this.#sources) {
      if (before?.name !== name || source.sections.some((section) => !isSame(before.inventory, inventory, section))) source.update(host)
    }
  }

  remove(id: string): void {
    this.#clocks.gone(id)
    this.#unread.delete(id)
    if (!this.#seen.delete(id)) return
    for (const source of this.#sources) source.remove(id)
  }

  /** A person has acknowledged it. */
  cleared(key: string): void {
    const named = partsOf(key)
    if (!named || !this.#written.has(key)) return
    for (const source of this.#sources) source.cleared?.(named.kind, named.about)
  }

  /** `ahead`: how far a host's clock is from the manager's, ms. */
  heardClock(id: string, name: string, ahead: number): void {
    this.#clocks.heard(id, name, ahead)
  }

  lostClock(id: string): void {
    this.#clocks.gone(id)
  }

  /** All hosts that are known have been told of: what was true before and is not any more may end. */
  complete(): void {
    if (this.#complete) return
    this.#complete = true
    for (const key of this.#written.keys()) this.#open.add(key)
  }

  /** What is to be written down; the same again until it was `taken`. None before it is complete. */
  changes(): readonly ConditionChange[] {
    for (const [index, source] of [this.#clocks, ...this.#sources].entries()) {
      for (const finding of source.findings()) this.#take(`${index} ${finding.subject}`, finding)
    }
    if (!this.#complete) return []
    return [...this.#open].flatMap((key): readonly ConditionChange[] => {
      const condition = this.#true.get(key)
      const written = this.#written.get(key)
      if ((condition && wordsOf(condition)) === written || (!condition && this.#mayStillBe(key))) return []
      return [condition ? { kind: 'holds', key, condition } : { kind: 'ends', key }]
    })
  }

  taken(changes: readonly ConditionChange[]): void {
    for (const change of changes) {
      if (change.kind === 'holds') this.#written.set(change.key, wordsOf(change.condition))
      else this.#written.delete(change.key)
    }
    for (const key of this.#open) {
      const condition = this.#true.get(key)
      if ((condition && wordsOf(condition)) === this.#written.get(key)) this.#open.delete(key)
    }
  }

  /** Not seen since the manager runs, in what could not be read of the host that it is about; of any, where it is about several. */
  #mayStillBe(key: string): boolean {
    const named = partsOf(key)
    if (!named) return false
    const [host = ''] = named.about.split(' ')
    const concerned = OF_THE_POOL.has(named.kind) ? [...this.#unread.values()] : [this.#unread.get(host)]
    return concerned.some((unread) => RESTS_ON[named.kind].some((section) => unread?.has(section)))
  }

  #take(subject: string, { conditions }: Finding): void {
    for (const key of this.#subjects.get(subject) ?? []) {
      this.#true.delete(key)
      this.#open.add(key)
    }
    for (const condition of conditions) {
      const key = keyOfCondition(condition)
      this.#true.set(key, condition)
      this.#open.add(key)
    }
    if (conditions.length === 0) this.#subjects.delete(subject)
    else this.#subjects.set(subject, conditions.map(keyOfCondition))
  }
}

const RESTED_ON: ReadonlySet<SectionName> = new Set(Object.values(RESTS_ON).flat())

function isUnread(inventory: Inventory, section: SectionName): boolean {
  return uncountedOf(inventory, [section]).length > 0
}

function partsOf(key: string): Pick<Condition, 'kind' | 'about'> | undefined {
  const [, word, about] = /^(\S+) (.+)$/.exec(key) ?? []
  const kind = CONDITION_KINDS.find((one) => one === word)
  return kind === undefined || about === undefined ? undefined : { kind, about }
}

/** From the key of a condition of an older manager: `path-failed HOST WWID`, or without the WWID where many maps are one alarm. */
function pathAlarm([key, text]: readonly [string, string]): readonly {
  readonly host: string
  readonly wwid: string
  readonly text: string
}[] {
  const [, host, wwid = ''] = /^path-failed (\S+)(?: (.+))?$/.exec(key) ?? []
  return host === undefined || /^(portal|port|lun)$/.test(host) ? [] : [{ host, wwid, text }]
}

function isSame(before: Inventory, now: Inventory, section: Source['sections'][number]): boolean {
  return before[section] === now[section]
}
