// Why a host is not for a guest: a closed union with the numbers, and the one place for the words. Pure.
import type { ThingKey } from '../connectivity/thing.ts'
import type { HostState } from '../protocol/host.ts'
import { sayBytes } from '../wording.ts'
import type { Picture, PlacementHost } from './picture.ts'

export type Reason =
  | { readonly kind: 'state'; readonly state: Exclude<HostState, 'up'> }
  | { readonly kind: 'cordoned'; readonly why: string }
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'runs-there' }
  | { readonly kind: 'memory'; readonly free: number; readonly needed: number }
  | { readonly kind: 'memory-unread'; readonly why: string }
  | { readonly kind: 'dom0-memory'; readonly free: number; readonly needed: number }
  | { readonly kind: 'dom0-unread'; readonly why: string }
  /** The guest has more vCPUs than the host threads. */
  | { readonly kind: 'threads'; readonly threads: number; readonly vcpus: number }
  | { readonly kind: 'threads-unread' }
  | { readonly kind: 'vcpus'; readonly used: number; readonly most: number; readonly vcpus: number }
  | { readonly kind: 'guests'; readonly most: number }
  | { readonly kind: 'no-vg'; readonly vg: string }
  | { readonly kind: 'vg-unusable'; readonly why: string }
  | { readonly kind: 'space'; readonly vg: string; readonly free: number; readonly needed: number }
  | { readonly kind: 'space-unread'; readonly vg: string; readonly why: string }
  /** A network, or storage: a key of the matrix, which knows why. */
  | { readonly kind: 'unreached'; readonly key: ThingKey }
  | { readonly kind: 'unattached'; readonly network: string }
  | { readonly kind: 'cpu'; readonly whys: readonly string[] }
  | { readonly kind: 'apart'; readonly group: string; readonly there: number }

/** A sentence about this host. */
export function sayReason({ id, name: host }: Pick<PlacementHost, 'id' | 'name'>, reason: Reason, matrix: Picture['reach']): string {
  switch (reason.kind) {
    case 'state':
      return `${host} ${sayState(reason.state)}`
    case 'cordoned':
      return `${host} is cordoned: ${reason.why}`
    case 'not-asked':
      return `${host} is not among the hosts that were asked for`
    case 'runs-there':
      return `${host} is where it runs`
    case 'memory':
      return `${host} has ${sayBytes(Math.max(0, reason.free))} of memory free, ${sayBytes(reason.needed)} are needed`
    case 'memory-unread':
      return `the free memory of ${host} is not known: ${reason.why}`
    case 'dom0-memory':
      return `dom0 of ${host} has ${sayBytes(Math.max(0, reason.free))} of its own memory free, ${sayBytes(reason.needed)} are needed`
    case 'dom0-unread':
      return `the free memory of dom0 on ${host} is not known: ${reason.why}`
    case 'threads':
      return `${host} has ${reason.threads} CPUs, and the guest ${reason.vcpus} vCPUs`
    case 'threads-unread':
      return `how many CPUs ${host} has is not known`
    case 'vcpus':
      return `guests of ${host} have ${reason.used} vCPUs, with ${reason.vcpus} more it would be over ${reason.most}`
    case 'guests':
      return `${host} has ${reason.most} guests, which is the most that it may have`
    case 'no-vg':
      return `${host} has no VG ${reason.vg}`
    case 'vg-unusable':
      return `on ${host} ${reason.why}`
    case 'space':
      return `VG ${reason.vg} of ${host} has ${sayBytes(Math.max(0, reason.free))} free, ${sayBytes(reason.needed)} are needed`
    case 'space-unread':
      return `what is free in VG ${reason.vg} of ${host} is not known: ${reason.why}`
    case 'unreached': {
      const reach = matrix.reach(reason.key, id)
      return `${host} does not reach ${matrix.describe(reason.key)}${reach.kind === 'cut' ? `: ${reach.reason}` : ''}`
    }
    case 'unattached':
      return `${host} has no bridge to network ${reason.network}`
    case 'cpu':
      return reason.whys.join('; ')
    case 'apart':
      return `${host} has ${reason.there} of group ${reason.group}, from which it is to be apart`
  }
}

function sayState(state: Exclude<HostState, 'up'>): string {
  switch (state) {
    case 'pending':
      return 'is not approved'
    case 'rejected':
      return 'was rejected'
    case 'approved':
      return 'has not booted'
    case 'booting':
      return 'is still booting'
    case 'maintenance':
      return 'is in maintenance'
    case 'lost':
      return 'is lost'
    case 'fenced':
      return 'is fenced'
  }
}
