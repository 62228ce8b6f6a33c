// `find /dev/disk`: udev's stable names, which `lsblk` does not tell. udev writes what is odd in a name as \x20.
import type { Parsed } from './reading.ts'
import { commandSource } from './reading.ts'

export interface DiskLink {
  readonly folder: 'by-path' | 'by-id'
  /** Without the folder: `wwn-0x60000000000000000e00000000010001`. */
  readonly name: string
  /** The kernel's name of the device: `sda`. */
  readonly device: string
}

/** One link a line: path, tab, what it points to. Links of partitions and udev's `-part` folders are left out. */
export function parseDiskLinks(stdout: string): Parsed<readonly DiskLink[]> {
  const lines = stdout.split('\n').filter((line) => line !== '')
  const links = lines.flatMap((line): DiskLink[] => {
    const match = /^\/dev\/disk\/(by-path|by-id)\/([^/\t]+)\t(?:\.\.\/)+([^/\t]+)$/.exec(line)
    const [, folder, name, device] = match ?? []
    if (folder === undefined || name === undefined || device === undefined || /-part\d+$/.test(name)) return []
    return [{ folder: folder === 'by-path' ? 'by-path' : 'by-id', name, device }]
  })
  return { value: links, reasons: [] }
}

export const diskLinks = commandSource({
  command: ['find', '/dev/disk', '-mindepth', '2', '-maxdepth', '2', '-type', 'l', '-printf', '%p\\t%l\\n'],
  parse: parseDiskLinks,
  nothing: (ran) => ran.stdout === '' && ran.stderr.includes('No such file'),
  mayBeSilent: true,
})
