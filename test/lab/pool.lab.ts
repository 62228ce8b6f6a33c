// Two servers of a rack become a pool: pending, approved, known, connected; and what must not harm them does not.

import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import type { z } from 'zod'
import { PRESENCE_PERIOD } from '../../images/agent/presence.ts'
import { CONTRACT } from '../../manager/contract/contract.ts'
import { inventory } from '../../manager/protocol/inventory.ts'
import { type Capture, captureFrames, isFrom } from './capture.ts'
import { PROJECT } from './folders.ts'
import { troubleIn } from './health.ts'
import type { RackNode } from './node.ts'
import { managerPid, type Operator } from './operator.ts'
import { approveAll, bridgeSecondNic, hostsAnswer, REPORT_MS, waitConnected, waitReported, waitState } from './pool.ts'
import { keep } from './snapshot/open.ts'
import { points, signInAt } from './snapshot/points.ts'
import { seconds } from './table.ts'
import { startTarget, type Target } from './target.ts'
import { openTestbed, type Testbed } from './testbed.ts'

const NAMES = ['node1', 'node2']
/** Of the agent, with all that it has mapped. */
const MOST_MEMORY = 60_000_000

let bed: Testbed
let target: Target
let operator: Operator

test.before(async () => {
  const { nodes, more } = points.twoApproved
  bed = await openTestbed({ nodes, more })
  target = await startTarget(bed.rack)
  operator = await signInAt(bed)
})

test.after.always(() => bed?.close())

/** Standard output of a shell script in dom0; throws when it fails. */
async function inside(node: RackNode, script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await node.ssh(['sh', '-e'], { input: script, deadlineMs: REPORT_MS })
  if (exitCode !== 0) throw new Error(`${node.name}: exit ${exitCode}: ${stderr}`)
  return stdout
}

/** What must stay the same while managers come and go: when it booted, and its domains but for their time. */
async function unmoved(name: string): Promise<string> {
  return inside(bed.node(name), "cat /proc/sys/kernel/random/boot_id; xl list | awk '{print $1, $2, $3, $4}'")
}

async function connectedSince(): Promise<ReadonlyMap<string, number>> {
  const { hosts } = await operator.get('/hosts', hostsAnswer)
  return new Map(hosts.flatMap(({ name, connection }) => (connection ? [[name, connection.since] as const] : [])))
}

async function waitBack(before: ReadonlyMap<string, number>): Promise<void> {
  const back = ({ hosts }: z.output<typeof hostsAnswer>) =>
    NAMES.every((name) => hosts.some((one) => one.name === name && (one.connection?.since ?? 0) > (before.get(name) ?? 0)))
  await operator.until('connected again', '/hosts', hostsAnswer, back, REPORT_MS)
}

test.serial('two machines that nobody knows boot, and are pending with what was seen of them', async (t) => {
  t.timeout(1_200_000)
  await bed.boot(...NAMES)
  const computed = () => bed.rack.nodes.map((node) => node.stats()?.cpuSeconds ?? 0)
  const [up, before] = [Date.now(), computed()]
  const hosts = await waitReported(operator, NAMES)
  // On a busy computer only the second figure says whether it has become more.
  const each = computed().map((now, at) => seconds(now - (before[at] ?? 0)))
  t.log(`up to first report: ${seconds((Date.now() - up) / 1000)}, in which they computed for ${each.join(' and ')}`)
  for (const name of NAMES) {
    const host = hosts.find((one) => one.name === name)
    t.is(host?.state, 'pending')
    t.is(host?.hardware?.serial, bed.node(name).plan.serial)
    t.is(host?.uuid, bed.node(name).plan.uuid)
  }
  for (const node of bed.rack.nodes) t.deepEqual(await troubleIn(node), [])
})

test.serial('one command approves them', async (t) => {
  t.timeout(1_200_000)
  await t.notThrowsAsync(approveAll(operator, NAMES))
})

/** An ARP request for the address that nobody has: what a host sends only to be heard. */
const isPresence = (frame: Buffer): boolean => frame.readUInt16BE(12) === 0x0806 && frame.toString('hex', 38, 42) === 'c0000008'

let captures: readonly { readonly node: RackNode; readonly capture: Capture; readonly since: number }[]

