// Device-mapper tables. Several tables over one device share its claim: the kernel's dm claims for all of them. Pure.

export interface DmDevice {
  /** 253:minor. */
  readonly minor: number
  readonly name: string
  readonly uuid: string
  readonly active: Table | undefined
  readonly inactive: Table | undefined
  readonly suspended: boolean
}

export type Table = readonly TableLine[]

export interface TableLine {
  readonly start: number
  readonly sectors: number
  readonly target: TableTarget
}

export type TableTarget =
  | { readonly kind: 'linear'; readonly device: string; readonly offset: number }
  | { readonly kind: 'zero' }
  | { readonly kind: 'error' }
  /** All paths lead to one medium. */
  | { readonly kind: 'multipath'; readonly paths: readonly string[] }
  | { readonly kind: 'snapshot-origin'; readonly device: string }
  /** LVM's own: thin volumes and snapshots, whose content has a medium of its own. `over` are the hidden LVs that they hold. */
  | { readonly kind: 'thin' | 'snapshot' | 'thin-pool'; readonly medium: string; readonly over: readonly string[] }

export function sectorsOf(table: Table | undefined): number {
  const last = table?.at(-1)
  return last ? last.start + last.sectors : 0
}

/** Kernel names of what it lies on. */
export function devicesUnder(table: Table | undefined): readonly string[] {
  return [...new Set((table ?? []).flatMap(({ target }) => underTarget(target)))]
}

export function underTarget(target: TableTarget): readonly string[] {
  switch (target.kind) {
    case 'linear':
    case 'snapshot-origin':
      return [target.device]
    case 'multipath':
      return target.paths
    case 'thin':
    case 'snapshot':
    case 'thin-pool':
      return target.over
    case 'zero':
    case 'error':
      return []
  }
}

/** All that its tables hold, the loaded one too: the kernel opens what a table names when it is loaded. */
export function heldBy({ active, inactive }: DmDevice): readonly string[] {
  return [...new Set([...devicesUnder(active), ...devicesUnder(inactive)])]
}

export function freeMinor(devices: readonly DmDevice[]): number {
  const taken = new Set(devices.map(({ minor }) => minor))
  for (let minor = 0; ; minor += 1) if (!taken.has(minor)) return minor
}

/** `vg0-g1--snap`: LVM doubles the dashes of names. */
export function lvMapName(group: string, volume: string): string {
  return `${group.replaceAll('-', '--')}-${volume.replaceAll('-', '--')}`
}

export function lvMapUuid(groupUuid: string, volumeUuid: string): string {
  return `LVM-${groupUuid.replaceAll('-', '')}${volumeUuid.replaceAll('-', '')}`
}
