// The request connect-iscsi: sessions with a target over all the portals it has, those that are there already left as they are.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { IscsiSession } from '../../../manager/protocol/storage.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import { collect } from '../collect.ts'
import { tidy } from '../inventory/accept.ts'
import { discover, type Offer } from './iscsi-discovery.ts'
import { startInitiator } from './iscsi-initiator.ts'
import { gatherPaths } from './multipath.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

/** ISCSI_ERR_SESS_EXISTS: somebody was faster. */
const LOGGED_IN = [0, 15]
/** ISCSI_ERR_LOGIN_AUTH_FAILED. */
const WRONG_SECRET = /exit code 24\b/

export async function connectIscsi(world: World, body: RequestOf<'connect-iscsi'>): Promise<AnswerOf<'connect-iscsi'> | Refusal> {
  const read = await collect(world.backend, ['iscsi'])
  const before = read.sections.iscsi?.sessions ?? []
  const unread = sayUnread(unreadOf(read, ['iscsi']))
  const why = await startInitiator(world, body.initiator, unread === undefined ? before : { unread })
  if (why !== undefined) return refused('unable', why)
  const found = await discover(world, body.portal, body.chap)
  if (found.kind === 'refused') return refused('unable', found.reason)
  const wanted = found.offers.filter(({ target }) => body.target === undefined || target === body.target)
  if (wanted.length === 0) return refused('unable', nothingOffered(body, found.offers))
  const broken = wanted.flatMap((one) => brokenOf(before, one))
  const failures: string[] = []
  const fresh: Offer[] = []
  for (const one of wanted) {
    if (isConnected(before, one)) continue
    const failure = await logIn(world, one, wanted)
    if (failure === undefined) fresh.push(one)
    else failures.push(failure)
  }
  const there = wanted.filter((one) => fresh.includes(one) || isConnected(before, one))
  const without = wanted.find(({ target }) => !there.some((one) => one.target === target))
  if (fresh.length > 0) await world.backend.run(['udevadm', 'settle', '--timeout=10'], { lane: 'change' })
  const unpathed = await gatherPaths(world)
  await world.collect(['iscsi', 'blockDevices', 'multipaths'])
  if (without) return refused('unable', failures.join('; '))
  return {
    kind: 'iscsi-connected',
    sessions: there.map((one) => ({ ...one, fresh: fresh.includes(one) })),
    missing: [...broken, ...failures, ...(unpathed === undefined ? [] : [unpathed])].flatMap((text) => tidy(text, 512) ?? []).slice(0, 64),
  }
}

export function isConnected(sessions: readonly IscsiSession[], offer: Offer): boolean {
  return sessions.some((session) => isOf(session, offer))
}

/** Sessions that have lost the target: open-iscsi brings them back, and until then a path is missing. */
function brokenOf(sessions: readonly IscsiSession[], offer: Offer): readonly string[] {
  return sessions
    .filter((session) => isOf(session, offer) && !session.connected)
    .map(({ sid, interface: by }) => {
      const through = by === undefined ? '' : ` through ${by}`
      return `session ${sid} with ${offer.target} at ${offer.portal}${through} is not connected: open-iscsi tries to bring it back`
    })
}

function isOf({ target, portal, recordPortal }: IscsiSession, offer: Offer): boolean {
  return target === offer.target && (portal === offer.portal || recordPortal === offer.portal)
}

async function logIn({ backend }: World, { target, portal }: Offer, offers: readonly Offer[]): Promise<string | undefined> {
  const node = ['iscsiadm', '-m', 'node', '-T', target, '-p', portal] as const
  // With another path multipath shall hear of a dead one soon, and send its writes there.
  if (offers.some((other) => other.target === target && other.portal !== portal))
    await backend.run([...node, '-o', 'update', '-n', 'node.session.timeo.replacement_timeout', '-v', '15'], { lane: 'change' })
  const failure = await failureOf(backend, [...node, '--login'], LOGGED_IN)
  if (failure === undefined) return undefined
  const hint = WRONG_SECRET.test(failure) ? ' (the target does not take this CHAP user and password)' : ''
  return `no login to ${target} at ${portal}: ${failure}${hint}`
}

function nothingOffered({ portal, target, initiator }: RequestOf<'connect-iscsi'>, offers: readonly Offer[]): string {
  const names = [...new Set(offers.map((one) => one.target))]
  if (names.length === 0) return `the portal ${portal} offers no target to ${initiator}: allow this name on the target`
  return `the portal ${portal} does not offer ${target} to ${initiator}, only ${names.slice(0, 4).join(', ')}`
}
