// What the lab's tests start from: the cached image in a dataDir of the test's own, a rack, and an appliance that serves it.

import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { parse, stringify } from 'yaml'
import { type Appliance, applianceConfig, type ServeCommand, startAppliance } from './appliance.ts'
import type { AttemptView, Stage } from './attempts.ts'
import { type Boot, stageOf, withAttempt } from './boots.ts'
import { dataFolder, KEY_FILE, PROJECT } from './folders.ts'
import { bootOf } from './follow.ts'
import { type Access, borrowImage, buildImage, imageName, needsBuild } from './image.ts'
import type { Ran } from './namespace.ts'
import type { RackNode } from './node.ts'
import type { NodeSpec } from './plan.ts'
import { type Rack, startRack } from './rack.ts'
import { ensureKey } from './ssh.ts'

export const SUITE = 'trixie'

/** For one boot, on a machine that does other things too: it is ten times what a boot takes. */
export const BOOT_MS = 300_000

export interface TestbedOptions {
  readonly nodes: readonly NodeSpec[]
  /** Sections of the config, in the place of those of `applianceConfig`. */
  readonly sections?: Readonly<Record<string, unknown>>
  /** More settings for the entries in `hosts`, by the node's name. */
  readonly hosts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Images in the dataDir; the first of them is `dom0`. */
  readonly images?: readonly Access[]
  readonly command?: ServeCommand
}

export interface Testbed {
  readonly rack: Rack
  readonly appliance: Appliance
  readonly dataDir: string
  /** Folder of the generation of `dom0` that was published at the start. */
  readonly image: { readonly generation: string; readonly folder: string }
  node(name: string): RackNode
  /** Switches the power on, and waits until they are up. */
  boot(...names: readonly string[]): Promise<readonly Boot[]>
  /** Resets by the BMC, and waits until it is up again. */
  reset(name: string): Promise<Boot>
  waitUp(name: string): Promise<Boot>
  /** Waits until the boot since the last power-on fulfils `condition`, over restarts of the appliance. */
  waitFor(name: string, what: string, condition: (boot: Boot) => boolean): Promise<AttemptView>
  /** Waits until the stage is done, or has failed. */
  waitStage(name: string, stage: Stage, status: 'done' | 'failed'): Promise<AttemptView>
  /** The command `hostless`, on this dataDir where it takes one. A non-zero exit is a result. */
  hostless(...argv: readonly string[]): Promise<Ran>
  /** Rewrites parts of the config file; the appliance reads it when it is started next. */
  configure(change: (config: Record<string, unknown>) => Record<string, unknown>): Promise<void>
  /** Says on `log` where consoles and logs are kept, and takes all down. Safe to repeat. */
  close(): Promise<void>
}

/** Builds what is missing (1.5 minutes an image). Gives the folder of the published generation. */
export async function readyImage(access: Access): Promise<string> {
  await ensureKey(KEY_FILE)
  if (process.env.LABDEV) return join(process.env.LABDEV, 'images', imageName(access), 'published')
  if (await needsBuild(SUITE, access)) await buildImage(SUITE, new AbortController().signal, access)
  return join(dataFolder(SUITE), 'images', imageName(access), 'published')
}

/** Needs root. Rejects with nothing left behind but consoles and logs. */
export async function openTestbed(options: TestbedOptions): Promise<Testbed> {
  const folders = []
  for (const access of options.images ?? ['lab' as const]) folders.push(await readyImage(access))
  const rack = await startRack({ nodes: options.nodes })
  const dataDir = join(rack.folder, 'data')
  const close = async () => {
    await rack.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    for (const folder of folders) await borrowImage(folder, dataDir)
    const nodes = rack.nodes.map(({ name, mac, address }) => ({ name, mac, address, ...options.hosts?.[name] }))
    const config = applianceConfig(nodes, dataDir, { hosts: nodes, ...options.sections })
    const appliance = await startAppliance(rack, config, options.command ?? 'up')
    return { ...testbedOn(rack, appliance, dataDir), image: await publishedIn(dataDir), close }
  } catch (error) {
    await close()
    throw error
  }
}

function testbedOn(rack: Rack, appliance: Appliance, dataDir: string): Omit<Testbed, 'image' | 'close'> {
  async function waitFor(name: string, what: string, condition: (boot: Boot) => boolean): Promise<AttemptView> {
    const deadline = AbortSignal.timeout(BOOT_MS)
    let boots: readonly Boot[] = [bootOf(rack.node(name))]
    while (!deadline.aborted) {
      const found = await (async () => {
        for await (const attempt of appliance.watch(deadline)) {
          boots = withAttempt(boots, attempt)
          const [boot] = boots
          if (boot?.attempt && condition(boot)) return boot.attempt
        }
      })().catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error)) throw error
      })
      if (found) return found
      await rack.exec(['sleep', '0.2'])
    }
    throw new Error(`${name}: not ${what} within ${BOOT_MS / 1000} s: ${JSON.stringify(boots[0]?.attempt)}`)
  }
  const waitUp = async (name: string): Promise<Boot> => {
    const [boot] = await appliance.waitUp([name], BOOT_MS)
    if (!boot) throw new Error(`${name} was not waited for`)
    return boot
  }
  return {
    rack,
    appliance,
    dataDir,
    node: (name) => rack.node(name),
    async boot(...names) {
      await Promise.all(names.map((name) => rack.node(name).power('on')))
      return appliance.waitUp(names, BOOT_MS)
    },
    async reset(name) {
      await rack.node(name).power('reset')
      return waitUp(name)
    },
    waitUp,
    waitFor,
    waitStage: (name, stage, status) => waitFor(name, `${stage} ${status}`, (boot) => stageOf(boot, stage)?.status === status),
    async hostless(...argv) {
      const place = argv.includes('--config') ? [] : ['--data-dir', dataDir]
      const program = ['--import', 'tsx', 'manager/cli/main.ts', ...argv, ...place]
      const { stdout, stderr, exitCode } = await execa(process.execPath, program, { cwd: PROJECT, reject: false })
      return { stdout, stderr, exitCode: exitCode ?? 128 }
    },
    async configure(change) {
      const config = parse(await readFile(appliance.configFile, 'utf8')) as Record<string, unknown>
      await writeFile(appliance.configFile, stringify(change(config)))
    },
  }
}

async function publishedIn(dataDir: string): Promise<Testbed['image']> {
  const folder = join(dataDir, 'images', imageName('lab'), 'published')
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as { generation: string }
  return { generation: manifest.generation, folder: join(folder, '..', manifest.generation) }
}
