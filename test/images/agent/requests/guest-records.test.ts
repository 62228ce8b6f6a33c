// keep-guest, forget-guest and read-guests on a simulated host: twice, each command failing in turn, the agent killed between the copies.
import test from 'ava'
import { decodeSlot, SLOT_BYTES } from '../../../../images/agent/records/slot.ts'
import { AREA_BYTES } from '../../../../images/agent/records/volume.ts'
import { forgetGuest, keepGuest, readGuests } from '../../../../images/agent/requests/guest-records.ts'
import { removeVg } from '../../../../images/agent/requests/remove-vg.ts'
import type { Fault } from '../../../../images/agent/simulator/faults.ts'
import { findGroup } from '../../../../images/agent/simulator/state/activation.ts'
import { brokenBooks } from '../../../../images/agent/simulator/state/invariants.ts'
import { type GuestRecordOf, guestRecord, RECORDS_LV } from '../../../../manager/protocol/guest-record.ts'
import { type Uuid, uuid } from '../../../../manager/protocol/values.ts'
import { type DisksHost, GUEST, hostWithVg, OTHER } from '../disks.ts'

const LV = `data/${RECORDS_LV}`
const reasonOf = (answer: { readonly kind: string; readonly reason?: string }) => answer.reason ?? answer.kind

function recordOf(guest: Uuid, written: number, name = 'web1'): GuestRecordOf {
  const spec = JSON.stringify({ name, notes: 'x'.repeat(1200) })
  return guestRecord.parse({
    ...{ guest, name, spec, host: 'node01', networks: [{ name: 'lan', bridge: 'xenbr0' }], disks: [] },
    ...{ created: 1, createdBy: 'ada', epoch: 1, written },
  })
}

const keep = ({ world, vg }: DisksHost, record: GuestRecordOf) => keepGuest(world, { kind: 'keep-guest', vg, record })
const forget = ({ world, vg }: DisksHost, guest: Uuid) => forgetGuest(world, { kind: 'forget-guest', vg, guest })
const read = ({ world, vg }: DisksHost) => readGuests(world, { kind: 'read-guests', vg })

async function records(host: DisksHost): Promise<readonly GuestRecordOf[]> {
  const answer = await read(host)
  if (answer.kind === 'refused') throw new Error(answer.reason)
  return answer.records
}

const mapsOf = ({ host }: DisksHost) => host.state().ram.dm.map(({ name }) => name)

test('a record makes its VG’s room for them, is there again after a power cut, and asked twice is written once', async (t) => {
  const host = await hostWithVg()
  t.deepEqual(await read(host), { kind: 'guests-read', records: [], damaged: [] })
  const record = recordOf(GUEST, 1)
  t.deepEqual(await keep(host, record), { kind: 'guest-kept', was: 'not there' })
  const writes = host.runs('dd').length
  t.deepEqual(await keep(host, record), { kind: 'guest-kept', was: 'the same' })
  t.false(
    host
      .runs('dd')
      .slice(writes)
      .some((command) => command.some((word) => word.startsWith('of='))),
  )
  t.deepEqual(await keep(host, recordOf(GUEST, 2)), { kind: 'guest-kept', was: 'another' })
  t.deepEqual(await keep(host, recordOf(OTHER, 3, 'db1')), { kind: 'guest-kept', was: 'not there' })
  t.deepEqual(mapsOf(host), [], 'nothing stays active')
  host.host.die()
  host.host.boot()
  t.deepEqual(await read(host), {
    kind: 'guests-read',
    records: [recordOf(GUEST, 2), recordOf(OTHER, 3, 'db1')],
    damaged: [],
    free: AREA_BYTES / SLOT_BYTES / 2 - 2,
  })
  t.deepEqual(await forget(host, GUEST), { kind: 'guest-forgotten', was: 'there' })
  t.deepEqual(await forget(host, GUEST), { kind: 'guest-forgotten', was: 'not there' })
  t.deepEqual(await records(host), [recordOf(OTHER, 3, 'db1')])
  t.deepEqual(brokenBooks(host.site.state), [])
})

