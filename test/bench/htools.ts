// Ganeti's htools as a peer: a pool in their text format (htools 3.0, "Text backend"), `hail` for a set of guests, `hbal`'s score.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { z } from 'zod'
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

/** All in one request (`multi-allocate`), on empty hosts. */
export async function placeByHail(hosts: readonly string[], wants: readonly Want[], vcpuRatio: number): Promise<PlacedByHail> {
  return inFolder(async (folder) => {
    const [data, request] = [join(folder, 'data'), join(folder, 'request.json')]
    await writeFile(data, textData(hosts, [], new Map(), vcpuRatio))
    await writeFile(request, JSON.stringify({ ...AROUND, request: { type: 'multi-allocate', instances: wants.map(instanceOf) } }))
    const started = performance.now()
    const { stdout } = await execa(HAIL, ['-t', data, request])
    const seconds = (performance.now() - started) / 1000
    const { success, info, result } = answer.parse(JSON.parse(stdout))
    if (!success) throw new Error(`hail: ${info}`)
    const placed = new Map((result[0] ?? []).flatMap((one) => (typeof one === 'string' ? [] : [[one[0], one[1][0] ?? ''] as const])))
    return { placed, refused: wants.length - placed.size, seconds }
  })
}

/** Those that found a place with their nodes, and the names of those that did not. */
const answer = z.object({
  success: z.boolean(),
  info: z.string(),
  result: z.array(z.array(z.union([z.tuple([z.string(), z.array(z.string())]), z.string()]))),
})

/** The less the better. */
export async function scoreOf(data: string): Promise<number> {
  return inFolder(async (folder) => {
    const file = join(folder, 'data')
    await writeFile(file, data)
    const { stdout } = await execa('hbal', ['-t', file, '-l', '0'])
    const score = /score[:= ]+([\d.]+)/i.exec(stdout)?.[1]
    if (score === undefined) throw new Error(`hbal said no score: ${stdout}`)
    return Number(score)
  })
}

async function inFolder<Value>(act: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-htools-'))
  try {
    return await act(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What hail wants to see, and takes from the data file. */
const AROUND = {
  ...{ version: 2, cluster_name: 'bench', cluster_tags: [], enabled_hypervisors: ['xen-pvm'], ipolicy: {} },
  ...{ nodegroups: {}, nodes: {}, instances: {} },
}

function instanceOf({ id, needs }: Want): object {
  const disk = diskOf(needs)
  return {
    ...{ type: 'allocate', name: id, memory: needs.memoryBytes / MIB, vcpus: needs.vcpus, disk_template: DISK_TEMPLATE },
    ...{ disk_space_total: disk, disks: [{ size: disk, mode: 'w', spindles: 1 }], spindle_use: 1, required_nodes: 1 },
    ...{ tags: [], nics: [], os: 'none', hypervisor: 'xen-pvm' },
  }
}

function diskOf({ space }: Want['needs']): number {
  return space.reduce((sum, { bytes }) => sum + bytes, 0) / MIB
}
