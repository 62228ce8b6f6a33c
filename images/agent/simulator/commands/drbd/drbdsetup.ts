// drbdsetup(8) of drbd-utils 9.22 over the kernel's own 8.4.11, which knows no `status --json`.
import { showEvents, showSettings, showStatus } from '../../show/drbd.ts'
import { newCurrentFor, peerOf, withAttached, withResource } from '../../state/drbd.ts'
import type { Connection, Resource } from '../../state/drbd-resource.ts'
import { type Site, withRam } from '../../state/site.ts'
import { type Context, did, type Ended, failed, gap, here, type Outcome, said } from '../command.ts'
import { parseOptions } from '../options.ts'
import { attach, detach, diskOptions, freeze, isOpen, newCurrentUuid, optionsIn, spoil, unknown, withMinor } from './disks.ts'
import { generations } from './drbdmeta.ts'
import { failure, stateRefused } from './refusals.ts'

const NET_OPTIONS = [
  ...[
    '--protocol',
    '--timeout',
    '--max-epoch-size',
    '--connect-int',
    '--ping-int',
    '--ping-timeout',
    '--sndbuf-size',
    '--rcvbuf-size',
    '--ko-count',
  ],
  ...['--cram-hmac-alg', '--shared-secret', '--after-sb-0pri', '--after-sb-1pri', '--after-sb-2pri', '--rr-conflict', '--max-buffers'],
  ...[
    '--unplug-watermark',
    '--socket-check-timeout',
    '--tcp-cork',
    '--data-integrity-alg',
    '--on-congestion',
    '--congestion-fill',
    '--csums-alg',
    '--verify-alg',
    '--allow-two-primaries',
    '--use-rle',
  ],
]

export function drbdsetup(context: Context): Outcome {
  const [verb = '', ...args] = context.args
  switch (verb) {
    case 'new-resource':
      return newResource(context, args)
    case 'new-minor':
      return newMinor(context, args)
    case 'del-minor':
    case 'del-resource':
    case 'down':
      return take(context, verb, args)
    case 'attach':
      return attach(context, args)
    case 'detach':
      return detach(context, args)
    case 'disk-options':
      return diskOptions(context, args)
    case 'resource-options':
      return did(context.site)
    case 'primary':
      return primary(context, args)
    case 'secondary':
      return secondary(context, args)
    case 'connect':
      return connect(context, args)
    case 'disconnect':
    case 'net-options':
      return changeConnection(context, verb, args)
    case 'new-current-uuid':
      return newCurrentUuid(context, args)
    case 'outdate':
    case 'invalidate':
      return spoil(context, verb, args)
    case 'suspend-io':
    case 'resume-io':
      return freeze(context, verb, args)
    case 'get-gi':
      return withMinor(context, args[0], ({ device }) =>
        device.attached ? said(context, `${generations(device.attached.label)}\n`) : failure(context, args[0] ?? '', 138),
      )
    case 'events2':
      return events(context, args)
    case 'show': {
      const resource = resourceOf(context, args[0])
      return resource ? said(context, showSettings(resource)) : unknown(context, args[0] ?? '')
    }
    case 'verify':
      return verify(context, args)
    case 'status': {
      if (args.includes('--json')) return failed(context, 20, "drbdsetup: unrecognized option '--json'\ntry 'drbdsetup help'")
      const options = parseOptions(context, args, { flags: ['-v|--verbose', '-s|--statistics'] })
      return said(context, showStatus(context.site, context.host, options.rest[0]))
    }
    default:
      return gap(context, `drbdsetup ${verb}`)
  }
}

function events(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, { flags: ['--now', '-s|--statistics', '--timestamps'] })
  if (!options.has('--now')) gap(context, 'events2 without --now, but by following it')
  return said(context, showEvents(context.site, context.host, options.rest[0]), 10)
}

function resourceOf(context: Context, name: string | undefined): Resource | undefined {
  return here(context).ram.drbd.find((one) => one.name === name)
}

