// The DHCP server of one interface: its sockets, on ports 67 and 4011.
import type dgram from 'node:dgram'
import type { BootServer } from '../boot/bootfile.ts'
import { macsOf } from '../boot/known-host.ts'
import { type AddressRange, type Ipv4, parseIpv4, type Subnet, UNSPECIFIED } from '../wire/addresses.ts'
import { drain } from '../wire/datagrams.ts'
import { limitLog } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { openUdpOn, type UdpWish } from '../wire/server.ts'
import { type AnsweringOptions, type Datagram, openAnswering, type Send } from './answering.ts'
import type { ServerPort } from './decide.ts'
import type { DhcpMode } from './decision.ts'
import type { Destination } from './destination.ts'
import type { DroppedDhcp } from './dropped.ts'
import type { DhcpExchange } from './exchange.ts'
import { expressFilters } from './express.ts'
import type { LeaseStore } from './lease.ts'
import { openReceiver, type Receiver } from './runner.ts'
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
  let receiver: Receiver<Datagram>
  try {
    const dhcp = await open(67, { filter: filters?.others })
    // It only hears: what it is told is answered as from the other one.
    const express = filters && (await open(67, { address: '255.255.255.255', filter: filters.express }))
    const bootServer = await open(4011)
    receiver = listen(options, [
      { socket: dhcp, port: 67 },
      ...(express ? [{ socket: express, port: 67, answerFrom: dhcp } as const] : []),
      { socket: bootServer, port: 4011 },
    ])
  } catch (error) {
    await Promise.all(sockets.map(closed))
    throw error
  }
  log.info({ interface: options.interface, mode: settings.mode, address: settings.address }, 'DHCP server listens')
  let closing: Promise<unknown> | undefined
  return {
    async close() {
      receiver.close()
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

/** Whatever a datagram does, the next one is served. All ears have one queue, and one group of answers. */
function listen(options: DhcpServerOptions, ears: readonly Ear[]): Receiver<Datagram> {
  const { log, now, store, onExchange, onDropped } = options
  const troubles = limitLog(log, { lines: 20, windowSeconds: 10 }, now)
  const answering = openAnswering({ setting: settingOf(options), store, now, log, onExchange, onDropped })
  const { standing, take: answer, settle } = answering
  const open = ears.map(({ socket, port, answerFrom = socket }) => {
    const send: Send = (bytes, to, onError) => answerFrom.send(bytes, to.port, to.address, (error) => error && onError(error))
    return { socket, port, hear: (bytes: Buffer, from: Destination): void => receiver.receive({ bytes, from, port, send }) }
  })
  const receiver: Receiver<Datagram> = openReceiver({
    standing,
    answer,
    settle,
    drain(most) {
      for (const { socket, hear } of open) drain(socket, most, hear)
    },
    log,
  })
  for (const { socket, port, hear } of open) {
    socket.on('error', (error) => troubles.error({ err: error, port }, 'DHCP socket'))
    socket.on('message', (bytes, sender) => hear(bytes, { address: parseIpv4(sender.address) ?? UNSPECIFIED, port: sender.port }))
  }
  return receiver
}

/** What decisions depend on, as configured. */
export function settingOf({ settings, bootTarget: boot }: Pick<DhcpServerOptions, 'settings' | 'bootTarget'>): AnsweringOptions['setting'] {
  const { mode, address: serverAddress, subnet, pool, router, relayed, dns, hosts } = settings
  return { mode, serverAddress, boot, local: { subnet, pool, router }, relayed, dns, reservations: reservationsOf(hosts) }
}

function closed(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()))
}
