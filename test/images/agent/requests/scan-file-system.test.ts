import test from 'ava'
import { openDesk } from '../../../../images/agent/requests/desk.ts'
import { changingHandlers } from '../../../../images/agent/requests/handlers.ts'
import { scanFileSystem } from '../../../../images/agent/requests/scan-file-system.ts'
import type { Fault } from '../../../../images/agent/simulator/faults.ts'
import { addDisk, addExport } from '../../../../images/agent/simulator/state/furnish.ts'
import { sign } from '../../../../images/agent/simulator/state/place.ts'
import { answerBody, requestBody } from '../../../../manager/protocol/requests.ts'
import { TestClock } from '../clock.ts'
import {
  fileSystem,
  hostWithCopies,
  hostWithFiles,
  hostWithPaths,
  hostWithVolume,
  mountAt,
  mountsOf,
  qcow2,
  startGuest,
  UUID,
} from '../scanned.ts'
import type { Watched } from '../simulated.ts'

const FOLDER = `/run/hostless/scan/${UUID}`
const ask = { kind: 'scan-file-system' as const, fileSystem: { kind: 'uuid' as const, uuid: UUID } }
/** find is asked for the links of udev, too. */
const listed = (machine: Watched) => machine.runs('find').find(([, option]) => option === '-P')?.[2]
const reasonOf = async (machine: Watched) => {
  const answer = await scanFileSystem(machine.world, ask)
  return answer.kind === 'refused' ? answer.reason : answer.kind
}

test('a file system is mounted read-only over a loop, listed and unmounted; the same again does and says the same', async (t) => {
  const machine = hostWithFiles({ 'vm/web.qcow2': qcow2, 'notes.txt': 'hello' })
  const first = await scanFileSystem(machine.world, ask)
  t.deepEqual(first, {
    kind: 'file-system-scanned',
    sizeBytes: 4096 * 1000,
    freeBytes: 4096 * 250,
    images: [{ path: 'vm/web.qcow2', sizeBytes: 196_616, allocatedBytes: 196_608, format: 'qcow2' }],
    leftOut: [],
  })
  t.deepEqual(machine.runs('mount'), [['mount', '-t', 'ext4', '-o', 'loop,ro,nodev,nosuid,noexec,noload', '/dev/sda1', FOLDER]])
  t.deepEqual(mountsOf(machine), [])
  t.deepEqual(await scanFileSystem(machine.world, ask), first)
  t.true(answerBody.safeParse(first).success)
})

test('each type has the options that leave a journal alone', async (t) => {
  const options = { ext2: '', ext3: ',noload', ext4: ',noload', xfs: ',norecovery,nouuid', vfat: '' }
  for (const [type, more] of Object.entries(options)) {
    const machine = hostWithFiles({}, type)
    t.is(await reasonOf(machine), 'file-system-scanned')
    t.is(machine.runs('mount')[0]?.[4], `loop,ro,nodev,nosuid,noexec${more}`)
  }
})

test('swap, PVs, DRBD and what could replay a journal are refused and never mounted', async (t) => {
  for (const type of ['swap', 'LVM2_member', 'drbd', 'crypto_LUKS', 'btrfs', 'ntfs', 'ocfs2', 'gfs2', 'jfs']) {
    const machine = hostWithFiles({}, type)
    t.is(await reasonOf(machine), `sda1 holds ${type}, which is not mounted to look: ext2, ext3, ext4, xfs, vfat are`)
    t.deepEqual(machine.runs('mount'), [])
  }
})

test('where the host has it mounted it is listed there, mounted nowhere else and left mounted', async (t) => {
  const machine = hostWithFiles({ 'a.raw': '' })
  await mountAt(machine, '/dev/sda1', '/srv/images')
  t.is(await reasonOf(machine), 'file-system-scanned')
  t.deepEqual([machine.runs('mount').length, machine.runs('umount'), mountsOf(machine)], [1, [], ['/srv/images']])
  t.is(listed(machine), '/srv/images')
})

test('a disk of a guest, whole or by a partition, and an LV are not mounted: the guest has written what is there', async (t) => {
  for (const target of ['/dev/sda', '/dev/sda1']) {
    const machine = hostWithFiles()
    await startGuest(machine, 'web', [target])
    t.is(await reasonOf(machine), 'what is on sda1 is not mounted to look: guest web has it as xvda')
  }
  const other = hostWithFiles()
  other.site.change((site) => addDisk(site, other.host.name, 'sdz', 'sata', { bytes: 1 << 30 }))
  await startGuest(other, 'web', ['/dev/sdz'])
  t.is(await reasonOf(other), 'file-system-scanned')
  const volume = await hostWithVolume()
  volume.site.change((site) => sign(site, volume.host.name, 'dm-0', fileSystem()))
  t.is(await reasonOf(volume), 'dm-0 is an LV that is not mounted here: LVs are disks of guests')
})

test('of several devices with one UUID the map is taken, or a path of one LUN; of copies none', async (t) => {
  const mapped = await hostWithPaths(['multipathd'])
  t.is(await reasonOf(mapped), 'file-system-scanned')
  t.is(mapped.runs('mount')[0]?.[5], `/dev/mapper/36${'0'.repeat(31)}`)
  t.is(await reasonOf(await hostWithPaths([])), 'file-system-scanned')
  t.regex(await reasonOf(hostWithCopies(['sda', 'sdb'])), /^sda and sdb are copies of one file system/)
  t.regex(await reasonOf(hostWithCopies([])), /sees no file system/)
})

