// What an admin wants on every host: the iSCSI targets that hosts log in to, and the file of properties.
import { mayOn } from '../../../access/roles.ts'
import { connections } from '../../../contract/connections.ts'
import { properties } from '../../../contract/properties.ts'
import { acted, actOn, field, fragment, notThere, type PageRoute, page, toldOf, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { connectionHostsView, connectionsView } from '../views/site.ts'

/** The most that a file of properties has, as a form writes it: three bytes for each that is neither letter nor digit. */
const MOST_PROPERTIES_BYTES = 256 << 10

export function siteRoutes(render: Render): readonly PageRoute[] {
  const listed = async ({ ask, who, csrf }: Visitor) => ({
    ...connectionsView(toldOf(await ask(connections.list, {})).connections, mayOn(who, 'operator') ? 'may' : 'may not'),
    csrf,
  })
  return [
    page('viewer', '/site', async (visitor) => {
      const { text, version } = toldOf(await visitor.ask(properties.show, {}))
      const mayWrite = mayOn(visitor.who, 'admin')
      return { kind: 'page', page: 'site', title: 'Site', view: { ...(await listed(visitor)), text, version, mayWrite } }
    }),
    fragment('viewer', '/site/connections', async (visitor) => {
      return { kind: 'fragment', html: render('_connections', await listed(visitor)) }
    }),
    fragment('viewer', '/site/hosts', async ({ query, ask }) => {
      const connection = toldOf(await ask(connections.list, {})).connections.find(({ id }) => id === query.get('id'))
      return connection
        ? { kind: 'fragment', html: render('_connection-hosts', connectionHostsView(connection)) }
        : notThere('This connection is not there any more.')
    }),
    actOn(connections.add, '/site/connect', {
      fields: ({ form }) => wishOf(form),
      done: ({ target, portal }) => acted(`Hosts log in to ${target ?? 'all targets'} at ${portal}.`, '/site'),
    }),
    actOn(connections.remove, '/site/disconnect', {
      fields: ({ form }) => ({ id: form.get('id') ?? '' }),
      done: () => acted('The hosts are logged out.', '/site'),
    }),
    actOn(properties.set, '/site/properties', {
      // Browsers send line ends as CR LF.
      fields: ({ form }) => ({ text: (form.get('text') ?? '').replaceAll('\r\n', '\n'), replaces: form.get('version') ?? '' }),
      done: () => ({ kind: 'goto', path: '/site' }),
      mostBytes: MOST_PROPERTIES_BYTES,
    }),
  ]
}

function wishOf(form: URLSearchParams): object {
  const [target, user, password] = [field(form, 'target'), field(form, 'chap-user'), form.get('chap-password') ?? '']
  return {
    kind: 'iscsi',
    portal: field(form, 'portal'),
    groups: field(form, 'groups')
      .split(/[\s,]+/)
      .flatMap((name) => name.replace(/^@/, '') || []),
    ...(target === '' ? {} : { target }),
    ...(user === '' && password === '' ? {} : { chap: { user, password } }),
  }
}
