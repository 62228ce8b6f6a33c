import test from 'ava'
import { MOST_LATE, Questions } from '../../../manager/agents/questions.ts'
import type { AnswerBody, RequestBody } from '../../../manager/protocol/requests.ts'
import { mac, uuid } from '../../../manager/protocol/values.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'

const COLLECT: RequestBody = { kind: 'collect', sections: ['dmi'] }
const SCAN: RequestBody = { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: 'a' } }
const CONNECT: RequestBody = { kind: 'disconnect-iscsi', portal: '10.77.0.1:3260' }
const DONE: AnswerBody = { kind: 'collected', revision: 1, problems: [] }
const progress = (done: number) => ({ phase: 'reading', done, total: 10, unit: 'files' })

function setUp(version: number | undefined) {
  const said: string[] = []
  const speaker = {
    ask: (id: string, { kind }: RequestBody) => said.push(`${kind} ${id}`),
    cancel: (id: string) => said.push(`cancel ${id}`),
  }
  const { log, lines } = collectingLog()
  const questions = new Questions(speaker, log)
  if (version !== undefined) questions.welcomed(version)
  return { said, questions, lines }
}

test('what came too late is known for a while: so many ids and no more', async (t) => {
  const { questions } = setUp(4)
  const asked = Array.from({ length: MOST_LATE + 10 }, (_, index) => questions.ask(`${index}`, COLLECT, 1))
  for (const { ended } of asked) t.like(await ended, { kind: 'refused', cause: 'silent', reason: 'no answer in 0.001 s' })
  const known = asked.filter(({ id }) => questions.isAsked(id)).map(({ id }) => id)
  t.deepEqual([known.length, known[0]], [MOST_LATE, '10'])
  t.true(questions.answer('10', DONE))
  t.false(questions.isAsked('10'), 'one answer is enough')
  t.false(questions.answer('9', DONE))
})

test('a NIC is not asked to be held to its MAC of an agent that would let it send what it likes', async (t) => {
  const nic = { mac: mac.parse('00:16:3e:00:00:01'), bridge: 'xenbr0', filter: 'mac' } as const
  const body: RequestBody = { kind: 'attach-nic', uuid: uuid.parse('00000000-0000-4000-8000-000000000001'), nic }
  const [old, now] = [setUp(9), setUp(10)]
  t.like(await old.questions.ask('a', body, 1000).ended, { kind: 'refused', cause: 'old' })
  now.questions.ask('a', body, 1000)
  t.deepEqual([old.said, now.said], [[], ['attach-nic a']])
  now.questions.end()
})

test('who fails to hear how far a job is takes it from nobody else, and is logged', (t) => {
  const { questions, lines } = setUp(4)
  const asking = questions.ask('a', SCAN, 60_000)
  const heard: number[] = []
  asking.watch(() => {
    throw new Error('no page any more')
  })
  asking.watch(({ done }) => heard.push(done))
  for (const done of [1, 2]) questions.progress('a', progress(done))
  t.deepEqual([heard, lines.length], [[1, 2], 2])
  questions.end()
})

test('a job tells how far it is to whoever looks, while they look and until it ends', async (t) => {
  const { questions } = setUp(4)
  const asking = questions.ask('a', SCAN, 60_000)
  const heard: [number, number][] = []
  asking.watch(({ done }) => heard.push([1, done]))
  const leave = asking.watch(({ done }) => heard.push([2, done]))
  questions.progress('a', undefined)
  t.is(asking.progress(), undefined)
  questions.progress('a', progress(1))
  leave()
  questions.progress('a', progress(2))
  t.deepEqual(asking.progress(), progress(2))
  questions.answer('a', DONE)
  t.deepEqual(await asking.ended, { kind: 'answered', answer: DONE })
  questions.progress('a', progress(3))
  asking.watch(() => t.fail())
  questions.progress('a', progress(4))
  t.deepEqual(heard, [
    [1, 1],
    [2, 1],
    [1, 2],
  ])
  t.deepEqual(asking.progress(), progress(2))
})

test('a job that has been accepted may take as long as its host gives it; one that has not is silent in its time', async (t) => {
  const { questions } = setUp(4)
  const [accepted, other] = [questions.ask('a', SCAN, 200), questions.ask('b', SCAN, 400)]
  questions.progress('a', undefined)
  t.like(await other.ended, { kind: 'refused', cause: 'silent' })
  t.true(questions.answer('a', DONE))
  t.like(await accepted.ended, { kind: 'answered' })
})

test('the same id is asked once, and all who ask have the same end', async (t) => {
  const { said, questions } = setUp(4)
  const both = [questions.ask('a', SCAN, 60_000), questions.ask('a', SCAN, 60_000)]
  questions.answer('a', DONE)
  t.deepEqual(await Promise.all(both.map(({ ended }) => ended)), Array(2).fill({ kind: 'answered', answer: DONE }))
  t.deepEqual(said, ['scan-file-system a'])
})

test('a word to cancel is sent to an agent that knows it, and what was not sent yet never is', async (t) => {
  const { said, questions } = setUp(undefined)
  const early = questions.ask('early', SCAN, 60_000)
  early.cancel()
  t.like(await early.ended, { kind: 'answered', answer: { kind: 'refused', cause: 'cancelled' } })
  questions.welcomed(4)
  const asking = questions.ask('a', SCAN, 60_000)
  asking.cancel()
  questions.answer('a', { kind: 'refused', cause: 'cancelled', reason: 'x' })
  await asking.ended
  asking.cancel()
  t.deepEqual(said, ['scan-file-system a', 'cancel a'])
  const old = setUp(3)
  const going = old.questions.ask('a', SCAN, 60_000)
  going.cancel()
  old.questions.answer('a', DONE)
  t.like(await going.ended, { kind: 'answered', answer: DONE })
  t.deepEqual(old.said, ['scan-file-system a'])
})

test('an agent of version 3 is asked for nothing that changes its host, and that it is to be upgraded is the reason', async (t) => {
  const { said, questions } = setUp(3)
  const refused = await questions.ask('a', CONNECT, 60_000).ended
  t.like(refused, { kind: 'refused', cause: 'old' })
  t.regex(refused.kind === 'refused' ? refused.reason : '', /disconnect-iscsi changes the host, .*: upgrade the agent$/)
  const upgrade = questions.ask('b', { kind: 'upgrade', version: '2', sha256: 'a'.repeat(64), size: 1 }, 60_000)
  const look = questions.ask('c', SCAN, 60_000)
  questions.end()
  t.deepEqual(said, ['upgrade b', 'scan-file-system c'])
  t.like(await upgrade.ended, { cause: 'absent' })
  t.like(await look.ended, { cause: 'absent' })
})
