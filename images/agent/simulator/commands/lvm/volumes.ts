// lvremove(8), lvextend(8), lvchange(8), lvrename(8).
import { isOrigin, remap, snapshotsOf } from '../../state/activation.ts'
import { allocate, freeExtents, type Group, ownMedium, type Volume, volumeOf, withoutVolume, withVolume } from '../../state/lvm.ts'
import { type Site, withoutMedium } from '../../state/site.ts'
import { type Context, did, type Ended, failed, gap } from '../command.ts'
import { type Parsed, parseOptions, sectorsFrom } from '../options.ts'
import { FAILED, type FoundVolume, findVolume, INVALID, inUse, isEnded, readable, switchOff, switchOn } from './names.ts'

const TAKES = 100

export function lvremove(context: Context): Ended {
  const options = parseOptions(context, context.args, {
    flags: ['-f|--force', '-y|--yes', '-q|--quiet', '--noudevsync'],
    valued: ['--config'],
  })
  let now = context
  let out = ''
  for (const name of options.rest) {
    const found = findVolume(now, name)
    if (isEnded(found)) return { ...found, site: now.site, stdout: out }
    const ended = removeOne(now, found, options)
    if (ended.code !== 0) return { ...ended, stdout: out }
    out += ended.stdout
    now = { ...now, site: ended.site }
  }
  return did(now.site, TAKES, out)
}

function removeOne(context: Context, { group, volume }: FoundVolume, options: Parsed): Ended {
  const sure = options.has('--force') || options.has('--yes')
  const used = inUse(context, { group, volume })
  if (used !== undefined) return failed(context, FAILED, `  ${used}`)
  if (volume.kind.kind === 'hidden') return failed(context, FAILED, `  Can't remove logical volume ${volume.name} used by a pool.`)
  if (!sure)
    return failed(
      context,
      FAILED,
      `Do you really want to remove active logical volume ${group.name}/${volume.name}? [y/n]: [n]\n  Logical volume ${group.name}/${volume.name} not removed.`,
    )
  let site = context.site
  let left = group
  let out = ''
  for (const name of dependants(group, volume)) {
    const one = volumeOf(left, name)
    if (!one) continue
    const busy = inUse({ ...context, site }, { group: left, volume: one })
    if (busy !== undefined) return failed(context, FAILED, `  ${busy}`)
    site = takeAway(context, site, left, one)
    left = withoutVolume(left, name)
    if (one.kind.kind !== 'hidden') out += `  Logical volume "${name}" successfully removed.\n`
  }
  site = takeAway(context, site, left, volume)
  left = withoutVolume(left, volume.name)
  site = { ...site, groups: new Map(site.groups).set(group.uuid, left) }
  const { kind } = volume
  const origin = kind.kind === 'snapshot' ? volumeOf(left, kind.origin) : undefined
  if (origin) for (const host of site.hosts.keys()) site = remap(site, host, left, origin)
  return did(site, TAKES, `${out}  Logical volume "${volume.name}" successfully removed.\n`)
}

/** What goes with it: its snapshots, or of a pool its volumes and its two hidden ones. */
function dependants(group: Group, { name, kind }: Volume): readonly string[] {
  const names = group.volumes.filter((one) =>
    kind.kind === 'thin-pool'
      ? (one.kind.kind === 'thin' && one.kind.pool === name) || [`${name}_tdata`, `${name}_tmeta`].includes(one.name)
      : one.kind.kind === 'snapshot' && one.kind.origin === name,
  )
  return names.map((one) => one.name).sort((a, b) => Number(/_t(data|meta)$/.test(a)) - Number(/_t(data|meta)$/.test(b)))
}

/** Only of this host: nothing tells LVM that another has it mapped. */
function takeAway(context: Context, site: Site, group: Group, volume: Volume): Site {
  const off = switchOff(context, site, group, volume)
  return off.media.has(ownMedium(volume)) ? withoutMedium(off, ownMedium(volume)) : off
}

export function lvextend(context: Context): Ended {
  const options = parseOptions(context, context.args, {
    flags: ['-y|--yes', '-q|--quiet', '-f|--force', '-n|--nofsck', '--noudevsync'],
    valued: ['-L|--size', '-l|--extents', '--config', '--fs'],
  })
  const found = findVolume(context, options.rest[0] ?? '')
  if (isEnded(found)) return found
  const { group, volume } = found
  const had = volume.sectors / group.extentSectors
  const wanted = sizeAfter(options, group, volume)
  if (wanted === undefined) return failed(context, INVALID, '  Please specify either size or extents')
  const sizes = `(${wanted} extents) not larger than existing size (${had} extents)`
  if (wanted <= had) return failed(context, FAILED, `  New size given ${sizes}`)
  if (isOrigin(group, volume))
    return failed(context, FAILED, '  Snapshot origin volumes can be resized only while inactive: try lvchange -an.')
  const { kind } = volume
  if (kind.kind === 'snapshot' || kind.kind === 'thin-pool' || kind.kind === 'hidden') gap(context, `extending a ${kind.kind}`)
  const segments = kind.kind === 'thin' ? [] : allocate(group, wanted - had, () => true)
  if (!segments)
    return failed(context, FAILED, `  Insufficient free space: ${wanted - had} extents needed, but only ${freeExtents(group)} available`)
  const next: Volume = { ...volume, segments: [...volume.segments, ...segments], sectors: wanted * group.extentSectors }
  const changed = withVolume(group, next)
  const own = context.site.media.get(ownMedium(volume))
  const media = own ? new Map(context.site.media).set(own.id, { ...own, sectors: next.sectors }) : context.site.media
  const site = { ...context.site, media, groups: new Map(context.site.groups).set(group.uuid, changed) }
  const text = `  Size of logical volume ${group.name}/${volume.name} changed from ${readable(volume.sectors)} (${had} extents) to ${readable(next.sectors)} (${wanted} extents).\n  Logical volume ${group.name}/${volume.name} successfully resized.\n`
  return did(remap(site, context.host, changed, next), TAKES, text)
}

