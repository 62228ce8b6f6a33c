import test from 'ava'
import type { PoolEvent } from '../../../../manager/contract/events.ts'
import { ListWriter, TaggedList } from '../../../../manager/doors/api/tagged.ts'

const SAMPLE: PoolEvent = { kind: 'sample', host: 'a'.repeat(16) }
const ALARM: PoolEvent = { kind: 'alarm', alarm: 'x' }
const BOOT: PoolEvent = { kind: 'boot', mac: '52:54:00:00:00:01' }

function listOf(epoch = 7) {
  const clock = { now: 0 }
  const made: number[] = []
  const list = new TaggedList({
    epoch,
    elapsed: () => clock.now,
    effect: ({ kind }) => (kind === 'sample' ? 'soon' : kind === 'boot' ? 'none' : 'at-once'),
    make: async () => {
      made.push(clock.now)
      return `made ${made.length}`
    },
  })
  return { list, clock, made, text: async () => (await list.bytes({})).toString() }
}

test('a list is made once for all who ask, until an event of its own kind comes, and its tag goes with it', async (t) => {
  const { list, made, text } = listOf()
  const tag = list.tag()
  t.deepEqual(await Promise.all([text(), text()]), ['made 1', 'made 1'])
  list.hear(BOOT)
  t.is(list.tag(), tag)
  t.is(await text(), 'made 1')
  list.hear(ALARM)
  t.not(list.tag(), tag)
  t.is(await text(), 'made 2')
  t.is(made.length, 2)
  t.not(listOf(8).list.tag(), tag, 'another start of the manager')
})

test('each page of a list is made for itself, of those that were asked for last, and none of them is older than its tag', async (t) => {
  const made: unknown[] = []
  const make = async (input: unknown): Promise<string> => {
    made.push(input)
    return JSON.stringify(input)
  }
  const list = new TaggedList({ epoch: 1, elapsed: () => 0, effect: () => 'at-once', make })
  t.is((await list.bytes({ after: 'a' })).toString(), '{"after":"a"}')
  t.is((await list.bytes({ after: 'b' })).toString(), '{"after":"b"}')
  await list.bytes({ after: 'a' })
  t.is(made.length, 2)
  list.hear(ALARM)
  await list.bytes({ after: 'a' })
  t.is(made.length, 3)
  for (let page = 0; page < 200; page += 1) await list.bytes({ page })
  await list.bytes({ after: 'a' })
  t.is(made.length, 204, 'nobody makes it keep all pages that can be asked for')
})

test('samples alone make a list anew once a second, and the last of them is not forgotten', async (t) => {
  const { list, clock, text } = listOf()
  const tag = list.tag()
  await text()
  list.hear(SAMPLE)
  clock.now = 999
  t.is(list.tag(), tag)
  t.is(await text(), 'made 1')
  clock.now = 1000
  t.not(list.tag(), tag)
  t.is(await text(), 'made 2')
  clock.now = 5000
  list.tag()
  t.is(await text(), 'made 2')
})

test('what comes while a list is made is in the next, and one that failed is tried again', async (t) => {
  const made: ((text: string) => void)[] = []
  const list = new TaggedList({
    epoch: 1,
    elapsed: () => 0,
    effect: () => 'at-once',
    make: () => new Promise((resolve, reject) => made.push((text) => (text === '' ? reject(new Error('no')) : resolve(text)))),
  })
  const [tag, first] = [list.tag(), list.bytes({})]
  list.hear(ALARM)
  const second = list.bytes({})
  t.not(list.tag(), tag)
  made[0]?.('old')
  made[1]?.('')
  t.is((await first).toString(), 'old')
  await t.throwsAsync(second)
  const third = list.bytes({})
  made[2]?.('new')
  t.is((await third).toString(), 'new')
})

test('an item that is the same object is not written again, another is', (t) => {
  const writer = new ListWriter<{ readonly a: unknown }>('items')
  let reads = 0
  const counted = {
    get a() {
      reads += 1
      return '"<'
    },
  }
  t.is(writer.write([counted, { a: 1 }]), '{"items":[{"a":"\\"<"},{"a":1}]}')
  t.is(writer.write([{ a: 2 }, counted]), '{"items":[{"a":2},{"a":"\\"<"}]}')
  t.is(reads, 1)
  t.is(writer.write([]), '{"items":[]}')
  t.deepEqual(JSON.parse(writer.write([{ a: 3 }], { next: 'b' })), { items: [{ a: 3 }], next: 'b' })
})
