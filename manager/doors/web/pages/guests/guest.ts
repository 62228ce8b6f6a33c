// A guest's page, its live part, and what may be done to it.
import { mayOn } from '../../../../access/roles.ts'
import { automations, type StartedAutomation } from '../../../../contract/automations.ts'
import { consoles } from '../../../../contract/consoles.ts'
import { hosts } from '../../../../contract/hosts.ts'
import { migrations } from '../../../../contract/migrations.ts'
import { vms } from '../../../../contract/vms.ts'
import { consoleText } from '../../../../protocol/console-text.ts'
import {
  acted,
  actOn,
  fragment,
  notThere,
  type PageDeps,
  type PageRoute,
  page,
  refusal,
  toldIfThere,
  toldOf,
  type Visitor,
} from '../../route.ts'
import type { Render } from '../../templates.ts'
import { VERBS } from '../../views/guests/acts.ts'
import { consoleView, guestView, linesOf } from '../../views/guests/detail.ts'
import { guestMeasures } from '../measures.ts'
import { ACTS } from './acts.ts'

/** Of what was done to it. */
const HISTORY = 50

export function guestRoutes(render: Render): readonly PageRoute[] {
  const look = async ({ ask, params: { ref = '' }, who, csrf }: Visitor, { now }: PageDeps) => {
    const vm = toldIfThere(await ask(vms.show, { ref }))
    if (!vm) return undefined
    const [host, history, { moves }] = await Promise.all([
      vm.host === undefined ? undefined : ask(hosts.show, { ref: vm.host }).then(toldIfThere),
      ask(automations.list, { about: vm.uuid, limit: HISTORY }).then(toldOf),
      ask(migrations.list, { guest: vm.uuid, limit: HISTORY }).then(toldOf),
    ])
    const may = mayOn(who, 'operator', vm) ? 'act' : 'look'
    return { vm, view: { ...guestView(vm, { host, history: history.automations, moves, may, now: now() }), csrf } }
  }
  return [
    page('viewer', '/guests/:ref', async (visitor, deps) => {
      const found = await look(visitor, deps)
      if (!found) return NONE
      const { vm, view } = found
      return { kind: 'page', page: 'guest', title: vm.name, view: { ...view, measures: await guestMeasures(visitor, vm) } }
    }),
    page('viewer', '/guests/:ref/console', async ({ ask, params: { ref = '' } }) => {
      const vm = toldIfThere(await ask(vms.show, { ref }))
      return vm ? { kind: 'page', page: 'guest-console', title: `Console of ${vm.name}`, view: consoleView(vm) } : NONE
    }),
    fragment('viewer', '/guests/:ref/now', async (visitor, deps) => {
      const found = await look(visitor, deps)
      return found ? { kind: 'fragment', html: render('_guest-now', found.view) } : NONE
    }),
    fragment('viewer', '/guests/:ref/console-log', async ({ ask, params: { ref = '' } }) => {
      const answer = await ask(consoles.log, { ref })
      const said =
        answer.kind === 'done'
          ? { lines: linesOf(consoleText(answer.value.text)), wrong: '' }
          : { lines: [], wrong: refusal(answer).reason }
      return { kind: 'fragment', html: render('_console-log', { log: said }) }
    }),
    ...VERBS.map((verb) => {
      const { operation, particulars, said } = ACTS[verb]
      return actOn(operation, `/guests/:ref/${verb}`, {
        fields: ({ params: { ref }, form }) => ({ ref, ...particulars(form) }),
        done: ({ automation: { title } }: StartedAutomation, { params: { ref = '' } }) =>
          acted(`${title}: ${said}.`, verb === 'destroy' ? '/guests' : `/guests/${encodeURIComponent(ref)}`),
      })
    }),
  ]
}

const NONE = notThere('There is no such guest any more.')
