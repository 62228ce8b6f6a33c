// /proc/self/mountinfo (proc(5)), for its NFS mounts.
import { type NfsMount, nfsMount } from '../../../manager/protocol/storage.ts'
import { acceptAll } from './accept.ts'
import { fileSource, type Parsed } from './reading.ts'

/** A later mount over an earlier one hides it: both are reported, as both are held. */
export function parseNfsMounts(text: string): Parsed<readonly NfsMount[]> {
  // The root at least is always mounted.
  const reasons: string[] = text.endsWith('\n') ? [] : ['it was cut short: its last line has no end']
  const candidates = text.split('\n').flatMap((line) => {
    const [mount = '', source = ''] = line.split(' - ')
    const [type = '', what = '', superOptions = ''] = source.split(' ')
    if (!/^nfs4?$/.test(type)) return []
    const [, , , , mountPoint = '', options = ''] = mount.split(' ')
    const [, server, exported] = /^(\[[^\]]+\]|[^:]+):(\/.*)$/.exec(unescaped(what)) ?? []
    if (server === undefined || exported === undefined) {
      reasons.push('an NFS mount has a source of unknown form')
      return []
    }
    const address = /(?:^|,)addr=([^,]+)/.exec(superOptions)?.[1]
    const version = /(?:^|,)vers=([0-9.]+)/.exec(superOptions)?.[1]
    const readOnly = /(^|,)ro(,|$)/.test(`${options},${superOptions}`)
    return [{ server, export: exported, mountPoint: unescaped(mountPoint), version, readOnly, address }]
  })
  const accepted = acceptAll(nfsMount, candidates, (mount) => `NFS mount of ${mount.server}:${mount.export}`)
  return { value: accepted.value, reasons: [...reasons, ...accepted.reasons] }
}

export const nfsMounts = fileSource('/proc/self/mountinfo', parseNfsMounts, { value: [], reasons: ['it is not there'] })

/** The kernel writes blank, tab, newline and backslash as three octal digits. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
