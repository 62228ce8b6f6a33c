// Empty a host: where each of its guests would go first, made again as its choices change, and one button that begins it.
import { evacuations } from '../../../contract/evacuations.ts'
import { type Host, hosts } from '../../../contract/hosts.ts'
import { everyHost } from '../every-host.ts'
import { actOn, fragment, notThere, type PageRoute, page, refusal, toldIfThere, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { askedOf, choicesOf, type MoveChoices, wrongIn } from '../views/moves/choices.ts'
import { evacuateView, evacuationView, type Others, othersOf, type ShownEvacuation } from '../views/moves/evacuation.ts'

export function evacuateRoutes(render: Render): readonly PageRoute[] {
  return [
    page('operator', '/hosts/:ref/evacuate', async (visitor) => {
      const found = await seen(visitor)
      if (!found) return noHost
      const { host, all, choices, others, plan } = found
      const view = evacuateView(host, all, choices, others, plan)
      return { kind: 'page', page: 'host-evacuate', title: `Evacuate ${host.name}`, view: { ...view, csrf: visitor.csrf } }
    }),
    fragment('operator', '/hosts/:ref/evacuate/plan', async (visitor) => {
      const found = await seen(visitor)
      if (!found) return noHost
      const { host, all, choices, others, plan } = found
      const view = { plan: evacuationView(host, all, choices, others, plan), csrf: visitor.csrf }
      return { kind: 'fragment', html: render('_evacuation-plan', view) }
    }),
    actOn(evacuations.start, '/hosts/:ref/evacuate', {
      fields: ({ params: { ref }, form }) => ({ ref, ...askedOf(choicesOf(form)), others: othersOf(form) }),
      done: ({ automation: { id } }) => ({ kind: 'goto', path: `/automations/${id}` }),
    }),
  ]
}

async function seen({ ask, params: { ref = '' }, query }: Visitor) {
  const host = toldIfThere<Host>(await ask(hosts.show, { ref }))
  if (!host) return undefined
  const [choices, others] = [choicesOf(query), othersOf(query)]
  const [all, plan] = await Promise.all([everyHost(ask), planOf(ask, host.id, choices, others)])
  return { host, all, choices, others, plan }
}

async function planOf(ask: Visitor['ask'], ref: string, choices: MoveChoices, others: Others): Promise<ShownEvacuation> {
  const wrong = wrongIn(choices)
  if (wrong !== undefined) return { wrong }
  const answer = await ask(evacuations.plan, { ref, ...askedOf(choices), others })
  return answer.kind === 'done' ? answer.value : { wrong: refusal(answer).reason }
}

const noHost = notThere('There is no such host any more.')
