import test from 'ava'
import { chooseHosts, matrixPath, matrixQuery } from '../../../../manager/doors/web/views/matrix-query.ts'
import { fakePool } from './fake-pool.ts'

const names = async (query: string) => {
  const chosen = chooseHosts(fakePool(100).hosts(), matrixQuery(new URLSearchParams(query)))
  return { ...chosen, hosts: chosen.hosts.map(({ name }) => name) }
}

test('a query without anything is all hosts', async (t) => {
  const { hosts, said } = await names('')
  t.is(hosts.length, 100)
  t.is(said, '100 hosts')
})

test('selectors, state and group narrow together', async (t) => {
  t.deepEqual((await names('q=node00[10-12],-node0011')).hosts, ['node0010', 'node0012'])
  t.deepEqual((await names('q=@db&group=rack2')).hosts, ['node0041', 'node0051', 'node0061'])
  t.deepEqual((await names('q=node000*&state=pending')).hosts, ['node0001', 'node0002'])
})

test('ranges that nobody fills, words on the way to a name, and selectors that mean nothing are said', async (t) => {
  t.regex((await names('q=node00[98-99],node01[00-03]')).said, /3 names of the ranges nobody has/)
  t.deepEqual((await names('q=0042')).hosts, ['node0042'])
  const nothing = await names('q=nod0042')
  t.true(nothing.isRefused)
  t.regex(nothing.said, /did you mean node0042/)
})

test('what somebody has to see to comes first by state; most comes first by load', async (t) => {
  t.deepEqual((await names('sort=state')).hosts.slice(0, 3), ['node0051', 'node0001', 'node0002'])
  const { hosts } = await names('sort=cpu')
  t.is(hosts.at(-1), 'node0051', 'not measured')
  t.is((await names('sort=nonsense')).hosts[0], 'node0001')
})

test('matrixPath leaves out what is not asked, and is read back', (t) => {
  t.is(matrixPath(matrixQuery(new URLSearchParams(''))), '/')
  const path = matrixPath(matrixQuery(new URLSearchParams('q=a*,@b&state=up&sort=cpu&group=x')))
  t.is(matrixPath(matrixQuery(new URL(path, 'https://x').searchParams)), path)
  t.is(matrixPath(matrixQuery(new URLSearchParams('state=<b>&sort=x'))), '/')
})
