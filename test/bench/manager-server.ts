// The server side of the manager's benchmark, a process of its own: the whole manager on hosts that are already enrolled; or, as the
// floor, a WebSocket server of the same library under the same TLS that reads what comes and answers what it must.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { WebSocketServer } from 'ws'
import { startManager } from '../../manager/main.ts'
import { openStore } from '../../manager/store/database.ts'
import { sqlite } from '../../manager/store/dialects/sqlite.ts'
import { databasePath } from '../../manager/store/files.ts'
import { keepAuthority, keepSiteSecret, newKey, newSerial } from '../../manager/store/keys/authority.ts'
import { signHost, signServer } from '../../manager/store/keys/certificate.ts'
import { saveCertificate } from '../../manager/store/tables/certificates.ts'
import { addHost, newHostId } from '../../manager/store/tables/hosts.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import { hostIn } from '../manager/hosts/conditions.ts'
import type { FromServer, HostIdentity, Identities, ToServer } from './manager-messages.ts'

const [side = '', dataDir = '', count = '', identities = ''] = process.argv.slice(2)
const ADDRESS = '127.0.0.1'
const DAY = 24 * 3600_000

/** Milliseconds. */
const RESOLUTION = 5
const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
delay.enable()

function tell(message: FromServer): void {
  process.send?.(message)
}

async function seed(): Promise<void> {
  const authority = await keepAuthority(dataDir)
  const store = await openStore(sqlite(databasePath(dataDir)))
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const hosts: HostIdentity[] = []
  const [issued, expires] = [Date.now(), Date.now() + DAY]
  const writes: Promise<unknown>[] = []
  for (let index = 0; index < Number(count); index += 1) {
    const host = newHostId()
    const { der, fingerprint } = await signHost(authority, host, spki, newSerial(), issued, expires)
    const certificate = `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
    hosts.push({ host, certificate })
    writes.push(
      store.write(async (transaction) => {
        const name = `node${String(index + 1).padStart(5, '0')}`
        await addHost(transaction, {
          id: host,
          name,
          uuid: undefined,
          ...hostIn('approved'),
          since: 0,
          groups: [],
          notes: '',
          created: 0,
          attempt: undefined,
        })
        await saveCertificate(transaction, { fingerprint, host, attempt: 'bench', issued, expires })
      }),
    )
  }
  await Promise.all(writes)
  await store.close()
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  await writeFile(identities, JSON.stringify({ key, hosts } satisfies Identities), { mode: 0o600 })
}

async function serveOurs(): Promise<(message: ToServer) => Promise<FromServer>> {
  const config = {
    dataDir,
    database: 'sqlite',
    listen: { address: ADDRESS, port: 0 },
    enrol: 'auto' as const,
    names: new Map<string, string>(),
  }
  const manager = await startManager(config, collectingLog().log)
  const { pool, access } = manager
  await access.addUser('poller', randomBytes(16).toString('hex'), 'viewer')
  const issued = await access.issueToken('poller', { label: 'bench', days: 1 })
  if (issued.kind !== 'done') throw new Error(issued.reason)
  await ready(manager.gateway.port, issued.value.secret)
  return async (message) => {
    switch (message.kind) {
      case 'usage':
        return usage()
      case 'list': {
        const started = performance.now()
        const matrix = await pool.matrix()
        for (const { key } of matrix.rows().slice(0, 1)) JSON.stringify(matrix.cells(key))
        return { kind: 'list', matrixMs: performance.now() - started }
      }
      case 'row': {
        const host = pool.hosts().find(({ macs }) => macs.some(({ mac }) => mac === message.mac))
        return { kind: 'row', there: host !== undefined && (await pool.matrix()).cpuOf(host.id) !== undefined }
      }
    }
  }
}

async function serveFloor(): Promise<(message: ToServer) => Promise<FromServer>> {
  const authority = await keepAuthority(dataDir)
  const key = newKey()
  const cert = `${await signServer(authority, key, ADDRESS, newSerial())}\n${authority.pem}`
  const server = createServer({ key, cert, ca: authority.pem, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
  const sockets = new WebSocketServer({ server, maxPayload: 8 << 20, perMessageDeflate: false })
  const welcome = JSON.stringify({ kind: 'welcome', version: 1, epoch: 1 })
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const start = data.toString('latin1', 0, 16)
      if (start.startsWith('{"kind":"hello"')) socket.send(welcome)
      else if (start.startsWith('{"kind":"ping"')) socket.send(data.toString('utf8').replace('ping', 'pong'))
    })
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, 4096, resolve))
  const address = server.address()
  await ready(typeof address === 'object' && address ? address.port : 0, '')
  return async () => usage()
}

async function ready(port: number, token: string): Promise<void> {
  const authority = await keepAuthority(dataDir)
  tell({ kind: 'ready', address: { address: ADDRESS, port, authority: authority.pem }, secret: await keepSiteSecret(dataDir), token })
}

function usage(): FromServer {
  const { user, system } = process.cpuUsage()
  const blockedMs = Math.max(0, delay.max / 1e6 - RESOLUTION)
  delay.reset()
  return { kind: 'usage', cpu: user + system, resident: process.memoryUsage.rss(), blockedMs }
}

await mkdir(dataDir, { recursive: true })
await seed()
const answer = side === 'ours' ? await serveOurs() : await serveFloor()
process.on('message', (message: ToServer) => void answer(message).then(tell))
process.on('disconnect', () => process.exit(0))
