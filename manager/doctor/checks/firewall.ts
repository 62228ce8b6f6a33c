// Would a packet filter on this machine drop what machines and agents send to our ports?
import { type Judged, type Reading, unknown } from '../finding.ts'
import { type Chain, fateOf } from '../firewall/rules.ts'
import type { Wanted } from './ports.ts'

/** Undefined: the kernel has no packet filter. */
export type SeenFirewall = Reading<readonly Chain[] | undefined>

export function judgeFirewall(seen: SeenFirewall, wanted: readonly Wanted[], wire: string): readonly Judged[] {
  const subject = 'packet filter'
  if (seen.kind === 'unread') return [unknown(subject, seen)]
  const chains = seen.value
  if (!chains) return [{ subject, result: 'ok', seen: 'the kernel has none' }]
  const fates = wanted.map(({ protocol, port }) => ({
    port: `${protocol} ${port}`,
    ...fateOf({ interface: wire, protocol, port }, chains),
  }))
  const dropped = fates.filter(({ fate }) => fate === 'dropped')
  const unclear = fates.filter(({ fate }) => fate === 'unclear')
  const list = (some: typeof fates) => some.map(({ port }) => port).join(', ')
  const where = (some: typeof fates) => [...new Set(some.flatMap(({ chain }) => chain ?? []))].join(', ')
  const troubles: Judged[] = []
  if (dropped.length > 0) {
    const rule = dropped.every(({ chain }) => chain?.startsWith('iptables'))
      ? `iptables -I INPUT -i ${wire} -j ACCEPT`
      : `nft insert rule ${where(dropped).split(', ')[0]} iifname ${wire} accept`
    const mend = `let in what comes by ${wire}: ${rule}, and in the file that these rules come from`
    troubles.push({ subject, result: 'failed', seen: `${where(dropped)} drops ${list(dropped)}`, mend })
  }
  if (unclear.length > 0) {
    const seenText = `what becomes of ${list(unclear)} in ${where(unclear)} depends on more than can be told here`
    troubles.push({ subject, result: 'unknown', seen: seenText, mend: `see that they may come in by ${wire}: nft list ruleset` })
  }
  if (troubles.length > 0) return troubles
  return [{ subject, result: 'ok', seen: `lets in by ${wire}: ${list(fates)}` }]
}
