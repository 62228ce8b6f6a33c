// Coming in and going out. Limits on guessing are the Access's own.
import { access as coming } from '../../../contract/access.ts'
import { auditFailure } from '../failed-attempt.ts'
import { type Answer, action, type PageRoute, refusal } from '../route.ts'
import { safePath } from '../safe-path.ts'

export const SIGN_IN_ROUTES: readonly PageRoute[] = [
  {
    method: 'GET',
    kind: 'page',
    role: 'anyone',
    path: '/signin',
    answer: async ({ query }) => ({
      kind: 'page',
      page: 'signin',
      title: 'Sign in',
      view: { next: safePath(query.get('next')), user: '', refused: '' },
    }),
  },
  {
    method: 'POST',
    kind: 'action',
    role: 'anyone',
    path: '/signin',
    answer: async ({ form, peer }, { access }) => {
      const [user, next] = [form.get('user') ?? '', safePath(form.get('next'))]
      const signedIn = await access.signIn(user.slice(0, 64), (form.get('password') ?? '').slice(0, 1024), peer)
      if (signedIn.kind === 'session') await access.auditBounded({ who: signedIn.user, peer, what: 'sign in' })
      else await auditFailure(access, { claimed: user, peer, what: 'sign in' }, signedIn)
      if (signedIn.kind === 'session') return { kind: 'signed-in', secret: signedIn.secret, path: next }
      const view = { next, user: user.slice(0, 64), refused: signedIn.reason }
      return { kind: 'page', status: signedIn.status, page: 'signin', title: 'Sign in', view, ...retry(signedIn) }
    },
  },
  action('viewer', '/signout', async ({ who, session, peer }, { access }) => {
    await access.auditBounded({ who: who.user, peer, what: 'sign out' })
    await access.signOut(session)
    return { kind: 'signed-out' }
  }),
  {
    method: 'GET',
    kind: 'page',
    role: 'anyone',
    path: '/first-admin',
    answer: async ({ query }) => firstAdminPage((query.get('code') ?? '').slice(0, 128), 'admin', ''),
  },
  {
    method: 'POST',
    kind: 'action',
    role: 'anyone',
    path: '/first-admin',
    answer: async ({ form, peer }, { calls, access }) => {
      const [code, name, password] = [form.get('code') ?? '', form.get('user') ?? '', form.get('password') ?? '']
      const made = await calls.call(coming.firstAdmin, { code, name, password }, { peer })
      if (made.kind !== 'done') {
        const { status, reason, ...later } = refusal(made)
        return { ...firstAdminPage(code.slice(0, 128), name.slice(0, 64), reason, status), ...retry(later) }
      }
      const signedIn = await access.signIn(name, password, peer)
      return signedIn.kind === 'session' ? { kind: 'signed-in', secret: signedIn.secret, path: '/' } : refusal(signedIn)
    },
  },
]

function firstAdminPage(code: string, user: string, refused: string, status = 200): Extract<Answer, { readonly kind: 'page' }> {
  return { kind: 'page', status, page: 'first-admin', title: 'First admin', view: { code, user, refused } }
}

function retry({ retryAfter }: { readonly retryAfter?: number }): { readonly retryAfter?: number } {
  return retryAfter === undefined ? {} : { retryAfter }
}
