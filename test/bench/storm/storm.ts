// A rack that is switched on: up to a thousand machines at one moment, each with all that a boot asks for, from ours and from dnsmasq + nginx +
// nfs-ganesha. What a boot asks of NFS is recorded from a server of the lab first.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { parseConfig } from '../../../appliance/config.ts'
import { applianceConfig } from '../../lab/appliance.ts'
import { readAttempts } from '../../lab/attempts.ts'
import { PROJECT } from '../../lab/folders.ts'
import { runInNamespace, startInNamespace } from '../../lab/namespace.ts'
import { RACK_ADDRESS } from '../../lab/plan.ts'
import { OUR_BOOT } from '../boot-ours.ts'
import { stormDnsmasq } from '../dnsmasq.ts'
import { GANESHA_EXPORT, GANESHA_MOUNT_PORT, GANESHA_NFS_PORT } from '../ganesha.ts'
import { type Link, LOAD_ADDRESS, LOAD_INTERFACE } from '../link.ts'
import type { Metric } from '../metric.ts'
import { type MicroBench, missingProgram } from '../micro-bench.ts'
import { NGINX_PORT } from '../nginx.ts'
import type { Side } from '../options.ts'
import { peerScript, REPORT_PORT } from '../peer-script.ts'
import { startDnsmasq, startGanesha, startNginx } from '../peers.ts'
import { percentile } from '../statistics.ts'
import type { Teardown } from '../teardown.ts'
import type { Workspace } from '../workspace.ts'
import type { Crowd, CrowdResult } from './crowd.ts'
import type { NfsCall } from './nfs-calls.ts'
import { recordBoot } from './record.ts'

const POOL = { first: '10.77.16.0', last: '10.77.31.255', netmask: '255.255.0.0' }
const OUR_NFS_PORT = 2049
const PATIENCE_MS = 3_600_000

export interface StormOptions {
  readonly machines: readonly number[]
  readonly teardown: Teardown
  readonly say: (text: string) => void
}

export function stormBench({ machines, teardown, say }: StormOptions): MicroBench {
  let recording: Promise<readonly NfsCall[]> | undefined
  const recorded = (work: Workspace): Promise<readonly NfsCall[]> => {
    recording ??= record(work, teardown, say)
    return recording
  }
  return {
    title: 'A rack that is switched on: firmware, iPXE, Xen, kernel and initramfs, the root over NFS, and reports of each machine',
    peer: 'dnsmasq + nginx + nfs-ganesha',
    notes: [
      'Machines take no time of their own: what is measured is how long servers and load, on the same cores, need for all that they ask for.',
      'Two DHCP exchanges, TFTP, the script, Xen, kernel and initramfs over HTTP, the calls of a recorded boot over NFS, five reports; all bytes are sent.',
      'Ours keeps a timeline of each machine, and an acknowledged lease on disk; of the peer, reports go to a listener that keeps nothing.',
    ],
    config: { dhcp: { mode: 'authoritative', pool: `${POOL.first}-${POOL.last}` } },
    missing: () =>
      missingProgram({
        ...{ dnsmasq: 'dnsmasq-base', nginx: 'nginx-light', rpcbind: 'rpcbind', 'nfs-ls': 'libnfs-utils' },
        'ganesha.nfsd': 'nfs-ganesha nfs-ganesha-vfs',
      }),
    async startPeer({ server }, work) {
      const tftpRoot = await makeTftpRoot(server.folder)
      await startGanesha(server, await work.root())
      await startNginx(server, work.files, 'vmlinuz')
      await startDnsmasq(server, stormDnsmasq({ leaseFile: join(server.folder, 'leases'), tftpRoot }, POOL))
      const listener = join(PROJECT, 'test/bench/report-listener.ts')
      const argv = [process.execPath, '--import', 'tsx', listener, RACK_ADDRESS, String(REPORT_PORT)]
      startInNamespace(server.namespace, argv, join(server.folder, 'reports.log'), PROJECT)
    },
    async load(link, work, side) {
      const calls = await recorded(work)
      await addAddresses(link)
      const metrics: Metric[] = []
      let first = 1
      for (const count of machines) {
        const result = await runCrowd(link, crowdOf({ side, work, calls, first, machines: count }))
        first += count
        if (result.lost.length > 0)
          throw new Error(`${result.lost.length} of ${count} machines are lost: ${[...new Set(result.lost)].slice(0, 3).join('; ')}`)
        const again = result.boots.reduce((sum, boot) => sum + boot.again, 0)
        say(`  ${side}, ${count} at once: ${result.seconds.toFixed(1)} s; ${result.dhcpAgain} DHCP messages and ${again} steps again`)
        metrics.push(...metricsOf(count, result))
      }
      if (side === 'ours') await expectTimelines(link, first - 1)
      return [...metrics, { name: 'servers, memory at most', unit: 'MB', better: 'less', value: await memoryOf(link) }]
    },
  }
}

