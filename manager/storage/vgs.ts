// VGs of a host by its report, and how operators call them: by the VG's name, and by its pool's tag where that is another. Pure.
import { RECORDS_LV } from '../protocol/guest-record.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { BlockDevice, Vg } from '../protocol/storage.ts'

const PREFIX = 'hostless.pool='

export interface HostVg {
  readonly vg: Vg
  /** Names that it answers to. */
  readonly pools: readonly string[]
  readonly disks: readonly Pick<BlockDevice, 'name' | 'serial' | 'wwid' | 'sizeBytes'>[]
  /** But for the one that remembers guests: it goes with its VG. */
  readonly lvs: readonly string[]
}

export function vgsOf({
  vgs,
  pvs,
  lvs,
  blockDevices,
  multipaths,
}: Pick<Inventory, 'vgs' | 'pvs' | 'lvs' | 'blockDevices' | 'multipaths'>): readonly HostVg[] {
  return vgs.map((vg) => ({
    vg,
    pools: poolsOf(vg),
    disks: pvs.flatMap(({ vgUuid, device, sizeBytes }) => {
      if (vgUuid !== vg.uuid) return []
      const name = device?.replace(/^\/dev\/(mapper\/)?/, '') ?? 'missing'
      const leg = multipaths.find((map) => map.name === name)?.paths[0]?.device ?? name
      const disk = blockDevices.find((one) => one.name === leg)
      return [
        {
          name,
          sizeBytes: disk?.sizeBytes ?? sizeBytes,
          ...(disk?.serial ? { serial: disk.serial } : {}),
          ...(disk?.wwid ? { wwid: disk.wwid } : {}),
        },
      ]
    }),
    lvs: lvs.flatMap(({ vgUuid, name }) => (vgUuid === vg.uuid && name !== RECORDS_LV ? [name] : [])),
  }))
}

/** Its own name is one of them. */
export function poolsOf({ name, tags }: Pick<Vg, 'name' | 'tags'>): readonly string[] {
  const tagged = tags.filter((tag) => tag.startsWith(PREFIX)).map((tag) => tag.slice(PREFIX.length))
  return [...new Set([name, ...tagged])]
}

/** By name, UUID or pool; names of VGs come before pools'. */
export function findVg(vgs: readonly HostVg[], ref: string): HostVg | undefined {
  return vgs.find(({ vg }) => vg.name === ref || vg.uuid === ref) ?? vgs.find(({ pools }) => pools.includes(ref))
}
