// One automation with its steps as they go on; all of them are among the tasks.
import { automations, type StartedAutomation } from '../../../contract/automations.ts'
import { readRate } from '../../../protocol/size.ts'
import { sayRate } from '../../../wording.ts'
import { acted, actOn, field, fragment, notThere, type PageRoute, page, toldIfThere, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { automationView } from '../views/automations.ts'

export function automationRoutes(render: Render): readonly PageRoute[] {
  const one = async ({ ask, may, params: { id = '' }, csrf }: Visitor, now: number) => {
    const view = toldIfThere(await ask(automations.show, { id }))
    return view && { view, shown: { ...automationView(view, { now, may: (await may(automations.abort, { id })) ? 'act' : 'look' }), csrf } }
  }
  const ofPath = ({ params: { id } }: Visitor): object => ({ id })
  const done =
    (said: string) =>
    ({ automation: { id, title } }: StartedAutomation) =>
      acted(`${title}: ${said}.`, `/automations/${id}`)
  return [
    page('viewer', '/automations', async () => ({ kind: 'goto', path: '/tasks?kind=automation' })),
    page('viewer', '/automations/:id', async (visitor, { now }) => {
      const found = await one(visitor, now())
      return found ? { kind: 'page', page: 'automation', title: found.view.title, view: found.shown } : NONE
    }),
    fragment('viewer', '/automations/:id/now', async (visitor, { now }) => {
      const found = await one(visitor, now())
      return found ? { kind: 'fragment', html: render('_automation-now', found.shown) } : NONE
    }),
    actOn(automations.abort, '/automations/:id/abort', { fields: ofPath, done: done('it ends, and what it has done is taken back') }),
    actOn(automations.resume, '/automations/:id/resume', { fields: ofPath, done: done('it goes on') }),
    actOn(automations.pace, '/automations/:id/rate', {
      fields: ({ params: { id }, form }) => ({ id, rateBytes: rateOf(form) }),
      done: (answer, { form }) => {
        const rate = rateOf(form)
        return done(`from now on at most ${sayRate(typeof rate === 'number' ? rate : undefined)}`)(answer)
      },
    }),
    actOn(automations.retryUndo, '/automations/:id/retry-undo', {
      fields: ({ params: { id }, form }) => ({ id, how: form.get('how') ?? undefined }),
      done: (answer, { form }) => done(form.get('how') === 'by-hand' ? 'its undo counts as done' : 'its undo is tried again')(answer),
    }),
  ]
}

/** What is no rate goes on as it is, to be refused by its name. */
function rateOf(form: URLSearchParams): number | string | null {
  const typed = field(form, 'rate').trim()
  return typed === '' || typed === 'unlimited' ? null : (readRate(typed) ?? typed)
}

const NONE = notThere('There is no such automation any more.')