function newResource(context: Context, args: readonly string[]): Ended {
  const [name = ''] = parseOptions(context, args, { valued: ['--cpu-mask', '--on-no-data-accessible'] }).rest
  if (resourceOf(context, name)) return failed(context, 10, `${name}: Failure: (157) Resource exists already`)
  return did(withResource(context.site, context.host, { name, role: 'Secondary', devices: [] }), 10)
}

function newMinor(context: Context, args: readonly string[]): Ended {
  const [name = '', minor = '', volume = '0'] = parseOptions(context, args, {}).rest
  const resource = resourceOf(context, name)
  if (!resource) return unknown(context, name)
  const taken = here(context)
    .ram.drbd.flatMap(({ devices }) => devices)
    .some((one) => one.minor === Number(minor))
  if (taken || resource.devices.some((one) => one.volume === Number(volume))) return failure(context, minor, 161)
  if (resource.devices.length > 0) gap(context, 'a resource of several volumes')
  const device = { volume: Number(volume), minor: Number(minor), options: new Map(), frozen: false }
  return did(withResource(context.site, context.host, { ...resource, devices: [...resource.devices, device] }), 10)
}

function take(context: Context, verb: 'del-minor' | 'del-resource' | 'down', args: readonly string[]): Ended {
  const [name = ''] = parseOptions(context, args, {}).rest
  const { drbd } = here(context).ram
  const without = (site: Site, gone: Resource): Ended =>
    did(withRam(site, context.host, { drbd: drbd.filter((one) => one.name !== gone.name) }), 60)
  if (verb === 'del-minor')
    return withMinor(context, name, ({ resource, device }) => {
      if (device.attached || resource.connection) return failure(context, name, 160)
      return did(withResource(context.site, context.host, { ...resource, devices: resource.devices.filter((one) => one !== device) }), 10)
    })
  const resource = resourceOf(context, name)
  // What is not there is down already.
  if (!resource) return verb === 'down' ? did(context.site) : unknown(context, name)
  if (verb === 'del-resource') return resource.devices.length > 0 ? failure(context, name, 159) : without(context.site, resource)
  if (resource.devices.some(({ minor }) => isOpen(context, minor))) return stateRefused(context, name, -12)
  return without(outdated(context, resource), resource)
}

/** A secondary that leaves a primary in order is outdated from then on. */
function outdated({ site, host }: Context, resource: Resource): Site {
  const peer = peerOf(site, host, resource)
  if (peer?.resource.role !== 'Primary' || resource.role === 'Primary') return site
  return resource.devices.reduce((all, { minor, attached }) => {
    const isWhole = attached?.label.disk === 'UpToDate'
    return isWhole ? withAttached(all, host, minor, { ...attached.label, disk: 'Outdated' }) : all
  }, site)
}

function primary(context: Context, args: readonly string[]): Ended {
  const { site, host } = context
  const options = parseOptions(context, args, { flags: ['--force', '-o|--overwrite-data-of-peer'] })
  return withMinor(context, options.rest[0], ({ resource, device }) => {
    const { attached, minor } = device
    const forced = options.has('--force') || options.has('--overwrite-data-of-peer')
    const peer = peerOf(site, host, resource)
    if (resource.role === 'Primary') return did(site)
    if (peer?.resource.role === 'Primary' && !resource.connection?.options.has('allow-two-primaries'))
      return stateRefused(context, String(minor), -1)
    const isWhole = attached?.label.disk === 'UpToDate' || peer?.device.attached?.label.disk === 'UpToDate'
    if (!isWhole && !(forced && attached)) return stateRefused(context, String(minor), -2)
    const promoted = withResource(site, host, { ...resource, role: 'Primary' })
    if (!attached) return did(promoted, 20)
    const makesWhole = attached.label.disk !== 'UpToDate' && forced
    const whole = makesWhole
      ? withAttached(promoted, host, minor, { ...attached.label, disk: 'UpToDate', bitmap: '0000000000000000' })
      : promoted
    return did(peer && !makesWhole ? whole : newCurrentFor(whole, host, resource.name), 20)
  })
}

