// The device-mapper devices of this host, as dmsetup(8) tells of them, and what is done with those that are ours.
import { tidy } from '../inventory/accept.ts'
import { failureOf, type World } from '../requests/world.ts'

export interface DmMap {
  readonly name: string
  /** `253:4`. */
  readonly number: string
  /** How many have it open: tables over it, file systems, guests. */
  readonly open: number
}

export type Maps =
  | { readonly kind: 'read'; readonly maps: ReadonlyMap<string, DmMap> }
  | { readonly kind: 'unread'; readonly reason: string }

const COLUMNS = ['-c', '--noheadings', '--separator', '/', '-o', 'name,major,minor,open'] as const

export async function readMaps({ backend }: Pick<World, 'backend'>): Promise<Maps> {
  const ran = await backend.run(['dmsetup', 'info', ...COLUMNS])
  if (ran.kind === 'missing') return { kind: 'unread', reason: 'there is no program dmsetup in this dom0' }
  if (ran.kind === 'stopped') return { kind: 'unread', reason: `dmsetup info was ${ran.reason}` }
  if (ran.exitCode !== 0) return { kind: 'unread', reason: `dmsetup info ended with exit code ${ran.exitCode}` }
  return parseMaps(ran.stdout)
}

export function parseMaps(stdout: string): Maps {
  const lines = stdout.split('\n').filter((line) => line !== '' && line !== 'No devices found')
  const maps = new Map<string, DmMap>()
  for (const line of lines) {
    const [, name, major, minor, open] = /^\s*([^/]+)\/(\d+)\/(\d+)\/(\d+)\s*$/.exec(line) ?? []
    if (name === undefined) return { kind: 'unread', reason: `dmsetup info said: ${tidy(line, 80) ?? ''}` }
    maps.set(name, { name, number: `${major}:${minor}`, open: Number(open) })
  }
  return { kind: 'read', maps }
}

/** Its lines as the kernel has them: `0 2048 linear 253:4 0`. Undefined when they cannot be read. */
export async function tableOf({ backend }: Pick<World, 'backend'>, name: string): Promise<readonly string[] | undefined> {
  const ran = await backend.run(['dmsetup', 'table', name])
  if (ran.kind !== 'ended' || ran.exitCode !== 0) return undefined
  return ran.stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
}

export function linear(sectors: number, number: string): string {
  return `0 ${sectors} linear ${number} 0`
}

/** Undefined when it is there now; otherwise why not. */
export function createMap({ backend }: Pick<World, 'backend'>, name: string, table: string): Promise<string | undefined> {
  return failureOf(backend, ['dmsetup', 'create', name, '--table', table])
}

/** Undefined when it is gone. A program of udev may look at it for a moment: that is waited for. */
export function removeMap({ backend }: Pick<World, 'backend'>, name: string): Promise<string | undefined> {
  return failureOf(backend, ['dmsetup', 'remove', '--retry', name])
}

/**
 * Under whoever has it open. `resume` suspends, swaps and resumes in one call to the kernel: an agent that ends between the two commands
 * leaves no frozen guest.
 */
export async function swapTable({ backend }: Pick<World, 'backend'>, name: string, table: string): Promise<string | undefined> {
  return (await failureOf(backend, ['dmsetup', 'load', name, '--table', table])) ?? (await failureOf(backend, ['dmsetup', 'resume', name]))
}