test('what another tenant has left in the VG is no record', async (t) => {
  const host = await hostWithVg()
  await keep(host, recordOf(GUEST, 1))
  t.like(await read(host), { damaged: [], records: [recordOf(GUEST, 1)] })
})

for (const [what, fault] of [
  ['fails', { kind: 'fails' }],
  ['is lost with its answer', { kind: 'answer-lost' }],
] as const satisfies readonly (readonly [string, Fault])[]) {
  test(`each command that ${what} in turn is told, leaves no record but the old or the new one, and asking again makes it good`, async (t) => {
    for (const [how, prepare] of [
      ['first', async () => undefined],
      ['again', (host: DisksHost) => keep(host, recordOf(GUEST, 1))],
    ] as const) {
      for (let at = 0; ; at += 1) {
        const host = await hostWithVg()
        await prepare(host)
        let number = 0
        host.host.faults.order(() => number++ === at, fault, 1)
        const answer = await keep(host, recordOf(GUEST, 2))
        host.host.faults.clear()
        if (number <= at) break
        const after = await read(host)
        if (after.kind === 'refused') return void t.fail(after.reason)
        const may = [...(how === 'again' ? [1] : [undefined]), 2]
        t.true(may.includes(after.records[0]?.written), `${how}, command ${at}: ${JSON.stringify(after)}`)
        if (answer.kind === 'guest-kept') t.is(after.records[0]?.written, 2)
        t.deepEqual(after.damaged, [])
        t.like(await keep(host, recordOf(GUEST, 2)), { kind: 'guest-kept' }, `${how}, command ${at}`)
        t.deepEqual(await records(host), [recordOf(GUEST, 2)])
        for (const copy of await slotsOf(host)) t.is(copy.kind, 'copy', 'both copies are whole again')
      }
    }
  })
}

test('a host that loses its power before or after each command has the record of before or the new one', async (t) => {
  for (const when of ['before', 'after'] as const) {
    for (let at = 0; ; at += 1) {
      const host = await hostWithVg()
      await keep(host, recordOf(GUEST, 1))
      let number = 0
      host.host.faults.order(() => number++ === at, { kind: 'dies', when }, 1)
      await keep(host, recordOf(GUEST, 2))
      host.host.faults.clear()
      if (number <= at) break
      host.host.boot()
      const [record, ...others] = await records(host)
      t.true(record?.written === 1 || record?.written === 2, `${when} command ${at}`)
      t.deepEqual(others, [])
      t.like(await keep(host, recordOf(GUEST, 3)), { kind: 'guest-kept', was: 'another' })
      t.deepEqual(await records(host), [recordOf(GUEST, 3)])
    }
  }
})

/** The two copies of the first place. */
async function slotsOf(host: DisksHost) {
  await host.ok(`lvchange -ay -K ${LV}`)
  const text = await host.ok(`dd if=/dev/${LV} bs=${SLOT_BYTES} count=2`)
  await host.ok(`lvchange -an ${LV}`)
  return [text.slice(0, SLOT_BYTES), text.slice(SLOT_BYTES)].map(decodeSlot)
}

async function spoil(host: DisksHost, slot: number): Promise<void> {
  await host.ok(`lvchange -ay -K ${LV}`)
  await host.world.files.write('/run/junk', 'junk', 0o600)
  await host.ok(`dd if=/run/junk of=/dev/${LV} bs=${SLOT_BYTES} seek=${slot} conv=notrunc`)
  await host.ok(`lvchange -an ${LV}`)
}

