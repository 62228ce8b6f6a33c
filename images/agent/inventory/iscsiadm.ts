// `iscsiadm -m session -P 3` (open-iscsi 2.1): an indented text; each `Target:` has portals, each of those a session with its LUNs.
import type { z } from 'zod'
import { type IscsiSession, iscsiSession } from '../../../manager/protocol/storage.ts'
import { acceptAll, type Candidate, tidy, whole } from './accept.ts'
import { commandSource, fileSource, type Parsed } from './reading.ts'

type Session = Candidate<z.input<typeof iscsiSession>>
/** A session as far as it has been read. */
interface Draft {
  target: string
  portal: string
  sid: number | undefined
  initiator: string | undefined
  interface: string | undefined
  connected: boolean
  luns: { lun: number; device: string | undefined }[]
}

/** `No active sessions` is exit code 21: ISCSI_ERR_NO_OBJS_FOUND. */
const NO_SESSIONS = 21

export function parseIscsiSessions(stdout: string): Parsed<readonly IscsiSession[]> {
  const drafts: Draft[] = []
  let target = ''
  for (const line of stdout.split('\n').map((text) => text.trim())) {
    const [, key, value] = /^([^:]+):\s*(.*)$/.exec(line) ?? []
    const draft = drafts.at(-1)
    if (key === 'Target') target = (value ?? '').replace(/ \((non-)?flash\)$/, '')
    else if (key === 'Current Portal') drafts.push(newDraft(target, value ?? ''))
    else if (draft) readLine(draft, line, key, value)
  }
  const reasons: string[] = []
  const sessions = drafts.flatMap((draft): Session[] => {
    const { sid } = draft
    if (sid === undefined) reasons.push(`the session with ${tidy(draft.portal, 64)} has no SID`)
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

function newDraft(target: string, portal: string): Draft {
  // `10.77.0.1:3260,1`: the portal group's tag goes.
  return {
    target: target.toLowerCase(),
    portal: portal.replace(/,\d+$/, ''),
    sid: undefined,
    initiator: undefined,
    interface: undefined,
    connected: false,
    luns: [],
  }
}

function readLine(draft: Draft, line: string, key: string | undefined, value: string | undefined): void {
  const lun = /^scsi\d+ Channel \d+ Id \d+ Lun: (\d+)$/.exec(line)?.[1]
  if (lun !== undefined) draft.luns.push({ lun: whole(lun) ?? -1, device: undefined })
  const disk = /^Attached scsi disk (\S+)/.exec(line)?.[1]
  const last = draft.luns.at(-1)
  if (disk !== undefined && last) last.device = disk
  if (key === 'SID') draft.sid = whole(value)
  if (key === 'Iface Initiatorname') draft.initiator = told(value)?.toLowerCase()
  if (key === 'Iface Name') draft.interface = told(value)
  if (key === 'iSCSI Session State') draft.connected = value === 'LOGGED_IN'
}

/** `<empty>` and `default` are the tool's words for nothing. */
function told(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value === '<empty>' ? undefined : value
}
