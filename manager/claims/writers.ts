// The one writer of a LUN, disk, partition, LV or file: against claims, and against what the hosts report that nobody claims. Of shared
// storage the reports of all that see it count; who could not say what writes there may write there. Pure.
import { type Answer, type Case, claimOf, type Of, refused } from './case.ts'
import { type Claim, isOneParty, type KnownHost } from './claim.ts'
import { doOverlap, type Footprint, isSharedSpace } from './extents.ts'
import type { Need } from './needs.ts'
import { seenBy, type Uses, usesOf } from './uses.ts'

type Hosts = Case['hosts']

/** In which a need for a writer has to be looked for. */
export function spacesOfDevice({ host, device }: Of<'writer'>, hosts: Hosts): readonly string[] {
  const found = usesOf(hosts.get(host))?.media.locate(device)
  return found?.kind === 'located' ? found.footprints.map(({ space }) => space) : []
}

/** UUIDs of guests with disks of which is not known where they lie: nobody else's, where these guests have claims. */
export function lostGuests(needs: readonly Need[], hosts: Hosts): readonly string[] {
  const writers = needs.filter((need) => need.kind === 'writer')
  const all = writers.flatMap((need) => {
    const own = usesOf(hosts.get(need.host))
    return [...(own ? [own] : []), ...seers(spacesOfDevice(need, hosts), need.host, hosts).map(({ uses }) => uses)]
  })
  return [...new Set(all.flatMap(({ lost }) => lost.map(({ guest }) => guest)))]
}

export function writer(need: Of<'writer'>, given: Case): Answer {
  const host = given.hosts.get(need.host)
  const what = `${need.device} of ${host?.name ?? need.host}`
  const uses = usesOf(host)
  if (!host || !uses) return refused({ code: 'unread', what, reason: 'the host has not reported' })
  const found = uses.media.locate(need.device)
  if (found.kind !== 'located') return refused({ code: found.kind, what, reason: found.reason })
  const { footprints } = found
  const claims = footprints.map((one) => claimOf(given, need, one.space, { ...rangeOf(one), mode: one.mode, item: need.device }))
  const [claim] = claims
  const other = claim && given.claims.find((one) => !isOneParty(one, claim) && footprints.some((mine) => doOverlap(mine, footprintOf(one))))
  if (other)
    return refused({ code: 'held', what, by: other.item === need.device ? other.holder.name : `${other.holder.name}, as ${other.item}` })
  const others = seers(
    footprints.map(({ space }) => space),
    host.id,
    given.hosts,
  )
  for (const one of [{ host, uses }, ...others]) {
    const refusal = againstReport(one, footprints, what, given)
    if (refusal) return refusal
  }
  return { kind: 'claims', claims }
}

interface Seer {
  readonly host: KnownHost
  readonly uses: Uses
}

/** The other hosts that may write there. */
function seers(spaces: readonly string[], own: string, hosts: Hosts): readonly Seer[] {
  const shared = spaces.filter(isSharedSpace)
  if (shared.length === 0) return []
  return [...hosts.values()].flatMap((host) => {
    const seen = host.id === own ? undefined : seenBy(host)
    if (!seen || !(seen.blind || shared.some((space) => seen.shared.has(space)))) return []
    const uses = usesOf(host)
    return uses ? [{ host, uses }] : []
  })
}

function againstReport({ host, uses }: Seer, footprints: readonly Footprint[], what: string, { guest, claimed }: Case): Answer | undefined {
  for (const footprint of footprints) {
    const use = uses.writes
      .get(footprint.space)
      ?.find((one) => (one.guest === undefined || one.guest !== guest) && doOverlap(footprint, one.footprint))
    if (use) return refused({ code: 'held', what, by: use.by })
  }
  const unread = (reason: string): Answer => refused({ code: 'unread', what: `who writes ${what}`, reason })
  if (uses.unread !== undefined) return unread(`${host.name}: ${uses.unread}`)
  const lost = uses.lost.find((one) => one.guest !== guest && !claimed.has(one.guest))
  return lost && unread(lost.reason)
}

function rangeOf({ start, end }: Footprint): { readonly start: number; readonly length: number } {
  return { start, length: end - start }
}

function footprintOf({ space, start, length, mode }: Claim): Footprint {
  return { space, start, end: start + length, mode: mode === 'within' ? 'within' : 'whole' }
}
