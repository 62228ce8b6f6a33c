// An agent that says whatever a test wants, by ws alone.
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import WebSocket from 'ws'
import { certificateRequest } from '../../images/agent/certificate-request.ts'
import type { ManagerAddress } from '../../manager/protocol/appliance.ts'
import type { ManagerMessage } from '../../manager/protocol/messages.ts'

export const rawIdentity = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

type Answer = ManagerMessage & { readonly kind: 'enrolled' | 'rejected' }

export function enrolRaw(
  { address, port, authority }: ManagerAddress,
  boot: { readonly attempt: string; readonly token: string },
  macs: readonly string[],
  key: KeyObject,
  localAddress?: string,
  systemUuid?: string,
  more: { readonly serial?: string; readonly product?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://${address}:${port}/agent/enrol`, { ca: authority, ...(localAddress ? { localAddress } : {}) })
    const request = certificateRequest(key).toString('base64')
    socket.on('open', () =>
      socket.send(
        JSON.stringify({ kind: 'enrol', ...boot, ...more, certificateRequest: request, macs, ...(systemUuid ? { systemUuid } : {}) }),
      ),
    )
    socket.on('message', (data: Buffer) => resolve(JSON.parse(data.toString('utf8')) as Answer))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed without an answer')))
  })
}

/** Sends what `attack` sends, and `hear` to each word of the manager; resolves with the code that the manager closes with. */
export function rawAgent(
  { address, port, authority }: ManagerAddress,
  certificates: readonly string[],
  key: KeyObject,
  attack: (send: (text: string) => void) => void,
  hear: (message: ManagerMessage, send: (text: string) => void) => void = () => undefined,
): Promise<number> {
  const [own = ''] = certificates
  const certificate = new X509Certificate(Buffer.from(own, 'base64'))
  const host = certificate.subjectAltName?.slice(-16)
  return new Promise((resolve) => {
    const socket = new WebSocket(`wss://${address}:${port}/agent/host/${host}`, {
      ca: authority,
      cert: certificate.toString(),
      key: pem(key),
    })
    const send = (text: string): void => socket.send(text)
    socket.on('open', () => attack(send))
    socket.on('message', (data: Buffer) => hear(JSON.parse(data.toString('utf8')) as ManagerMessage, send))
    socket.on('error', () => undefined)
    socket.on('close', resolve)
  })
}

/** The HTTP status of an attempt to connect as this host; 101: it was let in. */
export function checkAgainst(
  { address, port, authority }: ManagerAddress,
  host: string,
  certificate: X509Certificate | undefined,
  key: KeyObject,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://${address}:${port}/agent/host/${host}`, {
      ca: authority,
      ...(certificate ? { cert: certificate.toString(), key: pem(key) } : {}),
    })
    socket.on('open', () => {
      socket.close()
      resolve(101)
    })
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      socket.terminate()
    })
    socket.on('error', reject)
  })
}
