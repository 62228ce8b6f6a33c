// The world that recipes of the harness act on: hosts with guests, disks and marks, and agents that refuse older managers, remember their
// answers and look at the world before they change it. It knows what must never be, and says so.

import { z } from 'zod'
import type { AnswerBody } from '../../../../../manager/protocol/requests.ts'

const body = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('can-host'), guest: z.string() }),
  z.object({ kind: z.enum(['set-busy', 'clear-busy']), by: z.string() }),
  z.object({ kind: z.enum(['make-disk', 'remove-disk']), guest: z.string(), disk: z.string() }),
  z.object({ kind: z.enum(['start-guest', 'stop-guest']), guest: z.string(), disk: z.string() }),
])

export type RackBody = z.output<typeof body>

export interface RackHost {
  readonly name: string
  isUp: boolean
  /** The greatest that it has heard; an agent forgets it with its host. */
  epoch: number
  /** Answers that it has given. */
  readonly memory: Map<string, Reply>
  readonly disks: Set<string>
  readonly guests: Set<string>
  readonly marks: Set<string>
  /** Of a request that is being done: the end of its host ends it. */
  boots: number
}

export type Reply = AnswerBody | { readonly kind: 'did' }

export class Rack {
  readonly hosts: ReadonlyMap<string, RackHost>
  /** What must never be, and was. */
  readonly broken: string[] = []
  /** Changes of the world, by request. */
  readonly #changes = new Map<string, number>()

  constructor(names: readonly string[]) {
    this.hosts = new Map(
      names.map((name) => [
        name,
        { name, isUp: true, epoch: 0, memory: new Map(), disks: new Set(), guests: new Set(), marks: new Set(), boots: 0 },
      ]),
    )
  }

  host(name: string): RackHost {
    const host = this.hosts.get(name)
    if (!host) throw new Error(`no host ${name}`)
    return host
  }

  /** RAM is gone, disks stay. */
  die(host: RackHost): void {
    host.isUp = false
    host.boots += 1
    host.memory.clear()
    host.guests.clear()
    host.marks.clear()
    host.epoch = 0
  }

  /** Does it, unless it is so already. */
  apply(host: RackHost, id: string, asked: unknown): Reply {
    const wanted = body.parse(asked)
    if (this.#isSo(host, wanted)) return DID
    const refused = this.#refusal(host, wanted)
    if (refused !== undefined) return { kind: 'refused', cause: 'unable', reason: refused }
    this.#change(host, wanted)
    const changes = (this.#changes.get(id) ?? 0) + 1
    this.#changes.set(id, changes)
    return DID
  }

  /** I1, I2 as they are now. */
  look(): void {
    const places = [...this.hosts.values()].flatMap(({ name, guests }) => [...guests].map((guest) => ({ name, guest })))
    for (const { guest, name } of places) {
      const other = places.find((one) => one.guest === guest && one.name !== name)
      if (other) this.broken.push(`I1: ${guest} runs on ${name} and ${other.name}`)
      if (![...this.host(name).disks].some((disk) => disk.startsWith(`${guest}-`)))
        this.broken.push(`I2: ${guest} runs on ${name} without a disk`)
    }
  }

  #isSo({ disks, guests, marks }: RackHost, wanted: RackBody): boolean {
    switch (wanted.kind) {
      case 'can-host':
        return ![...disks].some((disk) => disk.startsWith(`${wanted.guest}-`))
      case 'set-busy':
        return marks.has(wanted.by)
      case 'clear-busy':
        return !marks.has(wanted.by)
      case 'make-disk':
        return disks.has(wanted.disk)
      case 'remove-disk':
        return !disks.has(wanted.disk)
      case 'start-guest':
        return guests.has(wanted.guest)
      case 'stop-guest':
        return !guests.has(wanted.guest)
    }
  }

  /** What an agent does not do, whoever asks. */
  #refusal({ disks }: RackHost, wanted: RackBody): string | undefined {
    if (wanted.kind === 'can-host') return `it has disks of ${wanted.guest} already`
    return wanted.kind === 'start-guest' && !disks.has(wanted.disk) ? `there is no disk ${wanted.disk}` : undefined
  }

  #change({ name, disks, guests, marks }: RackHost, wanted: RackBody): void {
    switch (wanted.kind) {
      case 'can-host':
        return
      case 'set-busy':
        marks.add(wanted.by)
        return
      case 'clear-busy':
        marks.delete(wanted.by)
        return
      case 'make-disk':
        disks.add(wanted.disk)
        return
      case 'remove-disk':
        if (guests.has(wanted.guest)) this.broken.push(`I2: ${wanted.disk} was removed under ${wanted.guest} on ${name}`)
        disks.delete(wanted.disk)
        return
      case 'start-guest':
        guests.add(wanted.guest)
        return
      case 'stop-guest':
        guests.delete(wanted.guest)
    }
  }

  /** Requests that have changed the world more than once while their host was up. */
  doubled(): readonly string[] {
    return [...this.#changes].filter(([, times]) => times > 1).map(([id]) => id)
  }
}

export const DID = { kind: 'did' } as const
