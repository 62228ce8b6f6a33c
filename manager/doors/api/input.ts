// A request's path, query and body as the one input of its operation. Nothing is looked at yet but where it stands: what stands twice,
// or where it is not taken, is refused. Pure.
import { type Operation, pathNames, restOf } from '../../contract/operation.ts'
import type { Refused } from '../../outcome.ts'

export interface Parts {
  readonly path: object
  readonly query: object
  readonly body: unknown
}

export function inputOf(operation: Operation, { path, query, body }: Parts): { readonly kind: 'input'; readonly input: object } | Refused {
  const at = restOf(operation)
  if (operation.takes === 'octets') return octetsOf({ path, query, body })
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return refused('the body is no JSON object')
  const [rest, other] = at === 'query' ? [query, body] : [body, query]
  const [misplaced] = Object.keys(other)
  if (misplaced !== undefined) return refused(`${misplaced}: this is taken in the ${at}, or not at all`)
  const twice = pathNames(operation).find((name) => Object.hasOwn(rest, name))
  if (twice !== undefined) return refused(`${twice}: stands in the path, and is not taken in the ${at}`)
  return { kind: 'input', input: { ...rest, ...path } }
}

function octetsOf({ path, query, body }: Parts): { readonly kind: 'input'; readonly input: object } | Refused {
  const twice = ['octets', ...Object.keys(path)].find((name) => Object.hasOwn(query, name))
  if (twice !== undefined) return refused(`${twice}: stands elsewhere, and is not taken in the query`)
  return { kind: 'input', input: { ...query, ...path, octets: body } }
}

function refused(reason: string): Refused {
  return { kind: 'refused', status: 400, reason: reason.slice(0, 300) }
}
