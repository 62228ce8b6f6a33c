import test from 'ava'
import { decodeJob, encodeJob, groupIn, type JobRecord, ticksIn, ticksNow } from '../../../../images/agent/jobs/record.ts'

const RECORD: JobRecord = {
  id: 'automation/3',
  asked: 'hash',
  request: { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: 'a' } },
  programs: { copy: { pid: 4711, ticks: 99 } },
}

test('a record comes back as it was; one that is cut off anywhere, or of another request, is none', (t) => {
  t.deepEqual(decodeJob(encodeJob(RECORD)), RECORD)
  const ended: JobRecord = { ...RECORD, answer: { kind: 'refused', cause: 'unknown', reason: 'x' } }
  t.deepEqual(decodeJob(encodeJob(ended)), ended)
  const text = encodeJob(RECORD)
  for (let length = 0; length < text.length; length += 1) t.is(decodeJob(text.slice(0, length)), undefined)
  t.is(decodeJob(text.replace('scan-file-system', 'brew-coffee')), undefined)
  t.is(decodeJob(text.replace('4711', '1')), undefined, 'init is no program of ours')
  t.is(decodeJob(text.replace('"copy"', '"../copy"')), undefined, 'a step names a file')
})

test('when a process began, and its group, are read past whatever its name is; what has ended has no time', (t) => {
  const stat = (state: string): string =>
    `4711 (a) b) R 9) ${state} 1 4700 4700 0 -1 4194560 1 0 0 0 2 3 0 0 20 0 1 0 123456 1000 10 18446744073709551615\n`
  t.is(ticksIn(stat('S')), 123_456)
  t.is(groupIn(stat('S')), 4700)
  for (const none of [stat('Z'), stat('X'), '', undefined, 'nonsense']) t.is(ticksIn(none), undefined)
  t.is(ticksNow('12.34 55.00\n'), 1234)
  t.is(ticksNow(undefined), undefined)
})
