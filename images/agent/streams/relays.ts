// The processes of streams, as requests see them: started, asked, and outlived by what they have said last. exec.ts has the real ones.
import type { Backend, Clock, Command } from '../backend.ts'
import { pause } from '../pause.ts'
import type { World } from '../requests/world.ts'
import { STREAMS_FOLDER, type StreamPlaces, streamPlaces } from './places.ts'
import { type Asked, readStatus, type Status } from './status.ts'

export interface Relays {
  /** A new key, in PEM, and the pin of its certificate. */
  identity(): { readonly key: string; readonly pin: string }
  pinOf(key: string): string
  /** A relay that waits for the source, by the plan and the key that lie there. */
  receive(places: StreamPlaces): Promise<void>
  /** `xl migrate` of this domain, with a relay as its transport. */
  send(places: StreamPlaces, domid: number): Promise<void>
  /** One end of a seed, by the plan and the key that lie in this folder: seeds/program. */
  seed(folder: string, id: string): Command
  /** Undefined: it does not live. */
  ask(places: StreamPlaces, asked: Asked): Promise<Status | undefined>
}

/** What requests of streams need. */
export interface StreamWorld extends World {
  readonly relays: Relays
}

export type Seen =
  | { readonly relay: 'lives' | 'dead'; readonly status: Status }
  /** It has said nothing, and nobody is there. */
  | { readonly relay: 'none' }

export async function see({ relays, backend }: StreamWorld, places: StreamPlaces): Promise<Seen> {
  const alive = await relays.ask(places, { ask: 'look' })
  if (alive) return { relay: 'lives', status: alive }
  const last = readStatus(await backend.read(places.status))
  return last ? { relay: 'dead', status: last } : { relay: 'none' }
}

/** When it is so, or when there is no more time; or nobody answers. */
export async function until(
  world: StreamWorld,
  places: StreamPlaces,
  isSo: (status: Status) => boolean,
  milliseconds: number,
): Promise<Seen> {
  const end = world.clock.steady() + milliseconds
  let seen = await see(world, places)
  for (;;) {
    const left = Math.ceil(end - world.clock.steady())
    if (seen.relay !== 'lives' || isSo(seen.status) || left <= 0) return seen
    const { phase } = seen.status
    // Of `gone` it tells no other phase: it ends, or says that xl has let the guest go on.
    if (phase === 'gone') await pause(world.clock, LOOK)
    const look = phase === 'gone' ? ({ ask: 'look' } as const) : ({ ask: 'look', unless: phase, forMs: Math.min(left, WAIT) } as const)
    const alive = await world.relays.ask(places, look)
    seen = alive ? { relay: 'lives', status: alive } : await see(world, places)
  }
}

/** Milliseconds between looks, while guests stand still; and that a relay is asked to wait for something to tell. */
const LOOK = 10
const WAIT = 1000
/** Of what is looked for in vain for long. */
const LONGEST = 500

/** Another stream of this guest that lives here. */
export async function otherStream(world: StreamWorld, guest: string, id: string): Promise<string | undefined> {
  for (const other of await streamsIn(world.backend)) {
    if (other === id) continue
    const alive = await world.relays.ask(streamPlaces(other), { ask: 'look' })
    if (alive?.guest === guest) return other
  }
  return undefined
}

export async function streamsIn(backend: Pick<Backend, 'list'>): Promise<readonly string[]> {
  return (await backend.list(STREAMS_FOLDER)).filter((name) => /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(name))
}

/** Nothing of it is left. */
export async function removeStream(
  { files, backend }: Pick<World, 'files' | 'backend'>,
  places: StreamPlaces,
): Promise<'there' | 'not there'> {
  const names = await backend.list(places.folder)
  if (names.length === 0) return 'not there'
  const { folder, ...all } = places
  for (const path of [...Object.values(all), `${places.status}.new`]) await files.remove(path)
  await backend.run(['rmdir', folder], { lane: 'change' })
  return 'there'
}

/** Until it is there, as a file. */
export async function fileAt(
  { backend, clock }: { readonly backend: Pick<Backend, 'read'>; readonly clock: Pick<Clock, 'steady' | 'after'> },
  path: string,
  milliseconds: number,
): Promise<string | undefined> {
  const end = clock.steady() + milliseconds
  for (let wait = LOOK * 2; ; wait = Math.min(LONGEST, wait * 1.2)) {
    const text = await backend.read(path)
    if (text !== undefined || clock.steady() >= end) return text
    await pause(clock, wait)
  }
}
