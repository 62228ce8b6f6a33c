// A guest's page: how it stands, what may be done to it, its disks down to the disks of the machine, its NICs, what was done to it.
import { stringify } from 'yaml'
import type { Automation } from '../../../../contract/automations.ts'
import { CONSOLE_PATH, CONSOLE_PROTOCOL, TICKET_PREFIX } from '../../../../contract/consoles.ts'
import type { Host } from '../../../../contract/hosts.ts'
import type { Move } from '../../../../contract/migrations.ts'
import type { VmAddress, VmDetail, VmDisk, VmNic } from '../../../../contract/vms.ts'
import { guestBoot, sayBoot } from '../../../../protocol/guest-boot.ts'
import { sayDuration } from '../../../../wording.ts'
import { AUTOMATION_WORDS } from '../automations.ts'
import { facts, hostPath, moment, saySeconds, saySize } from '../words.ts'
import { commandOf, mayMoveIn, offeredIn, WORDS } from './acts.ts'
import { guestPath, movePath } from './list.ts'

export interface GuestLook {
  /** Where it runs or lies. */
  readonly host: Host | undefined
  /** The newest first. */
  readonly history: readonly Automation[]
  /** Of those that have ended, the newest first. */
  readonly moves: readonly Move[]
  readonly may: 'act' | 'look'
  readonly now: number
}

export function guestView(vm: VmDetail, { host, history, moves, may, now }: GuestLook) {
  const { uuid, name, state, why, hostName, disks, nics = [], seen = [], spec, automation } = vm
  return {
    ...{ uuid, name, state, path: guestPath(vm), why: why ?? '', isOurs: spec !== undefined },
    host: hostName ?? '',
    hostPath: host ? hostPath(host) : '',
    automation: automation && { title: automation.title, path: `/automations/${automation.id}` },
    actions: may === 'act' && !automation ? offeredIn(state).map((verb) => ({ verb, ...WORDS[verb], ...particularsOf(verb) })) : [],
    movePath: may === 'act' && !automation && mayMoveIn(state) ? movePath(vm) : '',
    facts: factsOf(vm),
    // Two of a guest are what somebody has to see to; one is what is expected.
    doubles: seen.length > 1 ? seen.map((one) => `domain ${one.domid} on ${one.hostName} is ${one.state}`) : [],
    disks: disks.map(diskView),
    strangers: spec === undefined ? strangersOf(seen) : [],
    nics: nics.map((nic) => nicView(nic, vm, now)),
    clashes: vm.clashes ?? [],
    unread: [
      ...(seen.some((one) => one.unread) ? ['its configuration could not be read: it may have more disks and NICs'] : []),
      ...(host?.unread ?? []).map(({ section, source, reason }) => `${section} of ${host?.name}: ${source}: ${reason}`),
    ],
    history: history.map(({ id, title, who, state: how, reason, created, ended }) => ({
      ...{ title, who, path: `/automations/${id}`, state: how, said: AUTOMATION_WORDS[how], reason: reason ?? '' },
      ...{ created: moment(created), took: saySeconds((ended ?? now) - created) },
    })),
    moves: moves.map(moveView),
    spec: spec === undefined ? [] : linesOf(stringify(spec)),
    consoleCommand: commandOf('console', [name]),
    log: undefined,
    commands: [
      commandOf('show', [name]),
      ...(spec === undefined ? [] : [commandOf('edit', [name]), `hostless automation list --guest ${uuid}`, commandOf('history', [name])]),
    ],
  }
}

/** Its console, on a page of its own. */
export function consoleView(vm: VmDetail) {
  const { uuid, name } = vm
  return {
    ...{ uuid, name, path: guestPath(vm), consoleCommand: commandOf('console', [name]) },
    socket: { path: CONSOLE_PATH, protocol: CONSOLE_PROTOCOL, ticketPrefix: TICKET_PREFIX },
  }
}

function particularsOf(verb: string) {
  return { wantsHow: verb === 'stop', wantsDisks: verb === 'destroy' }
}

