// The recipe that the harness breaks: it uses every effect, and branches in branches.
import { z } from 'zod'
import type { Tagged, Undo } from '../../../../../manager/automation/effect.ts'
import { recipe } from '../../../../../manager/automation/recipe.ts'
import {
  all,
  any,
  ask,
  awaitEvent,
  bounded,
  claim,
  hook,
  meanwhile,
  newId,
  now,
  order,
  progress,
  random,
  type Steps,
  sleep,
  undoable,
} from '../../../../../manager/automation/steps.ts'

const args = z.object({ guest: z.string(), host: z.string(), hosts: z.array(z.string()) })
type Args = z.output<typeof args>

export const outcomeOfDeploy = z.object({ id: z.string(), chosen: z.string() })

export const DEPLOY = recipe<Args>({
  name: 'deploy',
  version: 1,
  parse: (given) => args.parse(given),
  title: ({ guest, host }) => `deploy ${guest} on ${host}`,
  locks: ({ guest, host }) => [
    { key: `guest ${guest}`, name: `guest ${guest}`, access: 'exclusive' },
    { key: `host ${host}`, name: `host ${host}`, access: 'shared' },
  ],
  phases: ['check', 'disks', 'place', 'start', 'end'],
  noReturn: 'start',
  run: deploy,
})

export function disk(guest: string, which: string): string {
  return `${guest}-${which}`
}

function* deploy({ guest, host, hosts }: Args): Steps<unknown> {
  yield* progress('check')
  yield* claim({ kind: 'memory' })
  yield* bounded(
    2,
    [...hosts, host].map((each) => () => ask(each, { kind: 'can-host', guest })),
  )
  const [id, at] = [yield* newId(), yield* now()]
  yield* hook('before', 'deploy', { guest })
  const chosen = yield* meanwhile(
    undo('clear the busy mark', host, { kind: 'clear-busy', by: guest }),
    ask(host, { kind: 'set-busy', by: guest }),
    () => place({ guest, host, hosts }),
  )
  const warned = yield* hook('after', 'deploy', { guest })
  yield* progress('end', warned ?? '')
  return { id, at, chosen }
}

function* place({ guest, host, hosts }: Args): Steps<string> {
  yield* progress('disks')
  yield* all(['root', 'data'].map((which) => () => makeDisk(host, guest, which)))
  yield* sleep(Math.round(100 + 100 * (yield* random())))
  yield* progress('place')
  const chosen = yield* any(hosts.map((each) => () => seed(each, guest)))
  yield* progress('start')
  const start = { kind: 'start-guest', guest, disk: disk(guest, 'root') }
  const stop = undo('stop the guest', host, { ...start, kind: 'stop-guest' })
  yield* undoable(stop, ask(host, start, { onAbort: 'finish' }))
  yield* awaitEvent(`guest ${guest}`, ['running'], 60_000)
  return chosen
}

function* seed(host: string, guest: string): Steps<string> {
  yield* makeDisk(host, guest, 'seed')
  return host
}

function makeDisk(host: string, guest: string, which: string): Steps<unknown> {
  const body = { kind: 'make-disk', guest, disk: disk(guest, which) }
  return undoable(undo(`remove the disk ${which}`, host, { ...body, kind: 'remove-disk' }), ask(host, body))
}

function undo<Body extends Tagged>(what: string, host: string, body: Body): Undo {
  return { what, command: `rack ${host} ${body.kind}`, requests: [order(host, body)] }
}
