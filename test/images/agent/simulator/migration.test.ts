// The procedure of live migration between local disks, as it was run by hand on two dom0s, with its traps.
import test from 'ava'
import { findDevice } from '../../../../images/agent/simulator/state/devices.ts'
import { findDomain, withWorkload } from '../../../../images/agent/simulator/state/domains.ts'
import { readAt } from '../../../../images/agent/simulator/state/io.ts'
import { release } from '../../../../images/agent/simulator/state/migration.ts'
import { cut } from '../../../../images/agent/simulator/state/power.ts'
import { withMedium } from '../../../../images/agent/simulator/state/site.ts'
import { lostWrites } from '../../../../images/agent/simulator/state/time.ts'
import { guestOf, openPair, type Pair, writeConfig } from './pair.ts'

const SECTORS = 131_072
const [S, T] = ['ipv4:10.0.0.1:7788', 'ipv4:10.0.0.2:7788']

/** A guest on a that writes, with its map over its LV. */
async function withGuest(type = 'pvh'): Promise<Pair> {
  const pair = openPair()
  const { a, b, ok, site } = pair
  for (const host of [a, b]) {
    await ok(host, 'vgcreate vg0 /dev/vda')
    await ok(host, 'lvcreate -y -n web -L 64m vg0')
    await ok(host, 'lvcreate -y -n web-meta -L 4m vg0')
  }
  await ok(a, `dmsetup create web --table '0 ${SECTORS} linear /dev/vg0/web 0'`)
  await ok(a, `xl create ${await writeConfig(a, 'web', '/dev/mapper/web', type)}`)
  site.change((now) => withWorkload(now, 'a', 'web', 'guest', 50))
  site.pass(20_000)
  return pair
}

async function prepare({ ok }: Pair, host: Pair['a']): Promise<void> {
  await ok(host, 'drbdmeta --force 7 v08 /dev/vg0/web-meta flex-external create-md')
  await ok(host, 'drbdsetup new-resource r')
  await ok(host, 'drbdsetup new-minor r 7 0')
  await ok(host, `dmsetup create raw --table '0 ${SECTORS} linear /dev/vg0/web 0'`)
  await ok(host, `drbdsetup attach 7 /dev/mapper/raw /dev/vg0/web-meta flexible --on-io-error=detach --size=${SECTORS}s`)
}

async function swapIn({ ok, a }: Pair): Promise<void> {
  await ok(a, 'drbdsetup primary 7 --force')
  await ok(a, `dmsetup load web --table '0 ${SECTORS} linear /dev/drbd7 0'`)
  await ok(a, 'dmsetup resume web')
}

async function join({ ok, a, b }: Pair): Promise<void> {
  await ok(a, `drbdsetup connect r ${S} ${T} --protocol=A --shared-secret=x`)
  await ok(b, `drbdsetup connect r ${T} ${S} --protocol=A --shared-secret=x`)
}

/** What is out of sync before the other end is there. */
async function waiting({ ok, a }: Pair): Promise<string> {
  await ok(a, `drbdsetup connect r ${S} ${T} --protocol=A --shared-secret=x`)
  return ok(a, 'drbdsetup events2 --now --statistics')
}

async function inSync({ ok, a, site }: Pair): Promise<void> {
  for (let looks = 0; looks < 600; looks += 1) {
    if (/replication:Established peer-disk:UpToDate.* out-of-sync:0 /.test(await ok(a, 'drbdsetup events2 --now --statistics'))) return
    site.pass(500)
  }
  throw new Error(await ok(a, 'drbdsetup events2 --now --statistics'))
}

/** As far as the word that the guest is received, which the transport keeps back. */
async function held(pair: Pair): Promise<{ readonly sending: Promise<readonly [number, string]> }> {
  const { a, b, ok, code, site } = pair
  await prepare(pair, a)
  await swapIn(pair)
  await prepare(pair, b)
  await join(pair)
  await inSync(pair)
  await ok(b, `dmsetup create web --table '0 ${SECTORS} linear /dev/vg0/web 0'`)
  await ok(b, 'blockdev --flushbufs /dev/mapper/web')
  site.change((now) => ({ ...now, transports: [{ command: 'hl-transport', to: 'b', holds: true }] }))
  const receiving = b.backend.run(['xl', 'migrate-receive'])
  const sending = code(a, "xl migrate -s '' web 'hl-transport web'")
  for (let turns = 0; turns < 10_000 && site.state.migrations[0]?.phase === 'sending'; turns += 1) await Promise.resolve()
  void receiving
  return { sending }
}

