// What must hold of guests that were moved live, when everything has come to its end.
import { isAlive } from '../../../../../../images/agent/simulator/state/domain.ts'
import type { Fault } from '../faults.ts'
import type { AtEnd, End } from './end.ts'
import { diskVolumes, domainsOf } from './moment.ts'
import { replay } from './replay.ts'

/** Hosts of which a move that is done has told that something of it is left there. */
export function toldOf({ ledger, recipes, journalOf }: End): ReadonlySet<string> {
  const recipe = recipes.get('migrate-guest')
  const pending = ledger.automations.flatMap((one) => {
    if (!recipe || one.recipe !== recipe.name || one.state !== 'done') return []
    const { outcome } = replay(one, recipe, journalOf(one.id))
    return outcome?.kind === 'done' ? ((outcome.value as { readonly pending: readonly string[] }).pending ?? []) : []
  })
  return new Set(pending.flatMap((text) => / on ([ab])[ :]/.exec(text)?.[1] ?? []))
}

/** I3: on the disk that counts, whoever runs on it or not. */
export const whatWasAcknowledgedLies: AtEnd = ({ lost }) => lost

/** I2: one copy of a generation is the disk. */
export const oneCopyCounts: AtEnd = ({ site }) => {
  const ready = diskVolumes(site).flatMap(({ group, tags }) => (tags?.state === 'ready' ? [{ group, tags }] : []))
  return ready.flatMap(({ tags }, at) =>
    ready
      .slice(at + 1)
      .filter((other) => other.tags.disk === tags.disk && other.tags.generation === tags.generation)
      .map(() => `I2: two LVs are disk ${tags.disk} of generation ${tags.generation}`),
  )
}

/** A guest that was moved live goes on, where no host was reset, nobody was killed that alone could take it back, and it has not crashed. */
export const whoWasMovedGoesOn: AtEnd = ({ site, ledger, faults }) => {
  if (faults.some(mayEndGuests)) return []
  return ledger.automations.flatMap(({ recipe, args }) => {
    if (recipe !== 'migrate-guest') return []
    const { guest, way } = JSON.parse(args)
    const running = domainsOf(site).filter(({ domain }) => domain.uuid === guest.uuid && isAlive(domain))
    return way === 'stopped' || running.length === 1 ? [] : [`${guest.name} was moved live, and runs on ${running.length} hosts`]
  })
}

function mayEndGuests(fault: Fault): boolean {
  switch (fault.kind) {
    case 'crash':
      return true
    case 'stream':
      return /resets|xl of S|relay of S/.test(fault.fault)
    case 'between':
      return fault.fault !== 'cut'
    case 'request':
      return fault.fault === 'resets'
    case 'command':
      return fault.fault.startsWith('host dies')
    default:
      return false
  }
}

export const ON_MOVES: readonly AtEnd[] = [whatWasAcknowledgedLies, oneCopyCounts, whoWasMovedGoesOn]
