// drbdmeta(8) of drbd-utils for 8.4's external metadata: create-md, apply-al, set-gi, get-gi, dump-md, wipe-md.
import { collision } from '../../state/claims.ts'
import { findDevice } from '../../state/devices.ts'
import { metadataOn, withMetadata } from '../../state/drbd.ts'
import { type DrbdLabel, newLabel, sizeOf } from '../../state/drbd-resource.ts'
import { type Context, did, type Ended, failed, gap, here, said } from '../command.ts'
import { parseOptions } from '../options.ts'

const NONE = 'No valid meta data found'

export function drbdmeta(context: Context): Ended {
  const { site, host } = context
  const options = parseOptions(context, context.args, {
    flags: ['-f|--force'],
    valued: ['--peer-max-bio-size', '--al-stripes', '--al-stripe-size-kB'],
  })
  const [minor = '', version, path = '', kind, verb = '', ...rest] = options.rest
  if (version !== 'v08' || kind !== 'flex-external') gap(context, `metadata ${version} ${kind}`)
  const device = findDevice(site, host, path)
  if (!device) return failed(context, 20, `open(${path}) failed: No such file or directory`)
  const isConfigured = here(context).ram.drbd.some(({ devices }) => devices.some(({ attached }) => attached?.meta === device.kname))
  const label = metadataOn(site, host, device.kname)
  const put = (next: DrbdLabel | undefined, text = ''): Ended => did(withMetadata(site, host, device.kname, next), 50, text)
  if (verb !== 'dump-md' && verb !== 'get-gi' && verb !== 'show-gi') {
    if (isConfigured) return failed(context, 20, `Device '${minor}' is configured!`)
    if (collision(site, host, device.kname, 'drbd')) return failed(context, 20, `open(${path}) failed: Device or resource busy`)
  }
  switch (verb) {
    case 'create-md':
      if (label && !options.has('--force'))
        return failed(
          context,
          1,
          "Valid meta-data already in place, recreate new one?\n[need to type 'yes' to confirm] \nOperation cancelled.",
        )
      return put(
        newLabel(0),
        'initializing activity log\ninitializing bitmap\nWriting meta data...\nNew drbd meta data block successfully created.\n',
      )
    case 'apply-al':
      return label ? put({ ...label, unclean: false }) : failed(context, 255, NONE)
    case 'wipe-md':
      return put(undefined, 'Wiping meta data...\nDRBD meta data block successfully wiped out.\n')
    case 'set-gi':
      return setGenerations(context, label, rest[0] ?? '', put)
    case 'get-gi':
      return label ? said(context, `${generations(label)}\n`) : failed(context, 255, NONE)
    case 'dump-md':
      return label ? said(context, dump(label, minor, path)) : failed(context, 255, NONE)
    default:
      return gap(context, `drbdmeta ${verb}`)
  }
}

/** `CURRENT:BITMAP:HISTORY:HISTORY:consistent:uptodate:…`: what is left out stays. */
function setGenerations(context: Context, label: DrbdLabel | undefined, text: string, put: (next: DrbdLabel) => Ended): Ended {
  if (!label) return failed(context, 255, NONE)
  const [current, bitmap, first, second, consistent, upToDate] = text.split(':')
  if (![current, bitmap, first, second].every((one) => one === undefined || /^(0x)?[0-9a-fA-F]{0,16}$/.test(one)))
    return failed(context, 10, `invalid generation identifiers: ${text}`)
  const number = (one: string | undefined, otherwise: string): string =>
    one === undefined || one === '' ? otherwise : one.replace(/^0x/, '').toUpperCase().padStart(16, '0')
  const disk = consistent === undefined ? label.disk : consistent === '1' ? (upToDate === '0' ? 'Outdated' : 'UpToDate') : 'Inconsistent'
  return put({
    ...label,
    current: number(current, label.current),
    bitmap: number(bitmap, label.bitmap),
    history: [number(first, label.history[0]), number(second, label.history[1])],
    disk,
  })
}

/** Generations and flags, as `drbdsetup get-gi` says them, too. */
export function generations({ current, bitmap, history, disk, unclean }: DrbdLabel): string {
  const flags = [disk !== 'Inconsistent', disk === 'UpToDate', false, false, false, false, unclean].map(Number)
  return [current, bitmap, ...history, ...flags].join(':')
}

function dump({ current, bitmap, history, disk, sectors, outOfSync, unclean }: DrbdLabel, minor: string, path: string): string {
  const flags = (disk === 'Inconsistent' ? 0 : 1) | (disk === 'UpToDate' ? 16 : 0) | (unclean ? 0 : 128)
  return [
    '# DRBD meta data dump',
    `# drbdmeta ${minor} v08 ${path} flex-external dump-md`,
    '',
    'version "v08";',
    '',
    'uuid {',
    `    ${[current, bitmap, ...history].map((one) => `0x${one};`).join(' ')}`,
    `    flags 0x${flags.toString(16).padStart(8, '0')};`,
    '}',
    '# al-extents 1237;',
    `la-size-sect ${sectors};`,
    'bm-byte-per-bit 4096;',
    `# bits-set ${sizeOf(outOfSync) / 8};`,
    '',
  ].join('\n')
}
