// Images that are read through: one after the other, once however often it is asked for, and no further when that is called off.
import test from 'ava'
import { Checks } from '../../../manager/vm-images/checks.ts'
import type { Verifying } from '../../../manager/vm-images/files/folder.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { until } from '../site.ts'

interface Reading extends Verifying {
  readonly image: string
  readonly end: (findings: readonly string[]) => void
}

function reading() {
  const [reads, told]: [Reading[], string[]] = [[], []]
  const folder = {
    verify: (image: string, how: Verifying = {}) =>
      new Promise<readonly string[]>((end, fail) => {
        how.signal?.addEventListener('abort', () => fail(new Error('called off')))
        reads.push({ ...how, image, end })
      }),
  }
  const { log, lines } = collectingLog()
  const checks = new Checks({
    ...{ folder, now: () => 7, log },
    tell: ({ image, by, stage }) => told.push(`${image} ${by} ${stage.kind}${'reason' in stage ? `: ${stage.reason}` : ''}`),
  })
  return { checks, reads, told, lines }
}

test('one is read after the other, and once, however often it is asked for while it is', async (t) => {
  const { checks, reads, told } = reading()
  checks.begin({ image: 'a', name: 'one', by: 'ada' })
  checks.begin({ image: 'b', name: 'two', by: 'ada' })
  checks.begin({ image: 'a', name: 'one', by: 'otto' })
  await until('the first', () => reads.length === 1)
  t.deepEqual(checks.of('a'), { state: 'running', findings: [], at: 7 })
  reads[0]?.onProgress?.(1, 2)
  reads[0]?.end(['block 1 has changed'])
  await until('the second', () => reads.length === 2)
  reads[1]?.end([])
  await until('both', () => checks.of('b')?.state === 'good')
  t.like(checks.of('a'), { state: 'damaged', findings: ['block 1 has changed'] })
  t.deepEqual(told, [
    ...['a ada queued', 'b ada queued', 'a ada begun', 'a ada under way'],
    ...['a ada failed: it is damaged: block 1 has changed', 'b ada begun', 'b ada done'],
  ])
  checks.forget('b')
  t.is(checks.of('b'), undefined)
})

test('what is called off is not read, or read no further; nothing is known of it then, and it is no fault of the image', async (t) => {
  const { checks, reads, told, lines } = reading()
  for (const image of ['a', 'b']) checks.begin({ image, name: image, by: 'ada' })
  await until('the first', () => reads.length === 1)
  for (const image of ['a', 'b']) t.is(checks.cancel(image, 'otto').kind, 'done')
  reads[0]?.onProgress?.(1, 2)
  t.true(reads[0]?.signal?.aborted)
  t.deepEqual(told.slice(3), ['a ada cancelled: otto has cancelled it', 'b ada cancelled: otto has cancelled it'])
  t.is(checks.of('a'), undefined)
  t.is(checks.cancel('a', 'otto').kind, 'refused')
  checks.begin({ image: 'c', name: 'three', by: 'ada' })
  await until('the third', () => reads.length === 2)
  t.is(reads[1]?.image, 'c', 'the second was never read')
  t.deepEqual(lines, [])
})