function secondary(context: Context, args: readonly string[]): Ended {
  return withMinor(context, args[0], ({ resource, device }) =>
    isOpen(context, device.minor)
      ? stateRefused(context, String(device.minor), -12)
      : did(withResource(context.site, context.host, { ...resource, role: 'Secondary' }), 20),
  )
}

function connect(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, {
    flags: ['--tentative', '--discard-my-data'],
    valued: NET_OPTIONS.filter((one) => one !== '--allow-two-primaries'),
    optional: ['--allow-two-primaries'],
  })
  const [name = '', local = '', peer = ''] = options.rest
  const resource = resourceOf(context, name)
  if (!resource) return unknown(context, name)
  if (options.has('--discard-my-data')) gap(context, '--discard-my-data')
  if (resource.connection && resource.connection.state !== 'StandAlone') return failure(context, name, 125)
  const taken = here(context).ram.drbd.some(
    (one) => one.name !== name && (one.connection?.local === local || one.connection?.peer === peer),
  )
  if (taken) return failed(context, 10, `${name}: Failure: (102) Local address(port) already in use.`)
  const connection: Connection = {
    local,
    peer,
    state: 'Connecting',
    options: new Map(optionsIn(options.value, NET_OPTIONS)),
    sync: 'none',
    elsewhere: false,
  }
  return did(withResource(context.site, context.host, { ...resource, connection }), 20)
}

/** By the two addresses, or by the resource's name as newer tools do. */
function changeConnection(context: Context, verb: 'disconnect' | 'net-options', args: readonly string[]): Ended {
  const { site, host } = context
  const options = parseOptions(context, args, { flags: ['--force', '--set-defaults'], valued: NET_OPTIONS })
  const [local = '', peer] = options.rest
  const resource = here(context).ram.drbd.find(({ connection }) => connection?.local === local && connection.peer === peer)
  if (!resource?.connection) return failed(context, 10, `${local} ${peer ?? ''}: Failure: (158) Unknown resource`)
  if (verb === 'net-options') {
    const given = new Map([...resource.connection.options, ...optionsIn(options.value, NET_OPTIONS)])
    const changed = withResource(site, host, { ...resource, connection: { ...resource.connection, options: given } })
    const peer = peerOf(site, host, resource)
    const protocol = options.value('--protocol')
    if (!peer?.resource.connection || protocol === undefined) return did(changed, 10)
    // The other end is told, and takes it over (P_PROTOCOL_UPDATE).
    const { connection } = peer.resource
    const told = { ...connection, options: new Map([...connection.options, ['protocol', protocol]]) }
    return did(withResource(changed, peer.host, { ...peer.resource, connection: told }), 10)
  }
  const left = outdated(context, resource)
  const now = left.hosts.get(host)?.ram.drbd.find(({ name }) => name === resource.name) ?? resource
  const { connection: _, ...without } = now
  const gone = withResource(left, host, without)
  return did(resource.role === 'Primary' && resource.connection.state === 'Connected' ? newCurrentFor(gone, host, resource.name) : gone, 30)
}

/** Of both sides, from its beginning: state/time.ts goes on with it. */
function verify(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, {})
  return withMinor(context, options.rest[0], ({ resource, device }) => {
    const { connection } = resource
    const peer = peerOf(context.site, context.host, resource)
    if (!connection || !peer?.device.attached || !device.attached) return stateRefused(context, String(device.minor), -15)
    if (connection.sync !== 'none' || connection.verified !== undefined) return stateRefused(context, String(device.minor), -8)
    if (!connection.options.has('verify-alg')) return stateRefused(context, String(device.minor), -14)
    return did(withResource(context.site, context.host, { ...resource, connection: { ...connection, verified: 0 } }), 20)
  })
}
