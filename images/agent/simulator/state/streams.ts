// Live migrations that our relays carry: the two processes by the very rules that the real ones go by, and the two xl beside them as
// xl_migrate.c has them: what each does to its domain at each word, and when its relay or the other end is gone. Pure.
import type { NoteOfSource, NoteOfTarget } from '../../streams/notes.ts'
import { NEW_SOURCE, type SourceAction, type SourceEvent, stepSource } from '../../streams/source.ts'
import type { SourcePlan, TargetPlan } from '../../streams/status.ts'
import { NEW_TARGET, stepTarget, type TargetAction, type TargetEvent } from '../../streams/target.ts'
import { type Domain, isAlive } from './domain.ts'
import { withDomain, withoutDomain } from './domains.ts'
import { domainHere, kill, put, save, streamOf } from './ends.ts'
import { buildIncoming, buildUnborn, workloadOf } from './migration.ts'
import { canReach, hostOf, type Site, withRam } from './site.ts'
import type { SourceStream, Stream, TargetStream } from './stream.ts'

/** KiB a millisecond, and the part of memory that goes over while the guest stands still. */
const RATE = 1000
const LAST = 20
const HANDING = 5000
const COMING = 900_000

export function openTarget(site: Site, host: string, plan: TargetPlan, pin: string): Site {
  const { streams } = hostOf(site, host).ram
  const stream: TargetStream = {
    ...{ end: 'target', migration: plan.migration, plan, pin, machine: NEW_TARGET, lives: true, peer: undefined, expected: undefined },
    ...{ port: 40_000 + site.made + streams.length, began: site.now, suspendedAt: undefined },
    ...{ deadlines: [{ wait: 'come', at: site.now + COMING }], arriving: [], does: undefined },
  }
  return save(withRam(site, host, { streams: [...streams, stream] }), host, stream)
}

export function openSource(site: Site, host: string, plan: SourcePlan, pin: string, domain: Domain): Site {
  const { streams } = hostOf(site, host).ram
  const stream: SourceStream = {
    ...{ end: 'source', migration: plan.migration, plan, pin, machine: NEW_SOURCE, lives: true, peer: undefined, name: domain.name },
    ...{ began: site.now, suspendedAt: undefined, deadlines: [], suspends: undefined, whole: undefined, arriving: [], does: undefined },
  }
  const opened = save(withRam(site, host, { streams: [...streams, stream] }), host, stream)
  const refusal = 'xc: error: Failed to enable logdirty: 95: Internal error\nMigration failed, resuming at sender.'
  return domain.type === 'pv' ? endXl(kill(opened, host, stream), host, stream, refusal) : settleStreams(opened)
}

/** The process is killed: its xl finds its pipes broken. */
export function killRelay(site: Site, host: string, migration: string): Site {
  const stream = streamOf(site, host, migration)
  if (!stream?.lives) return site
  const dead = kill(site, host, stream)
  // Of T's xl: it cannot say that it tidies up, and ends before it does.
  return settleStreams(stream.end === 'source' ? endXl(dead, host, stream) : dead)
}

/** xl itself is killed, and tidies up nothing. */
export function killXl(site: Site, host: string, migration: string): Site {
  const stream = streamOf(site, host, migration)
  if (!stream) return site
  const idle = put(site, host, { ...stream, does: undefined, isBereft: true } as Stream)
  const ended = stream.end === 'source' ? withXlEnd(idle, host, stream, 137, '') : halfBuilt(idle, host, stream)
  return settleStreams(stream.lives ? feed(ended, host, migration, { kind: 'xl-ended' }) : ended)
}

/** xl makes the domain when the stream begins, and names and builds it as it comes. */
function halfBuilt(site: Site, host: string, { lives, machine, plan }: TargetStream): Site {
  return lives && machine.phase === 'streaming' ? buildUnborn(site, host, { uuid: plan.guest, type: 'pvh' }) : site
}

