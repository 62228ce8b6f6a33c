// One power-on of a rack that our appliance serves.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { applianceConfig, startAppliance } from '../lab/appliance.ts'
import { borrowImage } from '../lab/image.ts'
import type { Rack } from '../lab/rack.ts'
import { type NodeBoot, nodeBoot } from './stages.ts'
import type { Workspace } from './workspace.ts'

/** How our side is configured: it knows no host beforehand, as dnsmasq does not. */
export const OUR_BOOT = { image: 'dom0', root: 'nfs', enrol: 'auto' } as const

/** Rejects with each failed node's diagnosis, or when not all are up after `deadlineMs`. */
export async function bootOurs(rack: Rack, work: Workspace, deadlineMs: number): Promise<readonly NodeBoot[]> {
  const dataDir = join(rack.folder, 'data')
  try {
    const { name } = await borrowImage(work.files, dataDir)
    const config = applianceConfig([], dataDir, { boot: { ...OUR_BOOT, image: name } })
    const appliance = await startAppliance(rack, config)
    await Promise.all(rack.nodes.map((node) => node.power('on')))
    const names = rack.nodes.map((node) => node.name)
    const boots = await appliance.waitUp(names, deadlineMs)
    return boots.map(({ name: node, poweredOnAt, attempt }) => {
      const boot = nodeBoot(node, poweredOnAt, attempt?.stages ?? [])
      if (!boot) throw new Error(`${node} is up, but its timeline does not say so`)
      return boot
    })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}
