// Requests of automations, by the gateway that the hosts' agents are connected to.
import { type Asked, asked } from '../../agents/questions.ts'
import type { Gateway } from '../../agents/server.ts'
import type { Pool } from '../../hosts/service.ts'
import { requestBody } from '../../protocol/requests.ts'
import type { Broker } from '../ports.ts'

export interface BrokerSources {
  readonly gateway: Pick<Gateway, 'ask'>
  readonly pool: Pick<Pool, 'subscribe'>
}

export function gatewayBroker({ gateway, pool }: BrokerSources): Broker {
  return {
    ask(host, id, body, limit) {
      const read = requestBody.safeParse(body)
      return read.success ? gateway.ask(host, read.data, { id, limit }) : asked(id, notUnderstood(body.kind, read.error.issues[0]))
    },
    subscribe: (listener) =>
      pool.subscribe((change) => {
        if (change.kind === 'connected') listener(change.host)
      }),
  }
}

/** A recipe has asked for what the protocol does not have: it is never done, and asked for once. */
function notUnderstood(kind: string, issue: { readonly message: string; readonly path: readonly PropertyKey[] } | undefined): Asked {
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.map(String).join('.')}` : ''
  const reason = `${kind} is no request that can be sent${where}: ${issue?.message ?? 'it is not understood'}`.slice(0, 512)
  return { kind: 'answered', answer: { kind: 'refused', cause: 'unable', reason } }
}
