// An identity provider on loopback, with keys of its own: what a test changes of it is what it then does wrong.
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Issuer {
  readonly url: string
  /** Of who signs in there. */
  person: Record<string, unknown>
  /** What is told by the userinfo alone. */
  userinfo: Record<string, unknown>
  /** Of the ID token, before it is signed. */
  change: (claims: Record<string, unknown>) => Record<string, unknown>
  /** By another key than the one that it shows. */
  wrongKey: boolean
  mode: 'well' | 'silent' | 'endless' | 'trickling' | 'another-issuer'
  /** A page of its own, from which a person goes on: to the browser what follows then comes from another site. */
  showsPage: boolean
  /** Instead of a code. */
  error: string | undefined
  readonly asked: string[]
  /** Bytes that were written in an endless answer. */
  sent: number
  /** Another key pair, as issuers do now and then. */
  rotate(): void
  /** As a browser that is sent there: where it is sent back to. */
  visit(location: string): Promise<URL>
  close(): Promise<void>
}

interface Given {
  readonly nonce: string
  readonly challenge: string
  readonly redirectUri: string
}

const pair = () => ({ id: randomBytes(4).toString('hex'), key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey })

export async function startIssuer(clientId: string, secret: string): Promise<Issuer> {
  let own = pair()
  const foreign = pair()
  const codes = new Map<string, Given>()
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/realms/company`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = new URL(request.url ?? '/', url)
    const path = asked.pathname.replace('/realms/company', '')
    issuer.asked.push(path)
    if (issuer.mode === 'silent') return
    if (issuer.mode === 'trickling') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{')
      return
    }
    if (issuer.mode === 'endless') return endless(response)
    const say = (status: number, value: object) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    switch (path) {
      case '/.well-known/openid-configuration':
        return say(200, metadata(issuer.mode === 'another-issuer' ? `${url}/other` : url, url))
      case '/keys':
        return say(200, {
          keys: [{ ...createPublicKey(own.key).export({ format: 'jwk' }), kid: own.id, alg: 'RS256', use: 'sig' }],
        })
      case '/authorize': {
        const back = new URL(asked.searchParams.get('redirect_uri') ?? '')
        back.searchParams.set('state', asked.searchParams.get('state') ?? '')
        if (issuer.error !== undefined) back.searchParams.set('error', issuer.error)
        else {
          const code = randomBytes(16).toString('hex')
          const [nonce, challenge] = [asked.searchParams.get('nonce') ?? '', asked.searchParams.get('code_challenge') ?? '']
          codes.set(code, { nonce, challenge, redirectUri: asked.searchParams.get('redirect_uri') ?? '' })
          back.searchParams.set('code', code)
        }
        if (!issuer.showsPage) return void response.writeHead(302, { location: back.href }).end()
        const href = back.href.replaceAll('&', '&amp;')
        return void response.writeHead(200, { 'content-type': 'text/html' }).end(`<a href="${href}">It is me</a>`)
      }
      case '/token': {
        if (request.headers.authorization !== basic(clientId, secret)) return say(401, { error: 'invalid_client' })
        const form = new URLSearchParams(await bodyOf(request))
        const code = form.get('code') ?? ''
        const given = codes.get(code)
        codes.delete(code)
        const challenge = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url')
        if (!given || challenge !== given.challenge || form.get('redirect_uri') !== given.redirectUri)
          return say(400, { error: 'invalid_grant' })
        const now = Math.floor(Date.now() / 1000)
        const claims = issuer.change({ iss: url, aud: clientId, iat: now, exp: now + 300, nonce: given.nonce, ...issuer.person })
        const token = signed(claims, issuer.wrongKey ? foreign.key : own.key, own.id)
        return say(200, { access_token: 'the access token', token_type: 'Bearer', expires_in: 300, id_token: token })
      }
      case '/userinfo':
        return say(200, { sub: issuer.person.sub, ...issuer.userinfo })
      default:
        return say(404, {})
    }
  }

  function endless(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' })
    const chunk = Buffer.alloc(64 << 10, ' ')
    const more = () => {
      while (!response.destroyed && issuer.sent < 2 ** 30) {
        issuer.sent += chunk.length
        if (!response.write(chunk)) return void response.once('drain', more)
      }
    }
    more()
  }

  const issuer: Issuer = {
    ...{
      url,
      userinfo: {},
      change: (claims) => claims,
      wrongKey: false,
      showsPage: false,
      mode: 'well',
      error: undefined,
      asked: [],
      sent: 0,
    },
    person: { sub: 'sub-of-grace', preferred_username: 'grace', groups: ['rack-operators'] },
    rotate: () => {
      own = pair()
    },
    async visit(location) {
      const { headers } = await fetch(location, { redirect: 'manual' })
      return new URL(headers.get('location') ?? '')
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return issuer
}

function metadata(issuer: string, base: string): object {
  return {
    issuer,
    ...{ authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token`, jwks_uri: `${base}/keys` },
    userinfo_endpoint: `${base}/userinfo`,
    ...{ response_types_supported: ['code'], subject_types_supported: ['public'], code_challenge_methods_supported: ['S256'] },
    id_token_signing_alg_values_supported: ['RS256'],
  }
}

function signed(claims: object, key: KeyObject, kid: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const content = `${part({ alg: 'RS256', kid })}.${part(claims)}`
  return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`
}

/** RFC 6749, 2.3.1: as a form writes them, before they are base64. */
function basic(id: string, secret: string): string {
  const part = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)
  return `Basic ${Buffer.from(`${part(id)}:${part(secret)}`).toString('base64')}`
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
