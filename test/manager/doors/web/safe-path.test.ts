import test from 'ava'
import fc from 'fast-check'
import { safePath } from '../../../../manager/doors/web/safe-path.ts'

test('safePath never leaves this manager', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `/${text}`),
        fc.string().map((text) => `//${text}`),
      ),
      (text) => {
        const { origin } = new URL(safePath(text), 'https://manager:8443')
        return origin === 'https://manager:8443'
      },
    ),
  )
  t.is(safePath('/hosts/node01?x=1'), '/hosts/node01?x=1')
  t.is(safePath(null), '/')
})
