// /sys/class/fc_host and /sys/class/fc_remote_ports (Linux: drivers/scsi/scsi_transport_fc.c): Fibre Channel ports of this host and what they see.
import type { z } from 'zod'
import { isPlaceholderWwid } from '../../../manager/protocol/placeholders.ts'
import { type FcHba, fcHba } from '../../../manager/protocol/storage.ts'
import type { Backend } from '../backend.ts'
import { acceptAll, type Candidate, tidy } from './accept.ts'
import type { Reading } from './reading.ts'

const HOSTS = '/sys/class/fc_host'
const REMOTE = '/sys/class/fc_remote_ports'

type Hba = Candidate<z.input<typeof fcHba>>

export async function fcSysfs(backend: Backend): Promise<Reading<readonly FcHba[]>> {
  const [hosts, remotes] = await Promise.all([backend.list(HOSTS), backend.list(REMOTE)])
  const hbas = await Promise.all(hosts.map((host) => hbaOf(backend, host, remotes)))
  const { value, reasons } = acceptAll(fcHba, hbas, ({ host }) => `HBA ${host}`)
  return { value, problems: reasons.map((reason) => ({ source: HOSTS, reason })) }
}

async function hbaOf(backend: Backend, host: string, remotes: readonly string[]): Promise<Hba> {
  const of = reader(backend, `${HOSTS}/${host}`)
  // `rport-7:0-3` belongs to host7.
  const own = remotes.filter((name) => name.startsWith(`rport-${host.slice('host'.length)}:`))
  const targets = await Promise.all(
    own.map(async (name) => {
      const remote = reader(backend, `${REMOTE}/${name}`)
      const roles = (await remote('roles')) ?? ''
      return {
        roles,
        port: worldWide(await remote('port_name')),
        node: worldWide(await remote('node_name')),
        state: await remote('port_state'),
      }
    }),
  )
  const symbolic = await backend.read(`/sys/class/scsi_host/${host}/model_name`)
  return {
    host,
    port: worldWide(await of('port_name')) ?? '',
    node: worldWide(await of('node_name')),
    fabric: worldWide(await of('fabric_name')),
    link: linkOf(await of('port_state')),
    speed: tidy(await of('speed'), 32),
    model: tidy(symbolic ?? (await of('symbolic_name')), 128),
    driver: tidy(await backend.read(`/sys/class/scsi_host/${host}/proc_name`), 64),
    targets: targets.flatMap(({ roles, port, node, state }) =>
      port !== undefined && /Target/.test(roles) ? [{ port, node, connected: state === 'Online' }] : [],
    ),
  }
}

function reader(backend: Backend, folder: string): (name: string) => Promise<string | undefined> {
  return async (name) => (await backend.read(`${folder}/${name}`))?.trim()
}

/** `0x50060160c46036e9` without its 0x; all ones and nought are the kernel's "none", and adapters without a name of their own write less than one. */
function worldWide(text: string | undefined): string | undefined {
  const digits = /^0x([0-9a-f]{16})$/.exec(text ?? '')?.[1]
  return digits === undefined || isPlaceholderWwid(`naa.${digits}`) ? undefined : digits
}

function linkOf(state: string | undefined): Hba['link'] {
  switch (state) {
    case 'Online':
      return 'up'
    case 'Offline':
    case 'Linkdown':
    case 'Error':
    case 'Blocked':
      return 'down'
    default:
      return 'unknown'
  }
}
