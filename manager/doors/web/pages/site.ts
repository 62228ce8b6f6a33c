// What an admin wants on every host: the iSCSI targets that hosts log in to, and the file of properties.
import { atLeast } from '../../../access/roles.ts'
import type { NewSiteConnection } from '../../../contract/connections.ts'
import { shortened } from '../../api/audit-text.ts'
import { newSiteConnection, newSiteProperties } from '../../api/schema-site.ts'
import { type Answer, action, badForm, fragment, notThere, type PageDeps, type PageRoute, page, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { connectionHostsView, connectionsView, versionOf } from '../views/site.ts'
import { refusalOf } from './host.ts'

/** The most that a file of properties has, as a form writes it: three bytes for each that is neither letter nor digit. */
const MOST_PROPERTIES_BYTES = 256 << 10
const LONGEST_SHOWN = 500

export function siteRoutes(render: Render): readonly PageRoute[] {
  const connections = async (visitor: Visitor, { site }: PageDeps) => ({
    ...connectionsView(await site.connections(), atLeast(visitor.who.role, 'operator') ? 'may' : 'may not'),
    csrf: visitor.csrf,
  })
  return [
    page('viewer', '/site', async (visitor, deps) => {
      const { text } = await deps.site.properties()
      const mayWrite = atLeast(visitor.who.role, 'admin')
      const view = { ...(await connections(visitor, deps)), text, version: versionOf(text), mayWrite }
      return { kind: 'page', page: 'site', title: 'Site', view }
    }),
    fragment('viewer', '/site/connections', async (visitor, deps) => {
      return { kind: 'fragment', html: render('_connections', await connections(visitor, deps)) }
    }),
    fragment('viewer', '/site/hosts', async ({ query }, { site }) => {
      const connection = (await site.connections()).find(({ id }) => id === query.get('id'))
      return connection
        ? { kind: 'fragment', html: render('_connection-hosts', connectionHostsView(connection)) }
        : notThere('This connection is not there any more.')
    }),
    action('operator', '/site/connect', connect),
    action('operator', '/site/disconnect', async ({ form, who, peer }, { site, access }) => {
      const id = (form.get('id') ?? '').slice(0, 64)
      await access.audit({ who: who.user, peer, what: `take away connection ${id}` })
      const done = await site.disconnect(id, who.user)
      return done.kind === 'done' ? { kind: 'acted', said: 'The hosts are logged out.', path: '/site' } : refusalOf(done)
    }),
    action('admin', '/reconcile/properties', setProperties, MOST_PROPERTIES_BYTES),
  ]
}

async function connect({ form, who, peer }: Visitor, { site, access }: PageDeps): Promise<Answer> {
  const wish = wishOf(form)
  if ('refused' in wish) return badForm(wish.refused)
  const { portal, target, groups, chap } = wish
  const by = [chap && `as ${chap.user}`, groups.length > 0 && `on hosts of ${groups.join(' ')}`].filter(Boolean).join(' ')
  const what = `connect to ${target ?? 'all targets'} at ${portal} ${by || 'on all hosts'}`
  await access.audit({ who: who.user, peer, what: shortened(what, LONGEST_SHOWN) })
  const done = await site.connect(wish, who.user)
  return done.kind === 'done'
    ? { kind: 'acted', said: `Hosts log in to ${done.value.target ?? 'all targets'} at ${done.value.portal}.`, path: '/site' }
    : refusalOf(done)
}

function wishOf(form: URLSearchParams): NewSiteConnection | { readonly refused: string } {
  const [target, user, password] = [field(form, 'target'), field(form, 'chap-user'), form.get('chap-password') ?? '']
  if ((user === '') !== (password === '')) return { refused: 'CHAP takes a user and a password, or neither.' }
  const parsed = newSiteConnection.safeParse({
    kind: 'iscsi',
    portal: field(form, 'portal'),
    groups: field(form, 'groups')
      .split(/[\s,]+/)
      .flatMap((name) => name.replace(/^@/, '') || []),
    ...(target === '' ? {} : { target }),
    ...(user === '' ? {} : { chap: { user, password } }),
  })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return { refused: `${issue?.path.join(' ') || 'This form'}: ${issue?.message}` }
}

async function setProperties({ form, who, peer }: Visitor, { site, access }: PageDeps): Promise<Answer> {
  // Browsers send line ends as CR LF.
  const parsed = newSiteProperties.safeParse({ text: (form.get('text') ?? '').replaceAll('\r\n', '\n') })
  if (!parsed.success) return badForm(`The file of properties: ${parsed.error.issues[0]?.message}`)
  const { text } = parsed.data
  if (form.get('version') !== versionOf((await site.properties()).text)) {
    return refusalOf({
      kind: 'refused',
      reason: 'Somebody has changed the file since you loaded it: load the page again, and change that.',
    })
  }
  await access.audit({ who: who.user, peer, what: `set the file of properties ${shortened(JSON.stringify(text), LONGEST_SHOWN)}` })
  const done = await site.setProperties(text, who.user)
  return done.kind === 'done' ? { kind: 'goto', path: '/site' } : refusalOf(done)
}

const field = (form: URLSearchParams, name: string): string => (form.get(name) ?? '').trim()
