// A disk on a LUN of two hosts goes from the one to the other without a moment in which both could write, whatever is asked twice or too late.
import test from 'ava'
import { liftOwn } from '../../../../images/agent/shared-disks/fence.ts'
import { powerOff, powerOn } from '../../../../images/agent/simulator/state/power.ts'
import { DISK, type SharedPair, sharedPair, WWID } from './pair.ts'

const reasonOf = (answer: { readonly kind: string; readonly reason?: string }): string =>
  answer.kind === 'refused' ? (answer.reason ?? '') : `not refused: ${JSON.stringify(answer)}`

const OWN = [`hostless-${DISK}`, `san-disk--${DISK.replaceAll('-', '--')}`]

async function fenced(): Promise<SharedPair> {
  const pair = await sharedPair()
  await pair.join()
  pair.become('suspended')
  await pair.ask(pair.a, 'fence-disk')
  return pair
}

test('the disk is joined, fenced and parted from, each of it twice, and no metadata of LVM is written by either host', async (t) => {
  const pair = await sharedPair()
  const { a, b, ok } = pair
  t.deepEqual(await pair.join(), { kind: 'disk-joined', was: 'not there' })
  t.deepEqual(await pair.join(), { kind: 'disk-joined', was: 'not there' }, 'nobody has it open yet')
  t.deepEqual(pair.maps(b).toSorted(), OWN)
  t.deepEqual(pair.faults(), [])
  t.is(pair.write(a, 'before'), 'done')
  pair.become('suspended')
  t.deepEqual(await pair.ask(a, 'fence-disk'), { kind: 'disk-fenced', was: 'not fenced' })
  t.deepEqual(await pair.ask(a, 'fence-disk'), { kind: 'disk-fenced', was: 'fenced' })
  t.is(pair.write(a, 'late'), 'suspended', 'what blkback had in its ring')
  t.is(pair.write(b, 'the guest on its new host'), 'done')
  await ok(a, 'xl destroy web')
  t.deepEqual(await pair.ask(a, 'part-disk'), { kind: 'disk-parted', was: 'there' })
  t.deepEqual(await pair.ask(a, 'part-disk'), { kind: 'disk-parted', was: 'not there' })
  t.deepEqual([pair.maps(a), pair.fence(a)], [[], undefined])
  t.deepEqual(pair.maps(b).toSorted(), OWN)
  t.deepEqual(pair.changes, [])
})

test('a fence is put up only while the guest stands still, and a guest that is given back writes again', async (t) => {
  const pair = await sharedPair()
  const { a } = pair
  for (const state of ['running', 'paused'] as const) {
    pair.become(state)
    t.regex(reasonOf(await pair.ask(a, 'fence-disk')), new RegExp(`web is ${state} on this host`))
    t.is(pair.write(a, state), 'done')
  }
  pair.become('suspended')
  await pair.ask(a, 'fence-disk')
  t.regex(pair.maps(a).join(), / suspended/)
  t.deepEqual(await pair.ask(a, 'unfence-disk'), { kind: 'disk-unfenced', was: 'fenced' })
  t.deepEqual(await pair.ask(a, 'unfence-disk'), { kind: 'disk-unfenced', was: 'not fenced' })
  pair.become('running')
  t.is(pair.write(a, 'again'), 'done')
  t.is(pair.fence(a), undefined)
})

test('a guest that goes on while its disk is being fenced is not left without it', async (t) => {
  const pair = await sharedPair()
  const { a } = pair
  pair.become('suspended')
  a.listen((command) => command.join(' ').startsWith('dmsetup suspend') && queueMicrotask(() => pair.become('running')))
  t.regex(reasonOf(await pair.ask(a, 'fence-disk')), /web is running on this host/)
  t.is(pair.write(a, 'on'), 'done')
  t.is(pair.fence(a), undefined)
})

test('an agent lifts the fence of a guest that its host has taken back by itself, and of no other', async (t) => {
  const pair = await fenced()
  const { a } = pair
  await liftOwn(a.world())
  t.is(pair.write(a, 'still'), 'suspended', 'it stands still')
  pair.become('running')
  t.deepEqual(await liftOwn(a.world()), [])
  t.is(pair.write(a, 'taken back'), 'done')
  t.is(pair.fence(a), undefined)
})

