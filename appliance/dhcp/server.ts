// The DHCP server of one interface: its sockets, on ports 67 and 4011.
import type dgram from 'node:dgram'
import type { BootServer } from '../boot/bootfile.ts'
import { macsOf } from '../boot/known-host.ts'
import { type AddressRange, type Ipv4, parseIpv4, type Subnet, UNSPECIFIED } from '../wire/addresses.ts'
import { drain } from '../wire/datagrams.ts'
import { limitLog } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { filterUdp, openUdpOn, type UdpWish } from '../wire/sockets/udp.ts'
import { type Answering, type AnsweringOptions, type Datagram, openAnswering, type Send } from './answering.ts'
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
  /** What comes from now on is answered by these; mode, address and subnet are what they were. Leases are the store's, and stay. */
  take(settings: DhcpSettings): void
  /** Resolves when the sockets are closed; may be called twice. */
  close(): Promise<void>
}

/** Rejects with a SocketError that says what to do. With mode `off` nothing is opened. */
export async function startDhcpServer(options: DhcpServerOptions): Promise<DhcpServer> {
  const { settings, log } = options
  if (settings.mode === 'off') {
    log.info({ interface: options.interface }, 'DHCP is off')
    return { take: () => {}, close: async () => {} }
  }
  const filters = filtersFor(settings)
  const sockets: dgram.Socket[] = []
  const open = async (port: number, wish: UdpWish = {}): Promise<dgram.Socket> => {
    const socket = await openUdpOn(options.interface, port, wish)
    sockets.push(socket)
    return socket
  }
  let ears: { readonly dhcp: dgram.Socket; readonly express: dgram.Socket; readonly bootServer: dgram.Socket }
  try {
    ears = {
      dhcp: await open(67, { filter: filters.others }),
      express: await open(67, { address: '255.255.255.255', filter: filters.express }),
      bootServer: await open(4011),
    }
  } catch (error) {
    await Promise.all(sockets.map(closed))
    throw error
  }
  const { receiver, answering } = listen(options, [
    { socket: ears.dhcp, port: 67 },
    // It only hears: what it is told is answered as from the other one.
    { socket: ears.express, port: 67, answerFrom: ears.dhcp },
    { socket: ears.bootServer, port: 4011 },
  ])
  log.info({ interface: options.interface, mode: settings.mode, address: settings.address }, 'DHCP server listens')
  let closing: Promise<unknown> | undefined
  return {
    take(wanted) {
      answering.use(settingOf({ settings: wanted, bootTarget: options.bootTarget }))
      if (closing) return
      const { express, others } = filtersFor(wanted)
      try {
        // In this order: what comes between them is heard twice rather than not at all.
        filterUdp(ears.express, options.interface, express)
        filterUdp(ears.dhcp, options.interface, others)
      } catch (error) {
        log.warn({ err: error }, 'hosts that are new in the config wait with strangers where there is a flood: restart the appliance')
      }
    },
    async close() {
      receiver.close()
      closing ??= Promise.all(sockets.map(closed))
      await closing
    },
  }
}

const filtersFor = ({ hosts }: DhcpSettings) => expressFilters(hosts.flatMap(macsOf))

interface Ear {
  readonly socket: dgram.Socket
  readonly port: ServerPort
  /** Left out: itself. */
  readonly answerFrom?: dgram.Socket
}

/** Whatever a datagram does, the next one is served. All ears have one queue, and one group of answers. */
function listen(
  options: DhcpServerOptions,
  ears: readonly Ear[],
): { readonly receiver: Receiver<Datagram>; readonly answering: Answering } {
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
  return { receiver, answering }
}

/** What decisions depend on, as configured. */
export function settingOf({ settings, bootTarget: boot }: Pick<DhcpServerOptions, 'settings' | 'bootTarget'>): AnsweringOptions['setting'] {
  const { mode, address: serverAddress, subnet, pool, router, relayed, dns, hosts } = settings
  return { mode, serverAddress, boot, local: { subnet, pool, router }, relayed, dns, reservations: reservationsOf(hosts) }
}

function closed(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()))
}
