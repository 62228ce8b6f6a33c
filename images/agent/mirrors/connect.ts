// The requests connect-mirror and pace-mirror: both ends look for each other, with values for local networks: 8.4's own stop near 100 MB/s.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Command } from '../backend.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { lookMirror, sayMissing } from './look.ts'
import { resourceOf } from './names.ts'

/** drbdsetup(8) of 8.4: tenths of a second, but for ping-int and connect-int, seconds, both of which are to be longer than timeout. */
const NET = [
  ...['--after-sb-0pri=disconnect', '--after-sb-1pri=disconnect', '--after-sb-2pri=disconnect', '--cram-hmac-alg=sha256'],
  ...['--timeout=60', '--ping-int=10', '--connect-int=10', '--ko-count=7'],
  ...['--max-buffers=8000', '--max-epoch-size=8000', '--sndbuf-size=2M', '--rcvbuf-size=2M', '--verify-alg=sha256'],
] as const

/**
 * Tenths of a second. Two ends that meet wait for so long before they say anything: little while a guest's writes are held for it, and more
 * from then on, as a busy host is slow to answer.
 */
const PING = { soon: '--ping-timeout=1', patient: '--ping-timeout=30' } as const

/** KiB a second; 8.4 knows no more than 4 GiB. */
const FASTEST = 4 << 20
/** Beside what the guest itself writes: no less. */
const SLOWEST = 4 << 10

export async function connectMirror(world: World, body: RequestOf<'connect-mirror'>): Promise<AnswerOf<'connect-mirror'> | Refusal> {
  const { disk, minor } = body
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return refused('unable', looked.reason)
  const { mirror } = looked
  if (mirror?.minor !== minor) return refused('unable', sayMissing(disk, minor))
  const isThere = mirror.connection !== 'StandAlone'
  if (isThere && body.meet === undefined) await relax(world, body)
  const joining = () => join(world, body, 'A', body.meet ?? 'patient')
  const failure = isThere ? undefined : ((await pace(world, minor, body.rateKBps)) ?? (await joining()))
  if (failure !== undefined) return refused('unable', failure)
  await world.collect(['drbd'])
  return { kind: 'mirror-connected', was: isThere ? 'there' : 'not there' }
}

export async function paceMirror(
  world: World,
  { disk, minor, rateKBps }: RequestOf<'pace-mirror'>,
): Promise<AnswerOf<'pace-mirror'> | Refusal> {
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return refused('unable', looked.reason)
  if (looked.mirror?.minor !== minor) return refused('unable', sayMissing(disk, minor))
  const failure = await pace(world, minor, rateKBps)
  return failure === undefined ? { kind: 'mirror-paced' } : refused('unable', failure)
}

export type Ends = Pick<RequestOf<'connect-mirror'>, 'disk' | 'own' | 'peer' | 'port' | 'secret'>

/** As 8.4's drbdsetup names a connection. */
export function endsOf({ own, peer, port }: Pick<Ends, 'own' | 'peer' | 'port'>): readonly [string, string] {
  return [`ipv4:${own}:${port}`, `ipv4:${peer}:${port}`]
}

/** DRBD's: A, writes need not be there; C, they are, before they are acknowledged. */
export type Protocol = 'A' | 'C'

export async function join(
  { backend }: World,
  ends: Ends,
  protocol: Protocol = 'A',
  meet: keyof typeof PING = 'patient',
): Promise<string | undefined> {
  const command = connectCommand(ends, protocol, meet)
  if (typeof command === 'string') return command
  const failure = await failureOf(backend, command)
  return failure === undefined ? undefined : secretless(ends, failure)
}

/** Or why there is none. What it says may repeat what it was told: secretless. */
export function connectCommand({ secret, ...ends }: Ends, protocol: Protocol, meet: keyof typeof PING): Command | string {
  if (typeof secret !== 'string') return 'the manager has sent the label of a secret in place of the secret'
  const told = [`--protocol=${protocol}`, `--shared-secret=${secret}`, ...NET, PING[meet]]
  return ['drbdsetup', 'connect', resourceOf(ends.disk), ...endsOf(ends), ...told]
}

export function secretless({ secret }: Pick<Ends, 'secret'>, said: string): string {
  return typeof secret === 'string' ? said.replaceAll(secret, '…') : said
}

/** They have met. What comes of it matters little: it is patient or not. */
export async function relax({ backend }: World, ends: Ends): Promise<void> {
  await failureOf(backend, ['drbdsetup', 'net-options', ...endsOf(ends), PING.patient])
}

/** As it is connected now, and as the other end has it. What drbdsetup shows leaves out what is a default, as C is. It shows the secret, too. */
export async function protocolOf({ backend }: World, disk: Ends['disk']): Promise<Protocol> {
  const ran = await backend.run(['drbdsetup', 'show', resourceOf(disk)])
  if (ran.kind !== 'ended' || ran.exitCode !== 0 || !/^\s*net\s*\{/m.test(ran.stdout)) return 'A'
  return /^\s*protocol\s+[AB];/m.test(ran.stdout) ? 'A' : 'C'
}

export function pace({ backend }: World, minor: number, rateKBps: number | undefined): Promise<string | undefined> {
  const most = rateKBps === undefined ? FASTEST : Math.max(4, Math.ceil((rateKBps * 1000) / 1024))
  const rates = [`--c-max-rate=${most}k`, `--c-min-rate=${Math.min(SLOWEST, most)}k`, `--resync-rate=${Math.min(most, FASTEST)}k`]
  return failureOf(backend, ['drbdsetup', 'disk-options', String(minor), '--c-plan-ahead=20', '--c-fill-target=1M', ...rates])
}

export const connectChanges = { 'connect-mirror': connectMirror, 'pace-mirror': paceMirror } as const