test('what a guest that has gone had held back is never written', async (t) => {
  const pair = await fenced()
  const { a, ok } = pair
  t.regex(reasonOf(await pair.ask(a, 'part-disk')), /is in use/, 'its domain has it open still')
  t.is(pair.write(a, 'late'), 'Input/output error', 'and what waits there has failed')
  await ok(a, 'xl destroy web')
  t.deepEqual(await pair.ask(a, 'part-disk'), { kind: 'disk-parted', was: 'there' })
})

test('a disk is not parted from while its guest runs there, whoever asks for it late', async (t) => {
  const pair = await sharedPair()
  t.regex(reasonOf(await pair.ask(pair.a, 'part-disk')), /web is running on this host/)
  t.is(pair.write(pair.a, 'on'), 'done')
  t.deepEqual(await pair.ask(pair.b, 'part-disk'), { kind: 'disk-parted', was: 'not there' })
})

test('a LUN that is seen is not thereby writable: another one, one that is read-only, one seen in part', async (t) => {
  const pair = await sharedPair()
  const { b, site } = pair
  t.regex(reasonOf(await pair.join({ luns: ['naa.600'] })), new RegExp(`lies on ${WWID} here, and on naa.600 where the guest is`))
  t.regex(reasonOf(await pair.join({ luns: [WWID, 'naa.600'] })), /lies on/)
  site.change((now) => {
    const host = now.hosts.get('b')
    const disks = host?.disks.map((disk) => (disk.name === 'sdb' ? { ...disk, readOnly: true } : disk)) ?? []
    return host ? { ...now, hosts: new Map(now.hosts).set('b', { ...host, disks, ram: { ...host.ram } }) } : now
  })
  t.regex(reasonOf(await pair.join()), /sdb, which the VG san lies on, is read-only on this host/)
  for (const section of ['lsblk', 'lvm', 'dmsetup']) {
    b.faults.order((command) => command.includes(section), { kind: 'fails' })
    t.is((await pair.join()).kind, 'refused', section)
    b.faults.clear()
  }
  t.deepEqual(pair.maps(b), [])
})

test('a disk that two hosts cannot have at a time, or is not the one that is meant, is not joined', async (t) => {
  const pair = await sharedPair()
  const { a, b, ok } = pair
  t.regex(reasonOf(await pair.join({ generation: 2 })), /is not the disk that is meant, of generation 2/)
  t.regex(reasonOf(await pair.join({ guest: DISK })), /is not the disk that is meant/)
  t.regex(reasonOf(await pair.join({ vg: { ...pair.vg, uuid: pair.vg.uuid.replace(/^./, (one) => (one === 'A' ? 'B' : 'A')) } })), /UUID/)
  await ok(a, `lvcreate -y -s -n before -L 4m san/disk-${DISK}`)
  t.regex(reasonOf(await pair.join()), /has snapshots, .*san\/before/)
  await ok(a, 'lvremove -y san/before')
  await ok(b, `lvchange -ay -K san/disk-${DISK}`)
  await ok(b, `dmsetup create odd --table '0 2048 linear /dev/san/disk-${DISK} 0'`)
  t.regex(reasonOf(await pair.join()), /is in use on this host/)
  await ok(b, 'dmsetup remove odd')
  t.is((await pair.join()).kind, 'disk-joined')
})

test('a host that was reset has nothing of it, and a disk is joined over what is left of before', async (t) => {
  const pair = await fenced()
  pair.site.change((now) => powerOn(powerOff(now, 'a'), 'a'))
  t.deepEqual(await pair.ask(pair.a, 'fence-disk'), { kind: 'disk-fenced', was: 'not open' })
  t.deepEqual(await pair.ask(pair.a, 'part-disk'), { kind: 'disk-parted', was: 'not there' })
  const back = { ...(await pair.ask(pair.a, 'join-disk')) }
  t.deepEqual(back, { kind: 'disk-joined', was: 'not there' })
  t.is(pair.write(pair.a, 'back'), 'done')
})
