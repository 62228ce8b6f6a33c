// The benchmarks that need no image, but for the manager's, which has a table for each number of hosts.

import { AUTOMATION_NOTES, AUTOMATION_TITLE, runAutomation } from './automation.ts'
import { CLI_NOTES, CLI_TITLE, missingForCli, runCli } from './cli.ts'
import { DELTA_NOTES, DELTA_TITLE, runDelta } from './delta.ts'
import { DEPLOY_NOTES, DEPLOY_TITLE, runDeploy } from './deploy.ts'
import { EVACUATION_NOTES, EVACUATION_TITLE, runEvacuation } from './migrate/evacuation.ts'
import { MIGRATE_NOTES, MIGRATE_TITLE, runMigrate } from './migrate/migrate.ts'
import { PAUSE_NOTES, PAUSE_TITLE, runPause } from './migrate/pause.ts'
import type { BenchName, BenchOptions } from './options.ts'
import { missingForPage, PAGE_NOTES, PAGE_TITLE, runPage } from './page.ts'
import { missingForPlacement, PLACEMENT_NOTES, PLACEMENT_TITLE, runPlacement } from './placement.ts'
import { RELAY_NOTES, RELAY_TITLE, runRelayBench } from './relay.ts'
import type { Teardown } from './teardown.ts'

export interface PlainBench {
  readonly name: BenchName
  readonly title: string
  readonly notes: readonly string[]
  readonly as?: 'root'
  /** What this machine lacks for it. */
  readonly missing?: () => Promise<string | undefined>
  readonly run: (
    options: BenchOptions,
    teardown: Teardown,
    say: (text: string) => void,
  ) => Promise<{ readonly runs: unknown; readonly table: string }>
}

/** In the order in which they are run. */
export const PLAIN_BENCHES: readonly PlainBench[] = [
  { name: 'delta', title: DELTA_TITLE, notes: DELTA_NOTES, as: 'root', run: runDelta },
  { name: 'page', title: PAGE_TITLE, notes: PAGE_NOTES, missing: missingForPage, run: runPage },
  { name: 'cli', title: CLI_TITLE, notes: CLI_NOTES, missing: missingForCli, run: runCli },
  { name: 'placement', title: PLACEMENT_TITLE, notes: PLACEMENT_NOTES, missing: missingForPlacement, run: runPlacement },
  { name: 'automation', title: AUTOMATION_TITLE, notes: AUTOMATION_NOTES, run: runAutomation },
  { name: 'relay', title: RELAY_TITLE, notes: RELAY_NOTES, run: runRelayBench },
  { name: 'deploy', title: DEPLOY_TITLE, notes: DEPLOY_NOTES, as: 'root', run: runDeploy },
  { name: 'migrate', title: MIGRATE_TITLE, notes: MIGRATE_NOTES, as: 'root', run: runMigrate },
  { name: 'evacuation', title: EVACUATION_TITLE, notes: EVACUATION_NOTES, as: 'root', run: runEvacuation },
  { name: 'pause', title: PAUSE_TITLE, notes: PAUSE_NOTES, as: 'root', run: runPause },
]
