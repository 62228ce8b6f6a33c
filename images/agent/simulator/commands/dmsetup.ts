// dmsetup(8): create, load (reload), resume, suspend, remove, rename, table, ls, info, status, deps. A loaded table holds its devices; `resume`
// puts it in place in one act.
import { collision, openersOf } from '../state/claims.ts'
import { findDevice } from '../state/devices.ts'
import { type DmDevice, freeMinor, sectorsOf, type Table, type TableTarget, underTarget } from '../state/dm.ts'
import { hostOf, withRam } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, here, said } from './command.ts'
import { type Parsed, parseOptions } from './options.ts'

const OPTIONS = {
  flags: [
    ...['--noudevsync', '--noudevrules', '--noflush', '--nolockfs', '--retry', '-f|--force', '-r|--readonly', '--addnodeonresume'],
    ...[
      '--addnodeoncreate',
      '--noheadings',
      '-c|--columns',
      '--inactive',
      '--notable',
      '-y|--yes',
      '--verifyudev',
      '--deferred',
      '--showkeys',
    ],
  ],
  valued: ['--table', '-u|--uuid', '-o|--options', '--target', '--separator', '-m|--minor', '-j|--major'],
}

export function dmsetup(context: Context): Ended {
  const [verb = '', ...args] = context.args
  const options = parseOptions(context, args, OPTIONS)
  switch (verb) {
    case 'create':
      return create(context, options)
    case 'load':
    case 'reload':
      return load(context, options)
    case 'resume':
    case 'suspend':
    case 'remove':
    case 'clear':
    case 'rename':
      return change(context, verb, options)
    case 'table':
    case 'status':
    case 'info':
    case 'ls':
    case 'deps':
      return show(context, verb, options)
    default:
      return gap(context, `dmsetup ${verb}`)
  }
}

/** By name, `/dev/mapper/NAME`, or `-u UUID`. */
function find(context: Context, options: Parsed): DmDevice | undefined {
  const [name = ''] = options.rest
  const wanted = name.replace(/^\/dev\/mapper\//, '')
  const uuid = options.value('--uuid')
  return here(context).ram.dm.find((one) =>
    name === '' && uuid !== undefined ? one.uuid === uuid : one.name === wanted || `/dev/dm-${one.minor}` === name,
  )
}

function create(context: Context, options: Parsed): Ended {
  const { site, host } = context
  const { dm } = here(context).ram
  const [name = '', file] = options.rest
  if (dm.some((one) => one.name === name || (options.has('--uuid') && one.uuid === options.value('--uuid'))))
    return failed(
      context,
      1,
      `device-mapper: create ioctl on ${name} ${options.value('--uuid') ?? ''} failed: Device or resource busy\nCommand failed.`,
    )
  const table = options.has('--notable') ? undefined : tableFrom(context, options, file, name)
  if (table && 'kind' in table) return table
  const minor = options.has('--minor') ? Number(options.value('--minor')) : freeMinor(dm)
  const made: DmDevice = {
    minor,
    name,
    uuid: options.value('--uuid') ?? '',
    active: table,
    inactive: undefined,
    suspended: table === undefined,
  }
  return did(withRam(site, host, { dm: [...dm, made] }), 20)
}

function load(context: Context, options: Parsed): Ended {
  const device = find(context, options)
  const [name = '', file] = options.rest
  if (!device) return missing(context, 'reload', name)
  const table = tableFrom(context, options, file, device.name)
  if (!table || 'kind' in table) return table ?? failed(context, 1, 'Command failed.')
  return put(context, device, { ...device, inactive: table })
}

function change(context: Context, verb: 'resume' | 'suspend' | 'remove' | 'clear' | 'rename', options: Parsed): Ended {
  const device = find(context, options)
  const [name = '', second = ''] = options.rest
  if (!device) return missing(context, verb, name)
  switch (verb) {
    case 'resume':
      return put(context, device, { ...device, active: device.inactive ?? device.active, inactive: undefined, suspended: false })
    case 'suspend':
      return put(context, device, { ...device, suspended: true })
    case 'clear':
      return put(context, device, { ...device, inactive: undefined })
    case 'rename':
      if (here(context).ram.dm.some((one) => one.name === second))
        return failed(context, 1, `device-mapper: rename ioctl on ${name} failed: Device or resource busy\nCommand failed.`)
      return put(context, device, { ...device, name: second })
    case 'remove': {
      const { site, host } = context
      if (openersOf(site, host, `dm-${device.minor}`).length > 0)
        return failed(context, 1, `device-mapper: remove ioctl on ${device.name}  failed: Device or resource busy\nCommand failed.`)
      return did(withRam(site, host, { dm: hostOf(site, host).ram.dm.filter((one) => one !== device) }), 20)
    }
  }
}

function put({ site, host }: Context, old: DmDevice, next: DmDevice): Ended {
  return did(withRam(site, host, { dm: hostOf(site, host).ram.dm.map((one) => (one === old ? next : one)) }), 10)
}

function missing(context: Context, verb: string, name: string): Ended {
  const ioctl = verb === 'resume' || verb === 'suspend' ? verb : verb === 'reload' ? 'reload' : verb
  return failed(context, 1, `device-mapper: ${ioctl} ioctl on ${name}  failed: No such device or address\nCommand failed.`)
}

/** From `--table`, or from a file of the host. */
function tableFrom(context: Context, options: Parsed, file: string | undefined, name: string): Table | Ended | undefined {
  const text = options.value('--table') ?? (file === undefined ? undefined : here(context).ram.files.get(file)?.text)
  if (text === undefined)
    return file === undefined
      ? gap(context, 'a table on standard input')
      : failed(context, 1, `${file}: fopen failed: No such file or directory\nCommand failed.`)
  const lines: Table[number][] = []
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const [start = '', sectors = '', kind = '', ...rest] = line.trim().split(/\s+/)
    const target = targetFrom(context, kind, rest, Number(sectors), name)
    if ('code' in target) return target
    const expected = lines.at(-1)
    if (!/^\d+$/.test(start) || !/^[1-9]\d*$/.test(sectors) || Number(start) !== (expected ? expected.start + expected.sectors : 0))
      return failed(context, 1, `device-mapper: reload ioctl on ${name}  failed: Invalid argument\nCommand failed.`)
    lines.push({ start: Number(start), sectors: Number(sectors), target })
  }
  return lines
}

