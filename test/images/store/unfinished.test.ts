import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { sweep, unfinishedPath } from '../../../images/store/unfinished.ts'
import { quiet, temporaryFolder } from '../fake-image.ts'

test('sweep leaves the work of live processes and everything else alone', async (t) => {
  const folder = await temporaryFolder(t)
  const own = await unfinishedPath(folder)
  await mkdir(own)
  await writeFile(join(folder, 'published'), '')
  await mkdir(join(folder, '0123456789abcdef'))
  const before = await readdir(folder)
  await sweep(folder, quiet)
  t.deepEqual(await readdir(folder), before)
})

test('sweep deletes what dead processes left, and that of a process whose number is used again', async (t) => {
  const folder = await temporaryFolder(t)
  const { pid } = execa('true')
  const dead = await execa('true')
  t.is(dead.exitCode, 0)
  await mkdir(join(folder, `.unfinished-${pid}-1-aa/deep`), { recursive: true })
  await writeFile(join(folder, `.unfinished-${process.pid}-1-bb`), 'of an earlier process with our number')
  await writeFile(join(folder, '.unfinished-'), '')
  await sweep(folder, quiet)
  t.deepEqual(await readdir(folder), [])
})

test('sweep is quiet where there is no folder', async (t) => {
  await t.notThrowsAsync(sweep(join(await temporaryFolder(t), 'none'), quiet))
})
