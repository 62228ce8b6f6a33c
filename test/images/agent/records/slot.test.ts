// A copy of a record in its slot: whatever is cut, flipped or torn of it is told, and never another record.
import test from 'ava'
import fc from 'fast-check'
import { placesOf, planForget, planKeep, recordsIn } from '../../../../images/agent/records/area.ts'
import { type Copy, decodeSlot, encodeSlot, SLOT_BYTES, type Slot } from '../../../../images/agent/records/slot.ts'
import { asciiJson, guestRecord } from '../../../../manager/protocol/guest-record.ts'
import { uuid } from '../../../../manager/protocol/values.ts'

const ascii = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 400,
})
const copies = fc.record({ seq: fc.integer({ min: 1, max: 2 ** 40 }), json: ascii })

/** As dd's output is read: as UTF-8. */
const asRead = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
const isRight = (slot: Slot, { seq, json }: Copy): boolean =>
  slot.kind !== 'copy' ? slot.kind === 'damaged' : slot.seq === seq && slot.json === json

test('a copy is read as it was written', (t) => {
  fc.assert(fc.property(copies, (copy) => t.deepEqual(decodeSlot(encodeSlot(copy)), { kind: 'copy', ...copy })))
  t.deepEqual(decodeSlot('\0'.repeat(SLOT_BYTES)), { kind: 'empty' })
  t.is(encodeSlot({ seq: 1, json: '{}' }).length, SLOT_BYTES)
  t.throws(() => encodeSlot({ seq: 1, json: 'x'.repeat(SLOT_BYTES) }), { message: /does not fit/ })
  t.throws(() => encodeSlot({ seq: 1, json: 'é' }), { message: /does not fit/ })
})

test('a copy that is cut at any byte is the same or damaged, also where zeros come after the cut', (t) => {
  const copy = { seq: 12, json: '{"guest":"web1","notes":"a b c"}' }
  const whole = encodeSlot(copy)
  const end = whole.indexOf('\0')
  for (let at = 0; at <= end; at += 1) {
    const cut = decodeSlot(whole.slice(0, at))
    t.is(cut.kind, at < end ? 'damaged' : 'copy', `cut at ${at}`)
    const torn = decodeSlot(whole.slice(0, at).padEnd(SLOT_BYTES, '\0'))
    t.is(torn.kind, at === 0 ? 'empty' : at < end ? 'damaged' : 'copy', `torn at ${at}`)
  }
})

test('a copy with any bit flipped is the same or damaged', (t) => {
  const copy = { seq: 7, json: '{"guest":"6d1d4c6c","name":"web1"}' }
  const bytes = Buffer.from(encodeSlot(copy), 'latin1')
  const end = bytes.indexOf(0)
  for (let bit = 0; bit < (end + 2) * 8; bit += 1) {
    const flipped = Buffer.from(bytes)
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    t.true(isRight(decodeSlot(asRead(flipped)), copy), `bit ${bit}`)
    if (bit < end * 8) t.is(decodeSlot(asRead(flipped)).kind, 'damaged', `bit ${bit}`)
  }
})

test('a copy that is torn over another one, at any sector, is one of both or damaged', (t) => {
  fc.assert(
    fc.property(copies, copies, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (before, after, sectors) => {
      const [old, fresh] = [encodeSlot(before), encodeSlot(after)]
      const torn = sectors
        .map((isNew, at) => (isNew ? fresh : old).slice(at * 512, (at + 1) * 512))
        .join('')
        .padEnd(SLOT_BYTES, '\0')
      const slot = decodeSlot(torn)
      t.true(isRight(slot, before) || isRight(slot, after))
    }),
  )
})

test('whatever bytes lie there are never taken for a record or for nothing', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (bytes) => {
      if (bytes.every((byte) => byte === 0)) return
      t.is(decodeSlot(asRead(bytes).padEnd(SLOT_BYTES, '\0')).kind, 'damaged')
    }),
  )
})

const ids = ['a', 'b', 'c', 'd'].map((letter) => uuid.parse(`0000000${letter}-0000-4000-8000-000000000000`))
const jsonOf = (guest: string, written: number): string =>
  asciiJson(
    guestRecord.parse({
      ...{ guest, name: 'web1', spec: '{}', host: 'node01', networks: [], disks: [], created: 1, createdBy: 'ada', epoch: 1, written },
    }),
  )
type Ordered = { readonly guest: number; readonly kind: 'keep' | 'forget'; readonly torn: 0 | 1 | 2 | 3 }
const orders = fc.record({
  guest: fc.nat(ids.length - 1),
  kind: fc.constantFrom('keep' as const, 'keep' as const, 'forget' as const),
  // 3: it came to its end.
  torn: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const, 3 as const, 3 as const),
})

test('whenever a write is cut, each guest has its record of before or the new one, and no other', (t) => {
  fc.assert(
    fc.property(fc.array(orders, { maxLength: 40 }), (all: readonly Ordered[]) => {
      let slots: Slot[] = Array.from({ length: 12 }, () => ({ kind: 'empty' }))
      const known = new Map<string, ReadonlySet<number | undefined>>(ids.map((id) => [id, new Set([undefined])]))
      for (const [at, { guest, kind, torn }] of all.entries()) {
        const id = ids[guest] ?? t.fail()
        if (typeof id !== 'string') return
        const damaged: Slot = { kind: 'damaged', why: 'torn' }
        const writes: (readonly [number, Slot])[] = []
        if (kind === 'keep') {
          const plan = planKeep(placesOf(slots), id, jsonOf(id, at))
          if (plan.kind !== 'write') return void t.fail(`${plan.kind} with six places for four guests`)
          for (const slot of plan.slots) writes.push([slot, { kind: 'copy', seq: plan.seq, json: jsonOf(id, at) }])
          for (const place of plan.others) for (const slot of [place * 2, place * 2 + 1]) writes.push([slot, { kind: 'empty' }])
        } else
          for (const place of planForget(placesOf(slots), id))
            for (const slot of [place * 2, place * 2 + 1]) writes.push([slot, { kind: 'empty' }])
        // 0: nothing was written; 1: the first is torn; 2: it is whole, and the next is torn.
        const done = torn === 3 ? writes : writes.slice(0, torn)
        slots = slots.map((slot, index) => {
          const write = done.findLast(([where]) => where === index)
          if (!write) return slot
          return torn !== 3 && write === done.at(-1) ? damaged : write[1]
        })
        const wanted = kind === 'keep' ? at : undefined
        const isWhole = torn === 3 || writes.length === 0
        known.set(id, isWhole ? new Set([wanted]) : new Set([...(known.get(id) ?? []), wanted]))
        const read = new Map(recordsIn(placesOf(slots)).map(({ guest: of, written }) => [of as string, written]))
        for (const [one, may] of known) t.true(may.has(read.get(one)), `${one} after ${at}: ${read.get(one)} of ${[...may].join()}`)
      }
    }),
  )
})