function targetFrom(
  context: Context,
  kind: string,
  [path = '', offset = '']: readonly string[],
  sectors: number,
  name: string,
): TableTarget | Ended {
  switch (kind) {
    case 'zero':
    case 'error':
      return { kind }
    case 'linear': {
      const { site, host } = context
      const device = findDevice(site, host, path)
      if (!device) return failed(context, 1, `device-mapper: reload ioctl on ${name}  failed: No such device or address\nCommand failed.`)
      const claim = collision(site, host, device.kname, 'dm')
      if (claim) return failed(context, 1, `device-mapper: reload ioctl on ${name}  failed: Device or resource busy\nCommand failed.`)
      const isInside = /^\d+$/.test(offset) && Number(offset) + sectors <= device.sectors
      if (!isInside || lies(context, device.kname, name))
        return failed(context, 1, `device-mapper: reload ioctl on ${name}  failed: Invalid argument\nCommand failed.`)
      return { kind: 'linear', device: device.kname, offset: Number(offset) }
    }
    default:
      return gap(context, `the target ${kind}`)
  }
}

/** Whether a device lies on the map of this name: the kernel does not look, and hangs. */
function lies(context: Context, kname: string, name: string): boolean {
  const { dm, drbd } = here(context).ram
  const own = dm.find((one) => `dm-${one.minor}` === kname)
  if (own?.name === name) return true
  const mirror = drbd.flatMap(({ devices }) => devices).find(({ minor }) => `drbd${minor}` === kname)?.attached
  const under = own
    ? [...(own.active ?? []), ...(own.inactive ?? [])].flatMap(({ target }) => (target.kind === 'linear' ? [target.device] : []))
    : mirror
      ? [mirror.backing]
      : []
  return under.some((one) => lies(context, one, name))
}

