// Megabytes a second of a migration's stream: both relays as dom0 runs them, from a pipe into a pipe over loopback, beside openssl's own
// s_client and s_server with the same version of TLS and the same cipher.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { machineRelays } from '../../images/agent/streams/exec.ts'
import { streamPlaces } from '../../images/agent/streams/places.ts'
import { newIdentity } from '../../images/agent/streams/relay/identity.ts'
import { CIPHERS } from '../../images/agent/streams/relay/source.ts'
import type { Status } from '../../images/agent/streams/status.ts'
import { agentVersion, bundleAgent } from '../../images/agent-bundle/build.ts'
import { uuid } from '../../manager/protocol/values.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'

const PEER = 'openssl s_client | s_server'
const ROOT = join(import.meta.dirname, '..', '..')
const BYTES = 1 << 30
const LOOPBACK = '127.0.0.1'
const GUEST = uuid.parse('10000000-0000-4000-8000-000000000001')
/** Milliseconds until something listens, or has come. */
const PATIENCE = 120_000

export const RELAY_TITLE = "A migration's stream over loopback"
export const RELAY_NOTES = [
  `1 GiB of zeros from a pipe into a pipe, TLS 1.3 with ${CIPHERS}, two processes on each side.`,
  'Ours is the bundle by the options of dom0 (agent-node: without the compilers); it also counts, frames and reads along.',
]

export interface RelayResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

export async function runRelayBench({ runs: count, sides }: Pick<BenchOptions, 'runs' | 'sides'>): Promise<RelayResult> {
  const place = await mkdtemp(join(tmpdir(), 'hl-relay-'))
  const runs: { side: Side; metrics: readonly Metric[] }[] = []
  try {
    const bundle = join(place, 'agent.mjs')
    await writeFile(bundle, await bundleAgent(ROOT, await agentVersion(ROOT)))
    for (let run = 1; run <= count; run += 1) {
      for (const side of inTurn(sides, run)) {
        const folder = join(place, `${run}-${side}`)
        await mkdir(folder)
        const seconds = side === 'ours' ? await measureOurs(folder, bundle) : await measurePeer(folder)
        runs.push({ side, metrics: [{ name: 'stream', unit: 'MB/s', better: 'more', value: BYTES / 1e6 / seconds }] })
      }
    }
  } finally {
    await rm(place, { recursive: true, force: true })
  }
  const medians = sides.map((side) => [side, mediansOf(runs.filter((run) => run.side === side).map(({ metrics }) => metrics))] as const)
  return { runs, table: metricTable(PEER, Object.fromEntries(medians)) }
}

/** Speaks as far as the word; what it sends comes from `head`, and goes to it. */
const FAKE_XL = `#!/bin/sh
case "$*" in
*migrate-receive*)
  printf 'xl migration receiver ready, send binary domain data.\\n'
  head -c ${BYTES} >/dev/null
  printf 'domain received, ready to unpause\\0'
  cat >/dev/null ;;
*)
  for command; do :; done
  { head -c ${BYTES} /dev/zero; while [ -d "\${0%/*}" ]; do sleep 0.2; done; } | sh -c "$command" >/dev/null ;;
esac
`

async function measureOurs(folder: string, bundle: string): Promise<number> {
  const xl = join(folder, 'xl')
  await writeFile(xl, FAKE_XL)
  await chmod(xl, 0o755)
  const relays = machineRelays([process.execPath, ...(await dom0Options()), bundle], xl)
  const [source, target] = [streamPlaces('m1', join(folder, 's')), streamPlaces('m1', join(folder, 't'))]
  const [ofSource, ofTarget] = [relays.identity(), relays.identity()]
  for (const [places, { key }] of [
    [source, ofSource],
    [target, ofTarget],
  ] as const) {
    await mkdir(places.folder, { recursive: true })
    await writeFile(places.key, key, { mode: 0o600 })
  }
  const common = { migration: 'm1', guest: GUEST, holdMs: PATIENCE }
  const look = async (places: typeof source, isSo: (status: Status) => boolean): Promise<Status> => {
    for (const until = performance.now() + PATIENCE; performance.now() < until; await delay(5)) {
      const status = await relays.ask(places, { ask: 'look' })
      if (status && isSo(status)) return status
      if (status?.phase === 'dropped') throw new Error(`the stream was dropped: ${status.reason}`)
    }
    throw new Error(`the stream has not come so far in ${PATIENCE / 1000} s`)
  }
  await writeFile(target.plan, JSON.stringify({ end: 'target', ...common, address: LOOPBACK }))
  await relays.receive(target)
  const { port } = await look(target, () => true)
  await relays.ask(target, { ask: 'accept', pin: ofSource.pin, address: LOOPBACK })
  await writeFile(source.plan, JSON.stringify({ end: 'source', ...common, to: { address: LOOPBACK, port, pin: ofTarget.pin } }))
  await relays.send(source, 1)
  await look(source, ({ bytes }) => bytes > 0)
  const began = performance.now()
  await look(source, ({ phase }) => phase === 'held')
  const seconds = (performance.now() - began) / 1000
  await relays.ask(source, { ask: 'abort' })
  return seconds
}

/** As agent-node gives them. */
async function dom0Options(): Promise<readonly string[]> {
  const script = await readFile(join(ROOT, 'images/dom0/root/usr/lib/hostless/agent-node'), 'utf8')
  return /^exec node (.*) "\$@"$/m.exec(script)?.[1]?.split(' ') ?? []
}

async function measurePeer(folder: string): Promise<number> {
  const pem = join(folder, 'key.pem')
  await writeFile(pem, newIdentity().key, { mode: 0o600 })
  const port = await freePort()
  const server = `sleep ${PATIENCE / 1000} | openssl s_server -quiet -naccept 1 -accept ${LOOPBACK}:${port} -cert ${pem} -key ${pem} -tls1_3 -ciphersuites ${CIPHERS} | { head -c ${BYTES} >/dev/null; echo >${folder}/over; }`
  const client = `head -c ${BYTES} /dev/zero | openssl s_client -quiet -no_ign_eof -connect ${LOOPBACK}:${port} -tls1_3 -ciphersuites ${CIPHERS} >/dev/null 2>&1`
  const serving = start(server)
  await listening(port)
  const began = performance.now()
  const sending = start(client)
  await come(join(folder, 'over'))
  const seconds = (performance.now() - began) / 1000
  for (const one of [sending, serving]) killGroup(one)
  return seconds
}

function start(script: string): ChildProcess {
  return spawn('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'ignore'], detached: true })
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

async function come(path: string): Promise<void> {
  for (const until = performance.now() + PATIENCE; performance.now() < until; await delay(5)) if (existsSync(path)) return
  throw new Error('not all that openssl was given has come')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Without a connection, which would be the one that it takes. */
async function listening(port: number): Promise<void> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`
  for (const until = performance.now() + PATIENCE; performance.now() < until; await delay(5))
    if ((await readFile('/proc/net/tcp', 'utf8')).includes(wanted)) return
  throw new Error('openssl s_server does not listen')
}
