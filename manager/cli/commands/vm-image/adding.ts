// Sends a file to the manager, tells how far it is where a person looks on, and what it has become.
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import type { Terminal } from '../../engine/output/output.ts'
import { type Sending, sendImage } from '../../engine/sending.ts'
import { untilStopped } from '../../engine/watch/listening.ts'

export interface AddOptions {
  readonly name: string
  readonly format?: 'raw' | 'qcow2' | 'kernel'
  /** Of a kernel: what goes with it. */
  readonly initrd?: string
  readonly notes?: string
}

export async function addFile(api: PoolApi, world: World, file: string, { name, format, initrd, notes = '' }: AddOptions): Promise<void> {
  await untilStopped(
    async (signal) => {
      const tell = transferLine(world.err)
      const id = await sendImage(api, { file, initrd, name, format, notes, signal, onProgress: tell.progress }).finally(tell.end)
      world.out.write(`Added ${name}: ${id}\n`)
    },
    () => {},
  )
}

interface TransferLine {
  readonly progress: Sending['onProgress']
  /** The line is done with. */
  readonly end: () => void
}

const START_OF_LINE = '\r\x1b[K'

function transferLine(err: Terminal): TransferLine {
  if (err.columns === undefined) return { progress: () => {}, end: () => {} }
  let shown = ''
  return {
    progress: (doing, done, of) => {
      const line = `${doing} ${Math.floor((done / of) * 100)} %`
      if (line !== shown) err.write(`${START_OF_LINE}${line}`)
      shown = line
    },
    end: () => err.write(START_OF_LINE),
  }
}
