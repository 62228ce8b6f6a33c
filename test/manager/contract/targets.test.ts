// On what each operation acts: all that act say so.
import test from 'ava'
import { CONTRACT, OPERATIONS } from '../../../manager/contract/contract.ts'
import { methodOf, type Operation } from '../../../manager/contract/operation.ts'
import type { Target } from '../../../manager/contract/target.ts'

/** Not by GET, and nothing is done. */
const LOOKS = [
  'vms.where',
  'vms.preview',
  'migrations.plan',
  'migrations.planAll',
  'evacuations.plan',
  'evacuations.homePlan',
  'placements.find',
]

const acts = ({ id, operation }: (typeof OPERATIONS)[number]): boolean => methodOf(operation) !== 'GET' && !LOOKS.includes(id)

test('each operation that acts says on what, and no look does', (t) => {
  const silent = OPERATIONS.filter((named) => acts(named) && !named.operation.on).map(({ id }) => id)
  t.deepEqual(silent, [], 'say on what it acts: `on` of contract/operation.ts')
  const looking = OPERATIONS.filter((named) => !acts(named) && named.operation.on).map(({ id }) => id)
  t.deepEqual(looking, [])
  for (const id of LOOKS)
    t.true(
      OPERATIONS.some((named) => named.id === id && !named.operation.did),
      id,
    )
})

const UUID = '00000000-0000-4000-8000-000000000001'
const SPEC = { name: 'web1', memory: '1G', tags: ['rack3'], disks: [{ size: '1G', pool: 'data' }] }

/** Of each that does not act on the whole pool: an input, and what it acts on. */
const ACTS: Readonly<Record<string, readonly [input: object, target: Target]>> = {
  'boots.set': [
    { ref: 'node01', root: 'ram' },
    { kind: 'things', hosts: ['node01'] },
  ],
  'boots.once': [
    { ref: 'node01', what: 'memtest' },
    { kind: 'things', hosts: ['node01'] },
  ],
  'captures.order': [{ ref: 'node01' }, { kind: 'things', hosts: ['node01'] }],
  'captures.fetch': [
    { attempt: 'abcdefghijklmnop', host: 'node01' },
    { kind: 'things', hosts: ['node01'] },
  ],
  'hosts.change': [
    { ref: 'node01', groups: ['a'] },
    { kind: 'things', hosts: ['node01'], regrouped: { host: 'node01', groups: ['a'] } },
  ],
  ...Object.fromEntries(
    ['approve', 'maintain', 'resume', 'cordon', 'uncordon', 'release'].map((name) => [
      `hosts.${name}`,
      [{ ref: 'node01' }, { kind: 'things', hosts: ['node01'] }],
    ]),
  ),
  'hosts.reject': [{ ref: 'node01' }, { kind: 'things', hosts: ['node01'], guestsOf: ['node01'] }],
  'hosts.fence': [
    { ref: 'node01', proof: 'cut' },
    { kind: 'things', hosts: ['node01'], guestsOf: ['node01'] },
  ],
  'hosts.admit': [
    { hosts: [{ ref: 'node01' }, { ref: 'node02' }], names: 'a{1..2}' },
    { kind: 'things', hosts: ['node01', 'node02'] },
  ],
  'vms.create': [
    { spec: SPEC, hosts: ['node01'] },
    { kind: 'things', made: { name: 'web1', groups: [], tags: ['rack3'] }, hosts: ['node01'] },
  ],
  'vms.start': [
    { ref: 'web1', host: 'node01' },
    { kind: 'things', guests: ['web1'], hosts: ['node01'] },
  ],
  ...Object.fromEntries(
    ['stop', 'reboot', 'pause', 'unpause', 'destroy'].map((name) => [
      `vms.${name}`,
      [{ ref: 'web1' }, { kind: 'things', guests: ['web1'] }],
    ]),
  ),
  'vms.forget': [
    { ref: 'web1', confirm: 'web1' },
    { kind: 'things', guests: ['web1'] },
  ],
  'vms.change': [
    { ref: 'web1', change: { tags: [] } },
    { kind: 'things', guests: ['web1'], retagged: { guest: 'web1', groups: undefined, tags: [] } },
  ],
  'vms.apply': [
    { ref: 'web1', spec: SPEC },
    { kind: 'things', guests: ['web1'], retagged: { guest: 'web1', groups: [], tags: ['rack3'] } },
  ],
  'consoles.open': [{ ref: 'web1' }, { kind: 'things', guests: ['web1'] }],
  'migrations.start': [
    { ref: 'web1', host: 'node01' },
    { kind: 'things', guests: ['web1'], hosts: ['node01'] },
  ],
  'evacuations.start': [
    { ref: 'node01', host: 'node02' },
    { kind: 'things', hosts: ['node01', 'node02'], guestsOf: ['node01'] },
  ],
  'evacuations.bringHome': [{ refs: ['node01'] }, { kind: 'things', hosts: ['node01'], guestsAwayFrom: ['node01'] }],
  'storage.createVg': [
    { host: 'node01', name: 'data', disks: ['S1'] },
    { kind: 'things', hosts: ['node01'], disks: { host: 'node01', disks: ['S1'] } },
  ],
  'storage.extendVg': [
    { host: 'node01', vg: 'data', disks: 'empty' },
    { kind: 'things', hosts: ['node01'], vg: { host: 'node01', vg: 'data' }, disks: { host: 'node01', disks: 'empty' } },
  ],
  'storage.removeVg': [
    { host: 'node01', vg: 'data' },
    { kind: 'things', hosts: ['node01'], vg: { host: 'node01', vg: 'data' } },
  ],
  ...Object.fromEntries(
    ['abort', 'resume', 'retryUndo'].map((name) => [`automations.${name}`, [{ id: UUID }, { kind: 'things', automations: [UUID] }]]),
  ),
  'automations.pace': [
    { id: UUID, rateBytes: null },
    { kind: 'things', automations: [UUID] },
  ],
  'tasks.cancel': [{ id: UUID }, { kind: 'things', tasks: [UUID] }],
  'alarms.acknowledge': [{ keys: ['k', 'l'] }, { kind: 'things', alarms: ['k', 'l'] }],
  'alarms.clear': [{ key: 'k' }, { kind: 'things', alarms: ['k'] }],
  'connections.add': [
    { kind: 'iscsi', portal: '10.0.0.1', groups: ['rack3'] },
    { kind: 'things', groups: ['rack3'] },
  ],
  'connections.remove': [{ id: 'c1' }, { kind: 'things', connections: ['c1'] }],
  'access.login': [{ user: 'ada', password: 'x', label: 'x' }, { kind: 'account' }],
  'access.firstAdmin': [{ code: 'x', name: 'ada', password: 'twelve letters' }, { kind: 'account' }],
  'users.change': [{ name: 'ada', password: 'twelve letters' }, { kind: 'account' }],
  'secondFactor.begin': [{ password: 'x' }, { kind: 'account' }],
  'secondFactor.confirm': [{ code: 'x' }, { kind: 'account' }],
  'secondFactor.end': [{ password: 'x', code: 'x' }, { kind: 'account' }],
  'tokens.issue': [{ label: 'x' }, { kind: 'account' }],
  'tokens.revoke': [{ id: 'x' }, { kind: 'account' }],
}

