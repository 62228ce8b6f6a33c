// The benchmarks of single servers: the whole appliance on one end of a cable, the load on the other, then the peer in its
// place, in turns. Each benchmark says what its peer is and what load it makes.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ApplianceConfig, applianceConfig, startAppliance } from '../lab/appliance.ts'
import { borrowImage } from '../lab/image.ts'
import { RACK_ADDRESS, RACK_INTERFACE } from '../lab/plan.ts'
import { OUR_BOOT } from './boot-ours.ts'
import { DHCP_BENCH } from './dhcp.ts'
import { HTTP_BENCH } from './http.ts'
import { LINK_PREFIX, makeLink } from './link.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import type { MicroBench } from './micro-bench.ts'
import { NFS_BENCH } from './nfs.ts'
import { type ApplianceBench, type BenchOptions, inTurn, type Side } from './options.ts'
import type { Teardown } from './teardown.ts'
import { TFTP_BENCH } from './tftp.ts'
import type { Workspace } from './workspace.ts'

export const MICRO_BENCHES: Readonly<Record<Exclude<ApplianceBench, 'boot' | 'storm'>, MicroBench>> = {
  nfs: NFS_BENCH,
  dhcp: DHCP_BENCH,
  tftp: TFTP_BENCH,
  http: HTTP_BENCH,
}

export interface MicroResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

export async function runMicro(
  bench: MicroBench,
  work: Workspace,
  { runs: count, sides }: BenchOptions,
  teardown: Teardown,
): Promise<MicroResult> {
  const runs: { side: Side; metrics: readonly Metric[] }[] = []
  for (let run = 1; run <= count; run += 1) {
    for (const side of inTurn(sides, run)) runs.push({ side, metrics: await measure(bench, side, work, teardown) })
  }
  const medians = sides.map((side) => [side, mediansOf(runs.filter((run) => run.side === side).map(({ metrics }) => metrics))] as const)
  return { runs, table: metricTable(bench.peer, Object.fromEntries(medians)) }
}

async function measure(bench: MicroBench, side: Side, work: Workspace, teardown: Teardown): Promise<readonly Metric[]> {
  const link = await makeLink()
  const close = teardown.add(() => link.close())
  const dataDir = join(link.server.folder, 'data')
  try {
    if (side === 'peer') await bench.startPeer(link, work)
    else {
      const { name } = await borrowImage(work.files, dataDir)
      await startAppliance(link.server, configOf(bench, dataDir, name))
    }
    return await bench.load(link, work, side)
  } catch (error) {
    throw new Error(`${bench.title}, ${side}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    await close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function configOf(bench: MicroBench, dataDir: string, image: string): ApplianceConfig {
  return applianceConfig([], dataDir, {
    network: { interface: RACK_INTERFACE, address: `${RACK_ADDRESS}/${LINK_PREFIX}` },
    boot: { ...OUR_BOOT, image },
    ...bench.config,
  })
}
