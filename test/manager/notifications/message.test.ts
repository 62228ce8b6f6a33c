import test from 'ava'
import { severityOf } from '../../../manager/alarms/severity.ts'
import { failureKey, isFor, MOST_EVENTS, messageOf, oneLine, subjectOf, textOf } from '../../../manager/notifications/message.ts'
import { isStopped, PACE, pauseAfterFailure } from '../../../manager/notifications/pauses.ts'
import { TOPICS } from '../../../manager/protocol/notifications.ts'
import { AUTOMATION_FAILED } from '../../../manager/store/tables/notices.ts'
import { AT, notice, SITE } from './samples.ts'

const PLACE = { site: SITE, hostName: (id: string) => (id === 'h1' ? 'node01' : id) }
const ALL = { severity: 'info', topics: [...TOPICS] } as const
const made = (...notices: Parameters<typeof notice>[]) =>
  messageOf({ id: 'm1', at: AT, target: 'ops', dropped: 0, notices: notices.map((args) => notice(...args)) }, PLACE)

test('a storm is one message: the worst of it first, the others counted', (t) => {
  const notices = Array.from({ length: 1000 }, (_, at) =>
    notice(at + 1, at === 999 ? {} : { kind: 'path-failed', subject: `path-failed ${at}` }),
  )
  const message = messageOf({ id: 'm1', at: AT, target: 'ops', dropped: 0, notices }, PLACE)
  t.is(message.events.length, MOST_EVENTS)
  t.is(message.more, 1000 - MOST_EVENTS)
  t.like(message.events[0], { seq: 1000, severity: 'critical' })
  t.is(subjectOf(message), '1000 events: 1 critical, 99 warning, 900 more')
  t.true(Buffer.byteLength(JSON.stringify(message)) < 64 << 10)
})

test('an event has names as people know them, and a link to its page', (t) => {
  const [disk, failed, pool] = made(
    [1],
    [2, { kind: AUTOMATION_FAILED, subject: 'a1', host: null, state: 'failed', text: 'automation a1 has failed' }],
    [3, { kind: 'unknown-guests', subject: 'unknown-guests x', host: null, state: 'resolved' }],
  ).events.sort((a, b) => a.seq - b.seq)
  t.like(disk, { host: { id: 'h1', name: 'node01' }, link: `${SITE}/hosts/h1`, topic: 'alarms', severity: 'critical' })
  t.like(failed, { link: `${SITE}/automations/a1`, topic: 'automations', severity: 'warning', state: 'failed' })
  t.like(pool, { link: `${SITE}/alarms`, state: 'resolved' })
  const [waits, boot] = made(
    [1, { kind: 'automation-waits', subject: 'automation-waits a1', host: null }],
    [2, { kind: 'boot-stuck', subject: 'boot-stuck no host yet', host: null }],
  ).events
  t.like(waits, { link: `${SITE}/automations/a1`, topic: 'automations', severity: 'critical' })
  t.like(boot, { link: `${SITE}/boots`, topic: 'boots' })
  t.is(subjectOf(made([1])), 'critical: disk-failing on node01')
  t.is(subjectOf(made([1, { state: 'resolved' }])), 'resolved: disk-failing on node01')
  t.regex(textOf(made([1])), /2026-11-18 \d\d:\d\d:\d\d UTC/)
})

test('a target is told of its topics, from its severity on, and never that it is not reached itself', (t) => {
  const boot = notice(1, { kind: 'boot-stuck', subject: 'boot-stuck h1' })
  t.true(isFor('ops', ALL, boot))
  t.false(isFor('ops', { ...ALL, topics: ['alarms', 'automations'] }, boot))
  t.false(isFor('ops', { ...ALL, severity: 'critical' }, boot))
  t.true(isFor('ops', { severity: 'critical', topics: ['automations'] }, notice(2, { kind: 'automation-waits' })))
  const unreached = notice(3, { kind: 'notification-failed', subject: failureKey('ops'), host: null })
  t.false(isFor('ops', ALL, unreached))
  t.true(isFor('chat', ALL, unreached))
  t.is(severityOf('of-a-newer-hostless'), 'critical')
})

test('words of others stay one line', (t) => {
  t.is(oneLine('a\r\nb\u2028c\u202ed\0e'), 'a b c d e')
})

test('after failures it is tried later and later, within the hour; who refuses three times is not asked any more', (t) => {
  const pauses = Array.from({ length: 20 }, (_, at) => pauseAfterFailure(PACE, at + 1, 0.5))
  t.deepEqual(pauses.slice(0, 4), [30_000, 60_000, 120_000, 240_000])
  t.is(pauses.at(-1), 3600_000)
  t.deepEqual(
    [1, 2, 3].map((failures) => isStopped(failures, true)),
    [false, false, true],
  )
  t.false(isStopped(100, false))
})
