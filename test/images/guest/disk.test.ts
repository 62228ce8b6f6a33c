import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import {
  type DiskPlan,
  debugfsArguments,
  FILE_SYSTEM_AT,
  grubConfig,
  masterBootRecord,
  mkfsArguments,
  timesScript,
} from '../../../images/guest/disk.ts'

const run = promisify(execFile)
const PLAN: DiskPlan = { label: 'of-a-test', sizeBytes: 8 << 20, options: ['-m', '0'] }

test('the first sector has one active Linux partition from sector 2048 to the end, and is the same each time', (t) => {
  const sector = masterBootRecord(PLAN)
  t.is(sector.length, 512)
  t.deepEqual([...sector.subarray(510)], [0x55, 0xaa])
  t.deepEqual([sector[446], sector[450]], [0x80, 0x83])
  t.deepEqual([sector.readUInt32LE(454), sector.readUInt32LE(458)], [2048, (8 << 20) / 512 - 2048])
  t.true(
    sector.subarray(462, 510).every((byte) => byte === 0),
    'no other partition',
  )
  t.true(masterBootRecord(PLAN).equals(sector))
  t.false(masterBootRecord({ ...PLAN, label: 'another' }).equals(sector))
})

test('GRUB is told what to boot by the label, without a menu', (t) => {
  const lines = grubConfig({ label: 'x', kernel: '/boot/vmlinuz', initrd: '/boot/initrd.img', options: 'console=hvc0' }).split('\n')
  t.deepEqual(lines, [
    'set enable_progress_indicator=0',
    'search --no-floppy --set=root --label x',
    'linux /boot/vmlinuz root=LABEL=x ro console=hvc0',
    'initrd /boot/initrd.img',
    'boot',
    '',
  ])
})

test('the same folder gives the same disk, whenever it was touched, with its files where the partition begins', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hl-guest-disk-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, E2FSPROGS_FAKE_TIME: '1735689600', SOURCE_DATE_EPOCH: '1735689600' }
  const make = async (name: string) => {
    const [tree, disk, script] = [join(folder, `${name}-tree`), join(folder, name), join(folder, `${name}-times`)]
    await mkdir(join(tree, 'etc'), { recursive: true })
    await writeFile(join(tree, 'etc/a "quoted" name'), 'text')
    for (const path of [tree, join(tree, 'etc'), join(tree, 'etc/a "quoted" name')]) await run('touch', ['-d', '@1735689600', path])
    await writeFile(disk, masterBootRecord(PLAN))
    await truncate(disk, PLAN.sizeBytes)
    await run('mkfs.ext4', mkfsArguments(PLAN, tree, disk), { env })
    await writeFile(script, timesScript(['/', '/lost+found', '/etc', '/etc/a "quoted" name'], 1_735_689_600))
    await run('debugfs', debugfsArguments(disk, script), { env })
    return disk
  }
  const first = await make('first')
  const born = Date.now()
  // ctime counts in seconds on the disk.
  while (Date.now() - born < 1100) await new Promise((resolve) => setImmediate(resolve))
  t.true((await readFile(first)).equals(await readFile(await make('second'))))
  const { stdout } = await run('debugfs', ['-R', 'cat "/etc/a ""quoted"" name"', `${first}?offset=${FILE_SYSTEM_AT}`], { env })
  t.is(stdout, 'text')
})
