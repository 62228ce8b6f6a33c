// From datagrams to answers, in groups: each is decoded, decided and staged when it comes; then what was staged is written at once, and only
// then are the answers sent and told. What cannot be written with the others is decided anew and written by itself.

import type { Mac } from '../wire/addresses.ts'
import { WireError } from '../wire/cursor.ts'
import { explainDisk } from '../wire/disk.ts'
import { limitLog, withinRate } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { decide, type ServerPort } from './decide.ts'
import { type Decision, type DhcpContext, silent, standingOf } from './decision.ts'
import { describeDhcp } from './describe.ts'
import { bootServerDestination, type Destination, destination } from './destination.ts'
import { Discovers } from './discovers.ts'
import { type DroppedDhcp, droppedRequest, senderOf } from './dropped.ts'
import { type DhcpExchange, exchangeOf } from './exchange.ts'
import { clientMac, messageType } from './fields.ts'
import { isLive, type LeaseStore, ownerOf } from './lease.ts'
import { encodeDhcp, type ReadDhcp, readDhcp } from './packet.ts'
import { peekMessage } from './peek.ts'
import type { Standing } from './queue.ts'
import { withoutChange } from './reply.ts'

/** Sends by the socket on which it came; `onError` is told later, if at all. */
export type Send = (bytes: Buffer, to: Destination, onError: (error: Error) => void) => void

export interface Datagram {
  readonly bytes: Buffer
  readonly from: Destination
  readonly port: ServerPort
  readonly send: Send
}

export interface AnsweringOptions {
  /** All that decisions depend on but what changes. */
  readonly setting: Omit<DhcpContext, 'leases' | 'discovers' | 'now'>
  readonly store: LeaseStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly log: Log
  readonly onExchange: (exchange: DhcpExchange) => void
  readonly onDropped?: ((dropped: DroppedDhcp) => void) | undefined
}

export interface Answering {
  standing(datagram: Datagram): Standing
  /** Never throws. */
  take(datagram: Datagram): void
  /** Sends the answers to what was taken, once they are on disk. Never throws. */
  settle(): void
  /** Whatever is decided from now on depends on this. */
  use(setting: AnsweringOptions['setting']): void
}

interface Taken {
  readonly datagram: Datagram
  readonly request: ReadDhcp
  readonly context: DhcpContext
  readonly decision: Decision
  /** Of the address that is acknowledged. */
  readonly owner: Mac | undefined
}

export function openAnswering({ setting, store, now, log, onExchange, onDropped }: AnsweringOptions): Answering {
  const troubles = limitLog(log, { lines: 20, windowSeconds: 10 }, now)
  const exchanges = limitLog(log, { lines: 500, windowSeconds: 10 }, now)
  const details = limitLog(log, { lines: 500, windowSeconds: 10 }, now)
  const mayTell = withinRate({ times: 20, windowSeconds: 1 }, now)
  const discovers = new Discovers()
  let unchanging = { ...setting, leases: store, discovers }
  let group: Taken[] = []

  const tell = (dropped: DroppedDhcp | undefined): void => {
    if (!dropped || !mayTell()) return
    try {
      onDropped?.(dropped)
    } catch (error) {
      troubles.error({ ...dropped, err: error, why: explainDisk(error) }, 'dropped DHCP packet not noted')
    }
  }

  const failed = ({ bytes, from, port }: Datagram, error: unknown): void => {
    const peer = `${from.address}:${from.port}`
    if (error instanceof WireError) troubles.warn({ peer, port, reason: error.message }, 'DHCP packet dropped')
    else troubles.error({ peer, port, err: error }, 'DHCP packet not answered')
    const mac = senderOf(bytes)
    const reason = error instanceof WireError ? error.message : 'the appliance failed to answer it; its log says why'
    tell(mac && { mac, reason })
  }

  /** The decision with its change made by `make`; where it cannot be, what holds without. */
  const made = (decision: Decision, port: ServerPort, make: LeaseStore['commit']): Decision => {
    if (!decision.change) return decision
    try {
      make(decision.change)
      return decision
    } catch (error) {
      troubles.error({ port, reason: explainDisk(error), err: error, lease: decision.change }, 'DHCP lease not written')
      return withoutChange(decision, error)
    }
  }

  const decided = (datagram: Datagram, request: ReadDhcp, make: LeaseStore['commit']): Taken => {
    const context = { ...unchanging, now: now() }
    const decision = made(decide(request.packet, datagram.port, context), datagram.port, make)
    const lease = acknowledged(decision)
    return { datagram, request, context, decision, owner: lease && ownerOf(lease) }
  }

  const acknowledged = (decision: Decision) =>
    decision.kind === 'reply' && decision.answer === 'ack' ? store.byAddress(decision.packet.yiaddr) : undefined

  /** What came behind it in its group has given the address up, or to somebody else; or the clock was put forward. */
  const stillSo = (taken: Taken): Taken => {
    if (taken.owner === undefined) return taken
    const lease = acknowledged(taken.decision)
    if (lease && ownerOf(lease) === taken.owner && isLive(lease, now())) return taken
    return { ...taken, decision: silent('the address was given up before this could be answered') }
  }

  const leave = ({ datagram, request: { packet: request, cut }, context, decision }: Taken): void => {
    const { port, from, send } = datagram
    if (decision.kind === 'reply') {
      const { packet } = decision
      const to = port === 4011 ? bootServerDestination(from) : destination(packet, request)
      send(encodeDhcp(packet), to, (error) => {
        troubles.warn({ err: error, to, xid: request.xid }, 'DHCP reply not sent')
        tell(droppedRequest(request, `our answer could not be sent: ${error.message}`))
      })
      details.debug({ packet: { toJSON: () => describeDhcp(packet) }, to }, 'DHCP reply')
    }
    const exchange = exchangeOf(context.now, request, decision, { discovers, cut })
    if (!exchange) {
      troubles.warn({ peer: from, reason: decision.reason, cut }, 'DHCP packet dropped')
      tell(droppedRequest(request, [decision.reason, cut].filter((part) => part !== undefined).join('; ')))
      return
    }
    exchanges.info({ ...exchange }, 'DHCP')
    try {
      onExchange(exchange)
    } catch (error) {
      troubles.error({ mac: exchange.mac, answer: exchange.answer, reason: explainDisk(error), err: error }, 'DHCP exchange not noted')
    }
  }

  const attempt = (datagram: Datagram, what: () => void): void => {
    try {
      what()
    } catch (error) {
      failed(datagram, error)
    }
  }

  return {
    use(other) {
      unchanging = { ...other, leases: store, discovers }
    },
    standing: ({ bytes }) => standingOf(senderOf(bytes), unchanging, peekMessage(bytes)),
    take(datagram) {
      attempt(datagram, () => {
        const request = readDhcp(datagram.bytes)
        const taken = decided(datagram, request, (change) => store.stage(change))
        group.push(taken)
        const mac = clientMac(request.packet)
        if (mac && messageType(request.packet) === 'DISCOVER') discovers.remember(mac, request.packet, taken.context.now)
      })
    },
    settle() {
      const leaving = group
      group = []
      const isWritten = written(store)
      for (const taken of leaving) {
        const { datagram, request } = taken
        attempt(datagram, () => leave(isWritten ? stillSo(taken) : decided(datagram, request, (change) => store.commit(change))))
      }
    },
  }
}

/** Whether all that was staged is on disk now; if not, none of it is. Each that is then written by itself says why it cannot be. */
function written(store: LeaseStore): boolean {
  try {
    store.flush()
    return true
  } catch {
    return false
  }
}
