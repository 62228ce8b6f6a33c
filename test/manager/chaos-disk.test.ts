import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import anyTest from 'ava'
import { patience } from '../patience.ts'
import { freePort, onDisk, startProcess, writeConfig } from './process.ts'
import { dataDirFor, keysOf, macOf, pushBoot, startTestAgent, until } from './site.ts'

/** Mounting a small disk is root's to do. */
const test = process.getuid?.() === 0 ? anyTest : anyTest.skip

test('a full disk: the manager says so, takes nothing for kept that is not, and goes on when there is room again', async (t) => {
  t.timeout(patience(90_000))
  const folder = await dataDirFor(t)
  const dataDir = join(folder, 'data')
  await mkdir(dataDir)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=755', 'tmpfs', dataDir])
  t.teardown(() => execFileSync('umount', ['--lazy', dataDir]))
  const port = await freePort()
  const manager = startProcess(t, await writeConfig(folder, dataDir, port))
  await manager.ready
  const keys = await keysOf(dataDir, port)
  const agent = startTestAgent(t, async () => keys.address, await pushBoot(keys, macOf(1)), { macs: [macOf(1)] })
  const revision = () => onDisk(dataDir, (pool) => pool.hosts()[0]?.inventory?.revision ?? 0)
  await until('the first inventory', async () => (await revision()) === 1, patience(20_000))

  const ballast = join(dataDir, 'ballast')
  await writeFile(ballast, Buffer.alloc(8 << 20)).then(
    () => t.fail('the disk is not small'),
    (error: NodeJS.ErrnoException) => t.is(error.code, 'ENOSPC'),
  )
  const big = Array.from({ length: 2000 }, (_, index) => ({ name: `sd${index}`, uuid: 'x'.repeat(36) }))
  const fileSystems = big.map(({ name, uuid }) => ({ on: name, type: 'ext4', uuid, mountPoints: [] }))
  const wanted = agent.change({ fileSystems: fileSystems as never })
  await until(
    'the manager says that the disk is full',
    () => /the disk is full, nothing is acknowledged/.test(manager.said()),
    patience(20_000),
  )
  t.is(manager.child.exitCode, null)
  t.is(await revision(), 1)

  await writeFile(ballast, '')
  await until('what could not be kept before', async () => (await revision()) === wanted, patience(30_000))
  await until('the manager says that all is well', () => /the disk takes writes again/.test(manager.said()), patience(10_000))
  t.is(await manager.kill('SIGTERM'), 0)
})
