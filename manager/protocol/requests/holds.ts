// What a request holds on its host while it is done: two requests that hold one thing are done one after the other, unless both only
// read it. Whoever holds a thing reads what it lies in, so that the whole of that is not changed under it. Pure.
import type { Uuid } from '../values.ts'

export type Resource =
  /** All of it: nothing else that holds anything is done beside it. */
  | { readonly kind: 'host' }
  | { readonly kind: 'guest'; readonly uuid: Uuid }
  | { readonly kind: 'vg'; readonly name: string }
  | { readonly kind: 'lv'; readonly vg: string; readonly name: string }
  /** A disk, LUN or partition, by the kernel's name or WWID; a file system by its UUID. */
  | { readonly kind: 'disk'; readonly name: string }
  | { readonly kind: 'bridge'; readonly name: string }
  /** Of DRBD. */
  | { readonly kind: 'minor'; readonly number: number }
  /** Of iSCSI. */
  | { readonly kind: 'portal'; readonly portal: string }
  /** What a host has only one of. `scans`: the folder where file systems are mounted to look. */
  | { readonly kind: 'only'; readonly name: 'agent' | 'initiator' | 'properties' | 'scans' }

export type Access = 'read' | 'write'

export interface Hold {
  readonly key: string
  readonly access: Access
}

/** These resources, and read those that they lie in. */
export function holding(access: Access, ...resources: readonly Resource[]): readonly Hold[] {
  const own = resources.map((resource) => ({ key: keyOf(resource), access }))
  const around = resources.flatMap(enclosing).map((resource) => ({ key: keyOf(resource), access: 'read' as const }))
  const holds = new Map<string, Hold>()
  for (const hold of [...around, ...own]) if (holds.get(hold.key)?.access !== 'write') holds.set(hold.key, hold)
  return [...holds.values()]
}

export function collide(some: readonly Hold[], others: readonly Hold[]): boolean {
  return some.some(({ key, access }) => others.some((other) => other.key === key && (access === 'write' || other.access === 'write')))
}

function enclosing(resource: Resource): readonly Resource[] {
  switch (resource.kind) {
    case 'host':
      return []
    case 'lv':
      return [{ kind: 'host' }, { kind: 'vg', name: resource.vg }]
    case 'guest':
    case 'vg':
    case 'disk':
    case 'bridge':
    case 'minor':
    case 'portal':
    case 'only':
      return [{ kind: 'host' }]
  }
}

function keyOf(resource: Resource): string {
  switch (resource.kind) {
    case 'host':
      return 'host'
    case 'guest':
      return `guest ${resource.uuid}`
    case 'lv':
      return `lv ${resource.vg}/${resource.name}`
    case 'minor':
      return `minor ${resource.number}`
    case 'portal':
      return `portal ${resource.portal}`
    case 'vg':
    case 'disk':
    case 'bridge':
    case 'only':
      return `${resource.kind} ${resource.name}`
  }
}