async function record(work: Workspace, teardown: Teardown, say: (text: string) => void): Promise<readonly NfsCall[]> {
  say('Recording the NFS calls of a boot in the lab first.')
  const { calls, others } = await recordBoot(work, teardown)
  const read = calls.reduce((sum, call) => sum + (call.kind === 'read' ? call.bytes : 0), 0)
  say(`  ${calls.length} calls, ${(read / 1e6).toFixed(0)} MB asked for by READ; ${others} others are left out`)
  if (calls.length === 0) throw new Error('no NFS call was seen')
  return calls
}

function metricsOf(count: number, { seconds, boots }: CrowdResult): readonly Metric[] {
  const machines = count === 1 ? 'one machine' : `${count} at once`
  if (count === 1) return [{ name: machines, unit: 's', better: 'less', value: seconds }]
  const each = boots.map(({ ms }) => ms / 1000)
  return [
    { name: `${machines}, all`, unit: 's', better: 'less', value: seconds },
    { name: `${machines}, median`, unit: 's', better: 'less', value: percentile(each, 0.5) },
  ]
}

interface CrowdWish {
  readonly side: Side
  readonly work: Workspace
  readonly calls: readonly NfsCall[]
  readonly first: number
  readonly machines: number
}

function crowdOf({ side, work, calls, first, machines }: CrowdWish): Crowd {
  const root =
    side === 'ours'
      ? { port: OUR_NFS_PORT, mountPort: OUR_NFS_PORT, path: `/${work.image}/${work.generation}` }
      : { port: GANESHA_NFS_PORT, mountPort: GANESHA_MOUNT_PORT, path: GANESHA_EXPORT }
  const base = `http://${RACK_ADDRESS}:${NGINX_PORT}`
  return { server: RACK_ADDRESS, relay: LOAD_ADDRESS, base, root, first, machines, calls: [...calls] }
}

async function runCrowd(link: Link, crowd: Crowd): Promise<CrowdResult> {
  const file = join(link.server.folder, 'crowd.json')
  await writeFile(file, JSON.stringify(crowd))
  const program = join(PROJECT, 'test/bench/storm/crowd.ts')
  const { stdout } = await link.run([process.execPath, '--import', import.meta.resolve('tsx'), program, file], PATIENCE_MS)
  return JSON.parse(stdout) as CrowdResult
}

/** All that a machine may be given: each speaks from its own. One way leads to all of them, as a kernel remembers a thousand neighbours at most. */
async function addAddresses(link: Link): Promise<void> {
  const way = await link.server.exec(['ip', 'route', 'add', '10.77.16.0/20', 'via', LOAD_ADDRESS])
  if (way.exitCode !== 0) throw new Error(`the way to the machines: ${way.stderr.trim()}`)
  const lines = Array.from({ length: 16 * 256 }, (_, at) => `address add 10.77.${16 + (at >> 8)}.${at & 255}/32 dev ${LOAD_INTERFACE}`)
  const { exitCode, stderr } = await runInNamespace(link.client, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` })
  if (exitCode !== 0) throw new Error(`addresses of machines: ${stderr.trim()}`)
}

async function makeTftpRoot(folder: string): Promise<string> {
  const tftpRoot = join(folder, 'tftp')
  await mkdir(tftpRoot)
  await copyFile('/usr/lib/ipxe/undionly.kpxe', join(tftpRoot, 'undionly.kpxe'))
  const parsed = parseConfig(stringify(applianceConfig([], '/nowhere', { boot: OUR_BOOT })), 'the rack of ours', {})
  if (parsed.kind === 'refused') throw new Error('the configuration of our side is refused')
  await writeFile(join(tftpRoot, 'boot.ipxe'), peerScript(parsed.config.boot))
  return tftpRoot
}

/** Each machine is one boot, and up. */
async function expectTimelines(link: Link, machines: number): Promise<void> {
  const attempts = await readAttempts(join(link.server.folder, 'data/appliance.sock'))
  const up = new Set(attempts.filter(({ state }) => state === 'up').map(({ mac }) => mac)).size
  if (up !== machines) throw new Error(`${up} of ${machines} machines have a timeline up to the end`)
}

/** Most that each process of the servers' end ever had in memory, added up. */
async function memoryOf({ server }: Link): Promise<number> {
  const { stdout } = await server.exec(['ip', 'netns', 'pids', server.namespace])
  const peaks = await Promise.all(
    stdout.split('\n').map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
    }),
  )
  return (peaks.reduce((sum, one) => sum + one, 0) * 1024) / 1e6
}
