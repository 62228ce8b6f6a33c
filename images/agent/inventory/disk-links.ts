// `find /dev/disk`: udev's stable names, which `lsblk` does not tell. udev writes what is odd in a name as \x20.
import { type CommandSource, commandSource, type Parsed } from './reading.ts'

export interface DiskLink {
  readonly folder: 'by-path' | 'by-id'
  /** Without the folder: `wwn-0x60000000000000000e00000000010001`. */
  readonly name: string
  /** The kernel's name of the device: `sda`. */
  readonly device: string
}

/** Any name under /dev/disk: also of partitions, maps and md, and by what is on them. */
export interface DeviceLink {
  /** `/dev/disk/by-uuid/…`. */
  readonly path: string
  readonly device: string
}

/** One link a line: path, tab, what it points to. */
export function parseDeviceLinks(stdout: string): Parsed<readonly DeviceLink[]> {
  const links = stdout.split('\n').flatMap((line): DeviceLink[] => {
    const [, path, device] = /^(\/dev\/disk\/[^/\t]+\/[^/\t]+)\t(?:\.\.\/)+([^/\t]+)$/.exec(line) ?? []
    return path === undefined || device === undefined ? [] : [{ path, device }]
  })
  return { value: links, reasons: [] }
}

/** Links of partitions and udev's `-part` folders are left out. */
export function parseDiskLinks(stdout: string): Parsed<readonly DiskLink[]> {
  const links = parseDeviceLinks(stdout).value.flatMap(({ path, device }): DiskLink[] => {
    const [, , , folder, name] = path.split('/')
    if ((folder !== 'by-path' && folder !== 'by-id') || name === undefined || /-part\d+$/.test(name)) return []
    return [{ folder, name, device }]
  })
  return { value: links, reasons: [] }
}

const FIND = {
  command: ['find', '/dev/disk', '-mindepth', '2', '-maxdepth', '2', '-type', 'l', '-printf', '%p\\t%l\\n'],
  nothing: (ran) => ran.stdout === '' && ran.stderr.includes('No such file'),
  mayBeSilent: true,
} as const satisfies Partial<CommandSource<unknown>>

export const diskLinks = commandSource({ ...FIND, parse: parseDiskLinks })
export const deviceLinks = commandSource({ ...FIND, parse: parseDeviceLinks })
