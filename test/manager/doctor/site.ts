// A config as the doctor gets it.
import type { ExecutionContext } from 'ava'
import { type Config, parseConfig } from '../../../appliance/config.ts'

/** With more lines of YAML behind it. */
export function configOf(t: ExecutionContext, more = 'dhcp: { pool: 10.77.0.100-10.77.0.199 }'): Config {
  const text = `network: { interface: eth1, address: 10.77.0.1/24 }\n${more}\n`
  const parsed = parseConfig(text, 'hostless.yaml', {})
  if (parsed.kind === 'config') return parsed.config
  t.log(parsed.problems)
  throw new Error('no config')
}
