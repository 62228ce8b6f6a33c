// The TFTP server: receives requests and runs each transfer's actions on a socket of its own (RFC 1350 section 4:
// the port is the transfer's id). Decisions are in transfer, options, path and admission.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { WireError } from '../wire/cursor.ts'
import { limitLog, withinRate } from '../wire/limit.ts'
import type { Log } from '../wire/log.ts'
import { type AdmissionLimits, admit } from './admission.ts'
import { decodeTftp, ERROR_CODE, encodeTftp, isRequest, LONGEST_REQUEST, type TftpPacket, type TftpRequest, tftpError } from './codec.ts'
import { describeTftp, printable } from './describe.ts'
import { type OpenTftpFile, openRequested, requestedFile, type TftpFile, type TftpPeer } from './files.ts'
import { negotiate, type OptionLimits } from './options.ts'
import { begin, delivered, patience, type Step, step, type Transfer, type TransferAction, type TransferEvent } from './transfer.ts'

/** served: whole · probed: only the size was wanted · not-found: refused by path or by `open` · aborted: by the client, or for room */
export type TftpOutcome = 'served' | 'probed' | 'not-found' | 'aborted' | 'failed'

export interface TftpObservation {
  readonly peer: TftpPeer
  /** The path in the served tree; of a refused name its printable form. */
  readonly file: string
  readonly outcome: TftpOutcome
  /** Of the file, acknowledged by the client. */
  readonly bytes: number
  readonly milliseconds: number
  /** In plain words; empty when served or probed. */
  readonly reason: string
}

export type TftpLimits = OptionLimits & AdmissionLimits

export interface TftpServerOptions {
  /** 69; 0 takes a free one. */
  readonly port: number
  /** A UDP socket bound to `port` (0 is a free one) on the provisioning network; see `bindAddress`. */
  readonly bind: (port: number) => Promise<Socket>
  readonly open: OpenTftpFile
  readonly onTransfer: (observation: TftpObservation) => void
  /** A datagram that was not served, and why; of a flood only some are told. */
  readonly onDropped?: (peer: TftpPeer, reason: string) => void
  readonly log: Log
  readonly limits?: Partial<TftpLimits>
}

const LIMITS: TftpLimits = { mtu: 1500, blksize: 1468, windowsize: 32, timeout: 10, transfers: 256, transfersPerPeer: 8 }
/** What hostile packets may write into the log. */
const LOG_LIMIT = { lines: 30, windowSeconds: 60 }
const DROP_RATE = { times: 20, windowSeconds: 1 }

/** A transfer once its file is open. */
interface Running {
  transfer: Transfer
  readonly file: TftpFile
  readonly socket: Socket
  timer: NodeJS.Timeout | undefined
  /** What the timer waits, ms. */
  patience: number
}

interface Session {
  readonly key: string
  readonly peer: TftpPeer
  readonly file: string
  /** The request's bytes without padding beyond 512: the same again is a repetition. */
  readonly request: Buffer
  readonly startedAt: number
  /** Undefined while the file is being opened. */
  running: Running | undefined
}

/** Plain UDP sockets on one local address, for `bind`. */
export function bindAddress(address: string): (port: number) => Promise<Socket> {
  return async (port) => {
    const socket = createSocket('udp4')
    socket.bind({ port, address, exclusive: true })
    await once(socket, 'listening')
    return socket
  }
}

