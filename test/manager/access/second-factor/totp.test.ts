import test from 'ava'
import fc from 'fast-check'
import { newRecoveryCode, recoveryHash } from '../../../../manager/access/second-factor/recovery-codes.ts'
import { base32, codeOf, otpauthUri, stepAt, stepOfCode } from '../../../../manager/access/second-factor/totp.ts'

const SECRET = Buffer.from('12345678901234567890')

test('codeOf gives the values of RFC 4226, appendix D', (t) => {
  const codes = Array.from({ length: 10 }, (_, step) => codeOf(SECRET, step))
  t.deepEqual(codes, ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'])
})

test('codeOf gives the values of RFC 6238, appendix B, of SHA-1', (t) => {
  for (const [seconds, code] of [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ] as const)
    t.is(codeOf(SECRET, stepAt(seconds * 1000), 8), code)
})

test('stepOfCode takes the code of now and of one step before and after, and no other', (t) => {
  const now = 1_700_000_000_000
  const at = stepAt(now)
  for (const off of [-1, 0, 1]) t.is(stepOfCode(SECRET, codeOf(SECRET, at + off), now, undefined), at + off)
  for (const off of [-3, -2, 2, 3]) t.is(stepOfCode(SECRET, codeOf(SECRET, at + off), now, undefined), undefined)
  for (const code of ['', '12345', '1234567', '12345a', '１２３４５６', ' 123456', codeOf(SECRET, at, 8)])
    t.is(stepOfCode(SECRET, code, now, undefined), undefined, code)
  t.is(stepOfCode(Buffer.from('another secret of 20'), codeOf(SECRET, at), now, undefined), undefined)
})

test('stepOfCode takes no code of a step that was used, nor of one before', (t) => {
  const now = 1_700_000_000_000
  const at = stepAt(now)
  t.is(stepOfCode(SECRET, codeOf(SECRET, at), now, at), undefined)
  t.is(stepOfCode(SECRET, codeOf(SECRET, at - 1), now, at), undefined)
  t.is(stepOfCode(SECRET, codeOf(SECRET, at + 1), now, at), at + 1)
  t.is(stepOfCode(SECRET, codeOf(SECRET, 0), 0, undefined), 0, 'there is no step before the first')
})

test('base32 is RFC 4648’s, without padding', (t) => {
  const texts = { '': '', f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', fooba: 'MZXW6YTB', foobar: 'MZXW6YTBOI' }
  for (const [text, coded] of Object.entries(texts)) t.is(base32(Buffer.from(text)), coded)
  t.notThrows(() =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => base32(bytes).length === Math.ceil((bytes.length * 8) / 5))),
  )
})

test('otpauthUri is what apps read', (t) => {
  t.is(
    otpauthUri('ada', SECRET),
    'otpauth://totp/hostless:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=hostless&algorithm=SHA1&digits=6&period=30',
  )
})

test('a recovery code is known however it is typed, and nothing else is one', (t) => {
  const code = newRecoveryCode((size) => Buffer.from(Array.from({ length: size }, (_, at) => at * 23)))
  t.regex(code, /^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
  t.is(recoveryHash(code.toLowerCase().replaceAll('-', ' ')), recoveryHash(code))
  t.regex(recoveryHash(code) ?? '', /^[0-9a-f]{64}$/)
  for (const typed of ['', '123456', code.slice(1), `${code}A`, code.replace(/^./, '1')]) t.is(recoveryHash(typed), undefined, typed)
})
