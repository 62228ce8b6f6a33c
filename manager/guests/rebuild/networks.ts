// The networks of the pool as guests' records tell them: what each is on the host of its guest. Pure.
import type { Network } from '../../networks/network.ts'
import type { GuestRecordOf } from '../../protocol/guest-record.ts'
import type { Rebuilt } from './picture.ts'

export interface ToldNetwork {
  readonly host: string
  readonly told: GuestRecordOf['networks'][number]
  readonly written: number
}

export function networksOf(
  told: readonly ToldNetwork[],
  known: readonly Network[],
): { readonly networks: Rebuilt['networks']; readonly disagree: readonly string[] } {
  const names = [...new Set(told.map((one) => one.told.name))].sort().filter((name) => !known.some((one) => one.name === name))
  const disagree: string[] = []
  const networks = names.map((name) => {
    const all = told.filter((one) => one.told.name === name).sort((a, b) => b.written - a.written)
    const byHost = new Map<string, string>()
    // The newest word for each host.
    for (const one of all) if (!byHost.has(one.host)) byHost.set(one.host, one.told.bridge)
    const bridge = mostOf([...byHost.values()])
    for (const key of ['vlan', 'mtu'] as const) {
      const values = [...new Set(all.map((one) => one.told[key]))]
      if (values.length > 1)
        disagree.push(
          `network ${name} has several ${key}s in records: ${values.map((one) => one ?? 'none').join(', ')}; the newest is taken`,
        )
    }
    return {
      ...{ name, bridge, vlan: all[0]?.told.vlan, mtu: all[0]?.told.mtu },
      bridges: Object.fromEntries([...byHost].filter(([, own]) => own !== bridge)),
    }
  })
  return { networks, disagree }
}

function mostOf(words: readonly string[]): string {
  const times = (word: string): number => words.filter((one) => one === word).length
  return [...words].sort((a, b) => times(b) - times(a) || (a < b ? -1 : 1))[0] ?? ''
}
