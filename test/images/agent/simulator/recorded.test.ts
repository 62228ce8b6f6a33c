// What the simulator shows, held against what the real tools said in dom0s of the lab: the same fields, and for the same state the same
// reading by the agent's parsers.
import test, { type ExecutionContext } from 'ava'
import { parseDrbdEvents } from '../../../../images/agent/inventory/drbdsetup.ts'
import { parseIscsiSessions } from '../../../../images/agent/inventory/iscsiadm.ts'
import { parseLsblk } from '../../../../images/agent/inventory/lsblk.ts'
import { LVM_REPORT, parseLvs, parsePvs, parseVgs } from '../../../../images/agent/inventory/lvm.ts'
import { parseMultipathdMaps } from '../../../../images/agent/inventory/multipath.ts'
import { parseXlList } from '../../../../images/agent/inventory/xl-list.ts'
import { parseXlListLong } from '../../../../images/agent/inventory/xl-list-long.ts'
import { addDisk, addTarget } from '../../../../images/agent/simulator/state/furnish.ts'
import { withLabel } from '../../../../images/agent/simulator/state/site.ts'
import { fixture } from '../machines.ts'
import { openPair, type Pair } from './pair.ts'

const REPORT = LVM_REPORT.join(' ')
const REAL = fixture('lvm-fullreport-2.03-trixie.json')

/** The node of the lab whose outputs were recorded, built by the commands that built it. */
async function recordedNode(): Promise<Pair> {
  const pair = openPair()
  const { a, ok, site } = pair
  for (const line of [
    'vgcreate --addtag hl.pool vg0 /dev/vda',
    'lvcreate -y -n g1 -L 64m --addtag hl.guest=g1 --addtag hl.disk=0 vg0',
    'lvcreate -y -s -n g1-snap -L 16m vg0/g1',
    'lvcreate -y -n g1-meta -L 4m vg0',
    'lvcreate -y --type thin-pool -n pool -L 64m vg0',
    'lvcreate -y -V 1g --thinpool pool -n thin1 vg0',
    'lvcreate -y -n g2 -L 32m vg0',
    'drbdmeta --force 7 v08 /dev/vg0/g1-meta flex-external create-md',
    'drbdsetup new-resource r0',
    'drbdsetup new-minor r0 7 0',
    'drbdsetup attach 7 /dev/vg0/thin1 /dev/vg0/g1-meta flexible --size=131072s',
    'drbdsetup primary 7 --force',
    'drbdsetup connect r0 ipv4:10.77.0.21:7789 ipv4:10.77.0.22:7789',
    "mkdir -p '/run/mnt/my data'",
  ])
    await ok(a, line)
  const g2 = site.state.groups
    .values()
    .next()
    .value?.volumes.find(({ name }) => name === 'g2')
  const first = g2?.segments[0]?.first ?? 0
  const label = { kind: 'file-system', type: 'ext4', uuid: '802ce74b-a4b5-426f-b13b-9f121d39e9e6', files: new Map() } as const
  site.change((now) => withLabel(now, 'a/vda', 2048 + first * 8192, label))
  await ok(a, "mount /dev/vg0/g2 '/run/mnt/my data'")
  return pair
}

const without = (keys: readonly string[]) => (row: object) => Object.fromEntries(Object.entries(row).filter(([key]) => !keys.includes(key)))
const byName = (one: { name?: string }, other: { name?: string }) => ((one.name ?? '') < (other.name ?? '') ? -1 : 1)

function keysOf(t: ExecutionContext, simulated: unknown, real: unknown, what: string): void {
  const [own, far] = [simulated, real].map((one) => Object.keys(typeof one === 'object' && one !== null ? one : {}))
  const missing = far?.filter((key) => !own?.includes(key)) ?? []
  t.deepEqual(missing, [], what)
}

test('LVM says of the recorded volumes what the real one said', async (t) => {
  const { a, ok } = await recordedNode()
  const [own, real] = [parseLvs(await ok(a, REPORT)), parseLvs(REAL)]
  const shown = (parsed: typeof own) => parsed.value.map(without(['uuid', 'vgUuid'])).sort(byName)
  t.deepEqual(own.reasons, [])
  t.deepEqual(shown(own), shown(real))
})

test('LVM says of the recorded group and its PVs what the real one said', async (t) => {
  const { a, ok } = await recordedNode()
  const strip = without(['uuid', 'vgUuid'])
  const free = without(['uuid', 'vgUuid', 'freeBytes'])
  const vgs = [parseVgs(await ok(a, REPORT)), parseVgs(REAL)]
  const pvs = [parsePvs(await ok(a, REPORT)), parsePvs(REAL)]
  t.deepEqual(vgs[0]?.value.map(free), vgs[1]?.value.map(free))
  t.deepEqual(pvs[0]?.value.map(free), pvs[1]?.value.map(free))
  t.deepEqual(strip(vgs[0]?.value[0] ?? {}).freeBytes, 1_069_547_520 - (64 + 16 + 4 + 4 + 4 + 64 + 32) * 2 ** 20)
})

