// Alarms: by what is asked for, and acknowledged one or many at once.
import { atLeast, mayOn } from '../../../access/roles.ts'
import { type Alarm, alarms } from '../../../contract/alarms.ts'
import { everyHost } from '../every-host.ts'
import { acted, actOn, field, fragment, type PageRoute, page, toldIfThere, toldOf, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { alarmQuery, alarmsPath, alarmsView } from '../views/alarms.ts'
import { sayMany } from '../views/words.ts'

export function alarmRoutes(render: Render): readonly PageRoute[] {
  return [
    page('viewer', '/alarms', async (visitor) => ({
      kind: 'page',
      page: 'alarms',
      title: 'Alarms',
      view: { ...(await list(visitor)).view, maySee: atLeast(visitor.who.role, 'operator') },
    })),
    fragment('viewer', '/alarms/list', async (visitor) => {
      const { view, wanted } = await list(visitor)
      const html = `${render('_filter-said', { said: view.said, isRefused: false })}${render('_alarms', { ...view, csrf: visitor.csrf })}`
      return { kind: 'fragment', html, headers: { 'HX-Replace-Url': alarmsPath(wanted) } }
    }),
    actOn(alarms.acknowledge, '/alarms/acknowledge', {
      fields: ({ form }) => ({ keys: form.getAll('alarm'), comment: field(form, 'comment') }),
      done: ({ acknowledged, missing }) => {
        const gone = missing.length === 0 ? '' : ` ${sayMany(missing.length, 'other')} had ended before.`
        return acted(`${sayMany(acknowledged.length, 'alarm')} acknowledged.${gone}`, '/alarms')
      },
      mostBytes: 1 << 20,
    }),
  ]
}

async function list({ ask, who, query }: Visitor) {
  const wanted = alarmQuery(query)
  const [all, chosen] = await Promise.all([ask(alarms.list, {}).then(toldOf), ask(alarms.list, wanted).then(toldIfThere)])
  const kinds = all.alarms.map(({ kind }) => kind)
  const limited = who.groups ? new Map((await everyHost(ask)).map((host) => [host.id, host])) : undefined
  const mayAct = ({ host }: Alarm) => mayOn(who, 'operator', host === undefined ? undefined : limited?.get(host))
  const view = alarmsView(chosen?.alarms ?? [], wanted, kinds, mayAct)
  return { wanted, view: { ...view, said: chosen ? view.said : `there is no host ${wanted.host}`, isRefused: chosen === undefined } }
}
