// What goes into our initramfs: busybox, `init`, and the kernel modules between a NIC and an NFS root, or a stick and its squashfs.
// Pure: from a module list and the kernel's own dependency tables to archive entries.
import type { CpioEntry } from './cpio.ts'

/** Module paths (below /usr/lib/modules/VERSION/) that the boot may need: every Ethernet driver, its PHYs, and the way to the root. */
const WANTED: readonly RegExp[] = [
  /^kernel\/drivers\/net\/ethernet\//,
  /^kernel\/drivers\/net\/(phy|mdio|pcs)\//,
  /^kernel\/drivers\/net\/(virtio_net|net_failover|bonding\/bonding|vmxnet3\/vmxnet3|hyperv\/hv_netvsc|xen-netfront)\.ko/,
  /^kernel\/drivers\/virtio\/virtio_pci\.ko/,
  /^kernel\/net\/(bridge\/bridge|8021q\/8021q)\.ko/,
  /^kernel\/fs\/(nfs\/nfsv3|overlayfs\/overlay|squashfs\/squashfs)\.ko/,
  /^kernel\/drivers\/block\/loop\.ko/,
  // A stick, or a BMC's virtual media: USB, or a CD on ATA.
  /^kernel\/drivers\/usb\/host\/(xhci|ehci|ohci|uhci)-(hcd|pci)\.ko/,
  /^kernel\/drivers\/usb\/storage\/(usb-storage|uas)\.ko/,
  /^kernel\/drivers\/(scsi\/(sd_mod|sr_mod)|ata\/(ahci|ata_piix))\.ko/,
  /^kernel\/fs\/isofs\/isofs\.ko/,
]

/** The kernel's tables, as text, and the modules that there are: paths below /usr/lib/modules/VERSION/, without `.xz`. */
export interface KernelModules {
  readonly version: string
  readonly paths: readonly string[]
  readonly dependencies: string
  readonly aliases: string
  readonly softDependencies: string
}

/** The wanted modules with all that they depend on, sorted. Throws when a dependency is not in the root. */
export function selectModules(modules: KernelModules): string[] {
  const requires = parseDependencies(modules.dependencies)
  const byName = new Map(modules.paths.map((path) => [moduleName(path), path]))
  const soft = parseSoftDependencies(modules.softDependencies)
  const chosen = new Set<string>()
  const pending = modules.paths.filter((path) => WANTED.some((pattern) => pattern.test(path)))
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (chosen.has(path)) continue
    chosen.add(path)
    const needs = requires.get(path)
    if (!needs) throw new Error(`modules.dep does not list ${path}: run depmod in the root`)
    const wishes = (soft.get(moduleName(path)) ?? []).flatMap((name) => byName.get(name) ?? [])
    pending.push(...needs, ...wishes)
  }
  return [...chosen].sort()
}

/** modules.dep, modules.alias and modules.softdep of the chosen modules only: busybox reads them at every modprobe. */
export function moduleTables(modules: KernelModules, chosen: readonly string[]): { readonly [file: string]: string } {
  const requires = parseDependencies(modules.dependencies)
  const names = new Set(chosen.map(moduleName))
  const dep = chosen.map((path) => `${path}: ${(requires.get(path) ?? []).join(' ')}`.trimEnd())
  const alias = lines(modules.aliases).filter((line) => names.has(canonical(line.split(/\s+/)[2] ?? '')))
  const softdep = lines(modules.softDependencies).filter((line) => names.has(canonical(line.split(/\s+/)[1] ?? '')))
  return { 'modules.dep': text(dep), 'modules.alias': text(alias), 'modules.softdep': text(softdep) }
}

/** The names that a module's .modinfo section gives as `firmware=`: files below /usr/lib/firmware. */
export function firmwareOf(module: Uint8Array): string[] {
  const bytes = Buffer.from(module.buffer, module.byteOffset, module.byteLength)
  const found: string[] = []
  const key = '\0firmware='
  for (let at = bytes.indexOf(key); at >= 0; at = bytes.indexOf(key, at + 1)) {
    const start = at + key.length
    const end = bytes.indexOf(0, start)
    if (end > start) found.push(bytes.toString('latin1', start, end))
  }
  return found
}

export interface InitramfsParts {
  readonly version: string
  readonly busybox: Uint8Array
  readonly scripts: { readonly [path: string]: Uint8Array }
  readonly modules: ReadonlyMap<string, Uint8Array>
  readonly tables: { readonly [file: string]: string }
  readonly firmware: ReadonlyMap<string, Uint8Array>
}

export function initramfsEntries(parts: InitramfsParts): CpioEntry[] {
  const modules = `lib/modules/${parts.version}`
  return [
    ...['bin', 'dev', 'etc', 'new', 'proc', 'run', 'sys', 'tmp'].map((path): CpioEntry => ({ kind: 'directory', path })),
    { kind: 'character', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { kind: 'character', path: 'dev/null', mode: 0o666, major: 1, minor: 3 },
    { kind: 'symlink', path: 'sbin', target: 'bin' },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, data: parts.busybox },
    ...APPLETS.map((name): CpioEntry => ({ kind: 'symlink', path: `bin/${name}`, target: 'busybox' })),
    ...Object.entries(parts.scripts).map(([path, data]): CpioEntry => ({ kind: 'file', path, mode: 0o755, data })),
    ...Object.entries(parts.tables).map(
      ([name, data]): CpioEntry => ({ kind: 'file', path: `${modules}/${name}`, mode: 0o644, data: Buffer.from(data) }),
    ),
    ...[...parts.modules].map(([path, data]): CpioEntry => ({ kind: 'file', path: `${modules}/${path}`, mode: 0o644, data })),
    ...[...parts.firmware].map(([path, data]): CpioEntry => ({ kind: 'file', path: `lib/firmware/${path}`, mode: 0o644, data })),
  ]
}

/** What `init`, `lease` and `stick` call; a test compares the two. */
export const APPLETS: readonly string[] = [
  ...['awk', 'base64', 'basename', 'brctl', 'cat', 'cut', 'free', 'grep', 'ip', 'losetup', 'mkdir', 'modprobe', 'mount', 'rm', 'sed', 'sh'],
  ...['sha256sum', 'sleep', 'sort', 'switch_root', 'timeout', 'tr', 'udhcpc', 'umount', 'wget', 'xargs', 'xxd'],
]

function parseDependencies(table: string): Map<string, string[]> {
  return new Map(
    lines(table).map((line) => {
      const [path = '', needs = ''] = line.split(':')
      return [plain(path), needs.split(' ').filter(Boolean).map(plain)]
    }),
  )
}

/** `softdep r8169 pre: realtek` → r8169 wishes for realtek. */
function parseSoftDependencies(table: string): Map<string, string[]> {
  const wishes = new Map<string, string[]>()
  for (const line of lines(table)) {
    const [keyword, name = '', ...rest] = line.split(/\s+/)
    if (keyword === 'softdep') wishes.set(canonical(name), rest.filter((word) => !word.endsWith(':')).map(canonical))
  }
  return wishes
}

function moduleName(path: string): string {
  return canonical(path.replace(/^.*\//, '').replace(/\.ko$/, ''))
}

function canonical(name: string): string {
  return name.replaceAll('-', '_')
}

function plain(path: string): string {
  return path.replace(/\.xz$/, '')
}

function lines(table: string): string[] {
  return table.split('\n').filter((line) => line && !line.startsWith('#'))
}

function text(rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join('')
}
