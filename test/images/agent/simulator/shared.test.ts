// Hosts of one site: LUNs, paths and links that are the same for both; and what is on media, whose it was.
import test from 'ava'
import { collect } from '../../../../images/agent/collect.ts'
import { findDevice } from '../../../../images/agent/simulator/state/devices.ts'
import { addTarget } from '../../../../images/agent/simulator/state/furnish.ts'
import { readAt, stampAt } from '../../../../images/agent/simulator/state/io.ts'
import { silence } from '../../../../images/agent/simulator/state/power.ts'
import { openPair, type Pair, writeConfig } from './pair.ts'

const [TARGET, PORTALS] = ['iqn.2026-11.test:t1', ['10.77.0.1:3260', '10.78.0.1:3260']]
const WWID = 'naa.60000000000000000e00000000010001'

async function withLun(): Promise<Pair> {
  const pair = openPair()
  pair.site.change((now) => addTarget(now, { name: TARGET, portals: PORTALS, luns: [{ bytes: 1 << 28, wwid: WWID }] }))
  for (const host of [pair.a, pair.b])
    for (const line of [
      'iscsid',
      'multipathd',
      `iscsiadm -m discovery -t sendtargets -p ${PORTALS[0]}`,
      `iscsiadm -m node -T ${TARGET} --login`,
    ])
      await pair.ok(host, line)
  return pair
}

function stamp({ site }: Pair, host: string, path: string, sectors: number, text: string): void {
  site.change((now) => {
    const wrote = stampAt(now, host, findDevice(now, host, path)?.kname ?? '', 0, sectors, text)
    if (wrote.kind === 'failed') throw new Error(wrote.why)
    return wrote.value
  })
}

function stamps({ site }: Pair, host: string, path: string, sectors: number): readonly string[] {
  const read = readAt(site.state, host, findDevice(site.state, host, path)?.kname ?? '', 0, sectors)
  return read.kind === 'done' ? read.value.map((run) => `${run.at}-${run.end} ${run.stamp}`) : [read.why]
}

test('a group that one host makes on a shared LUN is seen by the other, its volumes active where they were made active', async (t) => {
  const { a, b, ok } = await withLun()
  await ok(a, `vgcreate shared /dev/mapper/3${WWID.slice(4)}`)
  await ok(a, 'lvcreate -y -n web -L 64m shared')
  const { sections, problems } = await collect(b.backend, ['vgs', 'lvs', 'multipaths', 'blockDevices', 'iscsi'])
  t.deepEqual(problems, [])
  t.deepEqual(
    sections.lvs?.map(({ name, active }) => [name, active]),
    [['web', false]],
  )
  t.deepEqual(
    sections.multipaths?.map(({ wwid, paths }) => [wwid, paths.length]),
    [[WWID, 2]],
  )
  await ok(b, 'lvchange -ay shared/web')
  await ok(b, 'dmsetup info shared-web')
})

test('a portal that falls silent fails its sessions and paths on both hosts, and the other path stays', async (t) => {
  const { a, b, site } = await withLun()
  site.change((now) => silence(now, PORTALS[1] ?? '', 'silent'))
  for (const { backend } of [a, b]) {
    const { sections } = await collect(backend, ['iscsi', 'multipaths'])
    t.deepEqual(
      sections.iscsi?.sessions.map(({ connected }) => connected),
      [true, false],
    )
    t.deepEqual(
      sections.multipaths?.[0]?.paths.map(({ state }) => state),
      ['active', 'failed'],
    )
  }
})

test('one guest on two hosts, and two writers of one volume, are told as broken promises', async (t) => {
  const pair = await withLun()
  const { a, b, ok, faults } = pair
  await ok(a, `vgcreate shared /dev/mapper/3${WWID.slice(4)}`)
  await ok(a, 'lvcreate -y -n web -L 64m shared')
  await ok(b, 'lvchange -ay shared/web')
  for (const host of [a, b]) await writeConfig(host, 'web', '/dev/shared/web')
  await ok(a, 'xl create /run/web.cfg')
  t.deepEqual(faults(), [])
  await ok(b, 'xl create /run/web.cfg')
  t.deepEqual(faults(), ['I2: web (xvda) on a and web (xvda) on b write to one place'])
  await ok(b, 'xl pause web')
  t.deepEqual(faults(), [])
})

