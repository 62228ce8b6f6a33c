// Which hosts run which generation, by the appliance's own database: true also while it is down; their names it tells while it runs.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openAttemptStore } from '../../../../appliance/store/attempts.ts'
import { openStore } from '../../../../appliance/store/database.ts'
import { applianceFolder } from '../../../../appliance/store/own-folder.ts'
import { readAttempts } from '../control.ts'
import type { HostRunning } from './find.ts'

export async function hostsRunning(dataDir: string): Promise<readonly HostRunning[]> {
  const file = join(applianceFolder(dataDir), 'appliance.db')
  if (!existsSync(file)) return []
  const attempts = await readAttempts(dataDir).catch(() => [])
  const names = new Map(attempts.map(({ mac, host }) => [mac, host]))
  const store = openStore(file)
  try {
    return openAttemptStore(store)
      .running((mac) => names.get(mac))
      .map(({ mac, host, generation }) => ({ host: host ?? mac, generation }))
  } finally {
    store.close()
  }
}