test('what is said is what the input names; all others act on the whole pool', (t) => {
  const given = (operation: Operation, input: object) => operation.on?.(operation.input.parse(input))
  for (const { id, operation } of OPERATIONS.filter(acts)) {
    const [input, target] = ACTS[id] ?? []
    if (input) t.deepEqual(given(operation, input), target, id)
    else t.deepEqual(operation.on?.({}), { kind: 'pool' }, id)
  }
  for (const id of Object.keys(ACTS))
    t.true(
      OPERATIONS.some((named) => named.id === id),
      id,
    )
})

test('what widens rights is the whole pool’s, and what only looks is everybody’s', (t) => {
  const { users, connections, consoles, hosts } = CONTRACT
  const admitted = hosts.admit.input.parse({ hosts: [{ ref: 'node01' }], groups: ['rack3'] })
  t.deepEqual(hosts.admit.on?.(admitted), { kind: 'pool' })
  t.deepEqual(users.change.on?.(users.change.input.parse({ name: 'ada', role: 'admin' })), { kind: 'pool' })
  t.deepEqual(users.change.on?.(users.change.input.parse({ name: 'ada', groups: null })), { kind: 'pool' })
  t.deepEqual(connections.add.on?.(connections.add.input.parse({ kind: 'iscsi', portal: '10.0.0.1' })), { kind: 'pool' })
  const look = consoles.open.input.parse({ ref: 'web1', mode: 'look' })
  t.deepEqual(consoles.open.on?.(look), { kind: 'look' })
  t.deepEqual(consoles.open.less?.(consoles.open.input.parse({ ref: 'web1' })), look)
})
