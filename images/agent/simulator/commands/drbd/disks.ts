// drbdsetup attach, detach, disk-options, new-current-uuid, outdate, invalidate: a minor and what is beneath it.
import { collision, openersOf } from '../../state/claims.ts'
import { findDevice } from '../../state/devices.ts'
import { deviceOfMinor, type Found, metadataOn, newCurrent, peerOf, withAttached, withDevice, withMetadata } from '../../state/drbd.ts'
import { addRange, JUST_CREATED, NO_GENERATION } from '../../state/drbd-resource.ts'
import { type Context, did, type Ended, failed, gap } from '../command.ts'
import { parseOptions, sectorsFrom } from '../options.ts'
import { failure, stateRefused } from './refusals.ts'

const ATTACH_OPTIONS = [
  ...[
    '--size',
    '--on-io-error',
    '--fencing',
    '--max-bio-bvecs',
    '--resync-rate',
    '--resync-after',
    '--al-extents',
    '--al-updates',
    '--c-plan-ahead',
  ],
  ...['--c-delay-target', '--c-fill-target', '--c-max-rate', '--c-min-rate', '--disk-timeout', '--read-balancing', '--disk-flushes'],
  ...['--disk-barrier', '--disk-drain', '--md-flushes', '--discard-zeroes-if-aligned', '--rs-discard-granularity'],
]

export function attach(context: Context, args: readonly string[]): Ended {
  const { site, host } = context
  const options = parseOptions(context, args, { valued: ATTACH_OPTIONS })
  const [minor = '', lower = '', metadata = '', index] = options.rest
  if (index !== 'flexible') gap(context, `metadata ${index ?? ''} (only flexible)`)
  const found = deviceOfMinor(site, host, `drbd${minor}`)
  if (!found) return failure(context, minor, 127)
  if (found.device.attached) return failure(context, minor, 124)
  const [backing, meta] = [findDevice(site, host, lower), findDevice(site, host, metadata)]
  if (!backing || collision(site, host, backing.kname, 'drbd')) return failure(context, minor, 104)
  if (!meta || collision(site, host, meta.kname, 'drbd')) return failure(context, minor, 105)
  const wanted = options.value('--size')
  const sectors = wanted === undefined ? backing.sectors : (sectorsFrom(wanted, 'k') ?? 0)
  if (sectors > backing.sectors || sectors === 0) return failure(context, minor, 111)
  if (meta.sectors < Math.ceil(sectors / 2 ** 18) * 8 + 72) return failure(context, minor, 112)
  const label = metadataOn(site, host, meta.kname)
  if (!label) return failure(context, minor, 119)
  if (label.unclean) return failure(context, minor, 165)
  const isNew = label.sectors === 0
  const attached = {
    backing: backing.kname,
    meta: meta.kname,
    sectors,
    label: { ...label, sectors, unclean: true, outOfSync: isNew ? [{ at: 0, end: sectors }] : label.outOfSync },
  }
  const given = new Map([...found.device.options, ...optionsIn(options.value, ATTACH_OPTIONS)])
  const changed = withDevice(site, host, found.resource, { ...found.device, attached, options: given })
  return did(withMetadata(changed, host, meta.kname, attached.label), 60)
}

export function optionsIn(value: (name: string) => string | undefined, names: readonly string[]): readonly (readonly [string, string])[] {
  return names.flatMap((name) => {
    const given = value(name)
    return given === undefined ? [] : [[name.slice(2), given] as const]
  })
}

/** Of a minor that is there; otherwise what drbdsetup says. */
export function withMinor(context: Context, minor: string | undefined, act: (found: Found) => Ended): Ended {
  const found = deviceOfMinor(context.site, context.host, `drbd${minor}`)
  return found ? act(found) : failure(context, minor ?? '', 127)
}

export function detach(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, { flags: ['--force'] })
  return withMinor(context, options.rest[0], (found) => {
    const { resource, device } = found
    if (resource.role === 'Primary' && !peerOf(context.site, context.host, resource)) return stateRefused(context, String(device.minor), -2)
    const { attached: _, ...without } = device
    return did(withDevice(context.site, context.host, resource, without), 40)
  })
}

export function diskOptions(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, { flags: ['--set-defaults'], valued: ATTACH_OPTIONS })
  return withMinor(context, options.rest[0], ({ resource, device }) => {
    const given = new Map([...device.options, ...optionsIn(options.value, ATTACH_OPTIONS)])
    return did(withDevice(context.site, context.host, resource, { ...device, options: given }), 10)
  })
}

/** Without a peer a new generation; with one that is new as well, both are taken for the same. */
export function newCurrentUuid(context: Context, args: readonly string[]): Ended {
  const { site, host } = context
  const options = parseOptions(context, args, { flags: ['--clear-bitmap'] })
  return withMinor(context, options.rest[0], ({ resource, device }) => {
    const { attached, minor } = device
    if (!attached) return failure(context, String(minor), 138)
    const { label } = attached
    const peer = peerOf(site, host, resource)
    const clears = options.has('--clear-bitmap')
    if (peer && !(clears && label.current === JUST_CREATED)) return failure(context, String(minor), 151)
    const history = label.bitmap === NO_GENERATION ? label.history : ([label.bitmap, label.history[0]] as const)
    const renewed = newCurrent(site, host, minor, { ...label, history: [...history], outOfSync: clears ? [] : label.outOfSync })
    const after = deviceOfMinor(renewed, host, `drbd${minor}`)?.device.attached?.label
    if (!peer?.device.attached || !after) return did(renewed, 20)
    const same = { ...after, bitmap: NO_GENERATION, disk: 'UpToDate' as const, outOfSync: [] }
    const one = withAttached(renewed, host, minor, same)
    return did(
      withAttached(one, peer.host, peer.device.minor, {
        ...peer.device.attached.label,
        ...same,
        sectors: peer.device.attached.label.sectors,
      }),
      20,
    )
  })
}

export function spoil(context: Context, how: 'outdate' | 'invalidate', args: readonly string[]): Ended {
  const options = parseOptions(context, args, { flags: ['--force'] })
  return withMinor(context, options.rest[0], ({ resource, device }) => {
    const { attached, minor } = device
    if (!attached) return failure(context, String(minor), 138)
    if (resource.role === 'Primary') return stateRefused(context, String(minor), -7)
    const { label } = attached
    const whole = addRange(label.outOfSync, { at: 0, end: label.sectors })
    if (how === 'invalidate' && resource.connection?.state === 'Connected') gap(context, 'invalidate while it is connected')
    const next = how === 'outdate' ? { ...label, disk: 'Outdated' as const } : { ...label, disk: 'Inconsistent' as const, outOfSync: whole }
    return did(withAttached(context.site, context.host, minor, next), 20)
  })
}

export function freeze(context: Context, frozen: 'suspend-io' | 'resume-io', args: readonly string[]): Ended {
  return withMinor(context, args[0], ({ resource, device }) =>
    did(withDevice(context.site, context.host, resource, { ...device, frozen: frozen === 'suspend-io' }), 10),
  )
}

export function isOpen({ site, host }: Context, minor: number): boolean {
  return openersOf(site, host, `drbd${minor}`).length > 0
}

export function unknown(context: Context, what: string): Ended {
  return failed(context, 10, `${what}: Failure: (158) Unknown resource`)
}