test('a volume shows what was on its extents before: whoever gives it on has to discard it', async (t) => {
  const pair = openPair()
  const { a, ok } = pair
  await ok(a, 'vgcreate vg0 /dev/vda')
  await ok(a, 'lvcreate -y -n one -L 8m vg0')
  stamp(pair, 'a', '/dev/vg0/one', 16_384, 'tenant one')
  await ok(a, 'lvremove -f vg0/one')
  await ok(a, 'lvcreate -y -n two -L 8m vg0')
  t.deepEqual(stamps(pair, 'a', '/dev/vg0/two', 16_384), ['8-16384 tenant one'], 'lvcreate wipes 4 KiB, no more')
  await ok(a, 'blkdiscard /dev/vg0/two')
  t.deepEqual(stamps(pair, 'a', '/dev/vg0/two', 16_384), [])
})

test('snapshots keep what was there, thick and thin; thin volumes begin as zeros', async (t) => {
  const pair = openPair()
  const { a, ok } = pair
  for (const line of [
    'vgcreate vg0 /dev/vda',
    'lvcreate -y -n disk -L 8m vg0',
    'lvcreate -y --type thin-pool -n pool -L 64m vg0',
    'lvcreate -y -V 8m --thinpool pool -n thin vg0',
  ])
    await ok(a, line)
  t.deepEqual(stamps(pair, 'a', '/dev/vg0/thin', 16), [])
  for (const path of ['/dev/vg0/disk', '/dev/vg0/thin']) stamp(pair, 'a', path, 16, 'before')
  await ok(a, 'lvcreate -y -s -n disk-snap -L 8m vg0/disk')
  await ok(a, 'lvcreate -y -s -kn -n thin-snap vg0/thin')
  for (const path of ['/dev/vg0/disk', '/dev/vg0/thin']) stamp(pair, 'a', path, 16, 'after')
  for (const name of ['disk', 'thin']) {
    t.deepEqual(stamps(pair, 'a', `/dev/vg0/${name}-snap`, 16), ['0-16 before'])
    t.deepEqual(stamps(pair, 'a', `/dev/vg0/${name}`, 16), ['0-16 after'])
  }
})

test('followers hear of their own host what its kernel tells, and of DRBD what changes', async (t) => {
  const pair = openPair()
  const { a, b, ok } = pair
  const heard: string[] = []
  for (const host of [a, b])
    for (const program of ['udevadm', 'ip', 'drbdsetup'])
      host.follow(
        [program],
        (line) => heard.push(`${host.name} ${line}`),
        () => undefined,
      )
  for (const line of [
    'vgcreate vg0 /dev/vda',
    'lvcreate -y -n x -L 8m vg0',
    'ip link add name br9 type bridge',
    'drbdsetup new-resource r',
    'drbdsetup new-minor r 1 0',
  ])
    await ok(a, line)
  await ok(b, 'drbdsetup new-resource r')
  t.true(heard.includes('a UDEV  [1.0] add      /devices/virtual/block/dm-0 (block)'), heard.join('\n'))
  t.true(heard.some((line) => line.startsWith('a 2: br9: ')))
  t.true(heard.some((line) => line.startsWith('a create device name:r volume:0 minor:1 disk:Diskless ')))
  t.deepEqual(
    heard.filter((line) => line.startsWith('b ')),
    [
      'b create resource name:r role:Secondary suspended:no write-ordering:flush',
      'b create connection name:r peer-node-id:0 connection:StandAlone role:Unknown congested:no',
    ],
  )
})
