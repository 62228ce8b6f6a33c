// What the lab's tests start from: the cached image in a dataDir of the test's own, a rack, and an appliance that serves it.

import { copyFile, readFile, realpath, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { execa } from 'execa'
import { parse, stringify } from 'yaml'
import { type Appliance, applianceConfig, type ServeCommand, startAppliance } from './appliance.ts'
import type { AttemptView, Stage } from './attempts.ts'
import { type Boot, isUp, stageOf, withAttempt } from './boots.ts'
import { dataFolder, KEY_FILE, PROJECT } from './folders.ts'
import { bootOf } from './follow.ts'
import { type Access, borrowImage, buildImage, imageName, needsBuild } from './image.ts'
import type { Ran } from './namespace.ts'
import type { RackNode } from './node.ts'
import type { NodeSpec } from './plan.ts'
import { hostlessIn } from './program.ts'
import { type Rack, rackData, startRack } from './rack.ts'
import { ensureKey } from './ssh.ts'

const SUITE = 'trixie'

/** Ten times what a boot takes on an idle machine. */
export const BOOT_MS = 300_000

export interface TestbedOptions {
  readonly nodes: readonly NodeSpec[]
  /** What the config says of a node beside name, MAC and address, by its name; `unknown`: it has no entry. */
  readonly hosts?: Readonly<Record<string, Readonly<Record<string, unknown>> | 'unknown'>>
  /** Images in the dataDir; default: `dom0`, to which the lab has a key. */
  readonly images?: readonly Access[]
  readonly command?: ServeCommand
  /** Sections of the config beside those that every rack has, or in their place. */
  readonly more?: Readonly<Record<string, unknown>>
  /** Hears what is waited for when that takes long. */
  readonly say?: (text: string) => void
  /** Called before the appliance starts, with the images in the dataDir. */
  readonly prepare?: (rack: Rack, dataDir: string) => Promise<void>
}

export interface Testbed {
  readonly rack: Rack
  readonly appliance: Appliance
  readonly dataDir: string
  /** The `dom0` that was published at the start. */
  readonly image: { readonly generation: string; readonly folder: string }
  node(name: string): RackNode
  /** Switches the power on, and waits until they are up. Rejects as soon as one has failed. */
  boot(...names: readonly string[]): Promise<readonly Boot[]>
  /** Resets by the BMC, and waits until it is up again. Rejects as soon as it has failed. */
  reset(name: string): Promise<Boot>
  /** Waits until the boot since the last power-on is so, over failures of it and restarts of the appliance. */
  waitFor(name: string, what: string, condition: (boot: Boot) => boolean): Promise<AttemptView>
  waitUp(name: string): Promise<AttemptView>
  waitStage(name: string, stage: Stage, status: 'done' | 'failed'): Promise<AttemptView>
  /** The command `hostless` on this dataDir. A non-zero exit is a result. */
  hostless(...argv: readonly string[]): Promise<Ran>
  /** Rewrites the config file and starts the appliance, anew if it runs. */
  configure(change: (config: Config) => Config): Promise<void>
  /** Takes all down; consoles and logs stay in `rack.folder`. */
  close(): Promise<void>
}

/** As the YAML file has it. */
export interface Config {
  readonly hosts: readonly Readonly<Record<string, unknown>>[]
  readonly [section: string]: unknown
}

/** Builds what is missing or outdated (1.5 minutes an image). Gives the folder of the published generation. */
export async function readyImage(access: Access): Promise<string> {
  await ensureKey(KEY_FILE)
  if (await needsBuild(SUITE, access)) await buildImage(SUITE, new AbortController().signal, access)
  return join(dataFolder(SUITE), 'images', imageName(access), 'published')
}

/** Of the image that a test's hosts with this access boot, as it is now; built if it has to be. */
export async function publishedGeneration(access: Access): Promise<string> {
  return basename(await realpath(await readyImage(access)))
}

/** Needs root. Rejects with nothing left behind but consoles and logs. */
export async function openTestbed(options: TestbedOptions): Promise<Testbed> {
  const images: string[] = []
  for (const access of options.images ?? (['lab'] as const)) images.push(await readyImage(access))
  const rack = await startRack({ nodes: options.nodes, ...(options.say ? { say: options.say } : {}) })
  const dataDir = rackData(rack.folder)
  try {
    for (const folder of images) await borrowImage(folder, dataDir)
    // This dataDir is the test's own: what it imports is signed by the same key.
    await copyFile(join(images[0] ?? '', '../../../keys/image.key'), join(dataDir, 'keys/image.key'))
    await options.prepare?.(rack, dataDir)
    const hosts = rack.nodes.flatMap(({ name, mac, address }) => {
      const more = options.hosts?.[name]
      return more === 'unknown' ? [] : [{ name, mac, address, ...more }]
    })
    const appliance = await startAppliance(rack, applianceConfig(rack.nodes, dataDir, { hosts, ...options.more }), options.command)
    return { ...testbedOn(rack, appliance, dataDir), image: await publishedIn(dataDir), close: () => rack.close() }
  } catch (error) {
    await rack.close()
    throw error
  }
}

function testbedOn(rack: Rack, appliance: Appliance, dataDir: string): Omit<Testbed, 'image' | 'close'> {
  async function waitFor(name: string, what: string, condition: (boot: Boot) => boolean): Promise<AttemptView> {
    const milliseconds = rack.pace.allow(BOOT_MS)
    const deadline = AbortSignal.timeout(milliseconds)
    let boots: readonly Boot[] = [bootOf(rack.node(name))]
    while (!deadline.aborted) {
      try {
        for await (const attempt of appliance.watch(deadline)) {
          boots = withAttempt(boots, attempt)
          const [boot] = boots
          if (boot?.attempt && condition(boot)) return boot.attempt
        }
      } catch (error) {
        if (!(error instanceof Error && 'code' in error)) throw error
      }
      await pause(100) // the appliance is away
    }
    throw new Error(`${name}: not ${what} within ${milliseconds / 1000} s; its newest attempt: ${JSON.stringify(boots[0]?.attempt)}`)
  }
  async function waitUpAtOnce(names: readonly string[]): Promise<readonly Boot[]> {
    return appliance.waitUp(names, BOOT_MS)
  }
  return {
    rack,
    appliance,
    dataDir,
    node: (name) => rack.node(name),
    async boot(...names) {
      await Promise.all(names.map((name) => rack.node(name).power('on')))
      return waitUpAtOnce(names)
    },
    async reset(name) {
      await rack.node(name).power('reset')
      const [boot] = await waitUpAtOnce([name])
      if (!boot) throw new Error(`${name} was not waited for`)
      return boot
    },
    waitFor,
    waitUp: (name) => waitFor(name, 'up', isUp),
    waitStage: (name, stage, status) => waitFor(name, `${stage} ${status}`, (boot) => stageOf(boot, stage)?.status === status),
    async hostless(...argv) {
      const [node = '', ...program] = hostlessIn(rack.runtime)
      const { stdout, stderr, exitCode } = await execa(node, [...program, ...argv, '--data-dir', dataDir], { cwd: PROJECT, reject: false })
      return { stdout, stderr, exitCode: exitCode ?? 128 }
    },
    async configure(change) {
      const config = parse(await readFile(appliance.configFile, 'utf8')) as Config
      await writeFile(appliance.configFile, stringify(change(config)))
      await appliance.restart()
    },
  }
}

async function publishedIn(dataDir: string): Promise<Testbed['image']> {
  const place = join(dataDir, 'images', imageName('lab'))
  const manifest = JSON.parse(await readFile(join(place, 'published/manifest.json'), 'utf8')) as { generation: string }
  return { generation: manifest.generation, folder: join(place, manifest.generation) }
}
