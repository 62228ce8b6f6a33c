// Two relays in this process, over a real TLS connection on loopback, each with the model of its xl; and a wire between them that can be cut.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { askAt } from '../../../../images/agent/streams/relay/control.ts'
import { newIdentity } from '../../../../images/agent/streams/relay/identity.ts'
import { relaySource } from '../../../../images/agent/streams/relay/source.ts'
import { relayTarget, type TargetRelay } from '../../../../images/agent/streams/relay/target.ts'
import type { Asked, SourcePlan, Status } from '../../../../images/agent/streams/status.ts'
import { uuid } from '../../../../manager/protocol/values.ts'
import { dataDirFor, until } from '../../../manager/site.ts'
import { ReceivingXl, SendingXl } from './xl-model.ts'

const LOOPBACK = '127.0.0.1'
const GUEST = uuid.parse('10000000-0000-4000-8000-000000000001')
const HOUR = 3_600_000

export interface PairOptions {
  readonly bytes?: number
  readonly source?: Partial<SourcePlan>
  readonly target?: { readonly holdMs?: number; readonly patience?: TargetRelay['patience'] }
  /** Whom each expects: the right one, unless it is said. */
  readonly pins?: { readonly ofSource?: string; readonly ofTarget?: string }
}

export interface RelayPair {
  readonly s: SendingXl
  readonly t: ReceivingXl
  readonly askS: (asked: Asked) => Promise<Status | undefined>
  readonly askT: (asked: Asked) => Promise<Status | undefined>
  readonly source: Promise<Status>
  readonly target: Promise<Status>
  /** What each has said last. */
  readonly saved: { source: Status | undefined; target: Status | undefined }
  /** xl says that the guest stands still. */
  suspend(): void
  /** Both ends see the connection end. */
  cut(): void
  /** As far as that. */
  banner(): Promise<void>
  held(): Promise<void>
}

export async function relayPair(t: ExecutionContext, options: PairOptions = {}): Promise<RelayPair> {
  const folder = await dataDirFor(t)
  const bytes = options.bytes ?? 300_000
  const [ofSource, ofTarget] = [newIdentity(), newIdentity()]
  const s = new SendingXl(bytes)
  const receiving = new ReceivingXl(bytes)
  const controls = { source: join(folder, 's'), target: join(folder, 't') }
  const saved: RelayPair['saved'] = { source: undefined, target: undefined }
  let suspend: () => void = () => undefined
  const target = relayTarget({
    plan: { end: 'target', migration: 'm1', guest: GUEST, holdMs: options.target?.holdMs ?? HOUR, address: LOOPBACK },
    identity: ofTarget,
    receive: () => receiving.receiver,
    control: controls.target,
    save: (status) => {
      saved.target = status
    },
    ...(options.target?.patience ? { patience: options.target.patience } : {}),
  })
  const askS = (asked: Asked): Promise<Status | undefined> => askAt(controls.source, asked)
  const askT = (asked: Asked): Promise<Status | undefined> => askAt(controls.target, asked)
  const open = await until('the target listens', () => askT({ ask: 'look' }))
  await askT({ ask: 'accept', pin: options.pins?.ofSource ?? ofSource.pin, address: LOOPBACK })
  const wire = await cuttable(t, open.port ?? 0)
  const source = relaySource({
    plan: {
      ...{ end: 'source', migration: 'm1', guest: GUEST, holdMs: HOUR },
      to: { address: LOOPBACK, port: wire.port, pin: options.pins?.ofTarget ?? ofTarget.pin },
      ...options.source,
    },
    identity: ofSource,
    xl: { input: s.input, output: s.output },
    onSuspended: (action) => {
      suspend = () => {
        s.guest = 'suspended'
        action()
      }
      return () => undefined
    },
    control: controls.source,
    save: (status) => {
      saved.source = status
    },
  })
  // The relay ends: xl sees its pipes end.
  void source.then(() => s.end())
  const banner = (): Promise<void> =>
    until('the banner', () => s.has(Buffer.from('xl migration receiver ready')) || undefined).then(() => undefined)
  return {
    ...{ s, t: receiving, askS, askT, source, target, saved, cut: wire.cut, banner },
    suspend: () => suspend(),
    held: async () => {
      await banner()
      await s.send()
      suspend()
      await until('the hold', async () => (await askS({ ask: 'look' }))?.phase === 'held' || undefined)
    },
  }
}

/** A wire between the two. */
async function cuttable(t: ExecutionContext, port: number): Promise<{ readonly port: number; readonly cut: () => void }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((near) => {
    const far = connect(port, LOOPBACK)
    for (const one of [near, far]) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve))
  const cut = (): void => {
    for (const one of sockets) one.destroy()
    server.close()
  }
  t.teardown(cut)
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, cut }
}
