// What the appliance tells the command line: attempts, as they are or as they change, and leases.
// A watcher that does not read is dropped: its backlog would be our memory.

import express, { type Express } from 'express'
import { type Mac, parseMac } from '../../wire/addresses.ts'
import type { Log } from '../../wire/log.ts'
import { allowMethods, notFound, onError, sendProblem } from '../problem.ts'

export interface Reloaded {
  /** Settings by their keys: `boot.image`. What boots, and what asks for an address, goes by them from now on. */
  readonly taken: readonly string[]
  /** What has changed and is not taken, with the services that read it at their start. */
  readonly restart: readonly { readonly setting: string; readonly services: readonly ('appliance' | 'manager')[] }[]
  /** Sentences on what is taken and cannot be so yet. */
  readonly notes: readonly string[]
}

export type ReloadAnswer =
  | ({ readonly kind: 'reloaded' } & Reloaded)
  /** What is wrong with the file; nothing has changed. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface ControlRoutesOptions {
  /** Newest first. */
  readonly attempts: () => readonly unknown[]
  /** Calls the listener with each attempt that changes, until the returned function is called. */
  readonly subscribe: (listener: (attempt: unknown) => void) => () => void
  readonly leases: () => readonly unknown[]
  /** Of a host that is gone for good: ends its leases and drops its attempts. Answers how many leases that were. */
  readonly forget: (mac: Mac) => number
  /** Reads the config again. */
  readonly reload: () => Promise<ReloadAnswer>
  readonly log: Log
  /** Bytes that a watcher may leave unread. */
  readonly backlog: number
}

export function controlRoutes({ attempts, subscribe, leases, forget, reload, log, backlog }: ControlRoutesOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.set('query parser', false)
  app.enable('strict routing')

  app.all(['/attempts', '/attempts/watch', '/leases'], allowMethods('GET'))
  app.get('/attempts', (_request, response) => {
    response.json(attempts())
  })
  app.get('/leases', (_request, response) => {
    response.json(leases())
  })
  app.all('/reload', allowMethods('POST'))
  app.post('/reload', async (_request, response) => void response.json(await reload()))
  app.all('/hosts/:mac', allowMethods('DELETE'))
  app.delete('/hosts/:mac', (request, response) => {
    const mac = parseMac(request.params.mac)
    if (!mac) return sendProblem(response, 400, 'this is not a MAC address: write it as 52:54:00:77:00:01')
    response.json({ leases: forget(mac) })
  })
  app.get('/attempts/watch', (_request, response) => {
    response.set('Cache-Control', 'no-store').type('application/x-ndjson').flushHeaders()
    const write = (attempt: unknown): void => {
      if (response.destroyed) return
      response.write(`${JSON.stringify(attempt)}\n`)
      if (response.writableLength <= backlog) return
      log.warn({ backlog }, 'control: a watcher that does not read was dropped')
      response.destroy()
    }
    for (const attempt of attempts()) write(attempt)
    const unsubscribe = subscribe(write)
    response.on('close', unsubscribe)
  })

  app.use(notFound)
  app.use(onError(log))
  return app
}