test('a guest that writes all the time moves between two local disks, and none of its writes is lost', async (t) => {
  const pair = await withGuest()
  const { a, b, ok, site } = pair
  const { sending } = await held(pair)
  t.is(site.state.migrations[0]?.phase, 'received')
  t.deepEqual([guestOf(a, 'web')?.state, guestOf(b, 'web--incoming')?.state], ['suspended', 'paused'])
  t.regex(await ok(a, 'xl list -v'), /web .*---ss-/)
  await ok(b, 'drbdsetup down r')
  site.change((now) => release(now, 1, 'go'))
  const [exitCode, said] = await sending
  t.is(exitCode, 0, said)
  t.deepEqual([guestOf(a, 'web'), guestOf(b, 'web')?.state], [undefined, 'running'])
  site.pass(20_000)
  for (const line of ['dmsetup remove web', 'drbdsetup down r', 'dmsetup remove raw', 'lvremove -y vg0/web-meta']) await ok(a, line)
  const guest = guestOf(b, 'web')
  t.true((guest?.workload?.written.size ?? 0) > 500)
  t.deepEqual([guest?.workload?.mismatches, guest?.workload?.errors, guest && lostWrites(site.state, 'b', guest)], [[], 0, []])
  t.deepEqual(pair.faults(), [])
})

test('who swaps only when the copy is whole loses what was written meanwhile, and the simulator shows it', async (t) => {
  const pair = await withGuest()
  const { a, b, ok, site } = pair
  for (const host of [a, b]) await prepare(pair, host)
  await ok(a, 'drbdsetup primary 7 --force')
  await join(pair)
  await inSync(pair)
  await ok(a, `dmsetup load web --table '0 ${SECTORS} linear /dev/drbd7 0'`)
  await ok(a, 'dmsetup resume web')
  await ok(b, `dmsetup create web --table '0 ${SECTORS} linear /dev/vg0/web 0'`)
  await ok(a, "xl migrate -s '' web 'ssh b xl migrate-receive'")
  const guest = findDomain(site.state, 'b', 'web')
  t.true(guest !== undefined && lostWrites(site.state, 'b', guest).length > 0)
})

test('the transport that ends before the word leaves the guest here, and something paused there to be destroyed', async (t) => {
  const pair = await withGuest()
  const { a, b, ok, site } = pair
  const { sending } = await held(pair)
  site.change((now) => release(now, 1, 'abort'))
  t.deepEqual([(await sending)[0], guestOf(a, 'web')?.state, guestOf(b, 'web--incoming')?.state], [1, 'running', 'paused'])
  await ok(b, 'xl destroy web--incoming')
  site.pass(10_000)
  const guest = guestOf(a, 'web')
  t.deepEqual(guest && lostWrites(site.state, 'a', guest), [])
  t.deepEqual(pair.faults(), [])
})

test('a link that is cut in the midst of it leaves the guest here; when it is back only what was written is sent again', async (t) => {
  const pair = await withGuest()
  const { a, ok, site } = pair
  const { sending } = await held(pair)
  site.change((now) => cut(now, 'a', 'b'))
  t.is((await sending)[0], 1)
  t.is(guestOf(a, 'web')?.state, 'running')
  site.pass(5_000)
  const alone = await ok(a, 'drbdsetup events2 --now --statistics')
  const [, outOfSync] = / connection:Connecting[\s\S]* out-of-sync:(\d+) /.exec(alone) ?? []
  t.true(Number(outOfSync) > 0 && Number(outOfSync) < SECTORS / 2 / 4, outOfSync)
  site.change((now) => ({ ...now, cuts: new Set() }))
  await inSync(pair)
  const guest = guestOf(a, 'web')
  t.deepEqual(guest && lostWrites(site.state, 'a', guest), [])
})

