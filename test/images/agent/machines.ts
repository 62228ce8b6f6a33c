// Backends made of texts, for the tests.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Backend, type Command, type FileText, fileText, type Ran, wholeText } from '../../../images/agent/backend.ts'

const FOLDER = new URL('../../fixtures/dom0/', import.meta.url)

/** What a tool really said in a dom0; a name with `documented` was written after the tool's documentation. */
export function fixture(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}

export interface Texts {
  /** By command line; a text is a good end. */
  readonly commands?: { readonly [command: string]: string | Ran }
  readonly files?: { readonly [path: string]: string | FileText }
}

/** A machine that knows these commands and files, and no others. */
export function textBackend({ commands = {}, files = {} }: Texts): Backend {
  const fileOf = (path: string): FileText => {
    const file = files[path]
    return typeof file === 'object' ? file : fileText(file)
  }
  return {
    run: async (command) => {
      const ran = commands[command.join(' ')]
      return ran === undefined ? { kind: 'missing' } : typeof ran === 'string' ? ended(ran) : ran
    },
    read: async (path) => wholeText(fileOf(path)),
    readFile: async (path) => fileOf(path),
    list: async (folder) => {
      const inside = Object.keys(files).filter((path) => path.startsWith(`${folder}/`))
      return [...new Set(inside.map((path) => basename(path.slice(folder.length + 1).split('/')[0] ?? '')))].sort()
    },
  }
}

/** What the tools say of a host that uses nothing: by the whole command, or as much of its beginning as tells it. */
export const IDLE: { readonly [command: string]: string } = {
  'xl list -v': `${fixture('xl-list-v-zombie-and-guest-without-config.txt').split('\n').slice(0, 2).join('\n')}\n`,
  'xl list -l': fixture('xl-list-l-dom0-only.json'),
  pvs: '{"report":[{"pv":[]}]}',
  vgs: '{"report":[{"vg":[]}]}',
  lvs: '{"report":[{"lv":[]}]}',
  find: '',
  'multipathd show': '{"maps":[]}',
  lsblk: '{"blockdevices":[]}',
}

/** Undefined for a program that is not among those. */
export function idle(command: Command): Ran | undefined {
  const [program] = command
  const said = IDLE[command.join(' ')] ?? IDLE[command.slice(0, 2).join(' ')] ?? IDLE[program]
  return said === undefined ? undefined : ended(said)
}

export function ended(stdout: string, exitCode = 0, stderr = ''): Ran {
  return { kind: 'ended', exitCode, stdout, stderr }
}

export function filesOf(name: string): { readonly [path: string]: string } {
  return JSON.parse(fixture(name)) as { readonly [path: string]: string }
}
