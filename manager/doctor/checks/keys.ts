// Who may read the keys, and can the service that needs them?
import { type Judged, type Reading, unknown } from '../finding.ts'

export interface KeyFile {
  /** From the folder's own: ``, or `site.key`. */
  readonly name: string
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface SeenKeys {
  readonly folder: string
  /** Of the data directory: the manager's user, where `hostless install` made one. */
  readonly owner: number
  /** Undefined when there is no folder yet. The folder itself is one of them. */
  readonly files: readonly KeyFile[] | undefined
}

/** Everybody may. */
const PUBLIC = /\.(pem|pub)$/
/** The manager's and the appliance's: a group of both may read it. */
const SHARED = 'site.key'
/** Only ever root's: images are signed by who builds them. */
const BUILDERS = 'image.key'

export function judgeKeys(seen: Reading<SeenKeys>): readonly Judged[] {
  if (seen.kind === 'unread') return [unknown('keys', seen)]
  const { folder, owner, files } = seen.value
  if (!files) return [{ subject: folder, result: 'ok', seen: 'not there yet: appliance and manager make it at their first start' }]
  const troubles = files.flatMap((file): Judged[] => {
    const subject = file.name === '' ? folder : `${folder}/${file.name}`
    const open = openTo(file)
    const said = `mode ${(file.mode & 0o7777).toString(8)}`
    if (open !== undefined) {
      const mend = `chmod ${file.name === '' ? '700' : '600'} ${subject}; whoever has read it has it still: think of a new key`
      return [{ subject, result: 'failed', seen: `${said}: ${open}`, mend }]
    }
    if (file.uid === owner || PUBLIC.test(file.name) || file.name === BUILDERS) return []
    const seen = `it is user ${file.uid}'s, and the data directory user ${owner}'s, whose manager cannot read it`
    return [{ subject, result: 'failed', seen, mend: `chown ${owner} ${subject}, or: hostless install` }]
  })
  return troubles.length > 0
    ? troubles
    : [{ subject: folder, result: 'ok', seen: `${files.length - 1} files that only their owner reads, or that are public` }]
}

function openTo({ name, mode }: KeyFile): string | undefined {
  if (name !== '' && PUBLIC.test(name)) return (mode & 0o022) !== 0 ? 'others may write it' : undefined
  if ((mode & 0o007) !== 0) return 'everybody may read it'
  const allowed = name === '' ? 0o010 : name === SHARED ? 0o040 : 0
  return (mode & 0o070 & ~allowed) !== 0 ? 'its group may read it' : undefined
}
