// Options that the commands on this machine share, and where the data directory is.
import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { parse } from 'yaml'
import { z } from 'zod'
import { CommandFailure } from '../../engine/failure.ts'

export const DEFAULT_DATA_DIR = '/var/lib/hostless'
export const DEFAULT_CONFIG = '/etc/hostless.yaml'

export interface DataDirOptions {
  readonly dataDir?: string
  readonly config?: string
}

/** Adds `--data-dir` and `--config`. */
export function addDataDirOptions(command: Command): Command {
  return command
    .addOption(new Option('--data-dir <dir>', `where images are kept (default: ${DEFAULT_DATA_DIR})`).conflicts('config'))
    .addOption(new Option('--config <file>', 'take the data directory from this configuration'))
}

/** Throws a CommandFailure when the configuration cannot be used. */
export async function dataDirOf({ dataDir, config }: DataDirOptions): Promise<string> {
  if (dataDir !== undefined) return dataDir
  if (config === undefined) return DEFAULT_DATA_DIR
  const parsed = z.looseObject({ dataDir: z.string().startsWith('/').optional() }).safeParse(await readYaml(config))
  if (!parsed.success) throw new CommandFailure(`${config}: dataDir must be an absolute path, like ${DEFAULT_DATA_DIR}`)
  return parsed.data.dataDir ?? DEFAULT_DATA_DIR
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return (parse(await readFile(file, 'utf8'), { logLevel: 'error' }) as unknown) ?? {}
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read as a configuration: ${error instanceof Error ? error.message : String(error)}`)
  }
}
