import test from 'ava'
import fc from 'fast-check'
import { masked, unmasked } from '../../../manager/doors/csrf-mask.ts'

const TOKEN = 'kP3v0cJm1yQWq7s2J0bq5c6Zr4oV9a1ux8Yt_eD-FGH'

test('a masked token is the token again, whatever the mask, and no two masks show the same', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: TOKEN.length, maxLength: TOKEN.length }),
      fc.uint8Array({ minLength: TOKEN.length, maxLength: TOKEN.length }),
      (one, other) => {
        const [a, b] = [one, other].map((mask) => masked(TOKEN, Buffer.from(mask)))
        t.deepEqual([unmasked(a ?? ''), unmasked(b ?? '')], [TOKEN, TOKEN])
        t.is(a === b, Buffer.from(one).equals(Buffer.from(other)))
      },
    ),
  )
  t.throws(() => masked(TOKEN, Buffer.alloc(3)), { message: /a mask of 3 bytes/ })
})

test('what is shown in the place of one is no token and no error', (t) => {
  for (const shown of ['', 'x', TOKEN, '\u0000', 'ﷺ'.repeat(2000)]) t.not(unmasked(shown), TOKEN)
})
