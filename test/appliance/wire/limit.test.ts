import test from 'ava'
import { limitLog } from '../../../appliance/wire/limit.ts'
import { collectingLog } from './collecting-log.ts'

test('a flood leaves its first lines, and the next window says how many were dropped', (t) => {
  let time = 0
  const { log, lines } = collectingLog()
  const limited = limitLog(log, { lines: 2, windowSeconds: 10 }, () => time)
  for (let index = 0; index < 1000; index += 1) limited.warn({ index }, 'bad packet')
  t.is(lines.length, 2)
  time = 9_999
  limited.error({}, 'still dropped')
  time = 10_000
  limited.warn({ index: 'next' }, 'bad packet')
  limited.warn({ index: 'after' }, 'bad packet')
  t.deepEqual(lines.slice(2), [
    { level: 'warn', fields: { index: 'next', suppressed: 999 }, message: 'bad packet' },
    { level: 'warn', fields: { index: 'after' }, message: 'bad packet' },
  ])
})
