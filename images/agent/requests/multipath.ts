// A LUN that is there several times shall be one device: multipathd is started when the first such is seen, and left alone after.
import { sayUnread, uncountedOf } from '../../../manager/protocol/unread.ts'
import { collect } from '../collect.ts'
import { isRunning } from './iscsi-initiator.ts'
import { failureOf, type World } from './world.ts'

const PID_FILE = '/run/multipathd.pid'
const CONFIG_FILE = '/etc/multipath.conf'
/** Debian's default makes maps only of WWIDs that somebody has listed. */
const CONFIG = ['# Written by the agent of hostless.', 'defaults {', '  find_multipaths yes', '  user_friendly_names no', '}', ''].join(
  '\n',
)

/** Undefined when every LUN is one device, or on the way to be; otherwise why not. */
export async function gatherPaths({ backend, files }: World): Promise<string | undefined> {
  const { sections, problems } = await collect(backend, ['blockDevices'])
  const unread = sayUnread(uncountedOf({ problems }, ['blockDevices']))
  if (unread !== undefined) return `whether LUNs have several paths is not known: ${unread}`
  const devices = sections.blockDevices ?? []
  const wwids = devices.flatMap(({ wwid, transport }) =>
    wwid !== undefined && (transport === 'iscsi' || transport === 'fc') ? [wwid] : [],
  )
  if (new Set(wwids).size === wwids.length || (await isRunning(backend, PID_FILE, 'multipathd'))) return undefined
  if ((await backend.readFile(CONFIG_FILE)).kind === 'missing') await files.write(CONFIG_FILE, CONFIG, 0o644)
  const failure = (await failureOf(backend, ['modprobe', 'dm-multipath'])) ?? (await failureOf(backend, ['multipathd']))
  return failure === undefined ? undefined : `LUNs with several paths stay apart: ${failure}`
}
