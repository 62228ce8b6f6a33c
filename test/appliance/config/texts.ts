// Configs as texts, and what is read of them.
import { describeProblems, type Interfaces, parseConfig } from '../../../appliance/config.ts'

export const CONTRACT = `dataDir: /var/lib/hostless
network: { interface: eth1, address: 10.77.0.1/24 }
dhcp:   { mode: authoritative, pool: 10.77.0.100-10.77.0.199, router: 10.77.0.1, dns: [10.77.0.1], subnets: [] }
tftp:   { port: 69 }
http:   { port: 8067 }
nfs:    { port: 2049, portmap: true }
boot:   { image: dom0, root: nfs, enrol: approve }
hosts:  [{ name: node01, mac: 52:54:00:77:00:01, address: 10.77.0.21, image: dom0 }]
manager: { listen: 10.77.0.1:8443, database: sqlite }
`
export const MINIMAL = 'network: { interface: eth1, address: 10.77.0.1/24 }\ndhcp: { pool: 10.77.0.100-10.77.0.199 }\n'
export const NONE: Interfaces = {}

export function config(text: string, interfaces = NONE) {
  const parsed = parseConfig(text, 'hostless.yaml', interfaces)
  if (parsed.kind === 'refused') throw new Error(describeProblems(parsed.problems))
  return parsed.config
}

export function problems(text: string, interfaces = NONE): string[] {
  const parsed = parseConfig(text, 'hostless.yaml', interfaces)
  return parsed.kind === 'refused' ? describeProblems(parsed.problems).split('\n') : []
}
