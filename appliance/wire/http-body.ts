// Bodies of requests to our HTTP servers: nobody has to take one. What is not read to its end when the answer is written ends the
// connection (RFC 9112, 9.6), and who asks first whether to send at all (RFC 9110, 10.1.1) is answered before a byte came.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'

export type ReadBytes =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Nothing more of it is read. */
  | { readonly kind: 'too-long' }
  | { readonly kind: 'broken-off' }

/** For an answer to be read, once it is written, by who goes on to send what nobody reads, ms. */
const LEAVING = 1000

/** `answer` gets every request, those with Expect too: it has the body sent by reading it with what is here. */
export function answerWith(server: Pick<Server, 'on'>, answer: RequestListener): void {
  const bounded: RequestListener = (request, response) => {
    if (hasBody(request)) endUnlessRead(request, response)
    answer(request, response)
  }
  // Without the latter two Node asks for any body by itself, and takes all of it after it has refused another expectation.
  for (const event of ['request', 'checkContinue', 'checkExpectation'] as const) server.on(event, bounded)
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function letSend({ headers, httpVersion }: IncomingMessage, response: ServerResponse): void {
  if (httpVersion === '1.1' && /(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect ?? '')) response.writeContinue()
}

/** `limit`: bytes. A body that says that it is longer is not begun. */
export async function readBytes(request: IncomingMessage, response: ServerResponse, limit: number): Promise<ReadBytes> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return { kind: 'too-long' }
  if (!hasBody(request)) return { kind: 'bytes', bytes: Buffer.alloc(0) }
  letSend(request, response)
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const settle = (read: ReadBytes): void => {
      request.off('data', take).off('end', end).off('close', broken).off('error', broken)
      request.on('error', () => undefined).pause()
      resolve(read)
    }
    const take = (chunk: Buffer): void => {
      length += chunk.length
      if (length > limit) settle({ kind: 'too-long' })
      else chunks.push(chunk)
    }
    const end = (): void => settle({ kind: 'bytes', bytes: Buffer.concat(chunks) })
    const broken = (): void => settle({ kind: 'broken-off' })
    request.on('data', take).on('end', end).on('close', broken).on('error', broken)
  })
}

function endUnlessRead(request: IncomingMessage, response: ServerResponse): void {
  const { shouldKeepAlive } = response
  const { socket } = request
  let isRead = false
  response.shouldKeepAlive = false
  request.once('end', () => {
    isRead = true
    if (!response.headersSent) response.shouldKeepAlive = shouldKeepAlive
  })
  // Before Node's own listener, which destroys the socket: what the peer still sends would then reset the connection under the answer.
  response.prependOnceListener('finish', () => {
    if (!isRead) socket.destroySoon = () => linger(socket)
  })
}

/** The answer leaves, and nothing is read meanwhile; Node has begun to, for what it calls a dump. */
function linger(socket: IncomingMessage['socket']): void {
  const leaving = setTimeout(() => socket.destroy(), LEAVING)
  socket.once('close', () => clearTimeout(leaving))
  socket.end()
  setImmediate(() => socket.pause())
}
