import test from 'ava'
import type { Ran } from '../../../../images/agent/backend.ts'
import { connectIscsi } from '../../../../images/agent/requests/connect-iscsi.ts'
import { disconnectIscsi } from '../../../../images/agent/requests/disconnect-iscsi.ts'
import type { RequestOf } from '../../../../manager/protocol/requests.ts'
import { iscsiName } from '../../../../manager/protocol/values.ts'
import { ended, fixture, IDLE } from '../machines.ts'
import { hostWithTargets, type Watched } from '../simulated.ts'

const PORTAL = '10.77.0.1:3260'
const T1 = iscsiName.parse('iqn.2026-11.test:t1')
const initiator = iscsiName.parse('iqn.2026-11.io.hostless:abcdefghijklmnop')
const end: RequestOf<'disconnect-iscsi'> = { kind: 'disconnect-iscsi', portal: PORTAL, target: T1 }
const stopped: Ran = { kind: 'stopped', stdout: '', reason: 'stopped after 20 s' }
const domain = (disks: readonly unknown[], nics: readonly unknown[] = []): string =>
  JSON.stringify([
    {
      domid: 3,
      config: {
        c_info: { type: 'pvh', name: 'web', uuid: '00000000-0000-4000-8000-000000000003' },
        b_info: { max_vcpus: 1, max_memkb: 65536 },
        disks,
        nics,
      },
    },
  ])
const DOMAINS = `${IDLE['xl list -v']}web 3 64 1 -b---- 1.0 00000000-0000-4000-8000-000000000003 - -\n`

async function connected(says: { readonly [command: string]: Ran }): Promise<Watched> {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL] }])
  await connectIscsi(machine.world, { kind: 'connect-iscsi', initiator, portal: PORTAL, target: T1 })
  for (const [command, ran] of Object.entries(says)) machine.host.faults.order(command, { kind: 'says', ran })
  return machine
}

