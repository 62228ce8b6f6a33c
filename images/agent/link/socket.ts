// A WebSocket to the manager over TLS, as nobody yet or as this host, and one message over it.
import type { KeyObject } from 'node:crypto'
import WebSocket from 'ws'
import type { ManagerAddress } from '../../../manager/protocol/appliance.ts'
import { encodeMessage } from '../../../manager/protocol/codec.ts'
import { type AgentMessage, MAX_MESSAGE_BYTES } from '../../../manager/protocol/messages.ts'
import type { Identity } from './identity.ts'

/** Milliseconds. */
const HANDSHAKE = 15_000

export interface SocketOptions {
  /** Ends it, whatever it is at. */
  readonly stop: AbortSignal
  readonly identity?: Identity | undefined
  readonly localAddress?: string | undefined
}

export function openSocket({ address, port, authority }: ManagerAddress, path: string, options: SocketOptions): WebSocket {
  const { stop, identity, localAddress } = options
  const socket = new WebSocket(`wss://${address}:${port}${path}`, {
    ca: authority,
    ...(identity ? { cert: identity.certificates, key: pem(identity.key) } : {}),
    ...(localAddress === undefined ? {} : { localAddress }),
    handshakeTimeout: HANDSHAKE,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    minVersion: 'TLSv1.3',
  })
  const terminate = () => socket.terminate()
  stop.addEventListener('abort', terminate, { once: true })
  socket.on('close', () => stop.removeEventListener('abort', terminate))
  return socket
}

/** The reason when it is too long to be sent. */
export function sendOver(socket: WebSocket, message: AgentMessage): string | undefined {
  const encoded = encodeMessage(message)
  if (encoded.kind === 'refused') return encoded.reason
  if (socket.readyState === WebSocket.OPEN) socket.send(encoded.bytes, { binary: false })
  return undefined
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}