test.serial('what they send is written down from here on, and the rack is kept for who starts where it is', async (t) => {
  t.timeout(1_200_000)
  await keep(points.twoApproved, { bed, operator })
  captures = await Promise.all(
    bed.rack.nodes.map(async (node) => ({ node, capture: await captureFrames(node, bed.rack.folder), since: Date.now() })),
  )
  await waitState(operator, NAMES, 'up')
  t.pass()
})

test.serial('the inventory is that of the machine: CPU policies, DMI, NICs, disks, and no sensor', async (t) => {
  for (const { name, plan } of bed.rack.nodes) {
    const found = await operator.get(`/hosts/${name}/inventory`, inventory)
    t.deepEqual(found.problems, [], name)
    t.true(found.cpuPolicy.nx)
    t.true(found.cpuPolicy.rows.length > 4, 'raw, host, and what guests may have')
    t.deepEqual(
      [found.dmi.manufacturer, found.dmi.product, found.dmi.serial, found.dmi.systemUuid],
      ['Hostless', 'Lab', plan.serial, plan.uuid],
    )
    t.deepEqual(
      found.nics.map(({ mac, driver, link }) => [mac, driver, link] as const),
      plan.nics.map(({ mac }) => [mac, 'virtio_net', 'up'] as const),
    )
    for (const { serial } of plan.disks)
      t.true(
        found.blockDevices.some((disk) => disk.serial === serial),
        `${name}: ${serial}`,
      )
    t.deepEqual(found.sensors, [])
    t.true(found.xen.xenCaps.length > 0)
  }
})

test.serial('both are told to connect to a target, and one LUN has one WWID on both; a VLAN is on one only', async (t) => {
  t.timeout(1_200_000)
  await bridgeSecondNic(bed.node('node1'))
  const { exitCode, stderr } = await operator.hostless('storage', 'connect', 'iscsi', target.portal)
  t.is(exitCode, 0, stderr)
  const { hosts, rows } = await waitConnected(operator, NAMES, target)
  const luns = rows.filter(({ kind }) => kind === 'lun')
  t.is(luns.length, 1)
  const vlan = rows.find(({ kind }) => kind === 'vlan')
  t.deepEqual(
    hosts.map(({ name }, at) => [name, vlan?.cells[at]?.reached]),
    [
      ['node1', true],
      ['node2', false],
    ],
  )
  t.is((await target.initiators()).length, 2)
  t.log((await operator.hostless('matrix')).stdout)
})

test.serial('a cable that is pulled is known at the manager', async (t) => {
  const linkIs = async (wanted: string) => {
    const nic1 = bed.node('node1').plan.nics[1]?.mac
    const at = Date.now()
    await bed.node('node1').monitor(`set_link nic1 ${wanted === 'up' ? 'on' : 'off'}`)
    const seen = ({ nics }: z.output<typeof inventory>) => nics.some(({ mac, link }) => mac === nic1 && link === wanted)
    await operator.until(`link ${wanted}`, '/hosts/node1/inventory', inventory, seen, REPORT_MS)
    t.log(`link ${wanted}: known ${Date.now() - at} ms after QEMU was told`)
  }
  await linkIs('down')
  await linkIs('up')
  t.pass()
})

test.serial('a manager that is killed takes no host with it; all are back', async (t) => {
  const before = await Promise.all(NAMES.map(unmoved))
  const since = await connectedSince()
  process.kill(await managerPid(bed.rack), 'SIGKILL')
  await waitBack(since)
  t.deepEqual(await Promise.all(NAMES.map(unmoved)), before)
  await waitState(operator, NAMES, 'up')
})

test.serial('a token that was seen on the wire lets nobody in, and is an alarm', async (t) => {
  const told = await inside(bed.node('node1'), '. /run/hostless/boot; echo "$attempt $token"')
  const authority = join(bed.dataDir, 'keys/manager-ca.pem')
  const words = [...told.trim().split(' '), bed.node('node1').mac, authority]
  const script = [process.execPath, '--import', 'tsx', join(PROJECT, 'test/lab/replay.ts'), ...words]
  const { stdout } = await bed.rack.exec(['env', `--chdir=${PROJECT}`, ...script], { timeoutMs: REPORT_MS })
  t.regex(stdout, /enrolment refused/)
  const { alarms } = await operator.get('/alarms', CONTRACT.alarms.list.output)
  t.true(alarms.some(({ kind }) => kind === 'enrolment-refused'))
})

