// A password from whoever sits at the terminal, without echo, or from a pipe: never from the command line, which others can see.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CommandFailure } from './failure.ts'

export interface PasswordInput {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly prompt: NodeJS.WritableStream
}

const LONGEST_LINE = 4096

/** Asked for twice at a terminal; otherwise the first line of the input. */
export async function readPassword({ input, prompt }: PasswordInput, user: string): Promise<string> {
  if (!input.isTTY) return firstLine(input)
  const password = await ask({ input, prompt }, `Password for ${user}: `)
  if ((await ask({ input, prompt }, 'The same again: ')) !== password)
    throw new CommandFailure('these were two passwords: nothing was changed')
  return password
}

async function ask({ input, prompt }: PasswordInput, question: string): Promise<string> {
  prompt.write(question)
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silence, terminal: true, historySize: 0 })
  try {
    return await new Promise((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('close', () => reject(new CommandFailure('no password was given: nothing was changed')))
    })
  } finally {
    lines.close()
    prompt.write('\n')
  }
}

async function firstLine(input: PasswordInput['input']): Promise<string> {
  let text = ''
  for await (const chunk of input) {
    text += String(chunk)
    if (text.includes('\n')) break
    if (text.length > LONGEST_LINE) throw new CommandFailure('the first line of the input is too long for a password')
  }
  return text.split(/\r?\n/)[0] ?? ''
}
