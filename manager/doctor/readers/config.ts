// The config file, as the servers would take it on this machine.
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { parse } from 'yaml'
import { z } from 'zod'
import { type Config, describeProblems, parseConfig } from '../../../appliance/config.ts'
import { type Reading, read, unread } from '../finding.ts'

export interface ReadConfig {
  readonly reading: Reading<{ readonly problems: string | undefined }>
  readonly config: Config | undefined
  /** As far as it can be told. */
  readonly dataDir: string | undefined
}

export async function readConfig(file: string): Promise<ReadConfig> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'is not there' : code === 'EACCES' ? 'may not be read by this user' : message
    return { reading: unread(reason, code === 'EACCES' ? 'run hostless doctor as root' : undefined), config: undefined, dataDir: undefined }
  }
  const parsed = parseConfig(text, file, networkInterfaces())
  if (parsed.kind === 'config') return { reading: read({ problems: undefined }), config: parsed.config, dataDir: parsed.config.dataDir }
  return { reading: read({ problems: describeProblems(parsed.problems) }), config: undefined, dataDir: dataDirIn(text) }
}

function dataDirIn(text: string): string | undefined {
  try {
    return z.looseObject({ dataDir: z.string().startsWith('/') }).parse(parse(text, { logLevel: 'error' })).dataDir
  } catch {
    return undefined
  }
}
