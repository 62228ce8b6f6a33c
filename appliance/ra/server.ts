// Answers each Router Solicitation on one interface with an empty Router Advertisement to ff02::1: without one, iPXE waits for
// IPv6 autoconfiguration (16 s together with the wait for proxy DHCP, boot-notes).
import { readFileSync } from 'node:fs'
import { WireError } from '../wire/cursor.ts'
import { SocketError } from '../wire/explain.ts'
import { limitLog } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { type Icmpv6Datagram, type Icmpv6Socket, openIcmpv6On } from '../wire/sockets/icmpv6.ts'
import { decodeSolicitation, encodeAdvertisement, ROUTER_SOLICITATION } from './codec.ts'
import { decideAdvertisement } from './decide.ts'

export interface RouterAdvertiser {
  /** Resolves when the socket is closed. */
  close(): Promise<void>
}

const ALL_NODES = Buffer.from('ff020000000000000000000000000001', 'hex')
const ALL_ROUTERS = Buffer.from('ff020000000000000000000000000002', 'hex')
const ADVICE = 'hosts boot all the same, but iPXE waits some seconds longer for IPv6; switch IPv6 on for this interface to avoid it'

/** Rejects with a SocketError that says what to do. Where IPv6 is off it warns, and there is nothing to close. */
export async function startRouterAdvertiser(options: { readonly interface: string; readonly log: Log }): Promise<RouterAdvertiser> {
  const { log } = options
  if (isIpv6Off(options.interface)) {
    log.warn({ interface: options.interface }, `IPv6 is off on ${options.interface}: ${ADVICE}`)
    return { close: async () => {} }
  }
  let socket: Icmpv6Socket
  try {
    socket = openIcmpv6On(options.interface, ALL_ROUTERS, ROUTER_SOLICITATION)
  } catch (error) {
    if (!(error instanceof SocketError) || error.failure !== 'EAFNOSUPPORT') throw error
    log.warn({ interface: options.interface }, `${error.message}: ${ADVICE}`)
    return { close: async () => {} }
  }
  const done = answerAll(socket, {
    troubles: limitLog(log, { lines: 20, windowSeconds: 10 }, Date.now),
    details: limitLog(log, { lines: 500, windowSeconds: 10 }, Date.now),
  })
  log.info({ interface: options.interface }, 'answering router solicitations')
  return {
    close() {
      socket.close()
      return done
    },
  }
}

interface Logs {
  readonly troubles: Log
  readonly details: Log
}

/** Runs until the socket is closed; no datagram ends it. */
async function answerAll(socket: Icmpv6Socket, logs: Logs): Promise<void> {
  for (;;) {
    let datagram: Icmpv6Datagram | undefined
    try {
      datagram = await socket.receive()
    } catch (error) {
      logs.troubles.error({ err: error }, 'router solicitations cannot be received any more')
      socket.close()
      return
    }
    if (!datagram) return
    answer(socket, datagram, logs)
  }
}

function answer(socket: Icmpv6Socket, { bytes, source, hopLimit }: Icmpv6Datagram, { troubles, details }: Logs): void {
  const peer = source.toString('hex').replace(/(....)(?!$)/g, '$1:')
  try {
    const decision = decideAdvertisement(decodeSolicitation(bytes), source, hopLimit)
    if (decision.kind === 'advertise') socket.send(encodeAdvertisement(decision.advertisement), ALL_NODES)
    details.debug({ peer, ...(decision.kind === 'silent' ? { reason: decision.reason } : {}) }, 'router solicitation')
  } catch (error) {
    if (error instanceof WireError) troubles.warn({ peer, reason: error.message }, 'router solicitation dropped')
    else troubles.error({ peer, err: error }, 'router solicitation not answered')
  }
}

/** An interface that does not exist is not "off": opening the socket says so better. */
function isIpv6Off(interfaceName: string): boolean {
  const file = `/proc/sys/net/ipv6/conf/${interfaceName}/disable_ipv6`
  try {
    return !interfaceName.includes('/') && readFileSync(file, 'utf8').trim() !== '0'
  } catch {
    return false
  }
}
