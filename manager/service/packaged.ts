// Where the Debian package puts things: its units are those that `hostless install` would write for this placing. Pure.
import type { Placing } from './units.ts'

/** The package's own folder, with its own Node. */
export const LIBRARY = '/usr/lib/hostless'

export const PACKAGED: Placing = {
  node: `${LIBRARY}/bin/node`,
  script: `${LIBRARY}/dist/manager/cli/main.js`,
  config: '/etc/hostless.yaml',
  dataDir: '/var/lib/hostless',
}

/** Where the package has what an installation without it has below /etc. */
export const packagedPath = (path: string): string => path.replace(/^\/etc\//, '/usr/lib/')
