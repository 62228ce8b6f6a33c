// `nft -j list ruleset` (libnftables-json(5)) as chains. What is not understood of a rule is a condition that may hold or not. Pure.
import { z } from 'zod'
import type { Chain, Condition, Rule, Verdict } from './rules.ts'

const ruleset = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) })
const chainItem = z.looseObject({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().optional(),
  type: z.string().optional(),
  policy: z.string().optional(),
})
const ruleItem = z.looseObject({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  expr: z.array(z.record(z.string(), z.unknown())).default([]),
})
const match = z.object({ op: z.string(), left: z.record(z.string(), z.unknown()), right: z.unknown() })

/** Of IPv4. Throws when it is not what nft writes. */
export function parseNft(text: string): readonly Chain[] {
  const { nftables } = ruleset.parse(JSON.parse(text))
  const sees = (family: string) => family === 'ip' || family === 'inet'
  const rules = nftables.flatMap((item) => ('rule' in item ? [ruleItem.parse(item.rule)] : [])).filter(({ family }) => sees(family))
  const chains = nftables.flatMap((item) => ('chain' in item ? [chainItem.parse(item.chain)] : [])).filter(({ family }) => sees(family))
  return chains.map(({ family, table, name, hook, type, policy }) => ({
    name: `${family} ${table} ${name}`,
    policy: hook === 'input' && type === 'filter' ? (policy === 'drop' ? 'drop' : 'accept') : undefined,
    rules: rules
      .filter((rule) => rule.family === family && rule.table === table && rule.chain === name)
      .map(({ expr }) => ruleOf(expr, `${family} ${table}`)),
  }))
}

function ruleOf(parts: readonly Readonly<Record<string, unknown>>[], table: string): Rule {
  const conditions: Condition[] = []
  let verdict: Verdict = { kind: 'none' }
  for (const part of parts) {
    const [[kind, value] = ['', undefined]] = Object.entries(part)
    switch (kind) {
      case 'accept':
      case 'drop':
      case 'return':
        verdict = { kind }
        break
      case 'reject':
        verdict = { kind: 'drop' }
        break
      case 'jump':
      case 'goto':
        verdict = { kind, chain: `${table} ${z.object({ target: z.string() }).parse(value).target}` }
        break
      case 'counter':
      case 'log':
      case 'comment':
        break
      case 'match':
        conditions.push(conditionOf(match.parse(value)))
        break
      // Verdict maps, queues, what only iptables understands.
      default:
        conditions.push({ kind: 'other' })
        if (['vmap', 'queue', 'xt', 'tproxy'].includes(kind)) verdict = { kind: 'unclear' }
    }
  }
  return { conditions, verdict }
}

function conditionOf({ op, left, right }: z.output<typeof match>): Condition {
  const other: Condition = { kind: 'other' }
  if (op !== '==' && op !== '!=' && op !== 'in') return other
  const not = op === '!='
  const items = itemsOf(right)
  if (!items) return other
  const words = items.map(String)
  const payload = z.object({ protocol: z.string(), field: z.string() }).safeParse(left.payload)
  if (payload.success) {
    const { protocol, field } = payload.data
    if (field === 'protocol' && protocol === 'ip') return { kind: 'protocol', is: words, not }
    const ranges = items.map(rangeOf).filter((range) => range !== undefined)
    if (field !== 'dport' || ranges.length !== items.length)
      return field === 'sport' && !['tcp', 'udp', 'th'].includes(protocol) ? NEVER : other
    if (!['tcp', 'udp', 'th'].includes(protocol)) return NEVER
    return { kind: 'port', protocol: protocol === 'th' ? undefined : protocol, is: ranges, not }
  }
  const meta = z.object({ key: z.string() }).safeParse(left.meta)
  if (meta.success) {
    if (meta.data.key === 'iifname' || meta.data.key === 'iif') return { kind: 'interface', is: words, not }
    if (meta.data.key === 'l4proto') return { kind: 'protocol', is: words, not }
    return other
  }
  const ct = z.object({ key: z.string() }).safeParse(left.ct)
  return ct.success && ct.data.key === 'state' ? { kind: 'state', is: words, not } : other
}

/** Of another protocol than ours. */
const NEVER: Condition = { kind: 'protocol', is: [], not: false }

/** Undefined for a set that is named, whose elements stand elsewhere. */
function itemsOf(right: unknown): readonly unknown[] | undefined {
  if (typeof right === 'string') return right.startsWith('@') ? undefined : [right]
  if (Array.isArray(right)) return right
  const set = z.object({ set: z.array(z.unknown()) }).safeParse(right)
  return set.success ? set.data.set : [right]
}

function rangeOf(item: unknown): readonly [number, number] | undefined {
  if (typeof item === 'number') return [item, item]
  const range = z.object({ range: z.tuple([z.number(), z.number()]) }).safeParse(item)
  return range.success ? range.data.range : undefined
}
