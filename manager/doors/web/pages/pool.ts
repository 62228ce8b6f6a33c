// Networks, storage, CPU levels and alarms.

import { atLeast } from '../../../access/roles.ts'
import { action, fragment, notThere, type PageRoute, page, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { alarmsView, cpuPoolView, explanationView, thingHostsView, thingsView } from '../views/pool.ts'
import { refusalOf } from './host.ts'

export function poolRoutes(render: Render): readonly PageRoute[] {
  return [
    page('viewer', '/networks', async ({ query }, { operations }) => {
      const view = thingsView('networks', await operations.things(), [], query.get('key') ?? '')
      return { kind: 'page', page: 'things', title: 'Networks', view }
    }),
    page('viewer', '/storage', async ({ query }, { operations }) => {
      const [things, local] = await Promise.all([operations.things(), operations.localStorage()])
      return { kind: 'page', page: 'things', title: 'Storage', view: thingsView('storage', things, local, query.get('key') ?? '') }
    }),
    fragment('viewer', '/things', async ({ query }, { operations }) => {
      const thing = await operations.thing(query.get('key') ?? '')
      return thing ? { kind: 'fragment', html: render('_thing-hosts', thingHostsView(thing)) } : notThere('No host sees this any more.')
    }),
    page('viewer', '/cpu', async ({ query }, { operations }) => {
      const [from, to] = [(query.get('from') ?? '').trim(), (query.get('to') ?? '').trim()]
      const asked = query.get('type')
      const type = asked === 'pv' || asked === 'hvm' ? asked : 'pvh'
      const [cpu, hosts] = await Promise.all([operations.cpu(), operations.hosts()])
      const explained = from && to ? await operations.explainCpu(from, to, type) : undefined
      const view = {
        ...cpuPoolView(
          cpu,
          hosts.map(({ name }) => name),
          { from, to, type },
        ),
        explained: explained?.kind === 'done' ? explanationView(explained.value) : undefined,
        refused: explained && explained.kind !== 'done' ? explained.reason : '',
      }
      return { kind: 'page', page: 'cpu', title: 'CPU', view }
    }),
    page('viewer', '/alarms', async (visitor, { operations }) => {
      return { kind: 'page', page: 'alarms', title: 'Alarms', view: alarmsView(await operations.alarms(), mayClear(visitor)) }
    }),
    fragment('viewer', '/alarms/list', async (visitor, { operations }) => {
      const view = { ...alarmsView(await operations.alarms(), mayClear(visitor)), csrf: visitor.csrf }
      return { kind: 'fragment', html: render('_alarms', view) }
    }),
    action('operator', '/alarms/clear', async ({ form, who, peer }, { operations, access }) => {
      const key = (form.get('key') ?? '').slice(0, 1024)
      await access.audit({ who: who.user, peer, what: `clear alarm ${key}` })
      const done = await operations.clearAlarm(key, who.user)
      return done.kind === 'done' ? { kind: 'acted', said: 'The alarm is cleared.', path: '/alarms' } : refusalOf(done)
    }),
  ]
}

const mayClear = ({ who }: Visitor) => (atLeast(who.role, 'operator') ? 'may' : 'may not')
