import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { keepSealer, sealer } from '../../../../manager/store/keys/sealing.ts'
import { dataDirFor } from '../../site.ts'

test('a secret opens with the key that sealed it, for what it was sealed for, and not when a bit of it is another', async (t) => {
  const one = sealer(randomBytes(32))
  const sealed = one.seal('a', 'secret')
  t.is(one.open('a', sealed), 'secret')
  t.not(one.seal('a', 'secret'), sealed)
  t.throws(() => one.open('b', sealed))
  t.throws(() => sealer(randomBytes(32)).open('a', sealed))
  const bytes = Buffer.from(sealed, 'base64')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.throws(() => one.open('a', changed.toString('base64')), undefined, `byte ${at}`)
    t.throws(() => one.open('a', bytes.subarray(0, at).toString('base64')), undefined, `cut at ${at}`)
  }
})

test('the key stays the same, and only its owner can read it', async (t) => {
  const folder = await dataDirFor(t)
  const sealed = (await keepSealer(folder)).seal('a', 'secret')
  t.is((await keepSealer(folder)).open('a', sealed), 'secret')
  t.is((await stat(join(folder, 'keys/sealing.key'))).mode & 0o777, 0o600)
})
