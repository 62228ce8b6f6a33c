// Coming in and going out. Limits on guessing are the Access's own.
import { access as coming } from '../../../contract/access.ts'
import { auditFailure } from '../failed-attempt.ts'
import { type Answer, action, type PageDeps, type PageRoute, refusal } from '../route.ts'
import { safePath } from '../safe-path.ts'

export const SIGN_IN_ROUTES: readonly PageRoute[] = [
  {
    method: 'GET',
    kind: 'page',
    role: 'anyone',
    path: '/signin',
    answer: async ({ query }, { oidc }) => signInPage({ next: safePath(query.get('next')), user: '', refused: '' }, oidc),
  },
  {
    method: 'POST',
    kind: 'action',
    role: 'anyone',
    path: '/signin',
    answer: async ({ form, peer }, { access, oidc }) => {
      const [user, next] = [form.get('user') ?? '', safePath(form.get('next'))]
      const signedIn = await access.signIn(user.slice(0, 64), (form.get('password') ?? '').slice(0, 1024), peer)
      if (signedIn.kind === 'session') await access.auditBounded({ who: signedIn.user, peer, what: 'sign in' })
      else if (signedIn.kind === 'refused') await auditFailure(access, { claimed: user, peer, what: 'sign in' }, signedIn)
      if (signedIn.kind === 'session') return { kind: 'signed-in', secret: signedIn.secret, path: next }
      if (signedIn.kind === 'code-wanted') return codePage({ next, user: user.slice(0, 64), ticket: signedIn.ticket, refused: '' })
      return {
        ...signInPage({ next, user: user.slice(0, 64), refused: signedIn.reason }, oidc),
        status: signedIn.status,
        ...retry(signedIn),
      }
    },
  },
  {
    method: 'POST',
    kind: 'action',
    role: 'anyone',
    path: '/signin/code',
    answer: async ({ form, peer }, { access }) => {
      const [user, next, ticket] = [
        (form.get('user') ?? '').slice(0, 64),
        safePath(form.get('next')),
        (form.get('ticket') ?? '').slice(0, 64),
      ]
      const signedIn = await access.signInWithCode(ticket, (form.get('code') ?? '').slice(0, 64), peer)
      if (signedIn.kind === 'session') {
        await access.auditBounded({ who: signedIn.user, peer, what: 'sign in, with a second factor' })
        return { kind: 'signed-in', secret: signedIn.secret, path: next }
      }
      if (signedIn.kind === 'code-wanted') return codePage({ next, user, ticket: signedIn.ticket, refused: '' })
      await auditFailure(access, { claimed: user, peer, what: 'sign in, with a second factor' }, signedIn)
      return codePage({ next, user, ticket, refused: signedIn.reason }, signedIn)
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
    isAttempt: true,
    answer: async ({ query }, { access }) => {
      if (!(await access.awaitsFirstAdmin())) return firstAdminPage({ code: '', user: '', refused: '', isOver: true }, 410)
      return firstAdminPage({ code: (query.get('code') ?? '').slice(0, 128), user: 'admin', refused: '', isOver: false })
    },
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
        const isOver = !(await access.awaitsFirstAdmin())
        const view = { code: code.slice(0, 128), user: name.slice(0, 64), refused: reason, isOver }
        return { ...firstAdminPage(view, status), ...retry(later) }
      }
      const signedIn = await access.signIn(name, password, peer)
      if (signedIn.kind === 'session') return { kind: 'signed-in', secret: signedIn.secret, path: '/' }
      return signedIn.kind === 'refused' ? refusal(signedIn) : { kind: 'goto', path: '/signin' }
    },
  },
]

interface SignInView {
  readonly next: string
  readonly user: string
  readonly refused: string
}

/** With the issuer's button, where there is one. */
export function signInPage(view: SignInView, oidc: PageDeps['oidc']): Extract<Answer, { readonly kind: 'page' }> {
  const other = oidc && { name: oidc.name, path: `/signin/oidc?next=${encodeURIComponent(view.next)}` }
  return { kind: 'page', page: 'signin', title: 'Sign in', view: { ...view, oidc: other ?? null } }
}

interface CodeView {
  readonly next: string
  readonly user: string
  readonly ticket: string
  readonly refused: string
}

function codePage(view: CodeView, refused?: { readonly status: number; readonly retryAfter?: number }): Answer {
  const answer = { kind: 'page', page: 'signin-code', title: 'Sign in', view } as const
  return refused ? { ...answer, status: refused.status, ...retry(refused) } : answer
}

interface FirstAdminView {
  readonly code: string
  readonly user: string
  readonly refused: string
  /** There are users: what it is for was done. */
  readonly isOver: boolean
}

function firstAdminPage(view: FirstAdminView, status = 200): Extract<Answer, { readonly kind: 'page' }> {
  return { kind: 'page', status, page: 'first-admin', title: 'First admin', view }
}

function retry({ retryAfter }: { readonly retryAfter?: number }): { readonly retryAfter?: number } {
  return retryAfter === undefined ? {} : { retryAfter }
}