/** Rejects when the port cannot be bound. `close` ends running transfers. */
export async function startTftpServer(options: TftpServerOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { bind, open, onTransfer, log } = options
  const limits: TftpLimits = { ...LIMITS, ...options.limits }
  const sessions = new Map<string, Session>()
  const limitedLog = limitLog(log, LOG_LIMIT, () => performance.now())
  const mayTell = withinRate(DROP_RATE, () => performance.now())
  let closed: Promise<unknown> | undefined

  const listener = await bind(options.port)
  listener.on('error', (error) => log.error({ error }, 'TFTP: the listening socket failed'))
  listener.on('message', onDatagram)

  function onDatagram(bytes: Buffer, from: RemoteInfo): void {
    if (from.port === 0) return // nobody can be answered there: dgram would throw
    const packet = decode(bytes, from)
    if (packet === undefined && isRequest(bytes)) send(listener, from, tftpError(ERROR_CODE.illegalOperation, 'malformed request'))
    if (packet?.kind === 'rrq') onReadRequest(packet, bytes, { address: from.address, port: from.port })
    else if (packet?.kind === 'wrq') send(listener, from, tftpError(ERROR_CODE.access, 'read only'))
    else if (packet) complain(from, `${describeTftp(packet)} belongs to no transfer`)
  }

  function onReadRequest(packet: TftpRequest, bytes: Buffer, peer: TftpPeer): void {
    const key = `${peer.address}:${peer.port}`
    const known = sessions.get(key)
    const request = bytes.subarray(0, LONGEST_REQUEST)
    const repeated = known?.request.equals(request)
    if (known) onEvent(known, { kind: repeated ? 'repeated' : 'superseded' })
    // A session without a transfer is opening its file: its answer is on its way.
    if (repeated || (known && !known.running) || !makeRoom(peer)) return
    const session: Session = {
      key,
      peer,
      file: requestedFile(packet),
      request: Buffer.from(request),
      startedAt: performance.now(),
      running: undefined,
    }
    sessions.set(key, session)
    start(session, packet).catch((error: unknown) => {
      log.error({ error, peer, file: session.file }, 'TFTP: a file could not be opened')
      if (sessions.get(key) !== session) return
      send(listener, peer, tftpError(ERROR_CODE.undefined, 'server error'))
      end(session, 'failed', 'the server could not open the file')
    })
  }

  function makeRoom(peer: TftpPeer): boolean {
    const inFlight = [...sessions.values()].map(({ key, peer: { address }, running }) => {
      return { key, address, state: running ? (running.transfer.heard ? 'heard' : 'offered') : 'opening' } as const
    })
    const admission = admit(inFlight, peer.address, limits)
    switch (admission.kind) {
      case 'admit':
        return true
      case 'drop':
        complain(peer, admission.reason)
        return false
      case 'replace': {
        const replaced = sessions.get(admission.key)
        if (replaced) onEvent(replaced, { kind: 'evicted', reason: 'the client never answered, and its place was needed' })
        return true
      }
    }
  }

  async function start(session: Session, packet: TftpRequest): Promise<void> {
    const file = await openRequested(packet, session.peer, open)
    if (file.kind === 'refused') {
      if (sessions.get(session.key) !== session) return
      send(listener, session.peer, file.packet)
      return end(session, file.outcome, file.reason)
    }
    let socket: Socket
    try {
      socket = await bind(0)
    } catch (error) {
      await file.close()
      throw error
    }
    const first = begin(negotiate(packet.options, file.size, limits), file.size)
    session.running = { transfer: first.transfer, file, socket, timer: undefined, patience: 0 }
    if (sessions.get(session.key) !== session) return release(session.running, session)
    socket.on('error', (error) => log.error({ error, peer: session.peer }, 'TFTP: the socket of a transfer failed'))
    socket.on('message', (bytes, from) => onAnswer(session, socket, bytes, from))
    carryOut(session, session.running, first)
  }

  function onAnswer(session: Session, socket: Socket, bytes: Buffer, from: RemoteInfo): void {
    if (from.port === 0) return
    const packet = decode(bytes, from)
    if (from.address !== session.peer.address || from.port !== session.peer.port) {
      // RFC 1350 section 4: the stranger is told, the transfer goes on. Never an ERROR for an ERROR.
      if (packet && packet.kind !== 'error') send(socket, from, tftpError(ERROR_CODE.unknownTransfer, 'unknown transfer'))
      complain(from, 'a packet for the transfer of another client')
    } else if (packet?.kind === 'ack') onEvent(session, { kind: 'ack', block: packet.block })
    else if (packet?.kind === 'error') onEvent(session, { kind: 'error', code: packet.code, message: printable(packet.message) })
    else if (packet) complain(from, `${describeTftp(packet)} in a read transfer`)
  }

  function onEvent(session: Session, event: TransferEvent): void {
    if (session.running) carryOut(session, session.running, step(session.running.transfer, event))
  }

  function carryOut(session: Session, running: Running, { transfer, actions }: Step): void {
    const waitsAnew = actions.length > 0 || transfer.resends > running.transfer.resends
    running.transfer = transfer
    for (const action of actions) act(session, running, action)
    if (!waitsAnew || transfer.phase === 'closed') return
    const wait = patience(transfer)
    if (running.timer && running.patience === wait) running.timer.refresh()
    else {
      clearTimeout(running.timer)
      running.timer = setTimeout(() => onEvent(session, { kind: 'timeout' }), wait)
      running.patience = wait
    }
  }

  function act(session: Session, running: Running, action: TransferAction): void {
    switch (action.kind) {
      case 'send':
        send(running.socket, session.peer, action.packet)
        break
      case 'read':
        read(running.file, action.position, action.length).then(
          (data) => onEvent(session, { kind: 'data-ready', position: action.position, data }),
          (error: unknown) => {
            log.error({ error, file: session.file }, 'TFTP: a file could not be read')
            onEvent(session, { kind: 'read-failed' })
          },
        )
        break
      case 'finish':
        end(session, action.outcome, '')
        break
      case 'fail':
        end(session, action.outcome, action.reason)
        break
    }
  }

  function end(session: Session, outcome: TftpOutcome, reason: string): void {
    if (sessions.get(session.key) === session) sessions.delete(session.key)
    const bytes = session.running ? delivered(session.running.transfer) : 0
    if (session.running) release(session.running, session)
    const { peer, file, startedAt } = session
    const milliseconds = Math.round(performance.now() - startedAt)
    try {
      onTransfer({ peer, file, outcome, bytes, milliseconds, reason })
    } catch (error) {
      log.error({ error, peer, file }, 'TFTP: a transfer could not be recorded')
    }
  }

  function release({ timer, socket, file }: Running, session: Session): void {
    clearTimeout(timer)
    setImmediate(() => socket.close()) // after the packets of this turn: dgram hands them on in the next tick
    closeFile(file).catch((error: unknown) => {
      log.error({ error, file: session.file }, 'TFTP: a file could not be closed')
    })
  }

  function send(socket: Socket, to: TftpPeer, packet: TftpPacket): void {
    socket.send(encodeTftp(packet), to.port, to.address, (error) => {
      if (error) complain(to, `${describeTftp(packet)} could not be sent: ${error.message}`)
    })
  }

  function decode(bytes: Buffer, from: RemoteInfo): TftpPacket | undefined {
    try {
      return decodeTftp(bytes)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      complain(from, error.message)
      return undefined
    }
  }

  function complain(peer: TftpPeer, reason: string): void {
    limitedLog.warn({ peer: `${peer.address}:${peer.port}`, reason }, 'TFTP: a packet was not served')
    try {
      if (mayTell()) options.onDropped?.({ address: peer.address, port: peer.port }, reason)
    } catch (error) {
      log.error({ error, peer }, 'TFTP: a dropped packet could not be recorded')
    }
  }

  async function close(): Promise<void> {
    if (!closed) {
      closed = once(listener, 'close')
      listener.close()
      for (const session of [...sessions.values()]) {
        if (session.running) onEvent(session, { kind: 'evicted', reason: 'the server is closing' })
        else end(session, 'aborted', 'the server is closing')
      }
    }
    await closed
  }

  return { port: listener.address().port, close }
}

async function closeFile(file: TftpFile): Promise<void> {
  await file.close()
}

async function read(file: TftpFile, position: number, length: number): Promise<Buffer> {
  const data = await file.read(position, length)
  if (data.length !== length) throw new Error(`${data.length} bytes at ${position} instead of ${length}`)
  return data
}
