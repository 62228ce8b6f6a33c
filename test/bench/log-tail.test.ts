import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { LogTail } from './log-tail.ts'

test('LogTail gives whole lines only, each once, with the time when it was first seen', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hl-tail-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'log')
  await writeFile(file, 'one\ntw')
  const tail = await LogTail.open(file)
  t.teardown(() => tail.close())
  const texts = () => tail.lines.map(({ text }) => text)
  const before = Date.now()
  await tail.look()
  t.deepEqual(texts(), ['one'])
  await appendFile(file, 'o\nthree\n')
  await tail.look()
  await tail.look()
  t.deepEqual(texts(), ['one', 'two', 'three'])
  t.true(tail.lines.every(({ at }) => at >= before && at <= Date.now()))
})

test('LogTail reads what is longer than one look at the file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hl-tail-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'log')
  await writeFile(file, `${'x'.repeat(200_000)}\nend\n`)
  const tail = await LogTail.open(file)
  t.teardown(() => tail.close())
  await tail.look()
  t.deepEqual(
    tail.lines.map(({ text }) => text.length),
    [200_000, 3],
  )
})
