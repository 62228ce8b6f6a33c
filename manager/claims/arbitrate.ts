// Who gets what: needs, what is claimed and what the hosts report → claims, or every refusal. Pure.
import { memory, space } from './amounts.ts'
import type { Answer, Case } from './case.ts'
import { type Claim, guestOf, type Holder, type KnownHost, spaceOf } from './claim.ts'
import type { Need } from './needs.ts'
import { macCandidates, macNumber } from './numbers.ts'
import type { Refusal } from './refusal.ts'
import { running } from './running.ts'
import { address, guestName, mac, numbers, seedOf } from './single.ts'
import { spacesOfDevice, writer } from './writers.ts'

export interface Ground {
  /** All of the pool, by id. */
  readonly hosts: ReadonlyMap<string, KnownHost>
  /** All that `looksOf` names. */
  readonly claims: readonly Claim[]
  /** Of `lostGuests`, those that have claims. */
  readonly claimed: ReadonlySet<string>
}

export type Verdict =
  | { readonly kind: 'taken'; readonly claims: readonly Claim[] }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }

/** What has to be known of a space: all claims in it, or those on these numbers. */
export interface Look {
  readonly space: string
  readonly numbers?: readonly number[]
}

/** The parts that are named take the place of what the holder had of them. */
export function arbitrate(holder: Holder, needs: readonly Need[], { hosts, claims, claimed }: Ground): Verdict {
  const parts = new Set(needs.map(({ part }) => part))
  const isReplaced = (claim: Claim): boolean => claim.holder.kind === holder.kind && claim.holder.id === holder.id && parts.has(claim.part)
  const before = claims.filter(isReplaced)
  const standing = claims.filter((claim) => !isReplaced(claim))
  const made: Claim[] = []
  const refusals: Refusal[] = []
  for (const need of needs) {
    const guest = need.guest ?? guestOf(holder)
    const kept = before.filter(({ part }) => part === need.part)
    const answer = answerTo(need, { holder, guest, hosts, claims: [...standing, ...made], claimed, before: kept })
    if (answer.kind === 'claims') made.push(...answer.claims)
    else refusals.push(answer.refusal)
  }
  return refusals.length > 0 ? { kind: 'refused', refusals } : { kind: 'taken', claims: made }
}

export function looksOf(holder: Holder, needs: readonly Need[], hosts: Ground['hosts']): readonly Look[] {
  const looks = needs.flatMap((need) => looksFor(holder, need, hosts))
  return [...new Map(looks.map((look) => [JSON.stringify(look), look])).values()]
}

function looksFor(holder: Holder, need: Need, hosts: Ground['hosts']): readonly Look[] {
  switch (need.kind) {
    case 'memory':
    case 'dom0-memory':
      return [{ space: spaceOf({ kind: need.kind, host: need.host }) }]
    case 'space':
      return [{ space: spaceOf({ kind: 'vg', uuid: need.vg }) }]
    case 'writer':
      return spacesOfDevice(need, hosts).map((space) => ({ space }))
    case 'minor':
    case 'port':
      return need.hosts.map((host) => ({ space: spaceOf({ kind: need.kind, host }) }))
    case 'mac':
      return [{ space: 'mac', numbers: need.mac === undefined ? macCandidates(seedOf(holder, need)) : [macNumber(need.mac)] }]
    case 'address':
    case 'guest-name':
    case 'run':
      return [{ space: spaceOf(need) }]
  }
}

function answerTo(need: Need, given: Case): Answer {
  switch (need.kind) {
    case 'memory':
    case 'dom0-memory':
      return memory(need, given)
    case 'space':
      return space(need, given)
    case 'writer':
      return writer(need, given)
    case 'minor':
    case 'port':
      return numbers(need, given)
    case 'mac':
      return mac(need, given)
    case 'address':
      return address(need, given)
    case 'guest-name':
      return guestName(need, given)
    case 'run':
      return running(need, given)
  }
}
