// Of the section diskHealth: the disks that a RAID controller hides behind its volumes. The kernel does not show them, smartctl reaches
// them through the controller.

import type { DiskHealth } from '../../../manager/protocol/machine.ts'
import type { Backend } from '../backend.ts'
import type { Reading, SourceProblem } from '../inventory/reading.ts'
import { smartctl, smartctlScan } from '../inventory/smartctl.ts'

/** Disks that are asked behind all controllers of a host: the largest enclosures have some hundred, and each takes a part of a second. */
const MOST_BEHIND = 256

/** What the disks behind controllers tell of their health. */
export async function readHiddenDisks(backend: Backend): Promise<Reading<readonly DiskHealth[]>> {
  const scanned = await smartctlScan(backend)
  const places = scanned.value.slice(0, MOST_BEHIND)
  const problems: SourceProblem[] = [...scanned.problems]
  if (places.length < scanned.value.length) {
    const reason = `there are ${scanned.value.length} disks behind RAID controllers; only the first ${places.length} are asked`
    problems.push({ source: SCAN, reason })
  }
  const controllers = [...new Set(places.map(({ device }) => device))]
  const readings = await Promise.all(
    controllers.map((controller) =>
      askController(
        backend,
        controller,
        places.filter(({ device }) => device === controller).map(({ type }) => type),
      ),
    ),
  )
  return { value: readings.flatMap(({ value }) => value), problems: [...problems, ...readings.flatMap((one) => one.problems)] }
}

const SCAN = 'smartctl --json --scan'

/** One disk after the other. While they are asked no other section is read: a controller that hangs once is not asked on. */
async function askController(backend: Backend, device: string, types: readonly string[]): Promise<Reading<readonly DiskHealth[]>> {
  const value: DiskHealth[] = []
  const problems: SourceProblem[] = []
  for (const [index, type] of types.entries()) {
    let hangs = false
    const watched: Backend = {
      ...backend,
      run: async (command) => {
        const ran = await backend.run(command)
        hangs ||= ran.kind === 'stopped'
        return ran
      },
    }
    const reading = await smartctl(device, type)(watched)
    if (reading.value) value.push(reading.value)
    problems.push(...reading.problems)
    const left = types.length - index - 1
    if (!hangs || left === 0) continue
    problems.push({ source: SCAN, reason: `${device} did not answer in time: ${left} more of its disks were not asked` })
    break
  }
  return { value, problems }
}
