// What is kept of each guest that was started here, for the next agent of this boot: how it is made and what its end means. JSON in RAM,
// for root alone. What is damaged is told and never guessed.
import { z } from 'zod'
import { type GuestConfig, guestConfig, restartPolicy } from '../../../manager/protocol/requests/guest-config.ts'
import { count, type Uuid, uuid } from '../../../manager/protocol/values.ts'
import type { Backend } from '../backend.ts'
import { readWritten } from '../files/written-json.ts'
import type { Files, World } from '../requests/world.ts'

export const GUESTS_FOLDER = '/run/hostless/guests'
/** Ends that are remembered of one guest. */
const MOST = 16

const keptGuest = z
  .object({
    guest: guestConfig,
    restart: restartPolicy,
    /**
     * `starting`: a request is about it; a domain that is paused may be half made. `restarting`: the agent itself is, or has to be: one that
     * is paused is half made. `ending`: whatever becomes of it, it is not started again. `arriving`, `leaving`: it moves here, or away; what
     * its domain does meanwhile is no end of it.
     */
    state: z.enum(['starting', 'restarting', 'started', 'ending', 'arriving', 'leaving']),
    /** Seconds since the boot, the oldest first: when it crashed, ended though it always runs, or could not be started again. */
    crashes: z.array(count).max(MOST).readonly(),
    /** Why it is not started again, though its policy says so. */
    down: z.string().max(256).exactOptional(),
  })
  .readonly()

export type KeptGuest = z.output<typeof keptGuest>

export type Known =
  | { readonly kind: 'kept'; readonly kept: KeptGuest }
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly reason: string }

type Reads = Pick<Backend, 'readFile' | 'list'>

/** What `xl create` reads. */
export function configPath(guest: Uuid): string {
  return `${GUESTS_FOLDER}/${guest}.cfg`
}

export function keptPath(guest: Uuid): string {
  return `${GUESTS_FOLDER}/${guest}.json`
}

/** All guests of which something is kept. */
export async function keptGuests(backend: Reads): Promise<ReadonlyMap<Uuid, Known>> {
  const found = new Map<Uuid, Known>()
  for (const name of await backend.list(GUESTS_FOLDER)) {
    const guest = uuid.safeParse(name.replace(/\.json$/, ''))
    if (!name.endsWith('.json') || !guest.success) continue
    const known = await readKept(backend, guest.data)
    if (known.kind !== 'none') found.set(guest.data, known)
  }
  return found
}

export async function readKept(backend: Pick<Reads, 'readFile'>, guest: Uuid): Promise<Known> {
  const file = await backend.readFile(keptPath(guest))
  switch (file.kind) {
    case 'missing':
      return { kind: 'none' }
    case 'cut':
    case 'unreadable':
      return { kind: 'damaged', reason: file.reason }
    case 'whole': {
      const kept = readWritten(keptGuest, file.text)
      if (kept?.guest.uuid === guest) return { kind: 'kept', kept }
      return { kind: 'damaged', reason: kept ? 'it is of another guest' : 'it is not what an agent of this version writes' }
    }
  }
}

export async function keep(files: Pick<Files, 'write'>, kept: KeptGuest): Promise<void> {
  const text = JSON.stringify({ ...kept, crashes: kept.crashes.slice(-MOST) })
  await files.write(keptPath(kept.guest.uuid), `${text}\n`, 0o600)
}

/** What the guest is started with, should its policy start it again; of one of which nothing is kept, nothing. */
export async function changeKept(
  { backend, files }: { readonly backend: Pick<Reads, 'readFile'>; readonly files: Pick<Files, 'write'> },
  guest: Uuid,
  change: (guest: GuestConfig) => GuestConfig,
): Promise<void> {
  const known = await readKept(backend, guest)
  if (known.kind !== 'kept') return
  const changed = guestConfig.safeParse(change(known.kept.guest))
  if (changed.success) await keep(files, { ...known.kept, guest: changed.data })
}

/** What it booted by goes with it; left out of what is handed in: that stays. */
export async function forget({ files, kernels }: Forgetting, guest: Uuid): Promise<void> {
  await files.remove(configPath(guest))
  await kernels?.leave(guest)
  await files.remove(keptPath(guest))
}

interface Forgetting extends Pick<World, 'kernels'> {
  readonly files: Pick<Files, 'remove'>
}
