// VGs: made of disks of one host, grown by more of them, removed. The disks are the automation's while it is at it.
import { z } from 'zod'
import { StepFailed } from '../automation/failure.ts'
import { recipe } from '../automation/recipe.ts'
import { all, claim, hook, progress, request, type Steps } from '../automation/steps.ts'
import type { Need } from '../claims/needs.ts'
import { vgName, vgRef } from '../protocol/guest-disk.ts'
import type { SectionName } from '../protocol/inventory.ts'
import { diskRef } from '../protocol/requests/vgs.ts'
import { sayNames } from '../wording.ts'
import { hostLock, vgLock, vgOfAllLock } from './locks.ts'

const host = z.object({ id: z.string(), name: z.string() })

const makeArgs = z.object({
  host,
  name: vgName,
  /** Of the VG that grows; left out: it is made. */
  uuid: vgRef.unwrap().shape.uuid.exactOptional(),
  pool: vgName.exactOptional(),
  disks: z.array(diskRef).min(1),
  /** Of LUNs: the other hosts that see them, each with all of them as it has them. They are to find them empty, too. */
  elsewhere: z.array(z.object({ host, disks: z.array(diskRef).min(1) })).exactOptional(),
})
const removeArgs = z.object({ host, vg: vgRef })

export type MakeVgArgs = z.output<typeof makeArgs>
export type RemoveVgArgs = z.output<typeof removeArgs>

/** For an agent that is away for a moment, ms. */
const PATIENCE = 300_000
/** For one that is to see it, too, ms. */
const SEEN = 60_000
/** That show what has become of the disks. */
const SECTIONS: readonly SectionName[] = ['blockDevices', 'partitions', 'fileSystems', 'pvs', 'vgs', 'lvs']

export const MAKE_VG = recipe<MakeVgArgs>({
  name: 'make-vg',
  version: 1,
  parse: (given) => makeArgs.parse(given),
  title: ({ host: { name: on }, name, uuid, disks }) => {
    const of = sayNames(disks.map((disk) => disk.name))
    return uuid === undefined ? `make VG ${name} on ${on} of ${of}` : `extend VG ${name} on ${on} by ${of}`
  },
  locks: ({ host: on, name, uuid, elsewhere = [] }) => [
    ...[on, ...elsewhere.map((one) => one.host)].flatMap((one) => [hostLock(one, 'shared'), vgLock(one, name, 'exclusive')]),
    ...(uuid === undefined ? [] : [vgOfAllLock({ name, uuid }, 'exclusive')]),
  ],
  phases: ['claim', 'make', 'look'],
  run: makeVg,
})

export const REMOVE_VG = recipe<RemoveVgArgs>({
  name: 'remove-vg',
  version: 1,
  parse: (given) => removeArgs.parse(given),
  title: ({ host: { name: on }, vg }) => `remove VG ${vg.name} on ${on}`,
  locks: ({ host: on, vg }) => [hostLock(on, 'shared'), vgLock(on, vg.name, 'exclusive'), vgOfAllLock(vg, 'exclusive')],
  phases: ['remove', 'look'],
  run: removeVg,
})

/** Nothing of it is taken back: a VG is there or not, and to ask again makes it be there. */
function* makeVg({ host: on, name, uuid, pool, disks, elsewhere = [] }: MakeVgArgs): Steps<{ readonly vg: unknown }> {
  yield* progress('claim', sayNames(disks.map((disk) => disk.name)))
  yield* claim(...disks.map((disk) => writerOf(on.id, disk.name)))
  const told = { host: on.name, name, disks: disks.map((disk) => disk.name) }
  yield* hook('before', 'make-vg', told)
  // While the claim keeps everybody of the pool from beginning to write there.
  if (elsewhere.length > 0) {
    yield* progress('claim', `empty on ${sayNames(elsewhere.map((one) => one.host.name))}, too`)
    yield* all(elsewhere.map((one) => () => request(one.host.id, { kind: 'prove-empty', disks: one.disks }, { patience: PATIENCE })))
  }
  yield* progress('make', `VG ${name}`)
  const named = { ...(uuid === undefined ? {} : { uuid }), ...(pool === undefined ? {} : { pool }) }
  const made = yield* request(on.id, { kind: 'make-vg', name, disks, ...named }, { patience: PATIENCE })
  yield* look(on.id)
  for (const one of elsewhere) yield* lookThere(one.host.id)
  yield* hook('after', 'make-vg', told)
  return { vg: made.vg }
}

function* removeVg({ host: on, vg }: RemoveVgArgs): Steps {
  const told = { host: on.name, name: vg.name }
  yield* hook('before', 'remove-vg', told)
  yield* progress('remove', `VG ${vg.name}`)
  yield* request(on.id, { kind: 'remove-vg', vg }, { patience: PATIENCE })
  yield* look(on.id)
  yield* hook('after', 'remove-vg', told)
}

/** So that whoever is told of the end finds it in the host's report. */
function* look(on: string): Steps {
  yield* progress('look')
  yield* request(on, { kind: 'collect', sections: [...SECTIONS] }, { patience: PATIENCE })
}

/** It is made, and seen there sooner or later. */
function* lookThere(on: string): Steps {
  try {
    yield* request(on, { kind: 'collect', sections: [...SECTIONS] }, { patience: SEEN })
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
  }
}

function writerOf(on: string, disk: string): Need {
  return { kind: 'writer', part: `disk ${disk}`, host: on, device: `/dev/${disk}` }
}
