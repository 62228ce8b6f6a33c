import test from 'ava'
import fc from 'fast-check'
import { type Logs, Tail } from '../../../../images/agent/consoles/tail.ts'

/** A log of one file, which a test writes to and cuts. */
function logOf(text: string) {
  const file: { content: Buffer | undefined } = { content: Buffer.from(text) }
  const logs: Logs = {
    async read(_path, from, most) {
      const { content } = file
      return content ? { kind: 'read', octets: content.subarray(from, from + most), size: content.length } : { kind: 'missing' }
    },
  }
  const say = (more: string): void => {
    file.content = Buffer.concat([file.content ?? Buffer.alloc(0), Buffer.from(more)])
  }
  return { file, logs, say }
}

/** All that it says until there is no more. */
async function drain(tail: Tail, most = 1 << 16) {
  let [text, skipped] = ['', false]
  for (;;) {
    const piece = await tail.next(most)
    if ('unreadable' in piece) throw new Error(piece.unreadable)
    text += Buffer.from(piece.octets).toString()
    skipped ||= piece.skipped
    if (piece.live) return { text, skipped }
  }
}

test('it begins so far back, and goes on with what is written', async (t) => {
  const { logs, say } = logOf('0123456789')
  const tail = new Tail(logs, '/log', 4)
  t.deepEqual(await drain(tail), { text: '6789', skipped: false })
  t.deepEqual(await drain(tail), { text: '', skipped: false })
  say('abc')
  t.deepEqual(await drain(tail, 2), { text: 'abc', skipped: false })
})

test('a log that is not there yet says nothing, and then all', async (t) => {
  const log = logOf('')
  log.file.content = undefined
  const tail = new Tail(log.logs, '/log', 1000)
  t.is((await drain(tail)).text, '')
  log.say('hello')
  t.is((await drain(tail)).text, 'hello')
  log.file.content = undefined
  t.is((await drain(tail)).text, '')
  log.say('again')
  t.is((await drain(tail)).text, 'again')
})

test('what is not found again after a cut is said to be lost, and nothing is said twice', async (t) => {
  const { file, logs } = logOf('the old log, all of it')
  const tail = new Tail(logs, '/log', 1000)
  await drain(tail)
  file.content = Buffer.from('quite another')
  t.deepEqual(await drain(tail), { text: '', skipped: true })
})

test('a log that cannot be read says why', async (t) => {
  const tail = new Tail({ read: async () => ({ kind: 'unreadable', reason: 'EIO' }) }, '/log', 10)
  t.deepEqual(await tail.next(10), { unreadable: 'EIO' })
})

test('however it is written and cut, each byte comes once and in order, unless it says that some are lost', async (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), words: fc.integer({ min: 0, max: 120 }) }),
    fc.record({ kind: fc.constant('cut' as const), keep: fc.integer({ min: 300, max: 900 }) }),
    fc.record({ kind: fc.constant('read' as const), most: fc.integer({ min: 1, max: 500 }) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { file, logs, say } = logOf('')
      const tail = new Tail(logs, '/log', 1 << 20)
      let [written, said, next, lost] = ['', '', 0, false]
      for (const one of steps) {
        if (one.kind === 'write') {
          // Numbers that do not come again.
          for (let words = 0; words < one.words; words += 1) {
            const word = `${String(next).padStart(5, '0')}\n`
            next += 1
            written += word
            say(word)
          }
        } else if (one.kind === 'cut') file.content = file.content?.subarray(-one.keep)
        else {
          const piece = await tail.next(one.most)
          if ('unreadable' in piece) throw new Error(piece.unreadable)
          lost ||= piece.skipped
          said += Buffer.from(piece.octets).toString()
        }
      }
      const rest = await drain(tail)
      lost ||= rest.skipped
      said += rest.text
      if (!lost) t.is(said, written.slice(written.length - said.length), 'in order, to the end')
      const numbers = [...said.matchAll(/(\d{5})\n/g)].map(([, number]) => Number(number))
      t.true(
        numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? -1)),
        'none twice',
      )
    }),
    { numRuns: 100 },
  )
})
