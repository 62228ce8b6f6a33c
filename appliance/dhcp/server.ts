// The DHCP server of one interface: ports 67 and 4011; receive, decode, decide, commit, encode, send.
import type dgram from 'node:dgram'
import type { BootServer } from '../boot/bootfile.ts'
import { macsOf } from '../boot/known-host.ts'
import { type AddressRange, type Ipv4, parseIpv4, type Subnet, UNSPECIFIED } from '../wire/addresses.ts'
import { WireError } from '../wire/cursor.ts'
import { explainDisk } from '../wire/disk.ts'
import { limitLog, withinRate } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { openUdpOn, type UdpWish } from '../wire/server.ts'
import { decide, type ServerPort } from './decide.ts'
import { type Decision, type DhcpContext, type DhcpMode, standingOf, withoutChange } from './decision.ts'
import { describeDhcp } from './describe.ts'
import { bootServerDestination, type Destination, destination } from './destination.ts'
import { Discovers } from './discovers.ts'
import { type DroppedDhcp, droppedRequest, senderOf } from './dropped.ts'
import { type DhcpExchange, exchangeOf } from './exchange.ts'
import { expressFilters } from './express.ts'
import type { LeaseStore } from './lease.ts'
import { encodeDhcp, type ReadDhcp, readDhcp } from './packet.ts'
import { openReceiver } from './runner.ts'
import { type HostEntry, reservationsOf, type Scope } from './scope.ts'

export interface DhcpSettings {
  readonly mode: DhcpMode
  /** Our address on the interface, and its subnet. */
  readonly address: Ipv4
  readonly subnet: Subnet
  readonly pool: AddressRange | undefined
  readonly router: Ipv4 | undefined
  readonly dns: readonly Ipv4[]
  /** Subnets behind relays. */
  readonly relayed: readonly Scope[]
  readonly hosts: readonly HostEntry[]
}

export interface DhcpServerOptions {
  readonly interface: string
  readonly settings: DhcpSettings
  readonly store: LeaseStore
  readonly bootTarget: BootServer
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly log: Log
  /** Called after each packet that a station sent, when the answer is on its way. */
  readonly onExchange: (exchange: DhcpExchange) => void
  /** Called for a packet of a client that came to nothing; of a flood only for some. */
  readonly onDropped?: (dropped: DroppedDhcp) => void
}

export interface DhcpServer {
  /** Resolves when the sockets are closed; may be called twice. */
  close(): Promise<void>
}

/** Rejects with a SocketError that says what to do. With mode `off` nothing is opened. */
export async function startDhcpServer(options: DhcpServerOptions): Promise<DhcpServer> {
  const { settings, log } = options
  if (settings.mode === 'off') {
    log.info({ interface: options.interface }, 'DHCP is off')
    return { close: async () => {} }
  }
  const filters = expressFilters(settings.hosts.flatMap(macsOf))
  const sockets: dgram.Socket[] = []
  const open = async (port: number, wish: UdpWish = {}): Promise<dgram.Socket> => {
    const socket = await openUdpOn(options.interface, port, wish)
    sockets.push(socket)
    return socket
  }
  const discovers = new Discovers()
  try {
    const dhcp = await open(67, { filter: filters?.others })
    // It only hears: what it is told is answered as from the other one.
    const express = filters && (await open(67, { address: '255.255.255.255', filter: filters.express }))
    const bootServer = await open(4011)
    listen({ socket: dhcp, port: 67 }, options, discovers)
    if (express) listen({ socket: express, port: 67, answerFrom: dhcp }, options, discovers)
    listen({ socket: bootServer, port: 4011 }, options, discovers)
  } catch (error) {
    await Promise.all(sockets.map(closed))
    throw error
  }
  log.info({ interface: options.interface, mode: settings.mode, address: settings.address }, 'DHCP server listens')
  let closing: Promise<unknown> | undefined
  return {
    async close() {
      closing ??= Promise.all(sockets.map(closed))
      await closing
    },
  }
}

interface Ear {
  readonly socket: dgram.Socket
  readonly port: ServerPort
  /** Left out: itself. */
  readonly answerFrom?: dgram.Socket
}

