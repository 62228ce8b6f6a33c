// Boot attempts as the appliance's control socket tells them: one answer with all of them, or a stream of changes.

import { type IncomingMessage, request } from 'node:http'
import { z } from 'zod'

/** In the order of a boot; the appliance reports each one as it begins or ends. */
export const STAGES = ['firmware', 'ipxe', 'script', 'kernel', 'initramfs', 'network', 'root', 'dom0', 'up'] as const

const attemptSchema = z.object({
  id: z.string(),
  /** The host's name, or its MAC while it has none. */
  host: z.string(),
  mac: z.string(),
  address: z.string().optional(),
  image: z.string().optional(),
  generation: z.string().optional(),
  /** Milliseconds since 1970 of the first packet. */
  startedAt: z.number(),
  state: z.enum(['booting', 'up', 'failed', 'stuck', 'once']),
  once: z.string().optional(),
  stages: z.array(
    z.object({
      stage: z.enum(STAGES),
      /** Milliseconds since 1970. */
      at: z.number(),
      /** Since the stage before. */
      seconds: z.number(),
      status: z.enum(['done', 'failed', 'running']),
      detail: z.string().optional(),
    }),
  ),
  xen: z.string().optional(),
  kernel: z.string().optional(),
  diagnosis: z.string().optional(),
})

export type AttemptView = z.infer<typeof attemptSchema>
export type Stage = (typeof STAGES)[number]

export function parseAttempt(text: string): AttemptView {
  return attemptSchema.parse(JSON.parse(text))
}

/** Newest first. Rejects when nothing answers on the socket. */
export async function readAttempts(socket: string): Promise<readonly AttemptView[]> {
  const response = await get(socket, '/attempts', undefined)
  let text = ''
  for await (const bytes of response) text += String(bytes)
  if (response.statusCode !== 200) throw new Error(`${socket} answers ${response.statusCode} to /attempts: ${text.slice(0, 200)}`)
  return z.array(attemptSchema).parse(JSON.parse(text))
}

/** Every attempt once, then each one again whenever it changes; ends when the appliance does or `signal` says so. */
export async function* watchAttempts(socket: string, signal: AbortSignal): AsyncGenerator<AttemptView, void> {
  const response = await get(socket, '/attempts/watch', signal)
  try {
    let rest = ''
    for await (const text of response.setEncoding('utf8')) {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines.filter((candidate) => candidate.trim() !== '')) yield parseAttempt(line)
    }
  } catch (error) {
    if (!signal.aborted && !isLost(error)) throw error
  } finally {
    response.destroy()
  }
}

function get(socketPath: string, path: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { socketPath, path, ...(signal ? { signal } : { timeout: 10_000 }) }
    const asked = request(options, resolve)
    asked.once('error', reject).once('timeout', () => asked.destroy(new Error(`${socketPath} is silent`)))
    asked.end()
  })
}

function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}
