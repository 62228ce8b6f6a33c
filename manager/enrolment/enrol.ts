// Enrolment and renewal against the store: what decide.ts decides, done in one transaction with the signing of the certificate.
import { createHash } from 'node:crypto'
import { stateOf, type Trust } from '../protocol/host.ts'
import { isPlaceholderNumber, isPlaceholderUuid } from '../protocol/placeholders.ts'
import type { Store, Transaction } from '../store/database.ts'
import { type Authority, type ReadRequest, readRequest, signHost } from '../store/keys/certificate.ts'
import { type RaisedAlarm, raiseAlarm } from '../store/tables/alarms.ts'
import { attemptById, type KnownAttempt, spendToken } from '../store/tables/attempts.ts'
import { certificateOf, newestExpiry, revokeCertificates, saveCertificate } from '../store/tables/certificates.ts'
import { addHistory } from '../store/tables/history.ts'
import {
  addHost,
  type HostRecord,
  holdersOf,
  hostBootingFrom,
  hostById,
  hostOfMachine,
  isNameTaken,
  saveClaim,
  saveMacs,
  UNHEARD,
  updateHost,
} from '../store/tables/hosts.ts'
import { decideEnrolment, type EnrolDecision, type EnrolPolicy, type Presence, type Probe } from './decide.ts'
import type { ClaimedIdentity } from './identity.ts'

/** Of a host's certificate, ms: security note 3. */
export const CERTIFICATE_LIFE = 24 * 3600_000

/**
 * How long after its end a certificate can still be renewed, ms: a manager that was away over a long weekend, or a week, has its hosts
 * back without a boot, which would end their guests. A key that was found later than that on an old disk or in a dump is of no use.
 */
export const RENEWAL_GRACE = 7 * 24 * 3600_000

export interface Enrolment {
  readonly store: Store
  readonly authority: Authority
  readonly policy: EnrolPolicy
  /** The name that the config gives the host of this MAC. */
  readonly nameOf: (mac: string) => string | undefined
  /** All MACs that the config gives the host of this MAC: members of a bond. */
  readonly configured: (mac: string) => readonly string[]
  readonly now: () => number
  readonly newSerial: () => Buffer
  readonly newHostId: () => string
}

/** What is known of the agents that are connected now. */
export interface Presences {
  presenceOf(host: string): Presence
  /** Asks the connected agent; resolves within seconds. The connection of one that is silent is over by then. */
  probe(host: string): Promise<Probe>
}

export interface EnrolRequest {
  readonly attempt: string
  readonly token: string
  readonly certificateRequest: string
  readonly systemUuid?: string
  readonly serial?: string
  readonly product?: string
  readonly macs: readonly string[]
}

/** `alarm`: raised with it. */
export type Enrolled =
  | {
      readonly kind: 'enrolled'
      readonly host: string
      readonly certificates: readonly string[]
      /** `boot`: what was connected as this host before is over. */
      readonly by: 'boot' | 'repetition' | 'renewal'
      readonly alarm?: RaisedAlarm
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly retry: boolean; readonly alarm?: RaisedAlarm }

/** `peer`: the IPv4 address that the request came from. When it resolves, the answer is on disk. */
export async function enrol(desk: Enrolment, presences: Presences, asked: EnrolRequest, peer: string): Promise<Enrolled> {
  const request = await readRequest(Buffer.from(asked.certificateRequest, 'base64'))
  if (request.kind === 'refused') return { ...request, retry: false }
  const attend = (probe: Probe | undefined) =>
    desk.store.write((transaction) => enrolIn(transaction, desk, presences, asked, peer, request, probe))
  const first = await attend(undefined)
  if (first.kind !== 'probe') return first
  const second = await attend(await presences.probe(first.host))
  if (second.kind === 'probe') throw new Error('an agent that was asked is to be asked again')
  return second
}

type GoodRequest = ReadRequest & { readonly kind: 'request' }

