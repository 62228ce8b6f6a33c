import test from 'ava'
import type { Carrier } from '../../../manager/notifications/carrier.ts'
import type { Look, Outgoing, Settled } from '../../../manager/notifications/outbox.ts'
import type { Sent } from '../../../manager/notifications/sending.ts'
import { NotificationTask, type NotificationTaskDeps } from '../../../manager/reconcile/notifications/task.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { AT, message, webhookAt } from './samples.ts'

const outgoing = (name: string) => ({ row: { name }, message: message({ target: name }) }) as unknown as Outgoing
const turn = () => new Promise((resolve) => setImmediate(resolve))

function rig(looks: readonly Outgoing[], carry: Carrier, settle: () => Promise<Settled>) {
  const carried: string[] = []
  const pauses: (() => void)[] = []
  const deps: NotificationTaskDeps = {
    outbox: {
      look: async (isBusy): Promise<Look> => ({
        ...{ outgoing: looks.filter(({ row }) => !isBusy(row.name)), next: undefined },
        names: new Set(looks.map(({ row }) => row.name)),
      }),
      settle,
      direct: async () => looks,
    },
    targets: { known: () => ({ settings: webhookAt('https://x.example'), secrets: {} }), subscribe: () => () => undefined },
    carry: (told, known) => {
      carried.push(told.target)
      return carry(told, known)
    },
    ...{ news: () => () => undefined, alarm: async () => undefined, clearAlarm: async () => undefined, gather: 0 },
    ...{ onSent: () => undefined, random: () => 0.5, log: collectingLog().log },
    after: (_milliseconds, action) => {
      pauses.push(action)
      return () => undefined
    },
  }
  return { task: new NotificationTask(deps), carried, pauses }
}

test('a receiver that does not answer is sent nothing more, and the others are', async (t) => {
  const never = new Promise<Sent>(() => undefined)
  const carry: Carrier = (told) => (told.target === 'hanging' ? never : Promise.resolve({ kind: 'sent' }))
  const { task, carried } = rig([outgoing('hanging'), outgoing('ops')], carry, async () => ({ failures: 0, stopped: false }))
  for (let times = 0; times < 3; times += 1) {
    await task.step()
    await turn()
  }
  t.deepEqual(carried, ['hanging', 'ops', 'ops', 'ops'])
})

test('what arrived is not sent again because the disk takes no writes: that it did is written when it can be', async (t) => {
  let fails = 3
  const settle = async (): Promise<Settled> => {
    fails -= 1
    if (fails > 0) throw new Error('the disk is full')
    return { failures: 0, stopped: false }
  }
  const { task, carried, pauses } = rig([outgoing('ops')], async () => ({ kind: 'sent' }), settle)
  await task.step()
  await turn()
  await task.step()
  t.deepEqual(carried, ['ops'])
  for (let times = 0; times < 2; times += 1) {
    pauses.splice(0).forEach((go) => void go())
    await turn()
  }
  await task.step()
  t.deepEqual(carried, ['ops', 'ops'], 'the next message')
})

test('that the disk takes no writes is told at once, and that it takes them again; to and fro, not each time', async (t) => {
  const { task, carried } = rig(
    [outgoing('ops')],
    async () => ({ kind: 'sent' }),
    async () => 'gone',
  )
  await task.trouble('it is full', AT, 'raised')
  await task.trouble('it takes writes', AT + 1, 'resolved')
  t.is(carried.length, 2)
  for (let times = 2; times < 20; times += 1) await task.trouble('', AT + times, times % 2 ? 'resolved' : 'raised')
  t.is(carried.length, 2)
  await task.trouble('it is full', AT + 700_000, 'raised')
  t.is(carried.length, 3)
})
