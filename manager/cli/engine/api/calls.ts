// The contract as functions: `api.hosts.change({ ref, name })` sends what the declaration of hosts.change says and reads the answer by it.
import type { z } from 'zod'
import { CONTRACT, type Contract } from '../../../contract/contract.ts'
import type { PoolEvent } from '../../../contract/events.ts'
import { methodOf, type Operation, pathNames, pathOf, restOf } from '../../../contract/operation.ts'
import type { ApiClient } from './client.ts'
import { poolEvents } from './events.ts'

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

export function poolApi(client: ApiClient): PoolApi {
  const { events, ...asked } = CONTRACT
  const features = Object.entries<Readonly<Record<string, Operation>>>(asked).map(([feature, operations]) => {
    const calls = Object.entries(operations).map(([name, operation]) => [name, (input: object = {}) => ask(client, operation, input)])
    return [feature, Object.fromEntries(calls)]
  })
  return {
    // Each call is of the operation of its own name.
    ...(Object.fromEntries(features) as Omit<PoolApi, 'events'>),
    events: async (signal) => poolEvents(await client.stream(pathOf(events.stream), signal)),
  }
}

function ask(client: ApiClient, operation: Operation, input: object): Promise<unknown> {
  const names = pathNames(operation)
  const given = new Map<string, unknown>(Object.entries(input).filter(([, value]) => value !== undefined))
  const path = pathOf(operation).replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(given.get(name))))
  const rest = [...given].filter(([name]) => !names.includes(name))
  if (restOf(operation) === 'body') return client.ask(methodOf(operation), path, operation.output, Object.fromEntries(rest))
  const query = new URLSearchParams(rest.map(([name, value]): [string, string] => [name, String(value)]))
  return client.ask(methodOf(operation), query.size > 0 ? `${path}?${query}` : path, operation.output)
}