test('a mount that an agent has left is taken away first, and one that does not go is a refusal', async (t) => {
  const machine = hostWithFiles()
  await mountAt(machine, '/dev/sda1', FOLDER)
  machine.site.change((site) =>
    addDisk(site, machine.host.name, 'sdb', 'sata', { bytes: 1 << 30, labels: [[0, { ...fileSystem(), uuid: 'other' }]] }),
  )
  await mountAt(machine, '/dev/sdb', '/run/hostless/scan/other')
  t.is(await reasonOf(machine), 'file-system-scanned')
  t.deepEqual(
    machine.runs('umount').map(([, point]) => point),
    ['/run/hostless/scan/other', FOLDER, FOLDER],
  )
  const busy = { kind: 'fails', code: 32, stderr: 'umount: target is busy.' } as const
  machine.host.faults.order((command) => command[0] === 'umount' && !command.includes('--lazy'), busy)
  t.is(await reasonOf(machine), 'file-system-scanned')
  t.deepEqual(mountsOf(machine), [])
  await mountAt(machine, '/dev/sda1', FOLDER)
  machine.host.faults.order('umount', busy)
  t.regex(await reasonOf(machine), /of the scan before stays mounted: umount ended with exit code 32/)
})

const FAULTS: { readonly [How in 'fails' | 'hangs' | 'answer-lost' | 'missing' | 'nonsense']: Fault } = {
  fails: { kind: 'fails' },
  hangs: { kind: 'hangs' },
  // What stops a mount may stop it too late.
  'answer-lost': { kind: 'answer-lost' },
  missing: { kind: 'missing' },
  nonsense: { kind: 'says', ran: { kind: 'ended', exitCode: 0, stdout: '%!\0\xff {', stderr: '' } },
}

test('after each failure nothing is mounted any more', async (t) => {
  for (const broken of ['mkdir', 'mount', 'stat', 'find', 'od', 'lsblk', 'xl']) {
    for (const how of ['fails', 'hangs', 'answer-lost', 'missing', 'nonsense'] as const) {
      const machine = hostWithFiles({ 'a.qcow2': qcow2 })
      machine.host.faults.order(broken, FAULTS[how])
      const answer = await scanFileSystem(machine.world, ask)
      t.true(answerBody.safeParse(answer).success, `${broken} ${how}`)
      t.deepEqual(mountsOf(machine), [], `${broken} ${how}`)
      if (answer.kind === 'file-system-scanned' && (broken === 'find' || broken === 'od') && how !== 'nonsense' && how !== 'fails')
        t.is(answer.leftOut.length, 1, `${broken} ${how}`)
    }
  }
})

test('NFS is listed through the mount that the host has, and through no other', async (t) => {
  const machine = hostWithFiles()
  const nfs = (server: string) => ({ kind: 'scan-file-system' as const, fileSystem: { kind: 'nfs' as const, server, export: '/images' } })
  machine.site.change((site) => addExport(site, '10.0.0.9:/images', new Map([['a.img', '']])))
  await mountAt(machine, '10.0.0.9:/images', '/mnt/nfs', 'nfs4')
  const answer = await scanFileSystem(machine.world, nfs('10.0.0.9'))
  t.deepEqual(answer.kind === 'file-system-scanned' && answer.images.map(({ format }) => format), ['raw'])
  t.deepEqual([machine.runs('mount').length, listed(machine)], [1, '/mnt/nfs'])
  const named = {
    kind: 'scan-file-system' as const,
    fileSystem: { kind: 'nfs' as const, server: 'nas', export: '/images/', address: '10.0.0.9' },
  }
  t.is((await scanFileSystem(machine.world, named)).kind, 'file-system-scanned')
  t.like(await scanFileSystem(machine.world, nfs('10.0.0.8')), { kind: 'refused', reason: '10.0.0.8:/images is not mounted on this host' })
})

test('storage that answers slowly is read for so long, and what is left is said', async (t) => {
  const machine = hostWithFiles(Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.qcow2`, qcow2])))
  machine.host.faults.order('od', { kind: 'late', milliseconds: 40_000 })
  const answer = await scanFileSystem(machine.world, ask)
  if (answer.kind !== 'file-system-scanned') return t.fail(answer.kind)
  t.deepEqual(
    answer.images.map(({ path }) => path),
    ['a.qcow2', 'b.qcow2', 'c.qcow2'],
  )
  t.deepEqual(answer.leftOut, ['what comes from d.qcow2 on: after 90 s there is no more time'])
})

test('two scans at one time are done one after the other', async (t) => {
  const machine = hostWithFiles()
  let most = 0
  machine.host.listen(() => {
    most = Math.max(most, mountsOf(machine).length)
  })
  const desk = openDesk(changingHandlers(machine.world), { clock: new TestClock() })
  const answers = await Promise.all(['a', 'b', 'c'].map((id) => desk.answer(id, ask)))
  t.deepEqual([answers.map(({ kind }) => kind), most], [Array(3).fill('file-system-scanned'), 1])
})

test('a UUID that is none of a file system is no request: it names a folder', (t) => {
  for (const uuid of ['', '..', '../../etc', 'a/b', '-o', 'a b', 'a\n', 'x'.repeat(65)])
    t.false(requestBody.safeParse({ kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid } }).success, uuid)
  t.true(requestBody.safeParse({ kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: '78DF-2E1A' } }).success)
})

for (const [program, told] of [
  ['xl', /guests \(xl list -v: stopped after 60 s\)/],
  ['lsblk', /blockDevices \(lsblk .*stopped after 60 s\)/],
] as const) {
  test(`nothing is mounted while it is not known who has it: ${program} hangs`, async (t) => {
    const machine = hostWithFiles()
    machine.host.faults.order(program, { kind: 'hangs' })
    t.regex(await reasonOf(machine), told)
    t.deepEqual(machine.runs('mount'), [])
  })
}
