import test from 'ava'
import { AREA_BYTES } from '../../../../images/agent/records/volume.ts'
import { makeVg } from '../../../../images/agent/requests/make-vg.ts'
import { removeVg } from '../../../../images/agent/requests/remove-vg.ts'
import type { Fault } from '../../../../images/agent/simulator/faults.ts'
import { findGroup } from '../../../../images/agent/simulator/state/activation.ts'
import { addDisk, type DriveSpec } from '../../../../images/agent/simulator/state/furnish.ts'
import { withRam } from '../../../../images/agent/simulator/state/site.ts'
import { RECORDS_LV } from '../../../../manager/protocol/guest-record.ts'
import type { DiskRef } from '../../../../manager/protocol/requests/vgs.ts'
import { MIB } from '../disks.ts'
import { type Watched, watchedHost } from '../simulated.ts'
import { words } from '../simulator/pair.ts'

const BYTES = 64 * MIB
const ref = (name: string, serial = `S-${name}`, contents: DiskRef['contents'] = 'none'): DiskRef => ({
  name,
  serial,
  sizeBytes: BYTES,
  contents,
})
const EXT4 = { kind: 'file-system', type: 'ext4', uuid: '07a892c2-d5d2-48dc-a0ea-31d5e875065e', files: new Map() } as const

function host(specs: { readonly [disk: string]: Partial<DriveSpec> } = { vdb: {}, vdc: {} }): Watched {
  return watchedHost((site, name) =>
    Object.entries(specs).reduce(
      (all, [disk, spec]) => addDisk(all, name, disk, 'virtio', { bytes: BYTES, serial: `S-${disk}`, ...spec }),
      site,
    ),
  )
}

async function ok({ host: { backend } }: Watched, line: string): Promise<void> {
  const ran = await backend.run(words(line))
  if (ran.kind !== 'ended' || ran.exitCode !== 0) throw new Error(`${line}: ${JSON.stringify(ran)}`)
}

const make = ({ world }: Watched, disks: readonly DiskRef[], more: { readonly uuid?: string; readonly pool?: string } = {}) =>
  makeVg(world, { kind: 'make-vg', name: 'data', disks, ...more })
const groupIn = ({ site, host: { name } }: Watched) => findGroup(site.state, name, 'data')
const reasonOf = (answer: { readonly kind: string; readonly reason?: string }) => answer.reason ?? answer.kind

test('empty disks become a VG with the name of its pool; asked again it is as it is, and more disks extend it', async (t) => {
  const machine = host({ vdb: {}, vdc: {}, vdd: {} })
  const made = await make(machine, [ref('vdb'), ref('vdc')], { pool: 'fast' })
  t.like(made, { kind: 'vg-made', vg: { name: 'data' }, sizeBytes: 2 * 60 * MIB, freeBytes: 2 * 60 * MIB - AREA_BYTES })
  t.deepEqual(groupIn(machine)?.tags, ['hostless.pool=fast'])
  t.deepEqual(
    groupIn(machine)?.volumes.map(({ name, tags }) => [name, ...tags]),
    [[RECORDS_LV, 'hostless.records=ready']],
  )
  const before = machine.runs('vgcreate').length
  t.deepEqual(await make(machine, [ref('vdb'), ref('vdc')], { pool: 'fast' }), made)
  t.deepEqual([machine.runs('vgcreate').length, machine.runs('vgextend').length, machine.runs('vgchange').length], [before, 0, 0])
  t.like(await make(machine, [ref('vdd')], { uuid: groupIn(machine)?.uuid ?? '' }), { sizeBytes: 3 * 60 * MIB })
  t.like(await make(machine, [ref('vdb')], { pool: 'slow' }), { kind: 'vg-made' })
  t.deepEqual(groupIn(machine)?.tags, ['hostless.pool=slow'])
})

