// A simulated host with a file system to look for disk images in.
import { addDisk, addTarget } from '../../../images/agent/simulator/state/furnish.ts'
import type { FileSystemLabel, Site } from '../../../images/agent/simulator/state/site.ts'
import { type Watched, watchedHost } from './simulated.ts'

export const UUID = '07a892c2-d5d2-48dc-a0ea-31d5e875065e'
const GIB = 1 << 30

/** The first bytes; the zeros behind them make it 192 KiB and 8. */
export const qcow2 = 'QFI\xfb\0\0\0\x03'

export function fileSystem(type = 'ext4', files: { readonly [path: string]: string } = {}): FileSystemLabel {
  return { kind: 'file-system', type, uuid: UUID, files: new Map(Object.entries(files)) }
}

/** On the first partition of a disk, sda. */
export function hostWithFiles(files: { readonly [path: string]: string } = {}, type = 'ext4'): Watched {
  return watchedHost((site, host) =>
    addDisk(site, host, 'sda', 'iscsi', {
      bytes: GIB,
      partitions: [{ number: 1, start: 2048, sectors: GIB / 512 - 2048 }],
      labels: [[2048, fileSystem(type, files)]],
    }),
  )
}

/** On whole disks of their own: copies of one another. */
export function hostWithCopies(disks: readonly string[]): Watched {
  return watchedHost((site, host) =>
    disks.reduce((all, disk) => addDisk(all, host, disk, 'iscsi', { bytes: GIB, labels: [[0, fileSystem()]] }), site),
  )
}

const PORTALS = ['10.77.0.1:3260', '10.78.0.1:3260']

/** On a LUN that is there by two paths. */
export async function hostWithPaths(daemons: readonly string[]): Promise<Watched> {
  const lun = { bytes: GIB, wwid: `naa.6${'0'.repeat(31)}`, labels: [[0, fileSystem()] as const] }
  const watched = watchedHost((site: Site) => addTarget(site, { name: 'iqn.2026-11.test:t1', portals: PORTALS, luns: [lun] }))
  const { run } = watched.host.backend
  for (const daemon of ['iscsid', ...daemons]) await run([daemon])
  await run(['iscsiadm', '-m', 'discovery', '-t', 'sendtargets', '-p', PORTALS[0] ?? ''])
  await run(['iscsiadm', '-m', 'node', '--login'])
  return watched
}

/** On an LV over a disk. */
export async function hostWithVolume(): Promise<Watched> {
  const watched = watchedHost((site, host) => addDisk(site, host, 'sda', 'iscsi', { bytes: GIB }))
  const { run } = watched.host.backend
  await run(['vgcreate', 'vg0', '/dev/sda'])
  await run(['lvcreate', '-y', '-n', 'images', '-L', '256m', 'vg0'])
  return watched
}

/** A guest of this name with these paths as disks. */
export async function startGuest({ host }: Watched, name: string, disks: readonly string[]): Promise<void> {
  const list = disks.map((path, index) => `"phy:${path},xvd${'abcdefgh'[index]},w"`).join(', ')
  await host.files.write(`/run/${name}.cfg`, `name = "${name}"\ntype = "pvh"\nmemory = 64\ndisk = [ ${list} ]\n`, 0o600)
  const ran = await host.backend.run(['xl', 'create', `/run/${name}.cfg`])
  if (ran.kind !== 'ended' || ran.exitCode !== 0) throw new Error(`${name} did not start: ${JSON.stringify(ran)}`)
}

export async function mountAt({ host }: Watched, device: string, point: string, type = 'ext4'): Promise<void> {
  await host.backend.run(['mkdir', '-p', point])
  const ran = await host.backend.run(['mount', '-t', type, device, point])
  if (ran.kind !== 'ended' || ran.exitCode !== 0) throw new Error(`${point} is not mounted: ${JSON.stringify(ran)}`)
}

/** What is mounted, but for what the machine's own. */
export function mountsOf({ host }: Watched): readonly string[] {
  return host.state().ram.mounts.map(({ point }) => point)
}
