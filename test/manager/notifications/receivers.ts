// Receivers of notifications on loopback: a mail server and a web server that do as the test says, and the certificate that both have.
import { once } from 'node:events'
import { createServer as createHttp, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { keepAuthority, newKey, newSerial } from '../../../manager/store/keys/authority.ts'
import { signServer } from '../../../manager/store/keys/certificate.ts'
import { dataDirFor } from '../site.ts'

export interface Identity {
  readonly key: string
  readonly cert: string
  /** PEM. */
  readonly authority: string
}

/** For 127.0.0.1. */
export async function identityFor(t: ExecutionContext): Promise<Identity> {
  const authority = await keepAuthority(await dataDirFor(t))
  const key = newKey()
  return { key, cert: await signServer(authority, key, '127.0.0.1', newSerial()), authority: authority.pem }
}

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** As it went over the wire, without the dot at its end. */
  readonly data: string
  readonly user?: string
}

export interface MailReceiver {
  readonly port: number
  readonly mails: readonly Mail[]
  /** What was said to it in the clear, and over TLS. */
  readonly clear: readonly string[]
  readonly secret: readonly string[]
  connections(): number
}

export interface MailBehaviour {
  readonly identity?: Identity
  readonly tls?: 'starttls' | 'implicit' | 'none'
  /** What it says instead; undefined: what it would. `null`: nothing at all. */
  readonly says?: (line: string) => string | null | undefined
  readonly login?: { readonly ways: string; readonly user: string; readonly password: string }
  /** In place of its greeting. */
  readonly greeting?: string | null
}

export async function startMail(t: ExecutionContext, behaviour: MailBehaviour = {}): Promise<MailReceiver> {
  const { identity, tls = 'none' } = behaviour
  const [mails, clear, secret]: [Mail[], string[], string[]] = [[], [], []]
  let connections = 0
  const serve = (socket: Socket) => {
    connections += 1
    converse(socket, { behaviour, mails, clear, secret })
  }
  const server = tls === 'implicit' && identity ? createTlsServer({ key: identity.key, cert: identity.cert }, serve) : createServer(serve)
  return { port: await listenOn(t, server), mails, clear, secret, connections: () => connections }
}

interface Conversation {
  readonly behaviour: MailBehaviour
  readonly mails: Mail[]
  readonly clear: string[]
  readonly secret: string[]
}

function converse(plain: Socket, { behaviour, mails, clear, secret }: Conversation): void {
  const { identity, tls = 'none', says, login, greeting = '220 test ESMTP' } = behaviour
  let socket: Socket = plain
  let [text, mode, from, user]: [string, 'lines' | 'data' | 'name' | 'password', string, string | undefined] = ['', 'lines', '', undefined]
  let [to, data]: [string[], string[]] = [[], []]
  const say = (line: string | null) => line !== null && socket.writable && socket.write(`${line}\r\n`)
  const isIn = (name: string, password: string) => name === login?.user && password === login.password
  const decoded = (line: string) => Buffer.from(line, 'base64').toString('utf8')
  const enter = (name: string, password: string) => {
    if (isIn(name, password)) user = name
    return isIn(name, password) ? '235 2.7.0 welcome' : '535 5.7.8 authentication failed'
  }
  const answer = (line: string): string | null => {
    if (mode === 'name') {
      mode = 'password'
      user = decoded(line)
      return '334 UGFzc3dvcmQ6'
    }
    if (mode === 'password') {
      mode = 'lines'
      return enter(user ?? '', decoded(line))
    }
    const offers = [tls === 'starttls' && socket === plain ? 'STARTTLS' : '', login ? `AUTH ${login.ways}` : ''].filter(Boolean)
    if (line.startsWith('EHLO'))
      return ['test', ...offers, 'SIZE 1000'].map((one, at, all) => `250${at < all.length - 1 ? '-' : ' '}${one}`).join('\r\n')
    if (line.startsWith('AUTH PLAIN ')) {
      const [, name = '', password = ''] = decoded(line.slice(11)).split('\0')
      return enter(name, password)
    }
    if (line === 'AUTH LOGIN') {
      mode = 'name'
      return '334 VXNlcm5hbWU6'
    }
    if (line.startsWith('MAIL FROM:')) from = line.slice(11, -1)
    if (line.startsWith('RCPT TO:')) to = [...to, line.slice(9, -1)]
    if (line === 'DATA') {
      mode = 'data'
      return '354 go on'
    }
    return line === 'QUIT' ? '221 bye' : line === 'STARTTLS' ? '220 go on' : '250 ok'
  }
  const hear = (line: string) => {
    if (mode === 'data' && line !== '.') return void data.push(line)
    if (mode === 'data') {
      mode = 'lines'
      mails.push({ from, to, data: data.join('\r\n'), ...(user === undefined ? {} : { user }) })
      ;[to, data] = [[], []]
    }
    ;(socket === plain && tls !== 'implicit' ? clear : secret).push(line)
    const said = says?.(line)
    say(said === undefined ? answer(line) : said)
    if (line !== 'STARTTLS' || !identity || said === null) return
    socket.removeAllListeners('data')
    socket = new TLSSocket(plain, { isServer: true, key: identity.key, cert: identity.cert })
    listen()
  }
  const listen = () => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        hear(line)
      }
    })
  }
  listen()
  say(greeting)
}

export interface Posted {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface WebReceiver {
  readonly url: string
  readonly posts: readonly Posted[]
  /** Of what comes from now on. */
  answers(how: (response: ServerResponse) => void): void
}

export const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end()

/** Takes all until it is told otherwise. */
export async function startWeb(t: ExecutionContext, how: (response: ServerResponse) => void = status(204)): Promise<WebReceiver> {
  const posts: Posted[] = []
  let answers = how
  const server = createHttp((request, response) => {
    const chunks: Buffer[] = []
    response.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      posts.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      answers(response)
    })
  })
  const port = await listenOn(t, server)
  return {
    url: `http://127.0.0.1:${port}/hooks/T0SECRETPATH`,
    posts,
    answers: (other) => {
      answers = other
    },
  }
}

/** A server that sends these bytes to whoever comes, and nothing else. */
export async function startRaw(t: ExecutionContext, bytes: Uint8Array, then: 'ends' | 'stays'): Promise<number> {
  return listenOn(
    t,
    createServer((socket) => {
      socket.on('error', () => undefined).resume()
      if (then === 'ends') socket.end(bytes)
      else socket.write(bytes)
    }),
  )
}

async function listenOn(t: ExecutionContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('close', () => sockets.delete(socket))))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}
