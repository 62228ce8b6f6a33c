// A host's page: what it is now, what may be done to it, its boots and its history. Hardware is hardware.ts's.

import { mayOn } from '../../../access/roles.ts'
import type { Alarm } from '../../../contract/alarms.ts'
import { type BootAttempt, type BootSettings, boots } from '../../../contract/boots.ts'
import { type AwayGuest, evacuations } from '../../../contract/evacuations.ts'
import type { Guest } from '../../../contract/guests.ts'
import { type HistoryEntry, type Host, type HostAction, hosts } from '../../../contract/hosts.ts'
import type { Cell, Thing } from '../../../contract/things.ts'
import type { Role } from '../../../protocol/accounts.ts'
import { ROOT_MODES } from '../../../protocol/appliance.ts'
import { besideState, type HostState } from '../../../protocol/host.ts'
import { ONCE_KINDS, ONCE_NAMES, sayOnce, sayOutcome } from '../../../protocol/once.ts'
import { isNetwork } from '../matrix-cells.ts'
import { alarmsOf } from './alarms.ts'
import { changeView } from './change.ts'
import { guestPath } from './guests/list.ts'
import { evacuatePath } from './moves/evacuation.ts'
import { bringHomePath } from './moves/homecoming.ts'
import { KIND_NAMES, lineName, nameOf } from './thing-name.ts'
import { barClass, facts, moment, percent, sayRate, saySeconds, saySize } from './words.ts'

const ACTIONS: Readonly<
  Record<
    HostAction,
    { readonly label: string; readonly asks: string; readonly wantsProof: boolean; readonly wantsReason?: true; readonly isOfSeen?: true }
  >
> = {
  approve: { label: 'Approve', asks: '', wantsProof: false, isOfSeen: true },
  reject: { label: 'Reject', asks: 'Its certificates are revoked, and it may not even report.', wantsProof: false },
  cordon: {
    label: 'Cordon',
    asks: 'No guest is placed or moved to it any more; what is on it stays and runs on.',
    wantsProof: false,
    wantsReason: true,
  },
  uncordon: { label: 'Uncordon', asks: '', wantsProof: false },
  maintain: { label: 'Maintenance', asks: '', wantsProof: false },
  resume: { label: 'Back in service', asks: '', wantsProof: false },
  fence: {
    label: 'Fence',
    asks: 'Its guests may be started elsewhere: if it still runs, they run twice. Say what shows that it cannot run anything now.',
    wantsProof: true,
  },
  release: { label: 'Release', asks: '', wantsProof: false },
}

/** What has a meaning in this state; whether it can be done now is the manager's to say. */
const OFFERED: Readonly<Record<HostState, readonly HostAction[]>> = {
  pending: ['reject'],
  approved: ['cordon', 'maintain', 'fence', 'reject'],
  booting: ['cordon', 'maintain', 'fence', 'reject'],
  up: ['cordon', 'maintain', 'fence', 'reject'],
  maintenance: ['cordon', 'fence', 'reject'],
  lost: ['cordon', 'fence', 'reject'],
  fenced: ['release', 'fence', 'reject'],
  rejected: [],
}

/** What ends most comes last. */
const ORDER: readonly HostAction[] = ['approve', 'uncordon', 'cordon', 'maintain', 'resume', 'release', 'fence', 'reject']

function actionsFor(host: Host, who: HostNow['who']) {
  const offered = ORDER.filter((name) => isOffered(host, name))
  return offered.filter((name) => mayOn(who, hosts[name].role, host)).map((name) => ({ name, ...ACTIONS[name] }))
}

function isOffered(host: Host, name: HostAction): boolean {
  const { state, trust, presence, service, cordon } = host
  const usual = OFFERED[state]
  switch (name) {
    case 'approve':
      return trust !== 'approved'
    case 'cordon':
      return usual.includes(name) && !cordon
    case 'uncordon':
      return usual.includes('cordon') && cordon !== undefined
    case 'resume':
      return trust === 'approved' && service === 'maintenance'
    case 'release':
      return usual.includes(name) && trust === 'approved'
    case 'fence':
      // One that was heard after its fence has to be fenced anew, or to be released.
      return usual.includes(name) && (state !== 'fenced' || presence === 'lost')
    case 'maintain':
    case 'reject':
      return usual.includes(name)
  }
}

export interface HostNow {
  readonly guests: readonly Guest[]
  readonly alarms: readonly Alarm[]
  /** That an evacuation has moved away. */
  readonly away: readonly AwayGuest[]
  readonly who: { readonly role: Role; readonly groups?: readonly string[] }
}

