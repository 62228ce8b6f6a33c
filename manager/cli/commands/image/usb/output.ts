// Where a stick's image goes: to standard output, unless that is a terminal, or to a file that is there whole or not at all.
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'
import { sync } from '../../../../../images/store/files.ts'
import { CommandFailure } from '../../../engine/failure.ts'

export interface Output {
  readonly stream: Writable
  /** All of it has been written. */
  keep(): Promise<void>
  /** Something went wrong before. */
  drop(): Promise<void>
}

/** What of process.stdout is needed. */
export type StandardOutput = Writable & { readonly isTTY?: boolean }

/** Throws a CommandFailure for what no stick is written to: before anything else takes its time. */
export async function checkOutput(file: string | undefined, standard: StandardOutput): Promise<void> {
  if (file === undefined) {
    if (standard.isTTY === true) throw new CommandFailure('an image is nothing for a terminal: add --output FILE, or > FILE', 2)
    return
  }
  const there = await stat(file).catch(() => undefined)
  if (!there || there.isFile()) return
  throw new CommandFailure(`--output ${file}: it is no regular file. To write a stick at once, as root: hostless image usb … > ${file}`, 2)
}

export async function openOutput(file: string | undefined, standard: StandardOutput): Promise<Output> {
  return file === undefined ? standardOutput(standard) : fileOutput(file)
}

function standardOutput(standard: StandardOutput): Output {
  // Not `standard` itself: a pipeline would close it.
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => void standard.write(chunk, done) })
  return { stream, keep: async () => undefined, drop: async () => undefined }
}

async function fileOutput(file: string): Promise<Output> {
  const draft = `${file}.unfinished-${process.pid}`
  const handle = await open(draft, 'wx', 0o644).catch((error: Error) => {
    throw new CommandFailure(`--output ${file}: ${error.message}`)
  })
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) =>
      void handle.writeFile(chunk).then(
        () => done(),
        (error: Error) => done(error),
      ),
  })
  return {
    stream,
    async keep() {
      await handle.sync()
      await handle.close()
      await rename(draft, file)
      await sync(dirname(file))
    },
    async drop() {
      await handle.close().catch(() => undefined)
      await rm(draft, { force: true })
    },
  }
}
