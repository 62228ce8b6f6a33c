// A boot desk in memory, and what hosts ask of it.
import { readFileSync } from 'node:fs'
import { hostKeyOf } from '../../appliance/boot/known-host.ts'
import { compileTemplates, TEMPLATE_FILES } from '../../appliance/boot/templates.ts'
import { hostNames, parseConfig } from '../../appliance/config.ts'
import { answerScript, type BootDesk } from '../../appliance/runner.ts'
import { newAttemptId, openAttemptStore } from '../../appliance/store/attempts.ts'
import { openStore } from '../../appliance/store/database.ts'
import { FollowedOrders } from '../../appliance/store/followed-orders.ts'
import { Leases } from '../../appliance/store/leases.ts'
import { UnpushedTokens } from '../../appliance/store/unpushed-tokens.ts'
import { AttemptRunner } from '../../appliance/timeline/runner.ts'
import { newTracker } from '../../appliance/timeline/tracker.ts'
import { type Ipv4, type Mac, parseIpv4, parseMac } from '../../appliance/wire/addresses.ts'
import { type Generation, parseGeneration } from '../../appliance/wire/generation.ts'
import { collectingLog } from './wire/collecting-log.ts'

export function sure<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('a value of the test itself is malformed')
  return value
}

export const mac = (text: string): Mac => sure(parseMac(text))
export const ip = (text: string): Ipv4 => sure(parseIpv4(text))
export const OLD = sure(parseGeneration('0123456789abcdef'))
export const NEW = sure(parseGeneration('fedcba9876543210'))
export const NODE01 = mac('52:54:00:77:00:01')
export const STRANGER = mac('52:54:00:77:00:99')
export const NOW = 1_790_000_000_000
export const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export const YAML = `
network: { interface: eth1, address: 10.77.0.1/24 }
dhcp: { pool: 10.77.0.100-10.77.0.199, router: 10.77.0.1 }
hosts:
  - { name: node01, mac: 52:54:00:77:00:01, address: 10.77.0.21 }
  - { name: node02, mac: 52:54:00:77:00:02, bond: { mode: active-backup, members: [52:54:00:77:00:02, 52:54:00:77:00:03] } }
`

/** A desk in memory; `published` may be changed while it runs, `clock` too. */
export function desk(published: Generation | undefined, yaml: string = YAML, file = ':memory:') {
  const parsed = parseConfig(yaml, 'rack.yaml', {})
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
  const { config } = parsed
  const database = openStore(file)
  const tokens = new UnpushedTokens(database, collectingLog().log)
  const store = openAttemptStore(database, tokens)
  const clock = { now: NOW }
  const images = { published }
  const attempts = new AttemptRunner({
    tracker: newTracker(hostNames(config), store.load(), hostKeyOf(config.hosts)),
    save: (writes) => store.save(writes),
    now: () => clock.now,
    newId: newAttemptId,
    log: quiet,
  })
  const made: BootDesk = {
    config,
    server: { address: ip('10.77.0.1'), httpPort: 8067, nfsPort: 2049, tftpPort: 69 },
    fill: compileTemplates(Object.fromEntries(TEMPLATE_FILES.map((file) => [file, readFileSync(`templates/boot/${file}`, 'utf8')]))),
    images: {
      published: async (name) =>
        images.published
          ? { kind: 'published', manifest: { generation: images.published } }
          : { kind: 'refused', reason: `no generation of ${name} is published` },
      component: async (generation, file) => ({ kind: 'component', path: `/${generation}/${file}`, size: 1, sha256: 'ab'.repeat(32) }),
    },
    leases: new Leases(database, () => clock.now, hostKeyOf(config.hosts)),
    attempts,
    store,
    followed: new FollowedOrders(database, quiet),
    hasMemtest: async () => true,
    planned: () => undefined,
    now: () => clock.now,
    log: quiet,
  }
  return { made, images, clock, tokens, database }
}

export function lend({ leases }: BootDesk, to: Mac, address: string): void {
  leases.commit({ kind: 'bind', subnet: '10.77.0.0/24', mac: to, address: ip(address), expires: NOW + 600_000 })
}

export async function script(from: BootDesk, host: Mac, peer: string): Promise<string> {
  const answer = await answerScript(from, host, peer, 'http')
  return answer.kind === 'script' ? answer.text : `REFUSED ${answer.reason}`
}
