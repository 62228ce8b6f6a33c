// lsblk(8), blockdev(8), and `find /dev/disk`: what the kernel and udev show of block devices.
import { LSBLK_COLUMNS, showLsblk } from '../show/lsblk.ts'
import { devicesOf, findDevice } from '../state/devices.ts'
import { SECTOR } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, said } from './command.ts'
import { parseOptions } from './options.ts'

export function lsblk(context: Context): Ended {
  const options = parseOptions(context, context.args, {
    flags: ['-J|--json', '-b|--bytes', '-O|--output-all', '-a|--all', '-p|--paths', '-n|--noheadings'],
    valued: ['-o|--output', '-e|--exclude', '-I|--include'],
  })
  if (!options.has('--json') || !options.has('--bytes')) gap(context, 'lsblk without --json and --bytes')
  if (options.rest.length > 0) gap(context, 'lsblk of some devices')
  const wanted = options.has('--output-all')
    ? Object.keys(LSBLK_COLUMNS)
    : (options.value('--output') ?? 'NAME').split(',').map((one) => one.toLowerCase())
  const columns = wanted.map((name) => [name, LSBLK_COLUMNS[name] ?? gap(context, `the column ${name}`)] as const)
  return said(context, showLsblk(context.site, context.host, columns), 30)
}

export function blockdev(context: Context): Ended {
  const options = parseOptions(context, context.args, {
    flags: ['--getsz', '--getsize64', '--flushbufs', '--getss', '--getro', '--rereadpt'],
  })
  const [path = ''] = options.rest
  const device = findDevice(context.site, context.host, path)
  if (!device) return failed(context, 1, `blockdev: cannot open ${path}: No such file or directory`)
  if (options.has('--getsz')) return said(context, `${device.sectors}\n`)
  if (options.has('--getsize64')) return said(context, `${device.sectors * SECTOR}\n`)
  if (options.has('--getss')) return said(context, `${SECTOR}\n`)
  if (options.has('--getro')) return said(context, '0\n')
  return did(context.site, 5)
}

/** `find /dev/disk … -type l -printf %p\t%l\n`: udev's links. */
export function diskLinks(context: Context): Ended {
  const links = devicesOf(context.site, context.host).flatMap(({ kname, names }) =>
    names.filter((name) => /^\/dev\/disk\/by-(id|path)\//.test(name)).map((name) => `${name}\t../../${kname}\n`),
  )
  return said(context, links.join(''), 10)
}
