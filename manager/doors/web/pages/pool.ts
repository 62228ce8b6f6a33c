// Networks, storage, CPU levels and alarms.
import { atLeast } from '../../../access/roles.ts'
import { alarms } from '../../../contract/alarms.ts'
import { cpu } from '../../../contract/cpu.ts'
import { hosts } from '../../../contract/hosts.ts'
import { things } from '../../../contract/things.ts'
import { acted, actOn, fragment, notThere, type PageRoute, page, refusal, toldIfThere, toldOf, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { alarmsView, cpuPoolView, explanationView, thingHostsView, thingsView } from '../views/pool.ts'

export function poolRoutes(render: Render): readonly PageRoute[] {
  return [
    page('viewer', '/networks', async ({ query, ask }) => {
      const view = thingsView('networks', toldOf(await ask(things.list, {})).things, [], query.get('key') ?? '')
      return { kind: 'page', page: 'things', title: 'Networks', view }
    }),
    page('viewer', '/storage', async ({ query, ask }) => {
      const [all, local] = await Promise.all([ask(things.list, {}), ask(things.local, {})])
      const view = thingsView('storage', toldOf(all).things, toldOf(local).hosts, query.get('key') ?? '')
      return { kind: 'page', page: 'things', title: 'Storage', view }
    }),
    fragment('viewer', '/things', async ({ query, ask }) => {
      const thing = toldIfThere(await ask(things.show, { key: query.get('key') ?? '' }))
      return thing ? { kind: 'fragment', html: render('_thing-hosts', thingHostsView(thing)) } : notThere('No host sees this any more.')
    }),
    page('viewer', '/cpu', async ({ query, ask }) => {
      const [from, to] = [(query.get('from') ?? '').trim(), (query.get('to') ?? '').trim()]
      const asked = query.get('type')
      const type = asked === 'pv' || asked === 'hvm' ? asked : 'pvh'
      const [levels, all] = await Promise.all([ask(cpu.show, {}), ask(hosts.list, {})])
      const explained = from && to ? await ask(cpu.explain, { from, to, type }) : undefined
      const view = {
        ...cpuPoolView(
          toldOf(levels),
          toldOf(all).hosts.map(({ name }) => name),
          { from, to, type },
        ),
        explained: explained?.kind === 'done' ? explanationView(explained.value) : undefined,
        refused: explained && explained.kind !== 'done' ? refusal(explained).reason : '',
      }
      return { kind: 'page', page: 'cpu', title: 'CPU', view }
    }),
    page('viewer', '/alarms', async (visitor) => ({
      kind: 'page',
      page: 'alarms',
      title: 'Alarms',
      view: { ...(await openAlarms(visitor)), maySee: atLeast(visitor.who.role, 'operator') },
    })),
    fragment('viewer', '/alarms/list', async (visitor) => {
      return { kind: 'fragment', html: render('_alarms', { ...(await openAlarms(visitor)), csrf: visitor.csrf }) }
    }),
    actOn(alarms.clear, '/alarms/clear', {
      fields: ({ form }) => ({ key: form.get('key') ?? '' }),
      done: () => acted('The alarm is cleared.', '/alarms'),
    }),
  ]
}

async function openAlarms({ ask, who }: Visitor) {
  return alarmsView(toldOf(await ask(alarms.list, {})).alarms, atLeast(who.role, 'operator') ? 'may' : 'may not')
}
