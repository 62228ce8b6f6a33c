// Where the servers' questions meet what the appliance knows: config, leases, images and boot attempts.
// A boot script costs an attempt, its pin, a token and a lease for ever: all on disk before the script leaves.
import type { PlannedHost } from '../manager/protocol/appliance.ts'
import { leaseAt } from './boot/addressing.ts'
import { knownHost, macsOf, plannedFor } from './boot/known-host.ts'
import type { BootableGeneration, BootLease, BootPlan, BootRefusal, KnownHost } from './boot/plan.ts'
import { keptOut, planBoot } from './boot/plan.ts'
import { bootScript, problemFor, refusalScript, xenConfig } from './boot/script.ts'
import { type Config, hostOf } from './config.ts'
import { BOOT_FILES, type BootFile } from './http/boot-files.ts'
import type { FromStick, JoinAnswer } from './http/join.ts'
import { answerOnce, type OnceDesk } from './once.ts'
import type { AttemptStore } from './store/attempts.ts'
import type { Leases } from './store/leases.ts'
import { type Attempt, addressOf, platformOfAttempt, uuidOfAttempt } from './timeline/attempt.ts'
import { admitPeer } from './timeline/report.ts'
import type { AttemptRunner } from './timeline/runner.ts'
import { type Ipv4, type Mac, parseIpv4, subnetContains } from './wire/addresses.ts'
import type { Generation, ImageName } from './wire/generation.ts'
import type { Log } from './wire/log.ts'

interface Refused {
  readonly kind: 'refused'
  readonly reason: string
}

/** What the desk asks of images/catalogue.ts. */
export interface BootImages {
  published(name: ImageName): Promise<{ readonly kind: 'published'; readonly manifest: { readonly generation: Generation } } | Refused>
  component(
    generation: Generation,
    file: BootFile,
  ): Promise<{ readonly kind: 'component'; readonly path: string; readonly size: number; readonly sha256: string } | Refused>
}

export interface BootDesk extends OnceDesk {
  readonly config: Config
  readonly images: BootImages
  readonly leases: Leases
  readonly attempts: AttemptRunner
  readonly store: AttemptStore
  /** As the manager knows it, or knew it last. */
  readonly planned: (mac: Mac) => PlannedHost | undefined
  readonly log: Log
}

export type ScriptAnswer = { readonly kind: 'script'; readonly text: string } | { readonly kind: 'refusal'; readonly reason: string }

/** The boot script of a host, or one that says on its console why there is none; once something else, where that was ordered. A refusal is for a stranger at another's address. */
export async function answerScript(desk: BootDesk, mac: Mac, peer: string, transport: 'http' | 'tftp'): Promise<ScriptAnswer> {
  const from = parseIpv4(peer)
  const stranger = strangerAt(desk, mac, from)
  if (stranger !== undefined) return { kind: 'refusal', reason: stranger }
  const attempt = desk.attempts.open(mac)
  const asked = { kind: 'script', transport, ...(from ? { address: from } : {}) } as const
  const once = await answerOnce(desk, attempt, hostBehind(desk, mac))
  if (once.kind === 'once') {
    desk.attempts.observe(mac, { ...asked, outcome: 'served', once: once.what })
    return { kind: 'script', text: once.text }
  }
  const plan = once.kind === 'refused' ? once : readable(desk, await planFor(desk, attempt), from)
  if (plan.kind === 'refused') {
    desk.attempts.observe(mac, { ...asked, outcome: 'refused', reason: plan.reason })
    return { kind: 'script', text: refusalScript(desk.fill, plan, mac, desk.server) }
  }
  const script = bootScript(desk.fill, plan, { attempt: attempt.id, token: issueToken(desk, attempt, from) })
  const problem = problemFor(script, platformOfAttempt(attempt))
  if (problem === undefined) {
    const { image, generation } = plan
    desk.attempts.observe(mac, { ...asked, outcome: 'served', image, generation })
    keepAddress(desk, mac)
  } else desk.attempts.observe(mac, { ...asked, outcome: 'refused', reason: problem })
  return { kind: 'script', text: script.text }
}

/** Attempt and token of a host that runs already, from a stick, which holds neither: no more than its boot script would have told it. */
export function answerJoin(desk: BootDesk, mac: Mac, peer: string, stick: FromStick): JoinAnswer {
  const from = parseIpv4(peer)
  const stranger = strangerAt(desk, mac, from)
  if (stranger !== undefined) return { kind: 'refusal', reason: stranger }
  const attempt = desk.attempts.open(mac, 'stick')
  const reason = keptOut(hostBehind(desk, mac))
  const { image, generation } = stick
  const asked = { kind: 'stick', image, generation, ...(from ? { address: from } : {}) } as const
  if (reason !== undefined) {
    desk.attempts.observe(mac, { ...asked, outcome: 'refused', reason })
    return { kind: 'refusal', reason }
  }
  const token = issueToken(desk, attempt, from)
  desk.attempts.observe(mac, { ...asked, outcome: 'served' })
  keepAddress(desk, mac)
  return { kind: 'joined', attempt: attempt.id, token }
}

/** xen.cfg of an attempt, for UEFI and only for its own host; undefined when there is none. */
export async function answerXenConfig(desk: BootDesk, id: string, peer: string): Promise<string | undefined> {
  const attempt = desk.attempts.attempt(id)
  if (!attempt) return undefined
  const plan = readable(desk, await planFor(desk, attempt), parseIpv4(peer))
  const refused = strangerAt(desk, attempt.mac, parseIpv4(peer)) ?? (plan.kind === 'refused' ? plan.reason : undefined)
  const rendered =
    plan.kind === 'boot' && refused === undefined
      ? xenConfig(desk.fill, plan, { attempt: id, token: issueToken(desk, attempt, parseIpv4(peer)) })
      : undefined
  if (rendered?.kind === 'config') return rendered.text
  desk.log.warn({ attempt: id, peer, reason: refused ?? rendered?.reason }, 'no xen.cfg')
  return undefined
}

