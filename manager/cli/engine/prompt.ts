// Questions to the person at the terminal: on stderr, so that stdout holds only the answer of the command.
import { createInterface } from 'node:readline'
import type { ReadStream } from 'node:tty'
import { CommandFailure } from './failure.ts'

export interface Prompt {
  /** Whether somebody is there to answer. */
  readonly isTerminal: boolean
  /** Without echo; the first line of stdin when no terminal is there. */
  secret(question: string): Promise<string>
  /** Undefined when no terminal is there. */
  ask(question: string): Promise<string | undefined>
}

const [ENTER, CONTROL_C, CONTROL_D, CONTROL_U] = ['\r', '\u0003', '\u0004', '\u0015']
const BACKSPACES = new Set(['\b', '\u007f'])

export function promptOf(input: NodeJS.ReadStream | ReadStream, write: (text: string) => void): Prompt {
  const isTerminal = input.isTTY === true
  return {
    isTerminal,
    secret: (question) => (isTerminal ? secretFrom(input, question, write) : firstLine(input)),
    ask: async (question) => {
      if (!isTerminal) return undefined
      write(question)
      return firstLine(input)
    },
  }
}

async function firstLine(input: NodeJS.ReadStream): Promise<string> {
  const lines = createInterface({ input, terminal: false })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
    input.unref?.()
  }
}

function secretFrom(input: NodeJS.ReadStream, question: string, write: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = ''
    const end = (): void => {
      input.setRawMode(false)
      input.off('data', hear)
      input.pause()
      write('\n')
    }
    const hear = (chunk: Buffer | string): void => {
      for (const character of chunk.toString()) {
        if (character === ENTER || character === '\n' || character === CONTROL_D) {
          end()
          resolve(typed)
          return
        }
        if (character === CONTROL_C) {
          end()
          reject(new CommandFailure('nothing was done'))
          return
        }
        if (character === CONTROL_U) typed = ''
        else if (BACKSPACES.has(character)) typed = [...typed].slice(0, -1).join('')
        else if (character >= ' ') typed += character
      }
    }
    // No echo any more before the question is there: somebody may be quick.
    input.setRawMode(true)
    input.on('data', hear)
    input.resume()
    write(question)
  })
}
