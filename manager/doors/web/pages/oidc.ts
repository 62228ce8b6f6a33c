// To the issuer and back. What is decided is manager/access/oidc's; here is where the browser goes.
import { type Answer, notThere, type PageDeps, type PageRoute, refusal } from '../route.ts'
import { safePath } from '../safe-path.ts'
import { signInPage } from './sign-in.ts'

const NONE = notThere('No issuer is configured here (manager.oidc): sign in with a name and a password.')

export const OIDC_ROUTES: readonly PageRoute[] = [
  {
    method: 'GET',
    kind: 'page',
    role: 'anyone',
    path: '/signin/oidc',
    isAttempt: true,
    answer: async ({ query, host, away }, { oidc }) => {
      if (!oidc) return NONE
      const next = safePath(query.get('next'))
      // The issuer sends it back to one address, and there it has the cookies of that one alone. `there`: once, whatever a proxy makes of the name.
      if (oidc.site !== `https://${host}` && query.get('there') === null)
        return { kind: 'goto', path: `${oidc.site}/signin/oidc?next=${encodeURIComponent(next)}&there=1` }
      const begun = await oidc.begin(next, away)
      return begun.kind === 'away' ? begun : refusedPage(begun, next, oidc)
    },
  },
  {
    method: 'GET',
    kind: 'page',
    role: 'anyone',
    path: '/signin/oidc/back',
    isAttempt: true,
    answer: async ({ query, peer, away }, { oidc }) => {
      if (!oidc) return NONE
      const back = await oidc.finish(query, away, peer)
      if (back.kind === 'refused') return refusedPage(back, '/', oidc)
      return { kind: 'signed-in-by-issuer', secret: back.secret, user: back.user, path: safePath(back.next) }
    },
  },
]

/** The page to sign in on, with what was wrong above it. */
function refusedPage(
  { status, reason }: { readonly status: number; readonly reason: string },
  next: string,
  oidc: PageDeps['oidc'],
): Answer {
  return { ...signInPage({ next, user: '', refused: refusal({ kind: 'refused', reason }).reason }, oidc), status }
}