test('one damaged copy is survived and mended with the next record; two are told, and their place is left alone', async (t) => {
  const host = await hostWithVg()
  await keep(host, recordOf(GUEST, 1))
  for (const slot of [0, 1]) {
    await spoil(host, slot)
    t.like(await read(host), { records: [recordOf(GUEST, 1)], damaged: [] })
    await keep(host, recordOf(GUEST, 1))
    t.deepEqual(
      (await slotsOf(host)).map(({ kind }) => kind),
      ['copy', 'copy'],
    )
  }
  await spoil(host, 0)
  await spoil(host, 1)
  const broken = await read(host)
  t.like(broken, { records: [] })
  t.regex(JSON.stringify(broken), /place 0: both copies: it does not begin as a record/)
  t.like(await keep(host, recordOf(GUEST, 2)), { kind: 'guest-kept', was: 'not there' })
  t.like(await read(host), { records: [recordOf(GUEST, 2)], free: AREA_BYTES / SLOT_BYTES / 2 - 2 })
  t.regex(JSON.stringify(await read(host)), /place 0/)
})

test('a full area says so, and what is known of its guests can still be renewed', async (t) => {
  const host = await hostWithVg()
  const places = AREA_BYTES / SLOT_BYTES / 2
  const id = (at: number) => uuid.parse(`00000000-0000-4000-8000-${String(at).padStart(12, '0')}`)
  for (let at = 0; at < places; at += 1) t.like(await keep(host, recordOf(id(at), at)), { kind: 'guest-kept' })
  t.like(await read(host), { free: 0 })
  t.regex(reasonOf(await keep(host, recordOf(GUEST, 1))), /the VG data has 64 places for records of guests, and all are taken/)
  t.like(await keep(host, recordOf(id(3), 100)), { kind: 'guest-kept', was: 'another' })
  t.like(await forget(host, id(5)), { was: 'there' })
  t.like(await keep(host, recordOf(GUEST, 1)), { kind: 'guest-kept', was: 'not there' })
})

test('an LV of that name that is not ours, one that cannot be read, and a VG that is full are refused and never read as empty', async (t) => {
  const host = await hostWithVg()
  await host.ok(`lvcreate -n ${RECORDS_LV} -l 2 data`)
  t.regex(reasonOf(await read(host)), /its tags do not say that it holds records: it is left alone/)
  t.regex(reasonOf(await keep(host, recordOf(GUEST, 1))), /is left alone/)
  t.regex(reasonOf(await forget(host, GUEST)), /is left alone/)
  await host.ok(`lvremove -y ${LV}`)
  await keep(host, recordOf(GUEST, 1))
  host.host.faults.order('dd', { kind: 'fails', stderr: 'dd: error reading: Input/output error' })
  t.regex(reasonOf(await read(host)), /cannot be read: dd ended with exit code 1: dd: error reading: Input\/output error/)
  t.regex(reasonOf(await forget(host, GUEST)), /cannot be read/)
  t.regex(reasonOf(await removeVg(host.world, { kind: 'remove-vg', vg: host.vg })), /the VG data stays: .*cannot be read/)
  host.host.faults.clear()
  t.deepEqual(await records(host), [recordOf(GUEST, 1)])
  const full = await hostWithVg()
  await full.ok('lvcreate -n all -l 100%FREE data')
  t.regex(reasonOf(await keep(full, recordOf(GUEST, 1))), /there is no room for records of guests: the VG data has 0 bytes free/)
})

test('a VG that remembers a guest stays, and one that remembers none goes with its room for records', async (t) => {
  const host = await hostWithVg()
  await keep(host, recordOf(GUEST, 1))
  t.regex(reasonOf(await removeVg(host.world, { kind: 'remove-vg', vg: host.vg })), /the VG data stays: it remembers guests, web1/)
  await forget(host, GUEST)
  t.deepEqual(await removeVg(host.world, { kind: 'remove-vg', vg: host.vg }), { kind: 'vg-removed', was: 'there' })
  t.is(findGroup(host.site.state, host.host.name, 'data'), undefined)
})
