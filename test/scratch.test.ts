import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { makeScratch } from './scratch.ts'

test('it is for everyone, goes with all that is in it, and takes along what a run has left that was killed, and nothing of one that runs', (t) => {
  const other = makeScratch()
  // No process has a number that high (proc(5), pid_max).
  const left = join(dirname(other.folder), 'hl-tests-99999999-left')
  mkdirSync(join(left, 'database'), { recursive: true })
  const scratch = makeScratch()
  t.is(statSync(scratch.folder).mode & 0o7777, 0o1777)
  t.false(existsSync(left))
  t.true(existsSync(other.folder))
  writeFileSync(join(scratch.folder, 'file'), '')
  for (const { folder, remove } of [scratch, other]) {
    remove()
    t.false(existsSync(folder))
  }
})
