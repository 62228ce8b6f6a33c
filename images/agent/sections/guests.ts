// The section guests: what libxl configured, with what the hypervisor says of it now.
import type { z } from 'zod'
import { type Guest, guest } from '../../../manager/protocol/guests.ts'
import type { Backend } from '../backend.ts'
import { acceptAll, type Candidate } from '../inventory/accept.ts'
import type { Reading } from '../inventory/reading.ts'
import { xlList } from '../inventory/xl-list.ts'
import { xlListLong } from '../inventory/xl-list-long.ts'
import { readAll, told } from './section.ts'

const MIB = 2 ** 20

/** One that came or went between the two commands has state `unknown`; the event of its coming or going has it read again. */
export async function readGuests(backend: Backend): Promise<Reading<readonly Guest[]>> {
  const { values, problems } = await readAll(backend, xlListLong, xlList)
  const [configured, domains] = values
  const candidates = configured.map((one): Candidate<z.input<typeof guest>> => {
    const now = domains.find(({ domid, uuid }) => domid === one.domid && uuid === one.uuid)
    if (!now) return { ...one, state: 'unknown', vcpus: one.maxVcpus }
    return { ...one, state: now.state, vcpus: now.vcpus, memoryBytes: now.mebibytes * MIB }
  })
  const { value, reasons } = acceptAll(guest, candidates, ({ domid, name }) => `domain ${domid} (${name})`)
  return { value, problems: [...problems, ...told('xl list -l', reasons)] }
}
