// A boot server on loopback with files on disk, and raw connections to it, for the tests of the HTTP server.

import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { FileObservation } from '../../../appliance/http/boot-files.ts'
import type { BootReport } from '../../../appliance/http/report.ts'
import { type HttpServerOptions, startHttpServer } from '../../../appliance/http/server.ts'
import { collectingLog } from '../tftp/peers.ts'

export { collectingLog, eventually } from '../tftp/peers.ts'

export const GENERATION = '0123456789abcdef'
export const ATTEMPT = 'abcdefghijklmn27'

export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-http-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return folder
}

/** Serves `files` as the one generation, and keeps what it was told. */
export async function bootServer(t: ExecutionContext, files: Readonly<Record<string, Buffer>>, overrides: Partial<HttpServerOptions> = {}) {
  const folder = await temporaryFolder(t)
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  const { log, lines } = collectingLog()
  const observations: FileObservation[] = []
  const reports: { attempt: string; report: BootReport; peer: string }[] = []
  const server = await startHttpServer({
    address: '127.0.0.1',
    port: 0,
    script: (mac, peer) => ({ kind: 'script', text: `#!ipxe\necho ${mac} ${peer}\n` }),
    file: (generation, name) => {
      const content = generation === GENERATION ? files[name] : undefined
      return content && { path: join(folder, name), size: content.length }
    },
    loader: (name) => {
      const content = files[name]
      return content && { path: join(folder, name), size: content.length }
    },
    xenConfig: (attempt) => (attempt === ATTEMPT ? '[global]\ndefault=h\n' : undefined),
    manager: () => ({ kind: 'none', reason: 'there is none in this test' }),
    self: { isReady: () => true, metrics: async () => 'hostless_ready 1\n' },
    join: () => ({ kind: 'refusal', reason: 'nobody joins in this test' }),
    report: (attempt, report, peer) => {
      reports.push({ attempt, report, peer })
      return attempt === ATTEMPT ? { kind: 'accepted' } : { kind: 'refusal', reason: 'this attempt is over' }
    },
    onFile: (observation) => void observations.push(observation),
    log,
    ...overrides,
  })
  t.teardown(() => server.close())
  return { server, port: server.port, url: `http://127.0.0.1:${server.port}`, folder, lines, observations, reports }
}

/** A TCP connection that says what it is told, and keeps what it hears. */
export async function rawConnection(t: ExecutionContext, to: number | string, localAddress = '127.0.0.1') {
  const socket: Socket = typeof to === 'string' ? createConnection(to) : createConnection({ port: to, host: '127.0.0.1', localAddress })
  const heard = { text: '', closed: false }
  socket.on('data', (bytes: Buffer) => {
    heard.text += bytes.toString('latin1')
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    heard.closed = true
  })
  t.teardown(() => void socket.destroy())
  await once(socket, 'connect')
  return { socket, heard, localPort: (socket.address() as AddressInfo).port }
}
