// What the benchmark of a single server consists of.

import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import type { Link } from './link.ts'
import type { Metric } from './metric.ts'
import type { Side } from './options.ts'
import type { Workspace } from './workspace.ts'

export interface MicroBench {
  readonly title: string
  readonly peer: string
  /** What a reader has to know to judge the ratio. */
  readonly notes: readonly string[]
  /** Sections of the appliance's config that differ. */
  readonly config: Readonly<Record<string, unknown>>
  /** Why it cannot be run on this machine; undefined when it can. */
  missing(): Promise<string | undefined>
  /** Ready when it resolves; ends with the link. */
  startPeer(link: Link, work: Workspace): Promise<void>
  load(link: Link, work: Workspace, side: Side): Promise<readonly Metric[]>
}

const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Says which Debian package brings the first of these programs that is not installed. */
export async function missingProgram(packages: Readonly<Record<string, string>>): Promise<string | undefined> {
  for (const [program, debian] of Object.entries(packages)) {
    const found = await Promise.all(PATH.map((folder) => isExecutable(join(folder, program))))
    if (!found.includes(true)) return `${program} is not installed: apt-get install ${debian}`
  }
  return undefined
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
