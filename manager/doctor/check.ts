// One check: an effectful reading, and a pure judgement over what was read.
import type { Config } from '../../appliance/config.ts'
import type { Judged } from './finding.ts'

/** What is examined. */
export interface Site {
  readonly configFile: string
  /** Undefined when it cannot be read or is refused: the check `config` says why. */
  readonly config: Config | undefined
  readonly dataDir: string
  /** Whether all of this machine may be looked at. */
  readonly isRoot: boolean
}

export interface Check {
  readonly name: string
  /** For --help, in a few words. */
  readonly about: string
  examine(site: Site): Promise<readonly Judged[]>
}

export function check<Seen>(
  name: string,
  about: string,
  read: (site: Site) => Promise<Seen>,
  judge: (seen: Seen, site: Site) => readonly Judged[],
): Check {
  return { name, about, examine: async (site) => judge(await read(site), site) }
}

/** Of a check that is about what the config asks for. */
export function configured<Seen>(
  name: string,
  about: string,
  read: (config: Config, site: Site) => Promise<Seen>,
  judge: (seen: Seen, config: Config, site: Site) => readonly Judged[],
): Check {
  return {
    name,
    about,
    examine: async (site) => {
      const { config, configFile } = site
      if (!config) return [{ subject: configFile, result: 'unknown', seen: 'what to look for is in the config, which cannot be used' }]
      return judge(await read(config, site), config, site)
    },
  }
}