test('lsblk shows the recorded devices over one another as the real one did', async (t) => {
  const { a, ok } = await recordedNode()
  const [own, real] = [
    parseLsblk(await ok(a, 'lsblk --json --bytes -O')).value,
    parseLsblk(fixture('lsblk-2.41-trixie-iscsi-lvm-drbd.json')).value,
  ]
  const named = (rows: typeof own) => {
    const names = new Map(rows.map((row) => [row.kname, row.path?.replace(/^\/dev\/(mapper\/)?/, '') ?? row.kname]))
    return rows
      .filter(({ kname }) => !/^(sd|loop)/.test(kname))
      .map(({ kname, type, size, parents, fstype, mountpoints }) => ({
        name: names.get(kname) ?? kname,
        type,
        size,
        on: parents.map((one) => names.get(one) ?? one).sort(),
        fstype,
        mountpoints,
      }))
      .sort(byName)
  }
  t.deepEqual(named(own), named(real))
})

test('events2 has the lines and the words of the real one', async (t) => {
  const { a, ok } = await recordedNode()
  const lines = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((one) =>
        one
          .split(' ')
          .map((word) => word.split(':')[0])
          .join(' '),
      )
  const [own, real] = [await ok(a, 'drbdsetup events2 --now --statistics'), fixture('drbd-events2-8.4.txt')]
  t.deepEqual(lines(own), lines(real))
  const [mine] = parseDrbdEvents(own).value
  const [theirs] = parseDrbdEvents(real).value
  // The real one had written a little.
  const settled = (one: typeof mine) => JSON.parse(JSON.stringify(one, (key, value) => (key === 'outOfSyncBytes' ? 0 : value)))
  t.deepEqual(settled(mine), settled(theirs))
})

test('xl list has the columns, and xl list -l the fields, of the real ones', async (t) => {
  const { a, ok } = openPair()
  const config =
    'name = "web 01"\nuuid = "5696d4b1-d96a-4bb4-8afd-6f96d9eb702f"\ntype = "pvh"\nvcpus = 2\nmaxvcpus = 4\nmemory = 128\nkernel = "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"\non_crash = "preserve"\n'
  await ok(a, 'vgcreate vg0 /dev/vda')
  await ok(a, 'lvcreate -y -n g1 -L 64m vg0')
  await a.files.write(
    '/run/web.cfg',
    `${config}disk = [ "phy:/dev/vg0/g1,xvda,w" ]\nvif = [ "mac=00:16:3e:00:00:01,bridge=xenbr0" ]\n`,
    0o600,
  )
  await ok(a, 'xl create -p /run/web.cfg')
  const [own, real] = [await ok(a, 'xl list -l'), fixture('xl-list-l-4.20-paused.json')]
  t.deepEqual(parseXlListLong(own), parseXlListLong(real))
  const [mine, theirs] = [JSON.parse(own)[1].config, JSON.parse(real)[1].config]
  for (const part of ['c_info', 'disks', 'nics'] as const)
    keysOf(t, part === 'c_info' ? mine[part] : mine[part][0], part === 'c_info' ? theirs[part] : theirs[part][0], part)
  t.deepEqual([mine.on_reboot, mine.on_crash], [theirs.on_reboot, theirs.on_crash])
  const guests = (text: string) =>
    parseXlList(text)
      .value.filter(({ domid }) => domid > 0)
      .map(without(['vcpus', 'cpuSeconds']))
  const [list, recorded] = [await ok(a, 'xl list -v'), fixture('xl-list-v-4.20-paused.txt')]
  t.deepEqual(guests(list), guests(recorded))
  t.is(list.split('\n')[0], recorded.split('\n')[0])
  t.regex(await ok(a, 'xl list'), /^Name +ID +Mem VCPUs\tState\tTime\(s\)\n/)
})

test('sessions and maps of the recorded targets are read as the real ones were', async (t) => {
  const { a, ok, site } = openPair()
  const target = 'iqn.2025-01.net.hostless:rack1'
  const luns = [1, 2].map((number) => ({
    bytes: 1 << 27,
    wwid: `naa.60000000000000000e0000000001000${number}`,
    vendor: 'IET',
    model: 'VIRTUAL-DISK',
  }))
  site.change((now) =>
    addTarget(addDisk(now, 'a', 'vdb', 'virtio', { bytes: 1 << 20 }), {
      name: target,
      portals: ['10.77.0.1:3261', '10.77.0.1:3260'],
      luns,
    }),
  )
  for (const line of [
    'iscsid',
    'iscsiadm -m discovery -t sendtargets -p 10.77.0.1:3261',
    `iscsiadm -m node -T ${target} --login`,
    'multipathd',
  ])
    await ok(a, line)
  const [own, real] = [
    parseIscsiSessions(await ok(a, 'iscsiadm -m session -P 3')),
    parseIscsiSessions(fixture('iscsiadm-2.1.11-two-sessions.txt')),
  ]
  t.deepEqual(own.reasons, [])
  const plain = ({ target: name, portal, sid, connected, interface: by, luns: seen }: (typeof own.value)[number]) => ({
    name,
    portal,
    sid,
    connected,
    by,
    luns: seen.filter(({ lun }) => lun > 0).map(({ lun }) => lun),
  })
  t.deepEqual(own.value.map(plain), real.value.map(plain))
  const [maps, recorded] = [
    parseMultipathdMaps(await ok(a, 'multipathd show maps json')),
    parseMultipathdMaps(fixture('multipathd-0.11-maps.json')),
  ]
  t.deepEqual(maps.reasons, [])
  const named = (parsed: typeof maps) =>
    parsed.value
      .map(({ wwid, vendor, product, paths }) => ({ wwid, vendor, product, paths: paths.map(({ state, check }) => `${state} ${check}`) }))
      .sort((x, y) => (x.wwid < y.wwid ? -1 : 1))
  t.deepEqual(named(maps), named(recorded))
})
