// Where the manager's data is, for commands on its own machine: the data directory, and with --config the database, too.
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import type { DataPlace } from '../../store/open.ts'
import { type DataDirOptions, dataDirOf } from '../commands/image/options.ts'
import { CommandFailure } from './failure.ts'

/** With `--data-dir` alone: SQLite in it. Throws a CommandFailure when the configuration cannot be used. */
export async function dataPlaceOf(options: DataDirOptions): Promise<DataPlace> {
  const dataDir = await dataDirOf(options)
  if (options.config === undefined) return { dataDir, database: 'sqlite' }
  const read: unknown = parse(await readFile(options.config, 'utf8'), { logLevel: 'error' })
  const parsed = z
    .looseObject({ manager: z.looseObject({ database: z.string().default('sqlite') }).default({ database: 'sqlite' }) })
    .safeParse(read ?? {})
  if (!parsed.success) throw new CommandFailure(`${options.config}: manager.database must be sqlite, or postgres://USER@HOST/NAME`)
  return { dataDir, database: parsed.data.manager.database }
}
