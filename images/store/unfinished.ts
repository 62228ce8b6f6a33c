// Work that is not yet visible: folders and links whose names begin with `.unfinished-`, then the process
// that makes them. What a crashed process left is swept by the next one; a live process is left alone.
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../appliance/wire/log.ts'
import { UNFINISHED } from '../layout.ts'
import { codeOf } from './files.ts'

/** A path in `folder` that nobody else has, not yet made. Creates the folder. */
export async function unfinishedPath(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const start = (await startOf(process.pid)) ?? '0'
  return join(folder, `${UNFINISHED}${process.pid}-${start}-${randomBytes(6).toString('hex')}`)
}

/** Deletes what processes that are gone left in `folder`. Quiet when there is none. */
export async function sweep(folder: string, log: Log): Promise<void> {
  let names: readonly string[]
  try {
    names = await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  for (const name of names.filter((each) => each.startsWith(UNFINISHED))) {
    const [pid = '', start = ''] = name.slice(UNFINISHED.length).split('-')
    if (start !== '' && (await startOf(Number(pid))) === start) continue
    await rm(join(folder, name), { recursive: true, force: true })
    log.info({ folder, name }, 'swept unfinished work of a process that is gone')
  }
}

/** When a process began, in clock ticks since boot (proc(5), field 22 of stat): a pid may be used again. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
