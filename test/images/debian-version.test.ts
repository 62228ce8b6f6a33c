import test from 'ava'
import { compareVersions } from '../../images/debian-version.ts'

test('compareVersions orders as dpkg does', (t) => {
  const ordered = [
    '1.0~~',
    '1.0~~a',
    '1.0~',
    '1.0',
    '1.0-1~bpo',
    '1.0-1',
    '1.0-1+b1',
    '1.0-1.1',
    '1.0-2',
    '1.0-10',
    '1.0a',
    '1.0+dfsg',
    '1.0.1',
    '1.2',
    '1.10',
    '2',
    '1:0.1',
    '2:0',
  ]
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) t.is(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} ${b}`)
  }
})

test('compareVersions takes what means the same for equal', (t) => {
  for (const [a, b] of [
    ['1.0', '1.0'],
    ['0:1', '1'],
    ['1.0-0', '1.0'],
    ['1.00', '1.0'],
    ['01', '1'],
    ['', ''],
  ] as const)
    t.is(compareVersions(a, b), 0, `${a} ${b}`)
})

test('compareVersions takes numbers beyond 64 bits and any text', (t) => {
  t.true(compareVersions('99999999999999999999999', '100000000000000000000000') < 0)
  t.notThrows(() => compareVersions('not a version\n', '::--~~'))
})
