// DRBD in dom0's kernel calls nobody and sends copies, whoever has loaded it.
import test from 'ava'
import { loadModule } from '../../../../images/agent/mirrors/module.ts'
import { openPair } from '../simulator/pair.ts'

const told = async ({ a }: ReturnType<typeof openPair>) =>
  Promise.all(
    ['usermode_helper', 'disable_sendpage'].map(async (name) => {
      const file = await a.backend.readFile(`/sys/module/drbd/parameters/${name}`)
      return file.kind === 'whole' ? file.text.trim() : file.kind
    }),
  )

const OURS = ['/bin/true', 'Y']

test('it is loaded so that it calls no program, and keeps no page of a guest in a socket', async (t) => {
  const pair = openPair()
  t.deepEqual(await told(pair), ['missing', 'missing'])
  t.is(await loadModule(pair.a.backend), undefined)
  t.deepEqual(await told(pair), OURS)
  t.is(await loadModule(pair.a.backend), undefined)
})

for (const [how, was] of [
  ['drbd', ['/sbin/drbdadm', 'N']],
  ['drbd usermode_helper=/bin/true', ['/bin/true', 'N']],
] as const)
  test(`loaded by another (modprobe ${how}), it is loaded anew`, async (t) => {
    const pair = openPair()
    await pair.ok(pair.a, `modprobe ${how}`)
    t.deepEqual(await told(pair), was)
    t.is(await loadModule(pair.a.backend), undefined)
    t.deepEqual(await told(pair), OURS)
  })

test('where it mirrors already, it is said what to do', async (t) => {
  const pair = openPair()
  await pair.ok(pair.a, 'modprobe drbd')
  await pair.ok(pair.a, 'drbdsetup new-resource of-another')
  t.regex(
    (await loadModule(pair.a.backend)) ?? '',
    /in use.*write \/bin\/true to \/sys\/module\/drbd.*, and write 1 to \/sys\/module\/drbd\/parameters\/disable_sendpage/,
  )
})
