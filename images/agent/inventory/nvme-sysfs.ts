// /sys/class/nvme (Linux: drivers/nvme/host/sysfs.c): by which controllers a namespace is reached, over which transport, of which
// subsystem. lsblk calls a namespace on the other side of a network "nvme" like one in the machine.
import type { Backend } from '../backend.ts'
import { tidy } from './accept.ts'

const CONTROLLERS = '/sys/class/nvme'
/** A host has some tens of them; a name that is none is not looked into. */
const MOST = 256

export interface NvmeController {
  /** `nvme3`. */
  readonly name: string
  /** `pcie`, `tcp`, `rdma`, `fc`, `loop`. */
  readonly transport: string
  /** The subsystem's NQN. */
  readonly subsystem: string | undefined
  /** `traddr=10.0.0.5,trsvcid=4420`. */
  readonly address: string | undefined
  /** The kernel's word: `live`, `connecting`, `resetting`, `dead`. */
  readonly state: string | undefined
}

/** By name of the block device (`nvme1n1`) the controllers that lead to it; one that shows no namespace by its own. */
export async function nvmeSysfs(backend: Backend): Promise<ReadonlyMap<string, readonly NvmeController[]>> {
  const names = (await backend.list(CONTROLLERS)).filter((name) => /^nvme\d+$/.test(name)).slice(0, MOST)
  const found = await Promise.all(names.map((name) => controllerIn(backend, name)))
  const controllers = new Map<string, NvmeController[]>()
  for (const { namespaces, controller } of found) {
    if (controller === undefined) continue
    for (const namespace of namespaces.length > 0 ? namespaces : [controller.name])
      controllers.set(namespace, [...(controllers.get(namespace) ?? []), controller])
  }
  return controllers
}

/** Those that lead to it; where sysfs shows no namespaces below controllers, the one of its number, as without multipathing. */
export function controllersOf(namespace: string, found: ReadonlyMap<string, readonly NvmeController[]>): readonly NvmeController[] {
  return found.get(namespace) ?? found.get(namespace.replace(/n\d+$/, '')) ?? []
}

async function controllerIn(backend: Backend, name: string) {
  const folder = `${CONTROLLERS}/${name}`
  const [entries, ...texts] = await Promise.all([
    backend.list(folder),
    ...['transport', 'subsysnqn', 'address', 'state'].map((file) => backend.read(`${folder}/${file}`)),
  ])
  const [transport, subsystem, address, state] = texts.map((text) => tidy(text, 256))
  const namespaces = [...new Set(entries.flatMap((entry) => namespaceOf(entry) ?? []))]
  return { namespaces, controller: transport === undefined ? undefined : { name, transport, subsystem, address, state } }
}

/** With the kernel's own multipathing `nvme0c3n1` is the path of `nvme0n1` over nvme3; without, a controller has `nvme3n1` itself. */
function namespaceOf(entry: string): string | undefined {
  const [, subsystem, namespace] = /^nvme(\d+)(?:c\d+)?n(\d+)$/.exec(entry) ?? []
  return namespace === undefined ? undefined : `nvme${subsystem}n${namespace}`
}
