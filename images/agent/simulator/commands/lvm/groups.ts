// vgcreate(8), vgextend(8), vgreduce(8), vgremove(8), vgchange(8), pvcreate(8), pvremove(8).
import { activate, findGroup, groupsOf } from '../../state/activation.ts'
import { collision } from '../../state/claims.ts'
import { type Device, labelOf } from '../../state/devices.ts'
import { EXTENT_SECTORS, freeIn, type Group, PV_HEADER, type Pv } from '../../state/lvm.ts'
import { newLvmUuid, type Site, withGroup, withLabel } from '../../state/site.ts'
import { type Context, did, type Ended, failed } from '../command.ts'
import { parseOptions, sectorsFrom } from '../options.ts'
import { FAILED, findPv, INVALID, inUse, isEnded, noGroup, switchOff } from './names.ts'

const TAKES = 150
const PLAIN = { flags: ['-f|--force', '-y|--yes', '-q|--quiet', '-ff|--forcemore'], valued: ['--config', '-Z|--zero'] }

export function pvcreate(context: Context): Ended {
  const options = parseOptions(context, context.args, PLAIN)
  let now = context
  let out = ''
  for (const path of options.rest) {
    const made = makePv(now, path, options.has('--yes') || options.has('--force'))
    if (isEnded(made)) return { ...made, stdout: out }
    out += `  Physical volume "${path}" successfully created.\n`
    now = { ...now, site: made.site }
  }
  return did(now.site, TAKES, out)
}

interface MadePv {
  readonly site: Site
  readonly device: Device
  readonly uuid: string
}

function makePv(context: Context, path: string, isSure: boolean): MadePv | Ended {
  const device = findPv(context, path)
  if (isEnded(device)) return device
  const { site, host } = context
  const label = labelOf(site, device.place)
  if (!device.place) return failed(context, FAILED, `  Cannot use ${path}: device is not a disk that the simulator can make a PV of`)
  if (label?.kind === 'pv' && label.group !== undefined) {
    const name = site.groups.get(label.group)?.name ?? ''
    return failed(
      context,
      FAILED,
      `  Can't initialize physical volume "${path}" of volume group "${name}" without -ff\n  ${path}: physical volume not initialized.`,
    )
  }
  if (collision(site, host, device.kname, 'mount')) return failed(context, FAILED, `  Can't open ${path} exclusively.  Mounted filesystem?`)
  if ((site.media.get(device.place.medium)?.partitions.length ?? 0) > 0 && device.kind === 'disk')
    return failed(context, FAILED, `  Cannot use ${path}: device is partitioned`)
  if (label?.kind === 'file-system' && !isSure)
    return failed(
      context,
      FAILED,
      `WARNING: ${label.type} signature detected on ${path} at offset 1080. Wipe it? [y/n]: [n]\n  Aborted wiping of ${label.type}.\n  1 existing signature left on the device.`,
    )
  if (label?.kind === 'pv') return { site, device, uuid: label.uuid }
  const [uuid, named] = newLvmUuid(site)
  return { site: withLabel(named, device.place.medium, device.place.start, { kind: 'pv', uuid, group: undefined }), device, uuid }
}

export function pvremove(context: Context): Ended {
  const options = parseOptions(context, context.args, PLAIN)
  let { site } = context
  let out = ''
  for (const path of options.rest) {
    const device = findPv(context, path)
    if (isEnded(device)) return device
    const label = labelOf(site, device.place)
    if (label?.kind !== 'pv' || !device.place) return failed(context, FAILED, `  No PV found on device ${path}.`)
    if (label.group !== undefined) {
      const name = site.groups.get(label.group)?.name ?? ''
      return failed(
        context,
        FAILED,
        `  PV ${path} is used by VG ${name} so please use vgreduce first.\n  (If you are certain you need pvremove, then confirm by using --force twice.)\n  ${path}: physical volume label not removed.`,
      )
    }
    site = withLabel(site, device.place.medium, device.place.start, undefined)
    out += `  Labels on physical volume "${path}" successfully wiped.\n`
  }
  return did(site, TAKES, out)
}

