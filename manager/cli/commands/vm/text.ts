// Specs as files, and in the editor of whoever asks.
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommandFailure } from '../../engine/failure.ts'
import type { Environment } from '../../engine/login-file.ts'

/** `most`: bytes of it. */
export type ReadFile = (file: string, most?: number) => Promise<string>

/** `-`: what is on stdin. */
export async function readText(file: string, most = Number.POSITIVE_INFINITY): Promise<string> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of createReadStream(file === '-' ? '/dev/stdin' : file, { end: most })) pieces.push(Buffer.from(piece))
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, 2)
  }
  const bytes = Buffer.concat(pieces)
  if (bytes.length > most) throw new CommandFailure(`${file} has more than the ${most} bytes that can be taken of it`, 2)
  return bytes.toString()
}

/** Undefined: it is as it was. */
export async function edited(text: string, { EDITOR: editor }: Environment): Promise<string | undefined> {
  if (!editor) throw new CommandFailure('EDITOR names no program: set it, or write a file and use hostless vm apply -f FILE', 2)
  const folder = await mkdtemp(join(tmpdir(), 'hostless-'))
  try {
    const file = join(folder, 'guest.yaml')
    await writeFile(file, text, { mode: 0o600 })
    const [program = '', ...args] = editor.split(' ')
    await new Promise<void>((resolve, reject) => {
      const child = spawn(program, [...args, file], { stdio: 'inherit' })
      child.on('error', (error) => reject(new CommandFailure(`EDITOR ${editor}: ${error.message}`, 2)))
      child.on('exit', (code) =>
        code === 0 ? resolve() : reject(new CommandFailure(`${editor} has ended with ${code}: nothing was changed`)),
      )
    })
    const after = await readFile(file, 'utf8')
    return after === text ? undefined : after
  } finally {
    await rm(folder, { recursive: true })
  }
}
