// What the doctor finds on the manager's own machine, for the checklist of the first visit: the servers of a rack are on it. Nothing is
// loaded, and nothing looked at, before somebody asks.
import type { Finding } from './finding.ts'
import type { KeptFindings } from './kept.ts'

/** Checks whose findings say what a first boot waits for. */
const CHECKLIST: ReadonlySet<string> = new Set(['config', 'interface', 'ports', 'firewall', 'dhcp-servers', 'images'])

/** As they were last; none before the first look is done, or where nothing can be looked at. */
export function keepFindings(configFile: string): () => readonly Finding[] {
  let kept: KeptFindings | undefined
  let isAsked = false
  return () => {
    if (!isAsked) {
      isAsked = true
      openFindings(configFile).then(
        (opened) => {
          kept = opened
          kept.now()
        },
        () => undefined,
      )
    }
    return kept?.now() ?? []
  }
}

async function openFindings(configFile: string): Promise<KeptFindings> {
  const [{ allChecks }, { readConfig }, { KeptFindings: Kept }] = await Promise.all([
    import('./all.ts'),
    import('./readers/config.ts'),
    import('./kept.ts'),
  ])
  const read = await readConfig(configFile)
  const site = { configFile, config: read.config, dataDir: read.dataDir ?? '', isRoot: process.getuid?.() === 0 }
  const checks = allChecks(read, Date.now()).filter(({ name }) => CHECKLIST.has(name))
  return new Kept(site, checks, () => performance.now())
}
