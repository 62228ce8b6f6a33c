import test from 'ava'
import { Emitter } from '../../../appliance/wire/emitter.ts'
import { collectingLog } from './collecting-log.ts'

function open() {
  const { log, lines } = collectingLog()
  return { news: new Emitter<number>(log, 'numbers'), lines }
}

test('a listener that throws is logged and hears all that follows, and so do the others', (t) => {
  const { news, lines } = open()
  const [failing, other]: [number[], number[]] = [[], []]
  news.subscribe((told) => {
    failing.push(told)
    throw new Error(`not ${told}`)
  })
  news.subscribe((told) => other.push(told))
  for (const told of [1, 2, 3]) news.tell(told)
  t.deepEqual(failing, [1, 2, 3])
  t.deepEqual(other, [1, 2, 3])
  t.deepEqual(
    lines.map(({ level, fields }) => [level, fields]),
    [1, 2, 3].map((told) => ['error', { error: new Error(`not ${told}`), of: 'numbers' }]),
  )
})

test('what a listener rejects with later is logged, too', async (t) => {
  const { news, lines } = open()
  news.subscribe(async (told) => {
    throw new Error(`not ${told}`)
  })
  news.tell(7)
  await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual(
    lines.map(({ fields }) => fields),
    [{ error: new Error('not 7'), of: 'numbers' }],
  )
})

test('who unsubscribes hears no more, also in the middle of the telling; who comes in the middle hears the next', (t) => {
  const { news } = open()
  const heard: string[] = []
  news.subscribe((told) => {
    heard.push(`first ${told}`)
    end()
    if (told === 1) news.subscribe((late) => heard.push(`late ${late}`))
  })
  const end = news.subscribe((told) => heard.push(`gone ${told}`))
  news.tell(1)
  news.tell(2)
  t.deepEqual(heard, ['first 1', 'first 2', 'late 2'])
})

test('one function that listens twice hears twice, until each end of it', (t) => {
  const { news } = open()
  let heard = 0
  const hear = () => (heard += 1)
  const ends = [news.subscribe(hear), news.subscribe(hear)]
  news.tell(1)
  ends[0]?.()
  news.tell(2)
  t.is(heard, 3)
})
