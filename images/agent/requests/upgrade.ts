// The request upgrade: fetches a bundle, checks that it is the one that was meant and that it starts, and chooses it. Guests are not
// touched: the agent that ends and the one that begins are processes beside them.
import { createHash } from 'node:crypto'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Command } from '../backend.ts'
import { bundlesIn, type Places, parseDropped } from '../upgrade/places.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

export interface Successor {
  readonly places: Places
  /** What runs agents here, with its own options; and what an agent is told to start with. */
  readonly node: Command
  readonly boot: string
  /** Version of the agent that runs. */
  readonly running: string
  /** Bytes of the manager's bundle, at most so many. */
  readonly fetch: (limit: number) => Promise<Buffer>
  /** Ends this agent once the answer has left and nothing else is under way. */
  readonly handOver: () => void
}

export async function upgrade(
  { backend, files }: World,
  successor: Successor,
  body: RequestOf<'upgrade'>,
): Promise<AnswerOf<'upgrade'> | Refusal> {
  const { places, node, boot, running } = successor
  const { version, sha256, size } = body
  if (version === running) return { kind: 'upgraded', state: 'running' }
  if (parseDropped(await backend.read(places.dropped)).includes(sha256))
    return refused('unable', `version ${version} did not live on this host in this boot: it runs ${running}`)
  const bytes = await successor.fetch(size)
  const hash = createHash('sha256').update(bytes).digest('hex')
  if (bytes.length !== size || hash !== sha256)
    return refused('unable', `the manager's bundle is another one than it said: ${bytes.length} bytes, SHA-256 ${hash}`)
  const bundle = places.bundle(sha256)
  await files.write(bundle, bytes, 0o600)
  const failure =
    (await failureOf(backend, [...node, '--check', bundle])) ?? (await failureOf(backend, [...node, bundle, boot, '--self-test']))
  if (failure !== undefined) {
    await files.remove(bundle)
    return refused('unable', `version ${version} does not start on this host, which goes on with ${running}: ${failure}`)
  }
  // RAM is the guests': the image's own agent is what a host falls back to.
  for (const old of bundlesIn(await backend.list(places.folder), sha256)) await files.remove(places.bundle(old))
  await files.remove(places.deaths)
  await files.write(places.chosen, `${sha256}\n`, 0o600)
  successor.handOver()
  return { kind: 'upgraded', state: 'handing-over' }
}
