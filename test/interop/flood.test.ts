// A flood of DISCOVERs through our real DHCP server, in a network namespace: a machine that is reserved boots all the same.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { namespacePair, talker } from './namespaces.ts'

const isRoot = process.getuid?.() === 0
const rootTest = isRoot ? test.serial : test.serial.skip
const why = isRoot ? '' : ' (needs root, for network namespaces)'
const RACK = new URL('flood-rack.ts', import.meta.url)
/** After it a firmware has asked twice more, and some give up. */
const LIMIT_MILLISECONDS = 4000

rootTest(`a reserved machine is served within 4 s while 70,000 strangers ask and more go on${why}`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hl-flood-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const { serverSpace, clientSpace } = await namespacePair(t, '10.77.0.1/16')
  const server = talker(t, serverSpace, RACK, 'serve', 's0', join(folder, 'appliance.db'))
  const machine = talker(t, clientSpace, RACK, 'boot', 'c0')
  await Promise.all([server, machine].map((one) => one.next('ready', ({ kind }) => kind === 'ready')))
  const flood = talker(t, clientSpace, RACK, 'flood', 'c0')
  const took: number[] = []
  for (const packets of [10_000, 40_000, 70_000]) {
    await flood.next(`packet ${packets}`, (line) => line.kind === 'flooded' && Number(line.packets) >= packets)
    const heard = machine.lines.length
    machine.say({ kind: 'boot' })
    const served = await machine.next('ACK', ({ kind }) => kind === 'served', heard)
    t.is(served.address, '10.77.0.21')
    took.push(Number(served.milliseconds))
  }
  const last = Number(flood.lines.at(-1)?.packets)
  t.true(last >= 70_000)
  t.true(Math.max(...took) <= LIMIT_MILLISECONDS, `it took ${took.join(', ')} ms`)
  await flood.end()
  await server.end()
  const { others } = await server.next('end', ({ kind }) => kind === 'closed')
  t.true(Number(others) > 0, 'strangers are served, too')
  t.log(`served in ${took.join(', ')} ms; ${last} strangers and more asked, ${others} of them were answered`)
})
