// mkdir, rmdir, rm, stat, find, od, cat and the like, on the host's own files and on those of mounted file systems.
import { signatureOf } from '../state/place.ts'
import { type FileSystemLabel, type Mount, withRam } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, here, said } from './command.ts'
import { diskLinks } from './lsblk.ts'
import { parseOptions } from './options.ts'

/** Zeros behind the first bytes of each file of a mounted file system. */
const PADDING = 196_608
const BLOCKS = { size: 4096, all: 1000, free: 250 }

export function mkdir(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['-p|--parents'], valued: ['-m|--mode'] })
  const { folders } = here(context).ram
  return did(withRam(context.site, context.host, { folders: new Set([...folders, ...options.rest]) }))
}

export function rmdir(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['--ignore-fail-on-non-empty'] })
  const { folders, mounts } = here(context).ram
  const busy = options.rest.find((path) => mounts.some(({ point }) => point === path))
  if (busy !== undefined) return failed(context, 1, `rmdir: failed to remove '${busy}': Device or resource busy`)
  return did(withRam(context.site, context.host, { folders: new Set([...folders].filter((one) => !options.rest.includes(one))) }))
}

export function stat(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['-f|--file-system'], valued: ['-c|--format'] })
  if (!options.has('--file-system') || options.value('--format') !== '%S %b %f') gap(context, 'this form of stat')
  const [path = ''] = options.rest
  if (!mountAt(context, path))
    return failed(context, 1, `stat: cannot read file system information for '${path}': No such file or directory`)
  return said(context, `${BLOCKS.size} ${BLOCKS.all} ${BLOCKS.free}\n`, 10)
}

export function find(context: Context): Ended {
  const [first = '', second = ''] = context.args
  if (first === '/dev/disk') return diskLinks(context)
  if (first !== '-P' || context.args.at(-1) !== '%s %b %P\\0') gap(context, 'this form of find')
  const mount = mountAt(context, second)
  if (!mount) return failed(context, 1, `find: '${second}': No such file or directory`)
  const files = [...(fileSystemOf(context, mount)?.files ?? [])]
  return said(context, files.map(([path, text]) => `${PADDING + text.length} 384 ${path}\0`).join(''), 50)
}

/** `od -A n -v -t x1 -N BYTES FILE`. */
export function od(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['-v'], valued: ['-A', '-t', '-N'] })
  const [path = ''] = options.rest
  const mount = here(context).ram.mounts.find(({ point }) => path.startsWith(`${point}/`))
  const text = mount && fileSystemOf(context, mount)?.files.get(path.slice(mount.point.length + 1))
  if (text === undefined) return failed(context, 1, `od: ${path}: No such file or directory`)
  const count = Number(options.value('-N'))
  const bytes = Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(count)]).subarray(0, count)
  const lines = (bytes.toString('hex').match(/.{32}|.+/g) ?? []).map((line) => ` ${line.match(/../g)?.join(' ')}\n`)
  return said(context, lines.join(''), 20)
}

export function cat(context: Context): Ended {
  const options = parseOptions(context, context.args, {})
  const texts = options.rest.map((path) => here(context).ram.files.get(path)?.text)
  const missing = options.rest.find((_, index) => texts[index] === undefined)
  if (missing !== undefined) return failed(context, 1, `cat: ${missing}: No such file or directory`)
  return said(context, texts.join(''))
}

export function rm(context: Context): Ended {
  const options = parseOptions(context, context.args, { flags: ['-f|--force'] })
  const { files } = here(context).ram
  const missing = options.rest.find((path) => !files.has(path))
  if (missing !== undefined && !options.has('--force'))
    return failed(context, 1, `rm: cannot remove '${missing}': No such file or directory`)
  return did(withRam(context.site, context.host, { files: new Map([...files].filter(([path]) => !options.rest.includes(path))) }))
}

/** `ln -f FROM TO`: as much as is said until then. */
export function ln(context: Context): Ended {
  const [from = '', to = ''] = parseOptions(context, context.args, { flags: ['-f|--force'] }).rest
  const { files } = here(context).ram
  const file = files.get(from)
  if (!file) return failed(context, 1, `ln: failed to access '${from}': No such file or directory`)
  return did(withRam(context.site, context.host, { files: new Map([...files, [to, file]]) }))
}

function mountAt(context: Context, path: string): Mount | undefined {
  return here(context).ram.mounts.findLast(({ point }) => point === path)
}

/** An NFS server's is there under its own name. */
function fileSystemOf({ site, host }: Context, { device, source }: Mount): FileSystemLabel | undefined {
  const label = device === undefined ? site.media.get(`nfs:${source}`)?.labels.get(0) : signatureOf(site, host, device)
  return label?.kind === 'file-system' ? label : undefined
}
