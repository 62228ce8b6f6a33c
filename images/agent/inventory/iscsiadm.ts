// `iscsiadm -m session -P 3` (open-iscsi 2.1): an indented text; each `Target:` has portals, each of those a block from `Interface:` on for
// every session through it, with its own state and LUNs.
import type { z } from 'zod'
import { type IscsiSession, iscsiSession } from '../../../manager/protocol/storage.ts'
import { acceptAll, type Candidate, tidy, whole } from './accept.ts'
import { commandSource, fileSource, type Parsed, type Reason } from './reading.ts'

type Session = Candidate<z.input<typeof iscsiSession>>
/** A session as far as it has been read. */
interface Draft {
  target: string
  portal: string
  recordPortal: string | undefined
  sid: number | undefined
  initiator: string | undefined
  interface: string | undefined
  connected: boolean
  luns: { lun: number; device: string | undefined }[]
  /** Whether its disks follow: the tool names the host before them, and says so where it has none. */
  disks: 'listed' | 'unavailable' | undefined
}

/** `No active sessions` is exit code 21: ISCSI_ERR_NO_OBJS_FOUND. */
const NO_SESSIONS = 21

interface Portal {
  readonly current: string
  readonly persistent: string
}

export function parseIscsiSessions(stdout: string): Parsed<readonly IscsiSession[]> {
  const drafts: Draft[] = []
  const reasons: Reason[] = []
  let target = ''
  let bare: string | undefined
  let at: Portal | undefined
  let draft: Draft | undefined
  const leave = (): void => {
    if (bare !== undefined) reasons.push(`the target ${tidy(bare, 64)} has no portal: it was cut short`)
    bare = undefined
    if (at && !draft) reasons.push(`the portal ${tidy(at.current, 64)} has no session: it was cut short`)
    at = undefined
    draft = undefined
  }
  const begin = (portal: Portal): Draft => {
    const fresh = newDraft(target, portal)
    drafts.push(fresh)
    return fresh
  }
  for (const line of stdout.split('\n').map((text) => text.trim())) {
    const [, key, value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? []
    if (key === 'Target') {
      leave()
      target = value.replace(/ \((non-)?flash\)$/, '')
      bare = target
    } else if (key === 'Current Portal') {
      bare = undefined
      leave()
      at = { current: withoutTag(value), persistent: withoutTag(value) }
    } else if (key === 'Persistent Portal' && at) at = { ...at, persistent: withoutTag(value) }
    else if (key === 'Interface' && at) draft = begin(at)
    else if (key !== undefined && at) {
      draft ??= begin(at)
      readLine(draft, line, key, value)
    } else if (draft) readLine(draft, line, key, value)
  }
  leave()
  if (stdout !== '' && !stdout.endsWith('\n')) reasons.push('it was cut short: its last line has no end')
  const sessions = drafts.flatMap(({ sid, disks, ...draft }): Session[] => {
    const through = `the session with ${tidy(draft.portal, 64)}`
    if (sid === undefined) reasons.push(`${through} has no SID`)
    else if (disks === undefined) reasons.push(`${through} ends before its disks: it was cut short`)
    else if (disks === 'unavailable') reasons.push({ text: `${through}: its disks are unavailable`, lacks: 'parts' })
    return sid === undefined ? [] : [{ ...draft, sid }]
  })
  const accepted = acceptAll(iscsiSession, sessions, (session) => `session with ${session.target} at ${session.portal}`)
  return { value: accepted.value, reasons: [...reasons, ...accepted.reasons] }
}

export const iscsiSessions = commandSource({
  command: ['iscsiadm', '-m', 'session', '-P', '3'],
  parse: parseIscsiSessions,
  nothing: ({ exitCode }) => exitCode === NO_SESSIONS,
  optional: true,
})

/** The name without which a host has none; comments are lines that begin with #. */
export function parseInitiatorName(text: string): Parsed<string | undefined> {
  const name = /^\s*InitiatorName\s*=\s*(\S+)\s*$/m.exec(text)?.[1]
  return { value: name?.toLowerCase(), reasons: name === undefined ? ['it has no line InitiatorName=…'] : [] }
}

export const initiatorName = fileSource('/etc/iscsi/initiatorname.iscsi', parseInitiatorName, { value: undefined, reasons: [] })

function newDraft(target: string, { current, persistent }: Portal): Draft {
  return {
    target: target.toLowerCase(),
    portal: current,
    recordPortal: persistent === current ? undefined : persistent,
    sid: undefined,
    initiator: undefined,
    interface: undefined,
    connected: false,
    luns: [],
    disks: undefined,
  }
}

/** `10.77.0.1:3260,1`: the portal group's tag goes. */
function withoutTag(portal: string): string {
  return portal.replace(/,-?\d+$/, '')
}

function readLine(draft: Draft, line: string, key: string | undefined, value: string | undefined): void {
  const lun = /^scsi\d+ Channel \d+ Id \d+ Lun: (\d+)$/.exec(line)?.[1]
  if (lun !== undefined) draft.luns.push({ lun: whole(lun) ?? -1, device: undefined })
  const disk = /^Attached scsi disk (\S+)/.exec(line)?.[1]
  const last = draft.luns.at(-1)
  if (disk !== undefined && last) last.device = disk
  if (key === 'Host Number') draft.disks = 'listed'
  if (line === 'Unavailable') draft.disks = 'unavailable'
  if (key === 'SID') draft.sid = whole(value)
  if (key === 'Iface Initiatorname') draft.initiator = told(value)?.toLowerCase()
  if (key === 'Iface Name') draft.interface = told(value)
  if (key === 'iSCSI Session State') draft.connected = value === 'LOGGED_IN'
}

/** `<empty>` and `default` are the tool's words for nothing. */
function told(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value === '<empty>' ? undefined : value
}
