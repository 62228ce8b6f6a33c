// A host's page, its live parts, and what may be done to the host.
import { mayOn } from '../../../access/roles.ts'
import { boots } from '../../../contract/boots.ts'
import { CONTRACT } from '../../../contract/contract.ts'
import { HOST_ACTIONS, type HostAction, hosts } from '../../../contract/hosts.ts'
import { eachField, HOST_FIELD_NAMES, HOST_FIELDS } from '../../../protocol/host-fields.ts'
import { sayOnce } from '../../../protocol/once.ts'
import { everyHost } from '../every-host.ts'
import { acted, actOn, field, fieldIfThere, fragment, notThere, type PageRoute, page, toldIfThere, toldOf, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { hardwareView } from '../views/hardware.ts'
import { bootSettingsView, hostNowView, reachView, recordsView } from '../views/host.ts'
import { hostPath } from '../views/words.ts'
import { hostMeasures } from './measures.ts'

const HISTORY = 100

const DONE: Readonly<Record<HostAction, string>> = {
  approve: 'approved',
  reject: 'rejected',
  cordon: 'cordoned',
  uncordon: 'cordoned no more',
  maintain: 'in maintenance',
  resume: 'back in service',
  fence: 'fenced',
  release: 'released',
}

export function hostRoutes(render: Render): readonly PageRoute[] {
  const { guests, alarms, cpu, things, evacuations } = CONTRACT
  const now = async ({ ask, params: { ref = '' }, who, csrf }: Visitor) => {
    const host = toldIfThere(await ask(hosts.show, { ref }))
    if (!host) return undefined
    const [running, open, left] = await Promise.all([ask(guests.list, {}), ask(alarms.list, {}), ask(evacuations.away, { ref: host.id })])
    const away = toldIfThere(left)?.guests ?? []
    return { host, view: { ...hostNowView(host, { ...toldOf(running), ...toldOf(open), away, who }), csrf } }
  }
  const records = async (ref: string, { ask }: Visitor) => {
    const [attempts, history] = await Promise.all([ask(boots.list, { ref }), ask(hosts.history, { ref, limit: HISTORY })])
    return { ...recordsView(toldIfThere(attempts)?.boots ?? [], toldIfThere(history)?.entries ?? []), id: ref }
  }
  return [
    page('viewer', '/hosts/:ref', async (visitor) => {
      const found = await now(visitor)
      if (!found) return noHost
      const { host } = found
      const { ask, who } = visitor
      const ref = host.id
      const [inventory, levels, local, reach, boot, all] = await Promise.all([
        ask(hosts.inventory, { ref }).then(toldIfThere),
        ask(cpu.show, {}).then(toldOf),
        ask(things.local, {}).then(toldOf),
        ask(things.of, { ref }).then(toldIfThere),
        ask(boots.settings, { ref }).then(toldIfThere),
        everyHost(ask),
      ])
      const view = {
        ...found.view,
        ...(await records(ref, visitor)),
        measures: await hostMeasures(visitor, host),
        reach: reachView(reach?.things ?? []),
        boot: bootSettingsView(boot ?? {}, all),
        hardware:
          inventory &&
          hardwareView(
            host,
            inventory,
            levels,
            local.hosts.find((one) => one.host === ref),
          ),
        groups: host.groups.join(' '),
        groupList: host.groups.map((name) => ({ name, path: `/?${new URLSearchParams({ group: name })}` })),
        fields: HOST_FIELD_NAMES.map((name) => ({ name, text: host[name], title: HOST_FIELDS[name].title, rows: HOST_FIELDS[name].rows })),
        fieldNames: HOST_FIELD_NAMES.map((name) => HOST_FIELDS[name].title.toLowerCase()).join(', '),
        mayChange: mayOn(who, 'operator', host),
      }
      return { kind: 'page', page: 'host', title: host.name, view }
    }),
    fragment('viewer', '/hosts/:ref/now', async (visitor) => {
      const found = await now(visitor)
      return found ? { kind: 'fragment', html: render('_host-now', found.view) } : noHost
    }),
    fragment('viewer', '/hosts/:ref/records', async (visitor) => {
      const host = toldIfThere(await visitor.ask(hosts.show, { ref: visitor.params.ref ?? '' }))
      return host ? { kind: 'fragment', html: render('_host-records', await records(host.id, visitor)) } : noHost
    }),
    actOn(hosts.change, '/hosts/:ref/change', {
      // Browsers send line ends as CR LF.
      fields: ({ params: { ref }, form }) => ({
        ref,
        name: fieldIfThere(form, 'name', (name) => name.trim()),
        groups: fieldIfThere(form, 'groups', (groups) => groups.split(/[\s,]+/).filter(Boolean)),
        ...eachField((name) => fieldIfThere(form, name, (text) => text.replaceAll('\r\n', '\n'))),
      }),
      done: (host) => acted(`${host.name} is saved.`, hostPath(host)),
    }),
    actOn(boots.set, '/hosts/:ref/boot', {
      fields: ({ params: { ref }, form }) => ({
        ref,
        image: fieldIfThere(form, 'image', (image) => image.trim() || null),
        root: fieldIfThere(form, 'root', (root) => root || null),
        ...(form.get('force') === 'yes' ? { force: true } : {}),
      }),
      done: (host, { form }) =>
        acted(`From its next boot on ${host.name} boots ${field(form, 'image') || 'the default image'}.`, hostPath(host)),
    }),
    actOn(boots.once, '/hosts/:ref/once', {
      fields: ({ params: { ref }, form }) => ({ ref, what: field(form, 'what') }),
      done: (host) =>
        acted(
          host.once
            ? `At its next boot, within 24 hours, ${host.name} boots ${sayOnce(host.once.what)}.`
            : `${host.name} boots the pool at its next boot.`,
          hostPath(host),
        ),
    }),
    ...HOST_ACTIONS.map((name) =>
      actOn(hosts[name], `/hosts/:ref/${name}`, {
        fields: ({ params: { ref }, form }) => ({ ref, ...PARTICULARS[name]?.(form) }),
        done: (host) => acted(`${host.name} is ${DONE[name]}.`, hostPath(host)),
      }),
    ),
  ]
}

/** What the form of an action holds besides. */
const PARTICULARS: Readonly<Partial<Record<HostAction, (form: URLSearchParams) => object>>> = {
  approve: (form) => ({ seen: form.get('seen') || undefined }),
  cordon: (form) => ({ reason: field(form, 'reason') || undefined }),
  fence: (form) => ({ proof: field(form, 'proof') }),
}

const noHost = notThere('There is no such host any more.')