function show(context: Context, verb: 'table' | 'status' | 'info' | 'ls' | 'deps', options: Parsed): Ended {
  const { dm } = here(context).ram
  const [name] = options.rest
  const device = name === undefined ? undefined : find(context, options)
  if (name !== undefined && !device) return failed(context, 1, `Device ${name} not found\nCommand failed.`)
  const target = options.value('--target')
  const shown = (device ? [device] : dm.toSorted((a, b) => (a.name < b.name ? -1 : 1))).filter(
    (one) => target === undefined || one.active?.some((line) => line.target.kind === target),
  )
  if (shown.length === 0) return said(context, 'No devices found\n')
  const prefix = (one: DmDevice): string => (device ? '' : `${one.name}: `)
  switch (verb) {
    case 'table':
    case 'status':
      return said(
        context,
        shown
          .flatMap((one) =>
            linesOf(context, (options.has('--inactive') ? one.inactive : one.active) ?? [], verb).map((line) => `${prefix(one)}${line}\n`),
          )
          .join(''),
      )
    case 'ls':
      return said(context, shown.map((one) => `${one.name}\t(253:${one.minor})\n`).join(''))
    case 'deps':
      return said(context, shown.map((one) => `${prefix(one)}${depsOf(context, one)}\n`).join(''))
    case 'info':
      return said(
        context,
        options.has('--columns') ? columns(context, options, shown) : shown.map((one) => infoOf(context, one)).join('\n'),
      )
  }
}

function depsOf(context: Context, { active }: DmDevice): string {
  const devices = [...new Set((active ?? []).flatMap(({ target }) => underTarget(target)))]
  return `${devices.length} dependencies\t: ${devices.map((kname) => `(${numberOf(context, kname).replace(':', ', ')})`).join(' ')}`
}

function linesOf(context: Context, table: Table, verb: 'table' | 'status'): readonly string[] {
  return table.map(
    ({ start, sectors, target }) => `${start} ${sectors} ${target.kind}${verb === 'table' ? argumentsOf(context, target) : ' '}`,
  )
}

function argumentsOf(context: Context, target: TableTarget): string {
  const number = (kname: string): string => numberOf(context, kname)
  switch (target.kind) {
    case 'linear':
      return ` ${number(target.device)} ${target.offset}`
    case 'zero':
    case 'error':
      return ' '
    case 'snapshot-origin':
      return ` ${number(target.device)}`
    case 'multipath':
      return ` 1 queue_if_no_path 0 1 1 service-time 0 ${target.paths.length} 1 ${target.paths.map((path) => `${number(path)} 1`).join(' ')}`
    case 'snapshot':
      return ` ${target.over.map(number).join(' ')} P 8`
    case 'thin':
      return ` ${target.over.map(number).join(' ')} 1`
    case 'thin-pool':
      return ` ${target.over.map(number).join(' ')} 128 0 0`
  }
}

function numberOf({ site, host }: Context, kname: string): string {
  return findDevice(site, host, kname)?.number ?? '0:0'
}

function infoOf({ site, host }: Context, { name, uuid, minor, suspended, active, inactive }: DmDevice): string {
  const tables = [...(active ? ['LIVE'] : []), ...(inactive ? ['INACTIVE'] : [])].join(' & ')
  return [
    `Name:              ${name}`,
    `State:             ${suspended ? 'SUSPENDED' : 'ACTIVE'}`,
    'Read Ahead:        256',
    `Tables present:    ${tables === '' ? 'None' : tables}`,
    `Open count:        ${openersOf(site, host, `dm-${minor}`).length}`,
    'Event number:      0',
    `Major, minor:      253, ${minor}`,
    `Number of targets: ${active?.length ?? 0}`,
    ...(uuid === '' ? [] : [`UUID: ${uuid}`]),
    '',
  ].join('\n')
}

function columns(context: Context, options: Parsed, shown: readonly DmDevice[]): string {
  const { site, host } = context
  const known: { readonly [column: string]: (device: DmDevice) => string } = {
    name: ({ name }) => name,
    uuid: ({ uuid }) => uuid,
    major: () => '253',
    minor: ({ minor }) => String(minor),
    open: ({ minor }) => String(openersOf(site, host, `dm-${minor}`).length),
    segments: ({ active }) => String(active?.length ?? 0),
    suspended: ({ suspended }) => (suspended ? 'Suspended' : 'Active'),
    tables_loaded: ({ active, inactive }) => [...(active ? ['Live'] : []), ...(inactive ? ['Inactive'] : [])].join('/') || 'None',
    size: ({ active }) => String(sectorsOf(active)),
  }
  if (!options.has('--noheadings')) gap(context, 'dmsetup info -c with headings')
  const wanted = (options.value('--options') ?? 'name').split(',')
  const separator = options.value('--separator') ?? ':'
  return shown
    .map((one) => `${wanted.map((column) => (known[column] ?? gap(context, `the column ${column}`))(one)).join(separator)}\n`)
    .join('')
}
