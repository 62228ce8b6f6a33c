import test from 'ava'
import { type AttemptView, parseAttempt, STAGES, type Stage } from './attempts.ts'
import { type Boot, diagnosisOf, isSettled, isUp, stageSeconds, totalSeconds, withAttempt } from './boots.ts'
import { progressLines, progressNews } from './progress.ts'
import { bootTable, failureText, keepHelp, openingText } from './table.ts'

const POWERED = 1_000_000
const WAITING: Boot = { name: 'node1', mac: '52:54:00:77:00:01', address: '10.77.0.21', poweredOnAt: POWERED, attempt: undefined }

/** One stage a second after power-on, as far as `last`. */
function attemptTo(last: Stage, more: Partial<AttemptView> = {}): AttemptView {
  const reached = STAGES.slice(0, STAGES.indexOf(last) + 1)
  return {
    id: 'a',
    host: 'node1',
    mac: WAITING.mac,
    startedAt: POWERED + 1000,
    state: last === 'up' ? 'up' : 'booting',
    stages: reached.map((stage, index) => ({ stage, at: POWERED + 1000 * (index + 1), seconds: index === 0 ? 0 : 1, status: 'done' })),
    ...more,
  }
}

const up = attemptTo('up', { image: 'dom0', generation: '0123456789abcdef', xen: '4.20.1', kernel: '6.12.57' })

test('withAttempt takes the newest attempt of this MAC since power-on, and no other', (t) => {
  const other = { ...WAITING, name: 'node2', mac: '52:54:00:77:00:02' }
  const boots = [WAITING, other]
  t.deepEqual(withAttempt(boots, { ...up, mac: '52:54:00:77:00:09' }), boots)
  const past = { ...up, startedAt: POWERED - 9, stages: [{ stage: 'up' as const, at: POWERED - 1, seconds: 1, status: 'done' as const }] }
  t.deepEqual(withAttempt(boots, past), boots, 'an earlier power-on')
  t.is(withAttempt(boots, { ...up, startedAt: POWERED - 9 })[0]?.attempt?.state, 'up', 'begun before a reset, ended after it')
  const [first, second] = withAttempt(boots, { ...up, mac: up.mac.toUpperCase() })
  t.is(first?.attempt?.state, 'up')
  t.is(second, other)
  t.deepEqual(withAttempt([{ ...WAITING, attempt: up }], { ...up, startedAt: up.startedAt - 1, state: 'failed' })[0]?.attempt, up)
})

test('a boot counts from power-on, each stage from the one before', (t) => {
  const boot = { ...WAITING, attempt: up }
  t.is(stageSeconds(boot, 'firmware'), 1)
  t.is(stageSeconds(boot, 'root'), 1)
  t.is(totalSeconds(boot), 9)
  t.is(totalSeconds({ ...WAITING, attempt: attemptTo('dom0') }), undefined)
  t.is(stageSeconds({ ...WAITING, attempt: attemptTo('script') }, 'root'), undefined)
})

test('up and failed boots are settled, a stuck one may still go on', (t) => {
  const inState = (state: AttemptView['state']) => ({ ...WAITING, attempt: attemptTo('root', { state }) })
  t.deepEqual(
    (['booting', 'stuck', 'failed', 'up'] as const).map((state) => isSettled(inState(state))),
    [false, false, true, true],
  )
  t.false(isSettled(WAITING))
  t.false(isUp(inState('failed')))
})

test('diagnosisOf repeats the appliance, or says how far the boot got', (t) => {
  t.is(
    diagnosisOf({ ...WAITING, attempt: attemptTo('root', { state: 'stuck', diagnosis: 'the mount was refused' }) }),
    'the mount was refused',
  )
  t.is(diagnosisOf({ ...WAITING, attempt: attemptTo('kernel') }), 'booting (last: kernel done)')
  t.regex(diagnosisOf(WAITING), /has seen no packet/)
})

