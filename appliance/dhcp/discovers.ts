// What the DISCOVERs of late said, for the REQUESTs that belong to them: a Raspberry Pi names its class, architecture and wishes in
// the DISCOVER alone. Bounded: the one longest not heard goes first.
import type { Mac } from '../wire/addresses.ts'
import { OPTION } from './codes.ts'
import type { DhcpOption } from './options.ts'
import type { DhcpPacket } from './packet.ts'

/** What a client is and wants, which does not change within one exchange. */
const SELF = [
  OPTION.parameterRequestList,
  OPTION.vendorClass,
  OPTION.userClass,
  OPTION.clientArchitecture,
  OPTION.clientMachineIdentifier,
  OPTION.etherboot,
] as const

/** How long (ms) an exchange may take: an offer is kept for a minute, old ROMs collect offers first. */
const MEMORY = 120_000
const LIMIT = 8192

interface Said {
  readonly at: number
  readonly options: readonly DhcpOption[]
}

export interface DiscoverView {
  /** The options by which the DISCOVER of this exchange said what its client is; none where none was heard. */
  said(mac: Mac, xid: number, now: number): readonly DhcpOption[]
}

export class Discovers implements DiscoverView {
  readonly #said = new Map<string, Said>()

  said(mac: Mac, xid: number, now: number): readonly DhcpOption[] {
    const found = this.#said.get(keyOf(mac, xid))
    return found && now - found.at <= MEMORY ? found.options : []
  }

  /** Times are milliseconds since the epoch. */
  remember(mac: Mac, request: DhcpPacket, now: number): void {
    const key = keyOf(mac, request.xid)
    this.#said.delete(key)
    this.#said.set(key, { at: now, options: request.options.filter(({ code }) => isSelf(code)) })
    const [oldest] = this.#said.keys()
    if (oldest !== undefined && this.#said.size > LIMIT) this.#said.delete(oldest)
  }
}

/** The request with what its exchange has said before and it leaves out. */
export function withSaid(request: DhcpPacket, said: readonly DhcpOption[]): DhcpPacket {
  const missing = said.filter(({ code }) => request.options.every((option) => option.code !== code))
  return missing.length === 0 ? request : { ...request, options: [...request.options, ...missing] }
}

function isSelf(code: number): boolean {
  return SELF.some((one) => one === code)
}

function keyOf(mac: Mac, xid: number): string {
  return `${mac} ${xid}`
}
