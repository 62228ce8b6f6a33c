// What only the manager knows, as candidates for a word; nobody waits long, as the user is typing.
import { groupBy } from '../../../group-by.ts'
import { type PoolApi, poolApi } from '../../engine/api/calls.ts'
import { apiClient } from '../../engine/api/client.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { apiSettings } from '../../engine/api/settings.ts'
import type { Environment } from '../../engine/login-file.ts'
import { classOf } from '../things/picking.ts'
import { groupChangesFor, type Names, namesFor } from './names.ts'
import type { Candidate, Named } from './words.ts'

/** Milliseconds that the manager has to answer. */
const PATIENCE = 1500

export type Asked = { readonly kind: 'named'; readonly of: Named } | { readonly kind: 'group-changes' }

/** Rejects when there is no manager, or it does not answer in time. */
export async function knownFor(asked: Asked, word: string, environment: Environment): Promise<readonly Candidate[]> {
  const api = poolApi(apiClient({ ...(await apiSettings({}, environment)), patience: PATIENCE }))
  if (asked.kind === 'named') return namesFor(word, await namesOf(asked.of, api))
  return groupChangesFor(word, (await namesOf('hosts', api)).groups)
}

const NO_GUESTS: ReadonlyMap<string, readonly string[]> = new Map()

async function namesOf(of: Named, api: PoolApi): Promise<Names> {
  const plain = (values: readonly (readonly [value: string, description: string])[], groups: readonly string[] = []): Names => ({
    names: values.map(([value, description]) => ({ value, description })),
    groups: [...new Set(groups)].sort(),
    guests: NO_GUESTS,
  })
  switch (of) {
    case 'hosts': {
      const hosts = await everyHost(api)
      return plain(
        hosts.map(({ name, state }) => [name, state]),
        hosts.flatMap(({ groups }) => groups),
      )
    }
    case 'guests': {
      const [hosts, guests] = await Promise.all([everyHost(api), api.guests.list().then((all) => all.guests)])
      const names = guests.map(({ name, hostName }) => [name, `on ${hostName}`] as const)
      const onHosts = hosts.map(
        ({ name }) => [name, guests.filter(({ hostName }) => hostName === name).map((guest) => guest.name)] as const,
      )
      const groups = hosts.flatMap((host) => host.groups)
      const inFront = onHosts.filter(([, on]) => on.length > 0).map(([name]) => [`${name}/`, 'guests on it'] as const)
      return { ...plain([...names, ...inFront], groups), guests: new Map(onHosts) }
    }
    case 'vms': {
      const [hosts, vms] = await Promise.all([everyHost(api), api.vms.list().then((all) => all.vms)])
      const names = vms.map(({ name, state, hostName }) => [name, hostName === undefined ? state : `${state} on ${hostName}`] as const)
      const on = groupBy(
        vms.flatMap(({ name, hostName }) => (hostName === undefined ? [] : [{ name, hostName }])),
        ({ hostName }) => hostName,
      )
      const guests = new Map([...on].map(([host, all]) => [host, all.map(({ name }) => name)] as const))
      const inFront = [...guests.keys()].map((host) => [`${host}/`, 'guests on it'] as const)
      return {
        ...plain(
          [...names, ...inFront],
          hosts.flatMap(({ groups }) => groups),
        ),
        guests,
      }
    }
    case 'vm-networks':
      return plain((await api.networks.list()).networks.map(({ name }) => [name, '']))
    case 'vm-images':
      return plain((await api.vmImages.list()).images.flatMap(({ name }) => (name === undefined ? [] : [[name, ''] as const])))
    case 'vgs':
      return plain(
        [...new Set((await api.storage.vgs()).hosts.flatMap(({ vgs }) => vgs.map(({ name }) => name)))].sort().map((name) => [name, '']),
      )
    case 'automations':
      return plain((await api.automations.list()).automations.map(({ id, title }) => [id, title]))
    case 'tasks':
      return plain((await api.tasks.list()).tasks.map(({ id, what }) => [id, what]))
    case 'storage':
    case 'networks':
    case 'things': {
      const wanted = of === 'networks' ? 'network' : of
      const things = (await api.things.list()).things.filter(({ kind }) => of === 'things' || classOf(kind) === wanted)
      return plain(
        things.map(({ key, name }) => [key, name]),
        things.map(({ kind }) => kind),
      )
    }
    case 'alarms': {
      const alarms = (await api.alarms.list()).alarms
      return plain(
        alarms.map(({ key, text }) => [key, text]),
        alarms.map(({ kind }) => kind),
      )
    }
    case 'users': {
      const users = (await api.users.list()).users
      return plain(
        users.map(({ name, role }) => [name, role]),
        users.map(({ role }) => role),
      )
    }
    case 'tokens': {
      const tokens = (await api.tokens.list()).tokens
      return plain(
        tokens.map(({ id, label }) => [id, label]),
        tokens.map(({ user }) => user),
      )
    }
  }
}
