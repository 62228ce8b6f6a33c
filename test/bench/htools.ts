// Ganeti's htools as a peer: a pool in their text format (htools 3.0, "Text backend"), `hail` for one guest after the other, `hbal`'s score.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Want } from '../../manager/placement/picture.ts'
import { MACHINE } from './placement-pool.ts'

export const HAIL = '/usr/lib/ganeti/iallocators/hail'
const MIB = 2 ** 20
const GROUP = 'group|00000000-0000-4000-8000-000000000001|preferred||'
const DISK_TEMPLATE = 'plain'

/** `placed`: host by guest; who has none is left out. */
export function textData(hosts: readonly string[], wants: readonly Want[], placed: ReadonlyMap<string, string>, vcpuRatio: number): string {
  const used = new Map<string, { memory: number; disk: number }>()
  const instances = wants.flatMap(({ id, needs }) => {
    const host = placed.get(id)
    if (host === undefined) return []
    const [memory, disk] = [needs.memoryBytes / MIB, diskOf(needs)]
    const one = used.get(host) ?? { memory: 0, disk: 0 }
    used.set(host, { memory: one.memory + memory, disk: one.disk + disk })
    return [`${id}|${memory}|${disk}|${needs.vcpus}|running|Y|${host}||${DISK_TEMPLATE}||1|1|N`]
  })
  const [memory, disk] = [MACHINE.memoryBytes / MIB, MACHINE.diskBytes / MIB]
  const nodes = hosts.map((host, index) => {
    const { memory: taken, disk: filled } = used.get(host) ?? { memory: 0, disk: 0 }
    const id = GROUP.split('|')[1]
    return `${host}|${memory}|0|${memory - taken}|${disk}|${disk - filled}|${MACHINE.threads}|${index === 0 ? 'M' : 'N'}|${id}|1||N|0|1|1.0`
  })
  const limits = `128,1,1024,1,1,1|128,1,1024,1,1,1;${memory},64,${disk},16,8,12|${DISK_TEMPLATE}|${vcpuRatio}|1000.0`
  return [[GROUP], nodes, instances, [''], [`|${limits}`, `group|${limits}`]].map((lines) => `${lines.join('\n')}\n`).join('\n')
}

export interface PlacedByHail {
  readonly placed: ReadonlyMap<string, string>
  readonly refused: number
  readonly seconds: number
}

/** One request after the other, each with the pool as the one before has left it: what it costs to write that is not counted. */
export async function placeByHail(hosts: readonly string[], wants: readonly Want[], vcpuRatio: number): Promise<PlacedByHail> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-hail-'))
  const [data, request] = [join(folder, 'data'), join(folder, 'request.json')]
  const placed = new Map<string, string>()
  let [seconds, refused] = [0, 0]
  try {
    for (const want of wants) {
      await writeFile(data, textData(hosts, wants, placed, vcpuRatio))
      await writeFile(request, JSON.stringify(requestFor(want)))
      const started = performance.now()
      const { stdout } = await execa(HAIL, ['-t', data, request])
      seconds += (performance.now() - started) / 1000
      const { success, result } = JSON.parse(stdout) as { success: boolean; result: readonly string[] }
      const [host] = result
      if (success && host !== undefined) placed.set(want.id, host)
      else refused += 1
    }
    return { placed, refused, seconds }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The less the better. */
export async function scoreOf(data: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-hbal-'))
  try {
    const file = join(folder, 'data')
    await writeFile(file, data)
    const { stdout } = await execa('hbal', ['-t', file, '-l', '0'])
    const score = /score[:= ]+([\d.]+)/i.exec(stdout)?.[1]
    if (score === undefined) throw new Error(`hbal said no score: ${stdout}`)
    return Number(score)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function requestFor({ id, needs }: Want): object {
  const disk = diskOf(needs)
  return {
    request: {
      ...{ type: 'allocate', name: id, memory: needs.memoryBytes / MIB, vcpus: needs.vcpus, disk_template: DISK_TEMPLATE },
      ...{ disk_space_total: disk, disks: [{ size: disk, mode: 'w', spindles: 1 }], spindle_use: 1, required_nodes: 1 },
      ...{ tags: [], nics: [], os: 'none', hypervisor: 'xen-pvm' },
    },
    ...{ version: 2, cluster_name: 'bench', cluster_tags: [], enabled_hypervisors: ['xen-pvm'], ipolicy: {} },
    ...{ nodegroups: {}, nodes: {}, instances: {} },
  }
}

function diskOf({ space }: Want['needs']): number {
  return space.reduce((sum, { bytes }) => sum + bytes, 0) / MIB
}
