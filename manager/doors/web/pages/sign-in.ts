// Coming in and going out. Limits on guessing are the Access's own.
import { password, userName } from '../../../protocol/accounts.ts'
import { auditFailure } from '../failed-attempt.ts'
import { safePath } from '../guard.ts'
import { type Answer, action, badForm, type PageRoute } from '../route.ts'

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
    answer: async ({ form, peer }, { access }) => {
      const [code, name] = [(form.get('code') ?? '').slice(0, 128), (form.get('user') ?? '').slice(0, 64)]
      const [user, secret] = [userName.safeParse(name), password.safeParse(form.get('password') ?? '')]
      if (!user.success) return firstAdminPage(code, name, `"${name}" ${user.error.issues[0]?.message}`, 400)
      if (!secret.success) return firstAdminPage(code, name, `The password ${secret.error.issues[0]?.message}`, 400)
      const made = await access.redeemFirstAdmin(code, user.data, secret.data, peer)
      if (made.kind === 'refused') {
        await auditFailure(access, { claimed: user.data, peer, what: 'become the first admin' }, made)
        return { ...firstAdminPage(code, name, made.reason, made.status), ...retry(made) }
      }
      await access.audit({ who: user.data, peer, what: 'become the first admin' })
      const signedIn = await access.signIn(user.data, secret.data, peer)
      return signedIn.kind === 'session' ? { kind: 'signed-in', secret: signedIn.secret, path: '/' } : badForm(signedIn.reason)
    },
  },
]

function firstAdminPage(code: string, user: string, refused: string, status = 200): Extract<Answer, { readonly kind: 'page' }> {
  return { kind: 'page', status, page: 'first-admin', title: 'First admin', view: { code, user, refused } }
}

function retry({ retryAfter }: { readonly retryAfter?: number }): { readonly retryAfter?: number } {
  return retryAfter === undefined ? {} : { retryAfter }
}
