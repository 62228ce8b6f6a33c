// mount(8) and umount(8): a mounted device is claimed for itself; with `loop` a loop device of its own, read-only, is.
import { collision } from '../state/claims.ts'
import { findDevice } from '../state/devices.ts'
import { signatureOf } from '../state/place.ts'
import { type Mount, withRam } from '../state/site.ts'
import { type Context, did, type Ended, failed, here } from './command.ts'
import { parseOptions } from './options.ts'

const KNOWN_TYPES = /^(ext[234]|xfs|vfat|nfs4?|tmpfs|iso9660)$/

export function mount(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['-r|--read-only', '--bind'], valued: ['-t|--types', '-o|--options'] })
  const [source = '', point = ''] = options.rest
  const { site, host } = context
  const { ram } = here(context)
  const wanted = options.values('--options').flatMap((one) => one.split(','))
  const type = options.value('--types')
  if (type !== undefined && !KNOWN_TYPES.test(type)) return failed(context, 32, `mount: ${point}: unknown filesystem type '${type}'.`)
  if (!ram.folders.has(point)) return failed(context, 32, `mount: ${point}: mount point does not exist.`)
  const isReadOnly = wanted.includes('ro') || options.has('--read-only')
  const made = (mounted: Mount, changed: object = {}): Ended =>
    did(withRam(site, host, { ...changed, mounts: [...ram.mounts, mounted] }), 50)
  const flags = isReadOnly ? 'ro' : 'rw'
  if (type === 'nfs' || type === 'nfs4') {
    if (!site.media.has(`nfs:${source}`)) return failed(context, 32, `mount.nfs: Connection timed out for ${source} on ${point}`)
    return made({ source, point, type: 'nfs4', options: flags, superOptions: `${flags},vers=4.2` })
  }
  const device = findDevice(site, host, source)
  if (!device) return failed(context, 32, `mount: ${point}: special device ${source} does not exist.`)
  const label = signatureOf(site, host, device.kname)
  if (label?.kind !== 'file-system' || (type !== undefined && label.type !== type))
    return failed(
      context,
      32,
      `mount: ${point}: wrong fs type, bad option, bad superblock on ${source}, missing codepage or helper program, or other error.`,
    )
  const shown = {
    source,
    point,
    type: label.type,
    options: [...new Set([flags, ...wanted.filter((one) => /^no(dev|suid|exec)$/.test(one))])].join(','),
  }
  if (!wanted.includes('loop')) {
    if (collision(site, host, device.kname, 'mount'))
      return failed(context, 32, `mount: ${point}: ${source} already mounted or mount point busy.`)
    return made({ ...shown, superOptions: flags, device: device.kname })
  }
  const taken = new Set(ram.loops.map(({ number }) => number))
  const number = [...Array(256).keys()].find((one) => !taken.has(one)) ?? 0
  const loops = [...ram.loops, { number, backing: device.kname }]
  return made({ ...shown, source: `/dev/loop${number}`, superOptions: flags, device: `loop${number}` }, { loops })
}

export function umount(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['-l|--lazy', '-f|--force'] })
  const [path = ''] = options.rest
  const { ram } = here(context)
  const mounted = ram.mounts.findLast(({ point, source }) => point === path || source === path)
  if (!mounted) return failed(context, 32, `umount: ${path}: not mounted.`)
  const loops = ram.loops.filter(({ number }) => `loop${number}` !== mounted.device)
  return did(withRam(context.site, context.host, { mounts: ram.mounts.filter((one) => one !== mounted), loops }), 20)
}
