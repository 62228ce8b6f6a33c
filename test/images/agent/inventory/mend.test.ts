import test from 'ava'
import { z } from 'zod'
import { acceptAll } from '../../../../images/agent/inventory/accept.ts'
import { mend } from '../../../../images/agent/inventory/mend.ts'
import { lacksIn, textOf } from '../../../../images/agent/inventory/reading.ts'
import { list, name, record, word } from '../../../../manager/protocol/values.ts'

const disk = record({ vdev: name, format: word(5).exactOptional(), tags: list(word(3), 2) })
const guest = record({ name, note: word(5).exactOptional(), disks: list(disk, 5) })

test('an odd member of an item of a nested list costs itself, and every item stands', (t) => {
  const mended = mend(guest, { name: 'g', disks: [{ vdev: 'xvda', format: 'far too long', tags: [] }] })
  t.deepEqual(mended.value, { name: 'g', disks: [{ vdev: 'xvda', tags: [] }] })
  t.is(mended.lacks, 'detail')
  t.regex(mended.faults.join(), /^disks\.0\.format /)
})

test('an odd item of a nested list costs itself: the others stay as they are, and that one is missing is told', (t) => {
  const disks = [{ vdev: 'xvda', tags: ['a'] }, { vdev: '', tags: [] }, 'no disk', { tags: [] }, { vdev: 'xvdb', tags: ['long', 'b'] }]
  const mended = mend(guest, { name: 'g', disks })
  t.deepEqual(mended.value, {
    name: 'g',
    disks: [
      { vdev: 'xvda', tags: ['a'] },
      { vdev: 'xvdb', tags: ['b'] },
    ],
  })
  t.is(mended.lacks, 'parts')
})

test('a list that is too long is cut at any depth, and it is said of how many', (t) => {
  const tagged = { vdev: 'xvda', tags: ['a', 'b', 'c', 'd'] }
  const mended = mend(guest, { name: 'g', disks: Array.from({ length: 7 }, () => tagged) })
  t.is(mended.value?.disks.length, 5)
  t.deepEqual(mended.value?.disks[0]?.tags, ['a', 'b'])
  t.is(mended.lacks, 'parts')
  t.true(mended.faults.includes('disks: only the first 5 of 7 are taken'), mended.faults.join())
})

test('what a record cannot be without costs the record', (t) => {
  for (const given of [{ disks: [] }, { name: 'g', disks: 'none' }, 'no guest', null, undefined])
    t.is(mend(guest, given).value, undefined, JSON.stringify(given))
})

test('items of a list are missing where one of them could not be mended', (t) => {
  t.is(mend(z.array(guest), [{ name: '', disks: [] }]).lacks, 'items')
  const { value, reasons } = acceptAll(
    guest,
    [
      { name: '', disks: [] },
      { name: 'g', note: 'too long', disks: [] },
    ],
    (one) => `guest ${one.name}`,
  )
  t.deepEqual(value, [{ name: 'g', disks: [] }])
  t.deepEqual(reasons.map(lacksIn), ['items', 'detail'])
  t.true(reasons.every((reason) => textOf(reason) !== ''))
})

test('ten thousand odd items cost no more than their number', (t) => {
  const disks = Array.from({ length: 10_000 }, () => ({ vdev: '', tags: [''] }))
  t.deepEqual(mend(guest, { name: 'g', disks }).value, { name: 'g', disks: [] })
})
