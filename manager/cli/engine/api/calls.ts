// The contract as functions: `api.hosts.change({ ref, name })` sends what the declaration of hosts.change says and reads the answer by it.
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { CONTRACT, type Contract } from '../../../contract/contract.ts'
import type { PoolEvent } from '../../../contract/events.ts'
import { methodOf, type Operation, pathNames, pathOf, restOf } from '../../../contract/operation.ts'
import { type ApiClient, Unreachable } from './client.ts'
import { poolEvents } from './events.ts'

/** Of a start whose answer has not come; milliseconds between them. */
const TRIES = 3
const AGAIN = 1000

/** Rejects with a CommandFailure. Where nothing is needed, nothing need be given. */
type Call<Asked extends Operation> =
  Record<never, never> extends z.input<Asked['input']>
    ? (input?: z.input<Asked['input']>) => Promise<z.output<Asked['output']>>
    : (input: z.input<Asked['input']>) => Promise<z.output<Asked['output']>>

type CallsOf<Feature> = { readonly [Name in keyof Feature]: Feature[Name] extends Operation ? Call<Feature[Name]> : never }

type Asked = Omit<Contract, 'events'>

export type PoolApi = { readonly [Feature in keyof Asked]: CallsOf<Asked[Feature]> } & {
  /** Until the manager ends them or `signal` aborts; then they throw. */
  readonly events: (signal: AbortSignal) => Promise<AsyncGenerator<PoolEvent, void>>
}

/** `within`: the automation whose hook this runs in. */
export function poolApi(client: ApiClient, within?: string): PoolApi {
  const { events, ...asked } = CONTRACT
  const features = Object.entries<Readonly<Record<string, Operation>>>(asked).map(([feature, operations]) => {
    const calls = Object.entries(operations).map(([name, operation]) => [
      name,
      (input: object = {}) => ask(asker(client, operation, within), operation, input),
    ])
    return [feature, Object.fromEntries(calls)]
  })
  return {
    // Each call is of the operation of its own name.
    ...(Object.fromEntries(features) as Omit<PoolApi, 'events'>),
    events: async (signal) => poolEvents(await client.stream(pathOf(events.stream), signal)),
  }
}

/** What starts an automation is asked for under a key of its own, so that it may be asked again when no answer has come. */
function asker(client: ApiClient, { starts }: Operation, within: string | undefined): Pick<ApiClient, 'ask'> {
  if (!starts) return client
  const headers = { 'idempotency-key': randomUUID(), ...(within === undefined ? {} : { 'hostless-automation': within }) }
  return {
    async ask(method, path, schema, body) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await client.ask(method, path, schema, body, headers)
        } catch (error) {
          if (!(error instanceof Unreachable) || tries >= TRIES) throw error
          await delay(AGAIN)
        }
      }
    },
  }
}

function ask(client: Pick<ApiClient, 'ask'>, operation: Operation, input: object): Promise<unknown> {
  const names = pathNames(operation)
  const given = new Map<string, unknown>(Object.entries(input).filter(([, value]) => value !== undefined))
  const path = pathOf(operation).replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(given.get(name))))
  const rest = [...given].filter(([name]) => !names.includes(name))
  if (restOf(operation) === 'body') return client.ask(methodOf(operation), path, operation.output, Object.fromEntries(rest))
  const query = new URLSearchParams(rest.map(([name, value]): [string, string] => [name, String(value)]))
  return client.ask(methodOf(operation), query.size > 0 ? `${path}?${query}` : path, operation.output)
}
