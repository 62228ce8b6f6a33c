// Where the appliance keeps what it alone writes: database, control socket, the key of filehandles.
import { existsSync } from 'node:fs'

/** Beside the data directory, where `hostless install` has made it for a user of the appliance's own. */
export const ownFolderPath = (dataDir: string): string => `${dataDir.replace(/\/+$/, '')}-appliance`

/** That folder where it is there; else the data directory, which manager and appliance then share. */
export function applianceFolder(dataDir: string): string {
  const own = ownFolderPath(dataDir)
  return existsSync(own) ? own : dataDir
}
