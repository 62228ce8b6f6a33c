// What a person types to move a guest without hostless: `xl migrate` where both hosts reach one disk, and DRBD's own whole copy where they do
// not, with the numbers that Ganeti gives it.

import { GRUB } from '../../../images/agent/guests/xl-config.ts'
import { GUEST_MS } from '../../lab/guest/console.ts'
import type { RackNode } from '../../lab/node.ts'

const STREAM_PORT = 9100
const MIRROR_PORT = 9200
const MINOR = 900

export async function createShared(node: RackNode, name: string, device: string): Promise<void> {
  const config = [
    ...[`name = "${name}"`, 'type = "pvh"', `kernel = "${GRUB}"`, 'memory = 128', 'vcpus = 1'],
    ...[`disk = [ "phy:${device},xvda,w" ]`, 'vif = [ "bridge=xenbr0" ]'],
  ]
  await typed(node, 'sh', '-c', `printf '%s\\n' "$@" >/run/${name}.cfg; xl create /run/${name}.cfg`, 'sh', ...config)
}

/** Over a plain connection: the receiver waits for it. */
export async function migrateShared(from: RackNode, to: RackNode, name: string): Promise<void> {
  const receiving = typed(to, 'busybox', 'nc', '-l', '-p', String(STREAM_PORT), '-e', '/usr/sbin/xl', 'migrate-receive')
  const transport = `until busybox nc ${to.address} ${STREAM_PORT}; do sleep 0.1; done`
  await Promise.all([receiving, typed(from, 'xl', 'migrate', '-s', '', name, transport)])
  // xenconsoled has its log under the name that it had as it came, until it looks again.
  await typed(to, 'pkill', '-HUP', '-x', 'xenconsoled')
}

/** What it takes DRBD to make a disk of so many MiB the same on both, s: all of it goes over. */
export async function mirrorWhole(from: RackNode, to: RackNode, mebibytes: number): Promise<number> {
  const ends = [from, to] as const
  const made = [
    `lvcreate --yes -W n -L ${mebibytes}M -n plain data`,
    'lvcreate --yes -W n -L 4M -n plainmeta data',
    'modprobe drbd usermode_helper=/bin/true',
    `drbdmeta --force ${MINOR} v08 /dev/data/plainmeta flex-external create-md`,
    `drbdsetup new-resource plain`,
    `drbdsetup new-minor plain ${MINOR} 0`,
    `drbdsetup attach ${MINOR} /dev/data/plain /dev/data/plainmeta flexible`,
    // Ganeti's: a static rate of 60 MiB/s, no dynamic one.
    `drbdsetup disk-options ${MINOR} --c-plan-ahead=0 --resync-rate=61440k`,
  ].join(' && ')
  await Promise.all(ends.map((node) => typed(node, 'sh', '-c', made)))
  await typed(from, 'drbdsetup', 'primary', String(MINOR), '--force')
  const began = Date.now()
  const at = (node: RackNode): string => `ipv4:${node.address}:${MIRROR_PORT}`
  const joined = (own: RackNode, peer: RackNode) => typed(own, 'drbdsetup', 'connect', 'plain', at(own), at(peer), '--protocol=C')
  await Promise.all([joined(from, to), joined(to, from)])
  await typed(from, 'sh', '-c', `until grep -Eq '^ *${MINOR}: cs:Connected .*ds:UpToDate/UpToDate' /proc/drbd; do sleep 0.1; done`)
  const took = (Date.now() - began) / 1000
  await Promise.all(ends.map((node) => typed(node, 'sh', '-c', 'drbdsetup down plain; lvremove --yes data/plain data/plainmeta')))
  return took
}

async function typed(node: RackNode, ...argv: readonly string[]): Promise<void> {
  const { exitCode, stderr, stdout } = await node.ssh(argv, { deadlineMs: GUEST_MS })
  if (exitCode !== 0) throw new Error(`${argv.join(' ').slice(0, 80)} on ${node.name} ended with exit code ${exitCode}: ${stderr}${stdout}`)
}
