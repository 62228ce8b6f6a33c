// A rack in a namespace: bridge, nodes with BMCs, all powered off. Nothing of it outlives the process that started it.

import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type BmcAccess, type Bmcs, startBmcs } from './bmc.ts'
import { KEY_FILE, makeRunFolder, runtimeFolder } from './folders.ts'
import { buildMachine, type Machine } from './machine.ts'
import { makeNamespace, namespaceName, type Ran, type RunOptions, runInNamespace, startGuard, sweepNamespaces } from './namespace.ts'
import { createNode, type RackNode } from './node.ts'
import { newPace, type Pace } from './patience.ts'
import { type Firmware, type NodePlan, type NodeSpec, planNodes } from './plan.ts'
import { ensureKey } from './ssh.ts'

export interface RackOptions {
  /** How many, or what each one is. */
  readonly nodes: number | readonly NodeSpec[]
  /** Of the nodes that do not say; default `bios`. */
  readonly firmware?: Firmware
  /** Hears what is waited for when that takes long; left out: nobody. */
  readonly say?: (text: string) => void
}

export interface Rack {
  readonly namespace: string
  /** Consoles and logs of this run: `.lab/runs/<id>`. Stays after `close`. */
  readonly folder: string
  /** Sockets and whatever else goes with the rack; only root may look inside. */
  readonly runtime: string
  readonly nodes: readonly RackNode[]
  readonly bmc: BmcAccess
  readonly pace: Pace
  readonly say: (text: string) => void
  /** Throws when the rack has no such node. */
  node(name: string): RackNode
  /** Runs a program in the namespace, to its end. A non-zero exit is a result. */
  exec(argv: readonly string[], options?: RunOptions): Promise<Ran>
  /** Ends every process in the namespace and removes it, its disks and sockets. Safe to repeat. */
  close(): Promise<void>
}

/** For the dataDir of what serves the rack, in its run's folder; goes with the rack. */
export function rackData(folder: string): string {
  return join(folder, 'data')
}

/** Needs root. Rejects with nothing left behind. */
export async function startRack(options: RackOptions): Promise<Rack> {
  if (process.getuid?.() !== 0) throw new Error('a rack needs root: it makes a network namespace, a bridge and taps')
  await sweepNamespaces(runtimeFolder)
  await ensureKey(KEY_FILE)
  const namespace = namespaceName(process.pid)
  const folders = { runtime: runtimeFolder(namespace), run: await makeRunFolder() }
  const specs = typeof options.nodes === 'number' ? Array.from({ length: options.nodes }, () => ({})) : options.nodes
  const plans = planNodes(specs, options.firmware ?? 'bios', folders)
  const disks = plans.flatMap((plan) => plan.disks).map((disk) => disk.file)
  const guard = startGuard(namespace, [folders.runtime, rackData(folders.run), ...disks])
  const machines = new Map<NodePlan, Machine>()
  let bmcs: Bmcs | undefined
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= Promise.resolve(bmcs?.close()).then(() => guard.release())
    return closing
  }
  try {
    await mkdir(folders.runtime, { mode: 0o700 })
    await makeNamespace(namespace, plans)
    for (const plan of plans) machines.set(plan, await buildMachine(plan, namespace))
    bmcs = await startBmcs(machines, namespace, folders, randomBytes(8).toString('hex'))
  } catch (error) {
    await close()
    throw error
  }
  const { access } = bmcs
  const pace = newPace()
  const nodes = [...machines].map(([plan, machine]) => createNode(plan, machine, access, { namespace, keyFile: KEY_FILE }, pace))
  return {
    namespace,
    folder: folders.run,
    runtime: folders.runtime,
    nodes,
    bmc: access,
    pace,
    say: options.say ?? (() => undefined),
    node(name) {
      const found = nodes.find((node) => node.name === name)
      if (!found) throw new RangeError(`the rack has no "${name}"; it has ${nodes.map((node) => node.name).join(', ')}`)
      return found
    },
    exec: (argv, runOptions) => runInNamespace(namespace, argv, runOptions),
    close,
  }
}
