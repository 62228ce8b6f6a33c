// The description of the API (OpenAPI 3.1), made of the contract.

import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { type Named, OPERATIONS } from '../contract/contract.ts'
import { methodOf, NO_CONTENT, type Operation, pathNames, pathOf, restOf } from '../contract/operation.ts'
import { problem } from '../contract/problem.ts'

const REFUSALS = {
  400: 'It is not understood: what of it, and why',
  401: 'No credential, or one that counts no more',
  403: 'The role is too low, or it acts on what is not in the groups of who asks',
  404: 'There is no such thing',
  409: 'It cannot be done as things stand: why, and what to do',
  412: 'It is another than If-Match says',
  413: 'The body is too long',
  415: 'The body is of another type',
  422: 'The Idempotency-Key was another request’s',
  429: 'Too many requests: after how many seconds to ask again is in Retry-After',
} as const
const PROBLEM = { content: { 'application/problem+json': { schema: problem } } }

const STARTING = {
  'Idempotency-Key': z
    .string()
    .max(255)
    .optional()
    .meta({ description: 'The same with the same body: the same automation, not another; with another body: 422' }),
  'Hostless-Automation': z.string().optional().meta({ description: 'Of a hook: the automation whose locks this one goes past' }),
}
const CHANGING = {
  'If-Match': z.string().optional().meta({ description: 'The ETag with which it was read: where it is another by now, 412' }),
}
const EDITED = z.object({ ETag: z.string().meta({ description: 'Of what can be changed of it, for If-Match' }) })

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
      license: { name: 'MIT', identifier: 'MIT' },
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
  const headers = { ...(operation.starts ? STARTING : {}), ...(operation.changes === undefined ? {} : CHANGING) }
  const hasHeaders = Object.keys(headers).length > 0
  return {
    operationId: id,
    summary,
    description: role === 'open' ? 'Takes no credential.' : `Takes the role ${role}.`,
    ...(role === 'open' ? { security: [] } : {}),
    requestParams: { path, ...(hasHeaders ? { header: z.object(headers) } : {}), ...(at === 'query' && hasRest ? { query: rest } : {}) },
    ...(at === 'body' && hasRest ? { requestBody: { content: { 'application/json': { schema: rest } } } } : {}),
    ...(operation.takes === 'octets' ? OCTETS : {}),
    responses: {
      [statusOf(operation)]: { description: 'Done', ...(operation.edited ? { headers: EDITED } : {}), ...contentOf(operation, output) },
      ...Object.fromEntries(refusalsOf(operation).map((status) => [status, { description: REFUSALS[status], ...PROBLEM }])),
      default: { description: 'No, and why (RFC 9457); 507: the disk is full', ...PROBLEM },
    },
  }
}

/** By which numbers it may say no, of those that are the asker's to mend. */
export function refusalsOf(operation: Operation): readonly (keyof typeof REFUSALS)[] {
  const { role, input, did, starts, changes, takes } = operation
  const isAbout = Object.keys(input.shape).length > 0
  const hasBody = takes === 'octets' || methodOf(operation) !== 'GET'
  return [
    // Each may be asked with what it does not take; a cookie alone sends nothing.
    ...([400, 401] as const),
    ...(hasBody || role !== 'viewer' ? ([403] as const) : []),
    ...(isAbout || did ? ([404] as const) : []),
    ...(isAbout || did || role === 'open' ? ([409] as const) : []),
    ...(changes === undefined ? [] : ([412] as const)),
    ...(hasBody ? ([413, 415] as const) : []),
    ...(starts ? ([422] as const) : []),
    ...([429] as const),
  ]
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
