// All guests: the page, its list alone, and what is done to several of them at once.
import { mayOn } from '../../../../access/roles.ts'
import { type Vm, vms } from '../../../../contract/vms.ts'
import { sayLimit } from '../../../../protocol/group-limit.ts'
import { sayNames } from '../../../../wording.ts'
import { everyHost } from '../../every-host.ts'
import { type Answer, action, badForm, fragment, type PageRoute, page, type Refusal, refusal, toldOf, type Visitor } from '../../route.ts'
import type { Render } from '../../templates.ts'
import { BULK_VERBS, type BulkVerb } from '../../views/guests/acts.ts'
import { type Begun, begunView, chosenView, guestPath, guestsView } from '../../views/guests/list.ts'
import { chooseGuests, guestQuery, guestsPath } from '../../views/guests/query.ts'
import { ACTS } from './acts.ts'

export function guestListRoutes(render: Render): readonly PageRoute[] {
  const list = async ({ ask, query, who }: Visitor) => {
    const [all, pool] = await Promise.all([ask(vms.list, {}).then(toldOf), everyHost(ask)])
    const wanted = guestQuery(query)
    const view = guestsView(all.vms, chooseGuests(all.vms, pool, wanted), wanted, who)
    return { view, wanted }
  }
  return [
    page('viewer', '/guests', async (visitor) => ({
      ...{ kind: 'page', page: 'guests', title: 'Guests', view: (await list(visitor)).view },
    })),
    fragment('viewer', '/guests/list', async (visitor) => {
      const { view, wanted } = await list(visitor)
      const said = render('_filter-said', view)
      if (view.isRefused) return { kind: 'fragment', html: said, headers: { 'HX-Reswap': 'none' } }
      return { kind: 'fragment', html: `${said}${render('_guest-list', view)}`, headers: { 'HX-Replace-Url': guestsPath(wanted) } }
    }),
    action('operator', '/guests/choose', async (visitor) => {
      const verb = BULK_VERBS.find((one) => one === visitor.form.get('verb'))
      if (verb === undefined) return badForm(`Say what is to be done: ${BULK_VERBS.join(', ')}.`)
      const chosen = await chosenOf(visitor)
      if (chosen.kind === 'refused') return chosen
      return { kind: 'told', page: 'guests-chosen', title: 'Guests', view: chosenView(verb, chosen.guests) }
    }),
    ...BULK_VERBS.map((verb) => action('operator', `/guests/${verb}`, (visitor) => doToEach(verb, visitor))),
  ]
}

async function chosenOf({ ask, form }: Visitor): Promise<{ readonly kind: 'chosen'; readonly guests: readonly Vm[] } | Refusal> {
  const wanted = new Set(form.getAll('guest'))
  if (wanted.size === 0) return badForm('Choose guests first: the boxes at the beginning of their rows.')
  const guests = toldOf(await ask(vms.list, {})).vms.filter(({ uuid }) => wanted.has(uuid))
  return guests.length > 0 ? { kind: 'chosen', guests } : badForm('None of these guests is there any more.')
}

/** Of several all have to be within, or nothing is done. */
function outside(names: readonly string[], { groups }: Visitor['who']): Answer {
  const said = `${sayNames(names)}: you may act on ${sayLimit(groups)} alone. Nothing was done.`
  return { kind: 'refused', status: 403, reason: said }
}

/** One after the other, each with its own answer: what is refused to one does not hold up the others. */
async function doToEach(verb: BulkVerb, visitor: Visitor): Promise<Answer> {
  const chosen = await chosenOf(visitor)
  if (chosen.kind === 'refused') return chosen
  const { who } = visitor
  const others = chosen.guests.filter((guest) => !mayOn(who, 'operator', guest)).map(({ name }) => name)
  if (others.length > 0) return outside(others, who)
  const { operation, particulars } = ACTS[verb]
  const begun: Begun[] = []
  for (const guest of chosen.guests) {
    const answer = await visitor.ask(operation, { ref: guest.uuid, ...particulars(visitor.form) })
    const outcome: Begun['outcome'] =
      answer.kind === 'done' ? { kind: 'begun', automation: answer.value.automation } : { kind: 'refused', reason: refusal(answer).reason }
    begun.push({ name: guest.name, path: guestPath(guest), outcome })
  }
  return { kind: 'told', page: 'guests-begun', title: 'Guests', view: begunView(verb, begun) }
}
