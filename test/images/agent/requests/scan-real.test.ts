// Real ext4 on a real device: only root can do this, and a kernel that has loop devices. Elsewhere the test says that it is skipped.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { machineBackend, machineClock } from '../../../../images/agent/exec.ts'
import { machineFiles } from '../../../../images/agent/files/exec.ts'
import { scanFileSystem } from '../../../../images/agent/requests/scan-file-system.ts'
import type { World } from '../../../../images/agent/requests/world.ts'
import { idle } from '../machines.ts'

const run = async (program: string, ...args: string[]) => (await promisify(execFile)(program, args)).stdout.trim()

const canMount = await (async () => {
  if (process.getuid?.() !== 0) return false
  return run('losetup', '--find').then(
    () => true,
    () => false,
  )
})()
const testAsRoot = canMount ? test : test.skip
const UUID = '6d0f3b52-4a43-4b0e-9d2b-3a3f0c6f1a77'

const machine = machineBackend()
/** The machine's own, but that a loop device stands for a disk. */
const world = (device: string): World => ({
  backend: {
    ...machine,
    run: async (command) => {
      if (command[0] === 'xl') return idle(command) ?? machine.run(command)
      if (command[0] !== 'lsblk') return machine.run(command)
      const row = { kname: 'sdq', path: device, type: 'disk', size: 48 << 20, fstype: 'ext4', uuid: UUID, mountpoints: [null] }
      return { kind: 'ended', exitCode: 0, stdout: JSON.stringify({ blockdevices: [row] }), stderr: '' }
    },
  },
  files: machineFiles,
  clock: machineClock,
  collect: async () => undefined,
})

testAsRoot('a real ext4 with open-unlinked files, as on a host that writes it, is listed, and not a byte of it changes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hl-scan-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const [disk, content] = [join(folder, 'disk'), join(folder, 'content')]
  await mkdir(join(content, 'vm'), { recursive: true })
  await writeFile(join(content, 'vm/web.qcow2'), Buffer.concat([Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'), Buffer.alloc(196_608)]))
  await writeFile(join(content, 'vm/line\nfeed.raw'), Buffer.alloc(65_536))
  await writeFile(join(content, 'orphan'), 'held open elsewhere')
  const sparse = await open(join(content, 'data.img'), 'w')
  await sparse.truncate(1 << 30)
  await sparse.close()
  await run('truncate', '-s', '48M', disk)
  await run('mke2fs', '-q', '-F', '-t', 'ext4', '-U', UUID, '-d', content, disk)
  const inode = /Inode: (\d+)/.exec(await run('debugfs', '-R', 'stat /orphan', disk))?.[1] ?? t.fail('there is no orphan')
  await run('debugfs', '-w', '-R', `set_super_value last_orphan ${inode}`, disk)
  await run('debugfs', '-w', '-R', `set_inode_field <${inode}> links_count 0`, disk)
  await run('debugfs', '-w', '-R', 'unlink /orphan', disk)
  const hash = async () =>
    createHash('sha256')
      .update(await readFile(disk))
      .digest('hex')
  const before = await hash()
  const device = await run('losetup', '--find', '--show', disk)
  t.teardown(() => run('losetup', '--detach', device))
  for (let times = 0; times < 2; times += 1) {
    const answer = await scanFileSystem(world(device), { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: UUID } })
    if (answer.kind !== 'file-system-scanned') return t.fail(JSON.stringify(answer))
    t.deepEqual(
      answer.images.map(({ path, sizeBytes, format }) => [path, sizeBytes, format]),
      [
        ['data.img', 1 << 30, 'raw'],
        ['vm/web.qcow2', 196_616, 'qcow2'],
      ],
    )
    t.true((answer.images[0]?.allocatedBytes ?? 1 << 30) < 1 << 20)
    t.deepEqual(answer.leftOut, ['1 files whose names cannot be shown'])
    t.true(answer.freeBytes > 0 && answer.freeBytes < answer.sizeBytes && answer.sizeBytes < 48 << 20)
  }
  await run('sync', disk)
  t.is(await hash(), before)
  t.notRegex(await readFile('/proc/self/mountinfo', 'utf8'), /hostless\/scan/)
})
