// Boots of all machines, also of those that never enrol, with the images that they boot; and the checklist until the first host.
import { boots } from '../../../contract/boots.ts'
import { checklist } from '../../../contract/checklist.ts'
import { fragment, type PageRoute, page, toldOf, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { bootsView, checklistView } from '../views/boots.ts'

const MOST_BOOTS = 50

export function bootRoutes(render: Render): readonly PageRoute[] {
  const listed = async ({ ask }: Visitor) => {
    const [newest, images, appliances] = await Promise.all([
      ask(boots.newest, { limit: MOST_BOOTS }),
      ask(boots.images, {}),
      ask(boots.appliances, {}),
    ])
    return bootsView(toldOf(newest).boots, toldOf(images).images, toldOf(appliances).appliances)
  }
  return [
    page('viewer', '/boots', async (visitor) => {
      return { kind: 'page', page: 'boots', title: 'Boots', view: { ...(await listed(visitor)), checklist: await checklistNow(visitor) } }
    }),
    fragment('viewer', '/boots/list', async (visitor) => ({ kind: 'fragment', html: render('_boots', await listed(visitor)) })),
    page('viewer', '/checklist', async (visitor) => {
      return {
        kind: 'page',
        page: 'checklist',
        title: 'From a bare machine to the first host',
        view: { checklist: await checklistNow(visitor) },
      }
    }),
    fragment('viewer', '/checklist/list', async (visitor) => ({
      kind: 'fragment',
      html: render('_checklist', await checklistNow(visitor)),
    })),
  ]
}

export async function checklistNow({ ask }: Pick<Visitor, 'ask'>) {
  return checklistView(toldOf(await ask(checklist.show, {})))
}
