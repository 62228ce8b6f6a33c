// The rules of this machine's packet filter, by nft, or by iptables-save where they are the older ones.
import { readFile } from 'node:fs/promises'
import type { SeenFirewall } from '../checks/firewall.ts'
import { type Reading, read, unread } from '../finding.ts'
import { parseIptables } from '../firewall/iptables.ts'
import { parseNft } from '../firewall/nft.ts'
import type { Chain } from '../firewall/rules.ts'
import { ask } from './running.ts'

export async function readFirewall(isRoot: boolean): Promise<SeenFirewall> {
  const modules = (await readFile('/proc/modules', 'utf8').catch(() => '')).split('\n').map((line) => line.split(' ')[0] ?? '')
  if (modules.length > 1 && !modules.some((name) => /^(nf_tables|ip_tables|iptable_filter)$/.test(name))) return read(undefined)
  if (!isRoot) return unread('only root may list its rules', 'run hostless doctor as root')
  const chains: Chain[] = []
  const nft = chainsOf(await ask('nft', '-j', 'list', 'ruleset'), parseNft)
  if (nft.kind === 'read') chains.push(...nft.value)
  if (nft.kind === 'read' && !modules.includes('iptable_filter')) return read(chains)
  const older = chainsOf(await ask('iptables-save', '-t', 'filter'), parseIptables)
  if (older.kind === 'read') return read([...chains, ...older.value])
  const reason = nft.kind === 'read' ? older.reason : `${nft.reason}, ${older.reason}`
  return unread(`its rules cannot be listed: ${reason}`, 'apt-get install nftables (its service need not run)')
}

function chainsOf(text: Reading<string>, parse: (text: string) => readonly Chain[]): Reading<readonly Chain[]> {
  if (text.kind === 'unread') return text
  try {
    return read(parse(text.value))
  } catch (error) {
    return unread(`it is not understood (${error instanceof Error ? error.message.split('\n')[0] : error})`)
  }
}
