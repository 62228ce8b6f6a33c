// What evacuations, and returns from them, ask of the manager itself: moves, stops and starts, each an automation of its own.

import type { Lock } from '../../automation/admission/locks.ts'
import { StepFailed } from '../../automation/failure.ts'
import { MANAGER } from '../../automation/ports.ts'
import { ask, attempt, order, type Steps, undoable } from '../../automation/steps.ts'
import type { Named } from '../guests/parts.ts'
import type { HostNamed } from '../locks.ts'
import { type OwnRequest, ownOutcome } from '../own/request.ts'

/** Of one guest. */
export const MOST_TRIES = 3
/** Milliseconds between two of them. */
export const BETWEEN = 30_000
/** Milliseconds for one move, in which disks are copied. */
const PATIENCE = 14 * 86_400_000

/** Of a host that is emptied, or to which guests come back: one of these at a time. */
export function evacuationLock({ id, name }: HostNamed): Lock {
  return { key: `evacuation ${id}`, name: `the evacuation of ${name}`, access: 'exclusive' }
}

export class NotDone extends Error {
  override readonly name = 'NotDone'
}

export function* told(request: OwnRequest) {
  try {
    return ownOutcome.parse(yield* ask(MANAGER, request, { patience: PATIENCE }))
  } catch (error) {
    if (error instanceof StepFailed) return { outcome: 'failed' as const, reason: error.message, code: undefined }
    throw error
  }
}

export function* insisted(request: OwnRequest): Steps {
  const { outcome, reason } = yield* told(request)
  if (outcome !== 'done') throw new NotDone(reason)
}

/** It runs nowhere from now on; what comes to no good end has it started where it lies by then. */
export function* halted({ uuid, name }: Named): Steps {
  yield* undoable(
    {
      what: `start ${name} where it lies`,
      command: `hostless vm start ${name}`,
      requests: [order(MANAGER, { kind: 'start-guest', guest: uuid } satisfies OwnRequest, { patience: PATIENCE })],
    },
    insisted({ kind: 'stop-guest', guest: uuid }),
  )
}

/** It stands still for as long as its disks are copied; where it does not come to that, it runs again where it was. Undefined: it went. */
export function* restarted(guest: Named, move: OwnRequest): Steps<string | undefined> {
  return yield* whyNot(function* () {
    yield* halted(guest)
    yield* insisted(move)
    yield* insisted({ kind: 'start-guest', guest: guest.uuid })
  })
}

/** All of it, or all of it taken back, and why. */
export function* whyNot(body: () => Steps): Steps<string | undefined> {
  try {
    yield* attempt(body)
    return undefined
  } catch (error) {
    if (error instanceof StepFailed || error instanceof NotDone) return error.message
    throw error
  }
}
