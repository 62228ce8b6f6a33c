// The lab's guest: Debian's kernel for clouds under busybox, small because it runs in an emulated host. It writes numbered blocks, tells
// of them on its console, and checks them. Pure: what goes into its initramfs and onto its disk.
import type { CpioEntry } from '../dom0/cpio.ts'
import type { DiskPlan } from './disk.ts'

export const SMALL_PACKAGES: readonly string[] = ['linux-image-cloud-amd64', 'busybox-static']

export const SMALL_DISK: DiskPlan = {
  label: 'hostless-small',
  sizeBytes: 64 << 20,
  options: ['-m', '0', '-J', 'size=4', '-N', '1024'],
}

/** What the kernel is told. The last three: fewer instructions, where each is emulated. */
export const SMALL_OPTIONS = 'console=hvc0 quiet mitigations=off nokaslr audit=0'

/** All that it loads: the way to its root, and what its root loads. */
const FIRST_MODULES = ['xen-blkfront', 'virtio_blk'] as const
const ROOT_MODULES = ['xen-netfront', 'cdrom', 'isofs'] as const
export const SMALL_MODULES: readonly string[] = [...FIRST_MODULES, ...ROOT_MODULES]

const INITRAMFS_APPLETS = ['sh']
const ROOT_APPLETS = [
  ...['awk', 'cat', 'cttyhack', 'cut', 'date', 'dd', 'df', 'dmesg', 'echo', 'findfs', 'free', 'grep', 'head', 'hostname', 'init', 'insmod'],
  ...['ip', 'kill', 'ls', 'mount', 'nc', 'ping', 'poweroff', 'printf', 'ps', 'reboot', 'sed', 'sh', 'sleep', 'sync', 'tail', 'test', 'tr'],
  ...['udhcpc', 'umount', 'usleep', 'wget'],
]

export interface SmallParts {
  readonly busybox: Uint8Array
  readonly kernel: Uint8Array
  /** By name, uncompressed: busybox loads no other. */
  readonly modules: ReadonlyMap<string, Uint8Array>
  /** `init` of the recipe's folder. */
  readonly init: Uint8Array
  /** Files below `root` of the recipe's folder, by their path. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

export function smallInitramfs({ busybox, modules, init }: SmallParts): CpioEntry[] {
  return [
    ...['bin', 'dev', 'proc', 'root', 'sys'].map(folder),
    { kind: 'character', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { kind: 'file', path: 'init', mode: 0o755, data: init },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, data: busybox },
    ...INITRAMFS_APPLETS.map(applet),
    ...FIRST_MODULES.map((name) => moduleFile(modules, name, `${name}.ko`)),
  ]
}

export function smallRoot({ busybox, modules, files, kernel }: SmallParts, initrd: Uint8Array, grub: string): CpioEntry[] {
  return [
    ...['bin', 'boot', 'boot/grub', 'data', 'dev', 'etc', 'lib', 'lib/modules', 'mnt', 'proc', 'run', 'sys', 'tmp'].map(folder),
    { kind: 'symlink', path: 'sbin', target: 'bin' },
    { kind: 'symlink', path: 'etc/resolv.conf', target: '../run/resolv.conf' },
    { kind: 'file', path: 'boot/vmlinuz', mode: 0o644, data: kernel },
    { kind: 'file', path: 'boot/initrd.img', mode: 0o644, data: initrd },
    { kind: 'file', path: 'boot/grub/grub.cfg', mode: 0o644, data: Buffer.from(grub) },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, data: busybox },
    ...ROOT_APPLETS.map(applet),
    ...ROOT_MODULES.map((name) => moduleFile(modules, name, `lib/modules/${name}.ko`)),
    ...[...files].map(([path, data]): CpioEntry => ({ kind: 'file', path, mode: isScript(data) ? 0o755 : 0o644, data })),
  ]
}

/** What a module's .modinfo section says that it needs; busybox is told no order, so all of it is to be in the kernel or known here. */
export function needsOf(module: Uint8Array): readonly string[] {
  const bytes = Buffer.from(module.buffer, module.byteOffset, module.byteLength)
  const key = '\0depends='
  const at = bytes.indexOf(key)
  const end = bytes.indexOf(0, at + key.length)
  return at < 0 || end < 0
    ? []
    : bytes
        .toString('latin1', at + key.length, end)
        .split(',')
        .filter(Boolean)
}

function folder(path: string): CpioEntry {
  return { kind: 'directory', path }
}

function applet(name: string): CpioEntry {
  return { kind: 'symlink', path: `bin/${name}`, target: 'busybox' }
}

function moduleFile(modules: ReadonlyMap<string, Uint8Array>, name: string, path: string): CpioEntry {
  const data = modules.get(name)
  if (!data) throw new Error(`Debian's kernel has no module ${name}`)
  return { kind: 'file', path, mode: 0o644, data }
}

function isScript(data: Uint8Array): boolean {
  return data[0] === 0x23 && data[1] === 0x21
}
