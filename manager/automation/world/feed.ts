// What automations may wait for, of the hosts: `host ID presence` (up, booting, silent, lost) and `host ID state`, the one word that
// people see.

import type { HostView, PoolChange } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import { conditionNow, type Presence } from '../../protocol/host.ts'
import type { ChangeFeed } from '../ports.ts'

export function poolFeed(pool: Pick<Pool, 'host' | 'subscribe'>): ChangeFeed {
  return {
    current(topic) {
      const [, id = ''] = /^host (\S+) /.exec(topic) ?? []
      const view = pool.host(id)
      return view && topicsOf(view).get(topic)
    },
    subscribe: (listener) =>
      pool.subscribe((change) => {
        const view = shownBy(change, pool)
        for (const [topic, value] of view ? topicsOf(view) : []) listener(topic, value)
      }),
  }
}

function shownBy(change: PoolChange, pool: Pick<Pool, 'host'>): HostView | undefined {
  switch (change.kind) {
    case 'host':
      return change.host
    case 'connected':
      return pool.host(change.host)
    case 'inventory':
    case 'sample':
    case 'event':
    case 'alarm':
    case 'alarm-cleared':
      return undefined
  }
}

function topicsOf(view: HostView): ReadonlyMap<string, string> {
  return new Map([
    [`host ${view.id} presence`, presenceOf(view)],
    [`host ${view.id} state`, view.state],
  ])
}

function presenceOf(view: HostView): Presence {
  return conditionNow(view, view.connection ? 'connected' : 'absent').presence
}