export function feed(site: Site, host: string, migration: string, event: SourceEvent | TargetEvent): Site {
  const stream = streamOf(site, host, migration)
  if (!stream?.lives) return site
  // Each end is only ever told what is an event of its own.
  const { state, actions } =
    stream.end === 'source' ? stepSource(stream.machine, event as SourceEvent) : stepTarget(stream.machine, event as TargetEvent)
  const next = put(site, host, { ...stream, machine: state } as Stream)
  return actions.reduce((all, action) => act(all, host, migration, action), save(next, host, { ...stream, machine: state } as Stream))
}

function act(site: Site, host: string, migration: string, action: SourceAction | TargetAction): Site {
  const stream = streamOf(site, host, migration)
  if (!stream) return site
  switch (action.kind) {
    case 'note':
      return send(site, host, stream, action.note)
    case 'begin hold':
      return put(site, host, wait(stream, 'hold', site.now + stream.plan.holdMs))
    case 'wait':
      return put(site, host, wait(stream, action.for, site.now + (action.for === 'hand' ? HANDING : stream.plan.holdMs)))
    case 'start xl':
      return feed(site, host, migration, { kind: 'said', said: { kind: 'banner' } })
    case 'xl':
      return stream.end === 'source' ? say(site, host, stream, action.say) : site
    case 'let go':
      return site.latency === 0 ? letGo(site, host, stream) : put(site, host, { ...stream, does: site.now + site.latency } as Stream)
    case 'end': {
      const dead = kill(site, host, stream)
      if (stream.end === 'source') return endXl(dead, host, stream)
      const built = stream.isBereft
        ? undefined
        : hostOf(dead, host).ram.domains.find((one) => one.uuid === stream.plan.guest && one.name.endsWith('--incoming'))
      return built ? withoutDomain(dead, host, built.domid) : dead
    }
  }
}

/** To the other end: what has left arrives, whatever becomes of who has sent it, as long as there is a way. */
function send(site: Site, host: string, { peer, migration }: Stream, note: NoteOfSource | NoteOfTarget): Site {
  const far = peer === undefined || !canReach(site, host, peer) ? undefined : streamOf(site, peer, migration)
  if (peer === undefined || !far?.lives) return site
  if (site.latency === 0) return feed(site, peer, migration, { kind: 'note', note } as SourceEvent | TargetEvent)
  const at = Math.max(site.now + site.latency, far.arriving.at(-1)?.at ?? 0)
  return put(site, peer, { ...far, arriving: [...far.arriving, { at, note }] } as Stream)
}

/** By T's xl. */
function letGo(site: Site, host: string, stream: Stream): Site {
  const { migration, peer, plan } = stream
  const incoming = hostOf(site, host).ram.domains.find((one) => one.uuid === plan.guest)
  if (!incoming) return feed(site, host, migration, { kind: 'xl-ended' })
  const away = peer === undefined ? undefined : domainHere(site, peer, plan.guest)
  const name = incoming.name.replace(/--incoming$/, '')
  const going = withDomain(site, host, { ...incoming, ...workloadOf(away ?? incoming), name, loggedAs: incoming.name, state: 'running' })
  // The xl that stays for the guest's reboots is another process.
  return feed(feed(going, host, migration, { kind: 'said', said: { kind: 'report', code: 0 } }), host, migration, { kind: 'xl-ended' })
}

/** By S's xl. */
function giveUp(site: Site, host: string, { name, plan }: SourceStream): Site {
  const domain = domainHere(site, host, plan.guest)
  return domain ? withDomain(site, host, { ...domain, name: `${name}--migratedaway` }) : site
}

