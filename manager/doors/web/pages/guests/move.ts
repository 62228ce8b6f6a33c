// Move a guest: its plan first, made again as its choices change, and one button that begins what the plan shows.
import { mayOn } from '../../../../access/roles.ts'
import { type MigrationPlan, migrations } from '../../../../contract/migrations.ts'
import { type VmDetail, vms } from '../../../../contract/vms.ts'
import { everyHost } from '../../every-host.ts'
import { type Answer, actOn, fragment, notThere, type PageRoute, page, refusal, toldIfThere, type Visitor } from '../../route.ts'
import type { Render } from '../../templates.ts'
import { askedOf, choicesOf, wrongIn } from '../../views/moves/choices.ts'
import { moveView, planView } from '../../views/moves/guest.ts'

export function moveGuestRoutes(render: Render): readonly PageRoute[] {
  return [
    page('operator', '/guests/:ref/move', async (visitor) => {
      const vm = await guestOf(visitor)
      if ('kind' in vm) return vm
      const all = (await everyHost(visitor.ask)).filter((host) => mayOn(visitor.who, 'operator', host))
      const view = moveView(vm, all, choicesOf(visitor.query), await planOf(visitor))
      return { kind: 'page', page: 'guest-move', title: `Move ${vm.name}`, view: { ...view, csrf: visitor.csrf } }
    }),
    fragment('operator', '/guests/:ref/move/plan', async (visitor) => {
      const vm = await guestOf(visitor)
      if ('kind' in vm) return vm
      const plan = planView(vm, choicesOf(visitor.query), await planOf(visitor))
      return { kind: 'fragment', html: render('_move-plan', { plan, csrf: visitor.csrf }) }
    }),
    actOn(migrations.start, '/guests/:ref/move', {
      fields: ({ params: { ref }, form }) => ({ ref, ...askedOf(choicesOf(form)) }),
      done: ({ automation: { id } }) => ({ kind: 'goto', path: `/automations/${id}` }),
    }),
  ]
}

async function guestOf({ ask, params: { ref = '' } }: Visitor): Promise<VmDetail | Answer> {
  const vm = toldIfThere(await ask(vms.show, { ref }))
  if (!vm) return notThere('There is no such guest any more.')
  return vm.state === 'unmanaged' ? notThere(`Hostless did not make ${vm.name}, and leaves it alone.`) : vm
}

/** What is half typed is no failure: the plan says what is wrong with it. */
async function planOf({ ask, params: { ref = '' }, query }: Visitor): Promise<MigrationPlan | { readonly wrong: string }> {
  const choices = choicesOf(query)
  const wrong = wrongIn(choices)
  if (wrong !== undefined) return { wrong }
  const answer = await ask(migrations.plan, { ref, ...askedOf(choices), others: 'told' })
  return answer.kind === 'done' ? answer.value : { wrong: refusal(answer).reason }
}
