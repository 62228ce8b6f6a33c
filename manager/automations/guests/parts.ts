// What recipes of guests are given, and the steps that several of them share.
import { z } from 'zod'
import type { Lock } from '../../automation/admission/locks.ts'
import type { JournaledEffect, Tagged, Undo } from '../../automation/effect.ts'
import { StepFailed } from '../../automation/failure.ts'
import { claim, hook, order, progress, request, type Steps, undoable } from '../../automation/steps.ts'
import type { Need } from '../../claims/needs.ts'
import type { GivenCpu } from '../../guests/cpu.ts'
import { cpuFeatures } from '../../protocol/guest-cpu.ts'
import { vgRef } from '../../protocol/guest-disk.ts'
import { guestRecord } from '../../protocol/guest-record.ts'
import { guestConfig, restartPolicy } from '../../protocol/requests/guest-config.ts'
import { uuid } from '../../protocol/values.ts'

/** `name`: for people. */
export const hostArg = z.object({ id: z.string(), name: z.string() }).readonly()
export const named = z.object({ uuid, name: z.string() }).readonly()

/** What the guest's VG remembers of it, for the day on which this database is lost. */
export const rememberedArg = z.object({ vg: vgRef, record: guestRecord })

export const startArgs = z.object({
  guest: guestConfig,
  restart: restartPolicy,
  host: hostArg,
  /** All that it takes of the host: claims' guestMemory. */
  memoryBytes: z.number(),
  /** `domain`: what is left of one that has ended is in the way. */
  leftover: z.enum(['none', 'domain']),
  /** What it is given; left out: that is not known. */
  cpu: cpuFeatures.exactOptional(),
})

/** Before it has another CPU than its VG remembers; `before`: what that does. */
export const rememberedStart = z.object({ ...rememberedArg.shape, before: guestRecord })

export type Named = z.output<typeof named>
export type StartArgs = z.output<typeof startArgs>
export type RememberedArg = z.output<typeof rememberedArg>
export type HostArg = z.output<typeof hostArg>

export function cpuArg(given: GivenCpu | undefined): Pick<StartArgs, 'cpu'> {
  if (!given) return {}
  const { words, leaves } = given.features
  return { cpu: { words, leaves } }
}

/** For a start, and for what a host says of it, ms. */
const START_PATIENCE = 900_000
const LOOK_PATIENCE = 60_000
const RECORD_PATIENCE = 180_000

export function guestLock({ uuid: id, name }: Named): Lock {
  return { key: `guest ${id}`, name: `guest ${name}`, access: 'exclusive' }
}

/** Parts of a guest's claims that it has while it may run. */
export const RUNNING_PARTS = ['memory', 'run'] as const

export function runningNeeds({ guest, host, memoryBytes }: StartArgs): readonly Need[] {
  const of = { guest: guest.uuid, keep: guest.name }
  return [
    { ...of, part: 'memory', kind: 'memory', host: host.id, bytes: memoryBytes },
    { ...of, part: 'run', kind: 'run', host: host.id },
  ]
}

/** An undo without requests: what it takes back are rows and claims, in the transaction that says that it is undone. */
export function rowsUndo(what: string, command: string): Undo {
  return { what, command, requests: [] }
}

export function* claimed(undo: Undo, needs: readonly Tagged[]): Steps<Readonly<Record<string, number>>> {
  return yield* undoable(undo, claim(...needs))
}

export function isRowsUndo(effect: JournaledEffect | undefined): boolean {
  return effect?.kind === 'undo' && effect.requests.length === 0
}

/** From a guest of which the claims are taken, and the disks are there, to one that runs. */
export function* bring({ guest, restart, host, leftover }: StartArgs): Steps {
  const { uuid: id, name } = guest
  yield* hook('before', 'start', { guest: name, uuid: id, host: host.name })
  yield* progress('start', `${name} on ${host.name}`)
  if (leftover === 'domain') yield* request(host.id, { kind: 'destroy-guest', uuid: id })
  yield* undoable(
    {
      what: `end ${name} on ${host.name}`,
      command: `hostless vm stop ${name} --hard`,
      requests: [order(host.id, { kind: 'destroy-guest', uuid: id })],
    },
    request(host.id, { kind: 'start-guest', guest, restart }, { patience: START_PATIENCE }),
  )
  yield* look(host)
  yield* hook('after', 'start', { guest: name, uuid: id, host: host.name })
}

/** Its host tells at once what has become of its guests; where it does not, it will. */
export function* look(host: HostArg): Steps {
  try {
    yield* request(host.id, { kind: 'collect', sections: ['guests', 'vgs', 'lvs'] }, { patience: LOOK_PATIENCE })
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
  }
}

/**
 * Before the guest is changed: its VG remembers it as it is to be, or, where it does not come to that, as it was. `before` left out: nothing
 * there remembers it yet.
 */
export function* remember(host: HostArg, name: string, { vg, record }: RememberedArg, before?: RememberedArg['record']): Steps {
  const back = before ? ({ kind: 'keep-guest', vg, record: before } as const) : ({ kind: 'forget-guest', vg, guest: record.guest } as const)
  yield* undoable(
    {
      what: before ? `let VG ${vg.name} of ${host.name} remember ${name} as it was` : `let VG ${vg.name} of ${host.name} forget ${name}`,
      command: 'hostless automation retry-undo',
      requests: [order(host.id, back, { patience: RECORD_PATIENCE })],
    },
    request(host.id, { kind: 'keep-guest', vg, record }, { patience: RECORD_PATIENCE }),
  )
}

/** What nobody takes back any more: its VG remembers it so. */
export function* keepRemembered(host: HostArg, { vg, record }: RememberedArg): Steps {
  yield* request(host.id, { kind: 'keep-guest', vg, record }, { onAbort: 'finish', patience: RECORD_PATIENCE })
}

/** From now on nothing of the host's VGs tells of this guest. */
export function* forget(host: HostArg, guest: Named, vgs: readonly RememberedArg['vg'][]): Steps {
  for (const vg of vgs) {
    yield* request(host.id, { kind: 'forget-guest', vg, guest: guest.uuid }, { onAbort: 'finish', patience: RECORD_PATIENCE })
  }
}