async function enrolIn(
  transaction: Transaction,
  desk: Enrolment,
  presences: Presences,
  asked: EnrolRequest,
  peer: string,
  { publicKey, keyHash }: GoodRequest,
  probe: Probe | undefined,
): Promise<Enrolled | { readonly kind: 'probe'; readonly host: string }> {
  const now = desk.now()
  const attempt = await attemptById(transaction, asked.attempt)
  const claimed = attempt && claimedBy(asked, attempt.mac)
  const configured = attempt ? desk.configured(attempt.mac) : []
  const host = claimed && (await hostClaimed(transaction, claimed, configured))
  const holders = await holdersOf(transaction, host?.id, claimed?.uuid, asked.macs)
  const tokenHash = createHash('sha256').update(asked.token).digest('hex')
  const decision = decideEnrolment({
    ...{ now, policy: desk.policy, peer, tokenHash, keyHash, claimed, attempt, host, configured, holders, probe },
    presence: host ? presences.presenceOf(host.id) : 'away',
    renewable: host && attempt ? await renewableUntil(transaction, host.id, attempt) : 0,
  })
  if (decision.kind === 'probe') return decision
  if (decision.kind === 'refused') {
    if (decision.alarm) await raiseAlarm(transaction, now, decision.alarm)
    return decision
  }
  if (!attempt || !claimed) throw new Error('an enrolment without an attempt was let in')
  const boot: Boot = { now, attempt: attempt.id, claimed, peer }
  const id = await writeBoot(transaction, desk, boot, decision)
  if (attempt.spent === null) await spendToken(transaction, attempt.id, now, keyHash)
  const certificates = await sign(transaction, desk, id, attempt.id, publicKey)
  const by = decision.kind === 'repeated' ? 'repetition' : 'boot'
  const alarm = 'alarm' in decision && decision.alarm ? { alarm: decision.alarm } : {}
  if (alarm.alarm) await raiseAlarm(transaction, now, alarm.alarm)
  return { kind: 'enrolled', host: id, certificates, by, ...alarm }
}

interface Boot {
  readonly now: number
  readonly attempt: string
  readonly claimed: ClaimedIdentity
  readonly peer: string
}

/** What says nothing is as if it had not been said. */
function claimedBy(asked: EnrolRequest, bootMac: string): ClaimedIdentity {
  const known = (text: string | undefined, isNone: (text: string) => boolean) =>
    text === undefined || isNone(text) ? undefined : text.trim()
  return {
    bootMac,
    uuid: known(asked.systemUuid, isPlaceholderUuid),
    serial: known(asked.serial, isPlaceholderNumber),
    product: asked.product,
    macs: asked.macs,
  }
}

/** By its MAC; a machine with a new NIC, by its UUID and its serial number together: boards share either. */
async function hostClaimed(
  transaction: Transaction,
  { bootMac, uuid, serial }: ClaimedIdentity,
  configured: readonly string[],
): Promise<HostRecord | undefined> {
  const host = await hostBootingFrom(transaction, bootMac, configured)
  if (host || uuid === undefined || serial === undefined) return host
  return hostOfMachine(transaction, uuid, serial)
}

async function renewableUntil(transaction: Transaction, host: string, { id, spent }: KnownAttempt): Promise<number> {
  const expires = await newestExpiry(transaction, host, id)
  return (expires ?? (spent ?? 0) + CERTIFICATE_LIFE) + RENEWAL_GRACE
}

/** Resolves with the host's id. */
async function writeBoot(
  transaction: Transaction,
  desk: Enrolment,
  boot: Boot,
  decision: Exclude<EnrolDecision, { readonly kind: 'refused' | 'probe' }>,
): Promise<string> {
  switch (decision.kind) {
    case 'repeated':
      return decision.host.id
    case 'welcome':
      return addNew(transaction, desk, boot, decision.trust)
    case 'known':
      return bootAgain(transaction, boot, decision)
    case 'claim':
      return claimHost(transaction, boot, decision)
  }
}

async function addNew(transaction: Transaction, desk: Enrolment, { now, attempt, claimed, peer }: Boot, trust: Trust): Promise<string> {
  const { bootMac, uuid, serial, product, macs } = claimed
  const id = desk.newHostId()
  const wanted = desk.nameOf(bootMac) ?? `host-${bootMac.replaceAll(':', '')}`
  const name = (await isNameTaken(transaction, wanted)) ? `${wanted}-${id.slice(0, 4)}` : wanted
  await addHost(transaction, {
    ...UNHEARD,
    id,
    name,
    trust,
    uuid,
    serial,
    product,
    since: now,
    groups: [],
    notes: '',
    created: now,
    attempt,
  })
  await saveMacs(transaction, id, bootMac, macs)
  const what = `enrolled from ${peer}, booted from ${bootMac}: ${trust}`
  await addHistory(transaction, id, { at: now, who: 'agent', what })
  return id
}

