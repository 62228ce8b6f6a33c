// New guest: one form, and where the guest that it describes could start, asked again as it is filled in.
import { mayOn } from '../../../../access/roles.ts'
import { networks } from '../../../../contract/networks.ts'
import { storage } from '../../../../contract/storage.ts'
import { vmImages } from '../../../../contract/vm-images.ts'
import { type VmPlaces, vms } from '../../../../contract/vms.ts'
import { everyHost } from '../../every-host.ts'
import { action, badForm, type PageRoute, page, refusal, toldOf, type Visitor } from '../../route.ts'
import type { Render } from '../../templates.ts'
import { createCommand, hostsMeant, newGuestView, specOf, whereView } from '../../views/guests/new.ts'

/** Of a guest that has no name yet. */
const UNNAMED = 'new-guest'

export function newGuestRoutes(render: Render): readonly PageRoute[] {
  return [
    page('operator', '/guests/new', async ({ ask, who }) => {
      const [images, nets, vgs, all] = await Promise.all([
        ask(vmImages.list, {}).then(toldOf),
        ask(networks.list, {}).then(toldOf),
        ask(storage.vgs, {}).then(toldOf),
        everyHost(ask),
      ])
      const names = all.flatMap((host) => (host.state === 'up' && mayOn(who, 'operator', host) ? [host.name] : []))
      const view = newGuestView({ images: images.images, networks: nets.networks, vgs: vgs.hosts, hosts: names })
      return { kind: 'page', page: 'guest-new', title: 'New guest', view }
    }),
    action('operator', '/guests/where', async (visitor) => {
      const places = await placesOf(visitor)
      return { kind: 'fragment', html: render('_where', { where: whereView(places, createCommand(visitor.form)) }) }
    }),
    action('operator', '/guests', async (visitor) => {
      const on = await meant(visitor)
      if ('wrong' in on) return badForm(on.wrong)
      const { form, ask } = visitor
      const answer = await ask(vms.create, { spec: specOf(form), ...on, power: form.get('power') ?? undefined })
      return answer.kind === 'done' ? { kind: 'goto', path: `/automations/${answer.value.automation.id}` } : refusal(answer)
    }),
  ]
}

async function meant({ ask, form }: Visitor) {
  return hostsMeant(form, await everyHost(ask))
}

async function needsVg({ ask }: Visitor, disk: number): Promise<string> {
  const { hosts: all } = toldOf(await ask(storage.vgs, {}))
  const has = all.some(({ vgs }) => vgs.length > 0)
  return `Disk ${disk} needs a VG to lie in.${has ? '' : ' No host has one yet: hostless storage vg create data --on HOST --disks empty makes one of its empty disks.'}`
}

async function placesOf(visitor: Visitor): Promise<VmPlaces | { readonly wrong: string }> {
  const on = await meant(visitor)
  if ('wrong' in on) return on
  const spec = specOf(visitor.form)
  const homeless = spec.disks.findIndex(({ pool }) => pool === '')
  if (homeless >= 0) return { wrong: await needsVg(visitor, homeless + 1) }
  const answer = await visitor.ask(vms.where, { spec: { ...spec, name: spec.name || UNNAMED }, ...on })
  return answer.kind === 'done' ? answer.value : { wrong: refusal(answer).reason }
}
