// What an admin wants on every host: iSCSI connections and how far each host is with one, and the file of properties.
import type { CONNECTION_STATES, SiteConnection } from '../../../contract/connections.ts'
import { alikeView } from './alike.ts'
import { moment, sayCount } from './words.ts'

type ConnectionState = (typeof CONNECTION_STATES)[number]

/** What an operator has to look at comes first. */
const URGENCY: readonly ConnectionState[] = ['failed', 'waiting', 'ending', 'connected']
const MARKS: Readonly<Record<ConnectionState, { readonly mark: string; readonly reach: string }>> = {
  connected: { mark: '✓', reach: 'yes' },
  waiting: { mark: '–', reach: 'open' },
  failed: { mark: '✗', reach: 'no' },
  ending: { mark: '–', reach: 'open' },
}

export function connectionsView(connections: readonly SiteConnection[], mayConnect: 'may' | 'may not') {
  return {
    mayConnect: mayConnect === 'may',
    connections: connections.map(({ id, portal, target, groups, user, created, by, ending, hosts }) => ({
      id,
      target: target ?? 'all targets',
      portal,
      groups: groups.length > 0 ? groups.map((group) => `@${group}`).join(' ') : 'all hosts',
      user: user ?? '',
      created: moment(created),
      by,
      ending,
      path: `/site/hosts?id=${encodeURIComponent(id)}`,
      states: URGENCY.flatMap((state) => {
        const count = hosts.filter((host) => host.state === state).length
        return count > 0 ? [{ text: `${sayCount(count)} ${state}`, isBad: state === 'failed' }] : []
      }),
    })),
  }
}

export function connectionHostsView({ hosts }: SiteConnection) {
  return {
    states: URGENCY.flatMap((state) => {
      const inIt = hosts.filter((host) => host.state === state)
      const told = inIt.map(({ host, name, why }) => ({ host, name, said: `${state}: ${why}` }))
      return told.length > 0 ? [{ ...MARKS[state], alike: alikeView(told) }] : []
    }),
  }
}
