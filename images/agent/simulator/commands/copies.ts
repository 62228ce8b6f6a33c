// dd(1) between devices and blkdiscard(8): a copy goes on with the clock, and is there as far as it has come when the host dies. What goes
// from a file to a device, or from there to whoever asked, is there at once.
import { collision } from '../state/claims.ts'
import { contentOf, paste, textOf } from '../state/content.ts'
import { findDevice } from '../state/devices.ts'
import { readAt, trace, writeAt } from '../state/io.ts'
import { type Copy, MIB, SECTOR, type Site, withMedium } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, here, type Outcome, said } from './command.ts'
import { parseOptions, sectorsFrom } from './options.ts'

type FoundDevice = NonNullable<ReturnType<typeof findDevice>>

/** Sectors a second: 200 MiB. */
const RATE = (200 * MIB) / SECTOR

export function dd(context: Context): Outcome {
  const { site, host } = context
  const given = new Map(context.args.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]))
  const odd = [...given.keys()].find(
    (key) => !['if', 'of', 'bs', 'count', 'skip', 'seek', 'conv', 'oflag', 'iflag', 'status'].includes(key),
  )
  if (odd !== undefined) gap(context, `the operand ${odd}`)
  const [source = '', target = ''] = [given.get('if'), given.get('of')]
  const block = sectorsFrom(given.get('bs') ?? '512', 'b') ?? gap(context, `bs=${given.get('bs')}`)
  const [from, to] = [findDevice(site, host, source), findDevice(site, host, target)]
  const [skipped, sought] = [Number(given.get('skip') ?? 0) * block, Number(given.get('seek') ?? 0) * block]
  if (!given.has('of') && from) return shown(context, from, skipped, given.has('count') ? Number(given.get('count')) * block : undefined)
  const file = here(context).ram.files.get(source)
  if (file && to) return poured(context, file.text, to, sought)
  if (!to) return failed(context, 1, `dd: failed to open '${target}': No such file or directory`)
  if (!from && source !== '/dev/zero') return failed(context, 1, `dd: failed to open '${source}': No such file or directory`)
  const [skip, seek] = [skipped, sought]
  const count = given.get('count')
  const most = Math.min(to.sectors - seek, from ? from.sectors - skip : Number.POSITIVE_INFINITY)
  const sectors = Math.min(most, count === undefined ? most : Number(count) * block)
  const id = site.copies.length + 1
  const copy: Copy = {
    id,
    host,
    from: from ? { device: from.kname, at: skip } : 'zero',
    to: { device: to.kname, at: seek },
    sectors,
    done: 0,
    rate: RATE,
  }
  return { kind: 'waiting', site: { ...site, copies: [...site.copies, copy] }, look: (now) => copied(now, id, target) }
}

function shown(context: Context, { kname, sectors: all }: FoundDevice, at: number, count: number | undefined): Ended {
  const sectors = Math.max(0, Math.min(all - at, count ?? all))
  const read = readAt(context.site, context.host, kname, at, sectors)
  if (read.kind === 'failed') return failed(context, 1, `dd: error reading: ${read.why}`)
  return said(context, textOf(read.value, sectors), Math.ceil((sectors * 1000) / RATE))
}

function poured(context: Context, text: string, { kname }: FoundDevice, at: number): Ended {
  const wrote = writeAt(context.site, context.host, kname, at, Math.ceil(text.length / SECTOR), contentOf(text))
  return wrote.kind === 'failed' ? failed(context, 1, `dd: error writing: ${wrote.why}`) : did(wrote.value, 20)
}

function copied(site: Site, id: number, target: string): Ended | undefined {
  const copy = site.copies.find((one) => one.id === id)
  const without = { ...site, copies: site.copies.map((one) => (one.id === id ? { ...one, failed: 'ended' } : one)) }
  if (!copy) return did(site)
  if (copy.failed !== undefined) return failed({ site }, 1, `dd: error writing '${target}': ${copy.failed}`)
  return copy.done < copy.sectors ? undefined : { ...did(without), stderr: `${copy.sectors * SECTOR} bytes copied\n` }
}

/** Zeros from then on: our media read as zero what was discarded. */
export function blkdiscard(context: Context): Ended {
  const { site, host } = context
  const options = parseOptions(context, context.args, {
    flags: ['-z|--zeroout', '-s|--secure', '-f|--force', '-v|--verbose'],
    valued: ['-o|--offset', '-l|--length', '-p|--step'],
  })
  const [path = ''] = options.rest
  const device = findDevice(site, host, path)
  if (!device) return failed(context, 1, `blkdiscard: cannot open ${path}: No such file or directory`)
  if (!options.has('--force') && collision(site, host, device.kname, 'mount'))
    return failed(context, 1, `blkdiscard: cannot open ${path}: Device or resource busy`)
  const at = sectorsFrom(options.value('--offset') ?? '0', 'b') ?? 0
  const sectors = sectorsFrom(options.value('--length') ?? `${(device.sectors - at) * SECTOR}`, 'b') ?? 0
  let changed = site
  for (const piece of trace(site, host, device.kname, at, sectors)) {
    if (piece.kind === 'drbd') gap(context, 'a discard through a mirror')
    const medium = piece.kind === 'medium' ? changed.media.get(piece.medium) : undefined
    if (!medium || piece.kind !== 'medium') return failed(context, 1, `blkdiscard: ${path}: BLKDISCARD ioctl failed: Input/output error`)
    const labels = new Map([...medium.labels].filter(([sector]) => sector < piece.at || sector >= piece.at + piece.sectors))
    changed = withMedium(changed, { ...medium, labels, content: paste(medium.content, piece.at, piece.sectors, []) })
  }
  const verb = options.has('--zeroout') ? 'Zero-filled' : 'Discarded'
  return did(changed, 200, options.has('--verbose') ? `${path}: ${verb} ${sectors * SECTOR} bytes from the offset ${at * SECTOR}\n` : '')
}
