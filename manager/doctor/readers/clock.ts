// What sets this machine's clock: chronyd by its own word, else the kernel by timedatectl.
import { type Clock, parseTimedatectl, parseTracking } from '../checks/clock.ts'
import { type Reading, read, unread } from '../finding.ts'
import { ask } from './running.ts'

export async function readClock(): Promise<Reading<Clock>> {
  const tracking = await ask('chronyc', '-c', 'tracking')
  const chrony = tracking.kind === 'read' ? parseTracking(tracking.value) : undefined
  if (chrony) return read(chrony)
  const told = await ask('timedatectl', 'show')
  const kernel = told.kind === 'read' ? parseTimedatectl(told.value) : undefined
  if (kernel) return read(kernel)
  const reasons = [tracking, told].flatMap((one) => (one.kind === 'unread' ? [one.reason] : ['it is not understood']))
  return unread(`nobody says whether it is set by an NTP server: ${reasons.join('; ')}`, 'apt-get install chrony')
}
