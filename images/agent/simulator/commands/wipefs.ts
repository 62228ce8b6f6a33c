// wipefs(8): which signatures a device has, and their end. A partition table goes with the partitions that it told of.
import { collision } from '../state/claims.ts'
import { findDevice } from '../state/devices.ts'
import { sign, signatureOf, startOf } from '../state/place.ts'
import { type Label, withMedium } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, said } from './command.ts'
import { parseOptions } from './options.ts'

const OFFSETS: { readonly [type: string]: string } = { LVM2_member: '0x218', gpt: '0x200', ext4: '0x438' }

export function wipefs(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['-a|--all', '-i|--noheadings'], valued: ['-O|--output'] })
  const { site, host } = context
  const [path = '', more] = options.rest
  if (more !== undefined) gap(context, 'wipefs of several devices')
  const device = findDevice(site, host, path)
  if (!device) return failed(context, 1, `wipefs: error: ${path}: probing initialization failed: No such file or directory`)
  const medium = device.kind === 'disk' ? site.media.get(device.place?.medium ?? '') : undefined
  const table = medium && medium.partitions.length > 0 ? medium : undefined
  const label = signatureOf(site, host, device.kname)
  const types = [...(label ? [typeOf(label)] : []), ...(table ? ['gpt'] : [])]
  if (!options.has('--all')) {
    if (!options.has('--noheadings') || options.value('--output') !== 'TYPE,OFFSET') gap(context, 'this form of wipefs')
    return said(context, types.map((type) => `${type} ${OFFSETS[type] ?? '0x0'}\n`).join(''), 10)
  }
  if (collision(site, host, device.kname, 'mount'))
    return failed(context, 1, `wipefs: error: ${path}: probing initialization failed: Device or resource busy`)
  const without = table ? withMedium(site, { ...table, partitions: [] }) : site
  const out = types.map((type) => `${path}: 8 bytes were erased at offset ${OFFSETS[type] ?? '0x0'} (${type})\n`).join('')
  return did(startOf(without, host, device.kname) ? sign(without, host, device.kname, undefined) : without, 20, out)
}

function typeOf(label: Label): string {
  switch (label.kind) {
    case 'pv':
      return 'LVM2_member'
    case 'file-system':
      return label.type
    case 'drbd':
      return 'drbd'
  }
}