/** Where the host's agent will speak from is where its script was asked for from, unless we lent it an address ourselves. */
function issueToken({ leases, store, now }: BootDesk, attempt: Attempt, from: Ipv4 | undefined): string {
  const address = leases.byMac(attempt.mac)?.address ?? from
  const uuid = uuidOfAttempt(attempt)
  const told = uuid === undefined ? {} : { uuid }
  return store.issueToken(attempt.id, address && { mac: attempt.mac, address, issued: now(), ...told })
}

/** Only for the host whose attempt it is: undefined when it is admitted, else why not. */
export function strangerToAttempt(desk: BootDesk, id: string, peer: string): string | undefined {
  const attempt = desk.attempts.attempt(id)
  const from = parseIpv4(peer)
  if (!attempt || !from) return 'there is no such boot attempt'
  const admission = admitPeer(attempt.mac, from, desk.leases.byMac(attempt.mac)?.address ?? addressOf(attempt))
  return admission.kind === 'refused' ? admission.reason : undefined
}

/** Why this peer may not boot as `mac`; where another server gives the addresses, we cannot know. */
function strangerAt({ leases }: BootDesk, mac: Mac, peer: Ipv4 | undefined): string | undefined {
  const leased = leases.byMac(mac)?.address
  if (leased === undefined) return undefined
  const admission = peer ? admitPeer(mac, peer, leased) : undefined
  return admission?.kind === 'refused' ? admission.reason : undefined
}

/** A MAC of the host at an address on the wire: whose lease it is, else who asked for a script from there. */
export function macOf(desk: Pick<BootDesk, 'leases' | 'attempts'>, peer: string): Mac | undefined {
  const address = parseIpv4(peer)
  if (!address) return undefined
  const lease = desk.leases.byAddress(address)
  return lease && 'mac' in lease ? lease.mac : desk.attempts.macAt(address)
}

/** Only these may read the images over NFS: hosts of the provisioning network and of the subnets behind relays. */
export function isOnRack({ network, dhcp }: Config, address: Ipv4 | undefined): boolean {
  const subnets = [network.subnet, ...dhcp.subnets.map(({ subnet }) => subnet)]
  return address !== undefined && subnets.some((subnet) => subnetContains(subnet, address))
}

/** Where another server gives the addresses a host may have one of any subnet: said before it boots, not by a root that is not there. */
function readable({ config }: BootDesk, plan: BootPlan | BootRefusal, from: Ipv4 | undefined): BootPlan | BootRefusal {
  if (plan.kind === 'refused' || plan.root.kind !== 'nfs' || from === undefined || isOnRack(config, from)) return plan
  const reason = `its root is read over NFS, by our subnets alone, and ${from} is in none of them: add the subnet that it is in to dhcp.subnets (with dhcp.mode proxy it needs no pool), or boot with root: ram`
  return { kind: 'refused', name: plan.name, reason }
}

/** Of the pool. */
async function planFor(desk: BootDesk, attempt: Attempt): Promise<BootPlan | BootRefusal> {
  const { config, server, images } = desk
  const { mac, pin } = attempt
  const host = hostBehind(desk, mac)
  const image = host?.image ?? config.boot.image
  const pinned = pin && (await bootable(images, pin.image, pin.generation))
  const published = pinned ? undefined : await images.published(image)
  if (published?.kind === 'refused') desk.log.warn({ image, mac, reason: published.reason }, 'nothing to boot')
  const current = published?.kind === 'published' ? await bootable(images, image, published.manifest.generation) : undefined
  return planBoot({
    mac,
    host,
    defaults: config.boot,
    server,
    lease: leaseOf(desk, mac),
    platform: platformOfAttempt(attempt),
    pinned,
    published: () => current,
  })
}

function hostBehind({ config, planned }: BootDesk, mac: Mac): KnownHost | undefined {
  const configured = hostOf(config, mac)
  return knownHost(configured, plannedFor(configured ? [mac, ...macsOf(configured)] : [mac], planned))
}

async function bootable(images: BootImages, image: ImageName, generation: Generation): Promise<BootableGeneration | undefined> {
  const found = await Promise.all(BOOT_FILES.map(async (file) => ({ file, component: await images.component(generation, file) })))
  const files = found.flatMap(({ file, component }) => (component.kind === 'component' ? [{ file, sha256: component.sha256 }] : []))
  if (files.length === 0) return undefined
  const squashfs = files.find(({ file }) => file === 'root.squashfs')
  const sha256 = squashfs && Buffer.from(squashfs.sha256, 'hex').toString('base64url')
  return { image, generation, files: files.map(({ file }) => file), ...(sha256 ? { squashfsSha256: sha256 } : {}) }
}

function leaseOf({ config, leases }: BootDesk, mac: Mac): BootLease | undefined {
  const address = leases.byMac(mac)?.address
  return address && leaseAt(config, address)
}

/** dom0 keeps the address of its boot and asks nobody again: nobody else may get it. */
function keepAddress({ leases, log }: BootDesk, mac: Mac): void {
  const address = leases.byMac(mac)?.address
  if (address && !leases.makePermanent(mac, address)) log.error({ mac, address }, 'the lease of a booting host is gone')
}
