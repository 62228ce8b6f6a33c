// The WebSocket of a console: who comes shows a good credential and a ticket that was given to the same user, and is let go when the
// credential is not good any more. Nothing is upgraded before all that is known.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Log } from '../../../appliance/wire/log.ts'
import { atLeast } from '../../access/roles.ts'
import { refuse } from '../../agents/body.ts'
import type { GuestConsoles } from '../../consoles/service.ts'
import type { ConsoleTicket } from '../../consoles/tickets.ts'
import { CONSOLE_PATH, CONSOLE_PROTOCOL, type ConsoleNotice, TICKET_PREFIX } from '../../contract/consoles.ts'
import type { Gate } from '../gate.ts'
import { type Credential, credentialOf, isSameOrigin } from '../guard.ts'
import type { Rights } from '../rights/rights.ts'
import { pump } from './pump.ts'

export interface ConsoleDoor {
  /** False: it is none of a console. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  close(): void
}

export interface ConsoleDoorOptions {
  readonly consoles: Pick<GuestConsoles, 'redeem' | 'attach'>
  readonly gate: Pick<Gate, 'identify' | 'ownerOf'>
  readonly rights: Pick<Rights, 'mayActOnGuest'>
  readonly log: Log
}

/** Bytes of a frame that is typed: a paste. */
const MOST_FRAME = 64 << 10
/** Milliseconds between looks whether the other end is there, and may still. */
const LOOK = 15_000

type Admitted = { readonly kind: 'admitted'; readonly ticket: ConsoleTicket; readonly credential: Credential } | Turned
type Turned = { readonly kind: 'turned'; readonly status: number; readonly reason: string }

export function openConsoleDoor({ consoles, gate, rights, log }: ConsoleDoorOptions): ConsoleDoor {
  const sockets = new WebSocketServer({
    ...{ noServer: true, maxPayload: MOST_FRAME, perMessageDeflate: false, clientTracking: true },
    handleProtocols: () => CONSOLE_PROTOCOL,
  })
  const admit = async (request: IncomingMessage): Promise<Admitted> => {
    const turned = (status: number, reason: string): Turned => ({ kind: 'turned', status, reason })
    const credential = credentialOf(request.headers)
    // A browser says where it comes from, and brings its cookie wherever that is.
    if ((credential.kind === 'session' || request.headers.origin !== undefined) && !isSameOrigin(request.headers))
      return turned(403, 'this does not come from a page of this manager')
    const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    const identified = await gate.identify(credential, peer)
    if (identified.kind === 'refused') return turned(identified.status ?? 401, identified.reason)
    const secret = ticketIn(request.headers['sec-websocket-protocol'])
    const ticket = secret === undefined ? undefined : consoles.redeem(secret, identified.who.user)
    return ticket ? { kind: 'admitted', ticket, credential } : turned(403, 'this ticket is used, too old, or none: ask for another')
  }
  const serve = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const admitted = await admit(request)
    if (admitted.kind === 'turned') return refuse(socket, admitted.status, admitted.reason)
    const { ticket, credential } = admitted
    sockets.handleUpgrade(request, socket, head, (opened) => {
      sit(opened, ticket, credential).catch((error: unknown) => {
        log.error({ error }, 'a console could not be shown')
        opened.close(1011)
      })
    })
  }
  const sit = async (opened: WebSocket, ticket: ConsoleTicket, credential: Credential): Promise<void> => {
    let more: () => void = () => undefined
    const notice = (said: ConsoleNotice): void => opened.send(JSON.stringify(said))
    opened.on('error', (error) => log.debug({ error }, 'a console’s connection broke'))
    let wasAwaited = false
    const attached = await consoles.attach(ticket, { wake: () => more() }, (reason) => {
      wasAwaited = true
      notice({ kind: 'note', text: `${reason}: it is waited for` })
    })
    if (attached.kind !== 'done') {
      notice({ kind: 'ended', cause: 'failed', reason: attached.reason })
      opened.close(1000)
      return
    }
    const seat = attached.value
    let isThere = true
    const end = (reason: string): void => {
      notice({ kind: 'ended', cause: 'failed', reason })
      opened.close(1000)
    }
    const standing = async (): Promise<'as it was' | 'looks' | 'signed out'> => {
      const who = await gate.ownerOf(credential)
      if (who?.user !== ticket.user) return 'signed out'
      if (ticket.mode === 'look') return 'as it was'
      return atLeast(who.role, 'operator') && (await rights.mayActOnGuest(ticket.guest.uuid, who)) ? 'as it was' : 'looks'
    }
    const mayStill = async (): Promise<boolean> => {
      const is = await standing().catch(() => 'unknown' as const)
      if (is === 'signed out') end('you are signed out')
      else if (is === 'looks') end('you may not type any more: look at it anew')
      else if (is === 'unknown') end('whether you may still look cannot be told now')
      return is === 'as it was'
    }
    // Half a minute may have passed since it was asked.
    if (wasAwaited && !(await mayStill())) return seat.leave()
    if (opened.readyState !== opened.OPEN) return seat.leave()
    const look = setInterval(() => {
      if (!isThere) return opened.terminate()
      isThere = false
      opened.ping()
      void mayStill()
    }, LOOK)
    opened.on('pong', () => {
      isThere = true
    })
    opened.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return
      if (ticket.mode === 'look') return notice({ kind: 'note', text: 'you may look, and not type' })
      if (seat.type(Buffer.from(data)) === 'full')
        notice({ kind: 'note', text: 'the guest does not take what was typed: the rest is dropped' })
    })
    opened.on('close', () => {
      clearInterval(look)
      seat.leave()
    })
    more = pump(seat, {
      send: (data, sent) => opened.send(data, { binary: typeof data !== 'string' }, sent),
      backlog: () => opened.bufferedAmount,
      end: () => opened.close(1000),
    })
    more()
  }
  return {
    upgrade(request, socket, head) {
      if (request.url !== CONSOLE_PATH) return false
      serve(request, socket, head).catch((error: unknown) => {
        log.error({ error }, 'a console could not be opened')
        refuse(socket, 500, 'the manager cannot do it now')
      })
      return true
    },
    close() {
      for (const one of sockets.clients) one.close(1001, 'the manager stops')
      sockets.close()
    },
  }
}

function ticketIn(protocols: string | undefined): string | undefined {
  const offered = (protocols ?? '').split(',').map((one) => one.trim())
  if (!offered.includes(CONSOLE_PROTOCOL)) return undefined
  return offered.find((one) => one.startsWith(TICKET_PREFIX))?.slice(TICKET_PREFIX.length)
}