async function bootAgain(
  transaction: Transaction,
  { now, attempt, claimed, peer }: Boot,
  { host, trust, told }: { readonly host: HostRecord; readonly trust: Trust; readonly told: readonly string[] },
): Promise<string> {
  const { bootMac, uuid, serial, product, macs } = claimed
  await revokeCertificates(transaction, host.id, now, 'the host has booted again')
  const since = trust === host.trust ? {} : { trust, since: now }
  const identity = Object.fromEntries(Object.entries({ uuid, serial, product }).filter(([, value]) => value !== undefined))
  await updateHost(transaction, host.id, { attempt, ...since, ...identity })
  if (host.claim) await saveClaim(transaction, host.id, undefined)
  await saveMacs(transaction, host.id, bootMac, macs)
  const became = host.claim ? `: ${stateOf({ ...host, trust })} again, as it is the machine that was approved` : ''
  const what = `enrolled from ${peer} in boot attempt ${attempt}${became}${told.map((one) => `; ${one}`).join('')}`
  await addHistory(transaction, host.id, { at: now, who: 'agent', what })
  return host.id
}

/** What is known of the host stays; what this machine says of itself is put beside it. */
async function claimHost(
  transaction: Transaction,
  { now, attempt, claimed, peer }: Boot,
  { host, differs }: EnrolDecision & { readonly kind: 'claim' },
): Promise<string> {
  const { bootMac, uuid, serial, product, macs } = claimed
  await revokeCertificates(transaction, host.id, now, 'a machine with another identity has booted as this host')
  const trust = 'pending'
  const state = stateOf({ ...host, trust })
  await updateHost(transaction, host.id, { attempt, trust, ...(state === stateOf(host) ? {} : { since: now }) })
  const others = macs.filter((mac) => mac !== bootMac).sort()
  const all = [{ mac: bootMac, boot: true }, ...others.map((mac) => ({ mac, boot: false }))]
  await saveClaim(transaction, host.id, { attempt, at: now, differs, uuid, serial, product, macs: all })
  const what = `enrolled from ${peer} in boot attempt ${attempt}: ${state}, as ${differs.join('; ')}`
  await addHistory(transaction, host.id, { at: now, who: 'agent', what })
  return host.id
}

/**
 * A new certificate for the host of one that is known and not revoked; one that has expired will do for RENEWAL_GRACE. The one before
 * stays until it expires. `connected`: by it its agent was connected within the same time, by a clock that does not jump: when this
 * manager's clock is set ahead, the hosts that run stay.
 */
export async function renew(
  desk: Enrolment,
  fingerprint: string,
  certificateRequest: string,
  connected: 'lately' | 'not lately',
): Promise<Enrolled> {
  const request = await readRequest(Buffer.from(certificateRequest, 'base64'))
  if (request.kind === 'refused') return { ...request, retry: false }
  return desk.store.write(async (transaction): Promise<Enrolled> => {
    const shown = await certificateOf(transaction, fingerprint)
    const host = shown && (await hostById(transaction, shown.host))
    if (!shown || !host) return { kind: 'refused', reason: 'this certificate is not known', retry: false }
    if (shown.revoked !== null) return { kind: 'refused', reason: `this certificate was revoked: ${shown.reason}`, retry: false }
    if (host.trust === 'rejected') return { kind: 'refused', reason: 'an admin has rejected this machine', retry: true }
    const tooOld = connected === 'lately' ? undefined : ageFault(host, shown.expires, desk.now())
    if (tooOld?.alarm) await raiseAlarm(transaction, desk.now(), tooOld.alarm)
    if (tooOld) return tooOld
    const certificates = await sign(transaction, desk, host.id, shown.attempt, request.publicKey)
    return { kind: 'enrolled', host: host.id, certificates, by: 'renewal' }
  })
}

function ageFault({ id, name }: HostRecord, expires: number, now: number): (Enrolled & { readonly kind: 'refused' }) | undefined {
  if (now <= expires + RENEWAL_GRACE) return undefined
  const days = (milliseconds: number) => Math.round(milliseconds / (24 * 3600_000))
  const reason = `this certificate expired ${days(now - expires)} days ago, and is renewed for ${days(RENEWAL_GRACE)} days only: boot the host again`
  const text = `the agent of ${name} is there, but shows a certificate that expired ${days(now - expires)} days ago; it is renewed for ${days(RENEWAL_GRACE)} days only. ${name} is lost until it is booted again, which ends the guests that run on it`
  return { kind: 'refused', reason, retry: false, alarm: { kind: 'certificate-refused', about: `expired ${id}`, host: id, text } }
}

async function sign(transaction: Transaction, desk: Enrolment, host: string, attempt: string, publicKey: Buffer): Promise<string[]> {
  const { authority } = desk
  const issued = desk.now()
  const expires = issued + CERTIFICATE_LIFE
  const { der, fingerprint } = await signHost(authority, host, publicKey, desk.newSerial(), issued, expires)
  await saveCertificate(transaction, { fingerprint, host, attempt, issued, expires })
  return [der.toString('base64'), authority.der.toString('base64')]
}
