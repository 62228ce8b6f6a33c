// The description of the API (OpenAPI 3.1), made of the table of routes.
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import type { Route } from './route.ts'
import { problem } from './schema-access.ts'

const PROBLEM = { description: 'No, and why (RFC 9457)', content: { 'application/problem+json': { schema: problem } } }

export function describeApi(routes: readonly Route[]): { readonly openapi: string } {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
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

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { summary, params, query, body, status, role, method } = route
  const hasBody = method !== 'GET' && Object.keys(body.shape).length > 0
  const description = role === 'open' ? 'Takes no credential.' : `Takes the role ${role}.`
  return {
    summary,
    description,
    ...(role === 'open' ? { security: [] } : {}),
    requestParams: { path: params, query },
    ...(hasBody ? { requestBody: { content: { 'application/json': { schema: body } } } } : {}),
    responses: { [status]: { description: 'Done', ...contentOf(route) }, default: PROBLEM },
  }
}

function contentOf({ path, answer }: Route): object {
  if (!answer) return {}
  return { content: { [path === '/events' ? 'text/event-stream' : 'application/json']: { schema: answer } } }
}
