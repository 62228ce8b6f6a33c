// What a packet filter does with the first packet of a new connection to a port: its chains as plain data, whoever told them, and a walk
// through them that says when it cannot tell. Pure.

export type Answer = 'yes' | 'no' | 'maybe'

export interface Packet {
  readonly interface: string
  readonly protocol: 'udp' | 'tcp'
  readonly port: number
}

export type Condition =
  | { readonly kind: 'protocol'; readonly is: readonly string[]; readonly not: boolean }
  | {
      readonly kind: 'port'
      readonly protocol: string | undefined
      readonly is: readonly (readonly [first: number, last: number])[]
      readonly not: boolean
    }
  /** `eth1`, `eth*`. */
  | { readonly kind: 'interface'; readonly is: readonly string[]; readonly not: boolean }
  /** Of conntrack: `new`, `established`. */
  | { readonly kind: 'state'; readonly is: readonly string[]; readonly not: boolean }
  /** It does not narrow: a counter, a comment. */
  | { readonly kind: 'always' }
  /** Whatever else: an address, a limit. */
  | { readonly kind: 'other' }

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'none' | 'unclear' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }

export interface Rule {
  readonly conditions: readonly Condition[]
  readonly verdict: Verdict
}

export interface Chain {
  /** `inet filter input`: unique. */
  readonly name: string
  /** Of a chain that what comes in goes through; undefined of others, which are jumped to. */
  readonly policy: 'accept' | 'drop' | undefined
  readonly rules: readonly Rule[]
}

export type Fate = 'accepted' | 'dropped' | 'unclear'

/** What becomes of a packet, and the chain that it ends in. It has to pass each of the chains that what comes in goes through. */
export function fateOf(packet: Packet, chains: readonly Chain[]): { readonly fate: Fate; readonly chain: string | undefined } {
  const ends = chains.flatMap((chain) => (chain.policy ? [{ chain: chain.name, fate: walk(packet, chain, chains) }] : []))
  const worst = ends.find(({ fate }) => fate === 'dropped') ?? ends.find(({ fate }) => fate === 'unclear')
  return worst ?? { fate: 'accepted', chain: undefined }
}

/** More than a kernel allows. */
const DEEPEST = 20

function walk(packet: Packet, base: Chain, chains: readonly Chain[]): Fate {
  const seen = through(packet, base, chains, 0)
  const last = seen.ended ?? (base.policy === 'drop' ? 'dropped' : 'accepted')
  return seen.maybe.some((fate) => fate !== last) ? 'unclear' : last
}

interface Way {
  /** Undefined: it comes out at the end of the chain. */
  readonly ended: 'accepted' | 'dropped' | undefined
  /** What may have become of it on the way. */
  readonly maybe: readonly Fate[]
}

function through(packet: Packet, { rules }: Chain, chains: readonly Chain[], depth: number): Way {
  const maybe: Fate[] = []
  for (const { conditions, verdict } of rules) {
    const does = conditions.map((one) => answer(one, packet))
    if (does.includes('no') || verdict.kind === 'none') continue
    const isSure = !does.includes('maybe')
    const way = follow(verdict, packet, chains, depth)
    maybe.push(...way.maybe)
    if (way === RETURNS) {
      if (isSure) return { ended: undefined, maybe }
      maybe.push('unclear')
    } else if (way.ended !== undefined) {
      if (isSure) return { ended: way.ended, maybe }
      maybe.push(way.ended)
    } else if (verdict.kind === 'goto') {
      if (isSure) return { ended: undefined, maybe }
      maybe.push('unclear')
    }
  }
  return { ended: undefined, maybe }
}

const RETURNS: Way = { ended: undefined, maybe: [] }

function follow(verdict: Verdict, packet: Packet, chains: readonly Chain[], depth: number): Way {
  switch (verdict.kind) {
    case 'accept':
      return { ended: 'accepted', maybe: [] }
    case 'drop':
      return { ended: 'dropped', maybe: [] }
    case 'return':
      return RETURNS
    case 'jump':
    case 'goto': {
      const target = chains.find(({ name }) => name === verdict.chain)
      if (!target || depth >= DEEPEST) return { ended: undefined, maybe: ['unclear'] }
      return { ...through(packet, target, chains, depth + 1) }
    }
    case 'none':
      return { ended: undefined, maybe: [] }
    case 'unclear':
      return { ended: undefined, maybe: ['unclear'] }
  }
}

function answer(condition: Condition, packet: Packet): Answer {
  switch (condition.kind) {
    case 'always':
      return 'yes'
    case 'other':
      return 'maybe'
    case 'protocol':
      return said(condition.is.includes(packet.protocol), condition.not)
    case 'port': {
      if (condition.protocol !== undefined && condition.protocol !== packet.protocol) return 'no'
      return said(
        condition.is.some(([first, last]) => packet.port >= first && packet.port <= last),
        condition.not,
      )
    }
    case 'interface':
      return said(
        condition.is.some((name) => (name.endsWith('*') ? packet.interface.startsWith(name.slice(0, -1)) : name === packet.interface)),
        condition.not,
      )
    case 'state':
      return said(condition.is.includes('new'), condition.not)
  }
}

const said = (is: boolean, not: boolean): Answer => (is !== not ? 'yes' : 'no')
