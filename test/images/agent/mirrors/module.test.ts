// DRBD in dom0's kernel calls nobody, whoever has loaded it.
import test from 'ava'
import { loadModule } from '../../../../images/agent/mirrors/module.ts'
import { openPair } from '../simulator/pair.ts'

const helperOf = async ({ a }: ReturnType<typeof openPair>) => {
  const file = await a.backend.readFile('/sys/module/drbd/parameters/usermode_helper')
  return file.kind === 'whole' ? file.text.trim() : file.kind
}

test('it is loaded so that it calls no program', async (t) => {
  const pair = openPair()
  t.is(await helperOf(pair), 'missing')
  t.is(await loadModule(pair.a.backend), undefined)
  t.is(await helperOf(pair), '/bin/true')
  t.is(await loadModule(pair.a.backend), undefined)
})

test('loaded by another, with a program to call, it is loaded anew', async (t) => {
  const pair = openPair()
  await pair.ok(pair.a, 'modprobe drbd')
  t.is(await helperOf(pair), '/sbin/drbdadm')
  t.is(await loadModule(pair.a.backend), undefined)
  t.is(await helperOf(pair), '/bin/true')
})

test('where it mirrors already and calls a program, it is said what to do', async (t) => {
  const pair = openPair()
  await pair.ok(pair.a, 'modprobe drbd')
  await pair.ok(pair.a, 'drbdsetup new-resource of-another')
  t.regex((await loadModule(pair.a.backend)) ?? '', /in use.*write \/bin\/true to \/sys\/module\/drbd/)
})
