// Guests' consoles: the log of each is a file of the host's RAM, and a guest that runs echoes what is typed.
import type { ConsoleMeans } from '../consoles/channel.ts'
import { logPath } from '../consoles/owner.ts'
import type { HostState } from './state/site.ts'

/** Of a domain: xenconsoled gives each one. */
export const terminalOf = (domid: number): string => `/dev/pts/${domid}`

export function simulatedConsoles(
  ram: () => HostState['ram'],
  write: (path: string, text: string) => void,
): Pick<ConsoleMeans, 'logs' | 'terminals'> {
  return {
    logs: {
      async read(path, from, most) {
        const text = ram().files.get(path)?.text
        if (text === undefined) return { kind: 'missing' }
        const content = Buffer.from(text, 'latin1')
        return { kind: 'read', octets: content.subarray(from, from + most), size: content.length }
      },
    },
    terminals: {
      async type(path, octets) {
        const domain = ram().domains.find(({ domid }) => terminalOf(domid) === path)
        if (!domain) throw new Error(`ENXIO: no such device, open '${path}'`)
        const log = logPath(domain.loggedAs ?? domain.name)
        write(log, `${ram().files.get(log)?.text ?? ''}${Buffer.from(octets).toString('latin1')}`)
        return octets.length
      },
    },
  }
}
