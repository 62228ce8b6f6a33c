// The request set-properties: from now on this host reports these and no others. It lasts as long as this agent runs: a manager
// sends them with each connection.
import { readProperties } from '../../../manager/protocol/property-file.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Properties } from '../properties/runner.ts'
import { refused } from './refusal.ts'

export function setProperties(
  properties: Pick<Properties, 'set'>,
  { text }: RequestOf<'set-properties'>,
): AnswerOf<'set-properties'> | Refusal {
  const read = readProperties(text)
  if (read.kind === 'refused') return refused('unable', read.faults.join('; '))
  properties.set(read.definitions)
  return { kind: 'properties-set', count: read.definitions.length }
}
