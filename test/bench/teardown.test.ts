import test from 'ava'
import { Teardown } from './teardown.ts'

test('all takes down the newest first, and each once', async (t) => {
  const teardown = new Teardown()
  const closed: string[] = []
  const add = (name: string) => teardown.add(async () => void closed.push(name))
  add('namespace')
  const rack = add('rack')
  add('folder')
  await rack()
  await teardown.all()
  await teardown.all()
  await rack()
  t.deepEqual(closed, ['rack', 'folder', 'namespace'])
})

test('all goes on over a failure and tells of it at the end', async (t) => {
  const teardown = new Teardown()
  const closed: string[] = []
  teardown.add(async () => void closed.push('first'))
  teardown.add(() => Promise.reject(new Error('busy')))
  await t.throwsAsync(teardown.all(), { message: 'busy' })
  t.deepEqual(closed, ['first'])
})

test('all waits for work that goes on, even when that fails', async (t) => {
  const teardown = new Teardown()
  let fail: (error: Error) => void = () => undefined
  const work = teardown.during(new Promise<never>((_, reject) => (fail = reject)))
  let done = false
  const all = teardown.all().then(() => {
    done = true
  })
  await Promise.resolve()
  t.false(done)
  fail(new Error('told to stop'))
  await t.throwsAsync(work, { message: 'told to stop' })
  await all
  t.true(done)
})
