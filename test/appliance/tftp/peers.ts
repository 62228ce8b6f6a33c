// A raw UDP peer, a log that collects, files in memory and a server on loopback, for the tests of the TFTP server.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import { decodeTftp, encodeTftp, type TftpPacket } from '../../../appliance/tftp/codec.ts'
import type { OpenTftpFile, TftpFile } from '../../../appliance/tftp/files.ts'
import { bindAddress, startTftpServer, type TftpObservation, type TftpServerOptions } from '../../../appliance/tftp/server.ts'
import type { Log } from '../../../appliance/wire/log.ts'

const DEADLINE = 60_000

export interface Answer {
  readonly packet: TftpPacket
  readonly port: number
}

/** Resolves as soon as `probe` gives something; rejects at the deadline. */
export async function eventually<T>(probe: () => T | undefined, what: string): Promise<T> {
  for (const end = performance.now() + DEADLINE; performance.now() < end; ) {
    const found = probe()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`${what}: not within ${DEADLINE} ms`)
}

export async function rawPeer(t: ExecutionContext, address = '127.0.0.1') {
  const socket = createSocket('udp4')
  const answers: Answer[] = []
  socket.on('message', (bytes, from) => answers.push({ packet: decodeTftp(bytes), port: from.port }))
  socket.bind(0, address)
  await once(socket, 'listening')
  t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  return {
    port: socket.address().port,
    answers,
    send: (to: number, packet: TftpPacket | Buffer) => socket.send(Buffer.isBuffer(packet) ? packet : encodeTftp(packet), to, '127.0.0.1'),
    /** Takes the oldest answer that nobody has taken. */
    next: () => eventually(() => answers.shift(), 'an answer'),
  }
}

export function rrq(filename: string, options: Readonly<Record<string, string | number>> = {}, mode = 'octet'): TftpPacket {
  const list = Object.entries(options).map(([name, value]) => ({ name, value: String(value) }))
  return { kind: 'rrq', filename, mode, options: list, padding: 0 }
}

/** Loads a file in lock-step. Asks again while nothing comes, as firmware does: the kernel drops datagrams in a flood. */
export async function download(t: ExecutionContext, port: number, request: TftpPacket, address?: string): Promise<Buffer> {
  const peer = await rawPeer(t, address)
  peer.send(port, request)
  const asking = setInterval(() => peer.send(port, request), 250)
  await eventually(() => peer.answers[0], 'the first answer').finally(() => clearInterval(asking))
  const blocks: Buffer[] = []
  for (;;) {
    const { packet, port: tid } = await peer.next()
    if (packet.kind === 'error') throw new Error(`ERROR ${packet.code} ${packet.message}`)
    if (packet.kind === 'oack') peer.send(tid, { kind: 'ack', block: 0 })
    if (packet.kind !== 'data' || packet.block !== blocks.length + 1) continue
    blocks.push(packet.data)
    peer.send(tid, { kind: 'ack', block: packet.block })
    if (packet.data.length < 512) return Buffer.concat(blocks)
  }
}

export interface LoggedLine {
  readonly level: string
  readonly fields: object
  readonly message: string
}

export function collectingLog(): { readonly log: Log; readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = []
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

export function memoryFile(content: Buffer, onClose: () => void = () => undefined): TftpFile {
  return {
    kind: 'file',
    size: content.length,
    read: async (position, length) => content.subarray(position, position + length),
    close: onClose,
  }
}

/** A server for the given contents, with what it has observed and logged, and how many files it holds open. */
export async function testServer(t: ExecutionContext, files: Readonly<Record<string, Buffer>>, overrides: Partial<TftpServerOptions> = {}) {
  const { log, lines } = collectingLog()
  const observations: TftpObservation[] = []
  const counts = { open: 0 }
  const open: OpenTftpFile = async (path) => {
    const content = files[path]
    if (!content) return { kind: 'refusal', code: 'not-found', reason: `${path} is not in the tree` }
    counts.open += 1
    return memoryFile(content, () => {
      counts.open -= 1
    })
  }
  const onTransfer = (observation: TftpObservation) => void observations.push(observation)
  const server = await startTftpServer({ port: 0, bind: bindAddress('127.0.0.1'), open, onTransfer, log, ...overrides })
  t.teardown(() => server.close())
  return { server, port: server.port, observations, lines, counts }
}
