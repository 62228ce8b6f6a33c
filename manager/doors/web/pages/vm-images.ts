// Images that guests' disks are made of: looked at, verified, removed. Files are added by the command line, which the page says.
import { mayOn } from '../../../access/roles.ts'
import { vmImages } from '../../../contract/vm-images.ts'
import { acted, actOn, type PageRoute, page, toldOf, type Visitor } from '../route.ts'
import { imagesView } from '../views/vm-images.ts'

const refOf = ({ form }: Visitor) => ({ ref: form.get('ref') ?? '' })

export const VM_IMAGE_ROUTES: readonly PageRoute[] = [
  page('viewer', '/vm-images', async ({ ask, who }) => {
    const { images } = toldOf(await ask(vmImages.list, {}))
    const view = imagesView(images, mayOn(who, 'operator') ? 'may' : 'may not')
    return { kind: 'page', page: 'vm-images', title: 'Images', view }
  }),
  actOn(vmImages.verify, '/vm-images/verify', {
    fields: refOf,
    done: ({ name, id }) => acted(`${name ?? id} is being verified.`, '/vm-images'),
  }),
  actOn(vmImages.remove, '/vm-images/remove', {
    fields: refOf,
    done: (_none, { form }) => acted(`${form.get('ref') ?? ''} is removed.`, '/vm-images'),
  }),
]