export function vgcreate(context: Context): Ended {
  const options = parseOptions(context, context.args, {
    ...PLAIN,
    valued: ['-s|--physicalextentsize', '--addtag', '--config', '-Z|--zero', '--systemid'],
  })
  const [name = '', ...paths] = options.rest
  if (!/^[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*$/.test(name)) return failed(context, INVALID, `  New volume group name "${name}" is invalid.`)
  if (findGroup(context.site, context.host, name)) return failed(context, FAILED, `  A volume group called ${name} already exists.`)
  const size = options.value('--physicalextentsize')
  const extentSectors = size === undefined ? EXTENT_SECTORS : sectorsFrom(size, 'm')
  if (extentSectors === undefined || paths.length === 0) return failed(context, INVALID, '  Please enter physical volume name(s).')
  const [uuid, named] = newLvmUuid(context.site)
  const group: Group = { uuid, name, extentSectors, pvs: [], volumes: [], tags: [...new Set(options.values('--addtag'))].sort() }
  const filled = addPvs({ ...context, site: named }, group, paths, options.has('--yes') || options.has('--force'))
  return isEnded(filled) ? { ...filled, site: context.site } : did(filled.site, TAKES, `  Volume group "${name}" successfully created\n`)
}

export function vgextend(context: Context): Ended {
  const options = parseOptions(context, context.args, PLAIN)
  const [name = '', ...paths] = options.rest
  const group = findGroup(context.site, context.host, name)
  if (!group) return noGroup(context, name)
  const filled = addPvs(context, group, paths, options.has('--yes') || options.has('--force'))
  return isEnded(filled) ? { ...filled, site: context.site } : did(filled.site, TAKES, `  Volume group "${name}" successfully extended\n`)
}

function addPvs(context: Context, group: Group, paths: readonly string[], isSure: boolean): { readonly site: Site } | Ended {
  let now = context
  let filled = group
  for (const path of paths) {
    const device = findPv(now, path)
    if (isEnded(device)) return device
    const label = labelOf(now.site, device.place)
    if (label?.kind === 'pv' && label.group !== undefined)
      return failed(
        context,
        FAILED,
        `  Physical volume '${path}' is already in volume group '${now.site.groups.get(label.group)?.name ?? ''}'\n  Unable to add physical volume '${path}' to volume group '${group.name}'`,
      )
    const made = makePv(now, path, isSure)
    if (isEnded(made)) return made
    const { place, sectors } = made.device
    if (!place) return failed(context, FAILED, `  Cannot use ${path}`)
    const extents = Math.floor((sectors - PV_HEADER) / group.extentSectors)
    const pv: Pv = { uuid: made.uuid, medium: place.medium, start: place.start, extents, tags: [] }
    filled = { ...filled, pvs: [...filled.pvs, pv] }
    now = { ...now, site: withLabel(made.site, place.medium, place.start, { kind: 'pv', uuid: made.uuid, group: group.uuid }) }
  }
  return { site: withGroup(now.site, filled) }
}

export function vgreduce(context: Context): Ended {
  const options = parseOptions(context, context.args, PLAIN)
  const [name = '', ...paths] = options.rest
  let { site } = context
  for (const path of paths) {
    const group = findGroup(site, context.host, name)
    if (!group) return noGroup(context, name)
    const device = findPv(context, path)
    if (isEnded(device)) return device
    const pv = group.pvs.find(({ medium, start }) => medium === device.place?.medium && start === device.place.start)
    if (!pv) return failed(context, FAILED, `  Failed to find physical volume "${path}".`)
    if (freeIn(group, pv) < pv.extents) return failed(context, FAILED, `  Physical volume "${path}" still in use`)
    if (group.pvs.length === 1) return failed(context, FAILED, `  Can't remove final physical volume "${path}" from volume group "${name}"`)
    const smaller = withGroup(site, { ...group, pvs: group.pvs.filter((one) => one !== pv) })
    site = withLabel(smaller, pv.medium, pv.start, { kind: 'pv', uuid: pv.uuid, group: undefined })
  }
  return did(site, TAKES, `  Removed "${paths.join(' ')}" from volume group "${name}"\n`)
}

export function vgremove(context: Context): Ended {
  const options = parseOptions(context, context.args, PLAIN)
  const [name = ''] = options.rest
  const group = findGroup(context.site, context.host, name)
  if (!group) return noGroup(context, name)
  const visible = group.volumes.filter(({ kind }) => kind.kind !== 'hidden')
  if (visible.length > 0 && !options.has('--force') && !options.has('--yes'))
    return failed(
      context,
      FAILED,
      `Do you really want to remove volume group "${name}" containing ${visible.length} logical volumes? [y/n]: [n]\n  Volume group "${name}" not removed`,
    )
  let { site } = context
  for (const volume of visible) {
    const used = inUse(context, { group, volume })
    if (used !== undefined) return failed(context, FAILED, `  ${used}`)
    site = switchOff(context, site, group, volume)
  }
  for (const pv of group.pvs) site = withLabel(site, pv.medium, pv.start, { kind: 'pv', uuid: pv.uuid, group: undefined })
  const groups = new Map([...site.groups].filter(([uuid]) => uuid !== group.uuid))
  return did({ ...site, groups }, TAKES, `  Volume group "${name}" successfully removed\n`)
}

export function vgchange(context: Context): Ended {
  const options = parseOptions(context, context.args, { ...PLAIN, valued: ['-a|--activate', '--addtag', '--deltag', '--config'] })
  const names = options.rest
  const groups = groupsOf(context.site, context.host).filter(({ name }) => names.length === 0 || names.includes(name))
  const missing = names.find((name) => !groups.some((group) => group.name === name))
  if (missing !== undefined) return noGroup(context, missing)
  let { site } = context
  let out = ''
  for (const group of groups) {
    const tags = [...group.tags.filter((tag) => !options.values('--deltag').includes(tag)), ...options.values('--addtag')]
    const tagged = { ...group, tags: [...new Set(tags)].sort() }
    site = withGroup(site, tagged)
    const activation = options.value('--activate')
    if (activation === undefined) continue
    let active = 0
    for (const volume of tagged.volumes.filter(({ kind }) => kind.kind !== 'hidden')) {
      if (/n$/.test(activation)) {
        if (inUse({ ...context, site }, { group: tagged, volume }) !== undefined)
          return failed(
            { site },
            FAILED,
            `  Logical volume ${group.name}/${volume.name} in use.\n  Can't deactivate volume group "${group.name}" with 1 open logical volume(s)`,
          )
        site = switchOff(context, site, tagged, volume)
      } else if (!volume.skipActivation) {
        const on = activate(site, context.host, tagged, volume)
        if (!on)
          return failed(
            { site },
            FAILED,
            `  Refusing activation of partial LV ${group.name}/${volume.name}.  Use '--activationmode partial' to override.`,
          )
        site = on
        active += 1
      }
    }
    out += `  ${active} logical volume(s) in volume group "${group.name}" now active\n`
  }
  return did(site, TAKES, out)
}
