// Whoever waits long for an answer hears meanwhile that it is being worked on, and gives up only a manager that is silent.
import type { Request, Response } from 'express'

/** A third of the silence after which the CLI gives up. */
const BEAT_MS = 10_000

/** Sends `102 Processing` (RFC 2518, section 10.1) again and again until `work` has ended; nothing to a client of HTTP/1.0, which knows no 1xx. */
export async function stillThere<Value>(request: Request, response: Response, work: Promise<Value>, beat = BEAT_MS): Promise<Value> {
  const takesInterim = request.httpVersionMajor > 1 || request.httpVersionMinor > 0
  const timer = setInterval(() => {
    if (takesInterim && !response.headersSent && response.writable) response.writeProcessing()
  }, beat)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}