function say(site: Site, host: string, stream: SourceStream, words: 'banner' | 'ready' | 'started' | 'failed'): Site {
  const { migration, plan, name } = stream
  const domain = domainHere(site, host, plan.guest)
  if (!domain) return feed(site, host, migration, { kind: 'xl-ended' })
  switch (words) {
    case 'banner': {
      const { rateKBps } = plan
      const suspends = site.now + Math.ceil(domain.memoryKib / (rateKBps === undefined ? RATE : Math.min(RATE, rateKBps / 1000)))
      return put(site, host, { ...stream, suspends, whole: suspends + Math.ceil(domain.memoryKib / RATE / LAST) })
    }
    case 'ready':
      if (site.latency > 0) return put(site, host, { ...stream, does: site.now + site.latency })
      return feed(giveUp(site, host, stream), host, migration, { kind: 'given-up' })
    case 'started':
      return withXlEnd(withoutDomain(kill(site, host, stream), host, domain.domid), host, stream, 0, 'Migration successful.')
    case 'failed':
      return withXlEnd(
        withDomain(kill(site, host, stream), host, { ...domain, name, state: 'running' }),
        host,
        stream,
        1,
        'Migration failed due to problems at target.',
      )
  }
}

/** Its transport is gone: it takes the guest back, unless it has given it up. */
function endXl(given: Site, host: string, stream: SourceStream, words = 'Migration failed, resuming at sender.'): Site {
  if (stream.isBereft) return given
  // It has the word: it gives the guest up, whoever hears that.
  const site = stream.does === undefined ? given : giveUp(given, host, stream)
  const domain = domainHere(site, host, stream.plan.guest)
  if (domain?.name.endsWith('--migratedaway'))
    return withXlEnd(site, host, stream, 1, '** Migration failed during final handshake **\nDomain state is now undefined !')
  const resumed = domain?.state === 'suspended' ? withDomain(site, host, { ...domain, state: 'running' }) : site
  return withXlEnd(resumed, host, stream, 1, words)
}

function withXlEnd(site: Site, host: string, { migration }: SourceStream, code: number, words: string): Site {
  const files = new Map(hostOf(site, host).ram.files)
  const at = `/run/hostless/streams/${migration}`
  if (files.has(`${at}/xl.status`)) return site
  files.set(`${at}/xl.err`, { text: `${words}\n`, mode: 0o600 }).set(`${at}/xl.status`, { text: `${code}\n`, mode: 0o600 })
  return withRam(site, host, { files })
}

/** What is due of each stream, and what it sees of the other end. */
export function settleStreams(site: Site): Site {
  let now = site
  for (const { name, ram } of site.hosts.values())
    for (const { migration, lives } of ram.streams) if (lives) now = settleOne(now, name, migration)
  return now
}

export function streamsDue(site: Site): readonly number[] {
  return [...site.hosts.values()].flatMap(({ ram }) =>
    ram.streams
      .filter(({ lives }) => lives)
      .flatMap((stream) => [
        ...stream.deadlines.map(({ at }) => at),
        ...stream.arriving.slice(0, 1).map(({ at }) => at),
        ...(stream.does === undefined ? [] : [stream.does]),
        ...(stream.end === 'source' && stream.machine.phase === 'streaming' && stream.suspends !== undefined ? [stream.suspends] : []),
        ...(stream.end === 'source' && stream.machine.phase === 'suspended' && stream.whole !== undefined ? [stream.whole] : []),
        ...(stream.end === 'source' && stream.suspendedAt !== undefined && stream.plan.maxPauseMs !== undefined
          ? [stream.suspendedAt + stream.plan.maxPauseMs]
          : []),
      ]),
  )
}

