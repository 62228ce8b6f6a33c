// Whether who is limited to groups may act on what an operation acts on: the one place where that is looked at, for API, page and command
// line. Looks are everybody's. What is refused is named; what is not there is missing, as it is for everybody.
import type { Identified } from '../../access/access.ts'
import type { Operation } from '../../contract/operation.ts'
import { POOL, type Things } from '../../contract/target.ts'
import type { Done, Refused } from '../../outcome.ts'
import { type Grouped, isWithin, sayLimit } from '../../protocol/group-limit.ts'

/** Something that is acted on, as people call it: `host node07`. In no group: nobody who has a limit acts on it. */
export interface Subject extends Grouped {
  readonly name: string
}

/** Where an operation's things are found. Undefined: there is none. */
export interface PoolThings {
  host(ref: string): Promise<Subject | undefined>
  guest(ref: string): Promise<Subject | undefined>
  guestsOn(host: string): Promise<readonly Subject[]>
  guestsAwayFrom(host: string): Promise<readonly Subject[]>
  /** Hosts, that one among them. */
  seeingVg(vg: NonNullable<Things['vg']>): readonly Subject[]
  seeingDisks(disks: NonNullable<Things['disks']>): readonly Subject[]
  automation(id: string): Promise<readonly Subject[] | undefined>
  task(id: string): Promise<readonly Subject[] | undefined>
  alarm(key: string): Promise<readonly Subject[] | undefined>
  connection(id: string): Promise<readonly Subject[] | undefined>
}

export type Verdict = { readonly kind: 'may' } | Exclude<Done<never>, { readonly kind: 'done' }>

export type Limited = Pick<Identified, 'groups'>

/** Of those that are refused, so many are named. */
const MOST_NAMED = 5
const MAY: Verdict = { kind: 'may' }

export class Rights {
  readonly #things: PoolThings

  constructor(things: PoolThings) {
    this.#things = things
  }

  /** `input`: as the operation takes it. One that does not say on what it acts, and acts, is taken to act on the whole pool. */
  async mayAct({ on, did }: Pick<Operation, 'on' | 'did'>, input: unknown, { groups: limit }: Limited): Promise<Verdict> {
    if (limit === undefined) return MAY
    const target = on ? on(Object(input)) : did ? POOL : undefined
    if (!target || target.kind === 'account' || target.kind === 'look') return MAY
    if (target.kind === 'pool') return outside(['the whole pool'], limit)
    const found = await this.#subjects(target)
    if (found.kind !== 'done') return found
    const others = found.value.filter((one) => !isWithin(limit, one))
    if (others.length > 0) return outside(others.map(say), limit)
    return this.#stays(target, limit)
  }

  /** Whether this user may still do to this guest what takes a role. */
  async mayActOnGuest(ref: string, { groups }: Limited): Promise<boolean> {
    if (groups === undefined) return true
    const guest = await this.#things.guest(ref)
    return guest !== undefined && isWithin(groups, guest)
  }

  /** Each once. */
  async #subjects(wanted: Things): Promise<Done<readonly Subject[]>> {
    const things = this.#things
    const all: Subject[] = []
    const lists: readonly (readonly [string, readonly string[] | undefined, (ref: string) => Promise<readonly Subject[] | undefined>])[] = [
      ['host', wanted.hosts, async (ref) => only(await things.host(ref))],
      ['guest', wanted.guests, async (ref) => only(await things.guest(ref))],
      ['automation', wanted.automations, (id) => things.automation(id)],
      ['task', wanted.tasks, (id) => things.task(id)],
      ['alarm', wanted.alarms, (key) => things.alarm(key)],
      ['connection', wanted.connections, (id) => things.connection(id)],
      ['host', wanted.guestsOf, (host) => things.guestsOn(host)],
      ['host', wanted.guestsAwayFrom, (host) => things.guestsAwayFrom(host)],
    ]
    for (const [noun, refs = [], find] of lists) {
      for (const ref of refs) {
        const found = await find(ref)
        if (!found) return missing(`${noun} ${noun === 'guest' ? JSON.stringify(ref) : ref}`)
        all.push(...found)
      }
    }
    if (wanted.vg) all.push(...things.seeingVg(wanted.vg))
    if (wanted.disks) all.push(...things.seeingDisks(wanted.disks))
    all.push(...(wanted.groups ?? []).map((group) => ({ name: `all hosts of ${group}`, groups: [group] })))
    return { kind: 'done', value: [...new Map(all.map((one) => [one.name, one])).values()] }
  }

  /** What a thing is to be in, or have: it neither leaves the limit nor widens it. */
  async #stays({ regrouped, retagged, made }: Things, limit: readonly string[]): Promise<Verdict> {
    if (regrouped) {
      const host = await this.#things.host(regrouped.host)
      const isSame = host && isSameSet(host.groups, regrouped.groups)
      if (!isSame) return refused(`in which groups a host is says who acts on it: ${not(limit)}`)
    }
    if (retagged) {
      const guest = await this.#things.guest(retagged.guest)
      const becomes = { groups: retagged.groups ?? guest?.groups ?? [], tags: retagged.tags ?? guest?.tags ?? [] }
      if (guest && !isWithin(limit, becomes)) return refused(`${guest.name} would have none of your groups any more: ${not(limit)}`)
    }
    if (made && !isWithin(limit, made) && limit.length !== 1) {
      return refused(`guest ${made.name} is to have one of your groups as a tag, to be yours: ${sayLimit(limit)}`)
    }
    return MAY
  }
}

/** In no group: nobody who has a limit acts on it. */
export function nobodys(name: string): Subject {
  return { name, groups: [] }
}

/** What a new guest of who is limited to one group is tagged with, so that it is theirs; otherwise they say it themselves. */
export function inherited<Spec extends { readonly groups: readonly string[]; readonly tags: readonly string[] }>(
  spec: Spec,
  { groups: limit }: Limited,
): Spec {
  const [only] = limit ?? []
  return only === undefined || isWithin(limit, spec) ? spec : { ...spec, tags: [...spec.tags, only] }
}

function outside(names: readonly string[], limit: readonly string[]): Refused {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  return refused(`this acts on ${names.slice(0, MOST_NAMED).join(', ')}${more}: ${not(limit)}`)
}

function refused(reason: string): Refused {
  return { kind: 'refused', status: 403, code: 'outside-your-groups', reason }
}

const not = (limit: readonly string[]): string => `you may act on ${sayLimit(limit)}${limit.length === 0 ? '' : ' alone'}`

function say({ name, groups, tags = [] }: Subject): string {
  const all = [...new Set([...groups, ...tags])]
  return all.length === 0 ? `${name} (in no group)` : `${name} (${all.slice(0, MOST_NAMED).join(', ')})`
}

const only = (one: Subject | undefined): readonly Subject[] | undefined => (one ? [one] : undefined)

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.every((each) => other.includes(each)) && other.every((each) => one.includes(each))
}

function missing(what: string): { readonly kind: 'missing'; readonly reason: string } {
  return { kind: 'missing', reason: `there is no ${what}` }
}
