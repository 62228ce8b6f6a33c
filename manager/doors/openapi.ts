// The description of the API (OpenAPI 3.1), made of the contract.

import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { type Named, OPERATIONS } from '../contract/contract.ts'
import { methodOf, NO_CONTENT, type Operation, pathNames, pathOf, restOf } from '../contract/operation.ts'
import { problem } from '../contract/problem.ts'

const PROBLEM = { description: 'No, and why (RFC 9457)', content: { 'application/problem+json': { schema: problem } } }

const STARTING = z.object({
  'Idempotency-Key': z
    .string()
    .max(255)
    .optional()
    .meta({ description: 'The same with the same body: the same automation, not another; with another body: 422' }),
  'Hostless-Automation': z.string().optional().meta({ description: 'Of a hook: the automation whose locks this one goes past' }),
})

const OCTETS = { requestBody: { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } } } as const

export function describeApi(): { readonly openapi: string } {
  const paths: ZodOpenApiPathsObject = {}
  for (const named of OPERATIONS) {
    const path = pathOf(named.operation).replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [methodOf(named.operation).toLowerCase()]: described(named) }
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Hostless',
      version: '1',
      description: 'The manager of a pool of Xen hosts. Times are ms since the epoch, sizes bytes.',
    },
    servers: [{ url: '/api/v1' }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-hostless', description: 'Changes need the header x-csrf-token, too.' },
      },
    },
    security: [{ token: [] }, { session: [] }],
    paths,
  })
}

function described({ id, operation }: Named): ZodOpenApiOperationObject {
  const { summary, role, input, output } = operation
  const names = pathNames(operation)
  const path = z.object(Object.fromEntries(Object.entries(input.shape).filter(([name]) => names.includes(name))))
  const isBody = (name: string) => operation.takes === 'octets' && name === 'octets'
  const rest = z.strictObject(Object.fromEntries(Object.entries(input.shape).filter(([name]) => !names.includes(name) && !isBody(name))))
  const hasRest = Object.keys(rest.shape).length > 0
  const at = restOf(operation)
  return {
    operationId: id,
    summary,
    description: role === 'open' ? 'Takes no credential.' : `Takes the role ${role}.`,
    ...(role === 'open' ? { security: [] } : {}),
    requestParams: { path, ...(operation.starts ? { header: STARTING } : {}), ...(at === 'query' && hasRest ? { query: rest } : {}) },
    ...(at === 'body' && hasRest ? { requestBody: { content: { 'application/json': { schema: rest } } } } : {}),
    ...(operation.takes === 'octets' ? OCTETS : {}),
    responses: { [statusOf(operation)]: { description: 'Done', ...contentOf(operation, output) }, default: PROBLEM },
  }
}

/** Of what is done. */
export function statusOf({ status, output }: Operation): 200 | 201 | 202 | 204 {
  return output === NO_CONTENT ? 204 : (status ?? 200)
}

function contentOf({ answers }: Operation, output: z.ZodType): object {
  switch (answers) {
    case 'text':
      return { content: { 'text/plain': { schema: output } } }
    case 'events':
      return { content: { 'text/event-stream': { schema: output } } }
    default:
      return output === NO_CONTENT ? {} : { content: { 'application/json': { schema: output } } }
  }
}
