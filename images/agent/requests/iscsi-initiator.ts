// open-iscsi on a host that has none running: its name, its settings, its daemon. dom0 has no systemd that would start it.

import type { Chap } from '../../../manager/protocol/requests/iscsi.ts'
import type { IscsiSession } from '../../../manager/protocol/storage.ts'
import type { Backend } from '../backend.ts'
import { parseInitiatorName } from '../inventory/iscsiadm.ts'
import { failureOf, type World } from './world.ts'

const NAME_FILE = '/etc/iscsi/initiatorname.iscsi'
export const SETTINGS_FILE = '/etc/iscsi/iscsid.conf'
const PID_FILE = '/run/iscsid.pid'

/** Undefined when the daemon runs under this name; otherwise why it does not. */
export async function startInitiator(
  world: World,
  name: string,
  sessions: readonly IscsiSession[] | { readonly unread: string },
): Promise<string | undefined> {
  const { backend, files } = world
  const file = await backend.readFile(NAME_FILE)
  if (file.kind === 'cut' || file.kind === 'unreadable')
    return `the name that this host has for itself is not known: ${NAME_FILE}: ${file.reason}`
  const before = file.kind === 'whole' ? parseInitiatorName(file.text).value : undefined
  const runs = await isRunning(backend, PID_FILE, 'iscsid')
  if (before !== name) {
    if ('unread' in sessions)
      return `this host is ${before ?? 'without a name'} and shall be ${name}, and whether it has a session is not known: ${sessions.unread}`
    const [held] = sessions
    // Targets tell hosts by this name: it cannot change under a session.
    if (held) return `this host is logged in to ${held.target} as ${before ?? 'another name'}, and shall be ${name}: end that session first`
    if (runs) await backend.run(['iscsiadm', '-k', '0'], { lane: 'change' })
    await files.write(NAME_FILE, `InitiatorName=${name}\n`, 0o600)
  }
  if (before === name && runs) return undefined
  await files.write(SETTINGS_FILE, settings(undefined), 0o600)
  return (await failureOf(backend, ['modprobe', 'iscsi_tcp'])) ?? (await failureOf(backend, ['iscsid']))
}

/** A daemon of this name, by the file where it has left its process id. */
export async function isRunning(backend: Backend, pidFile: string, program: string): Promise<boolean> {
  const pid = /^\d+$/.exec((await backend.read(pidFile))?.trim() ?? '')?.[0]
  return pid !== undefined && (await backend.read(`/proc/${pid}/comm`))?.trim() === program
}

/**
 * What iscsiadm puts into the records of targets that it discovers. A secret goes this way and no other: an argument would be in
 * the list of processes.
 */
export function settings(chap: Chap | undefined): string {
  return [
    '# Written by the agent of hostless.',
    'node.startup = manual',
    // Without another path it is better for a guest to wait two minutes than to get an error.
    'node.session.timeo.replacement_timeout = 120',
    'node.conn[0].timeo.login_timeout = 8',
    'node.session.initial_login_retry_max = 1',
    'node.conn[0].timeo.noop_out_interval = 5',
    'node.conn[0].timeo.noop_out_timeout = 5',
    'node.session.scan = auto',
    'iscsid.safe_logout = Yes',
    ...(chap
      ? [
          'node.session.auth.authmethod = CHAP',
          `node.session.auth.username = ${chap.user}`,
          `node.session.auth.password = ${chap.password}`,
        ]
      : ['node.session.auth.authmethod = None']),
    '',
  ].join('\n')
}
