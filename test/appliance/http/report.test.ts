import test from 'ava'
import fc from 'fast-check'
import { parseReport } from '../../../appliance/http/report.ts'

const parse = (text: string) => parseReport(Buffer.from(text, 'latin1'))

test('parseReport reads stage, status, uptime and detail', (t) => {
  t.deepEqual(parse('stage=up\nstatus=done\nuptime=22.10\nxen=4.20.1\nkernel=6.12.48+deb13-amd64\nreason=a=b c\nempty=\n'), {
    kind: 'report',
    report: {
      stage: 'up',
      status: 'done',
      uptime: 22.1,
      detail: { xen: '4.20.1', kernel: '6.12.48+deb13-amd64', reason: 'a=b c', empty: '' },
    },
  })
  t.deepEqual(parse('stage=initramfs\n\nstatus=begin'), { kind: 'report', report: { stage: 'initramfs', status: 'begin', detail: {} } })
})

test('parseReport keeps keys that are names of Object’s own members as details', (t) => {
  const parsed = parse('stage=root\nstatus=failed\nconstructor=x\ntostring=y')
  t.deepEqual(parsed.kind === 'report' && parsed.report.detail, { constructor: 'x', tostring: 'y' })
})

test('parseReport refuses hostile and malformed bodies, and repeats nothing of them', (t) => {
  const good = 'stage=up\nstatus=done\n'
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /stage/],
    ['stage=up', /status/],
    ['stage=moon\nstatus=done', /stage/],
    ['stage=up\nstatus=maybe', /status/],
    [`${good}uptime=-1`, /uptime/],
    [`${good}uptime=1e9`, /uptime/],
    [`${good}uptime=1.234`, /uptime/],
    [`${good}stage=up`, /line 3 repeats/],
    [`${good}x=1\nx=2`, /line 4 repeats/],
    [`${good}X=1`, /line 3/],
    [`${good}9=1`, /line 3/],
    [`${good}=1`, /line 3/],
    [`${good}__proto__=1`, /line 3/],
    [`${good}novalue`, /line 3/],
    [`${good}${'k'.repeat(33)}=1`, /line 3/],
    [`${good}x=\u001b[2J`, /line 3/],
    [`${good}x=\0`, /line 3/],
    [`${good}x=a\r`, /line 3/],
    [`${good}x=\t`, /line 3/],
    [`${good}x=\x7f`, /line 3/],
    [`${good}x=\xc3\xa9`, /line 3/],
    [`${good}x=${'y'.repeat(513)}`, /line 3 has more than 512/],
    [good + Array.from({ length: 33 }, (_, index) => `k${index}=`).join('\n'), /32/],
    [good + 'a'.repeat(5000), /4096/],
  ]
  for (const [body, reason] of cases) {
    const parsed = parse(body)
    t.regex(parsed.kind === 'refusal' ? parsed.reason : 'accepted', reason, JSON.stringify(body.slice(0, 60)))
    if (parsed.kind === 'refusal') t.regex(parsed.reason, /^[ -~]+$/)
  }
})

test('parseReport accepts the most that is allowed', (t) => {
  const keys = Array.from({ length: 32 }, (_, index) => `k${index}=`).join('\n')
  t.is(parse(`stage=up\nstatus=done\n${keys}`).kind, 'report')
  t.is(parse(`stage=up\nstatus=done\n${'k'.repeat(32)}=${'~'.repeat(512)}`).kind, 'report')
})

test('parseReport gives a report of printable text or a refusal for any bytes', (t) => {
  const lines = fc
    .array(fc.constantFrom('stage=up', 'status=done', 'x=1', 'y=\xff', '\0', '', 'uptime=1.0', '=', 'stage='))
    .map((parts) => parts.join('\n'))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 5000 }),
        lines.map((text) => Buffer.from(text, 'latin1')),
      ),
      (body) => {
        const parsed = parseReport(body)
        if (parsed.kind === 'report') for (const value of Object.values(parsed.report.detail)) t.regex(value, /^[ -~]{0,512}$/)
      },
    ),
    { numRuns: 2000 },
  )
  t.pass()
})
