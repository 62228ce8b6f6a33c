// Hosts that lose their power and come back, links that are cut and healed, cables that are pulled. Pure.
import type { Machine } from '../machine/machine.ts'
import { withGuest } from './from-machine.ts'
import type { Group } from './lvm.ts'
import { EMPTY_RAM, hostOf, pairOf, type Site, withHost, withRam } from './site.ts'

/** Its RAM is gone; what was on media stays, and whoever waits for it hears nothing more. */
export function powerOff(site: Site, name: string): Site {
  return withHost(site, { ...hostOf(site, name), power: 'off', ram: EMPTY_RAM })
}

/** As a dom0 that has just booted: nothing is logged in to, mapped, mirrored or mounted. */
export function powerOn(site: Site, name: string): Site {
  const host = hostOf(site, name)
  return host.power === 'on'
    ? site
    : withHost(site, { ...host, power: 'on', since: site.now, ram: { ...EMPTY_RAM, daemons: new Set(['xenstored']) } })
}

export function cut(site: Site, one: string, other: string): Site {
  return { ...site, cuts: new Set([...site.cuts, pairOf(one, other)]) }
}

export function heal(site: Site, one: string, other: string): Site {
  return { ...site, cuts: new Set([...site.cuts].filter((pair) => pair !== pairOf(one, other))) }
}

/** A portal that nobody answers at, or again somebody does. */
export function silence(site: Site, portal: string, how: 'silent' | 'answering'): Site {
  return {
    ...site,
    targets: site.targets.map((target) => {
      const others = [...target.silent].filter((one) => one !== portal)
      return { ...target, silent: new Set(how === 'silent' ? [...others, portal] : others) }
    }),
  }
}

/** Its hardware is another; guests that the other has not got end, those that it has and this one not begin. */
export function becomeMachine(site: Site, name: string, machine: Machine): Site {
  const host = hostOf(site, name)
  const { guests } = host.machine
  const gone = new Set(guests.filter((one) => !machine.guests.some(({ uuid }) => uuid === one.uuid)).map(({ uuid }) => uuid))
  const left = host.ram.domains.filter(({ uuid }) => !gone.has(uuid))
  const changed = withRam(withHost(site, { ...host, machine }), name, { domains: left })
  const group = [...site.groups.values()].find((one): one is Group =>
    one.pvs.some(({ medium }) => host.disks.some((disk) => disk.medium === medium)),
  )
  const fresh = machine.guests.filter((one) => !left.some(({ uuid }) => uuid === one.uuid))
  return group ? fresh.reduce((all, guest) => withGuest(all, name, group, guest), changed) : changed
}
