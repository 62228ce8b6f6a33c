// A host's page, its live parts, and what may be done to the host.

import { atLeast } from '../../access/roles.ts'
import { bootSettings, HOST_ACTIONS, type HostAction } from '../../api/schema-hosts.ts'
import { type Answer, action, badForm, fragment, notThere, type PageDeps, type PageRoute, page, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { hardwareView } from '../views/hardware.ts'
import { ACTION_ROLES, bootSettingsView, hostNowView, reachView, recordsView } from '../views/host.ts'
import { hostPath } from '../views/words.ts'

const HISTORY = 100

const DONE: Readonly<Record<HostAction, string>> = {
  approve: 'approved',
  reject: 'rejected',
  maintain: 'in maintenance',
  resume: 'back in service',
  fence: 'fenced',
  release: 'released',
}

export function hostRoutes(render: Render): readonly PageRoute[] {
  const now = async (visitor: Visitor, { operations }: PageDeps) => {
    const host = await operations.host(visitor.params.ref ?? '')
    if (!host) return undefined
    const [guests, alarms] = await Promise.all([operations.guests(), operations.alarms()])
    return { host, view: { ...hostNowView(host, guests, alarms, visitor.who.role), csrf: visitor.csrf } }
  }
  const records = async (id: string, { operations }: PageDeps) => {
    const [boots = [], history = []] = await Promise.all([operations.boots(id), operations.history(id, HISTORY)])
    return { ...recordsView(boots, history), id }
  }
  return [
    page('viewer', '/hosts/:ref', async (visitor, deps) => {
      const found = await now(visitor, deps)
      if (!found) return noHost
      const { host } = found
      const { operations } = deps
      const [inventory, cpu, local, reach = [], boot = {}, hosts] = await Promise.all([
        operations.inventory(host.id),
        operations.cpu(),
        operations.localStorage(),
        operations.reachOf(host.id),
        operations.bootSettings(host.id),
        operations.hosts(),
      ])
      const view = {
        ...found.view,
        ...(await records(host.id, deps)),
        reach: reachView(reach),
        boot: bootSettingsView(boot, hosts),
        hardware:
          inventory &&
          hardwareView(
            host,
            inventory,
            cpu,
            local.find((one) => one.host === host.id),
          ),
        groups: host.groups.join(' '),
        groupList: host.groups.map((name) => ({ name, path: `/?${new URLSearchParams({ group: name })}` })),
        notes: host.notes,
        mayChange: atLeast(visitor.who.role, 'operator'),
      }
      return { kind: 'page', page: 'host', title: host.name, view }
    }),
    fragment('viewer', '/hosts/:ref/now', async (visitor, deps) => {
      const found = await now(visitor, deps)
      return found ? { kind: 'fragment', html: render('_host-now', found.view) } : noHost
    }),
    fragment('viewer', '/hosts/:ref/records', async ({ params }, deps) => {
      const host = await deps.operations.host(params.ref ?? '')
      return host ? { kind: 'fragment', html: render('_host-records', await records(host.id, deps)) } : noHost
    }),
    action('operator', '/hosts/:ref/change', changeHost),
    action('operator', '/hosts/:ref/boot', setBoot),
    ...HOST_ACTIONS.map((name) => action(ACTION_ROLES[name], `/hosts/:ref/${name}`, (visitor, deps) => act(name, visitor, deps))),
  ]
}

const noHost = notThere('There is no such host any more.')

async function act(name: HostAction, { params, form, who, peer }: Visitor, { operations, access }: PageDeps): Promise<Answer> {
  const host = await operations.host(params.ref ?? '')
  if (!host) return noHost
  const proof = (form.get('proof') ?? '').trim().slice(0, 512) || undefined
  if (name === 'fence' && proof === undefined) return badForm(`Say what shows that ${host.name} cannot run anything now.`)
  const seen = (form.get('seen') ?? '').slice(0, 64) || undefined
  await access.audit({ who: who.user, peer, what: `${name} host ${host.name} (${host.id})${proof === undefined ? '' : `: ${proof}`}` })
  const done = await operations.actOnHost(host.id, name, { proof, seen }, who.user)
  return done.kind === 'done' ? { kind: 'acted', said: `${host.name} is ${DONE[name]}.`, path: hostPath(done.value) } : refusalOf(done)
}

async function changeHost({ params, form, who, peer }: Visitor, { operations, access }: PageDeps): Promise<Answer> {
  const host = await operations.host(params.ref ?? '')
  if (!host) return noHost
  const [name, groups, notes] = [form.get('name'), form.get('groups'), form.get('notes')]
  if (name === null || groups === null || notes === null) return badForm('The form of a host has a name, groups and notes.')
  // Browsers send line ends as CR LF.
  const change = { name: name.trim(), groups: groups.split(/[\s,]+/).filter(Boolean), notes: notes.replaceAll('\r\n', '\n') }
  await access.audit({ who: who.user, peer, what: `change host ${host.name} (${host.id}): ${JSON.stringify(change).slice(0, 1024)}` })
  const done = await operations.changeHost(host.id, change, who.user)
  return done.kind === 'done' ? { kind: 'acted', said: `${done.value.name} is saved.`, path: hostPath(done.value) } : refusalOf(done)
}

async function setBoot({ params, form, who, peer }: Visitor, { operations, access }: PageDeps): Promise<Answer> {
  const host = await operations.host(params.ref ?? '')
  if (!host) return noHost
  const [image, root] = [form.get('image'), form.get('root')]
  if (image === null || root === null) return badForm('The form of a boot has an image and a root, each empty for the default.')
  const parsed = bootSettings.safeParse({ image: image.trim() || null, root: root || null })
  if (!parsed.success) return badForm(`The ${parsed.error.issues[0]?.path.join(' ')} ${parsed.error.issues[0]?.message}.`)
  await access.audit({ who: who.user, peer, what: `boot host ${host.name} (${host.id}) from ${JSON.stringify(parsed.data)}` })
  const done = await operations.setBoot(host.id, parsed.data, who.user)
  const said = `From its next boot on ${host.name} boots ${parsed.data.image ?? 'the default image'}.`
  return done.kind === 'done' ? { kind: 'acted', said, path: hostPath(done.value) } : refusalOf(done)
}

export function refusalOf({ kind, reason }: { readonly kind: 'missing' | 'refused'; readonly reason: string }): Answer {
  return { kind: 'refused', status: kind === 'missing' ? 404 : 409, reason }
}
