// What must hold of hosts that were emptied, and of the moves of it all, when everything has come to its end.
import type { AtEnd } from './end.ts'

/**
 * What an evacuation has cordoned stays so, unless it was aborted or has failed before it said who stays, or its guests were brought home; one
 * that was aborted while they were leaves the cordon as it was.
 */
const cordonsFollow: AtEnd = ({ ledger, cordons, evacuating }) => {
  if (evacuating.size > 0 && ledger.automations.every(({ recipe, ended }) => recipe !== 'evacuate-host' || ended !== null))
    return ['no host is evacuated any more, and one is said to be']
  const reasons = new Set(cordons.values())
  const homecomings = ledger.automations.filter(({ recipe }) => recipe === 'bring-home')
  const isOver = homecomings.some(({ state }) => state === 'done')
  if (isOver && reasons.size > 0) return ['guests were brought home, and their host is still cordoned for its evacuation']
  if (isOver || homecomings.some(({ state }) => state === 'failed')) return []
  return ledger.automations.flatMap(({ id, recipe, state }) => {
    if (recipe !== 'evacuate-host') return []
    const isCordoned = reasons.has(`evacuated by automation ${id}`)
    if (state === 'aborted' && isCordoned) return [`${id} was aborted, and its host is still cordoned for it`]
    return state === 'done' && cordons.size === 0 ? [`${id} is done, and its host is not cordoned`] : []
  })
}

/** Nobody is away from where it lies; who has left by an evacuation that is done, and has not come back, is remembered. */
const homesAreTrue: AtEnd = ({ ledger, homes }) => {
  const lies = new Map(ledger.guests.map(({ uuid, host }) => [uuid, host]))
  const wrong = homes.flatMap(({ guest, host }) =>
    lies.get(guest) === host ? [`${guest} lies on ${host}, and is said to be away from it`] : [],
  )
  const forgotten = ledger.automations.flatMap(({ id, recipe, state, args }) => {
    if (recipe !== 'evacuate-host' || state !== 'done') return []
    const { host, guests } = JSON.parse(args) as {
      readonly host: { readonly id: string }
      readonly guests: readonly { readonly uuid: string }[]
    }
    const away = guests.filter(({ uuid }) => lies.has(uuid) && lies.get(uuid) !== host.id && !homes.some(({ guest }) => guest === uuid))
    return away.map(({ uuid }) => `${uuid} has left ${host.id} by ${id}, and that is not remembered`)
  })
  return [...wrong, ...forgotten]
}

/** Of each move that has ended there is what became of it, once. */
const movesAreKept: AtEnd = ({ ledger, moves }) => {
  const ended = ledger.automations.filter(({ recipe, ended: at }) => recipe === 'migrate-guest' && at !== null)
  const missing = ended.filter(
    ({ id, state, ended: at }) => !moves.some((one) => one.automation === id && one.outcome === state && one.ended === at),
  )
  if (moves.length !== ended.length) return [`${ended.length} moves have ended, and ${moves.length} are kept`]
  return missing.map(({ id, state }) => `the move ${id} is ${state}, and what is kept of it says otherwise`)
}

export const ON_EVACUATIONS: readonly AtEnd[] = [cordonsFollow, homesAreTrue, movesAreKept]