test('the traps of the real tools are there: claims, open devices, unclean metadata, PV guests', async (t) => {
  const pair = await withGuest('pv')
  const { a, ok, code } = pair
  await ok(a, 'drbdmeta --force 7 v08 /dev/vg0/web-meta flex-external create-md')
  await ok(a, 'drbdsetup new-resource r')
  await ok(a, 'drbdsetup new-minor r 7 0')
  const onVolume = await code(a, `drbdsetup attach 7 /dev/vg0/web /dev/vg0/web-meta flexible --size=${SECTORS}s`)
  t.is(onVolume[0], 10)
  t.regex(onVolume[1], /\(104\)/)
  await ok(a, `dmsetup create raw --table '0 ${SECTORS} linear /dev/vg0/web 0'`)
  await ok(a, `drbdsetup attach 7 /dev/mapper/raw /dev/vg0/web-meta flexible --size=${SECTORS}s`)
  t.is((await code(a, 'drbdsetup primary 7'))[0], 17, 'a copy that is not whole needs force')
  await swapIn(pair)
  const down = await code(a, 'drbdsetup down r')
  t.deepEqual([down[0], /\(-12\)/.test(down[1])], [11, true])
  t.is((await code(a, 'drbdsetup secondary 7'))[0], 11)
  t.regex((await code(a, 'lvremove -f vg0/web'))[1], /is used by another device/)
  t.regex((await code(a, 'dmsetup remove raw'))[1], /Device or resource busy/)
  t.regex((await code(a, "xl migrate -s '' web 'ssh b xl migrate-receive'"))[1], /Failed to enable logdirty: 95/)
  await ok(a, `dmsetup load web --table '0 ${SECTORS} linear /dev/vg0/web 0'`)
  await ok(a, 'dmsetup resume web')
  await ok(a, 'drbdsetup down r')
  await ok(a, 'drbdsetup new-resource r')
  await ok(a, 'drbdsetup new-minor r 7 0')
  const again = `drbdsetup attach 7 /dev/mapper/raw /dev/vg0/web-meta flexible --size=${SECTORS}s`
  t.regex((await code(a, again))[1], /\(165\)/)
  await ok(a, 'drbdmeta 7 v08 /dev/vg0/web-meta flex-external apply-al')
  await ok(a, again)
  t.deepEqual(pair.faults(), [])
})

test('a host that dies loses its RAM and none of its disks: the guest is started again from its volume', async (t) => {
  const pair = await withGuest()
  const { a, ok, site } = pair
  const before = guestOf(a, 'web')
  a.die()
  t.like(await a.backend.run(['xl', 'list', '-v']), { kind: 'stopped' })
  a.boot()
  t.deepEqual(a.state().ram.domains, [])
  t.notRegex(await ok(a, 'dmsetup ls'), /web/)
  await ok(a, 'vgchange -ay vg0')
  await ok(a, `dmsetup create web --table '0 ${SECTORS} linear /dev/vg0/web 0'`)
  await ok(a, `xl create ${await writeConfig(a, 'web', '/dev/mapper/web')}`)
  const now = guestOf(a, 'web')
  t.deepEqual(now && before && lostWrites(site.state, 'a', { ...now, ...(before.workload ? { workload: before.workload } : {}) }), [])
})

test('a pre-seeded copy is synchronised by the bitmap alone', async (t) => {
  const pair = await withGuest()
  const { a, b, ok, site } = pair
  for (const host of [a, b]) await prepare(pair, host)
  await swapIn(pair)
  await ok(a, 'drbdsetup new-current-uuid 7 --clear-bitmap')
  const [seed] = (await ok(a, 'drbdsetup get-gi 7')).split(':')
  site.change((now) => {
    const [from, to] = [now.media.get('a/vda'), now.media.get('b/vda')]
    return from && to ? withMedium(now, { ...to, content: from.content }) : now
  })
  await ok(a, 'drbdsetup new-current-uuid 7')
  await ok(b, 'drbdsetup new-current-uuid 7 --clear-bitmap')
  await ok(b, 'drbdsetup detach 7')
  await ok(b, 'drbdmeta 7 v08 /dev/vg0/web-meta flex-external apply-al')
  await ok(b, `drbdmeta 7 v08 /dev/vg0/web-meta flex-external set-gi ${seed}:0:0:0:1:1:0:0:0:0:0`)
  await ok(b, `drbdsetup attach 7 /dev/mapper/raw /dev/vg0/web-meta flexible --size=${SECTORS}s`)
  site.pass(2_000)
  const [, outOfSync] = / out-of-sync:(\d+) /.exec(await waiting(pair)) ?? []
  t.true(Number(outOfSync) > 0 && Number(outOfSync) < SECTORS / 2 / 4, outOfSync)
  await ok(b, `drbdsetup connect r ${T} ${S} --protocol=A --shared-secret=x`)
  await inSync(pair)
  const [here, there] = ['a', 'b'].map((name) =>
    readAt(site.state, name, findDevice(site.state, name, '/dev/vg0/web')?.kname ?? '', 0, SECTORS),
  )
  t.is(here?.kind, 'done')
  t.deepEqual(here, there)
})
