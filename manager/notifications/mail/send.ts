// A message to a mail server, as RFC 5321 has it: a login goes over TLS whose certificate was checked, or not at all.
import type { LookupFunction } from 'node:net'
import type { Message } from '../message.ts'
import { failed, type Sent, shown, UNREADABLE } from '../sending.ts'
import type { MailSettings, Secrets } from '../target.ts'
import { dotStuffed, mailOf } from './format.ts'
import { extension, type Reply } from './replies.ts'
import { MailServer } from './server.ts'

export interface MailOptions {
  readonly lookup: LookupFunction
  /** For all of it, ms. */
  readonly patience: number
}

/** What a server says no to; `lasting`: for good. */
class Refusal extends Error {
  readonly lasting: boolean

  constructor(reason: string, lasting: boolean) {
    super(reason)
    this.lasting = lasting
  }
}

/** Never rejects. */
export async function sendMail(message: Message, settings: MailSettings, secrets: Secrets, options: MailOptions): Promise<Sent> {
  const { host, port, tls, authority, user } = settings
  const { password } = secrets
  if (user !== undefined && password === undefined) return failed(UNREADABLE, 'lasting')
  let server: MailServer | undefined
  const login = user === undefined ? [] : [password, `\0${user}\0${password}`]
  try {
    server = await MailServer.reach({ host, port, authority, tls: tls === 'implicit' ? 'implicit' : 'later', ...options })
    return await converse(server, message, settings, secrets)
  } catch (error) {
    const reason = `${host} port ${port}: ${error instanceof Error ? error.message : String(error)}`
    return failed(shown(reason, login), error instanceof Refusal && error.lasting ? 'lasting' : 'passing')
  } finally {
    server?.close('QUIT')
  }
}

async function converse(server: MailServer, message: Message, settings: MailSettings, { password }: Secrets): Promise<Sent> {
  const { tls, user, from, to } = settings
  expect(await server.hear(), 220, 'it does not greet')
  let hello = await greet(server)
  if (tls === 'starttls') {
    if (!extension(hello, 'STARTTLS')) throw new Refusal('it offers no STARTTLS: set tls to implicit or none, or mend the server', true)
    expect(await server.say('STARTTLS'), 220, 'it does not begin with TLS')
    await server.secure()
    hello = await greet(server)
  }
  if (user !== undefined && password !== undefined && tls !== 'none') await logIn(server, hello, user, password)
  expect(await server.say(`MAIL FROM:<${from}>`), 250, `it takes no mail from ${from}`)
  const refused: { readonly address: string; readonly reply: Reply }[] = []
  for (const address of to) {
    const reply = await server.say(`RCPT TO:<${address}>`)
    if (Math.floor(reply.code / 100) !== 2) refused.push({ address, reply })
  }
  const [first] = refused
  if (first && refused.length === to.length) expect(first.reply, 250, `it takes no mail to ${first.address}`)
  expect(await server.say('DATA'), 354, 'it takes no mail')
  expect(await server.write(`${dotStuffed(mailOf(message, settings))}.\r\n`), 250, 'it does not take the mail')
  if (!first) return { kind: 'sent' }
  const but = refused.map(({ address, reply }) => `not to ${address}: ${sayReply(reply)}`).join('; ')
  return { kind: 'sent', but: shown(but, [password]) }
}

async function greet(server: MailServer): Promise<Reply> {
  const reply = await server.say(`EHLO ${server.ownAddress}`)
  expect(reply, 250, 'it does not know EHLO')
  return reply
}

async function logIn(server: MailServer, hello: Reply, user: string, password: string): Promise<void> {
  const ways = extension(hello, 'AUTH') ?? []
  const coded = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
  if (ways.includes('PLAIN')) {
    expect(await server.say(`AUTH PLAIN ${coded(`\0${user}\0${password}`)}`), 235, `it does not let ${user} in`)
  } else if (ways.includes('LOGIN')) {
    expect(await server.say('AUTH LOGIN'), 334, `it does not let ${user} in`)
    expect(await server.say(coded(user)), 334, `it does not let ${user} in`)
    expect(await server.say(coded(password)), 235, `it does not let ${user} in`)
  } else throw new Refusal(`it offers ${ways.join(' ') || 'no way'} to log in, and neither PLAIN nor LOGIN`, true)
}

function expect(reply: Reply, code: number, otherwise: string): void {
  if (reply.code === code || (code === 250 && Math.floor(reply.code / 100) === 2)) return
  throw new Refusal(`${otherwise}: ${sayReply(reply)}`, reply.code >= 500)
}

function sayReply({ code, lines }: Reply): string {
  return `${code} ${lines.join(' ')}`.trim()
}