const UNREAD: { readonly [what: string]: readonly [says: { readonly [command: string]: Ran }, told: RegExp] } = {
  'xl list -l hangs': [{ 'xl list -l': stopped }, /guests \(xl list -l: stopped after 20 s\)/],
  'xl list -l was cut short': [{ 'xl list -l': ended(domain([]).slice(0, 60)), 'xl list -v': ended(DOMAINS) }, /guests .*no JSON/],
  'xl list -v says nothing and ends well': [{ 'xl list -v': ended('') }, /guests \(xl list -v: it ended well and said nothing/],
  'xl list -v was cut short behind a line': [{ 'xl list -v': ended(DOMAINS.slice(0, -1)) }, /guests \(xl list -v: it was cut short/],
  'xl is missing': [{ xl: { kind: 'missing' } }, /guests .*no such program/],
  'a domain is without configuration': [
    { 'xl list -v': ended(fixture('xl-list-v-zombie-and-guest-without-config.txt')) },
    /guests .*domain 18 \(\(null\)\) has no configuration/,
  ],
  'a disk of a guest is odd': [
    { 'xl list -l': ended(domain([{ vdev: 'xvda', pdev_path: 17 }])), 'xl list -v': ended(DOMAINS) },
    /guests .*disks of domain 3/,
  ],
  'LVM hangs': [{ lvm: stopped }, /lvs \(lvm fullreport .*stopped after 20 s/],
  'LVM tells half of it': [{ lvm: ended('{"report":[{"vg":[],"pv":[]}]}') }, /lvs \(lvm fullreport /],
  'LVM fails': [{ lvm: ended('', 5, 'no') }, /pvs \(lvm fullreport .*exit code 5/],
  'lsblk hangs': [{ lsblk: stopped }, /blockDevices \(lsblk .*stopped/],
  'lsblk says nothing and ends well': [{ lsblk: ended('') }, /blockDevices \(lsblk .*said nothing/],
  'multipathd does not answer': [{ multipathd: ended('timeout\n', 1) }, /multipaths \(multipathd show/],
  'iscsiadm hangs': [{ 'iscsiadm -m session -P 3': stopped }, /which sessions there are is not known: iscsi \(iscsiadm/],
}

for (const [what, [says, told]] of Object.entries(UNREAD)) {
  test(`nobody is logged out while it is not known what uses the disks: ${what}`, async (t) => {
    const machine = await connected(says)
    const answer = await disconnectIscsi(machine.world, end)
    t.like(answer, { kind: 'refused', cause: 'unable' })
    t.regex(answer.kind === 'refused' ? answer.reason : '', told)
    t.is(machine.sessions().length, 1)
    t.false(machine.commands.some((command) => command.includes('--logout') || command.includes('delete')))
    machine.host.faults.clear()
    t.deepEqual(await disconnectIscsi(machine.world, end), { kind: 'iscsi-disconnected', targets: [T1] })
  })
}

test('a guest that has one of the disks keeps it, though its NIC is odd', async (t) => {
  const config = domain([{ vdev: 'xvda', pdev_path: '/dev/sda', readwrite: 1 }], [{ devid: 0, mac: '' }])
  const machine = await connected({ 'xl list -l': ended(config), 'xl list -v': ended(DOMAINS) })
  const answer = await disconnectIscsi(machine.world, end)
  t.is(answer.kind === 'refused' && answer.reason, 'it is in use on this host: guest web has it as xvda')
})

test('a guest that names one of the disks by any link of udev keeps it', async (t) => {
  const link = '/dev/disk/by-diskseq/7'
  const config = domain([{ vdev: 'xvda', pdev_path: link, readwrite: 1 }])
  const machine = await connected({ 'xl list -l': ended(config), 'xl list -v': ended(DOMAINS), find: ended(`${link}\t../../sda\n`) })
  const answer = await disconnectIscsi(machine.world, end)
  t.is(answer.kind === 'refused' && answer.reason, 'it is in use on this host: guest web has it as xvda')
})

test('an odd MAC of a guest that has other disks is no reason to refuse', async (t) => {
  const config = domain([{ vdev: 'xvda', pdev_path: '/dev/vg/other', readwrite: 1 }], [{ devid: 0, mac: '' }])
  const machine = await connected({ 'xl list -l': ended(config), 'xl list -v': ended(DOMAINS) })
  t.is((await disconnectIscsi(machine.world, end)).kind, 'iscsi-disconnected')
})

test('two sessions of one record end with one logout, and the disks of both are looked at', async (t) => {
  const machine = await connected({})
  const text = fixture('iscsiadm-p3-one-portal-two-sessions-LOGGED_IN-FAILED.txt').replaceAll('iqn.2025-01.net.hostless:rack1', T1)
  machine.host.faults.order('iscsiadm -m session -P 3', { kind: 'says', ran: ended(text) })
  machine.host.faults.order('xl list -l', { kind: 'says', ran: ended(domain([{ vdev: 'xvda', pdev_path: '/dev/sdb', readwrite: 1 }])) })
  machine.host.faults.order('xl list -v', { kind: 'says', ran: ended(DOMAINS) })
  const answer = await disconnectIscsi(machine.world, end)
  t.is(answer.kind === 'refused' && answer.reason, 'it is in use on this host: guest web has it as xvda')
  machine.host.faults.order('xl list -l', { kind: 'says', ran: ended(fixture('xl-list-l-dom0-only.json')) })
  machine.host.faults.order('xl list -v', { kind: 'says', ran: ended(IDLE['xl list -v'] ?? '') })
  t.is((await disconnectIscsi(machine.world, end)).kind, 'iscsi-disconnected')
  t.is(machine.commands.filter((command) => command.includes('--logout')).length, 1)
})

test('a session that has lost its target is told of as missing, beside the one through the same portal that stands', async (t) => {
  const machine = await connected({})
  const text = fixture('iscsiadm-p3-one-portal-two-sessions-LOGGED_IN-FAILED.txt').replaceAll('iqn.2025-01.net.hostless:rack1', T1)
  machine.host.faults.order('iscsiadm -m session -P 3', { kind: 'says', ran: ended(text) })
  const answer = await connectIscsi(machine.world, { kind: 'connect-iscsi', initiator, portal: PORTAL, target: T1 })
  if (answer.kind !== 'iscsi-connected') return t.fail(answer.kind)
  t.deepEqual(answer.missing, [`session 2 with ${T1} at ${PORTAL} through iface1 is not connected: open-iscsi tries to bring it back`])
})

test('the name of a host does not change while it is not known whether it has sessions', async (t) => {
  const machine = await connected({ 'iscsiadm -m session -P 3': stopped })
  const other = iscsiName.parse('iqn.2026-11.io.hostless:ponmlkjihgfedcba')
  const answer = await connectIscsi(machine.world, { kind: 'connect-iscsi', initiator: other, portal: PORTAL })
  t.regex(answer.kind === 'refused' ? answer.reason : '', /whether it has a session is not known: iscsi \(iscsiadm/)
  t.regex(machine.file('/etc/iscsi/initiatorname.iscsi') ?? '', /abcdefghijklmnop/)
})
