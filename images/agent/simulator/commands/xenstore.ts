// xenstore-read(1), xenstore-write(1), xenstore-ls(1), xenstore-rm(1): what was written, over what follows from the domains.

import { terminalOf } from '../consoles.ts'
import { vbdNumber } from '../state/domain.ts'
import { withRam } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, here, said } from './command.ts'
import { parseOptions } from './options.ts'

function entriesOf(context: Context): ReadonlyMap<string, string> {
  const { domains, xenstore } = here(context).ram
  const entries = new Map<string, string>()
  for (const { domid, uuid, name, memoryKib, disks, nics } of domains) {
    const root = `/local/domain/${domid}`
    entries.set(`${root}/vm`, `/vm/${uuid}`)
    entries.set(`${root}/name`, name)
    entries.set(`${root}/domid`, String(domid))
    entries.set(`${root}/console/tty`, terminalOf(domid))
    entries.set(`${root}/memory/target`, String(memoryKib))
    for (const { vdev, target, writable } of disks) {
      const backend = `/local/domain/0/backend/vbd/${domid}/${vbdNumber(vdev)}`
      entries.set(`${root}/device/vbd/${vbdNumber(vdev)}/backend`, backend)
      entries.set(`${root}/device/vbd/${vbdNumber(vdev)}/state`, '4')
      entries.set(`${backend}/params`, target)
      entries.set(`${backend}/mode`, writable ? 'w' : 'r')
      entries.set(`${backend}/state`, '4')
    }
    for (const { devid, mac, bridge, script } of nics) {
      const backend = `/local/domain/0/backend/vif/${domid}/${devid}`
      entries.set(`${backend}/mac`, mac)
      entries.set(`${backend}/bridge`, bridge)
      entries.set(`${backend}/script`, `/etc/xen/scripts/${script ?? 'vif-bridge'}`)
    }
  }
  return new Map([...entries, ...xenstore])
}

export function xenstoreRead(context: Context): Ended {
  const { rest } = parseOptions(context, context.args, { flags: ['-s'] })
  const entries = entriesOf(context)
  const missing = rest.find((path) => !entries.has(path))
  if (missing !== undefined) return failed(context, 1, `xenstore-read: couldn't read path ${missing}`)
  return said(context, rest.map((path) => `${entries.get(path)}\n`).join(''))
}

export function xenstoreWrite(context: Context): Ended {
  const { rest } = parseOptions(context, context.args, { flags: ['-s'] })
  const written = new Map(here(context).ram.xenstore)
  for (let at = 0; at + 1 < rest.length; at += 2) written.set(rest[at] ?? '', rest[at + 1] ?? '')
  return did(withRam(context.site, context.host, { xenstore: written }))
}

export function xenstoreRm(context: Context): Ended {
  const { rest } = parseOptions(context, context.args, { flags: ['-s', '-t'] })
  const kept = [...here(context).ram.xenstore].filter(([path]) => !rest.some((gone) => path === gone || path.startsWith(`${gone}/`)))
  return did(withRam(context.site, context.host, { xenstore: new Map(kept) }))
}

export function xenstoreLs(context: Context): Ended {
  const { rest } = parseOptions(context, context.args, { flags: ['-f', '-s'] })
  const [root = '/'] = rest
  const inside = [...entriesOf(context)].filter(([path]) => path.startsWith(root === '/' ? '/' : `${root}/`)).sort()
  if (inside.length === 0) return failed(context, 1, 'xenstore-ls: xs_directory (/): No such file or directory')
  if (!context.args.includes('-f')) gap(context, 'xenstore-ls without -f')
  return said(context, inside.map(([path, value]) => `${path} = "${value}"\n`).join(''))
}
