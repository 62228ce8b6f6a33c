// Requests of automations, by the gateway that the hosts' agents are connected to.
import { type Asked, asked } from '../../agents/questions.ts'
import type { Gateway } from '../../agents/server.ts'
import type { Pool } from '../../hosts/service.ts'
import { type RequestBody, requestBody } from '../../protocol/requests.ts'
import type { Broker } from '../ports.ts'

export interface BrokerSources {
  readonly gateway: Pick<Gateway, 'ask'>
  readonly pool: Pick<Pool, 'subscribe'>
  /** Of a mirror, by the label that its recipe gives. */
  readonly secretOf: (label: string) => string
}

export function gatewayBroker({ gateway, pool, secretOf }: BrokerSources): Broker {
  return {
    ask(host, id, body, limit) {
      const read = requestBody.safeParse(body)
      return read.success
        ? gateway.ask(host, withSecret(read.data, secretOf), { id, limit })
        : asked(id, notUnderstood(body.kind, read.error.issues[0]))
    },
    subscribe: (listener) =>
      pool.subscribe((change) => {
        if (change.kind === 'connected') listener(change.host)
      }),
  }
}

/** What stands in the journal has a label, what goes to the host the secret itself. */
export function withSecret(body: RequestBody, secretOf: BrokerSources['secretOf']): RequestBody {
  return 'secret' in body && typeof body.secret === 'object' ? { ...body, secret: secretOf(body.secret.of) } : body
}

/** A recipe has asked for what the protocol does not have: it is never done, and asked for once. */
function notUnderstood(kind: string, issue: { readonly message: string; readonly path: readonly PropertyKey[] } | undefined): Asked {
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.map(String).join('.')}` : ''
  const reason = `${kind} is no request that can be sent${where}: ${issue?.message ?? 'it is not understood'}`.slice(0, 512)
  return { kind: 'answered', answer: { kind: 'refused', cause: 'unable', reason } }
}