function factsOf({ uuid, domid, vcpus, memoryBytes, diskBytes, image, groups, tags, notes, restart, spec }: VmDetail) {
  return facts({
    vCPUs: vcpus,
    Memory: saySize(memoryBytes),
    Disks: saySize(diskBytes),
    Image: image,
    Boots: bootOf(spec),
    'CPU level': levelOf(spec),
    Restarted: restart,
    Groups: groups.join(', '),
    Tags: tags.join(', '),
    Notes: notes,
    Domain: domid,
    UUID: uuid,
  })
}

/** Left out of what hostless did not make. */
function bootOf(spec: VmDetail['spec']): string | undefined {
  const boot = spec && guestBoot.safeParse(spec.boot).data
  return boot && `by ${sayBoot(boot)}`
}

function levelOf(spec: VmDetail['spec']): string | undefined {
  if (spec?.cpu === 'pool') return 'pool: what all hosts of its maker give'
  return spec?.cpu === 'host' ? 'host: all that its host gives' : undefined
}

const FOUND: Readonly<Record<NonNullable<VmDisk['found']>, { readonly said: string; readonly isWrong: boolean }>> = {
  yes: { said: '', isWrong: false },
  no: { said: 'its host does not report it', isWrong: true },
  unread: { said: 'whether it is there is not known: the LVs of its host were not read', isWrong: false },
}

/** From what the guest opens down to the disks of the machine. */
function diskView({ vdev, sizeBytes, access, state, image, device, lv, vg, found = 'unread', below }: VmDisk) {
  return {
    ...{ vdev, size: saySize(sizeBytes), access: access === 'read-only' ? 'read-only' : '', image: image?.slice(0, 12) ?? '' },
    ...{
      device,
      lv: `${vg}/${lv}`,
      making: state === 'making' ? 'being made' : '',
      lvSaid: FOUND[found].said,
      isWrong: FOUND[found].isWrong,
    },
    below: (below ?? []).map((disk) => ({ device: disk.device, serial: disk.serial ?? disk.wwid ?? '' })),
    severalSaid: (below?.length ?? 0) > 1 ? `on these disks of VG ${vg}` : '',
    belowSaid:
      below === undefined
        ? `which disks VG ${vg} lies on is not known: its host has not reported it`
        : below.length === 0
          ? `no disk of VG ${vg} is reported`
          : '',
  }
}

/** By what an address is known. */
const HOW: Readonly<Record<VmAddress['how'], string>> = { told: 'told by its tools', seen: 'seen on its vif', both: 'told and seen' }

function nicView({ network, mac, rateKBps, filter, bridge, vif }: VmNic, { addresses, domid }: VmDetail, now: number) {
  const own = (addresses ?? []).filter((one) => one.mac === mac)
  return {
    addresses: own.map(({ address, how, since, last }) => ({
      ...{ address, how: HOW[how], since: moment(since) },
      // By the host's clock, in steps of some minutes.
      ago: now - last < 600_000 ? '' : `last ${sayDuration(now - last)} ago`,
    })),
    addressesSaid:
      domid === undefined || own.length > 0 ? '' : addresses === undefined ? 'not known: its host does not tell' : 'none told or seen',
    network: network ?? '',
    mac: mac ?? 'given at its start',
    filter: filter === undefined ? '' : 'held to its MAC',
    rate: rateKBps === undefined ? '' : `${rateKBps} kB/s`,
    attached: [vif, bridge].filter(Boolean).join(' → '),
  }
}

function moveView({ automation, from, to, way, outcome, reason, who, began, ended, diskBytes, memoryBytes, pauseMs }: Move) {
  return {
    ...{ path: `/automations/${automation}`, from: from.name, to: to.name, way, outcome, reason: reason ?? '', who },
    ...{ ended: moment(ended), took: saySeconds(ended - began), disks: saySize(diskBytes), memory: saySize(memoryBytes) },
    pause: pauseMs === undefined ? '' : `${pauseMs} ms`,
  }
}

/** Of a domain that hostless did not make: what its host says of its disks. */
function strangersOf(seen: NonNullable<VmDetail['seen']>) {
  return seen.flatMap(({ hostName, disks }) =>
    disks.map(({ vdev, target, access }) => ({ vdev, target: target || 'nothing', access, host: hostName })),
  )
}

/** A page cuts long texts, and these are looked at to their end. */
export function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
