import test from 'ava'
import fc from 'fast-check'
import { z } from 'zod'
import { CONTRACT, OPERATIONS } from '../../../manager/contract/contract.ts'
import { methodOf, NO_CONTENT, type Operation, operation, pathNames, pathOf, restOf } from '../../../manager/contract/operation.ts'
import type { Role } from '../../../manager/protocol/accounts.ts'
import { secretInputs, secretsOf } from './inputs.ts'

const say = { host: (ref: string) => `${ref} (its id)` }
const NAMES = OPERATIONS.map(({ id }) => id)

test('each operation is there once: no two have one id, or one method and path', (t) => {
  t.true(OPERATIONS.length > 40)
  t.is(new Set(NAMES).size, OPERATIONS.length)
  // `/hosts/:ref` and `/hosts/:name` would be one route, too.
  t.is(new Set(OPERATIONS.map(({ operation: { http } }) => http.replace(/:\w+/g, ':'))).size, OPERATIONS.length)
  t.true(OPERATIONS.some((named) => named.id === 'hosts.list' && named.operation === CONTRACT.hosts.list))
})

test('what a path names, and whose own it may be, is a member of the input', (t) => {
  for (const { id, operation: declared } of OPERATIONS) {
    const members = Object.keys(declared.input.shape)
    for (const name of pathNames(declared)) t.true(members.includes(name), `${id}: ${name}`)
    // In the path, so that it is known before a body is read.
    if (declared.own !== undefined) t.true(pathNames(declared).includes(declared.own), `${id}: ${declared.own}`)
  }
  t.deepEqual(
    OPERATIONS.filter(({ operation: { own } }) => own !== undefined).map(({ id }) => id),
    ['users.change'],
  )
})

test('no input takes what it does not know', (t) => {
  for (const { id, operation: declared } of OPERATIONS) {
    const { error } = declared.input.safeParse({ 'no such member': 1 })
    t.true(error?.issues.some(({ code }) => code === 'unrecognized_keys') ?? false, id)
  }
})

test('what stands in a query can be said in text', (t) => {
  for (const { id, operation: declared } of OPERATIONS.filter((named) => restOf(named.operation) === 'query')) {
    for (const [name, member] of Object.entries(declared.input.shape)) {
      if (declared.takes === 'octets' && name === 'octets') continue
      const texts = [
        'x',
        '1',
        'pv',
        'a'.repeat(16),
        'node01',
        'open',
        '1d',
        'scan',
        'warning',
        'pending',
        'running',
        'newest',
        '00000000-0000-4000-8000-000000000001',
      ]
      t.true(
        texts.some((text) => z.safeParse(member, text).success),
        `${id}: ${name}`,
      )
    }
  }
})

test('all but looks say what they did; a search for a place is a look, and pieces of a file are what its beginning and end tell of', (t) => {
  const changing = OPERATIONS.filter(({ operation: declared }) => methodOf(declared) !== 'GET')
  t.deepEqual(
    changing.filter(({ operation: { did } }) => !did).map(({ id }) => id),
    [
      'vms.where',
      'vms.preview',
      'migrations.plan',
      'migrations.planAll',
      'evacuations.plan',
      'evacuations.homePlan',
      'vmImageUploads.piece',
      'placements.find',
    ],
  )
  for (const { id, operation: declared } of OPERATIONS) if (methodOf(declared) === 'GET') t.is(declared.did, undefined, id)
})

test('what anybody may do takes no role, and what changes something is no viewer’s but coming in, tokens, what is one’s own, and looking at a console', (t) => {
  const free = OPERATIONS.filter(({ operation: { role, did } }) => did && (role === 'open' || role === 'viewer')).map(({ id }) => id)
  t.deepEqual(free, [
    ...['consoles.open', 'access.login', 'access.firstAdmin'],
    ...['secondFactor.begin', 'secondFactor.confirm', 'secondFactor.end', 'tokens.issue', 'tokens.revoke'],
  ])
})

test('no sentence has a password, a code or another secret that was given, however deep', (t) => {
  const withSecrets = OPERATIONS.filter(({ operation: { input, did } }) => did && secretsOf(input).length > 0)
  t.deepEqual(
    withSecrets.map(({ id }) => id),
    [
      ...['notifications.set', 'connections.add', 'access.login', 'access.firstAdmin', 'users.add', 'users.change'],
      ...['secondFactor.begin', 'secondFactor.confirm', 'secondFactor.end'],
    ],
  )
  for (const { id, operation: declared } of withSecrets) {
    t.notThrows(
      () =>
        fc.assert(
          fc.property(secretInputs(declared.input), ({ input, secrets }) => {
            const sentence = declared.did?.(declared.input.parse(input), say) ?? ''
            return secrets.length > 0 && sentence.length > 0 && secrets.every((secret) => !sentence.includes(secret))
          }),
          { numRuns: 200 },
        ),
      id,
    )
  }
})

test('the search for secrets finds a sentence that has one', (t) => {
  const careless = operation({
    http: 'POST /careless',
    role: 'admin',
    summary: 'Says all that it was given',
    input: z.strictObject({ name: z.string(), more: z.strictObject({ password: z.string() }).optional() }),
    output: NO_CONTENT,
    did: (input) => JSON.stringify(input),
  })
  const run = (declared: Operation) =>
    fc.check(
      fc.property(
        secretInputs(declared.input),
        ({ input, secrets }) => !secrets.some((one) => declared.did?.(declared.input.parse(input), say).includes(one)),
      ),
    )
  t.true(run(careless).failed)
})

test('sentences are for people: of a host by its name and id, of a user by what changes', (t) => {
  const said = <Input extends z.ZodObject>({ input, did }: Operation<Role, Input>, given: z.input<Input>) => did?.(input.parse(given), say)
  t.is(said(CONTRACT.hosts.fence, { ref: 'node01', proof: 'power cut' }), 'fence host node01 (its id): power cut')
  t.is(said(CONTRACT.hosts.change, { ref: 'node01', name: 'db1' }), 'change host node01 (its id): {"name":"db1"}')
  t.is(
    said(CONTRACT.users.change, { name: 'bob', password: 'twelve letters', role: 'viewer' }),
    'set the password of bob, make user bob viewer',
  )
  t.is(said(CONTRACT.users.change, { name: 'bob' }), 'leave user bob as it is')
  t.is(said(CONTRACT.connections.add, { kind: 'iscsi', portal: '10.0.0.1' }), 'connect to all targets at 10.0.0.1 on all hosts')
  t.is(
    said(CONTRACT.connections.add, {
      kind: 'iscsi',
      portal: '10.0.0.1',
      target: 'iqn.x',
      groups: ['a', 'b'],
      chap: { user: 'joe', password: 'p' },
    }),
    'connect to iqn.x at 10.0.0.1 as joe on hosts of a b',
  )
  t.is(said(CONTRACT.tokens.issue, { label: 'ci', role: 'viewer' }), 'issue token "ci" as viewer for 90 days')
})

test('method, path, names and the place of the rest are read from one line', (t) => {
  const { cell } = CONTRACT.things
  t.deepEqual([methodOf(cell), pathOf(cell), pathNames(cell), restOf(cell)], ['GET', '/things/:key/hosts/:ref', ['key', 'ref'], 'query'])
  t.deepEqual([restOf(CONTRACT.users.remove), restOf(CONTRACT.users.change), restOf(CONTRACT.boots.set)], ['query', 'body', 'body'])
})
