import test from 'ava'
import type { Vm } from '../../../../manager/contract/vms.ts'
import { vmPageOf } from '../../../../manager/doors/answers/vm-page.ts'

const uuid = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
const vm = (number: number, name: string, more: Partial<Vm> = {}): Vm => ({
  ...{ uuid: uuid(number), name, state: 'running', vcpus: 1, memoryBytes: 2 ** 30, networks: [], macs: [] },
  ...{ groups: [], tags: [], notes: '' },
  ...more,
})
const names = ({ vms }: { readonly vms: readonly Vm[] }) => vms.map(({ name }) => name)

test('pages have each guest once, in order, also where names are the same and while others go', (t) => {
  const all = [vm(5, 'c'), vm(1, 'a'), vm(3, 'b'), vm(2, 'b'), vm(4, 'a b')]
  const seen: string[] = []
  let left = all
  let after: string | undefined
  do {
    const page = vmPageOf(left, { limit: 2, ...(after === undefined ? {} : { after }) })
    seen.push(...page.vms.map(({ uuid: id }) => id))
    left = left.filter(({ uuid: id }) => !page.vms.some((one) => one.uuid === id))
    after = page.next
  } while (after !== undefined)
  t.deepEqual(seen, [1, 4, 2, 3, 5].map(uuid))
  t.deepEqual(vmPageOf(all, {}).vms, all, 'all, as ever, where no page is asked for')
  t.is(vmPageOf(all, { limit: 5 }).next, undefined)
})

test('guests are chosen by state, host, group and tag, all of them together', (t) => {
  const all = [
    vm(1, 'a', { host: 'aaaaaaaaaaaaaaaa', hostName: 'node01', tags: ['db'], groups: ['rack3'] }),
    vm(2, 'b', { host: 'aaaaaaaaaaaaaaaa', hostName: 'node01', state: 'stopped' }),
    vm(3, 'c', { host: 'bbbbbbbbbbbbbbbb', hostName: 'node02', tags: ['db'] }),
  ]
  t.deepEqual(names(vmPageOf(all, { host: 'node01' })), ['a', 'b'])
  t.deepEqual(names(vmPageOf(all, { host: 'aaaaaaaaaaaaaaaa', state: 'stopped' })), ['b'])
  t.deepEqual(names(vmPageOf(all, { tag: 'db' })), ['a', 'c'])
  t.deepEqual(names(vmPageOf(all, { group: 'rack3', tag: 'db' })), ['a'])
  t.deepEqual(names(vmPageOf(all, { tag: 'db', limit: 1, after: `a ${uuid(1)}` })), ['c'])
  t.deepEqual(vmPageOf(all, { host: 'node03', limit: 1 }), { vms: [] })
})
