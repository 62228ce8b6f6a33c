// Our DHCP server, killed while many ask: what was acknowledged is on disk, and no address was acknowledged to two.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openStore } from '../../appliance/store/database.ts'
import { namespacePair, talker } from './namespaces.ts'

const isRoot = process.getuid?.() === 0
const rootTest = isRoot ? test.serial : test.serial.skip
const why = isRoot ? '' : ' (needs root, for network namespaces)'
const RACK = new URL('flood-rack.ts', import.meta.url)
const CROWD = new URL('dhcp-crowd.ts', import.meta.url)
/** ACKs that are heard before each kill. */
const HEARD = [1, 100, 400]
/** How much later (ms) an ACK is heard than its lease begins. */
const ON_ITS_WAY = 60_000

rootTest(`whenever the server is killed, every lease that it acknowledged is on disk, for one machine${why}`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hl-kill-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'appliance.db')
  const { serverSpace, clientSpace } = await namespacePair(t, '10.77.0.1/16')
  const holders = new Map<string, string>()
  for (const [round, wanted] of HEARD.entries()) {
    const server = talker(t, serverSpace, RACK, 'serve', 's0', file)
    await server.next('ready', ({ kind }) => kind === 'ready')
    const crowd = talker(t, clientSpace, CROWD, 'c0', String((round + 1) * 1_000_000))
    await crowd.next(`${wanted} ACKs`, () => crowd.lines.length >= wanted)
    await server.kill()
    await crowd.end()
    const acks = crowd.lines.filter(({ kind }) => kind === 'ack')
    t.true(acks.length >= wanted)
    const store = openStore(file)
    const row = store.prepare<[string], { mac: string; kind: string; expires: number }>(
      'SELECT mac, kind, expires FROM leases WHERE address = ?',
    )
    for (const { mac, address, seconds, heard } of acks) {
      const stored = row.get(String(address))
      t.like(stored, { mac, kind: 'bound' })
      t.true((stored?.expires ?? 0) > Number(heard) - ON_ITS_WAY + Number(seconds) * 1000)
      t.true([undefined, mac].includes(holders.get(String(address))), `${address} was acknowledged to two`)
      holders.set(String(address), String(mac))
    }
    store.close()
  }
})
