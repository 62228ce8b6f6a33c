// Backends made of texts, for the tests.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Backend, Ran } from '../../../images/agent/backend.ts'

const FOLDER = new URL('../../fixtures/dom0/', import.meta.url)

/** What a tool really said in a dom0; a name with `documented` was written after the tool's documentation. */
export function fixture(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}

export interface Texts {
  /** By command line; a text is a good end. */
  readonly commands?: { readonly [command: string]: string | Ran }
  readonly files?: { readonly [path: string]: string }
}

/** A machine that knows these commands and files, and no others. */
export function textBackend({ commands = {}, files = {} }: Texts): Backend {
  return {
    run: async (command) => {
      const ran = commands[command.join(' ')]
      return ran === undefined ? { kind: 'missing' } : typeof ran === 'string' ? ended(ran) : ran
    },
    read: async (path) => files[path],
    list: async (folder) => {
      const inside = Object.keys(files).filter((path) => path.startsWith(`${folder}/`))
      return [...new Set(inside.map((path) => basename(path.slice(folder.length + 1).split('/')[0] ?? '')))].sort()
    },
  }
}

export function ended(stdout: string, exitCode = 0, stderr = ''): Ran {
  return { kind: 'ended', exitCode, stdout, stderr }
}

export function filesOf(name: string): { readonly [path: string]: string } {
  return JSON.parse(fixture(name)) as { readonly [path: string]: string }
}
