import test from 'ava'
import { hosts } from '../../../../manager/contract/hosts.ts'
import { admit } from '../../../../manager/doors/handlers/admitting.ts'
import type { Wish } from '../../../../manager/hosts/operator.ts'
import type { HostView, Outcome } from '../../../../manager/hosts/pool-change.ts'
import { shownIn } from '../../hosts/conditions.ts'

/** A pool that takes what it is told to, unless a name is taken or the host is no good. */
function poolOf(...names: string[]) {
  const views = new Map(
    names.map((name, at): [string, HostView] => [
      `id${at}`,
      { id: `id${at}`, name, ...shownIn('pending'), since: 0, groups: ['old'], notes: '', created: 0, macs: [] },
    ]),
  )
  const said: string[] = []
  const find = (ref: string) => [...views.values()].find(({ id, name }) => id === ref || name === ref)
  const change = async (id: string, wishes: readonly Wish[], who: string): Promise<Outcome> => {
    const view = views.get(id)
    if (!view) return { kind: 'refused', reason: 'there is no such host' }
    let next = view
    for (const wish of wishes) {
      if (wish.kind === 'rename') {
        const other = find(wish.name)
        if (other && other.id !== id) return { kind: 'refused', reason: `another host is called ${wish.name}` }
        next = { ...next, name: wish.name }
      }
      if (wish.kind === 'group') next = { ...next, groups: wish.groups }
      if (wish.kind === 'state' && wish.event.kind === 'approve' && wish.event.seen === 'stale')
        return { kind: 'refused', reason: 'another machine waits' }
    }
    views.set(id, next)
    said.push(`${view.name}: ${wishes.map(({ kind }) => kind).join(' ')} by ${who}`)
    return { kind: 'done', host: next }
  }
  return { find, change, said, views }
}

const wanted = (refs: readonly string[], more: object = {}) => hosts.admit.input.parse({ hosts: refs.map((ref) => ({ ref })), ...more })

test('each is approved, named in the order that is said and grouped, in one change', async (t) => {
  const pool = poolOf('m-a', 'm-b')
  const answer = await admit(pool, wanted(['m-b', 'm-a'], { names: 'node{01..02}', groups: ['rack3'] }), 'user ada')
  t.deepEqual(answer, {
    kind: 'done',
    value: {
      admitted: [
        { ref: 'm-b', name: 'node01' },
        { ref: 'm-a', name: 'node02' },
      ],
      refused: [],
    },
  })
  t.deepEqual(pool.said, ['m-b: state rename group by user ada', 'm-a: state rename group by user ada'])
  t.deepEqual(pool.views.get('id1')?.groups, ['old', 'rack3'])
})

test('one that is refused does not hold up the others; one that another must leave its name to has it in the end', async (t) => {
  const pool = poolOf('node02', 'node01', 'm-c', 'other')
  const machines = {
    hosts: [{ ref: 'node02' }, { ref: 'm-c' }, { ref: 'node01', seen: 'stale' }, { ref: 'nobody' }],
    names: 'node{01..04}',
    groups: [],
  }
  const answer = await admit(pool, machines, 'user ada')
  const { admitted, refused } = answer.kind === 'done' ? answer.value : { admitted: [], refused: [] }
  t.deepEqual(admitted, [])
  t.deepEqual(
    refused.map(({ name }) => name),
    ['nobody', 'node02', 'm-c', 'node01'],
  )
  const again = await admit(pool, wanted(['node02', 'node01'], { names: 'a{1..2}' }), 'user ada')
  t.is(again.kind === 'done' && again.value.admitted.length, 2)
  const turned = poolOf('node02', 'm-b')
  const chain = await admit(turned, wanted(['m-b', 'node02'], { names: 'node{02..03}' }), 'user ada')
  t.deepEqual(chain.kind === 'done' && chain.value.refused, [])
  t.deepEqual([...turned.views.values()].map(({ name }) => name).sort(), ['node02', 'node03'])
})

test('another number of names than machines changes nothing', async (t) => {
  const pool = poolOf('m-a', 'm-b')
  t.like(await admit(pool, wanted(['m-a', 'm-b'], { names: 'node{01..03}' }), 'user ada'), { kind: 'refused', status: 400 })
  t.deepEqual(pool.said, [])
})

test('the audit log says who was let in, as what', (t) => {
  const sentence = hosts.admit.did?.(wanted(['m-a', 'm-b'], { names: 'node{01..02}', groups: ['rack3'] }), { host: (ref) => ref })
  t.is(sentence, 'approve 2 hosts m-a, m-b as node{01..02} in rack3')
})
