// From the name that a machine asks for, over TFTP or HTTP, to a path in the served tree, which is virtual: names that
// the appliance knows, not a directory. Whatever could climb out of a directory is refused all the same.

import { type Mac, parseMac } from './addresses.ts'

/** A foreseen "no": ERROR 1 or 2 over TFTP, 404 over HTTP. The reason is for our log. */
export interface PathRefusal {
  readonly kind: 'refusal'
  readonly code: 'not-found' | 'access'
  readonly reason: string
}

/** Segments joined by single `/`, none at either end: `boot/52:54:00:77:00:01`. */
export interface ServedPath {
  readonly kind: 'path'
  readonly path: string
}

const LONGEST_PATH = 255

/**
 * What stands behind a name when another DHCP server sent it without its NUL and the firmware read on: END (0xff) or the
 * next option's code and data; or a line end of that server's config. A directory does not end so.
 */
const FOREIGN_TAIL = /(?<=[!-.0-[\]-~])(?:[\x80-\xff][^/\\]*|\s+)$/

/**
 * `\` counts as `/` (Windows loaders, RIS), a leading `/` as none, since the tree is all there is; empty and `.` segments
 * count as none. `..` and longer runs of dots, control characters and bytes outside ASCII are refused.
 * @param requested a character for each byte
 */
export function resolvePath(requested: string): ServedPath | PathRefusal {
  if (requested.length > LONGEST_PATH) return refuse('not-found', `the name has more than ${LONGEST_PATH} characters`)
  const name = requested.replace(FOREIGN_TAIL, '')
  if (/[^ -~]/.test(name)) return refuse('access', 'the name holds a byte that is not printable ASCII')
  const segments = name
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
  if (segments.some((segment) => /^\.{2,}$/.test(segment.trim()))) return refuse('access', 'the name climbs out of the tree')
  if (segments.length === 0) return refuse('not-found', 'the name is empty')
  return { kind: 'path', path: segments.join('/') }
}

/** A host in a path, in any spelling that loaders have; also with the hardware type before it (`01-52-54-…`, PXELINUX and BOOTIF). */
export function macInPath(segment: string): Mac | undefined {
  return parseMac(segment) ?? parseMac(segment.replace(/^01[:-]/, ''))
}

function refuse(code: PathRefusal['code'], reason: string): PathRefusal {
  return { kind: 'refusal', code, reason }
}