test('a disk that is another one than was told is refused, as are one that is gone and one that is named twice', async (t) => {
  const machine = host()
  for (const [disks, told] of [
    [[ref('vdb', 'S-vdc')], /vdb is another disk now: its serial is S-vdb, and S-vdc was told/],
    [[{ ...ref('vdb'), sizeBytes: BYTES + 512 }], /its size is 67108864, and 67109376 was told/],
    [[{ name: 'vdb', sizeBytes: BYTES, contents: 'none' as const }], /its serial is S-vdb, and none was told/],
    [[{ ...ref('vdb'), wwid: 'naa.5002538aaaaaaaaa' }], /its WWID is not known/],
    [[ref('vdz')], /there is no disk vdz/],
    [[ref('vdb'), ref('vdb')], /vdb is named twice/],
    [[], /no disk was named/],
  ] as const)
    t.regex(reasonOf(await make(machine, disks)), told)
  t.deepEqual(machine.runs('vgcreate'), [])
})

test('a VG of this name that has none of these disks is somebody else’s, and another UUID is another VG', async (t) => {
  const machine = host()
  await ok(machine, 'vgcreate data /dev/vdb')
  t.regex(reasonOf(await make(machine, [ref('vdc')])), /there is a VG data on this host already, of other disks/)
  t.regex(reasonOf(await make(machine, [ref('vdc')], { uuid: 'Zx0ldv-aaaa-bbbb-cccc-dddd-eeee-ffffff' })), /is another one/)
  t.is(groupIn(machine)?.pvs.length, 1)
})

const PARTITIONS = [{ number: 1, start: 2048, sectors: 4096 }]
const HELD: { readonly [what: string]: readonly [spec: Partial<DriveSpec>, prepare: (machine: Watched) => Promise<void>, told: RegExp] } = {
  'a PV of another VG': [{}, (machine) => ok(machine, 'vgcreate other /dev/vdb'), /PV of the VG other/],
  'a mount': [
    { labels: [[0, EXT4]] },
    async (machine) => {
      await ok(machine, 'mkdir -p /mnt')
      await ok(machine, 'mount -t ext4 /dev/vdb /mnt')
    },
    /mounted on \/mnt/,
  ],
  'a map': [{}, (machine) => ok(machine, "dmsetup create x --table '0 2048 linear /dev/vdb 0'"), /lies on it/],
  'a loop device': [
    {},
    async ({ site, host: { name } }) => site.change((now) => withRam(now, name, { loops: [{ number: 3, backing: 'vdb' }] })),
    /loop3 lies on it/,
  ],
  'a guest': [
    {},
    async (machine) => {
      await machine.host.files.write(
        '/run/g.cfg',
        'name = "g"\ntype = "pvh"\nmemory = 128\nvcpus = 1\nkernel = "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"\ndisk = [ "format=raw,vdev=xvda,access=rw,target=/dev/vdb" ]\n',
        0o600,
      )
      await ok(machine, 'xl create /run/g.cfg')
    },
    /guest g has it as xvda/,
  ],
}

for (const [what, [spec, prepare, told]] of Object.entries(HELD))
  for (const contents of ['none', 'typed'] as const)
    test(`what is in use stays, whatever a person has typed: ${what}, ${contents}`, async (t) => {
      const machine = host({ vdb: spec })
      await prepare(machine)
      const before = machine.commands.length
      t.regex(reasonOf(await make(machine, [ref('vdb', 'S-vdb', contents)])), told)
      t.false(
        machine.commands.slice(before).some((command) => /^(vgcreate|vgextend|pvcreate)$/.test(command[0]) || command.includes('--all')),
      )
    })

for (const [what, spec] of Object.entries({
  'a file system': { labels: [[0, EXT4] as const] },
  partitions: { partitions: PARTITIONS, labels: [[2048, EXT4] as const] },
}))
  test(`a disk with ${what} is wiped only when its serial was typed`, async (t) => {
    const machine = host({ vdb: spec })
    t.regex(reasonOf(await make(machine, [ref('vdb')])), /vdb is not empty: /)
    t.false(machine.commands.some((command) => command.includes('--all')))
    t.like(await make(machine, [ref('vdb', 'S-vdb', 'typed')]), { kind: 'vg-made' })
  })

