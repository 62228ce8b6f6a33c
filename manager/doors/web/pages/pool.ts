// Networks, storage and CPU levels.
import { cpu } from '../../../contract/cpu.ts'
import { things } from '../../../contract/things.ts'
import { everyHost } from '../every-host.ts'
import { fragment, notThere, type PageRoute, page, refusal, toldIfThere, toldOf } from '../route.ts'
import type { Render } from '../templates.ts'
import { cpuPoolView, explanationView, thingHostsView, thingsView } from '../views/pool.ts'

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
      const [levels, all] = await Promise.all([ask(cpu.show, {}), everyHost(ask)])
      const explained = from && to ? await ask(cpu.explain, { from, to, type }) : undefined
      const view = {
        ...cpuPoolView(
          toldOf(levels),
          all.map(({ name }) => name),
          { from, to, type },
        ),
        explained: explained?.kind === 'done' ? explanationView(explained.value) : undefined,
        refused: explained && explained.kind !== 'done' ? refusal(explained).reason : '',
      }
      return { kind: 'page', page: 'cpu', title: 'CPU', view }
    }),
  ]
}
