// Hosts that are set up by a line of the config: a bond, a VLAN; and a host that the config does not know at all.

import { join } from 'node:path'
import test from 'ava'
import { captureFrames, isFrom } from './capture.ts'
import { KEY_FILE } from './folders.ts'
import type { RackNode } from './node.ts'
import { servingPid, untilRead } from './serving.ts'
import { runSsh } from './ssh.ts'
import { BOOT_MS, openTestbed, type Testbed } from './testbed.ts'
import { readCommand, runHere, unpackRoot } from './unpacked.ts'

const BONDED = { mode: 'active-backup', members: ['52:54:00:77:00:01', '52:54:00:77:01:01'] }
const VLAN = 100
/** 45 MB in one folder, and what of it is read before the link goes. */
const [MUCH, SOME_BYTES] = ['usr/bin', 5_000_000]

let bed: Testbed

test.before(async () => {
  bed = await openTestbed({
    nodes: [{ name: 'bonded', nics: 2 }, { name: 'stranger' }, { name: 'tagged' }],
    hosts: { bonded: { bond: BONDED }, stranger: 'unknown', tagged: { vlan: VLAN } },
  })
  await bed.boot('bonded', 'stranger')
})

test.after.always(() => bed?.close())

/** Standard output of a shell script in dom0; throws when it fails. */
async function inside(node: RackNode, script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await node.ssh(['sh', '-e'], { input: script, deadlineMs: 300_000 })
  if (exitCode !== 0) throw new Error(`${node.name}: exit ${exitCode}: ${stderr}`)
  return stdout
}

test.serial('a machine that the config does not know boots, and is told of by its MAC with an address of the pool', async (t) => {
  const { mac } = bed.node('stranger')
  const attempt = await bed.waitUp('stranger')
  t.is(attempt.host, mac)
  const last = /^10\.77\.0\.(1\d\d)$/.exec(attempt.address ?? '')?.[1]
  t.true(Number(last) >= 100 && Number(last) <= 199, `${attempt.address} is of the pool`)
  const { stdout } = await bed.hostless('boot', 'list')
  t.log(stdout)
  const line = stdout.split('\n').find((text) => text.startsWith(mac))
  t.regex(line ?? '', new RegExp(`^${mac} +${attempt.address?.replaceAll('.', '\\.')} +up +up `))
  const access = { namespace: bed.rack.namespace, keyFile: KEY_FILE }
  const { stdout: name } = await runSsh(access, attempt.address ?? '', ['hostname'], { deadlineMs: 60_000 })
  t.is(name, `host-${mac.replaceAll(':', '')}`)
})

test.serial('dom0 on a bond keeps its root when the active NIC loses its link, and reads on', async (t) => {
  const node = bed.node('bonded')
  const bond = () => inside(node, 'cat /proc/net/bonding/bond0')
  t.is(await inside(node, 'ls /sys/class/net/xenbr0/brif'), 'bond0')
  t.regex(await bond(), /^Bonding Mode: fault-tolerance \(active-backup\)$/m)
  t.deepEqual(
    (await bond()).match(/^Permanent HW addr: .*$/gm),
    BONDED.members.map((mac) => `Permanent HW addr: ${mac}`),
  )
  t.regex(await bond(), /^Currently Active Slave: eth0$/m)

  const expected = await runHere(readCommand(await unpackRoot(bed.image.folder, join(bed.dataDir, 'unpacked'), MUCH), MUCH))
  const read = async () => {
    const { stdout, stderr, exitCode } = await node.ssh(readCommand('/', MUCH), { deadlineMs: 300_000 })
    if (exitCode !== 0) throw new Error(`${node.name}: exit ${exitCode}: ${stderr}`)
    return `${stdout}\n`
  }
  let done = false
  const during = read().finally(() => {
    done = true
  })
  await untilRead(await servingPid(bed.appliance), SOME_BYTES)
  await node.monitor('set_link nic0 off')
  t.false(done, 'it still reads')
  t.is(await during, expected)
  t.regex(await bond(), /^Currently Active Slave: eth1$/m)
  await node.monitor('set_link nic1 on')
  await node.monitor('set_link nic0 on')
  t.is(await read(), expected)
  t.is(await inside(node, 'dmesg --level=emerg,alert,crit,err'), '')
})

/** The 802.1Q tag of each frame from `mac`, 0 for a frame without one. */
function tagsOf(frames: readonly Buffer[], mac: string): readonly number[] {
  return frames
    .filter((frame) => isFrom(frame, mac))
    .map((frame) => (frame.readUInt16BE(12) === 0x8100 ? frame.readUInt16BE(14) & 0xfff : 0))
}

// The rack's bridge cannot filter VLANs on every kernel, so nobody answers there: what the node sends is looked at.
test.serial('a host is on a VLAN when the config says so: PXE goes untagged, all that its initramfs sends is tagged', async (t) => {
  await Promise.all(['bonded', 'stranger'].map((name) => bed.node(name).power('off')))
  const node = bed.node('tagged')
  await node.power('on')
  await bed.waitStage('tagged', 'kernel', 'done')
  const capture = await captureFrames(node, bed.rack.folder)
  await node.waitForConsole(/bringing up xenbr0 on [0-9a-f:]+, VLAN 100/, BOOT_MS)
  await node.waitForConsole(/FAILED: mounting nfs root .* Trying again/, BOOT_MS)
  const tags = new Set(tagsOf(await capture.frames(), node.mac))
  t.true(tags.has(VLAN), `tags seen: ${[...tags].join(', ')}`)
  const attempts = await bed.appliance.attempts()
  t.false(attempts.find(({ host }) => host === 'tagged')?.stages.some(({ stage }) => stage === 'root') ?? true)
  t.is(tagsOf(await capture.frames(), node.mac).at(-1), VLAN)
})