test('what only wipefs knows is a signature, too; and where it cannot look, the disk is not empty', async (t) => {
  const machine = host()
  machine.host.faults.order('wipefs', { kind: 'says', ran: { kind: 'ended', exitCode: 0, stdout: 'zfs_member 0x3f000\n', stderr: '' } }, 1)
  t.regex(reasonOf(await make(machine, [ref('vdb')])), /it has a signature of zfs_member/)
  machine.host.faults.order('wipefs', { kind: 'fails', stderr: 'Input/output error' }, 1)
  t.regex(reasonOf(await make(machine, [ref('vdb')])), /what is on it is not known: wipefs ended with exit code 1: Input\/output error/)
  t.deepEqual(machine.runs('vgcreate'), [])
})

test('what could not be read is not empty: no disk is taken while one of the sections is not known', async (t) => {
  for (const program of ['lsblk', 'lvm', 'xl', 'multipathd']) {
    const machine = host()
    machine.host.faults.order(program, { kind: 'hangs' })
    t.regex(reasonOf(await make(machine, [ref('vdb')])), /whether the disks are empty is not known/, program)
    t.deepEqual(machine.runs('vgcreate'), [])
  }
})

test('a PV of no VG, as a vgcreate that was cut short leaves it, is as good as empty', async (t) => {
  const machine = host()
  await ok(machine, 'pvcreate /dev/vdb')
  t.like(await make(machine, [ref('vdb')]), { kind: 'vg-made' })
})

test('a VG is removed with all that was on its disks, unless an LV is in it or a PV is missing; and once', async (t) => {
  const machine = host()
  await make(machine, [ref('vdb'), ref('vdc')])
  const vg = { name: 'data', uuid: groupIn(machine)?.uuid ?? '' }
  await ok(machine, 'lvcreate -y -n x -l 1 data')
  t.regex(reasonOf(await removeVg(machine.world, { kind: 'remove-vg', vg })), /is not empty: it has 1 LVs, x/)
  await ok(machine, 'lvremove -y data/x')
  machine.host.faults.order('lvm', { kind: 'hangs' }, 1)
  t.regex(reasonOf(await removeVg(machine.world, { kind: 'remove-vg', vg })), /is not known: pvs \(lvm fullreport/)
  t.deepEqual(await removeVg(machine.world, { kind: 'remove-vg', vg }), { kind: 'vg-removed', was: 'there' })
  t.true([...machine.site.state.media.values()].every(({ labels }) => labels.size === 0))
  t.deepEqual(await removeVg(machine.world, { kind: 'remove-vg', vg }), { kind: 'vg-removed', was: 'not there' })
  t.like(await make(machine, [ref('vdb')]), { kind: 'vg-made' })
})

test('any one command that fails or loses its answer: refused or done, and asked again it is done', async (t) => {
  t.timeout(600_000)
  const disks = [ref('vdb', 'S-vdb', 'typed'), ref('vdc')]
  const plain = host({ vdb: { labels: [[0, EXT4]] }, vdc: {} })
  await make(plain, disks, { pool: 'fast' })
  for (const fault of [{ kind: 'fails' }, { kind: 'answer-lost' }] satisfies readonly Fault[])
    for (let at = 0; at < plain.commands.length; at += 1) {
      const machine = host({ vdb: { labels: [[0, EXT4]] }, vdc: {} })
      let count = -1
      machine.host.faults.order(
        () => {
          count += 1
          return count === at
        },
        fault,
        1,
      )
      const answer = await make(machine, disks, { pool: 'fast' })
      machine.host.faults.clear()
      t.like(
        await make(machine, disks, { pool: 'fast' }),
        { kind: 'vg-made', sizeBytes: 2 * 60 * MIB },
        `${fault.kind} at ${plain.commands[at]?.join(' ')}: ${JSON.stringify(answer)}`,
      )
      t.deepEqual(groupIn(machine)?.tags, ['hostless.pool=fast'])
    }
})
