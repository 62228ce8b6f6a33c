// Somebody on the rack's network who has seen a host's one-time token: enrols with it from another address, and prints the answer.
// Usage: replay.ts ATTEMPT TOKEN MAC AUTHORITY-FILE; runs in the rack's namespace.

import { readFile } from 'node:fs/promises'
import { newLedger } from '../../images/agent/ledger.ts'
import { startLink } from '../../images/agent/link/runner.ts'
import { mac, uuid } from '../../manager/protocol/values.ts'
import { MANAGER_PORT } from './operator.ts'
import { RACK_ADDRESS } from './plan.ts'

const [attempt = '', token = '', hostMac = '', authority = ''] = process.argv.slice(2)
const end = (answer: unknown) => {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
  process.exit()
}
const pem = await readFile(authority, 'utf8')
startLink({
  agent: '0.0.0',
  boot: { attempt, token },
  claims: { macs: [mac.parse(hostMac)] },
  findManager: async () => ({ address: RACK_ADDRESS, port: MANAGER_PORT, authority: pem }),
  ledger: newLedger(uuid.parse('00000000-0000-4000-8000-000000000000')),
  answer: () => Promise.reject(new Error('nobody asks')),
  log: { debug: () => undefined, info: end, warn: end, error: end },
  random: Math.random,
})
