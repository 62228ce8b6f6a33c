// Errors of our HTTP servers: problem+json (RFC 9457). What is said is ours; nothing of an exception reaches a client.

import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { Log } from '../wire/log.ts'

/** @param detail in plain words: what was wrong and what to do */
export function sendProblem(response: Response, status: number, detail: string): void {
  const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail }
  response.status(status).set('Cache-Control', 'no-store').type('application/problem+json').send(JSON.stringify(body))
}

/** Answers 405 with Allow, unless the method is one of these. To stand before a path's handlers. */
export function allowMethods(...methods: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (methods.includes(request.method)) return next()
    response.set('Allow', methods.join(', '))
    sendProblem(response, 405, `only ${methods.join(' and ')} can be asked here`)
  }
}

export function notFound(_request: Request, response: Response): void {
  sendProblem(response, 404, 'nothing is served under this name')
}

/** The last handler: what express and its body parser throw. */
export function onError(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const status = clientFault(error)
    if (status === undefined) log.error({ error, peer: peerOf(request) }, 'HTTP: a request failed')
    if (response.headersSent) response.destroy()
    else if (status === undefined) sendProblem(response, 500, 'the server failed; its log says why')
    else sendProblem(response, status, 'the request is malformed or too large')
  }
}

/** IPv4 as dotted decimal also where the socket is dual-stack. */
export function peerOf(request: Request): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')
}

function clientFault(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined
  const { status } = error
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined
}
