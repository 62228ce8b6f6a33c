// What an admin wants on every host, made up: two connections on the hosts of the fake pool, and a file of properties.
import { connectionHandlers } from '../../../../manager/doors/handlers/connections.ts'
import type { Handlers } from '../../../../manager/doors/handlers/handlers.ts'
import { propertyHandlers } from '../../../../manager/doors/handlers/properties.ts'
import type { SiteConnection } from '../../../../manager/storage/connections.ts'
import { idOf } from './fake-hosts.ts'

const HOSTS = 40
const TARGET = 'iqn.2020-01.example:array0'

export const PROPERTIES = '[ram_free]\ncommand=/usr/bin/free\nparameters=-m\nreturn_type=string\nticks=60\n'

/** `calls`: what is asked of it is written there. */
export function fakeConnections(calls: string[]): Pick<Handlers, 'connections' | 'properties'> {
  let [connections, text] = [[connection('c1', TARGET), connection('c2', undefined)], PROPERTIES]
  return {
    connections: connectionHandlers({
      list: async () => connections,
      async connect({ portal, target, groups, chap }, who) {
        calls.push(`connect ${portal} ${target ?? '*'} ${groups.join(',')} ${chap ? `${chap.user}:${chap.password}` : ''} by ${who}`)
        if (!/^[\d.:]+$/.test(portal)) return { kind: 'refused', reason: 'a portal is an IP address with or without a port' }
        const made = { ...connection(`c${connections.length + 1}`, target), portal, groups: [...groups], by: who }
        connections = [...connections, made]
        return { kind: 'done', value: made }
      },
      async disconnect(id) {
        calls.push(`disconnect ${id}`)
        const found = connections.find((one) => one.id === id)
        if (!found) return { kind: 'missing', reason: `there is no connection ${id}` }
        const ending = { ...found, ending: true }
        connections = connections.map((one) => (one.id === id ? ending : one))
        return { kind: 'done', value: ending }
      },
    }),
    properties: propertyHandlers({
      text: () => text,
      shown: async () => ({ text, hosts: [] }),
      async set(wanted) {
        calls.push(`properties ${JSON.stringify(wanted)}`)
        if (!wanted.startsWith('[')) return { kind: 'refused', reason: 'line 1: there is no [section] before it' }
        text = wanted
        return { kind: 'done', value: { text, hosts: [] } }
      },
    }),
  }
}

function connection(id: string, target: string | undefined): SiteConnection {
  return {
    id,
    kind: 'iscsi',
    portal: '10.77.0.1:3260',
    ...(target === undefined ? { groups: ['db', 'rack2'] } : { target, groups: [], user: 'rack' }),
    created: 1_795_000_000_000,
    by: 'alice',
    ending: false,
    hosts: Array.from({ length: HOSTS }, (_, index) => ({
      host: idOf(index),
      name: `node${String(index + 1).padStart(4, '0')}`,
      ...(index === 7
        ? { state: 'failed', why: 'the login was refused (authorization failure)' }
        : index % 16 === 3
          ? { state: 'waiting', why: 'its agent is not connected' }
          : { state: 'connected', why: 'it has a session' }),
    })),
  }
}
