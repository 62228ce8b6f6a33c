// Bring guests home to a host that was emptied: in which order first, made again as its choices change, and one button that begins it.
import { evacuations } from '../../../contract/evacuations.ts'
import { type Host, hosts } from '../../../contract/hosts.ts'
import { actOn, fragment, notThere, type PageRoute, page, refusal, toldIfThere, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { askedOf, choicesOf, type MoveChoices, wrongIn } from '../views/moves/choices.ts'
import { type Others, othersOf } from '../views/moves/evacuation.ts'
import { bringHomeView, homecomingView, type ShownHomecoming } from '../views/moves/homecoming.ts'

export function bringHomeRoutes(render: Render): readonly PageRoute[] {
  return [
    page('operator', '/hosts/:ref/bring-home', async (visitor) => {
      const found = await seen(visitor)
      if (!found) return noHost
      const { host, choices, others, plan } = found
      const view = { ...bringHomeView(host, choices, others, plan), csrf: visitor.csrf }
      return { kind: 'page', page: 'host-bring-home', title: `Bring home to ${host.name}`, view }
    }),
    fragment('operator', '/hosts/:ref/bring-home/plan', async (visitor) => {
      const found = await seen(visitor)
      if (!found) return noHost
      const { host, choices, others, plan } = found
      return {
        kind: 'fragment',
        html: render('_homecoming-plan', { plan: homecomingView(host, choices, others, plan), csrf: visitor.csrf }),
      }
    }),
    actOn(evacuations.bringHome, '/hosts/:ref/bring-home', {
      fields: ({ params: { ref }, form }) => ({ refs: [ref], ...askedOf({ ...choicesOf(form), host: '' }), others: othersOf(form) }),
      done: ({ automation: { id } }) => ({ kind: 'goto', path: `/automations/${id}` }),
    }),
  ]
}

async function seen({ ask, params: { ref = '' }, query }: Visitor) {
  const host = toldIfThere<Host>(await ask(hosts.show, { ref }))
  if (!host) return undefined
  const [choices, others] = [{ ...choicesOf(query), host: '' }, othersOf(query)]
  return { host, choices, others, plan: await planOf(ask, host.id, choices, others) }
}

async function planOf(ask: Visitor['ask'], ref: string, choices: MoveChoices, others: Others): Promise<ShownHomecoming> {
  const wrong = wrongIn(choices)
  if (wrong !== undefined) return { wrong }
  const answer = await ask(evacuations.homePlan, { refs: [ref], ...askedOf(choices), others })
  return answer.kind === 'done' ? answer.value : { wrong: refusal(answer).reason }
}

const noHost = notThere('There is no such host any more.')
