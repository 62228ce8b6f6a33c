// `reboot-guest`, `pause-guest` and `unpause-guest`: what is done to a guest that runs, and stays where it is.
import { z } from 'zod'
import { type Recipe, recipe } from '../../automation/recipe.ts'
import { progress, request, type Steps } from '../../automation/steps.ts'
import { hostLock } from '../locks.ts'
import { notOn } from './outdated.ts'
import { guestLock, hostArg, named } from './parts.ts'
import { rowsOfHost } from './rows.ts'
import { bookOf } from './written.ts'

const runningArgs = z.object({ guest: named, host: hostArg })
const rebootArgs = z.object({ ...runningArgs.shape, domid: z.number() })

type RunningArgs = z.output<typeof runningArgs>
type RebootArgs = z.output<typeof rebootArgs>

export const REBOOT_GUEST = recipe<RebootArgs>({
  name: 'reboot-guest',
  version: 1,
  parse: (given) => rebootArgs.parse(given),
  title: ({ guest, host }) => `reboot ${guest.name} on ${host.name}`,
  locks: ({ guest, host }) => [guestLock(guest), hostLock(host, 'shared')],
  outdated: (db, { guest, host }) => notOn(db, guest, host),
  phases: ['ask'],
  run: reboot,
})

function* reboot({ guest, host, domid }: RebootArgs): Steps {
  yield* progress('ask', guest.name)
  yield* request(host.id, { kind: 'reboot-guest', uuid: guest.uuid, domid })
}

export const PAUSE_GUEST = pausing('pause', 'paused')
export const UNPAUSE_GUEST = pausing('unpause', 'running')

function pausing(verb: 'pause' | 'unpause', state: 'paused' | 'running'): Recipe {
  return recipe<RunningArgs>({
    name: `${verb}-guest`,
    version: 1,
    parse: (given) => runningArgs.parse(given),
    title: ({ guest, host }) => `${verb} ${guest.name} on ${host.name}`,
    locks: ({ guest, host }) => [guestLock(guest), hostLock(host, 'shared')],
    outdated: (db, { guest, host }) => notOn(db, guest, host),
    phases: [verb],
    *run({ guest, host }): Steps {
      yield* progress(verb, guest.name)
      yield* request(host.id, { kind: 'pause-guest', uuid: guest.uuid, state })
    },
    rows: async (transaction, automation, { guest }, entries) =>
      rowsOfHost(transaction, guest.uuid, await bookOf(transaction, automation, entries)),
  })
}
