// The processes of streams of a simulated host, as the agent's requests see them.
import { createHash } from 'node:crypto'
import type { StreamPlaces } from '../streams/places.ts'
import type { Relays } from '../streams/relays.ts'
import { type Asked, readPlan, type Status } from '../streams/status.ts'
import { diceOf } from './machine/random.ts'
import { put, statusOf, streamOf } from './state/ends.ts'
import { hostOf, type Site, withRam } from './state/site.ts'
import type { Stream } from './state/stream.ts'
import { feed, openSource, openTarget, settleStreams, streamsDue } from './state/streams.ts'

export interface SimulatedRelays {
  readonly site: () => Site
  readonly change: (act: (site: Site) => Site) => void
  readonly host: string
  readonly steady: () => number
  /** Until something of the site is otherwise, or for so many milliseconds. */
  readonly changed: (milliseconds: number) => Promise<void>
}

export function simulatedRelays({ site, change, host, steady, changed }: SimulatedRelays): Relays {
  /** The plan and the key, which it removes. */
  const begin = ({ plan: planPath, key: keyPath }: StreamPlaces) => {
    const { files } = hostOf(site(), host).ram
    const [plan, key] = [readPlan(files.get(planPath)?.text), files.get(keyPath)?.text]
    if (!plan || key === undefined) throw new Error(`${host}: there is no plan or no key of this stream`)
    change((now) => withRam(now, host, { files: new Map([...hostOf(now, host).ram.files].filter(([path]) => path !== keyPath)) }))
    return { plan, pin: pinOf(key) }
  }
  const find = (places: StreamPlaces): Stream | undefined => {
    const { power } = hostOf(site(), host)
    const stream = streamOf(site(), host, idOf(places))
    return power === 'on' && stream?.lives ? stream : undefined
  }
  return {
    identity: () => {
      const key = diceOf(site().seed, 'stream', host, site().made).hex(32)
      change((now) => ({ ...now, made: now.made + 1 }))
      return { key, pin: pinOf(key) }
    },
    pinOf,
    seed: (folder, id) => ['hostless-seed', folder, id],
    async receive(places) {
      const { plan, pin } = begin(places)
      if (plan.end === 'target') change((now) => openTarget(now, host, plan, pin))
    },
    async send(places, domid) {
      const { plan, pin } = begin(places)
      const domain = hostOf(site(), host).ram.domains.find((one) => one.domid === domid)
      if (plan.end === 'source' && domain) change((now) => openSource(now, host, plan, pin, domain))
    },
    async ask(places, asked) {
      if (asked.ask === 'look') return look(asked, () => find(places))
      const stream = find(places)
      if (!stream) return undefined
      change((now) => settleStreams(done(now, host, stream, asked)))
      const after = streamOf(site(), host, stream.migration)
      return after && statusOf(site(), host, after)
    },
  }

  async function look({ unless, forMs = 0 }: Extract<Asked, { ask: 'look' }>, now: () => Stream | undefined): Promise<Status | undefined> {
    const until = steady() + forMs
    for (;;) {
      const stream = now()
      if (!stream) return undefined
      const left = until - steady()
      if (stream.machine.phase !== unless || left <= 0) return statusOf(site(), host, stream)
      await changed(Math.max(1, Math.min(left, ...streamsDue(site()).map((at) => at - site().now))))
    }
  }
}

function done(site: Site, host: string, stream: Stream, asked: Exclude<Asked, { ask: 'look' }>): Site {
  const { migration } = stream
  switch (asked.ask) {
    case 'accept':
      return stream.end === 'target' ? put(site, host, { ...stream, expected: { pin: asked.pin, address: asked.address } }) : site
    case 'go':
      return stream.end === 'target' ? feed(site, host, migration, { kind: 'go' }) : site
    case 'abort':
      return feed(site, host, migration, { kind: 'aborted' })
    case 'decide':
      if (stream.end === 'source') return feed(site, host, migration, { kind: 'decided', become: asked.become })
      return asked.become === 'not moved' ? feed(site, host, migration, { kind: 'aborted' }) : site
    case 'pace':
      return site
  }
}

function pinOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

function idOf({ folder }: StreamPlaces): string {
  return folder.slice(folder.lastIndexOf('/') + 1)
}
