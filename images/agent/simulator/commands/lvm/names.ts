// How LVM's commands are told which volume and which device is meant, and what they say when there is none (lvm2 2.03).
import { activate, deactivate, findGroup, isActive, mapOf } from '../../state/activation.ts'
import { claimsOn, openersOf } from '../../state/claims.ts'
import { type Device, findDevice } from '../../state/devices.ts'
import { lvMapName } from '../../state/dm.ts'
import { type Group, type Volume, volumeOf } from '../../state/lvm.ts'
import { hostOf, type Site, withGroup } from '../../state/site.ts'
import type { Context, Ended } from '../command.ts'
import { failed } from '../command.ts'

/** ECMD_FAILED of tools/errors.h. */
export const FAILED = 5
/** EINVALID_CMD_LINE. */
export const INVALID = 3

export interface FoundVolume {
  readonly group: Group
  readonly volume: Volume
}

/** `vg/lv`, `/dev/vg/lv`, `/dev/mapper/vg-lv`. */
export function findVolume(context: Context, name: string): FoundVolume | Ended {
  const { site, host } = context
  const short = name.replace(/^\/dev\/(?!mapper\/)/, '')
  const [groupName = '', volumeName] = short.split('/')
  const mapped = /^\/dev\/mapper\/(.+)$/.exec(name)?.[1]
  if (mapped !== undefined) {
    for (const group of site.groups.values()) {
      const volume = group.volumes.find((one) => lvMapName(group.name, one.name) === mapped)
      if (volume && findGroup(site, host, group.uuid)) return { group, volume }
    }
  }
  const group = findGroup(site, host, groupName)
  if (!group) return noGroup(context, groupName)
  const volume = volumeOf(group, volumeName ?? '')
  return volume ? { group, volume } : failed(context, FAILED, `  Failed to find logical volume "${groupName}/${volumeName}"`)
}

export function noGroup(context: Context, name: string): Ended {
  return failed(context, FAILED, `  Volume group "${name}" not found\n  Cannot process volume group ${name}`)
}

export function isEnded(value: object): value is Ended {
  return 'kind' in value && value.kind === 'ended'
}

/** Undefined when nobody has it open; otherwise what LVM says. */
export function inUse(context: Context, { group, volume }: FoundVolume): string | undefined {
  const { site, host } = context
  const map = mapOf(site, host, group, volume)
  if (!map) return undefined
  const kname = `dm-${map.minor}`
  const claims = claimsOn(site, host, kname).filter(({ who }) => !isOwnLayer(group, who))
  if (claims.some(({ by }) => by === 'mount')) return `Logical volume ${group.name}/${volume.name} contains a filesystem in use.`
  if (claims.length > 0) return `Logical volume ${group.name}/${volume.name} is used by another device.`
  const openers = openersOf(site, host, kname).filter((one) => !one.startsWith('dm '))
  return openers.length > 0 ? `Logical volume ${group.name}/${volume.name} in use.` : undefined
}

/** Maps of LVM's own over this one: snapshots, pools. */
function isOwnLayer(group: Group, map: string): boolean {
  return group.volumes.some(({ name }) => {
    const own = lvMapName(group.name, name)
    return [own, `${own}-real`, `${own}-cow`, `${own}-tpool`].includes(map)
  })
}

export function findPv(context: Context, path: string): Device | Ended {
  const { site, host } = context
  return findDevice(site, host, path) ?? failed(context, FAILED, `  No device found for ${path}.`)
}

export function setGroup(site: Site, group: Group): Site {
  return withGroup(site, group)
}

/** `y`, `ey`, `ly`, `ay`, `sy`; `n` likewise. */
export function wantsActive(word: string | undefined): boolean {
  return word === undefined || /y$/.test(word)
}

export function switchOn(context: Context, site: Site, group: Group, volume: Volume): Site | undefined {
  return isActive(site, context.host, group, volume) ? site : activate(site, context.host, group, volume)
}

export function switchOff(context: Context, site: Site, group: Group, volume: Volume): Site {
  return deactivate(site, context.host, group, volume)
}

/** Hosts that have this volume mapped. */
export function hostsWith(site: Site, group: Group, volume: Volume): readonly string[] {
  return [...site.hosts.keys()].filter((name) => mapOf(site, hostOf(site, name).name, group, volume) !== undefined)
}

/** `8.00 MiB`, as LVM shows sizes to people. */
export function readable(sectors: number): string {
  let size = sectors / 2
  for (const unit of ['KiB', 'MiB', 'GiB']) {
    if (size < 1024) return `${size.toFixed(2)} ${unit}`
    size /= 1024
  }
  return `${size.toFixed(2)} TiB`
}
