// Why DRBD has parted two ends stands in the kernel's log, and nowhere else.
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { World } from '../requests/world.ts'
import { resourceOf } from './names.ts'

const MOST = 3
const TELLING = /split-brain|unrelated|returned|dropping|fail|error|refus|authenticat|incompatible|differ/i

/** Of its mirror, its last reasons, one line; undefined where it has said none, or its log cannot be read. */
export async function kernelWords({ backend }: Pick<World, 'backend'>, disk: Uuid): Promise<string | undefined> {
  const ran = await backend.run(['dmesg'])
  return ran.kind === 'ended' && ran.exitCode === 0 ? reasonsIn(ran.stdout, disk) : undefined
}

export function reasonsIn(log: string, disk: Uuid): string | undefined {
  const words = log.split('\n').flatMap((line) => {
    const [, said] = line.split(`drbd ${resourceOf(disk)}`)
    return said !== undefined && TELLING.test(said) ? said.replace(/^(\/\d+ drbd\d+)?:\s*/, '').trim() : []
  })
  const last = [...new Set(words)].slice(-MOST)
  return last.length === 0 ? undefined : last.join('; ').slice(0, 300)
}
