// All checks, one after the other where they could disturb each other's measure, each within its time. Whatever one of them does, the
// others are done.
import { after } from '../../appliance/wire/timers.ts'
import type { Check, Site } from './check.ts'
import type { Finding } from './finding.ts'

/** Of one check, ms: an image of some gigabytes is hashed in less. */
const PATIENCE = 300_000

/** In the order of the checks. Never rejects. */
export async function examine(site: Site, checks: readonly Check[], patience = PATIENCE): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) {
    const judged = await within(patience, check, site)
    findings.push(...judged.map((one) => ({ check: check.name, ...one })))
  }
  return findings
}

async function within(patience: number, check: Check, site: Site): Promise<Awaited<ReturnType<Check['examine']>>> {
  let end = (): void => undefined
  const late = new Promise<never>((_resolve, reject) => {
    end = after(patience, () => reject(new Error(`it has taken more than ${patience / 1000} s`)))
  })
  try {
    return await Promise.race([check.examine(site), late])
  } catch (error) {
    return [{ subject: check.name, result: 'unknown', seen: error instanceof Error ? error.message : String(error) }]
  } finally {
    end()
  }
}
