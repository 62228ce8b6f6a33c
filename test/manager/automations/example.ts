import { z } from 'zod'
import { recipe } from '../../../manager/automation/recipe.ts'
import { ask, hook, meanwhile, order, progress, type Steps, undoable } from '../../../manager/automation/steps.ts'

const args = z.object({ guest: z.string(), host: z.string(), memoryMiB: z.int().positive() })
type Args = z.output<typeof args>

export const INSTALL = recipe<Args>({
  name: 'install',
  version: 1,
  parse: (given) => args.parse(given),
  title: ({ guest, host }) => `install ${guest} on ${host}`,
  locks: ({ guest }) => [{ key: `guest ${guest}`, name: `guest ${guest}`, access: 'exclusive' }],
  phases: ['check', 'install', 'start'],
  noReturn: 'start',
  run: install,
})

function* install({ guest, host, memoryMiB }: Args): Steps<{ readonly on: string }> {
  yield* canHost(host, memoryMiB)
  yield* meanwhile(
    { what: `clear the mark on ${guest}`, command: `hostless vm release ${guest}`, requests: [setBusy(host, guest, 'no')] },
    ask(host, setBusy(host, guest, 'yes').body),
    function* () {
      yield* progress('install', `a disk for ${guest}`)
      yield* undoable(
        {
          what: `remove the disk of ${guest}`,
          command: `hostless vm destroy ${guest}`,
          requests: [order(host, { kind: 'cleanup', guest })],
        },
        ask(host, { kind: 'install', guest }),
      )
      yield* hook('before', 'start', { guest, host })
      yield* progress('start')
      yield* ask(host, { kind: 'start', guest }, { onAbort: 'finish' })
    },
  )
  yield* hook('after', 'start', { guest, host })
  return { on: host }
}

function* canHost(host: string, memoryMiB: number): Steps {
  yield* progress('check')
  yield* ask(host, { kind: 'can-host', memoryMiB })
}

function setBusy(host: string, guest: string, busy: 'yes' | 'no') {
  return order(host, { kind: 'set-busy', guest, busy })
}
