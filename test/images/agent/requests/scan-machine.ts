// A machine with one file system that tests can make: its devices, its mounts, the files on it, and programs that break.
import type { Backend, Command, Ran } from '../../../../images/agent/backend.ts'
import type { World } from '../../../../images/agent/requests/world.ts'
import { ended, IDLE } from '../machines.ts'

export const UUID = '07a892c2-d5d2-48dc-a0ea-31d5e875065e'

/** The first bytes; `size` makes it 192 KiB and 8. */
export const qcow2 = 'QFI\xfb\0\0\0\x03'

interface Given {
  readonly type?: string
  /** Content by path. Each file has 192 KiB of zeros behind it. */
  readonly files?: { readonly [path: string]: string }
  readonly rows?: readonly object[]
  readonly guestHas?: string
}

const DISK = { kname: 'sda', type: 'disk', tran: 'iscsi', path: '/dev/sda', size: 1 << 30, ro: false, rm: false }

export class ScanMachine {
  readonly commands: Command[] = []
  now = 0
  readonly broken = new Map<string, 'fails' | 'stops' | 'missing' | 'nonsense'>()
  mounts: string[] = []
  mostMounts = 0
  nfs: { readonly source: string; readonly point: string; readonly address?: string } | undefined
  /** umount goes only with --lazy; or not at all. */
  busy = false
  stuck = false
  readonly #given: Given

  constructor(given: Given) {
    this.#given = given
  }

  get world(): World {
    const backend: Backend = {
      run: async (command) => {
        this.commands.push(command)
        await Promise.resolve()
        return this.#broken(command) ?? this.#run(command)
      },
      read: async (path) => (path === '/proc/self/mountinfo' ? this.#mountinfo() : undefined),
      list: async () => [],
    }
    return {
      backend,
      files: { write: async () => undefined, remove: async () => undefined },
      clock: { steady: () => this.now },
      collect: async () => undefined,
    }
  }

  runs(program: string): readonly Command[] {
    return this.commands.filter(([name]) => name === program)
  }

  #broken([program, ...args]: Command): Ran | undefined {
    const how = this.broken.get(program)
    // What stops a mount may stop it too late.
    if (how === 'stops' && program === 'mount') this.#mount(args.at(-1) ?? '')
    switch (how) {
      case 'fails':
        return ended('', 1, 'it is broken')
      case 'stops':
        return { kind: 'stopped', stdout: '', reason: 'stopped after 60 s' }
      case 'missing':
        return { kind: 'missing' }
      case 'nonsense':
        return ended('%!\0\xff {')
      case undefined:
        return undefined
    }
  }

  #run([program, ...args]: Command): Ran {
    switch (program) {
      case 'lsblk':
        return ended(JSON.stringify({ blockdevices: this.#rows() }))
      case 'xl':
        return ended(args[1] === '-l' ? JSON.stringify(this.#guests()) : this.#domains())
      case 'mount':
        return this.#mount(args.at(-1) ?? '')
      case 'umount':
        return this.#umount(args)
      case 'stat':
        return ended('4096 1000 250\n')
      case 'find':
        return ended(
          Object.entries(this.#given.files ?? {})
            .map(([path, text]) => `${196_608 + text.length} 384 ${path}\0`)
            .join(''),
        )
      case 'od':
        this.now += 40_000
        return ended(this.#dump(args.at(-1) ?? ''))
      case 'mkdir':
      case 'rmdir':
        return ended('')
      default:
        return { kind: 'missing' }
    }
  }

  #rows(): readonly object[] {
    const type = this.#given.type ?? 'ext4'
    const mountpoints = this.mounts.filter((point) => !point.startsWith('/run/hostless'))
    const own = { fstype: type, uuid: UUID, mountpoints }
    if (this.#given.rows) return this.#given.rows.map((row) => ({ ...own, size: 1 << 26, ...row }))
    return [DISK, { ...DISK, ...own, kname: 'sda1', path: '/dev/sda1', type: 'part', pkname: 'sda', partn: 1 }]
  }

  #domains(): string {
    const web = 'web 1 64 1 -b---- 1.0 00000000-0000-4000-8000-000000000001 - -\n'
    return `${IDLE['xl list -v']}${this.#given.guestHas === undefined ? '' : web}`
  }

  #guests(): readonly object[] {
    const { guestHas } = this.#given
    if (guestHas === undefined) return []
    const config = {
      c_info: { type: 'pvh', name: 'web', uuid: '00000000-0000-4000-8000-000000000001' },
      b_info: { max_vcpus: 1, max_memkb: 65536, target_memkb: 65536 },
      disks: [{ pdev_path: guestHas, vdev: 'xvda', format: 'raw', readwrite: 1 }],
    }
    return [{ domid: 1, config }]
  }

  #mount(point: string): Ran {
    this.mounts.push(point)
    this.mostMounts = Math.max(this.mostMounts, this.mounts.length)
    return ended('')
  }

  #umount(args: readonly string[]): Ran {
    if (this.stuck || (this.busy && !args.includes('--lazy'))) return ended('', 32, 'umount: target is busy.')
    this.mounts = this.mounts.filter((point) => point !== args.at(-1))
    return ended('')
  }

  #mountinfo(): string {
    const nfs = this.nfs
      ? [`40 22 0:44 / ${this.nfs.point} rw - nfs4 ${this.nfs.source} rw,vers=4.2,addr=${this.nfs.address ?? '10.0.0.9'}`]
      : []
    return [...this.mounts.map((point, index) => `${30 + index} 22 7:0 / ${point} ro - ext4 /dev/loop0 ro`), ...nfs, ''].join('\n')
  }

  #dump(path: string): string {
    const text = Object.entries(this.#given.files ?? {}).find(([name]) => path.endsWith(`/${name}`))?.[1] ?? ''
    const bytes = Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(520)]).subarray(0, 520)
    return (bytes.toString('hex').match(/.{32}|.+/g) ?? []).map((line) => ` ${line.match(/../g)?.join(' ')}\n`).join('')
  }
}