export function hostNowView(host: Host, { guests, alarms, away, who }: HostNow) {
  const { load, connection, image } = host
  return {
    id: host.id,
    name: host.name,
    state: host.state,
    beside: besideState(host),
    isEvacuating: host.service === 'evacuating',
    proof: host.proof,
    since: moment(host.since),
    actions: actionsFor(host, who),
    evacuatePath: mayEvacuate(host, guests, who) ? evacuatePath(host) : '',
    bringHomePath: away.length > 0 && mayOn(who, evacuations.bringHome.role, host) ? bringHomePath(host) : '',
    away: away.map(({ uuid, guest, on }) => ({ name: guest, path: guestPath({ uuid }), on: on?.name ?? '' })),
    cordon: host.cordon && { ...host.cordon, at: moment(host.cordon.at) },
    once: host.once && {
      ...{ what: sayOnce(host.once.what), who: host.once.who, at: moment(host.once.at), until: moment(host.once.until) },
      mayTakeBack: mayOn(who, boots.once.role, host),
    },
    seen: host.seen,
    change: changeView(host),
    alarms: alarmsOf(alarms, host.id),
    facts: facts({
      Image: image && `${image.image} ${image.generation}`,
      Agent: connection && `${connection.agent}, from ${connection.address}`,
      'CPU group': host.cpuGroup,
      UUID: host.uuid,
      MAC: host.macs.map(({ mac, boot }) => (boot ? `${mac} (boot)` : mac)).join(', '),
      Id: host.id,
    }),
    reported: host.inventory ? moment(host.inventory.at) : undefined,
    load: load && {
      cpu: {
        percent: percent(load.cpus, load.threads),
        level: barClass(percent(load.cpus, load.threads)),
        text: `${load.cpus.toFixed(1)} of ${load.threads} CPUs`,
      },
      memory: {
        percent: percent(load.totalBytes - load.freeBytes, load.totalBytes),
        level: barClass(percent(load.totalBytes - load.freeBytes, load.totalBytes)),
        text: `${saySize(load.freeBytes)} of ${saySize(load.totalBytes)} free`,
      },
      disk: `${sayRate(load.readBytesPerSecond)} read, ${sayRate(load.writtenBytesPerSecond)} written`,
      network: `${sayRate(load.receivedBytesPerSecond)} in, ${sayRate(load.sentBytesPerSecond)} out`,
    },
    guests: guests.filter((guest) => guest.host === host.id).map(guestView),
    unread: (host.unread ?? []).map(({ section, source, reason }) => `${section}: ${source}: ${reason}`),
  }
}

/** Of an empty one a cordon says all. */
function mayEvacuate(host: Host, guests: readonly Guest[], who: HostNow['who']): boolean {
  const isThere = host.state === 'up' || host.state === 'maintenance'
  return isThere && mayOn(who, evacuations.start.role, host) && guests.some((guest) => guest.host === host.id)
}

function guestView(guest: Guest) {
  const { load } = guest
  return {
    name: guest.name,
    path: guestPath(guest),
    type: guest.type ?? 'unknown',
    state: guest.state,
    vcpus: guest.vcpus,
    memory: saySize(guest.memoryBytes),
    cpu: load ? load.cpus.toFixed(2) : '',
    disk: load ? sayRate(load.readBytesPerSecond + load.writtenBytesPerSecond) : '',
    network: load ? sayRate(load.receivedBytesPerSecond + load.sentBytesPerSecond) : '',
  }
}

/** `hosts`: what others boot is offered. */
export function bootSettingsView({ image, root }: BootSettings, hosts: readonly Host[]) {
  return {
    image: image ?? '',
    root: root ?? '',
    roots: ROOT_MODES.map((name) => ({ name, isChosen: name === root })),
    images: [...new Set(hosts.flatMap((host) => host.image?.image ?? []))].sort(),
    kinds: ONCE_KINDS.map((kind) => ({ kind, name: ONCE_NAMES[kind] })),
  }
}

export function recordsView(attempts: readonly BootAttempt[], history: readonly HistoryEntry[]) {
  return {
    boots: attempts.slice(0, 10).map((boot, index) => ({
      id: boot.id,
      outcome: boot.outcome,
      said: sayOutcome(boot),
      started: moment(boot.started),
      isOpen: index === 0,
      took: boot.ended === undefined ? '' : saySeconds(boot.ended - boot.started),
      facts: facts({
        Image: boot.image && `${boot.image} ${boot.generation ?? ''}`,
        Address: boot.address,
        MAC: boot.mac,
        Appliance: boot.appliance,
      }),
      stages: boot.stages.map(({ stage, state, at, detail }) => ({ stage, state, after: saySeconds(at - boot.started), detail })),
      diagnosis: boot.diagnosis ?? '',
    })),
    history: history.map(({ at, who, what }) => ({ at: moment(at), who, what })),
  }
}

/** What the host does not reach and why, and below that what it reaches. */
export function reachView(things: readonly (Thing & Cell)[]) {
  const rows = things.map((thing) => ({
    name: nameOf(thing),
    short: lineName(thing),
    kind: KIND_NAMES[thing.kind],
    reached: thing.reached,
    why: thing.why,
    isNetwork: isNetwork(thing),
  }))
  const inOrder = rows.toSorted((a, b) => Number(a.reached) - Number(b.reached))
  return { networks: inOrder.filter((row) => row.isNetwork), storage: inOrder.filter((row) => !row.isNetwork) }
}
