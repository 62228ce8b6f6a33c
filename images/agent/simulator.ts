// A host that is not there: the agent's own code over a made-up machine, so that thousands of hosts play on one computer. It answers the
// commands and files that the agent reads, in the tools' own formats; what it counts follows from its clock alone.
import type { Backend, Clock, Command, Follow, Host, Ran } from './backend.ts'
import type { Machine } from './simulator/machine/machine.ts'
import { showPolicies, showXenCpuid, showXlInfo } from './simulator/show/cpu.ts'
import { showDrbdEvents, showXlList, showXlListLong } from './simulator/show/guests.ts'
import { fileOf, namesIn, showDmidecode, showSmartctl } from './simulator/show/machine.ts'
import { showBridgeFdb, showEthtool, showIpAddress, showIpLink, showLldp } from './simulator/show/network.ts'
import { showDiskLinks, showIscsiSessions, showLsblk, showLvs, showMultipathMaps, showPvs, showVgs } from './simulator/show/storage.ts'

export { type Machine, makeMachine } from './simulator/machine/machine.ts'

export interface SimulatedHost extends Host {
  /** The machine as it is now. */
  readonly machine: () => Machine
  /** It becomes another one (a cable is pulled, a guest ends), and its kernel tells what changed. */
  become(machine: Machine): void
}

export function simulatedHost(first: Machine, clock: Clock): SimulatedHost {
  let machine = first
  const start = clock.steady()
  const seconds = (): number => (clock.steady() - start) / 1000
  const followers = new Set<{ readonly program: string; readonly tell: (line: string) => void }>()
  const backend: Backend = {
    run: async (command) => answer(machine, command, seconds()),
    read: async (path) => fileOf(machine, path, seconds()),
    list: async (path) => namesIn(machine, path),
  }
  const follow: Follow = ([program], tell) => {
    const follower = { program, tell }
    followers.add(follower)
    return () => followers.delete(follower)
  }
  return {
    backend,
    follow,
    clock,
    machine: () => machine,
    become(next) {
      const lines = differences(machine, next)
      machine = next
      for (const { program, line } of lines) for (const one of followers) if (one.program === program) one.tell(line)
    },
  }
}

function answer(machine: Machine, command: Command, seconds: number): Ran {
  const [program, ...args] = command
  const said = (stdout: string): Ran => ({ kind: 'ended', exitCode: 0, stdout, stderr: '' })
  const failed = (exitCode: number, stderr: string): Ran => ({ kind: 'ended', exitCode, stdout: '', stderr })
  switch (program.replace(/^.*\//, '')) {
    case 'xl':
      return said(args[0] === 'info' ? showXlInfo(machine) : args[1] === '-l' ? showXlListLong(machine) : showXlList(machine, seconds))
    case 'xen-cpuid':
      return said(args[0] === '-p' ? showPolicies(machine) : showXenCpuid(machine))
    case 'dmidecode':
      return said(showDmidecode(machine))
    case 'ip':
      return said(args.includes('addr') ? showIpAddress(machine) : showIpLink(machine))
    case 'bridge':
      return said(args.includes('fdb') ? showBridgeFdb(machine) : '[]')
    case 'ethtool': {
      const text = showEthtool(machine, args[1] ?? '')
      return text === undefined ? failed(71, 'Cannot get driver information: No such device') : said(text)
    }
    case 'lldpcli':
      return said(showLldp(machine))
    case 'lsblk':
      return said(showLsblk(machine))
    case 'find':
      return said(showDiskLinks(machine))
    case 'pvs':
      return said(showPvs(machine))
    case 'vgs':
      return said(showVgs(machine))
    case 'lvs':
      return said(showLvs(machine))
    case 'multipathd':
      return said(showMultipathMaps(machine))
    case 'iscsiadm': {
      const text = showIscsiSessions(machine)
      return text === undefined ? failed(21, 'iscsiadm: No active sessions.') : said(text)
    }
    case 'smartctl': {
      if (args.includes('--scan')) return said('{"devices":[]}')
      const text = showSmartctl(machine, args.at(-1) ?? '', seconds)
      return text === undefined ? failed(2, 'No such device') : said(text)
    }
    case 'drbdsetup':
      return said(showDrbdEvents(machine))
    default:
      return { kind: 'missing' }
  }
}

interface Told {
  readonly program: string
  readonly line: string
}

/** What udev and the network's kernel would say of the change, in their own lines. */
function differences(before: Machine, after: Machine): readonly Told[] {
  const links = after.nics.filter((nic) => before.nics.some(({ name, up }) => name === nic.name && up !== nic.up))
  const guests = [
    ...before.guests
      .filter(({ uuid }) => !after.guests.some((guest) => guest.uuid === uuid))
      .map(({ domid }) => ({ domid, action: 'remove' })),
    ...after.guests
      .filter(({ uuid }) => !before.guests.some((guest) => guest.uuid === uuid))
      .map(({ domid }) => ({ domid, action: 'add' })),
  ]
  const storage =
    JSON.stringify([before.disks, before.array, before.failedPaths]) !== JSON.stringify([after.disks, after.array, after.failedPaths])
  return [
    ...links.map(({ name, up }) => ({
      program: 'ip',
      line: `2: ${name}: <BROADCAST,MULTICAST${up ? ',UP,LOWER_UP' : ''}> mtu 9000 qdisc mq state ${up ? 'UP' : 'DOWN'} group default`,
    })),
    ...guests.map(({ domid, action }) => ({
      program: 'udevadm',
      line: `UDEV  [1.0] ${action.padEnd(8)} /devices/vbd-${domid}-51712 (xen-backend)`,
    })),
    ...(storage ? [{ program: 'udevadm', line: 'UDEV  [1.0] change   /devices/virtual/block/dm-0 (block)' }] : []),
  ]
}
