// From the name in a read request to a path in the served tree, which is virtual: names that an injected
// function knows, not a directory. Whatever could climb out of a directory is refused all the same.

/** A foreseen "no": becomes ERROR 1 or 2. The reason is for our log, not for the client. */
export interface TftpRefusal {
  readonly kind: 'refusal'
  readonly code: 'not-found' | 'access'
  readonly reason: string
}

/** Segments joined by single `/`, none at either end: `boot/52:54:00:77:00:01`. */
export interface TftpPath {
  readonly kind: 'path'
  readonly path: string
}

const LONGEST_PATH = 255

/**
 * `\` counts as `/` (Windows loaders, RIS), a leading `/` as none, since the tree is all there is.
 * `..` and longer runs of dots, control characters and bytes outside ASCII are refused.
 */
export function resolveTftpPath(requested: string): TftpPath | TftpRefusal {
  if (requested.length > LONGEST_PATH) return refuse('not-found', `the name has more than ${LONGEST_PATH} characters`)
  if (/[^ -~]/.test(requested)) return refuse('access', 'the name holds a byte that is not printable ASCII')
  const segments = requested
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
  if (segments.some((segment) => /^\.{2,}$/.test(segment.trim()))) return refuse('access', 'the name climbs out of the tree')
  if (segments.length === 0) return refuse('not-found', 'the name is empty')
  return { kind: 'path', path: segments.join('/') }
}

function refuse(code: TftpRefusal['code'], reason: string): TftpRefusal {
  return { kind: 'refusal', code, reason }
}