// Two nodes that boot and report have enough to say, so that the probe itself is looked for.
test.serial('hosts go on to hear each other though they have nothing to say to each other', async (t) => {
  for (const { node, capture, since } of captures) {
    const probes = async () => (await capture.frames()).filter((frame) => isFrom(frame, node.mac) && isPresence(frame)).length
    const deadline = Math.max(since + PRESENCE_PERIOD * 1.5, Date.now())
    while ((await probes()) === 0) {
      if (Date.now() > deadline) return t.fail(`${node.name} is not heard any more`)
      await pause(2000)
    }
    await capture.end()
  }
  const hears = async (name: string, other: string) =>
    (await inside(bed.node(name), 'bridge fdb show br xenbr0')).includes(`${bed.node(other).mac} dev eth0`)
  t.true((await hears('node1', 'node2')) && (await hears('node2', 'node1')))
})

test.serial('the agent has less than 60 MB after a minute of reports', async (t) => {
  const reported = Math.max(...(await connectedSince()).values())
  await pause(Math.max(reported + 60_000 - Date.now(), 0)) // of reports
  for (const name of NAMES) {
    const rollup = await inside(bed.node(name), 'cat /proc/$(pidof node)/smaps_rollup')
    const bytes = (key: string) => Number(new RegExp(`^${key}: +(\\d+) kB$`, 'm').exec(rollup)?.[1]) * 1024
    t.log(`${name}: PSS ${bytes('Pss')}, of it its own ${bytes('Pss_Anon')}; RSS ${bytes('Rss')}`)
    t.true(bytes('Pss') < MOST_MEMORY, name)
  }
})

// It is reset in the middle of it by the test after this one, and boots the pool again.
test.serial('a host boots memtest86+ once, from BIOS, when that is ordered; that is no alarm', async (t) => {
  const { exitCode, stderr } = await operator.hostless('host', 'boot', 'node2', '--once', 'memtest')
  t.is(exitCode, 0, stderr)
  t.is((await operator.get('/hosts/node2', CONTRACT.hosts.show.output)).once?.what, 'memtest')
  await bed.node('node2').power('reset')
  // Ours says it in small letters; the other word is of its own first line.
  const text = await bed.node('node2').waitForConsole(/Memtest86/, REPORT_MS)
  t.regex(text, /Hostless: node2 boots memtest86\+, once/)
  const followed = ({ once }: z.output<typeof CONTRACT.hosts.show.output>) => once === undefined
  await operator.until('that it was followed', '/hosts/node2', CONTRACT.hosts.show.output, followed, REPORT_MS)
  const isTold = ({ boots: [newest] }: z.output<typeof CONTRACT.boots.list.output>) => newest?.once === 'memtest'
  const { boots } = await operator.until('that boot', '/hosts/node2/boots', CONTRACT.boots.list.output, isTold, REPORT_MS)
  t.is(boots[0]?.outcome, 'once')
  const { alarms } = await operator.get('/alarms', CONTRACT.alarms.list.output)
  t.false(alarms.some(({ kind }) => kind === 'boot-stuck'))
  t.log((await operator.hostless('host', 'boots', 'node2')).stdout)
})

test.serial('a host that is reset comes back into the pool by itself, over `booting`', async (t) => {
  t.timeout(1_200_000)
  const since = await connectedSince()
  await bed.reset('node2')
  await waitBack(new Map([['node2', since.get('node2') ?? 0]]))
  await waitState(operator, NAMES, 'up')
  const { entries } = await operator.get('/hosts/node2/history', CONTRACT.hosts.history.output)
  t.log(entries.map(({ what }) => what).join(' | '))
  t.true(entries.some(({ what }) => what.includes('booting')))
  await waitConnected(operator, NAMES, target)
})

test.serial('hosts stay as they are while everything of Hostless is gone', async (t) => {
  const before = await Promise.all(NAMES.map(unmoved))
  const since = await connectedSince()
  await bed.appliance.stop()
  await pause(20_000) // of absence; a dom0 whose root is away answers nobody meanwhile
  await bed.appliance.restart()
  await waitBack(since)
  t.deepEqual(await Promise.all(NAMES.map(unmoved)), before)
  await waitState(operator, NAMES, 'up')
})
