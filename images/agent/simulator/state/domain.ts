// A domain as the hypervisor and libxl know it.

export interface Domain {
  readonly domid: number
  readonly uuid: string
  readonly name: string
  /** What xenconsoled calls it, where that is not its name: from before it was renamed. */
  readonly loggedAs?: string
  readonly type: 'pv' | 'pvh' | 'hvm'
  readonly vcpus: number
  readonly maxVcpus: number
  readonly memoryKib: number
  readonly maxKib: number
  readonly disks: readonly DomainDisk[]
  readonly nics: readonly DomainNic[]
  readonly state: DomainState
  readonly onReboot: string
  readonly onCrash: string
  /** When it began here, by the simulated clock. */
  readonly since: number
  /** CPUs in use, on the average; and bytes a second, of disk and of network. */
  readonly load: number
  readonly traffic: number
  /** Of credit2, in percent of one CPU. */
  readonly cap?: number
  /** What it does with its disks while it runs; none of a guest that only counts. */
  readonly workload?: Workload
  /** It was asked to end, and will at this time of the simulated clock. */
  readonly ending?: { readonly at: number; readonly how: 'poweroff' | 'reboot' }
}

export type DomainState = 'running' | 'blocked' | 'paused' | 'suspended' | 'shutdown' | 'crashed'

export interface DomainDisk {
  readonly vdev: string
  /** As it was given: a path. */
  readonly target: string
  /** The kernel's name of what was opened: the path may lead elsewhere later, the opened device stays. */
  readonly device: string
  readonly writable: boolean
  readonly format: string
  readonly script?: string
}

export interface DomainNic {
  readonly devid: number
  readonly mac: string
  readonly bridge: string
  /** That is run when it comes; Xen's own where it is left out. */
  readonly script?: string
}

/** A guest that writes numbered blocks and remembers what was acknowledged: as the lab's own does. */
export interface Workload {
  readonly seed: string
  readonly everyMilliseconds: number
  readonly next: number
  readonly count: number
  /** By sector of the first disk: the stamp of the last write that was acknowledged. */
  readonly written: ReadonlyMap<number, string>
  /** What it read that was not what it had written. */
  readonly mismatches: readonly string[]
  /** Writes that failed. */
  readonly errors: number
}

export function isAlive({ state }: Domain): boolean {
  return state === 'running' || state === 'blocked'
}

/** Front end's name → number of the device: xvda is 51712, as are xvd's first sixteen. */
export function vbdNumber(vdev: string): number {
  const [, letter = 'a', part = ''] = /^(?:xvd|sd|hd)([a-p])(\d*)$/.exec(vdev) ?? []
  const index = letter.charCodeAt(0) - 'a'.charCodeAt(0)
  return (202 << 8) + index * 16 + (part === '' ? 0 : Number(part))
}