/** Whatever a datagram does, the next one is served: nothing thrown here leaves the handler. */
function listen({ socket, port, answerFrom = socket }: Ear, options: DhcpServerOptions, discovers: Discovers): void {
  const { log, now } = options
  const troubles = limitLog(log, { lines: 20, windowSeconds: 10 }, now)
  const exchanges = limitLog(log, { lines: 500, windowSeconds: 10 }, now)
  const details = limitLog(log, { lines: 500, windowSeconds: 10 }, now)
  const known = { reservations: reservationsOf(options.settings.hosts), discovers }
  const mayTell = withinRate({ times: 20, windowSeconds: 1 }, now)
  const tell = (dropped: DroppedDhcp | undefined): void => {
    if (!dropped || !mayTell()) return
    try {
      options.onDropped?.(dropped)
    } catch (error) {
      troubles.error({ ...dropped, err: error, why: explainDisk(error) }, 'dropped DHCP packet not noted')
    }
  }
  socket.on('error', (error) => troubles.error({ err: error, port }, 'DHCP socket'))
  const handle = ({ bytes, sender }: Datagram): void => {
    try {
      const request = readDhcp(bytes)
      const from = { address: parseIpv4(sender.address) ?? UNSPECIFIED, port: sender.port }
      answer(request, from, {
        socket: answerFrom,
        port,
        context: contextOf(options, known),
        options,
        discovers,
        tell,
        troubles,
        exchanges,
        details,
      })
    } catch (error) {
      const peer = `${sender.address}:${sender.port}`
      if (error instanceof WireError) troubles.warn({ peer, port, reason: error.message }, 'DHCP packet dropped')
      else troubles.error({ peer, port, err: error }, 'DHCP packet not answered')
      const mac = senderOf(bytes)
      const reason = error instanceof WireError ? error.message : 'the appliance failed to answer it; its log says why'
      tell(mac && { mac, reason })
    }
  }
  const standing = ({ bytes }: Datagram) => standingOf(senderOf(bytes), contextOf(options, known))
  const receiver = openReceiver({ standing, answer: handle, log })
  socket.on('message', (bytes, sender) => receiver.receive({ bytes, sender }))
  socket.on('close', () => receiver.close())
}

interface Datagram {
  readonly bytes: Buffer
  readonly sender: { readonly address: string; readonly port: number }
}

/** The decision with its change on disk; where it cannot be, what holds without. */
function committed(decision: Decision, { options, troubles, port }: Handling): Decision {
  if (!decision.change) return decision
  try {
    options.store.commit(decision.change)
    return decision
  } catch (error) {
    troubles.error({ port, reason: explainDisk(error), err: error, lease: decision.change }, 'DHCP lease not written')
    return withoutChange(decision, error)
  }
}

interface Handling {
  readonly socket: dgram.Socket
  readonly port: ServerPort
  readonly context: DhcpContext
  readonly options: DhcpServerOptions
  readonly discovers: Discovers
  readonly tell: (dropped: DroppedDhcp | undefined) => void
  readonly troubles: Log
  readonly exchanges: Log
  readonly details: Log
}

function answer({ packet: request, cut }: ReadDhcp, from: Destination, handling: Handling): void {
  const { socket, port, context, options, tell, troubles, exchanges, details } = handling
  const decision = committed(decide(request, port, context), handling)
  if (decision.kind === 'reply') {
    const to = port === 4011 ? bootServerDestination(from) : destination(decision.packet, request)
    socket.send(encodeDhcp(decision.packet), to.port, to.address, (error) => {
      if (!error) return
      troubles.warn({ err: error, to, xid: request.xid }, 'DHCP reply not sent')
      tell(droppedRequest(request, `our answer could not be sent: ${error.message}`))
    })
    details.debug({ packet: describeDhcp(decision.packet), to }, 'DHCP reply')
  }
  const exchange = exchangeOf(context.now, request, decision, { discovers: context.discovers, cut })
  if (!exchange) {
    troubles.warn({ peer: from, reason: decision.reason, cut }, 'DHCP packet dropped')
    tell(droppedRequest(request, [decision.reason, cut].filter((part) => part !== undefined).join('; ')))
    return
  }
  if (exchange.message === 'DISCOVER') handling.discovers.remember(exchange.mac, request, context.now)
  exchanges.info({ ...exchange }, 'DHCP')
  try {
    options.onExchange(exchange)
  } catch (error) {
    troubles.error({ mac: exchange.mac, answer: exchange.answer, reason: explainDisk(error), err: error }, 'DHCP exchange not noted')
  }
}

/** What a decision depends on, now. */
export function contextOf(
  options: Pick<DhcpServerOptions, 'settings' | 'bootTarget' | 'store' | 'now'>,
  known: Pick<DhcpContext, 'reservations' | 'discovers'>,
): DhcpContext {
  const { mode, address, subnet, pool, router, relayed, dns } = options.settings
  return {
    mode,
    serverAddress: address,
    boot: options.bootTarget,
    local: { subnet, pool, router },
    relayed,
    dns,
    ...known,
    leases: options.store,
    now: options.now(),
  }
}

function closed(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()))
}
