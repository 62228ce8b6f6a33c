import test from 'ava'
import { isJournal, journalLine, logLine } from '../../../../manager/cli/engine/log-lines.ts'

const at = new Date(2026, 10, 20, 12, 0, 1).getTime()

test('a log line for people has time, level, message and what it is about, without what every line has', (t) => {
  const line = JSON.stringify({
    level: 40,
    time: at,
    pid: 7,
    hostname: 'vm',
    mac: '52:54:00:77:00:01',
    reason: 'no free address',
    msg: 'DHCP',
  })
  t.is(logLine(line), '12:00:01 WARN  DHCP  mac=52:54:00:77:00:01  reason="no free address"')
})

test('an error shows its message, not its stack', (t) => {
  const line = JSON.stringify({ level: 50, time: at, err: { type: 'Error', message: 'EIO', stack: 'Error: EIO\n at x' }, msg: 'images' })
  t.is(logLine(line), '12:00:01 ERROR images  err="EIO"')
})

test('escape sequences of a hostile client do not reach the terminal', (t) => {
  const line = JSON.stringify({ level: 30, time: at, hostname2: '\u001b[2J\u0007evil', msg: 'DHCP' })
  t.false([...logLine(line)].some((letter) => letter < ' '))
  t.false([...logLine('\u001b[2J no json')].some((letter) => letter < ' '))
})

test('the journal gets a priority in the place of level and time, and one line whatever is in it', (t) => {
  const line = (level: number, msg: string) =>
    JSON.stringify({ level, time: 1_800_000_000_000, pid: 7, hostname: 'mgmt', mac: '52:54:00:77:00:01', msg })
  t.is(journalLine(line(30, 'DHCP')), '<6>DHCP  mac=52:54:00:77:00:01')
  t.is(journalLine(line(40, 'DHCP')), '<4>DHCP  mac=52:54:00:77:00:01')
  t.is(journalLine(line(50, 'a\n<0>b')), '<3>a\\x0a<0>b  mac=52:54:00:77:00:01')
  t.is(journalLine('no JSON'), 'no JSON')
  t.true(isJournal('8:1234', { dev: 8, ino: 1234 }))
  t.false(isJournal('8:1234', { dev: 8, ino: 1 }))
  t.false(isJournal(undefined, { dev: 8, ino: 1 }))
})
