import test from 'ava'
import fc from 'fast-check'
import { detailOf, startApiSite } from './asking.ts'

test('a body that is too long, too deep, compressed, of another type or charset, no JSON, or with more than is taken is refused, and why', async (t) => {
  const site = await startApiSite(t)
  const bad: readonly (readonly [number, RegExp, string, Readonly<Record<string, string>>])[] = [
    [413, /more than the 16384 bytes/, JSON.stringify({ networks: ['x'.repeat(20_000)] }), {}],
    [413, /more than the 16384 bytes/, `{"networks":["${'x'.repeat(20_000)}"]}`, { 'transfer-encoding': 'chunked' }],
    [400, /too deep/, `${'['.repeat(17)}${']'.repeat(17)}`, {}],
    [400, /too deep/, `{"a":${'['.repeat(16_000)}`, {}],
    [415, /to be application\/json/, 'networks=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    [415, /to be application\/json/, '{}', { 'content-type': 'text/plain' }],
    [415, /compressed/, '{}', { 'content-encoding': 'gzip' }],
    [415, /UTF-8/, '{}', { 'content-type': 'application/json; charset=latin1' }],
    [400, /no JSON/, '{"networks":', {}],
    [400, /no JSON/, '"networks"', {}],
    [400, /no JSON/, '\u0000', {}],
    [400, /the body is no JSON object/, '[]', {}],
    [400, /^Unrecognized key.*__proto__/, '{"__proto__":{}}', {}],
    [400, /^memoryBytes: /, '{"memoryBytes":"1"}', {}],
    [400, /^memoryBytes: /, '{"memoryBytes":1e400}', {}],
    [400, /^x: this is taken in the body, or not at all/, '{}', { 'x-path': '/placement?x=1' }],
  ]
  for (const [status, why, body, { 'x-path': path = '/placement', ...headers }] of bad) {
    const asked = await site.ask('POST', path, { token: site.tokens.viewer, body, headers })
    t.is(asked.status, status, `${body.slice(0, 40)}: ${asked.text}`)
    t.regex(detailOf(asked), why)
    t.is(asked.headers['content-type'], 'application/problem+json')
  }
  t.is((await site.as('viewer')('POST', '/placement', {})).status, 200, 'the same connection serves the next')
})

test('what a look does not take is refused, whether its answer is kept, streamed or made anew', async (t) => {
  const site = await startApiSite(t)
  for (const path of ['/hosts', '/matrix', '/events', '/guests', '/whoami']) {
    const asked = await site.as('viewer')('GET', `${path}?x=1`)
    t.is(asked.status, 400, path)
    t.is(detailOf(asked), 'Unrecognized key: "x"')
  }
  t.is(detailOf(await site.as('viewer')('GET', '/hosts/node01?ref=node02')), 'ref: stands in the path, and is not taken in the query')
})

test('whatever bytes come as a body: an answer, never a 500', async (t) => {
  const site = await startApiSite(t)
  const routes = [
    ['PATCH', '/hosts/x'],
    ['POST', '/placement'],
    ['POST', '/users'],
    ['POST', '/tokens'],
    ['POST', '/login'],
    ['POST', '/first-admin'],
  ] as const
  const anything = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.anything().map((value) => JSON.stringify(value) ?? ''),
  )
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), anything, async ([method, path], body) => {
        const { status } = await site.as('admin')(method, path, body)
        return status < 500
      }),
      { numRuns: 150 },
    ),
  )
})

test('a host name, group or note that could act elsewhere is 400, and which it is', async (t) => {
  const site = await startApiSite(t)
  const hostile = [
    'a\nb',
    `a$${'{b}'}`,
    'a&&b',
    'a\0b',
    'a b',
    '',
    '../x',
    'A',
    '-a',
    '<b>',
    'a;b',
    '\u202ea',
    'x'.repeat(64),
    "a'b",
    'a"b',
  ]
  for (const text of hostile) {
    const name = await site.as('operator')('PATCH', '/hosts/node01', { name: text })
    t.is(name.status, 400, text)
    t.regex(detailOf(name), /^name: is no host name: 1 to 63 of a-z 0-9 -/)
    const group = await site.as('operator')('PATCH', '/hosts/node01', { groups: ['good', text] })
    t.is(group.status, 400, text)
    t.regex(detailOf(group), /^group 2: is no group name/)
    if (text !== '' && !text.startsWith('..')) {
      const ref = await site.as('viewer')('GET', `/hosts/${encodeURIComponent(text)}`)
      t.is(ref.status, 400, text)
    }
  }
  const notes = await site.as('operator')('PATCH', '/hosts/node01', { notes: 'a\u001b[2Jb' })
  t.regex(detailOf(notes), /^notes: has characters that are not printable/)
  t.is((await site.as('operator')('PATCH', '/hosts/node01', { name: 'web01' })).status, 404)
})
