// Enrolment and renewal against the store: what decide.ts decides, done in one transaction with the signing of the certificate.
import { createHash } from 'node:crypto'
import { type RaisedAlarm, raiseAlarm } from '../store/alarms.ts'
import { attemptById, spendToken } from '../store/attempts.ts'
import { certificateOf, revokeCertificates, saveCertificate } from '../store/certificates.ts'
import type { Store, Transaction } from '../store/database.ts'
import { addHistory } from '../store/history.ts'
import { addHost, type HostRecord, holdersOf, hostById, hostByMac, isNameTaken, saveMacs, updateHost } from '../store/hosts.ts'
import { type Authority, type ReadRequest, readRequest, signHost } from './certificate.ts'
import { decideEnrolment, type EnrolPolicy } from './decide.ts'

/** Of a host's certificate, ms: security note 3. */
export const CERTIFICATE_LIFE = 24 * 3600_000

export interface Enrolment {
  readonly store: Store
  readonly authority: Authority
  readonly policy: EnrolPolicy
  /** The name that the config gives the host of this MAC. */
  readonly nameOf: (mac: string) => string | undefined
  readonly now: () => number
  readonly newSerial: () => Buffer
  readonly newHostId: () => string
}

export interface EnrolRequest {
  readonly attempt: string
  readonly token: string
  readonly certificateRequest: string
  readonly systemUuid?: string
  readonly macs: readonly string[]
}

/** `alarm`: raised with it. */
export type Enrolled =
  | { readonly kind: 'enrolled'; readonly host: string; readonly certificates: readonly string[]; readonly alarm?: RaisedAlarm }
  | { readonly kind: 'refused'; readonly reason: string; readonly retry: boolean; readonly alarm?: RaisedAlarm }

/** `peer`: the IPv4 address that the request came from. When it resolves, the answer is on disk. */
export async function enrol(desk: Enrolment, asked: EnrolRequest, peer: string): Promise<Enrolled> {
  const request = await readRequest(Buffer.from(asked.certificateRequest, 'base64'))
  if (request.kind === 'refused') return { ...request, retry: false }
  return desk.store.write((transaction) => enrolIn(transaction, desk, asked, peer, request))
}

type GoodRequest = ReadRequest & { readonly kind: 'request' }

async function enrolIn(
  transaction: Transaction,
  desk: Enrolment,
  asked: EnrolRequest,
  peer: string,
  { publicKey, keyHash }: GoodRequest,
): Promise<Enrolled> {
  const now = desk.now()
  const attempt = await attemptById(transaction, asked.attempt)
  const host = attempt && (await hostByMac(transaction, attempt.mac))
  const uuid = asked.systemUuid
  const holders = await holdersOf(transaction, host?.id, uuid, asked.macs)
  const tokenHash = createHash('sha256').update(asked.token).digest('hex')
  const decision = decideEnrolment({ now, policy: desk.policy, peer, tokenHash, keyHash, uuid, attempt, host, holders })
  if (decision.kind === 'refused') {
    if (decision.alarm) await raiseAlarm(transaction, now, decision.alarm)
    return decision
  }
  if (!attempt) throw new Error('an enrolment without an attempt was let in')
  const spent = { now, attempt: attempt.id, mac: attempt.mac, peer }
  const id =
    decision.kind === 'welcome'
      ? await addNew(transaction, desk, spent, decision.state, uuid)
      : await bootAgain(transaction, decision.host, spent, decision, uuid)
  await saveMacs(transaction, id, attempt.mac, asked.macs)
  if (decision.kind === 'known' && decision.alarm) await raiseAlarm(transaction, now, decision.alarm)
  if (attempt.spent === null) await spendToken(transaction, attempt.id, now, keyHash)
  const certificates = await sign(transaction, desk, id, attempt.id, publicKey)
  const alarm = decision.kind === 'known' && decision.alarm ? { alarm: decision.alarm } : {}
  return { kind: 'enrolled', host: id, certificates, ...alarm }
}

interface Spent {
  readonly now: number
  readonly attempt: string
  readonly mac: string
  readonly peer: string
}

async function addNew(
  transaction: Transaction,
  desk: Enrolment,
  { now, attempt, mac, peer }: Spent,
  state: string,
  uuid: string | undefined,
): Promise<string> {
  const id = desk.newHostId()
  const wanted = desk.nameOf(mac) ?? `host-${mac.replaceAll(':', '')}`
  const name = (await isNameTaken(transaction, wanted)) ? `${wanted}-${id.slice(0, 4)}` : wanted
  await addHost(transaction, { id, name, uuid, state, since: now, groups: [], notes: '', created: now, attempt })
  const what = `enrolled from ${peer}, booted from ${mac}: ${state}`
  await addHistory(transaction, id, { at: now, who: 'agent', what })
  return id
}

async function bootAgain(
  transaction: Transaction,
  host: HostRecord,
  { now, attempt, peer }: Spent,
  { state, repeated }: { readonly state: string; readonly repeated: boolean },
  uuid: string | undefined,
): Promise<string> {
  if (!repeated) await revokeCertificates(transaction, host.id, now, 'the host has booted again')
  const since = state === host.state ? {} : { state, since: now }
  await updateHost(transaction, host.id, { attempt, ...since, ...(uuid === undefined ? {} : { uuid }) })
  if (repeated) return host.id
  const became = state === host.state ? '' : `: ${state}, as its UUID changed from ${host.uuid} to ${uuid}`
  await addHistory(transaction, host.id, { at: now, who: 'agent', what: `enrolled from ${peer} in boot attempt ${attempt}${became}` })
  return host.id
}

/** A new certificate for the host of one that is known and not revoked; an expired one will do. The one before stays until it expires. */
export async function renew(desk: Enrolment, fingerprint: string, certificateRequest: string): Promise<Enrolled> {
  const request = await readRequest(Buffer.from(certificateRequest, 'base64'))
  if (request.kind === 'refused') return { ...request, retry: false }
  return desk.store.write(async (transaction): Promise<Enrolled> => {
    const shown = await certificateOf(transaction, fingerprint)
    const host = shown && (await hostById(transaction, shown.host))
    if (!shown || !host) return { kind: 'refused', reason: 'this certificate is not known', retry: false }
    if (shown.revoked !== null) return { kind: 'refused', reason: `this certificate was revoked: ${shown.reason}`, retry: false }
    if (host.state === 'rejected') return { kind: 'refused', reason: 'an admin has rejected this machine', retry: true }
    return { kind: 'enrolled', host: host.id, certificates: await sign(transaction, desk, host.id, shown.attempt, request.publicKey) }
  })
}

async function sign(transaction: Transaction, desk: Enrolment, host: string, attempt: string, publicKey: Buffer): Promise<string[]> {
  const { authority } = desk
  const issued = desk.now()
  const expires = issued + CERTIFICATE_LIFE
  const { der, fingerprint } = await signHost(authority, host, publicKey, desk.newSerial(), issued, expires)
  await saveCertificate(transaction, { fingerprint, host, attempt, issued, expires })
  return [der.toString('base64'), authority.der.toString('base64')]
}
