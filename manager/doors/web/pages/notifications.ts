// Who is told of what happens without looking at this page, and whether it arrives.
import { mayOn } from '../../../access/roles.ts'
import { notifications } from '../../../contract/notifications.ts'
import { acted, actOn, field, fragment, type PageRoute, page, toldOf, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { targetsView } from '../views/notifications.ts'

/** The most that a form has: an authority's certificate is in it. */
const MOST_BYTES = 128 << 10

export function notificationRoutes(render: Render): readonly PageRoute[] {
  const listed = async ({ ask, who, csrf }: Visitor) => ({
    ...targetsView(toldOf(await ask(notifications.list, {})).targets, mayOn(who, 'admin') ? 'may' : 'may not'),
    csrf,
  })
  return [
    page('operator', '/notifications', async (visitor) => {
      return { kind: 'page', page: 'notifications', title: 'Notifications', view: await listed(visitor) }
    }),
    fragment('operator', '/notifications/list', async (visitor) => {
      return { kind: 'fragment', html: render('_notifications', await listed(visitor)) }
    }),
    actOn(notifications.set, '/notifications/set', {
      fields: ({ form }) => wishOf(form),
      done: ({ name }) => acted(`${name} is set: send a test message to see whether it arrives.`, '/notifications'),
      mostBytes: MOST_BYTES,
    }),
    actOn(notifications.set, '/notifications/switch', {
      fields: ({ form }) => ({ name: field(form, 'name'), state: form.get('state') ?? '' }),
      done: ({ name, state }) =>
        acted(state === 'off' ? `${name} is told nothing more.` : `${name} is told from now on.`, '/notifications'),
    }),
    actOn(notifications.test, '/notifications/test', {
      fields: ({ form }) => ({ name: field(form, 'name') }),
      done: ({ name, error }) => acted(`${name} took the test message${error === undefined ? '' : `, but ${error}`}.`, '/notifications'),
    }),
    actOn(notifications.remove, '/notifications/remove', {
      fields: ({ form }) => ({ name: field(form, 'name') }),
      done: (_none, { form }) => acted(`${field(form, 'name')} is removed.`, '/notifications'),
    }),
  ]
}

/** What is left empty is left as it is, or has its default. */
function wishOf(form: URLSearchParams): object {
  const kind = form.get('kind') === 'webhook' ? 'webhook' : 'smtp'
  const said = (name: string) => (field(form, name) === '' ? {} : { [name]: field(form, name) })
  const secretly = (name: string) => (form.get(name) ? { [name]: form.get(name) } : {})
  const to = field(form, 'to')
    .split(/[\s,;]+/)
    .filter((address) => address !== '')
  const port = field(form, 'port')
  const topics = form.getAll('topics')
  return {
    ...{ name: field(form, 'name'), kind, ...said('severity'), ...said('authority') },
    ...(topics.length > 0 ? { topics } : {}),
    ...(kind === 'webhook' ? { ...secretly('url'), ...secretly('secret') } : {}),
    ...(kind === 'smtp' ? { ...said('host'), ...said('tls'), ...said('user'), ...said('from'), ...secretly('password') } : {}),
    ...(kind === 'smtp' && port !== '' ? { port: Number(port) } : {}),
    ...(kind === 'smtp' && to.length > 0 ? { to } : {}),
  }
}
