// The command line, in this process, and a manager that has a pool.
import type { ExecutionContext } from 'ava'
import { startFakeManager } from '../fake-manager.ts'
import { run, settingFor } from '../operator.ts'
import { poolData } from '../pool-data.ts'

export async function start(t: ExecutionContext, pool = poolData()) {
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  return { manager, pool, setting, hostless: (line: string) => run(setting, ...line.split(' ')) }
}
