import test from 'ava'
import type { z } from 'zod'
import { alarms } from '../../../../manager/contract/alarms.ts'
import { alarmHandlers } from '../../../../manager/doors/handlers/alarms.ts'
import type { StoredAlarm } from '../../../../manager/store/tables/alarms.ts'

const NAMES: Readonly<Record<string, string>> = { aaaaaaaaaaaaaaaa: 'node10', bbbbbbbbbbbbbbbb: 'node2', cccccccccccccccc: 'node3' }
const [TEN = '', TWO = '', THREE = ''] = Object.keys(NAMES)

const alarm = (kind: string, last: number, about: Partial<StoredAlarm> = {}): StoredAlarm => ({
  ...{ key: `${kind} x`, kind, host: null, text: kind, raised: last, last, times: 1 },
  ...about,
})

const OPEN = [
  alarm('sibling-differs', 6, { hosts: [TEN, TWO] }),
  alarm('host-state', 5, { host: THREE }),
  alarm('path-failed', 4, { host: TWO }),
  alarm('clock-jumped', 3),
  alarm('drbd-degraded', 2, { host: TEN }),
  alarm('disk-failing', 1, { host: TEN }),
]
const SEEN_TO = [alarm('disk-defects', 7, { host: TEN, acknowledged: { who: 'user ada', at: 8, comment: 'ordered' } })]

function handlers(open: readonly StoredAlarm[] = OPEN) {
  const left = new Map(open.map((one) => [one.key, one]))
  const said: string[] = []
  const pool = {
    alarms: async () => open,
    acknowledgedAlarms: async () => SEEN_TO,
    host: (id: string) => (NAMES[id] === undefined ? undefined : { name: NAMES[id] }),
    find: (ref: string) => {
      const id = Object.keys(NAMES).find((one) => one === ref || NAMES[one] === ref)
      return id === undefined ? undefined : { id }
    },
    clearAlarm: async (key: string, who: string, comment = '') => {
      said.push(`${key} by ${who}: ${comment}`)
      return left.delete(key)
    },
  }
  return { said, ...alarmHandlers(pool) }
}

const BY = { who: { user: 'ada', role: 'operator', by: { kind: 'token', id: 'x' } }, peer: '' } as const

async function listed(asked: z.input<typeof alarms.list.input>): Promise<readonly string[]> {
  const answer = await handlers().list(alarms.list.input.parse(asked), BY)
  return answer.kind === 'done' ? answer.value.alarms.map(({ kind }) => kind) : [answer.kind]
}

test('the gravest comes first, what puts data at risk before others that are as grave, and of those alike the newest', async (t) => {
  const gravest = ['drbd-degraded', 'disk-failing', 'host-state', 'path-failed', 'clock-jumped', 'sibling-differs']
  t.deepEqual(await listed({}), gravest)
  t.deepEqual(
    await listed({ sort: 'newest' }),
    OPEN.map(({ kind }) => kind),
  )
})

test('they are chosen by severity, kind, host and whether somebody sees to them', async (t) => {
  t.deepEqual(await listed({ severity: 'critical' }), ['drbd-degraded', 'disk-failing', 'host-state'])
  t.deepEqual(await listed({ kind: 'path-failed' }), ['path-failed'])
  t.deepEqual(await listed({ host: 'node2' }), ['path-failed', 'sibling-differs'], 'also what it shares with others')
  t.deepEqual(await listed({ host: 'node9' }), ['missing'])
  t.deepEqual(await listed({ which: 'acknowledged' }), ['disk-defects'])
  t.is((await listed({ which: 'all' })).length, 7)
})

test('an alarm names all of its hosts in their order, and who sees to it', async (t) => {
  const answer = await handlers().list(alarms.list.input.parse({ which: 'all' }), BY)
  const told = answer.kind === 'done' ? answer.value.alarms : []
  const of = (kind: string) => told.find((one) => one.kind === kind)
  t.deepEqual(of('sibling-differs')?.hosts, [
    { id: TWO, name: 'node2' },
    { id: TEN, name: 'node10' },
  ])
  t.like(of('disk-failing'), { severity: 'critical', dataAtRisk: true, hostName: 'node10' })
  t.deepEqual(of('disk-defects')?.acknowledged, { who: 'user ada', at: 8, comment: 'ordered' })
  t.deepEqual(answer.kind === 'done' && alarms.list.output.parse(answer.value), { alarms: told })
})

test('many are acknowledged at once, each once, in the name of who asks; what has ended meanwhile is told of', async (t) => {
  const { acknowledge, said } = handlers()
  const keys = ['disk-failing x', 'host-state x', 'disk-failing x', 'gone x']
  t.deepEqual(await acknowledge({ keys, comment: ' a disk is ordered ' }, BY), {
    kind: 'done',
    value: { acknowledged: ['disk-failing x', 'host-state x'], missing: ['gone x'] },
  })
  t.deepEqual(
    said,
    ['disk-failing x', 'host-state x', 'gone x'].map((key) => `${key} by user ada: a disk is ordered`),
  )
})

test('a comment is one line, and the audit log has it', (t) => {
  const input = (comment: string) => alarms.acknowledge.input.safeParse({ keys: ['a', 'b', 'c'], comment })
  t.false(input('two\nlines').success)
  t.false(input('x'.repeat(513)).success)
  const { data } = input('on Friday')
  t.is(data && alarms.acknowledge.did?.(data, { host: (ref) => ref }), 'acknowledge 3 alarms (a, b …): on Friday')
})
