// What an installation consists of, and why there would be none. Pure.
import { join } from 'node:path'
import { type FileState, stamped } from './stamp.ts'
import { type Placing, type Service, sysusers, unitOf } from './units.ts'

export interface PlannedFile {
  readonly path: string
  readonly content: string
}

export interface FoundFile extends PlannedFile {
  readonly state: FileState
}

export const SERVICES: readonly Service[] = ['hostless-manager', 'hostless-appliance']

/** `etc`: /etc. The manager's only where it runs on this machine. */
export function servicesOf(config: { readonly manager?: { readonly listen?: unknown } | undefined }): readonly Service[] {
  return config.manager?.listen === undefined ? ['hostless-appliance'] : SERVICES
}

export const unitPath = (etc: string, service: Service): string => join(etc, 'systemd/system', `${service}.service`)
export const usersPath = (etc: string): string => join(etc, 'sysusers.d/hostless.conf')

export function filesFor(etc: string, services: readonly Service[], placing: Placing): readonly PlannedFile[] {
  return [
    { path: usersPath(etc), content: stamped(sysusers(services)) },
    ...services.map((service) => ({ path: unitPath(etc, service), content: stamped(unitOf(service, placing)) })),
  ]
}

/** A file that services read or run, and who may do what with it and the folders that it lies in. */
export interface Reached {
  readonly path: string
  readonly what: string
  /** From `/` on, the file itself last: permission bits. */
  readonly way: readonly { readonly path: string; readonly mode: number }[]
}

/** What ProtectHome and PrivateTmp hide from services. */
const HIDDEN = /^\/(home|root|run\/user|tmp|var\/tmp)(\/|$)/

/** Why services could not reach these, a sentence each; none when they can. */
export function unreachable(all: readonly Reached[]): readonly string[] {
  return all.flatMap(({ path, what, way }) => {
    const move = 'put hostless below /opt or /usr/local, and Node.js, too'
    if (HIDDEN.test(path)) return [`${what} ${path} lies where services see nothing (home and temporary folders): ${move}`]
    const last = way.length - 1
    const closed = way.find(({ mode }, at) => (mode & (at === last ? 0o004 : 0o001)) === 0)
    if (!closed) return []
    const mend = closed.path === path ? `chmod o+r ${path}` : `chmod o+x ${closed.path}, or ${move}`
    return [`${what} ${path} cannot be read by the services' own users (${closed.path} has mode ${closed.mode.toString(8)}): ${mend}`]
  })
}

/** Why a data directory cannot be one of a service. */
export function refusedDataDir(dataDir: string): string | undefined {
  if (!HIDDEN.test(dataDir)) return undefined
  return `dataDir ${dataDir} lies where services see nothing (home and temporary folders): move it to /var/lib/hostless`
}

/** Of files that were changed by hand. */
export function refusedFiles(files: readonly FoundFile[]): string | undefined {
  const changed = files.filter(({ state }) => state === 'changed').map(({ path }) => path)
  if (changed.length === 0) return undefined
  return `changed by hand: ${changed.join(', ')}; keep what you want by "systemctl edit SERVICE", and say --force to write them anew`
}