function settleOne(site: Site, host: string, migration: string): Site {
  const stream = streamOf(site, host, migration)
  if (!stream?.lives) return site
  const due = stream.deadlines.find(({ at }) => at <= site.now)
  if (due) {
    const without = put(site, host, { ...stream, deadlines: stream.deadlines.filter((one) => one !== due) } as Stream)
    const event = stream.end === 'source' ? ({ kind: 'hold-expired' } as const) : ({ kind: 'expired', wait: due.wait } as const)
    return settleOne(feed(without, host, migration, event), host, migration)
  }
  if (stream.does !== undefined && stream.does <= site.now) {
    const done = { ...stream, does: undefined } as Stream
    const next = put(site, host, done)
    if (done.end === 'target') return letGo(next, host, done)
    return settleOne(feed(giveUp(next, host, done), host, migration, { kind: 'given-up' }), host, migration)
  }
  const isCut = stream.peer !== undefined && !canReach(site, host, stream.peer)
  const [first, ...later] = isCut ? [] : stream.arriving
  if (first && first.at <= site.now) {
    const heard = put(site, host, { ...stream, arriving: later } as Stream)
    return settleOne(feed(heard, host, migration, { kind: 'note', note: first.note } as SourceEvent | TargetEvent), host, migration)
  }
  if (stream.peer !== undefined && (isCut || (!first && !streamOf(site, stream.peer, migration)?.lives))) {
    const alone = put(site, host, { ...stream, peer: undefined, arriving: [] } as Stream)
    return feed(alone, host, migration, { kind: 'link-lost', cause: 'link-lost', reason: 'the link is closed' })
  }
  return stream.end === 'source' ? settleSource(site, host, stream) : site
}

function settleSource(site: Site, host: string, stream: SourceStream): Site {
  const { migration, machine, plan, suspends, whole, suspendedAt, peer } = stream
  const domain = domainHere(site, host, plan.guest)
  if (!domain) return feed(site, host, migration, { kind: 'xl-ended' })
  if (suspendedAt !== undefined && plan.maxPauseMs !== undefined && site.now >= suspendedAt + plan.maxPauseMs) {
    const { phase } = machine
    if (phase === 'suspended' || phase === 'held')
      return feed(site, host, migration, { kind: 'too-long', pauseMs: Math.max(site.now, whole ?? 0) - suspendedAt })
  }
  if (machine.phase === 'waiting' && peer === undefined) return meet(site, host, stream)
  if (machine.phase === 'streaming' && suspends !== undefined && suspends <= site.now) {
    if (!isAlive(domain)) return feed(site, host, migration, { kind: 'xl-ended' })
    const still = withDomain(put(site, host, { ...stream, suspendedAt: site.now }), host, { ...domain, state: 'suspended' })
    return settleOne(feed(still, host, migration, { kind: 'suspended' }), host, migration)
  }
  if (machine.phase === 'suspended' && whole !== undefined && whole <= site.now && peer !== undefined) {
    // Once: that it is there is still to be heard.
    const sent = put(site, host, { ...stream, whole: undefined })
    const built = buildIncoming(sent, host, peer, domain)
    if (typeof built === 'string') return feed(sent, peer, migration, { kind: 'xl-ended' })
    return feed(built, peer, migration, { kind: 'said', said: { kind: 'ready' } })
  }
  return site
}

/** By address, port and the pins of both. */
function meet(site: Site, host: string, stream: SourceStream): Site {
  const { migration, plan, pin } = stream
  const lost = (cause: 'link-lost' | 'wrong-peer', reason: string): Site =>
    feed(site, host, migration, { kind: 'link-lost', cause, reason })
  for (const { name, ram } of site.hosts.values()) {
    const far = ram.streams.find(
      (one) => one.end === 'target' && one.lives && one.port === plan.to.port && one.plan.address === plan.to.address,
    )
    if (far?.end !== 'target' || !canReach(site, host, name)) continue
    if (far.pin !== plan.to.pin) return lost('wrong-peer', 'who listens there is not the target')
    const from = plan.to.from ?? hostOf(site, host).machine.address
    if (far.expected?.pin !== pin || far.expected.address !== from || far.migration !== migration || far.machine.phase !== 'waiting')
      return lost('link-lost', 'the target does not let this host in')
    const near = put(site, host, { ...stream, peer: name })
    const both = put(near, name, { ...far, peer: host, deadlines: [] })
    return feed(feed(both, host, migration, { kind: 'connected' }), name, migration, { kind: 'connected' })
  }
  return lost('link-lost', `${plan.to.address}:${plan.to.port} cannot be reached`)
}

function wait<Each extends Stream>(stream: Each, what: 'hold' | 'hand', at: number): Each {
  return { ...stream, deadlines: [...stream.deadlines, { wait: what, at }] }
}
