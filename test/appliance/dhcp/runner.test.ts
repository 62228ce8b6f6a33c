import test, { type ExecutionContext } from 'ava'
import { openReceiver, type Receiver } from '../../../appliance/dhcp/runner.ts'
import { collectingLog } from '../wire/collecting-log.ts'

/** Numbers below zero are known machines. */
function receiving(t: ExecutionContext) {
  const { log, lines } = collectingLog()
  const answered: number[] = []
  const standing = (item: number) => (item < 0 ? 'known' : 'unknown')
  const receiver: Receiver<number> = openReceiver({ standing, answer: (item) => answered.push(item), log })
  t.teardown(() => receiver.close())
  const until = async (what: () => boolean) => {
    const deadline = Date.now() + 60_000
    while (!what()) {
      if (Date.now() > deadline) throw new Error('it did not happen in a minute')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { receiver, answered, lines, until }
}

test('a known machine that comes last of 70,000 is answered first; how many were dropped is said', async (t) => {
  const { receiver, answered, lines, until } = receiving(t)
  for (let stranger = 0; stranger < 70_000; stranger += 1) receiver.receive(stranger)
  receiver.receive(-1)
  await until(() => answered.includes(69_999))
  t.is(answered[0], -1)
  t.is(answered.length, 2049)
  t.like(
    lines.find(({ level }) => level === 'warn'),
    { fields: { dropped: 70_000 - 2048 } },
  )
})

test('what comes in while strangers are answered has its turn before the rest of them', async (t) => {
  const { log } = collectingLog()
  const answered: number[] = []
  const receiver: Receiver<number> = openReceiver({
    standing: (item: number) => (item < 0 ? 'known' : 'unknown'),
    answer(item) {
      answered.push(item)
      const end = performance.now() + 5 // longer than a turn
      while (performance.now() < end) {}
      if (item === 0) setImmediate(() => receiver.receive(-1))
    },
    log,
  })
  t.teardown(() => receiver.close())
  for (let stranger = 0; stranger < 20; stranger += 1) receiver.receive(stranger)
  const deadline = Date.now() + 60_000
  while (!answered.includes(-1) && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve))
  t.true(answered.length < 5, answered.join())
})

test('what waits is forgotten when the socket is closed', async (t) => {
  const { receiver, answered } = receiving(t)
  receiver.receive(1)
  receiver.close()
  await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual(answered, [])
})

test('answers leave in groups: after those that came in at once, and before the next come', async (t) => {
  const { log } = collectingLog()
  const seen: string[] = []
  const receiver = openReceiver<number>({
    standing: () => 'known',
    answer: (item) => seen.push(String(item)),
    settle: () => seen.push('settled'),
    log,
  })
  t.teardown(() => receiver.close())
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const item of [1, 2, 3]) receiver.receive(item)
  await turns(2)
  receiver.receive(4)
  await turns(2)
  t.deepEqual(seen, ['1', '2', '3', 'settled', '4', 'settled'])
  await turns(5)
  t.is(seen.length, 6)
})

test('while more comes than is read, answers wait for others, but not for long; none is left behind', async (t) => {
  const { log } = collectingLog()
  let [answered, settled] = [0, 0]
  const receiver = openReceiver<number>({
    standing: () => 'known',
    answer() {
      answered += 1
    },
    settle() {
      settled = answered
    },
    log,
  })
  t.teardown(() => receiver.close())
  const began = performance.now()
  while (settled === 0) {
    for (let item = 0; item < 32; item += 1) receiver.receive(item)
    await new Promise((resolve) => setImmediate(resolve))
    if (performance.now() - began > 60_000) return t.fail('nothing left in a minute')
  }
  t.true(settled > 32, 'a group of several turns')
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  t.is(settled, answered)
})
