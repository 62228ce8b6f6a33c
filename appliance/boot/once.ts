// What a host boots once instead of the pool: its local disk, memtest86+, iPXE's shell. Whether an order is to be followed, and what comes
// of it. Pure.
import { type OnceKind, type OnceOrder, onceKind } from '../../manager/protocol/once.ts'
import type { Mac } from '../wire/addresses.ts'
import { type BootRefusal, type KnownHost, nameOfUnknown, rejected, type ServerAddress } from './plan.ts'
import { MEMTEST_PACKAGE, TOOL_PATHS } from './tools.ts'

export interface OncePlan {
  readonly kind: 'once'
  readonly what: OnceKind
  readonly name: string
  /** Of the NIC that boots. */
  readonly mac: Mac
  readonly server: ServerAddress
}

export interface OnceRequest {
  readonly mac: Mac
  readonly host: KnownHost | undefined
  readonly what: OnceKind
  readonly server: ServerAddress
  /** Both files of it are on this machine. */
  readonly hasMemtest: boolean
}

/** Undefined for one that is over, or of a kind that this hostless does not know: the host boots the pool. `now`: ms since the epoch. */
export function dueKind(order: OnceOrder | undefined, now: number): OnceKind | undefined {
  return order && now < order.until ? onceKind(order.what) : undefined
}

/** A host in maintenance is booted so: that is what memtest86+ is for. One that is rejected is not. */
export function planOnce({ mac, host, what, server, hasMemtest }: OnceRequest): OncePlan | BootRefusal {
  const name = host?.name ?? nameOfUnknown(mac)
  if (host?.standing === 'rejected') return rejected(name)
  if (what !== 'memtest' || hasMemtest) return { kind: 'once', what, name, mac, server }
  const files = Object.values(TOOL_PATHS).join(' or ')
  const reason = `it is to boot memtest86+ once, and the appliance ${server.address} has no ${files}: apt-get install ${MEMTEST_PACKAGE} there, or take it back by hostless host boot ${name} --once none`
  return { kind: 'refused', name, reason }
}
