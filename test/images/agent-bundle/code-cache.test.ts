import test from 'ava'
import fc from 'fast-check'
import { withoutCodeCache } from '../../../images/agent-bundle/code-cache.ts'

const length = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(value)
  return bytes
}
const counted = (bytes: Uint8Array): Buffer => Buffer.concat([length(bytes.length), bytes])

type Module = readonly [name: string, data: Uint8Array]
const encode = (modules: readonly Module[]): Buffer =>
  Buffer.concat([length(modules.length), ...modules.flatMap(([name, data]) => [counted(Buffer.from(name)), counted(data)])])

const modules = fc.array(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9_/.-]{0,60}$/), fc.uint8Array({ maxLength: 300 })), {
  minLength: 1,
  maxLength: 12,
})
/** Of no zeros: no length is in it. */
const heap = fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes))

test('a snapshot loses its code cache and nothing else', (t) => {
  fc.assert(
    fc.property(heap, modules, (before, cached) => {
      t.deepEqual(withoutCodeCache(Buffer.concat([before, encode(cached)])), Buffer.concat([before, length(0)]))
    }),
  )
})

test('a file that ends in anything but a whole code cache is left alone', (t) => {
  const before = Buffer.from('v8')
  const whole = Buffer.concat([before, encode([['internal/url', Buffer.from('bytecode')]])])
  for (let end = 0; end < whole.length; end++) t.is(withoutCodeCache(whole.subarray(0, end)), undefined, `${end} bytes`)
  t.is(withoutCodeCache(Buffer.concat([whole, Buffer.from('x')])), undefined)
  t.is(withoutCodeCache(Buffer.concat([before, encode([['not a name', Buffer.from('bytecode')]])])), undefined)
  t.is(withoutCodeCache(Buffer.concat([before, length(0)])), undefined, 'one that has been dropped already')
})
