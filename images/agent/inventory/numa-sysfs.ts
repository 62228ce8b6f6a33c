// /sys/devices/system/node: NUMA as this Linux sees it. Under Xen dom0 sees one node; `xl info -n` knows all and goes before.
import type { Backend } from '../backend.ts'
import { whole } from './accept.ts'
import { parseMeminfo } from './meminfo.ts'
import type { Reading } from './reading.ts'

const FOLDER = '/sys/devices/system/node'
const NODES = 256

export interface SysfsNode {
  readonly node: number
  readonly bytes: number
  readonly cpus: readonly number[]
  readonly distances: readonly number[]
}

export async function numaSysfs(backend: Backend): Promise<Reading<readonly SysfsNode[]>> {
  const names = (await backend.list(FOLDER)).filter((name) => /^node\d{1,4}$/.test(name)).slice(0, NODES)
  const nodes = await Promise.all(
    names.map(async (name): Promise<SysfsNode> => {
      const file = async (member: string): Promise<string> => (await backend.read(`${FOLDER}/${name}/${member}`)) ?? ''
      return {
        node: Number(name.slice('node'.length)),
        bytes: parseMeminfo(await file('meminfo')).value.totalBytes ?? 0,
        cpus: parseCpuList(await file('cpulist')),
        distances: (await file('distance')).split(/\s+/).flatMap((word) => whole(word) ?? []),
      }
    }),
  )
  return { value: nodes.sort((a, b) => a.node - b.node), problems: [] }
}

const LARGEST = 4095

/** `0-3,8` → 0, 1, 2, 3, 8: the kernel's list format. What is no part of it is passed over. */
export function parseCpuList(text: string): readonly number[] {
  const parts = text.trim().split(',')
  const numbers = parts.flatMap((part) => {
    const [, first, last] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? []
    const start = Number(first)
    const end = Math.min(Number(last ?? first), LARGEST)
    return first === undefined || end < start ? [] : Array.from({ length: end - start + 1 }, (_, index) => start + index)
  })
  return [...new Set(numbers)].sort((a, b) => a - b)
}
