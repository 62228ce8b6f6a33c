// One boot of a server of the lab, of which the NFS calls are kept.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { applianceConfig, startAppliance } from '../../lab/appliance.ts'
import { captureFrames } from '../../lab/capture.ts'
import { PROJECT } from '../../lab/folders.ts'
import { borrowImage } from '../../lab/image.ts'
import { RACK_ADDRESS } from '../../lab/plan.ts'
import { type Rack, startRack } from '../../lab/rack.ts'
import { OUR_BOOT } from '../boot-ours.ts'
import type { Teardown } from '../teardown.ts'
import type { Workspace } from '../workspace.ts'
import { nfsCallsIn, type Recorded } from './nfs-calls.ts'

const NFS_PORT = 2049
const BOOT_MS = 400_000
/** What follows `up`, ms: the agent, and what waits for a quiet moment. */
const AFTER_MS = 30_000
const WALK_MS = 60_000
const PATHS = z.record(z.string(), z.string())

export async function recordBoot(work: Workspace, teardown: Teardown): Promise<Recorded> {
  const rack = await startRack({ nodes: 1 })
  const close = teardown.add(() => rack.close())
  const dataDir = join(rack.folder, 'data')
  try {
    const { name } = await borrowImage(work.files, dataDir)
    const appliance = await startAppliance(rack, applianceConfig([], dataDir, { boot: { ...OUR_BOOT, image: name } }))
    const [node] = rack.nodes
    if (!node) throw new Error('a rack of one has no node')
    await node.power('on')
    const capture = await captureFrames(node, rack.folder)
    await appliance.waitUp([node.name], BOOT_MS)
    await pause(AFTER_MS)
    await capture.end()
    return nfsCallsIn(await capture.frames(), NFS_PORT, await pathsOf(rack, `/${work.image}/${work.generation}`))
  } finally {
    await close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function pathsOf(rack: Rack, root: string): Promise<ReadonlyMap<string, string>> {
  const program = join(PROJECT, 'test/bench/storm/paths.ts')
  const argv = [process.execPath, '--import', import.meta.resolve('tsx'), program, RACK_ADDRESS, String(NFS_PORT), root]
  const { stdout, stderr, exitCode } = await rack.exec(argv, { timeoutMs: WALK_MS })
  if (exitCode !== 0) throw new Error(`the root could not be walked: ${stderr.trim()}`)
  return new Map(Object.entries(PATHS.parse(JSON.parse(stdout))))
}
