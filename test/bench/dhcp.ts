// DHCP: whole exchanges (DISCOVER, OFFER, REQUEST, ACK) by perfdhcp, with ours and with dnsmasq.

import { join } from 'node:path'
import { RACK_ADDRESS } from '../lab/plan.ts'
import { dhcpDnsmasq } from './dnsmasq.ts'
import { type Link, LOAD_INTERFACE } from './link.ts'
import type { Metric } from './metric.ts'
import { type MicroBench, missingProgram } from './micro-bench.ts'
import { startDnsmasq } from './peers.ts'
import { isSustained, MOST_LOST, nextRate, parseAvalanche, parseRateRun, type TriedRate } from './perfdhcp.ts'

const POOL = { first: '10.77.1.0', last: '10.77.200.255', netmask: '255.255.0.0' }
/** Machines of the load; each asks again and again. */
const CLIENTS = 1000
/** Machines that are powered on at the same moment. */
const AVALANCHE = 200
const SECONDS = 3
/** For the last answers, microseconds. */
const EXIT_WAIT = 500_000
const PATIENCE_MS = 120_000

export const DHCP_BENCH: MicroBench = {
  title: `DHCP: exchanges of four messages by perfdhcp, ${CLIENTS} clients`,
  peer: 'dnsmasq',
  notes: [
    `The rate is the highest with at most ${MOST_LOST * 100} % of the exchanges lost; the avalanche is ${AVALANCHE} machines that ask at one moment.`,
    'perfdhcp asks as a relay does. An acknowledged lease of ours has been synced to disk; dnsmasq writes its file without a sync.',
    "dnsmasq's ping before an offer is off (no-ping): with it, the time of an exchange is a timer's.",
  ],
  config: { dhcp: { mode: 'authoritative', pool: `${POOL.first}-${POOL.last}` } },
  missing: () => missingProgram({ dnsmasq: 'dnsmasq-base', perfdhcp: 'kea-admin' }),
  async startPeer({ server }) {
    await startDnsmasq(server, dhcpDnsmasq(join(server.folder, 'leases'), POOL))
  },
  async load(link) {
    const { seconds } = parseAvalanche(await perfdhcp(link, ['--scenario', 'avalanche', '-R', String(AVALANCHE)]))
    return [
      { name: `avalanche of ${AVALANCHE}`, unit: 's', better: 'less', value: seconds },
      { name: 'exchanges, highest rate', unit: '/s', better: 'more', value: await highestRate(link) },
    ] satisfies Metric[]
  },
}

/** Exchanges that were completed a second, at the highest rate that was sustained. */
async function highestRate(link: Link): Promise<number> {
  const tried: TriedRate[] = []
  let best = 0
  for (let rate = nextRate(tried); rate !== undefined; rate = nextRate(tried)) {
    const options = ['-r', String(rate), '-p', String(SECONDS), '-R', String(CLIENTS), '-W', String(EXIT_WAIT)]
    const result = parseRateRun(await perfdhcp(link, options))
    const sustained = isSustained(result, rate, SECONDS)
    tried.push({ rate, sustained })
    if (sustained) best = Math.max(best, result.completed / SECONDS)
  }
  if (best === 0) throw new Error(`no rate was sustained: ${tried.map(({ rate }) => rate).join(', ')} exchanges a second`)
  return best
}

/** Exit code 3 is "not all was answered", which is how a highest rate is found. */
async function perfdhcp(link: Link, options: readonly string[]): Promise<string> {
  const argv = ['perfdhcp', '-4', '-l', LOAD_INTERFACE, ...options, RACK_ADDRESS]
  const { stdout, stderr } = await link.run(argv, PATIENCE_MS, [0, 3])
  return `${stdout}\n${stderr}`
}
