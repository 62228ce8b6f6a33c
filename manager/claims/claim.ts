// Who has how much of what: a claim as it stands in the table, and the spaces that claims are made in. Pure.

import type { HostCondition } from '../protocol/host.ts'
import type { Inventory } from '../protocol/inventory.ts'

/** Who justifies a claim: it goes when that goes. `name`: as refusals say it, of which the kind is no part. */
export interface Holder {
  readonly kind: 'guest' | 'automation' | 'operation'
  /** Of a guest its UUID. */
  readonly id: string
  readonly name: string
}

/** What claims are made of. */
export type Thing =
  | { readonly kind: 'memory'; readonly host: string }
  /** Of dom0 itself: device models, buffers, whatever lies in its root. */
  | { readonly kind: 'dom0-memory'; readonly host: string }
  /** Space in a VG, by its UUID. */
  | { readonly kind: 'vg'; readonly uuid: string }
  /** Who may write it: `lun:naa.600…`, `lv:UUID/name`, as extents.ts has it. */
  | { readonly kind: 'medium'; readonly space: string }
  | { readonly kind: 'minor'; readonly host: string }
  | { readonly kind: 'port'; readonly host: string }
  | { readonly kind: 'mac' }
  | { readonly kind: 'address'; readonly network: string; readonly address: string }
  | { readonly kind: 'guest-name'; readonly name: string }
  /** Where a guest runs, or may: its claim names the host. */
  | { readonly kind: 'run'; readonly guest: string }

/**
 * `amount`: of a capacity. `number`: a minor, port, MAC or address: one holder each. `whole`: writes there; `within`: what it writes lies
 * in it, beside what others write.
 */
export type ClaimMode = 'amount' | 'number' | 'whole' | 'within'

export interface Claim {
  readonly holder: Holder
  /** Which of its holder's needs: to be taken again in its place, and released by itself. `memory`, `disk root`. */
  readonly part: string
  /** UUID of the guest that it is for, whoever holds it. */
  readonly guest: string | undefined
  readonly space: string
  readonly mode: ClaimMode
  /** Numbers and bytes alike; 0 for an amount. */
  readonly start: number
  /** From `start` on; the amount itself. */
  readonly length: number
  /** As a person names it, where the space does not say it all: an LV, a device, a MAC. */
  readonly item: string
}

/** A host as decisions about claims see it. */
export interface KnownHost extends HostCondition {
  readonly id: string
  readonly name: string
  /** Its last report; undefined before the first. */
  readonly inventory: Inventory | undefined
}

export function spaceOf(thing: Thing): string {
  switch (thing.kind) {
    case 'memory':
    case 'dom0-memory':
    case 'minor':
    case 'port':
      return `${thing.kind}:${thing.host}`
    case 'vg':
      return `vg:${thing.uuid}`
    case 'medium':
      return thing.space
    case 'mac':
      return 'mac'
    case 'address':
      return `address:${thing.network}/${thing.address}`
    case 'guest-name':
      return `guest-name:${thing.name}`
    case 'run':
      return `run:${thing.guest}`
  }
}

/** What a guest claims, an automation may have claimed for it. */
export function isOneParty(a: Pick<Claim, 'holder' | 'guest'>, b: Pick<Claim, 'holder' | 'guest'>): boolean {
  const isSame = a.holder.kind === b.holder.kind && a.holder.id === b.holder.id
  return a.guest === undefined || b.guest === undefined ? isSame : a.guest === b.guest
}

/** UUID of the guest that a holder's claims are for, unless a need says it. */
export function guestOf({ kind, id }: Holder): string | undefined {
  return kind === 'guest' ? id : undefined
}