test('bootTable has a column a node and a row a stage, in plain text without a terminal', (t) => {
  const second: Boot = { ...WAITING, name: 'node2', address: '10.77.0.22', attempt: attemptTo('root', { mac: '52:54:00:77:00:02' }) }
  const text = bootTable([{ ...WAITING, attempt: up }, second])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for colours
  t.notRegex(text, /\x1b/)
  const rows = text.split('\n').filter((line) => line.startsWith('│'))
  const cells = rows.map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  t.deepEqual(cells.slice(0, 6), [
    ['host', 'node1', 'node2'],
    ['address', '10.77.0.21', '10.77.0.22'],
    ['image', 'dom0', '-'],
    ['generation', '0123456789abcdef', '-'],
    ['Xen', '4.20.1', '-'],
    ['kernel', '6.12.57', '-'],
  ])
  t.deepEqual(
    cells.slice(6).map(([title]) => title),
    [...STAGES, 'power-on to up'],
  )
  t.deepEqual(cells.at(-1), ['power-on to up', '9.0 s', '-'])
  t.true(rows.every((line) => line.length <= 80))
})

test('progressLines draws one line a node, cut to the terminal', (t) => {
  const boots = [WAITING, { ...WAITING, name: 'node12', attempt: attemptTo('root') }, { ...WAITING, attempt: up }]
  t.deepEqual(progressLines(boots, POWERED + 12_340, 80), [
    'node1   □□□□□□□□□  powered     12.3 s',
    'node12  ■■■■■■■□□  root        12.3 s',
    'node1   ■■■■■■■■■  up           9.0 s',
  ])
  const failed = { ...WAITING, attempt: attemptTo('root', { state: 'failed', diagnosis: 'x'.repeat(200) }) }
  t.is(progressLines([failed], POWERED, 60)[0]?.length, 60)
})

test('progressNews tells each stage once', (t) => {
  const at = (attempt: AttemptView | undefined) => [{ ...WAITING, attempt }]
  t.deepEqual(progressNews(at(undefined), at(attemptTo('ipxe'))), ['  1.0 s  node1  firmware', '  2.0 s  node1  ipxe'])
  t.deepEqual(progressNews(at(attemptTo('ipxe')), at(attemptTo('script'))), ['  3.0 s  node1  script'])
  t.deepEqual(progressNews(at(attemptTo('script')), at(attemptTo('script'))), [])
  const stuck = attemptTo('script', { state: 'stuck', diagnosis: 'nobody fetched the kernel' })
  t.deepEqual(progressNews(at(attemptTo('script')), at(stuck)), ['         node1  stuck: nobody fetched the kernel'])
  t.deepEqual(progressNews(at(stuck), at(stuck)), [])
})

test('parseAttempt refuses what the contract does not know', (t) => {
  t.deepEqual(parseAttempt(JSON.stringify(up)), up)
  t.throws(() => parseAttempt(JSON.stringify({ ...up, state: 'sleeping' })))
  t.throws(() => parseAttempt('{'))
})

test('the words around the table say what is to come, what one can do, and what went wrong', (t) => {
  const options = { nodes: 1, firmware: 'bios', suite: 'trixie', root: 'nfs' }
  t.regex(openingText(options, false), /^Booting 1 emulated server \(bios\).* about 40 seconds\.$/)
  t.regex(openingText({ ...options, nodes: 4 }, true), /4 emulated servers .* minutes to build the image first .* about 70 seconds\.$/)
  for (const word of ['--console node1', '--ssh node1', '--power node1', 'Ctrl-C', 'Ctrl-]']) {
    t.true(keepHelp(['node1', 'node2'], { page: 'https://127.0.0.1:8443', user: 'lab', password: 'secret' }).includes(word), word)
  }
  t.is(failureText('node1', 'no answer', ['panic'], '/log'), 'node1: no answer\n    panic\n  The whole console: /log')
  t.regex(failureText('node1', 'no answer', [], '/log'), /its console is silent/)
})
