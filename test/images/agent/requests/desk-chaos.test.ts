// Whatever managers say, doubled, late, in any order: each id has one effect, and everyone who asks has an answer.
import test from 'ava'
import fc from 'fast-check'
import { openDesk, STOPPING } from '../../../../images/agent/requests/desk.ts'
import type { AnswerBody, RequestBody } from '../../../../manager/protocol/requests.ts'
import { TestClock } from '../clock.ts'

const IDS = ['a', 'b', 'c', 'd']
/** One request an id, as automations have it; they write one thing, or are scans. */
const bodyOf = (id: string): RequestBody =>
  id < 'c' ? { kind: 'set-properties', text: id } : { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: id } }

const word = fc.oneof(
  fc.record({ say: fc.constant('ask' as const), id: fc.constantFrom(...IDS) }),
  fc.record({ say: fc.constant('cancel' as const), id: fc.constantFrom(...IDS) }),
  fc.record({ say: fc.constant('wait' as const), id: fc.constantFrom('') }),
)
/** Of each effect: what it comes to, whether it heeds a word to stop, and how long it takes. */
const effect = fc.record({
  comes: fc.constantFrom('done' as const, 'fails' as const, 'busy' as const, 'throws' as const),
  heeds: fc.boolean(),
  takes: fc.constantFrom(0, 100, 2 * STOPPING),
})

test('each id is done once unless it was busy, no two that write one thing at a time, and all are answered', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 40 }), fc.infiniteStream(effect), async (words, effects) => {
      const clock = new TestClock()
      const begun = new Map<string, string[]>()
      const under = new Set<string>()
      const act = async (id: string, signal: AbortSignal): Promise<AnswerBody & { readonly kind: 'refused' }> => {
        const { comes, heeds, takes } = effects.next().value
        const lane = id < 'c' ? 'properties' : 'scans'
        t.false(under.has(lane), 'two write one thing')
        under.add(lane)
        begun.set(id, [...(begun.get(id) ?? []), comes])
        await new Promise<void>((resolve) => {
          clock.after(takes, resolve)
          if (heeds) signal.addEventListener('abort', () => resolve())
        })
        under.delete(lane)
        if (comes === 'throws') throw new Error('x')
        return { kind: 'refused', cause: comes === 'busy' && !signal.aborted ? 'busy' : 'unable', reason: comes }
      }
      const desk = openDesk(
        {
          'set-properties': ({ text }, { signal }) => act(text, signal),
          'scan-file-system': ({ fileSystem }, { signal }) => act(fileSystem.kind === 'uuid' ? fileSystem.uuid : '', signal),
        },
        { clock },
      )
      const answers: Promise<AnswerBody>[] = []
      for (const { say, id } of words) {
        if (say === 'ask') answers.push(desk.answer(id, bodyOf(id)))
        else if (say === 'cancel') desk.cancel(id)
        else await clock.advance(1000)
      }
      await clock.advance(1_000_000)
      let answered = 0
      for (const answer of answers) void answer.then(() => (answered += 1))
      await clock.advance(0)
      t.is(answered, answers.length, 'everyone has an answer')
      for (const [id, effects] of begun)
        t.deepEqual(
          effects.slice(0, -1).filter((comes) => comes !== 'busy'),
          [],
          id,
        )
      t.is(clock.pending, 0)
    }),
    { numRuns: 60 },
  )
})