function sizeAfter(options: Parsed, group: Group, volume: Volume): number | undefined {
  const had = volume.sectors / group.extentSectors
  const size = options.value('--size')
  if (size !== undefined) {
    const sectors = sectorsFrom(size.replace(/^\+/, ''), 'm')
    if (sectors === undefined) return undefined
    const count = Math.ceil(sectors / group.extentSectors)
    return size.startsWith('+') ? had + count : count
  }
  const [, plus, number, percent] = /^(\+)?(\d+)(%FREE)?$/.exec(options.value('--extents') ?? '') ?? []
  if (number === undefined) return undefined
  const count = percent === undefined ? Number(number) : Math.floor((Number(number) * freeExtents(group)) / 100)
  return plus === undefined ? count : had + count
}

export function lvchange(context: Context): Ended {
  const options = parseOptions(context, context.args, {
    flags: ['-y|--yes', '-f|--force', '-K|--ignoreactivationskip', '-q|--quiet', '--refresh', '--noudevsync'],
    valued: ['-a|--activate', '--addtag', '--deltag', '-k|--setactivationskip', '-p|--permission', '--config'],
  })
  let now = context
  let out = ''
  for (const name of options.rest) {
    const found = findVolume(now, name)
    if (isEnded(found)) return { ...found, site: now.site, stdout: out }
    const ended = changeOne(now, found, options)
    if (ended.code !== 0) return ended
    out += ended.stdout
    now = { ...now, site: ended.site }
  }
  return did(now.site, TAKES, out)
}

function changeOne(context: Context, { group, volume }: FoundVolume, options: Parsed): Ended {
  const [skip, permission] = [options.value('--setactivationskip'), options.value('--permission')]
  const kept = volume.tags.filter((tag) => !options.values('--deltag').includes(tag))
  const next: Volume = {
    ...volume,
    tags: [...new Set([...kept, ...options.values('--addtag')])].sort(),
    skipActivation: skip === undefined ? volume.skipActivation : skip === 'y',
    writable: permission === undefined ? volume.writable : permission === 'rw',
  }
  const isChanged = ['--addtag', '--deltag', '--setactivationskip', '--permission'].some((one) => options.has(one))
  const changed = isChanged ? withVolume(group, next) : group
  const site = isChanged ? { ...context.site, groups: new Map(context.site.groups).set(group.uuid, changed) } : context.site
  const text = isChanged ? `  Logical volume ${group.name}/${volume.name} changed.\n` : ''
  const activation = options.value('--activate')
  if (activation === undefined) return did(site, TAKES, text)
  if (volume.kind.kind === 'snapshot')
    return failed({ site }, FAILED, `  Can't change snapshot logical volume "${group.name}/${volume.name}".`)
  if (/n$/.test(activation)) {
    const used = [volume, ...snapshotsOf(group, volume)].some((one) => inUse(context, { group, volume: one }) !== undefined)
    if (used) return failed({ site }, FAILED, `  Logical volume ${group.name}/${volume.name} in use.`)
    return did(switchOff(context, site, changed, next), TAKES, text)
  }
  if (next.skipActivation && !options.has('--ignoreactivationskip')) return did(site, TAKES, text)
  const on = [next, ...snapshotsOf(changed, next)].reduce((all: Site | undefined, one) => all && switchOn(context, all, changed, one), site)
  return on
    ? did(on, TAKES, text)
    : failed(
        { site },
        FAILED,
        `  Refusing activation of partial LV ${group.name}/${volume.name}.  Use '--activationmode partial' to override.`,
      )
}

export function lvrename(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['-y|--yes', '-q|--quiet', '--noudevsync'], valued: ['--config'] })
  const [first = '', second = '', third] = options.rest
  const [old, next] = third === undefined ? [first, second.replace(/^.*\//, '')] : [`${first}/${second}`, third.replace(/^.*\//, '')]
  const found = findVolume(context, old)
  if (isEnded(found)) return found
  const { group, volume } = found
  if (volumeOf(group, next)) return failed(context, FAILED, `  Logical Volume "${next}" already exists in volume group "${group.name}"`)
  if (volume.kind.kind === 'thin-pool') gap(context, 'renaming a pool')
  const renamed = { ...volume, name: next }
  const volumes = group.volumes.map((one) =>
    one.uuid === volume.uuid ? renamed : { ...one, kind: following(one.kind, volume.name, next) },
  )
  const changed = { ...group, volumes }
  const site = { ...context.site, groups: new Map(context.site.groups).set(group.uuid, changed) }
  return did(
    remap(site, context.host, changed, renamed, volume.name),
    TAKES,
    `  Renamed "${volume.name}" to "${next}" in volume group "${group.name}"\n`,
  )
}

function following(kind: Volume['kind'], old: string, next: string): Volume['kind'] {
  if (kind.kind === 'snapshot' && kind.origin === old) return { ...kind, origin: next }
  return kind.kind === 'thin' && kind.origin === old ? { ...kind, origin: next } : kind
}
