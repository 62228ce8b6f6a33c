// The manager's HTTP for people and programs as one express app: the API, and beside it the page. What every answer says to a browser
// is said here.
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import type { Log } from '../../appliance/wire/log.ts'
import { refusalOf, writeProblem } from './problem.ts'

export interface AppOptions {
  readonly api: Router
  /** Answers below `/`. */
  readonly page?: Router
  /** Told to whoever asks: that, and nothing else. Left out: it is ready. */
  readonly isReady?: () => boolean
  readonly log: Log
}

/** No Strict-Transport-Security: with a certificate of our own authority it would lock out who has not installed that. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** To be given to the gateway's `mount`. */
export function createApp({ api, page, isReady = () => true, log }: AppOptions): express.Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use((_request, response, next) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    next()
  })
  app.get('/health/live', (_request, response) => void response.type('text/plain').send('alive\n'))
  app.get('/health/ready', (_request, response) => {
    if (isReady()) response.type('text/plain').send('ready\n')
    else writeProblem(response, 503, 'not ready: the log says why')
  })
  app.use('/api/v1', api)
  if (page) app.use(page)
  app.use((_request, response) => writeProblem(response, 404, 'there is nothing here'))
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const refusal = refusalOf(error)
    if (!refusal) log.error({ error, path: request.path }, 'request failed')
    writeProblem(response, refusal?.status ?? 500, refusal?.reason ?? 'the manager cannot do it now: its log says why')
  })
  return app
}
