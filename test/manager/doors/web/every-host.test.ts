// A pool of more hosts than the operation gives at once.
import test from 'ava'
import { MOST_HOSTS } from '../../../../manager/contract/hosts.ts'
import { shownIn } from '../../hosts/conditions.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, startPages } from './page-server.ts'

const HOSTS = 2 * MOST_HOSTS + 3
const LAST = HOSTS - 1

test('pages show and count all hosts of a pool, however many the operation gives at once', async (t) => {
  const pool = fakePool(HOSTS, { pending: 0, changed: (index) => (index === LAST ? shownIn('pending') : {}) })
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const { cookie } = await server.session('admin')
  const shown = async (path: string) => (await ask(server, path, { headers: { cookie } })).text
  const matrix = await shown('/')
  t.is(matrix.match(/<tr id="?h-/g)?.length, HOSTS)
  t.regex(matrix, /<b>1.?003<\/b> hosts/)
  const name = pool.host(idOf(LAST))?.name ?? ''
  t.true((await shown('/pending')).includes(name))
  t.true((await shown('/account')).includes('data-count="Pending">1</b>'), 'what waits is counted on every page')
  for (const path of ['/cpu', '/guests/new']) {
    const other = pool.host(idOf(LAST - 1))?.name ?? ''
    t.true((await shown(path)).includes(other), path)
  }
})
